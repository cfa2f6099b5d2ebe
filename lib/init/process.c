/* SPDX-License-Identifier: MIT */
/* Attributes of the command's process: session, limits, priority, umask, directory. */
#include <errno.h>
#include <sys/resource.h>

#include "commands.h"

int do_session(struct run *run, const struct sbi_op *op)
{
	long r = SYS(setsid);

	(void)run, (void)op;
	return r < 0 ? (int)r : 0;
}

/* RLIMIT: id[0] resource, arg[0] soft, arg[1] hard, arg[2] SBI_RLIMIT_*. */
int do_rlimit(struct run *run, const struct sbi_op *op)
{
	uint64_t limit[2] = { op->arg[0], op->arg[1] }, present[2];
	long r;

	if (op->arg[2] == SBI_RLIMIT_PIDS && (run->plan->watch.flags & SBI_WATCH_PIDS))
		return LEFT_OUT;
	/* of the same user they count, as we do: one for us is in it already */
	if (op->arg[2] == SBI_RLIMIT_PIDS) {
		limit[0] += zygotes_there();
		limit[1] += zygotes_there();
	}
	if (op->arg[2]) {
		/* What is rarely above the hard limit is set at once, and taken back if it was. */
		r = op->arg[2] == SBI_RLIMIT_RAISE ? -EPERM : SYS(prlimit64, 0, op->id[0], limit, present);
		if (r == -EPERM)
			r = SYS(prlimit64, 0, op->id[0], 0, present);
		else if (r == 0 && present[1] >= limit[1])
			return 0;
		if (r < 0)
			return (int)r;
		if (op->arg[2] == SBI_RLIMIT_RAISE) {
			if (present[1] >= limit[1])
				return 0;
			limit[0] = present[0];
		} else if (present[1] < limit[1]) {
			limit[0] = limit[1] = present[1];
		}
	}
	return (int)SYS(prlimit64, 0, op->id[0], limit, 0);
}

int do_nice(struct run *run, const struct sbi_op *op)
{
	(void)run;
	return (int)SYS(setpriority, PRIO_PROCESS, 0, (int)op->arg[0]);
}

int do_umask(struct run *run, const struct sbi_op *op)
{
	(void)run;
	SYS(umask, op->arg[0]);
	return 0;
}

/* CWD: text[0]. As the command's user, and it must lie below the root (CVE-2024-21626). */
int do_cwd(struct run *run, const struct sbi_op *op)
{
	static char path[4096];
	const char *wanted = op_text(run, op->text[0]);
	long r = text_equal(wanted, "/") && is_at_slash() ? 0 : SYS(chdir, wanted);

	if (r < 0 || text_equal(wanted, "/"))
		return (int)r;
	r = SYS(getcwd, path, sizeof(path));
	if (r < 0)
		return (int)r;
	return path[0] == '/' ? 0 : -ENOENT;
}
