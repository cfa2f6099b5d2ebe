/* SPDX-License-Identifier: MIT */
/* The namespaces of an open box, as descriptors. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/auto.h"
#include "error.h"
#include "proc_internal.h"

#define PIDFD_GET(number) _IO(0xFF, number) /* PIDFD_GET_*_NAMESPACE, 6.11 */

/*
 * By the number of SB_NS_*. What commands are born in: sb-init of a joined PID namespace is outside
 * of it itself.
 */
static const struct {
	const char *file;
	unsigned long request;
} kinds[SBI_NS_KINDS] = {
	{ "user", PIDFD_GET(9) }, { "pid_for_children", PIDFD_GET(6) }, { "mnt", PIDFD_GET(3) },
	{ "net", PIDFD_GET(4) }, { "ipc", PIDFD_GET(2) }, { "uts", PIDFD_GET(10) },
	{ "cgroup", PIDFD_GET(1) }, { "time", PIDFD_GET(7) },
};

int sbi_box_has_ended(const sb_box *box)
{
	struct pollfd polled = { box->pidfd, POLLIN, 0 };

	return poll(&polled, 1, 0) == 1;
}

static int gone(sb_error *err)
{
	return sbi_fail(err, SB_STEP_BOX, 0, ESRCH, "the box is gone, and its namespaces with it");
}

/* As long as the process is not over afterwards, its number was its own. */
static int open_in_proc(const sb_box *box, int number)
{
	sbi_autoclose int fd = -EBADF;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", box->pid, kinds[number].file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (sbi_box_has_ended(box))
		return -ESRCH;
	return fd < 0 ? -errno : sbi_take_fd(&fd);
}

static int not_its_own(const sb_box *box, int number, sb_error *err)
{
	if (box->like.separate & (UINT64_C(1) << number)) {
		sbi_fail(err, SB_STEP_BOX, 0, ENOENT,
			 "each command of this box has a cgroup namespace of its own");
		sbi_hint(err, "setns(2) takes a command's pidfd as well: sb_proc_pidfd()");
	} else {
		sbi_fail(err, SB_STEP_BOX, 0, ENOENT,
			 "the box has no %s namespace of its own: it is in the host's", sbi_ns_name(number));
		sbi_hint(err, "its config leaves the kind out: sb_set_ns()");
	}
	return -ENOENT;
}

int sb_box_ns_fd(const sb_box *box, uint64_t ns, sb_error *err)
{
	int number, r;

	if (!box)
		return sbi_fail(err, SB_STEP_BOX, 0, EINVAL, "sb_box_ns_fd: no box given");
	if (!ns || (ns & (ns - 1)) || (ns & ~SB_NS_ALL))
		return sbi_fail(err, SB_STEP_BOX, 0, EINVAL, "sb_box_ns_fd: %#llx is not one SB_NS_* bit",
				(unsigned long long)ns);
	number = sbi_ns_number(ns);
	if (sbi_box_has_ended(box))
		return gone(err);
	if (!(box->like.separate & ns) ||
	    (ns == SB_NS_CGROUP && box->like.has_leaves && box->like.new_cgroupns))
		return not_its_own(box, number, err);
	r = ioctl(box->pidfd, kinds[number].request, 0);
	if (r < 0)
		r = open_in_proc(box, number);
	if (r == -ESRCH)
		return gone(err);
	if (r >= 0)
		return r;
	sbi_fail(err, SB_STEP_BOX, 0, -r, "the %s namespace of the box: %s", sbi_ns_name(number),
		 strerror(-r));
	if (r == -ENOENT)
		sbi_hint(err, "before Linux 6.11 they are opened in /proc, which must be mounted here");
	return r;
}
