/* SPDX-License-Identifier: MIT */
/* Failures in words: which operation of the plan, on what, why. The way out is in hints.c. */
#include "explain.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "cgroup_dir.h"
#include "error.h"
#include "hints.h"
#include "hints_confine.h"

static const char *reason(uint32_t detail, int code)
{
	switch (detail) {
	case SBI_DETAIL_INTERPRETER:
		return "its interpreter (#! or dynamic linker) is not in the sandbox";
	case SBI_DETAIL_NOEXEC_MOUNT:
		return "it lies on a noexec mount";
	case SBI_DETAIL_NOT_EXECUTABLE:
		return "it is not an executable file";
	case SBI_DETAIL_TARGET_MISSING:
		return "the target is not there";
	case SBI_DETAIL_SOURCE_MISSING:
		return "the source is not there";
	case SBI_DETAIL_TARGET_ROOT:
		return "the target is the root itself";
	case SBI_DETAIL_TARGET_KIND:
		return "of source and target one is a directory, the other is not";
	case SBI_DETAIL_TARGET_LINK:
		return "a symbolic link stands in the way";
	case SBI_DETAIL_LISTENER:
		return "a filter around this process has a listener already";
	case SBI_DETAIL_KILLED:
		return "its process was killed on the way";
	default:
		return strerror(code);
	}
}

/* Limits of the leaf that leave no room for the command itself. Return: -errno, 0 if that is not it. */
static int explain_leaf(int leaf, int code, sb_error *err)
{
	if (leaf < 0)
		return 0;
	if (sbi_cg_flag(leaf, "memory.events", "oom_kill") > 0 ||
	    (code == ENOMEM && sbi_cg_flag(leaf, "memory.events", "max") > 0)) {
		sbi_fail(err, SB_STEP_LEAF, 0, ENOMEM,
			 "memory.max of its cgroup is too small for the command to start");
		sbi_hint(err,
			 "allow more: a small static program needs about 300 KiB, with the kernel's part");
		return -ENOMEM;
	}
	if (code == EAGAIN && sbi_cg_flag(leaf, "pids.events", "max") > 0) {
		sbi_fail(err, SB_STEP_LEAF, 0, EAGAIN,
			 "pids.max of its cgroup leaves no room for the command");
		sbi_hint(err, "allow at least 1");
		return -EAGAIN;
	}
	return 0;
}

static int explain_birth(int leaf, int code, sb_error *err)
{
	sbi_fail(err, SB_STEP_LEAF, 0, code, "making the command's process%s: %s",
		 leaf < 0 ? "" : " in its cgroup", strerror(code));
	if (code == EAGAIN)
		sbi_hint(err,
			 "too many processes: RLIMIT_NPROC, pids.max of a cgroup above, or kernel.pid_max");
	else if (leaf >= 0 && (code == EACCES || code == ENOENT))
		sbi_hint(err,
			 "sb-init may not reach it: are both in the part of the tree that was delegated?");
	return -code;
}

static int explain_full(sb_error *err)
{
	sbi_fail(err, SB_STEP_BOX, 0, EAGAIN, "the box has no room for another command");
	sbi_hint(err,
		 "at most 1024 run in one box, and at most 64 whose policies have kill or log lines (with what has outlived such): "
		 "wait for one to end, or open another box");
	return -EAGAIN;
}

int sbi_explain_failed(const struct sbi_plan *plan, const struct sbi_identity *id,
		       const struct sbi_record *rec, int leaf, sb_error *err)
{
	const struct sbi_section *section = rec->lane == SB_LANE_COMMAND ? &plan->command : &plan->setup;
	int code = rec->error > 0 && rec->error < 4096 ? rec->error : EPROTO;
	const struct sbi_op *op;
	char what[200];

	if (rec->detail == SBI_DETAIL_CLONE && explain_leaf(leaf, code, err) == 0)
		return explain_birth(leaf, code, err);
	if (rec->detail == SBI_DETAIL_CLONE)
		return -code;
	if (rec->detail == SBI_DETAIL_FULL)
		return explain_full(err);
	if (rec->at >= section->count) {
		sbi_fail(err, SB_STEP_EXEC, 0, code, "start of the command: %s", strerror(code));
		return -code;
	}
	op = sbi_ops(plan, section) + rec->at;
	sbi_describe(plan, op, what, sizeof(what));
	if (rec->detail == SBI_DETAIL_LANDLOCK_ABI)
		return sbi_explain_landlock(op, rec, err);
	if (section == &plan->command) {
		int r = explain_leaf(leaf, code, err);

		if (r < 0)
			return r;
	}
	sbi_fail(err, op->step, op->index, code, "%s: %s", what, reason(rec->detail, code));
	sbi_hint_operation(plan, op, id, rec->detail, code, err);
	return -code;
}

