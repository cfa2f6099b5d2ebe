/* SPDX-License-Identifier: MIT */
/* --quota: of the file system, for the box's own user id. */
#include "isolate.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/quota.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_quotactl_fd
#define SYS_quotactl_fd 443 /* Linux 5.14 */
#endif

int quota_set(const char *path, uid_t uid, uint64_t blocks, uint64_t inodes)
{
	struct dqblk limits = {
		.dqb_bhardlimit = blocks,
		.dqb_bsoftlimit = blocks,
		.dqb_ihardlimit = inodes,
		.dqb_isoftlimit = inodes,
		.dqb_valid = QIF_LIMITS,
	};
	int fd, r = 0;

	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (syscall(SYS_quotactl_fd, fd, QCMD(Q_SETQUOTA, USRQUOTA), uid, &limits) < 0)
		r = -errno;
	close(fd);
	return r;
}
