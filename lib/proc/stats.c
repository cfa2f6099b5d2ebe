/* SPDX-License-Identifier: MIT */
/* Reading a leaf's figures: each file is asked for, none is assumed. */
#include "stats.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/auto.h"
#include "config/cgroup_value.h"
#include "host/cgroup_dir.h"

#define ROOM 8192

struct wanted {
	const char *key;
	uint64_t *value;
	uint64_t scale;
};

/* All of the keys, or the bit stays away. */
static void take_keys(const char *text, const struct wanted wanted[], uint64_t bit, sb_stats *stats)
{
	for (const struct wanted *w = wanted; w->key; w++)
		if (sbi_cg_key(text, w->key) < 0)
			return;
	for (const struct wanted *w = wanted; w->key; w++)
		*w->value = (uint64_t)sbi_cg_key(text, w->key) * w->scale;
	stats->has |= bit;
}

static void take_number(int dir, const char *file, uint64_t *value, uint64_t bit, sb_stats *stats)
{
	char text[32];

	if (sbi_cg_read(dir, file, text, sizeof(text)) <= 0)
		return;
	*value = strtoull(text, NULL, 10);
	stats->has |= bit;
}

/* What the command's process did before its exec was all system time. */
static void subtract(sb_stats *stats, uint64_t used)
{
	stats->cpu_ns -= used < stats->cpu_ns ? used : stats->cpu_ns;
	if (stats->system_ns >= used) {
		stats->system_ns -= used;
		return;
	}
	used -= stats->system_ns;
	stats->system_ns = 0;
	stats->user_ns -= used < stats->user_ns ? used : stats->user_ns;
}

static void take_cpu(const char *text, uint64_t used, sb_stats *stats)
{
	const struct wanted times[] = { { "usage_usec", &stats->cpu_ns, 1000 },
					{ "user_usec", &stats->user_ns, 1000 },
					{ "system_usec", &stats->system_ns, 1000 },
					{ NULL, NULL, 0 } };
	const struct wanted throttling[] = { { "nr_periods", &stats->periods, 1 },
					     { "nr_throttled", &stats->throttled_periods, 1 },
					     { "throttled_usec", &stats->throttled_ns, 1000 },
					     { NULL, NULL, 0 } };

	take_keys(text, times, SB_STATS_CPU, stats);
	take_keys(text, throttling, SB_STATS_THROTTLED, stats);
	if (stats->has & SB_STATS_CPU)
		subtract(stats, used);
}

static void read_cpu(int dir, uint64_t used, sb_stats *stats)
{
	char text[ROOM];

	if (sbi_cg_read(dir, "cpu.stat", text, sizeof(text)) > 0)
		take_cpu(text, used, stats);
}

static void read_memory(int dir, int live, sb_stats *stats)
{
	char text[ROOM];
	const struct wanted events[] = { { "high", &stats->memory_high, 1 },
					 { "max", &stats->memory_max, 1 },
					 { "oom", &stats->memory_oom, 1 },
					 { "oom_kill", &stats->oom_kills, 1 },
					 { NULL, NULL, 0 } };
	const struct wanted detail[] = { { "anon", &stats->memory_anon, 1 },
					 { "file", &stats->memory_file, 1 },
					 { NULL, NULL, 0 } };
	const struct wanted kernel[] = { { "kernel", &stats->memory_kernel, 1 }, { NULL, NULL, 0 } };

	if (live) { /* before the peaks, which may still grow: no figure is above its peak */
		take_number(dir, "memory.current", &stats->memory, SB_STATS_MEMORY, stats);
		take_number(dir, "memory.swap.current", &stats->swap, SB_STATS_SWAP, stats);
	}
	take_number(dir, "memory.peak", &stats->memory_peak, SB_STATS_MEMORY_PEAK, stats);
	take_number(dir, "memory.swap.peak", &stats->swap_peak, SB_STATS_SWAP_PEAK, stats);
	/* Two CPUs that charge at once may leave the lower of two marks behind (page_counter_charge). */
	if ((stats->has & SB_STATS_MEMORY_PEAK) && stats->memory_peak < stats->memory)
		stats->memory_peak = stats->memory;
	if (sbi_cg_read(dir, "memory.events", text, sizeof(text)) > 0)
		take_keys(text, events, SB_STATS_MEMORY_EVENTS, stats);
	if (live && sbi_cg_read(dir, "memory.stat", text, sizeof(text)) > 0) {
		take_keys(text, detail, SB_STATS_MEMORY_DETAIL, stats);
		take_keys(text, kernel, SB_STATS_MEMORY_KERNEL, stats);
	}
}

static void read_pids(int dir, int live, sb_stats *stats)
{
	int64_t refused = sbi_cg_flag(dir, "pids.events", "max");

	if (live)
		take_number(dir, "pids.current", &stats->pids, SB_STATS_PIDS, stats);
	take_number(dir, "pids.peak", &stats->pids_peak, SB_STATS_PIDS_PEAK, stats);
	if (refused < 0)
		return;
	stats->pids_refused = (uint64_t)refused;
	stats->has |= SB_STATS_PIDS;
}

