/* SPDX-License-Identifier: MIT */
/* --report: how it ended, as one JSON object; a figure that was not measured is left out. */
#include "sbx.h"

#include <inttypes.h>
#include <string.h>

static const struct {
	uint64_t bit;
	const char *name;
} parts[] = {
	{ SB_NS_USER, "ns_user" },
	{ SB_NS_PID, "ns_pid" },
	{ SB_NS_MOUNT, "ns_mount" },
	{ SB_NS_NET, "ns_net" },
	{ SB_NS_IPC, "ns_ipc" },
	{ SB_NS_UTS, "ns_uts" },
	{ SB_NS_CGROUP, "ns_cgroup" },
	{ SB_NS_TIME, "ns_time" },
	{ SB_APPLIED_ROOT, "root" },
	{ SB_APPLIED_ROOT_READONLY, "root_readonly" },
	{ SB_APPLIED_NO_NEW_PRIVS, "no_new_privs" },
	{ SB_APPLIED_NO_CAPS, "no_caps" },
	{ SB_APPLIED_KEYRING, "keyring" },
	{ SB_APPLIED_SESSION, "session" },
	{ SB_APPLIED_NO_GROUPS, "no_groups" },
};

static const char *outcome_name(int32_t outcome)
{
	switch (outcome) {
	case SB_EXITED:
		return "exited";
	case SB_SIGNALED:
		return "signaled";
	case SB_KILLED:
		return "killed";
	default:
		return "lost";
	}
}

static void begin(FILE *to, const char *outcome, int exit_code)
{
	fprintf(to, "{\"schema\": 1, \"outcome\": \"%s\", \"exit_code\": %d", outcome, exit_code);
}

static void figure(FILE *to, const sb_result *res, uint32_t has, const char *name, uint64_t value)
{
	if (res->has & has)
		fprintf(to, ", \"%s\": %" PRIu64, name, value);
}

static void ending(FILE *to, const sb_result *res)
{
	const char *name;

	if (!(res->has & SB_HAS_CODE))
		return;
	if (res->outcome == SB_EXITED) {
		fprintf(to, ", \"status\": %" PRId32, res->code);
		return;
	}
	fprintf(to, ", \"signal\": %" PRId32, res->code);
	name = sigabbrev_np(res->code);
	if (name)
		fprintf(to, ", \"signal_name\": \"%s\"", name);
	fprintf(to, ", \"core_dumped\": %s", res->core_dumped ? "true" : "false");
}

void report_result(FILE *to, const sb_result *res, int exit_code)
{
	const char *comma = "";

	begin(to, outcome_name(res->outcome), exit_code);
	ending(to, res);
	figure(to, res, SB_HAS_WALL, "wall_ns", res->wall_ns);
	figure(to, res, SB_HAS_CPU, "cpu_user_ns", res->user_ns);
	figure(to, res, SB_HAS_CPU, "cpu_system_ns", res->system_ns);
	figure(to, res, SB_HAS_RSS, "max_rss_bytes", res->max_rss);
	figure(to, res, SB_HAS_SETUP, "setup_ns", res->setup_ns);
	fprintf(to, ", \"skipped_steps\": %" PRIu32 ", \"applied\": [", res->skipped);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (!(res->applied & parts[i].bit))
			continue;
		fprintf(to, "%s\"%s\"", comma, parts[i].name);
		comma = ", ";
	}
	fputs("]}\n", to);
}

void report_failure(FILE *to, const sb_error *err, int exit_code)
{
	const char *name = strerrorname_np(err->code);

	begin(to, "failed", exit_code);
	fprintf(to, ", \"error\": {\"step\": \"%s\", \"index\": %" PRIu32 ", \"errno\": %" PRId32,
		sb_step_name(err->step), err->index, err->code);
	if (name)
		fprintf(to, ", \"errno_name\": \"%s\"", name);
	fputs(", \"message\": ", to);
	json_string(to, err->message);
	if (err->hint[0]) {
		fputs(", \"hint\": ", to);
		json_string(to, err->hint);
	}
	fputs("}}\n", to);
}
