/* SPDX-License-Identifier: MIT */
/* The way out where Landlock, securebits, core scheduling or the limit of user namespaces cannot be had. */
#include "hints_confine.h"

#include <errno.h>

#include "config/landlock.h"
#include "error.h"
#include "hints.h"

/* The lowest ABI that knows all of @rights, and the kernel that brought it. */
static const char *wanted_abi(uint64_t rights)
{
	static const char *const names[] = { "",         "1, Linux 5.13", "2, Linux 5.19", "3, Linux 6.2",
					     "4, Linux 6.7", "5, Linux 6.10", "6, Linux 6.12" };
	int abi = 1;

	while (abi < 6 && (rights & ~sbi_landlock_known(abi)))
		abi++;
	return names[abi];
}

int sbi_explain_landlock(const struct sbi_op *op, const struct sbi_record *rec, sb_error *err)
{
	uint64_t lacking = op->arg[0] & ~op->arg[1] & ~sbi_landlock_known(rec->status);
	char words[200];

	sbi_landlock_words(lacking, " ", words, sizeof(words));
	sbi_fail(err, op->step, op->index, EOPNOTSUPP, "landlock: the kernel, with ABI %d, cannot refuse:%s",
		 rec->status, words);
	sbi_hint(err,
		 "that takes ABI %s; where it may be missing, say so by the second argument of sb_set_landlock(): "
		 "\"%s\"",
		 wanted_abi(lacking), words + 1);
	return -EOPNOTSUPP;
}

int sbi_landlock_forbids_exec(const struct sbi_plan *plan)
{
	const struct sbi_op *ops = sbi_ops(plan, &plan->command);

	for (uint32_t i = 0; i < plan->command.count; i++)
		if (ops[i].step == SB_STEP_LANDLOCK && ops[i].id[0] == SBI_LANDLOCK_CREATE)
			return (ops[i].arg[0] & (SBI_LL_EXECUTE | SBI_LL_READ_FILE)) != 0;
	return 0;
}

static void hint_landlock(const struct sbi_op *op, int code, sb_error *err)
{
	if (op->id[0] == SBI_LANDLOCK_PATH) {
		if (code == ENOENT)
			sbi_hint(err,
				 "the path counts inside the sandbox, where only what was mounted exists");
		else if (code == EACCES)
			sbi_hint(err, "the command's user must be able to search every directory above it");
		else if (code == EBADFD)
			sbi_hint(err,
				 "the kernel takes no rule for a file of this kind (landlock(7)): descriptors that the "
				 "command is given need none");
	} else if (op->id[0] == SBI_LANDLOCK_PORT && code == EAFNOSUPPORT) {
		sbi_hint(err, "the kernel has no TCP: leave the line out");
	} else if (op->id[0] == SBI_LANDLOCK_CREATE && code == EOPNOTSUPP) {
		sbi_hint(err,
			 "the kernel has Landlock, but not switched on: add landlock to lsm= on its command line; where it "
			 "may be missing: sb_set_optional(cfg, SB_APPLIED_LANDLOCK)");
	} else if (op->id[0] == SBI_LANDLOCK_CREATE && code == ENOSYS) {
		sbi_hint(err,
			 "the kernel is built without Landlock (CONFIG_SECURITY_LANDLOCK), or a filter around this process "
			 "hides it; where it may be missing: sb_set_optional(cfg, SB_APPLIED_LANDLOCK)");
	} else if (op->id[0] == SBI_LANDLOCK_CREATE && code == EPERM) {
		sbi_hint(err, "a filter around this process refuses landlock_create_ruleset: allow it there");
	} else if (op->id[0] == SBI_LANDLOCK_ENFORCE && code == E2BIG) {
		sbi_hint(err, "16 rulesets lie upon this process already, and the kernel allows no more");
	} else if (op->id[0] == SBI_LANDLOCK_ENFORCE && code == EPERM) {
		sbi_hint(err,
			 "without no_new_privs it takes CAP_SYS_ADMIN: leave sb_set_no_new_privs() at 1, or add "
			 "SB_NS_USER");
	}
}

static void hint_seccomp(const struct sbi_op *op, int code, sb_error *err)
{
	if (code == EBUSY)
		sbi_hint(err,
			 "the kernel allows one listener on the way up (seccomp_unotify(2)): leave out the notify lines, or the "
			 "kill, log and notify lines of the filter around this process");
	else if (code == EACCES || code == EPERM)
		sbi_hint(err,
			 op->arg[1] & SBI_SECCOMP_PRIVILEGED
				 ? "without no_new_privs it takes CAP_SYS_ADMIN: leave sb_set_no_new_privs() at 1, add SB_NS_USER, or "
				   "sb_set_seccomp(cfg, \"none\")"
				 : "a filter around this process refuses seccomp(2)");
	else if (code == ENOSYS || code == EINVAL)
		sbi_hint(err, "the kernel is built without CONFIG_SECCOMP_FILTER; where it may be missing: "
			      "sb_set_optional(cfg, SB_APPLIED_SECCOMP)");
	else if (code == ENOMEM)
		sbi_hint(err, "all filters of a process together may have 32768 instructions");
}

static void hint_core_sched(int code, sb_error *err)
{
	if (code == ENODEV)
		sbi_hint(err, "the processor has no second thread on a core, or it is switched off "
			      "(/sys/devices/system/cpu/smt/control): there is nothing to keep off");
	else if (code == EINVAL)
		sbi_hint(err, "the kernel is built without CONFIG_SCHED_CORE");
}

int sbi_hint_confine(const struct sbi_op *op, int code, sb_error *err)
{
	switch (op->step) {
	case SB_STEP_LANDLOCK:
		if (code == EMFILE || code == ENFILE)
			sbi_hint(err,
				 "the command's limit of descriptors (nofile) leaves no room for the two that rules are "
				 "made with");
		else
			hint_landlock(op, code, err);
		return 1;
	case SB_STEP_SECCOMP:
		hint_seccomp(op, code, err);
		return 1;
	case SB_STEP_SECUREBITS:
		if (code == EPERM)
			sbi_hint(err,
				 "they take CAP_SETPCAP (SB_NS_USER gives it), cannot undo what was locked, and some are "
				 "not known to every kernel (capabilities(7))");
		return 1;
	case SB_STEP_CORE_SCHED:
		hint_core_sched(code, err);
		return 1;
	case SB_STEP_NO_NEW_USERNS:
		sbi_hint(err,
			 "it is written to /proc/sys/user/max_user_namespaces: that needs a /proc that is not read-only "
			 "around this process, or the right to mount one");
		return 1;
	default:
		return 0;
	}
}
