/* SPDX-License-Identifier: MIT */
/* --report: how it ended, as one JSON object; a figure that was not measured is left out. */
#include "caps.h"
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
	{ SB_APPLIED_SECCOMP, "seccomp" },
	{ SB_APPLIED_SECCOMP_REPORT, "seccomp_report" },
	{ SB_APPLIED_LANDLOCK, "landlock" },
	{ SB_APPLIED_SECUREBITS, "securebits" },
	{ SB_APPLIED_CORE_SCHED, "core_sched" },
	{ SB_APPLIED_NO_NEW_USERNS, "no_new_userns" },
	{ SB_APPLIED_CGROUP, "cgroup" },
};

static void begin(FILE *to, const char *verdict, int exit_code)
{
	fprintf(to, "{\"schema\": 1, \"verdict\": \"%s\", \"exit_code\": %d", verdict, exit_code);
}

static void ending(FILE *to, const sb_result *res)
{
	const char *name;

	if (!(res->has & SB_HAS_CODE))
		return;
	if (!res->signaled) {
		fprintf(to, ", \"status\": %" PRId32, res->code);
		return;
	}
	fprintf(to, ", \"signal\": %" PRId32, res->code);
	name = sigabbrev_np(res->code);
	if (name)
		fprintf(to, ", \"signal_name\": \"%s\"", name);
	fprintf(to, ", \"core_dumped\": %s", res->core_dumped ? "true" : "false");
}

/* What isolates it, and the figures that some of the layers have. */
static void layers(FILE *to, const sb_result *res)
{
	const char *comma = "";

	fputs(", \"applied\": [", to);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (!(res->applied & parts[i].bit))
			continue;
		fprintf(to, "%s\"%s\"", comma, parts[i].name);
		comma = ", ";
	}
	fputs("], \"caps\": [", to);
	comma = "";
	for (unsigned i = 0; i < 64; i++) {
		if (!(res->caps >> i & 1))
			continue;
		if (caps_name(i))
			fprintf(to, "%s\"%s\"", comma, caps_name(i));
		else
			fprintf(to, "%s\"%u\"", comma, i);
		comma = ", ";
	}
	fputs("]", to);
	if (res->landlock_abi)
		fprintf(to, ", \"landlock_abi\": %" PRIu32, res->landlock_abi);
	if (res->filter_length)
		fprintf(to, ", \"filter_length\": %" PRIu32, res->filter_length);
}

void report_result(FILE *to, const struct ending *end, int exit_code)
{
	const sb_result *res = end->res;

	begin(to, verdict_name(res->verdict), exit_code);
	ending(to, res);
	report_figures(to, end);
	fprintf(to, ", \"skipped_steps\": %" PRIu32, res->skipped);
	layers(to, res);
	id_maps_report(to, end->maps);
	if (res->has & SB_HAS_DENIED)
		denied_report(to, end->proc);
	report_network(to, end);
	report_cgroup(to, end->stats);
	fputs("}\n", to);
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
