/* SPDX-License-Identifier: MIT */
/* System calls of a command that come to us: told of at its end, or to be answered by the caller. */
#include <sandbox/notify.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/filter_run.h"
#include "common/read_text.h"
#include "error.h"
#include "policy/syscalls.h"
#include "proc_internal.h"

void sbi_denied_note(sb_proc *proc, uint32_t action, uint32_t number, uint64_t count, const uint64_t args[6])
{
	sb_denied *d = proc->denied, *end = d + proc->result.denied, *grown;

	for (; d && d < end; d++)
		if (d->number == number && d->action == action) {
			d->count += count;
			return;
		}
	if (proc->result.denied == SBI_MAX_DENIED)
		return;
	grown = realloc(proc->denied, (proc->result.denied + 1) * sizeof(*grown));
	if (!grown)
		return;
	proc->denied = grown;
	d = grown + proc->result.denied++;
	*d = (sb_denied){ .size = sizeof(*d), .action = action, .number = number, .count = count };
	memcpy(d->args, args, sizeof(d->args));
	sbi_syscall_name(number, d->name, sizeof(d->name));
}

int sb_proc_denied(const sb_proc *proc, uint32_t at, sb_denied *denied)
{
	if (!proc || !denied)
		return -EINVAL;
	if (!proc->ended)
		return -EAGAIN;
	if (at >= proc->result.denied)
		return -ERANGE;
	if (!sbi_size_valid(denied, sizeof(uint32_t)))
		return -EINVAL;
	sbi_copy_out(denied, &proc->denied[at], sizeof(proc->denied[at]));
	return 0;
}

int sb_proc_notify_fd(const sb_proc *proc)
{
	if (!proc)
		return -EINVAL;
	return proc->listener >= 0 ? proc->listener : -ENOENT;
}

static int answer(sb_proc *proc, uint64_t id, int64_t value, int error, uint32_t flags)
{
	struct seccomp_notif_resp resp = { .id = id, .val = value, .error = -error, .flags = flags };

	return ioctl(proc->listener, SECCOMP_IOCTL_NOTIF_SEND, &resp) < 0 ? -errno : 0;
}

/* The process that a thread belongs to, from /proc; -1 if that cannot be seen. */
static int process_of(pid_t thread)
{
	char path[48], text[2048], *line;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)thread);
	sbi_read_text(path, text, sizeof(text));
	line = strstr(text, "\nTgid:");
	return line ? atoi(line + 6) : -1;
}

/* The call is valid after the pidfd was opened: then it is the right process's. */
static void kill_caller(sb_proc *proc, const struct seccomp_notif *call)
{
	int process = call->pid ? process_of((pid_t)call->pid) : -1;
	sbi_autoclose int pidfd = process > 0 ? (int)syscall(SYS_pidfd_open, process, 0) : -EBADF;

	if (ioctl(proc->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &call->id) < 0)
		return; /* it was killed by somebody else */
	if (pidfd >= 0 && process != sb_proc_pid(proc)) {
		syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
		return;
	}
	proc->filtered = 1; /* the command itself, or one that we cannot name: then all of it */
	syscall(SYS_pidfd_send_signal, proc->pidfd, SIGKILL, NULL, 0);
}

/* A call for which no notify line stands: it is noted, and goes on or ends the process. */
static void settle(sb_proc *proc, const struct seccomp_notif *call, uint32_t kind)
{
	sbi_denied_note(proc, kind == SBI_TELL_LOG ? SB_SECCOMP_LOG : SB_SECCOMP_KILL,
			(uint32_t)call->data.nr, 1, (const uint64_t *)call->data.args);
	if (kind == SBI_TELL_LOG) {
		answer(proc, call->id, 0, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
		return;
	}
	kill_caller(proc, call);
}

/* What a waiting call is for: SBI_TELL_*, or 0. */
static uint32_t kind_of(const sb_proc *proc, const struct seccomp_data *data)
{
	return sbi_filter_run(proc->filter->code, proc->filter->count, data) & SECCOMP_RET_DATA;
}

static int no_listener(sb_error *err, const char *call)
{
	sbi_fail(err, SB_STEP_NOTIFY, 0, ENOENT, "%s: the command has no listener", call);
	sbi_hint(err, "its seccomp policy needs a notify line");
	return -ENOENT;
}

static void copy_call(sb_notification *out, const struct seccomp_notif *call)
{
	sb_notification full = {
		.size = sizeof(full),
		.pid = (int32_t)call->pid,
		.id = call->id,
		.number = (uint32_t)call->data.nr,
		.arch = call->data.arch,
		.address = call->data.instruction_pointer,
	};

	memcpy(full.args, call->data.args, sizeof(full.args));
	sbi_syscall_name(full.number, full.name, sizeof(full.name));
	sbi_copy_out(out, &full, sizeof(full));
}

/* 1, 0 if none waits, -ENOENT if none ever will. */
static int is_waiting(const sb_proc *proc)
{
	struct pollfd polled = { proc->listener, POLLIN, 0 };
	int r = poll(&polled, 1, 0);

	if (r < 0)
		return errno == EINTR ? 0 : -errno;
	if (polled.revents & POLLIN)
		return 1;
	return polled.revents ? -ENOENT : 0;
}

int sb_notify_receive(sb_proc *proc, sb_notification *out, sb_error *err)
{
	union {
		struct seccomp_notif call;
		char room[512]; /* a younger kernel's may be longer (SECCOMP_GET_NOTIF_SIZES) */
	} u;
	uint32_t kind;
	int r;

	if (!proc || !out || !sbi_size_valid(out, sizeof(uint32_t)))
		return sbi_fail(err, SB_STEP_NOTIFY, 0, EINVAL,
				"sb_notify_receive: a command and a place for the call are needed");
	if (proc->listener < 0)
		return no_listener(err, "sb_notify_receive");
	for (;;) {
		r = is_waiting(proc);
		if (r <= 0)
			return r == -ENOENT ? r
			       : r < 0      ? sbi_fail(err, SB_STEP_NOTIFY, 0, -r, "poll: %s", strerror(-r))
					    : 0;
		memset(&u, 0, sizeof(u));
		if (ioctl(proc->listener, SECCOMP_IOCTL_NOTIF_RECV, &u) < 0) {
			/* killed meanwhile, or another thread took it */
			if (errno == ENOENT || errno == EINTR)
				continue;
			return sbi_fail(err, SB_STEP_NOTIFY, 0, errno, "receiving a system call: %s",
					strerror(errno));
		}
		kind = kind_of(proc, &u.call.data);
		if (!kind) {
			copy_call(out, &u.call);
			return 1;
		}
		settle(proc, &u.call, kind);
	}
}
