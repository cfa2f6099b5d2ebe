/* SPDX-License-Identifier: MIT */
/* A terminal of the sandbox's own devpts; the master goes to the host. */
#include <errno.h>
#include <fcntl.h>
#include <asm/ioctls.h>

#include "init.h"

/*
 * TTY: id[0] rows, id[1] columns. By the command's process, after it has become the command's user: the
 * slave then belongs to that user. The peer comes from the master itself
 * (TIOCGPTPEER, 4.13), not from a path that could be somebody else's.
 */
int do_tty(struct run *run, const struct sbi_op *op)
{
	struct sbi_record rec = { .type = SBI_TTY };
	const uint16_t size[4] = { (uint16_t)op->id[0], (uint16_t)op->id[1], 0, 0 }; /* struct winsize */
	int locked = 0;
	long master, slave = -1, r;

	master = SYS(openat, AT_FDCWD, "/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC, 0);
	if (master < 0) {
		run->detail = master == -ENOENT ? SBI_DETAIL_TARGET_MISSING : 0;
		return (int)master;
	}
	r = SYS(ioctl, master, TIOCSPTLCK, &locked);
	if (r == 0)
		r = slave = SYS(ioctl, master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (r >= 0)
		r = SYS(ioctl, slave, TIOCSCTTY, 0);
	if (r == 0 && op->id[0])
		r = SYS(ioctl, slave, TIOCSWINSZ, &size);
	if (r == 0)
		r = send_record(run->channel, &rec, (int)master);
	for (int fd = 0; r >= 0 && fd < 3; fd++)
		r = SYS(dup3, slave, fd, 0);
	return r < 0 ? (int)r : 0;
}
