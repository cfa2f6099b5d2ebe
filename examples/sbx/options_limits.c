/* SPDX-License-Identifier: MIT */
/* The options about what the command may use in all: time, memory, processes, output. */
#include "parse.h"
#include "sbx.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#define NONE UINT64_MAX

void limits_init(struct run *run)
{
	run->limits = (struct limit_wishes){ NONE, NONE, NONE, NONE, NONE, NONE, NONE, false, false };
}

static int duration(struct run *run, const char *arg, uint64_t *out)
{
	if (parse_duration(arg, out) < 0 || *out == 0 || *out == NONE)
		return refuse(run, "expected a time such as 2, 2.5s, 500ms or 1m");
	return 0;
}

static int size(struct run *run, const char *arg, uint64_t *out)
{
	if (parse_size(arg, out) < 0 || *out == NONE)
		return refuse(run, "expected a size such as 64M");
	return 0;
}

static int opt_timeout(struct run *run, const char *arg)
{
	return duration(run, arg, &run->limits.wall);
}

static int opt_kill_after(struct run *run, const char *arg)
{
	return duration(run, arg, &run->limits.kill_after);
}

static int opt_cpu_time(struct run *run, const char *arg)
{
	return duration(run, arg, &run->limits.cpu);
}

static int opt_cpu_grace(struct run *run, const char *arg)
{
	return duration(run, arg, &run->limits.cpu_grace);
}

/* As kill(1) names them, with or without SIG, or the number. Return: 0 for none of them. */
static int signal_number(const char *name)
{
	uint64_t number;

	if (parse_u64(name, &number) == 0)
		return number < NSIG ? (int)number : 0;
	if (strncasecmp(name, "SIG", 3) == 0)
		name += 3;
	for (int i = 1; i < NSIG; i++)
		if (sigabbrev_np(i) && strcasecmp(sigabbrev_np(i), name) == 0)
			return i;
	return 0;
}

/* DURATION[:SIGNAL] */
static int soft_limit(struct run *run, uint32_t limit, const char *arg)
{
	AUTOFREE char *copy = strdup(arg);
	char *name = copy;
	uint64_t value;
	int r, signal = 0;

	if (!copy)
		return -ENOMEM;
	r = duration(run, strsep(&name, ":"), &value);
	if (r < 0)
		return r;
	if (name) {
		signal = signal_number(name);
		if (signal == 0)
			return refuse(run, "expected TIME or TIME:SIGNAL, a signal as kill(1) names them");
	}
	return sb_set_soft_limit(run->cfg, limit, value, signal);
}

static int opt_soft_timeout(struct run *run, const char *arg)
{
	run->limits.soft_wall = true;
	return soft_limit(run, SB_LIMIT_WALL, arg);
}

static int opt_soft_cpu_time(struct run *run, const char *arg)
{
	return soft_limit(run, SB_LIMIT_CPU, arg);
}

static int opt_memory_limit(struct run *run, const char *arg)
{
	run->cgroup.limited = true;
	return size(run, arg, &run->limits.memory);
}

static int opt_process_limit(struct run *run, const char *arg)
{
	if (parse_u64(arg, &run->limits.processes) < 0 || run->limits.processes == 0 ||
	    run->limits.processes == NONE)
		return refuse(run, "expected a number, at least 1");
	run->cgroup.limited = true;
	return 0;
}

static const char *after_prefix(const char *text, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(text, prefix, len) == 0 ? text + len : NULL;
}

/* SIZE, stdout=SIZE or stderr=SIZE */
static int opt_output_limit(struct run *run, const char *arg)
{
	const char *out = after_prefix(arg, "stdout="), *err = after_prefix(arg, "stderr=");

	if (out)
		return size(run, out, &run->streams.limit[1]);
	if (err)
		return size(run, err, &run->streams.limit[2]);
	run->streams.together = true;
	return size(run, arg, &run->limits.output);
}

static int opt_output_truncate(struct run *run, const char *arg)
{
	(void)arg;
	run->streams.truncate = true;
	return 0;
}

