/* SPDX-License-Identifier: MIT */
/* Descriptors and memory that release themselves at the end of a scope (host side). */
#ifndef SBI_AUTO_H
#define SBI_AUTO_H

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static inline void sbi_close_fd(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	*fd = -EBADF;
	errno = saved;
}

static inline void sbi_free_ptr(void *p)
{
	free(*(void **)p);
}

static inline int sbi_take_fd(int *fd)
{
	int taken = *fd;

	*fd = -EBADF;
	return taken;
}

#define sbi_autoclose __attribute__((cleanup(sbi_close_fd)))
#define sbi_autofree __attribute__((cleanup(sbi_free_ptr)))

#endif
