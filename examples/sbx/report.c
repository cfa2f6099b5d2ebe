/* SPDX-License-Identifier: MIT */
/* --report: how it ended, as one JSON object; a figure that was not measured is left out. */
#include "caps.h"
#include "sbx.h"

#include <inttypes.h>
#include <stddef.h>
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
};

/* The fields of sb_stats, with their units; without what is used now: nothing, after the end. */
static const struct {
	uint64_t has;
	const char *name;
	size_t offset;
} cgroup_figures[] = {
	{ SB_STATS_CPU, "cpu_ns", offsetof(sb_stats, cpu_ns) },
	{ SB_STATS_CPU, "user_ns", offsetof(sb_stats, user_ns) },
	{ SB_STATS_CPU, "system_ns", offsetof(sb_stats, system_ns) },
	{ SB_STATS_THROTTLED, "throttled_ns", offsetof(sb_stats, throttled_ns) },
	{ SB_STATS_THROTTLED, "periods", offsetof(sb_stats, periods) },
	{ SB_STATS_THROTTLED, "throttled_periods", offsetof(sb_stats, throttled_periods) },
	{ SB_STATS_MEMORY_PEAK, "memory_peak_bytes", offsetof(sb_stats, memory_peak) },
	{ SB_STATS_MEMORY_EVENTS, "memory_high_events", offsetof(sb_stats, memory_high) },
	{ SB_STATS_MEMORY_EVENTS, "memory_max_events", offsetof(sb_stats, memory_max) },
	{ SB_STATS_MEMORY_EVENTS, "memory_oom_events", offsetof(sb_stats, memory_oom) },
	{ SB_STATS_MEMORY_EVENTS, "oom_kills", offsetof(sb_stats, oom_kills) },
	{ SB_STATS_SWAP_PEAK, "swap_peak_bytes", offsetof(sb_stats, swap_peak) },
	{ SB_STATS_PIDS_PEAK, "pids_peak", offsetof(sb_stats, pids_peak) },
	{ SB_STATS_PIDS, "pids_refused", offsetof(sb_stats, pids_refused) },
	{ SB_STATS_IO, "io_read_bytes", offsetof(sb_stats, io_read_bytes) },
	{ SB_STATS_IO, "io_write_bytes", offsetof(sb_stats, io_write_bytes) },
	{ SB_STATS_IO, "io_reads", offsetof(sb_stats, io_reads) },
	{ SB_STATS_IO, "io_writes", offsetof(sb_stats, io_writes) },
	{ SB_STATS_PRESSURE, "cpu_some_ns", offsetof(sb_stats, cpu_some_ns) },
	{ SB_STATS_CPU_FULL, "cpu_full_ns", offsetof(sb_stats, cpu_full_ns) },
	{ SB_STATS_PRESSURE, "memory_some_ns", offsetof(sb_stats, memory_some_ns) },
	{ SB_STATS_PRESSURE, "memory_full_ns", offsetof(sb_stats, memory_full_ns) },
	{ SB_STATS_PRESSURE, "io_some_ns", offsetof(sb_stats, io_some_ns) },
	{ SB_STATS_PRESSURE, "io_full_ns", offsetof(sb_stats, io_full_ns) },
};

static const char *verdict_name(int32_t verdict)
{
	switch (verdict) {
	case SB_EXITED:
		return "exited";
	case SB_SIGNALED:
		return "signaled";
	case SB_KILLED:
		return "killed";
	case SB_MEMORY_EXCEEDED:
		return "memory_exceeded";
	case SB_FILTERED:
		return "filtered";
	default:
		return "lost";
	}
}

static void begin(FILE *to, const char *verdict, int exit_code)
{
	fprintf(to, "{\"schema\": 1, \"verdict\": \"%s\", \"exit_code\": %d", verdict, exit_code);
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
	if (res->verdict == SB_EXITED) {
		fprintf(to, ", \"status\": %" PRId32, res->code);
		return;
	}
	fprintf(to, ", \"signal\": %" PRId32, res->code);
	name = sigabbrev_np(res->code);
	if (name)
		fprintf(to, ", \"signal_name\": \"%s\"", name);
	fprintf(to, ", \"core_dumped\": %s", res->core_dumped ? "true" : "false");
}

static void cgroup_object(FILE *to, const sb_stats *stats)
{
	const char *comma = "";

	fputs(", \"cgroup\": {", to);
	for (size_t i = 0; i < sizeof(cgroup_figures) / sizeof(cgroup_figures[0]); i++) {
		const void *field = (const char *)stats + cgroup_figures[i].offset;

		if (!(stats->has & cgroup_figures[i].has))
			continue;
		fprintf(to, "%s\"%s\": %" PRIu64, comma, cgroup_figures[i].name, *(const uint64_t *)field);
		comma = ", ";
	}
	fputs("}", to);
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
	figure(to, res, SB_HAS_WALL, "wall_ns", res->wall_ns);
	figure(to, res, SB_HAS_CPU, "cpu_user_ns", res->user_ns);
	figure(to, res, SB_HAS_CPU, "cpu_system_ns", res->system_ns);
	figure(to, res, SB_HAS_RSS, "max_rss_bytes", res->max_rss);
	figure(to, res, SB_HAS_MEMORY_PEAK, "memory_peak_bytes", res->memory_peak);
	figure(to, res, SB_HAS_OOM_KILLS, "oom_kills", res->oom_kills);
	figure(to, res, SB_HAS_SETUP, "setup_ns", res->setup_ns);
	fprintf(to, ", \"skipped_steps\": %" PRIu32, res->skipped);
	layers(to, res);
	id_maps_report(to, end->maps);
	if (res->has & SB_HAS_DENIED)
		denied_report(to, end->proc);
	if (end->stats)
		cgroup_object(to, end->stats);
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
