/* SPDX-License-Identifier: MIT */
/* Anonymous files of known content. */
#include "memfd.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "common/auto.h"

static int write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

int sbi_memfd(const char *name, unsigned flags, unsigned fallback, const void *data, size_t len)
{
	sbi_autoclose int fd = -EBADF;
	struct rlimit limit;
	int r;

	if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur < len)
		return -EFBIG;
	fd = memfd_create(name, flags);
	if (fd < 0 && errno == EINVAL)
		fd = memfd_create(name, fallback);
	if (fd < 0)
		return -errno;
	r = write_all(fd, data, len);
	return r < 0 ? r : sbi_take_fd(&fd);
}
