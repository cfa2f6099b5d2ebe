/* SPDX-License-Identifier: MIT */
/* Anonymous files of known content. */
#ifndef SBI_MEMFD_H
#define SBI_MEMFD_H

#include <stddef.h>

/**
 * sbi_memfd - a memfd with this content
 * @flags: for memfd_create(2); the first set that the kernel knows is taken,
 *	so @fallback leaves out what is newer than the floor
 *
 * Return: the descriptor, or -errno: -EFBIG where RLIMIT_FSIZE would answer a
 * write with SIGXFSZ, which would be the host's death and not an error.
 */
int sbi_memfd(const char *name, unsigned flags, unsigned fallback, const void *data, size_t len);

#endif
