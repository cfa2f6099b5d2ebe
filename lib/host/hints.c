/* SPDX-License-Identifier: MIT */
/* The way out of known failures. Only looks at the machine once something has failed. */
#include "hints.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/read_text.h"
#include "common/wire.h"
#include "error.h"
#include "hints_confine.h"

static int file_says(const char *path, const char *word)
{
	char text[16];

	sbi_read_text(path, text, sizeof(text));
	text[strcspn(text, "\n")] = '\0';
	return !strcmp(text, word);
}

static int under_outer_filter(void)
{
	char status[4096];

	sbi_read_text("/proc/self/status", status, sizeof(status));
	return strstr(status, "Seccomp:\t2") != NULL;
}

void sbi_hint_limits(int code, sb_error *err)
{
	if (code == EMFILE)
		sbi_hint(err, "out of descriptors: raise RLIMIT_NOFILE (ulimit -n)");
	else if (code == ENFILE)
		sbi_hint(err, "the machine is out of open files: raise fs.file-max");
	else if (code == ETOOMANYREFS)
		sbi_hint(err, "descriptors of this user that are on their way between processes count against "
			      "RLIMIT_NOFILE: raise it (ulimit -n), or start fewer sandboxes at once");
	else if (code == EFBIG)
		sbi_hint(err, "RLIMIT_FSIZE of this process is too small for the plan (ulimit -f)");
}

void sbi_hint_system_call(const char *name, int code, sb_error *err)
{
	if ((code == EPERM || code == ENOSYS) && under_outer_filter())
		sbi_hint(err,
			 "there is a seccomp filter around this process, and it may refuse %s: allow it there (docker: "
			 "--security-opt seccomp=unconfined, or a profile with the namespace calls)",
			 name[0] ? name : "the call");
	else if (code == ENOSYS)
		sbi_hint(err, "the kernel does not know %s: libsandbox needs Linux 5.14",
			 name[0] ? name : "the call");
	else if (code == EMFILE || code == ENFILE)
		sbi_hint_limits(code, err);
	else if (code == EACCES && !strcmp(name, ""))
		sbi_hint(err, "a security module may forbid to execute memfds");
}

void sbi_hint_clone(uint64_t flags, int code, sb_error *err)
{
	int user = flags & sbi_ns_clone(0) ? 1 : 0;

	if (code == ENOSPC || file_says("/proc/sys/user/max_user_namespaces", "0"))
		sbi_hint(err, "a limit of /proc/sys/user/max_*_namespaces is reached: raise it, e.g. "
			      "sysctl user.max_user_namespaces=15000");
	else if (code == EPERM && under_outer_filter())
		sbi_hint_system_call("clone3", code, err);
	else if (user && file_says("/proc/sys/kernel/unprivileged_userns_clone", "0"))
		sbi_hint(err,
			 "user namespaces are off for ordinary users: sysctl kernel.unprivileged_userns_clone=1");
	else if (user && file_says("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1"))
		sbi_hint(err,
			 "AppArmor restricts user namespaces: sysctl kernel.apparmor_restrict_unprivileged_userns=0, "
			 "or a profile with 'userns,' for this program");
	else if (user && code == EPERM)
		sbi_hint(err,
			 "user namespaces are refused here: is this process in a chroot, or its own id not mapped?");
	else if (code == EPERM)
		sbi_hint(err, "new namespaces need CAP_SYS_ADMIN, or SB_NS_USER beside them");
	else if (code == EAGAIN)
		sbi_hint(err, "too many processes: RLIMIT_NPROC, pids.max or kernel.pid_max");
	else
		sbi_hint_system_call("clone3", code, err);
}

static void hint_proc(uint32_t detail, sb_error *err)
{
	if (detail == SBI_DETAIL_PROC_COVERED)
		sbi_hint(err,
			 "the kernel allows a new /proc only where the present one is fully visible: parts of it are "
			 "covered here (a container?). Bind it instead, or uncover it (docker: --security-opt "
			 "systempaths=unconfined)");
}

static void hint_exec(uint32_t detail, int code, sb_error *err)
{
	if (detail == SBI_DETAIL_INTERPRETER)
		sbi_hint(err,
			 "a script needs its interpreter (the program after #!), a dynamic program its linker and libraries: "
			 "sb_add_system_dirs(), or bind /lib64 and /usr");
	else if (detail == SBI_DETAIL_NOEXEC_MOUNT)
		sbi_hint(err, "put the program on a mount without noexec");
	else if (detail == SBI_DETAIL_NOT_EXECUTABLE)
		sbi_hint(err, "chmod +x, or give the path of a regular file");
	else if (code == ENOENT)
		sbi_hint(err,
			 "command not found: the path counts inside the sandbox, where only what was mounted exists");
	else if (code == EACCES)
		sbi_hint(err,
			 "the command's user must be able to read and execute it, and search every directory above it");
	else if (code == ENOEXEC)
		sbi_hint(err,
			 "the file is no program for this machine, and a script needs a first line with #!");
	else if (code == E2BIG)
		sbi_hint(err, "arguments and environment are larger than the stack limit lets through");
}

