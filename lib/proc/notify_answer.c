/* SPDX-License-Identifier: MIT */
/* A waiting system call: looking at who makes it, and answering. */
#include <sandbox/notify.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common/auto.h"
#include "error.h"
#include "proc_internal.h"

#ifndef SECCOMP_ADDFD_FLAG_SEND /* 5.14 */
#define SECCOMP_ADDFD_FLAG_SEND (1UL << 1)
#endif

static int usable(const sb_proc *proc, const sb_notification *call)
{
	if (!proc || !call || !sbi_size_valid(call, offsetof(sb_notification, number)))
		return -EINVAL;
	return proc->listener >= 0 ? 0 : -ENOENT;
}

int sb_notify_is_valid(sb_proc *proc, const sb_notification *call)
{
	int r = usable(proc, call);

	if (r < 0)
		return r;
	if (ioctl(proc->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &call->id) == 0)
		return 1;
	return errno == ENOENT ? 0 : -errno;
}

/* EINPROGRESS: it was answered, and has not gone on yet. */
static int does_not_wait(int error)
{
	return error == EINPROGRESS ? -ENOENT : -error;
}

static int answer(sb_proc *proc, const sb_notification *call, int64_t value, int error, uint32_t flags)
{
	int r = usable(proc, call);
	struct seccomp_notif_resp resp = { .val = value, .error = -error, .flags = flags };

	if (r < 0)
		return r;
	resp.id = call->id;
	return ioctl(proc->listener, SECCOMP_IOCTL_NOTIF_SEND, &resp) < 0 ? does_not_wait(errno) : 0;
}

int sb_notify_error(sb_proc *proc, const sb_notification *call, int error)
{
	return error > 0 && error < 4096 ? answer(proc, call, 0, error, 0) : -EINVAL;
}

int sb_notify_value(sb_proc *proc, const sb_notification *call, int64_t value)
{
	return answer(proc, call, value, 0, 0);
}

int sb_notify_continue(sb_proc *proc, const sb_notification *call)
{
	return answer(proc, call, 0, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
}

static int add_fd(sb_proc *proc, const sb_notification *call, int fd, int number, uint32_t how,
		  uint32_t flags)
{
	struct seccomp_notif_addfd add = {
		.srcfd = (uint32_t)fd, .newfd = (uint32_t)number, .flags = how, .newfd_flags = flags
	};
	int r = usable(proc, call);

	if (r < 0 || fd < 0 || number < 0 || (flags & ~(uint32_t)O_CLOEXEC))
		return r < 0 ? r : -EINVAL;
	add.id = call->id;
	r = ioctl(proc->listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add);
	return r < 0 ? does_not_wait(errno) : r;
}

int sb_notify_fd(sb_proc *proc, const sb_notification *call, int fd, uint32_t flags)
{
	return add_fd(proc, call, fd, 0, SECCOMP_ADDFD_FLAG_SEND, flags);
}

int sb_notify_put_fd(sb_proc *proc, const sb_notification *call, int fd, int number, uint32_t flags)
{
	int r = add_fd(proc, call, fd, number, SECCOMP_ADDFD_FLAG_SETFD, flags);

	return r < 0 ? r : 0;
}

/* What was read by the thread's number is worth something only if the number was still its own. */
static ssize_t if_valid(sb_proc *proc, const sb_notification *call, ssize_t r)
{
	int valid = sb_notify_is_valid(proc, call);

	return valid == 1 ? r : valid == 0 ? -ENOENT : valid;
}

ssize_t sb_notify_read(sb_proc *proc, const sb_notification *call, uint64_t address, void *buf, size_t len)
{
	struct iovec to = { buf, len }, from = { (void *)(uintptr_t)address, len };
	ssize_t n;
	int r = usable(proc, call);

	if (r < 0 || !buf)
		return r < 0 ? r : -EINVAL;
	if (!call->pid)
		return -ESRCH;
	n = process_vm_readv(call->pid, &to, 1, &from, 1, 0);
	return if_valid(proc, call, n < 0 ? -errno : n);
}

/* Page by page: a string may end just before memory that is not there. */
ssize_t sb_notify_read_string(sb_proc *proc, const sb_notification *call, uint64_t address, char *buf,
			      size_t len)
{
	size_t page = 4096, used = 0, room;
	ssize_t n;
	char *end;

	if (!buf || !len)
		return -EINVAL;
	while (used < len) {
		room = page - (address + used) % page;
		if (room > len - used)
			room = len - used;
		n = sb_notify_read(proc, call, address + used, buf + used, room);
		if (n <= 0)
			return n < 0 ? n : -EFAULT;
		end = memchr(buf + used, '\0', (size_t)n);
		if (end)
			return end - buf;
		used += (size_t)n;
	}
	return -ENAMETOOLONG;
}

int sb_notify_open_fd(sb_proc *proc, const sb_notification *call, int fd)
{
	sbi_autoclose int pidfd = -EBADF, got = -EBADF;
	int r = usable(proc, call);

	if (r < 0)
		return r;
	pidfd = (int)syscall(SYS_pidfd_open, call->pid, 0);
	if (pidfd < 0 && errno == EINVAL) /* a thread that is not the first of its process: 6.9 */
		pidfd = (int)syscall(SYS_pidfd_open, call->pid, O_EXCL);
	if (pidfd < 0)
		return -errno;
	got = (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);
	if (got < 0)
		return -errno;
	r = (int)if_valid(proc, call, 0);
	return r < 0 ? r : sbi_take_fd(&got);
}
