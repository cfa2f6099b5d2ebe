/* SPDX-License-Identifier: MIT */
/* The options about what sbx tells: plan, trace, report, help. */
#include "sbx.h"

static int opt_dry_run(struct run *run, const char *arg)
{
	(void)arg;
	run->dry_run = true;
	return 0;
}

static int opt_trace(struct run *run, const char *arg)
{
	run->trace_wanted = true;
	if (arg)
		run->trace_file = arg;
	return arg && !*arg ? refuse(run, "the name of the file is empty") : 0;
}

static int opt_explain(struct run *run, const char *arg)
{
	(void)arg;
	run->trace_wanted = true;
	run->explain = true;
	return 0;
}

static int opt_report(struct run *run, const char *arg)
{
	run->report_file = arg;
	return *arg ? 0 : refuse(run, "the name of the file is empty");
}

static int opt_pid_file(struct run *run, const char *arg)
{
	run->pid_file = arg;
	return *arg ? 0 : refuse(run, "the name of the file is empty");
}

static int opt_help(struct run *run, const char *arg)
{
	(void)arg;
	run->help = true;
	return 0;
}

const struct option_row output_options[] = {
	{ "dry-run", 0, NULL, 0, opt_dry_run, "print the steps that would be taken, take none" },
	{ "trace", 0, "FILE", ROW_OPTIONAL, opt_trace,
	  "tell each step with its time; FILE.json: Chrome trace" },
	{ "explain", 0, NULL, 0, opt_explain, "as --trace, with a sentence for each kind of step" },
	{ "report", 0, "FILE", 0, opt_report, "how it ended, as JSON, to FILE or fd:N" },
	{ "pid-file", 0, "FILE", 0, opt_pid_file, "the command's process id, as it starts, to FILE or fd:N" },
	{ "help", 0, NULL, 0, opt_help, "this text" },
	{ 0 },
};
