/* SPDX-License-Identifier: MIT */
/* What is made of the verdict: an exit status, a name, and a line on why the command was ended. */
#include "sbx.h"

#include <errno.h>
#include <inttypes.h>

#define KILL_CODE (128 + 9)

const char *verdict_name(int32_t verdict)
{
	static const char *const names[] = {
		[SB_EXITED] = "exited",
		[SB_SIGNALED] = "signaled",
		[SB_KILLED] = "killed",
		[SB_LOST] = "lost",
		[SB_MEMORY_EXCEEDED] = "memory_exceeded",
		[SB_FILTERED] = "filtered",
		[SB_CPU_EXCEEDED] = "cpu_exceeded",
		[SB_WALL_EXCEEDED] = "wall_exceeded",
		[SB_OUTPUT_EXCEEDED] = "output_exceeded",
		[SB_PIDS_EXCEEDED] = "pids_exceeded",
		[SB_NOT_STARTED] = "not_started",
		[SB_BOX_ENDED] = "box_ended",
	};

	return verdict > 0 && (size_t)verdict < sizeof(names) / sizeof(names[0]) ? names[verdict] : "lost";
}

int failure_code(const sb_error *err)
{
	if (err->step != SB_STEP_EXEC)
		return EXIT_SBX;
	return err->code == ENOENT || err->code == ENOTDIR ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN;
}

/* What the command itself ended with, whatever the verdict. */
static int own_code(const sb_result *res)
{
	if (!(res->has & SB_HAS_CODE))
		return KILL_CODE;
	return res->signaled ? 128 + res->code : res->code;
}

static void ended(const char *why)
{
	char text[256];

	snprintf(text, sizeof(text), "the command was ended: %s", why);
	complain(text, NULL);
}

static int time_code(const struct run *run, const sb_result *res, const char *what, uint64_t limit,
		     const char *option)
{
	char text[192];

	snprintf(text, sizeof(text), "more than %.9g s of %s (%s)", (double)limit / 1e9, what, option);
	ended(text);
	return run->limits.preserve_status ? own_code(res) : EXIT_TIME;
}

static int memory_code(const struct run *run)
{
	char text[192];

	if (run->limits.memory == UINT64_MAX) {
		complain("the command was killed by the kernel's OOM killer (memory.max)", NULL);
		return KILL_CODE;
	}
	snprintf(text, sizeof(text), "more than %" PRIu64 " bytes of memory (--memory-limit)",
		 run->limits.memory);
	ended(text);
	return KILL_CODE;
}

static bool stream_exceeded(sb_proc *proc, int fd)
{
	sb_stream stream = SB_INIT(sb_stream);

	return sb_proc_stream(proc, fd, &stream) == 0 && (stream.flags & SB_STREAM_EXCEEDED);
}

static int output_code(const struct run *run, sb_proc *proc)
{
	const char *what = "";
	uint64_t limit = run->limits.output;
	char text[192];

	for (int fd = 1; fd <= 2; fd++) {
		if (!stream_exceeded(proc, fd))
			continue;
		what = fd == 1 ? "standard " : "error ";
		limit = run->streams.limit[fd];
	}
	snprintf(text, sizeof(text), "more than %" PRIu64 " bytes of %soutput (--output-limit)", limit, what);
	ended(text);
	return KILL_CODE;
}

static int pids_code(const struct run *run)
{
	char text[192];

	snprintf(text, sizeof(text), "more than %" PRIu64 " processes and threads at once (--process-limit)",
		 run->limits.processes);
	ended(text);
	return KILL_CODE;
}

static int not_started(const sb_proc *proc)
{
	sb_error err = SB_INIT(sb_error);

	if (sb_proc_error(proc, &err) < 0)
		return EXIT_SBX;
	complain(err.message, err.hint);
	return failure_code(&err);
}

int verdict_code(const struct run *run, sb_proc *proc, const sb_result *res)
{
	switch (res->verdict) {
	case SB_EXITED:
	case SB_SIGNALED:
	case SB_FILTERED:
		return own_code(res);
	case SB_KILLED:
		return KILL_CODE;
	case SB_MEMORY_EXCEEDED:
		return memory_code(run);
	case SB_CPU_EXCEEDED:
		return time_code(run, res, "CPU time", run->limits.cpu, "--cpu-time");
	case SB_WALL_EXCEEDED:
		return time_code(run, res, "time", run->limits.wall, "--timeout");
	case SB_OUTPUT_EXCEEDED:
		return output_code(run, proc);
	case SB_PIDS_EXCEEDED:
		return pids_code(run);
	case SB_NOT_STARTED:
		return not_started(proc);
	case SB_BOX_ENDED:
		complain("the sandbox that the command was in has ended, and the command with it", NULL);
		return KILL_CODE;
	default:
		complain("the sandbox was ended from outside; how the command ended is unknown", NULL);
		return EXIT_SBX;
	}
}

void verdict_soft(const struct run *run, sb_proc *proc, uint32_t *told)
{
	uint32_t passed = sb_proc_soft(proc) & ~*told;

	*told |= passed;
	if (passed & SB_LIMIT_BIT(SB_LIMIT_CPU))
		complain("the command has passed --soft-cpu-time", NULL);
	if (passed & SB_LIMIT_BIT(SB_LIMIT_WALL))
		complain(run->limits.soft_wall ? "the command has passed --soft-timeout"
					       : "the command was told to end: --timeout has passed",
			 NULL);
}
