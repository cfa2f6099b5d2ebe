/* SPDX-License-Identifier: MIT */
/* Why something could not be mounted in an open box, or unmounted, and what to do about it. */
#include <errno.h>
#include <string.h>

#include "error.h"
#include "host/hints.h"
#include "mounts.h"
#include "proc_internal.h"

static const char *reason(const struct sbi_mounting *m, int code)
{
	int unmount = m->live.call == SBI_LIVE_UNMOUNT;

	switch (m->live.detail) {
	case SBI_DETAIL_SOURCE_MISSING:
		return "the source is not there";
	case SBI_DETAIL_TARGET_MISSING:
		return "the target is not there";
	case SBI_DETAIL_TARGET_LINK:
		return "a symbolic link stands in the way";
	case SBI_DETAIL_TARGET_KIND:
		if (!m->source)
			return "the target is not a directory";
		return code == ENOTDIR ? "the source is a directory, the target is not" :
					 "the target is a directory, the source is not";
	case SBI_DETAIL_KERNELS:
		return "the target lies in a file system of the kernel's own";
	default:
		break;
	}
	if (unmount && m->live.stage == SBI_LIVE_TARGET && code == EINVAL)
		return "nothing is mounted there";
	if (unmount && m->live.stage == SBI_LIVE_TARGET && code == EPERM)
		return "what is mounted there was not added by sb_box_bind() or sb_box_tmpfs()";
	return code == ESRCH ? "the sandbox is gone" : strerror(code);
}

static void hint_source(const struct sbi_mounting *m, int code, sb_error *err)
{
	if (m->live.detail == SBI_DETAIL_SOURCE_MISSING)
		sbi_hint(err, "create it, or mark the mount optional");
	else if (m->live.detail == SBI_DETAIL_SUBMOUNTS)
		sbi_hint(err, "there are mounts below it that may not be left out here: SB_MOUNT_RECURSIVE");
	else if (code == EACCES)
		sbi_hint(err, "the calling user must be able to search every directory above %.160s",
			 m->source);
	else
		sbi_hint_system_call("open_tree or mount_setattr", code, err);
}

static void hint_target(const struct sbi_mounting *m, int code, sb_error *err)
{
	if (m->live.detail == SBI_DETAIL_TARGET_MISSING && m->live.call == SBI_LIVE_UNMOUNT)
		return;
	if (m->live.detail == SBI_DETAIL_TARGET_MISSING)
		sbi_hint(err,
			 "places are made only in file systems of the sandbox's own (an empty root, a tmpfs, an overlay): "
			 "create it where it is missing");
	else if (m->live.detail == SBI_DETAIL_TARGET_LINK)
		sbi_hint(err, "links are never followed, a command may have made them: give the path without");
	else if (m->live.detail == SBI_DETAIL_TARGET_KIND)
		sbi_hint(err, "a file is shown in the place of a file, a directory in that of a directory");
	else if (m->live.detail == SBI_DETAIL_KERNELS)
		sbi_hint(err, "what is in /proc, /sys and the like stays as the sandbox was opened with it");
	else if (m->live.call == SBI_LIVE_UNMOUNT && code == EPERM)
		sbi_hint(err, "what the sandbox was opened with stays until its end, or its reset");
	else if (code == EROFS)
		sbi_hint(err,
			 "the target is missing, and what it would be made in is read-only: name it when the sandbox is opened, "
			 "by sb_add_dir()");
	else if (code == ENOSPC || code == EDQUOT)
		sbi_hint(err, "the file system that the target would be made in is full");
	else
		sbi_hint_system_call("openat2", code, err);
}

static void hint_power(const struct sbi_mounting *m, int code, sb_error *err)
{
	if ((code == EPERM || code == EACCES) && m->live.stage == SBI_LIVE_ENTER)
		sbi_hint(err,
			 "this process needs what it had when it opened the box, and over another user's processes "
			 "CAP_SYS_PTRACE: setns(2)");
	else if (code == EPERM || code == EACCES)
		sbi_hint(err,
			 "this process needs the user and the capabilities with which it has opened the box");
	else if (code == ENOSPC)
		sbi_hint(err, "a limit of /proc/sys/user/max_mnt_namespaces is reached");
	else
		sbi_hint_system_call("setns or unshare", code, err);
}

static void hint(const struct sbi_mounting *m, int code, sb_error *err)
{
	switch (m->live.stage) {
	case SBI_LIVE_CLONE:
		if (code == EAGAIN)
			sbi_hint(err, "too many processes: RLIMIT_NPROC, pids.max or kernel.pid_max");
		break;
	case SBI_LIVE_TABLE:
		sbi_hint_system_call("close_range", code, err);
		break;
	case SBI_LIVE_USER:
	case SBI_LIVE_COPY:
	case SBI_LIVE_ENTER:
		hint_power(m, code, err);
		break;
	case SBI_LIVE_SOURCE:
	case SBI_LIVE_ATTRIBUTES:
		hint_source(m, code, err);
		break;
	case SBI_LIVE_IDMAP:
		if (code == EPERM || code == EINVAL)
			sbi_hint(err,
				 "an idmapped mount needs CAP_SYS_ADMIN over the file system, and one that supports it");
		break;
	case SBI_LIVE_ROOT:
		sbi_hint(err, "/proc of this process's own pid namespace must be mounted");
		break;
	case SBI_LIVE_TMPFS_MADE:
		if (code == EINVAL)
			sbi_hint(err,
				 "its owner, the box's user outside, must be mapped in this process's user namespace");
		break;
	case SBI_LIVE_TARGET:
		hint_target(m, code, err);
		break;
	case SBI_LIVE_ATTACH:
		if (code == ENOSPC)
			sbi_hint(err, "the box has as many mounts as fs.mount-max allows");
		break;
	case SBI_LIVE_DETACH:
		if (code == ENOENT)
			sbi_hint(err, "/proc of this process's own pid namespace must be mounted");
		break;
	}
}

int sbi_mounting_fail(const struct sbi_mounting *m, int code)
{
	char source[120] = "", target[120];

	if (m->source)
		sbi_escape(m->source, source, sizeof(source));
	sbi_escape(m->target, target, sizeof(target));
	if (m->live.call == SBI_LIVE_UNMOUNT)
		sbi_fail(m->err, SB_STEP_MOUNT, 0, code, "unmount %s: %s", target, reason(m, code));
	else
		sbi_fail(m->err, SB_STEP_MOUNT, 0, code, "%s %s%son %s: %s", m->verb, source,
			 source[0] ? " " : "", target, reason(m, code));
	if (code == EMFILE || code == ENFILE)
		sbi_hint_limits(code, m->err);
	else
		hint(m, code, m->err);
	return -code;
}