/*
 * "8:0 rbytes=… wbytes=… rios=… wios=… dbytes=… dios=…"; a device without traffic may have its
 * number alone.
 */
static int take_device(const char *line, sb_io_stats *io)
{
	unsigned long long v[6] = { 0 };
	static const char *const keys[] = { " rbytes=", " wbytes=", " dbytes=", " rios=", " wios=", " dios=" };
	size_t length = strcspn(line, "\n");
	unsigned major_number, minor_number;

	if (sscanf(line, "%u:%u", &major_number, &minor_number) != 2)
		return 0;
	for (int i = 0; i < 6; i++) {
		const char *at = strstr(line, keys[i]);

		if (at && at < line + length)
			v[i] = strtoull(at + strlen(keys[i]), NULL, 10);
	}
	*io = (sb_io_stats){ .size = sizeof(*io),
			     .major_number = major_number,
			     .minor_number = minor_number,
			     .read_bytes = v[0],
			     .write_bytes = v[1],
			     .discard_bytes = v[2],
			     .reads = v[3],
			     .writes = v[4],
			     .discards = v[5] };
	return 1;
}

static const char *next_line(const char *text)
{
	text = strchr(text, '\n');
	return text && text[1] ? text + 1 : NULL;
}

static void read_io(int dir, sb_stats *stats)
{
	sbi_autofree char *text = NULL;
	sb_io_stats io;

	if (sbi_cg_read_all(dir, "io.stat", &text) < 0)
		return;
	stats->has |= SB_STATS_IO;
	for (const char *line = text; line; line = next_line(line)) {
		if (!take_device(line, &io))
			continue;
		stats->io_read_bytes += io.read_bytes;
		stats->io_write_bytes += io.write_bytes;
		stats->io_reads += io.reads;
		stats->io_writes += io.writes;
	}
}

int sbi_stats_device(int dir, size_t index, sb_io_stats *io)
{
	sbi_autofree char *text = NULL;
	ssize_t n = sbi_cg_read_all(dir, "io.stat", &text);

	if (n < 0)
		return (int)n;
	for (const char *line = text; line; line = next_line(line))
		if (take_device(line, io) && index-- == 0)
			return 1;
	return 0;
}

/* "some avg10=… total=123"; the line "full" is not there for the cpu before 5.13. */
static int take_total(const char *text, const char *line, uint64_t *value)
{
	const char *at = strstr(text, line);

	at = at ? strstr(at, "total=") : NULL;
	if (at)
		*value = strtoull(at + 6, NULL, 10) * 1000;
	return at ? 1 : 0;
}

static void read_pressure(int dir, sb_stats *stats)
{
	uint64_t v[5] = { 0 };
	char text[512];
	int all = 0;

	if (sbi_cg_read(dir, "cpu.pressure", text, sizeof(text)) > 0) {
		all += take_total(text, "some", &v[0]);
		if (take_total(text, "full", &stats->cpu_full_ns))
			stats->has |= SB_STATS_CPU_FULL;
	}
	if (sbi_cg_read(dir, "memory.pressure", text, sizeof(text)) > 0)
		all += take_total(text, "some", &v[1]) + take_total(text, "full", &v[2]);
	if (sbi_cg_read(dir, "io.pressure", text, sizeof(text)) > 0)
		all += take_total(text, "some", &v[3]) + take_total(text, "full", &v[4]);
	if (all < 5)
		return;
	stats->cpu_some_ns = v[0];
	stats->memory_some_ns = v[1];
	stats->memory_full_ns = v[2];
	stats->io_some_ns = v[3];
	stats->io_full_ns = v[4];
	stats->has |= SB_STATS_PRESSURE;
}

static void read_controllers(int dir, uint32_t controllers, int live, sb_stats *stats)
{
	if (controllers & SBI_CG_MEMORY)
		read_memory(dir, live, stats);
	if (controllers & SBI_CG_PIDS)
		read_pids(dir, live, stats);
	if (controllers & SBI_CG_IO)
		read_io(dir, stats);
}

void sbi_stats_read(int dir, uint32_t controllers, int live, uint64_t used_ns, sb_stats *stats)
{
	memset(stats, 0, sizeof(*stats));
	stats->size = sizeof(*stats);
	read_cpu(dir, used_ns, stats);
	read_controllers(dir, controllers, live, stats);
	read_pressure(dir, stats);
}

void sbi_stats_end(struct sbi_leaf *leaf, uint64_t used_ns, sb_stats *stats)
{
	int cpu = sbi_leaf_file(leaf, SBI_LEAF_CPU_STAT);
	char text[ROOM];
	ssize_t n = cpu < 0 ? -1 : pread(cpu, text, sizeof(text) - 1, 0);

	memset(stats, 0, sizeof(*stats));
	stats->size = sizeof(*stats);
	text[n > 0 ? n : 0] = '\0';
	if (n > 0)
		take_cpu(text, used_ns, stats);
	read_controllers(leaf->fd, leaf->controllers, 0, stats);
}

void sbi_stats_pressure(int dir, sb_stats *stats)
{
	if (!(stats->has & SB_STATS_PRESSURE))
		read_pressure(dir, stats);
}
