/* SPDX-License-Identifier: MIT */
/* A small file of /proc or /sys as text (host side). */
#ifndef SBI_READ_TEXT_H
#define SBI_READ_TEXT_H

#include <fcntl.h>

#include "auto.h"

/* The first @len - 1 bytes, NUL-terminated; "" if it cannot be read. */
static inline void sbi_read_text(const char *path, char *buf, size_t len)
{
	sbi_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, buf, len - 1);

	buf[n > 0 ? n : 0] = '\0';
}

#endif
