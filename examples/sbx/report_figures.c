/* SPDX-License-Identifier: MIT */
/* The figures of --report: what the command used, its limits, its streams, its cgroup. */
#include "sbx.h"

#include <inttypes.h>
#include <stddef.h>

/* The fields of sb_result, with their units. */
static const struct {
	uint32_t has;
	const char *name;
	size_t offset;
} figures[] = {
	{ SB_HAS_WALL, "wall_ns", offsetof(sb_result, wall_ns) },
	{ SB_HAS_CPU, "cpu_user_ns", offsetof(sb_result, user_ns) },
	{ SB_HAS_CPU, "cpu_system_ns", offsetof(sb_result, system_ns) },
	{ SB_HAS_RSS, "max_rss_bytes", offsetof(sb_result, max_rss) },
	{ SB_HAS_MEMORY_PEAK, "memory_peak_bytes", offsetof(sb_result, memory_peak) },
	{ SB_HAS_MEMORY_END, "memory_anon_bytes", offsetof(sb_result, memory_anon) },
	{ SB_HAS_MEMORY_END, "memory_file_bytes", offsetof(sb_result, memory_file) },
	{ SB_HAS_OOM_KILLS, "oom_kills", offsetof(sb_result, oom_kills) },
	{ SB_HAS_PIDS_PEAK, "pids_peak", offsetof(sb_result, pids_peak) },
	{ SB_HAS_PIDS_REFUSED, "pids_refused", offsetof(sb_result, pids_refused) },
	{ SB_HAS_FAULTS, "minor_faults", offsetof(sb_result, minor_faults) },
	{ SB_HAS_FAULTS, "major_faults", offsetof(sb_result, major_faults) },
	{ SB_HAS_SWITCHES, "voluntary_switches", offsetof(sb_result, voluntary) },
	{ SB_HAS_SWITCHES, "involuntary_switches", offsetof(sb_result, involuntary) },
	{ SB_HAS_IO, "io_read_bytes", offsetof(sb_result, io_read_bytes) },
	{ SB_HAS_IO, "io_write_bytes", offsetof(sb_result, io_write_bytes) },
	{ SB_HAS_OUTPUT, "output_bytes", offsetof(sb_result, output_bytes) },
	{ SB_HAS_SETUP, "setup_ns", offsetof(sb_result, setup_ns) },
};

/* The fields of sb_stats; without what is used now: nothing, after the end. */
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

/* The bits SB_LIMIT_BIT() of @set, by name; nothing at all if there are none. */
static void limit_list(FILE *to, const char *key, uint32_t set)
{
	static const struct {
		uint32_t limit;
		const char *name;
	} limits[] = {
		{ SB_LIMIT_CPU, "cpu" },   { SB_LIMIT_WALL, "wall" },     { SB_LIMIT_MEMORY, "memory" },
		{ SB_LIMIT_PIDS, "pids" }, { SB_LIMIT_OUTPUT, "output" },
	};
	const char *comma = "";

	if (!set)
		return;
	fprintf(to, ", \"%s\": [", key);
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		if (!(set & SB_LIMIT_BIT(limits[i].limit)))
			continue;
		fprintf(to, "%s\"%s\"", comma, limits[i].name);
		comma = ", ";
	}
	fputs("]", to);
}

static void one_stream(FILE *to, const char *name, const sb_stream *stream)
{
	fprintf(to, "\"%s\": {\"bytes\": %" PRIu64 ", \"kept_bytes\": %" PRIu64 ", \"exceeded\": %s", name,
		stream->bytes, stream->kept, stream->flags & SB_STREAM_EXCEEDED ? "true" : "false");
	if (stream->error)
		fprintf(to, ", \"errno\": %" PRId32, stream->error);
	fputs("}", to);
}

/* Those that pass through us. */
static void stream_object(FILE *to, sb_proc *proc)
{
	static const char *const names[] = { "stdin", "stdout", "stderr" };
	bool any = false;
	sb_stream stream;

	for (int fd = 1; fd <= 2; fd++) {
		stream = (sb_stream)SB_INIT(sb_stream);
		if (sb_proc_stream(proc, fd, &stream) < 0)
			continue;
		fputs(any ? ", " : ", \"streams\": {", to);
		one_stream(to, names[fd], &stream);
		any = true;
	}
	if (any)
		fputs("}", to);
}

void report_figures(FILE *to, const struct ending *end)
{
	const sb_result *res = end->res;

	for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++)
		if (res->has & figures[i].has)
			fprintf(to, ", \"%s\": %" PRIu64, figures[i].name,
				*(const uint64_t *)(const void *)((const char *)res + figures[i].offset));
	limit_list(to, "exceeded", res->exceeded);
	limit_list(to, "soft", res->soft);
	limit_list(to, "approximate", res->approximate);
	stream_object(to, end->proc);
}

void report_cgroup(FILE *to, const sb_stats *stats)
{
	const char *comma = "";

	if (!stats)
		return;
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