static void hint_bind(const struct sbi_plan *plan, const struct sbi_op *op, uint32_t detail, int code,
		      sb_error *err)
{
	if (detail == SBI_DETAIL_SUBMOUNTS)
		sbi_hint(err,
			 "there are mounts below it that may not be left out here: SB_MOUNT_RECURSIVE (sbx -v …:rec)");
	else if (detail == SBI_DETAIL_SOURCE_MISSING)
		sbi_hint(err, "create it, or mark the mount optional");
	else if (op->arg[0] & SB_MOUNT_IDMAP && (code == EPERM || code == EINVAL))
		sbi_hint(err,
			 "an idmapped mount needs CAP_SYS_ADMIN over the file system, and one that supports it");
	else if (code == EACCES)
		sbi_hint(err, "the calling user must be able to search every directory above %s",
			 sbi_text(plan, op->text[0]));
}

static void hint_timens(const struct sbi_op *op, int code, sb_error *err)
{
	if (code == ERANGE || code == EINVAL)
		sbi_hint(err,
			 "the clock would be negative or reach the end of time with monotonic %+lld s, boottime %+lld s",
			 (long long)op->arg[0], (long long)op->arg[1]);
	else if (code == ENOENT)
		sbi_hint(err, "/proc must be mounted on the host, and the kernel built with CONFIG_TIME_NS");
}

static void hint_identity(const struct sbi_op *op, const struct sbi_identity *id, int code, sb_error *err)
{
	if (op->step == SB_STEP_RLIMIT && code == EPERM)
		sbi_hint(err, "a hard limit can only be lowered without CAP_SYS_RESOURCE");
	else if (op->step == SB_STEP_NICE)
		sbi_hint(err, "a higher priority than the caller's needs CAP_SYS_NICE");
	else if (op->step == SB_STEP_CAPS && code == EPERM)
		sbi_hint(err,
			 "a capability that the caller lacks cannot be kept: add SB_NS_USER, or leave it out");
	else if (op->step == SB_STEP_USER && code == EINVAL && id->userns == SBI_USERNS_JOIN)
		sbi_hint(err, "the joined user namespace does not map this id: sb_set_user()");
	else if (op->step == SB_STEP_USERNS && code == EPERM)
		sbi_hint(err,
			 "user namespaces cannot be made in a chroot: use pivot_root around this process");
	else if (op->step == SB_STEP_USERNS && code == ENOSPC)
		sbi_hint_clone(sbi_ns_clone(0), code, err);
}

static void hint_determinism(const struct sbi_op *op, int code, sb_error *err)
{
	char online[80];

	if (op->step == SB_STEP_TSC)
		sbi_hint(err, "this machine cannot: PR_SET_TSC is for x86");
	else if (op->step == SB_STEP_PERSONALITY)
		sbi_hint_system_call("personality", code, err);
	else if (code == EINVAL) {
		sbi_read_text("/sys/devices/system/cpu/online", online, sizeof(online));
		online[strcspn(online, "\n")] = '\0';
		sbi_hint(err,
			 "online are %s, less what a cpuset leaves out (cpuset.cpus.effective, sb_set_cpuset())",
			 online[0] ? online : "the processors of nproc(1)");
	} else {
		sbi_hint_system_call("sched_setaffinity", code, err);
	}
}

/* A call that does not exist here, or that a filter around us refuses; 0 if neither can be meant. */
static int hint_refused_call(uint32_t step, int code, sb_error *err)
{
	static const struct {
		uint32_t step;
		const char *call;
	} calls[] = {
		{ SB_STEP_PRIVATE, "mount_setattr" },
		{ SB_STEP_ROOT, "fsopen, open_tree, mount_setattr or move_mount" },
		{ SB_STEP_BIND, "open_tree, mount_setattr, openat2 or move_mount" },
		{ SB_STEP_TMPFS, "fsopen, openat2 or move_mount" },
		{ SB_STEP_PROC, "fsopen, openat2 or move_mount" },
		{ SB_STEP_DEV, "fsopen, openat2 or move_mount" },
		{ SB_STEP_DIR, "openat2" },
		{ SB_STEP_FILE, "openat2" },
		{ SB_STEP_SYMLINK, "openat2" },
		{ SB_STEP_PIVOT, "pivot_root" },
		{ SB_STEP_CGROUPNS, "unshare" },
		{ SB_STEP_TIMENS, "unshare or setns" },
		{ SB_STEP_USERNS, "unshare" },
		{ SB_STEP_CLOSE, "close_range" },
	};

	if (code != ENOSYS && !(code == EPERM && under_outer_filter()))
		return 0;
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (calls[i].step == step) {
			sbi_hint_system_call(calls[i].call, code, err);
			return 1;
		}
	return 0;
}