static int opt_preserve_status(struct run *run, const char *arg)
{
	(void)arg;
	run->limits.preserve_status = true;
	return 0;
}

static int contradiction(const char *message)
{
	complain(message, NULL);
	return -EINVAL;
}

static int complain_limit(const struct run *run, const char *option)
{
	sb_error err = SB_INIT(sb_error);
	char text[320];

	sb_config_check(run->cfg, &err);
	snprintf(text, sizeof(text), "%s: %s", option, err.code ? setter_message(&err) : "out of memory");
	complain(text, err.hint);
	return -EINVAL;
}

static uint64_t or_zero(uint64_t value)
{
	return value == NONE ? 0 : value;
}

/* --kill-after is that of timeout(1): SIGTERM first. */
static int finish_wall(struct run *run)
{
	struct limit_wishes *wishes = &run->limits;

	if (wishes->kill_after != NONE && wishes->wall == NONE)
		return contradiction("--kill-after needs --timeout");
	if (wishes->kill_after != NONE && wishes->soft_wall)
		return contradiction("--kill-after contradicts --soft-timeout: it sends TERM at --timeout");
	if (sb_set_limit(run->cfg, SB_LIMIT_WALL, wishes->wall, or_zero(wishes->kill_after)) < 0)
		return complain_limit(run, "--timeout");
	if (wishes->kill_after != NONE &&
	    sb_set_soft_limit(run->cfg, SB_LIMIT_WALL, wishes->wall, SIGTERM) < 0)
		return complain_limit(run, "--kill-after");
	return 0;
}

int limits_finish(struct run *run)
{
	struct limit_wishes *wishes = &run->limits;
	int r;

	if (wishes->cpu_grace != NONE && wishes->cpu == NONE)
		return contradiction("--cpu-grace needs --cpu-time");
	r = finish_wall(run);
	if (r < 0)
		return r;
	if (sb_set_limit(run->cfg, SB_LIMIT_CPU, wishes->cpu, or_zero(wishes->cpu_grace)) < 0)
		return complain_limit(run, "--cpu-time");
	if (sb_set_limit(run->cfg, SB_LIMIT_MEMORY, wishes->memory, 0) < 0)
		return complain_limit(run, "--memory-limit");
	if (sb_set_limit(run->cfg, SB_LIMIT_PIDS, wishes->processes, 0) < 0)
		return complain_limit(run, "--process-limit");
	if (sb_set_limit(run->cfg, SB_LIMIT_OUTPUT, wishes->output, 0) < 0)
		return complain_limit(run, "--output-limit");
	return 0;
}

const struct option_row limit_options[] = {
	{ "timeout", 0, "TIME", 0, opt_timeout, "end it after TIME on the clock: 2, 2.5s, 500ms, 1m" },
	{ "kill-after", 0, "TIME", 0, opt_kill_after, "at --timeout send TERM, and kill it TIME later" },
	{ "soft-timeout", 0, "TIME[:SIGNAL]", 0, opt_soft_timeout,
	  "tell, and send SIGNAL, but let it run on" },
	{ "cpu-time", 0, "TIME", 0, opt_cpu_time,
	  "end it after TIME of CPU time, of all its processes together" },
	{ "cpu-grace", 0, "TIME", 0, opt_cpu_grace, "kill it TIME later only, to see how much it would use" },
	{ "soft-cpu-time", 0, "TIME[:SIGNAL]", 0, opt_soft_cpu_time, "as --soft-timeout, of CPU time" },
	{ "memory-limit", 0, "SIZE", 0, opt_memory_limit, "more memory ends it, all its processes together" },
	{ "process-limit", 0, "N", 0, opt_process_limit, "more processes and threads at once end it" },
	{ "output-limit", 0, "[STREAM=]SIZE", 0, opt_output_limit,
	  "more output ends it; of both, or of stdout= or stderr=" },
	{ "output-truncate", 0, NULL, 0, opt_output_truncate,
	  "what exceeds stdout= or stderr= is dropped instead" },
	{ "preserve-status", 0, NULL, 0, opt_preserve_status,
	  "not 124 after a time limit, but what the command ended with" },
	{ 0 },
};