int sbi_explain_clone(const struct sbi_boot *boot, int code, sb_error *err)
{
	static const char *const stages[] = {
		[SBI_BOOT_JOIN] = "setns into the user namespace",
		[SBI_BOOT_FETCH] = "pidfd_getfd",
		[SBI_BOOT_CLONE] = "clone3",
		[SBI_BOOT_UNSHARE] = "close_range(CLOSE_RANGE_UNSHARE)",
		[SBI_BOOT_ARRANGE] = "dup3",
		[SBI_BOOT_RECEIVE] = "receiving the descriptors",
		[SBI_BOOT_CAPS] = "keeping capabilities over the exec",
		[SBI_BOOT_EXEC] = "execveat of sb-init",
	};
	char kinds[80] = "";

	if (boot->stage != SBI_BOOT_CLONE) {
		sbi_fail(err, SB_STEP_BOOTSTRAP, (uint32_t)boot->stage, code, "%s: %s", stages[boot->stage],
			 strerror(code));
		sbi_hint_system_call(boot->stage == SBI_BOOT_UNSHARE ? "close_range" : "", code, err);
		return -code;
	}
	if (boot->cgroup >= 0 && (code == EACCES || code == ENOENT || code == ENODEV || code == EBUSY)) {
		sbi_fail(err, SB_STEP_CLONE, 0, code, "clone3 of sb-init into its cgroup: %s", strerror(code));
		sbi_hint(err,
			 "this process must be allowed to write cgroup.procs of the nearest cgroup above its own and the "
			 "new one (cgroups(7), delegation): start it in the delegated tree");
		return -code;
	}
	for (int i = 0; i < SBI_NS_KINDS; i++)
		if (boot->flags & sbi_ns_clone(i)) {
			strcat(kinds, kinds[0] ? ", " : "");
			strcat(kinds, sbi_ns_name(i));
		}
	sbi_fail(err, SB_STEP_CLONE, 0, code, "clone3 with new namespaces (%s): %s",
		 kinds[0] ? kinds : "none", strerror(code));
	sbi_hint_clone(boot->flags, code, err);
	return -code;
}

/* The operation that sb-init had begun and not finished. */
static const struct sbi_op *unfinished(const struct sbi_plan *plan)
{
	const struct sbi_mark *marks = (const struct sbi_mark *)((const char *)plan + plan->setup.marks);

	for (uint32_t i = 0; i < plan->setup.count; i++)
		if (!marks[i].end_ns)
			return sbi_ops(plan, &plan->setup) + i;
	return NULL;
}

int sbi_explain_death(const struct sbi_plan *plan, int pidfd, sb_error *err)
{
	const struct sbi_op *op = unfinished(plan);
	siginfo_t info = { 0 };
	char what[200] = "start of the command";

	if (op)
		sbi_describe(plan, op, what, sizeof(what));
	if (waitid((idtype_t)3 /* P_PIDFD */, (id_t)pidfd, &info, WEXITED | WNOWAIT | WNOHANG | __WALL) ==
		    0 &&
	    info.si_pid && (info.si_code == CLD_KILLED || info.si_code == CLD_DUMPED))
		sbi_fail(err, op ? op->step : SB_STEP_EXEC, op ? op->index : 0, ECHILD,
			 "sb-init was killed by signal %d (%s) at: %s", info.si_status,
			 strsignal(info.si_status), what);
	else
		sbi_fail(err, op ? op->step : SB_STEP_EXEC, op ? op->index : 0, ECHILD,
			 "sb-init ended at: %s", what);
	return -ECHILD;
}
