/* SPDX-License-Identifier: MIT */
/* The program sb-init as a descriptor that can be executed: one for a config and its copies. */
#ifndef SBI_INITFD_H
#define SBI_INITFD_H

#include <sandbox/error.h>

struct sbi_initfd;

struct sbi_initfd *sbi_initfd_new(void);
struct sbi_initfd *sbi_initfd_ref(struct sbi_initfd *init);
void sbi_initfd_unref(struct sbi_initfd *init);

/**
 * sbi_initfd_get - the descriptor, made at the first call; borrowed
 *
 * A sealed memfd: nobody can change what is executed, not even through
 * /proc/PID/exe. Where memfds may not be executed (vm.memfd_noexec = 2, since
 * 6.3) it is the copy in libexecdir. Any thread.
 */
int sbi_initfd_get(struct sbi_initfd *init, sb_error *err);

#endif