static void hint_target(const struct sbi_op *op, uint32_t detail, sb_error *err)
{
	if (detail == SBI_DETAIL_TARGET_ROOT)
		sbi_hint(err,
			 "sb_set_rootfs() and sb_set_rootfs_overlay() make a root of something; or a link of the given root leads there");
	else if (detail == SBI_DETAIL_TARGET_KIND)
		sbi_hint(err, "a file is shown in the place of a file, a directory in that of a directory");
	else if (detail == SBI_DETAIL_TARGET_LINK)
		sbi_hint(err,
			 "the root has a link there; it is not followed for a file system of the sandbox's own");
	else if (op->step == SB_STEP_TTY)
		sbi_hint(err, "call sb_add_dev(), which has a ptmx");
	else
		sbi_hint(err,
			 "only what the sandbox itself brings along is added to: create the target in the directory "
			 "used as root, or use an overlay (SB_ROOT_OVERLAY)");
}

static void hint_root(const struct sbi_plan *plan, const struct sbi_op *op, uint32_t detail, int code,
		      sb_error *err)
{
	if (code == EINVAL && op->count && !(op->arg[0] & SB_MOUNT_IDMAP))
		sbi_hint(err,
			 "without privilege a lower directory with mounts below it is refused (they may not be "
			 "uncovered), and upper and work must lie on one file system that supports it");
	else
		hint_bind(plan, op, detail, code, err);
}

static void hint_step(const struct sbi_plan *plan, const struct sbi_op *op, const struct sbi_identity *id,
		      uint32_t detail, int code, sb_error *err)
{
	switch (op->step) {
	case SB_STEP_PROC:
		hint_proc(detail, err);
		break;
	case SB_STEP_EXEC:
		if (code == EACCES && !detail && sbi_landlock_forbids_exec(plan))
			sbi_hint(err,
				 "a Landlock line must allow to read and to execute it, and its interpreter and libraries: "
				 "sb_add_landlock_path(cfg, \"/usr\", \"read execute\")");
		else
			hint_exec(detail, code, err);
		break;
	case SB_STEP_OVERLAY:
	case SB_STEP_ROOT:
		hint_root(plan, op, detail, code, err);
		break;
	case SB_STEP_BIND:
		hint_bind(plan, op, detail, code, err);
		break;
	case SB_STEP_TMPFS:
		if (code == EINVAL)
			sbi_hint(err,
				 "its owner, the command's user outside, must be mapped in this process's user namespace");
		break;
	case SB_STEP_TIMENS:
		hint_timens(op, code, err);
		break;
	case SB_STEP_CWD:
		sbi_hint(err,
			 "the directory must be in the sandbox, and the command's user must be able to enter it");
		break;
	case SB_STEP_JOIN:
		if (code == EPERM)
			sbi_hint(err,
				 "it takes CAP_SYS_ADMIN in the user namespace that it belongs to: join that too (SB_NS_USER), or from "
				 "where it was made");
		break;
	case SB_STEP_PIVOT:
		if (code == EINVAL)
			sbi_hint(err, "pivot_root refuses an initramfs as the old root: switch_root first");
		break;
	case SB_STEP_PERSONALITY:
	case SB_STEP_AFFINITY:
	case SB_STEP_TSC:
		hint_determinism(op, code, err);
		break;
	default:
		hint_identity(op, id, code, err);
	}
}

void sbi_hint_operation(const struct sbi_plan *plan, const struct sbi_op *op, const struct sbi_identity *id,
			uint32_t detail, int code, sb_error *err)
{
	if (code == ETOOMANYREFS)
		sbi_hint_limits(code, err);
	else if (detail == SBI_DETAIL_TARGET_MISSING || detail == SBI_DETAIL_TARGET_LINK ||
		 detail == SBI_DETAIL_TARGET_ROOT || detail == SBI_DETAIL_TARGET_KIND)
		hint_target(op, detail, err);
	else if (detail == SBI_DETAIL_PROC_COVERED ||
		 (!hint_refused_call(op->step, code, err) && !sbi_hint_confine(op, code, err)))
		hint_step(plan, op, id, detail, code, err);
}
