/* SPDX-License-Identifier: MIT */
/*
 * Rights of Landlock as this library counts them: those on files have the
 * kernel's own bits, ports and scopes follow above them. And which ABI of the
 * kernel brought which of them (landlock(7)).
 */
#ifndef SBI_LANDLOCK_BITS_H
#define SBI_LANDLOCK_BITS_H

#include <stdint.h>

#define SBI_LL_BIT(n) (UINT64_C(1) << (n))
#define SBI_LL_EXECUTE SBI_LL_BIT(0)
#define SBI_LL_WRITE_FILE SBI_LL_BIT(1)
#define SBI_LL_READ_FILE SBI_LL_BIT(2)
#define SBI_LL_READ_DIR SBI_LL_BIT(3)
#define SBI_LL_REMOVE_DIR SBI_LL_BIT(4)
#define SBI_LL_REMOVE_FILE SBI_LL_BIT(5)
#define SBI_LL_MAKE_CHAR SBI_LL_BIT(6)
#define SBI_LL_MAKE_DIR SBI_LL_BIT(7)
#define SBI_LL_MAKE_REG SBI_LL_BIT(8)
#define SBI_LL_MAKE_SOCK SBI_LL_BIT(9)
#define SBI_LL_MAKE_FIFO SBI_LL_BIT(10)
#define SBI_LL_MAKE_BLOCK SBI_LL_BIT(11)
#define SBI_LL_MAKE_SYM SBI_LL_BIT(12)
#define SBI_LL_REFER SBI_LL_BIT(13)    /* ABI 2 */
#define SBI_LL_TRUNCATE SBI_LL_BIT(14) /* ABI 3 */
#define SBI_LL_IOCTL SBI_LL_BIT(15)    /* ABI 5 */
#define SBI_LL_FS UINT64_C(0xffff)
/* What can be said of anything but a directory; the kernel refuses a rule that says more of it. */
#define SBI_LL_FILE (SBI_LL_EXECUTE | SBI_LL_WRITE_FILE | SBI_LL_READ_FILE | SBI_LL_TRUNCATE | SBI_LL_IOCTL)

#define SBI_LL_NET_SHIFT 32
#define SBI_LL_BIND SBI_LL_BIT(32) /* ABI 4, as CONNECT */
#define SBI_LL_CONNECT SBI_LL_BIT(33)
#define SBI_LL_NET (SBI_LL_BIND | SBI_LL_CONNECT)

#define SBI_LL_SCOPE_SHIFT 40
#define SBI_LL_ABSTRACT SBI_LL_BIT(40) /* ABI 6, as SIGNAL */
#define SBI_LL_SIGNAL SBI_LL_BIT(41)
#define SBI_LL_SCOPE (SBI_LL_ABSTRACT | SBI_LL_SIGNAL)

/* Kinds of LANDLOCK operations (sbi_op.id[0]): first CREATE, last ENFORCE. */
enum sbi_landlock_kind { SBI_LANDLOCK_CREATE, SBI_LANDLOCK_PATH, SBI_LANDLOCK_PORT, SBI_LANDLOCK_ENFORCE };

/* What a kernel with this ABI can refuse; 0 = it has no Landlock. */
static inline uint64_t sbi_landlock_known(int abi)
{
	uint64_t rights = abi >= 1 ? SBI_LL_FS & ~(SBI_LL_REFER | SBI_LL_TRUNCATE | SBI_LL_IOCTL) : 0;

	rights |= abi >= 2 ? SBI_LL_REFER : 0;
	rights |= abi >= 3 ? SBI_LL_TRUNCATE : 0;
	rights |= abi >= 4 ? SBI_LL_NET : 0;
	rights |= abi >= 5 ? SBI_LL_IOCTL : 0;
	rights |= abi >= 6 ? SBI_LL_SCOPE : 0;
	return rights;
}

#endif
