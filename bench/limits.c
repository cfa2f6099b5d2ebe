/* SPDX-License-Identifier: MIT */
/*
 * bench-limits: what limits and streams add to a run that needs neither, in
 * turns; how far a busy loop gets beyond its limit; how fast a captured stream is.
 */
#include "bench.h"

#include <err.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#define SECOND UINT64_C(1000000000)
#define CASES (sizeof(cases) / sizeof(cases[0]))

static struct limit_case {
	const char *name;
	bool leaf, cpu, wall, memory, pids, capture, data;
	sb_config *cfg;
	bool skipped;
	char why[256];
	struct samples total;
} cases[] = {
	{ .name = "none" },
	{ .name = "wall", .wall = true },
	{ .name = "leaf", .leaf = true },
	{ .name = "leaf, cpu and wall", .leaf = true, .cpu = true, .wall = true },
	{ .name = "… memory, pids", .leaf = true, .cpu = true, .wall = true, .memory = true, .pids = true },
	{ .name = "two captures", .capture = true },
	{ .name = "data, two captures", .capture = true, .data = true },
	{ .name = "a judge's all",
	  .leaf = true,
	  .cpu = true,
	  .wall = true,
	  .memory = true,
	  .pids = true,
	  .capture = true,
	  .data = true },
};

static void set_up(struct limit_case *c)
{
	if (c->leaf)
		sb_set_cgroup(c->cfg, "cgroup.max.depth", "max");
	if (c->cpu)
		sb_set_limit(c->cfg, SB_LIMIT_CPU, SECOND, 0);
	if (c->wall)
		sb_set_limit(c->cfg, SB_LIMIT_WALL, 3 * SECOND, 0);
	if (c->memory)
		sb_set_limit(c->cfg, SB_LIMIT_MEMORY, UINT64_C(256) << 20, 0);
	if (c->pids)
		sb_set_limit(c->cfg, SB_LIMIT_PIDS, 64, 0);
	for (int fd = 1; c->capture && fd < 3; fd++)
		sb_set_stream_capture(c->cfg, fd, 1 << 20, 0);
	if (c->data)
		sb_set_stream_data(c->cfg, 0, "1 2 3\n", 6);
}

static int run(struct limit_case *c, bool count)
{
	sb_error error = SB_INIT(sb_error);
	uint64_t start = now_ns();
	sb_proc *proc;
	int r = sb_spawn(c->cfg, &proc, &error);

	if (r == 0) {
		r = sb_proc_wait(proc, UINT64_MAX, NULL, &error);
		sb_proc_free(proc);
	}
	if (r < 0)
		snprintf(c->why, sizeof(c->why), "%s", error.message);
	else if (count)
		samples_add(&c->total, now_ns() - start);
	return r < 0 ? r : 0;
}

static void spawns(size_t runs)
{
	struct target target = { .inside = "/tiny", .bind = true };
	sb_error error = SB_INIT(sb_error);
	uint64_t none;

	beside("tiny", target.file, sizeof(target.file));
	target.argv[0] = (char *)target.inside;
	for (size_t i = 0; i < CASES; i++) {
		cases[i].cfg = bench_config(&target, true, &error);
		if (!cases[i].cfg)
			errx(1, "%s", error.message);
		set_up(&cases[i]);
		cases[i].skipped = run(&cases[i], false) < 0;
	}
	for (size_t n = 0; n < runs; n++)
		for (size_t i = 0; i < CASES; i++)
			if (!cases[i].skipped && run(&cases[i], true) < 0)
				errx(1, "%s: %s", cases[i].name, cases[i].why);
	none = samples_at(&cases[0].total, 500);
	printf("%zu runs each; medians in microseconds, and the ratio to none\n", runs);
	for (size_t i = 0; i < CASES; i++) {
		struct limit_case *c = &cases[i];

		if (c->skipped)
			printf("%-20s skipped: %s\n", c->name, c->why);
		else
			printf("%-20s %9.1f %7.2f\n", c->name, (double)samples_at(&c->total, 500) / 1e3,
			       (double)samples_at(&c->total, 500) / (double)none);
		sb_config_free(c->cfg);
		samples_free(&c->total);
	}
}

static sb_config *shell(const char *script)
{
	sb_config *cfg = sb_config_new();

	sb_add_system_dirs(cfg);
	sb_add_dev(cfg, "/dev");
	sb_set_command(cfg, "/bin/sh", (const char *const[]){ "sh", "-c", script, NULL });
	return cfg;
}

static void run_once(sb_config *cfg, sb_result *result)
{
	sb_error error = SB_INIT(sb_error);
	sb_proc *proc;

	if (sb_spawn(cfg, &proc, &error) < 0 || sb_proc_wait(proc, UINT64_MAX, result, &error) < 0)
		errx(1, "%s", error.message);
	sb_proc_free(proc);
}

/* A busy loop, up to its limit of cpu time. */
static void overshoot(uint64_t limit, size_t runs)
{
	sb_config *cfg = shell("while :; do :; done");
	struct samples used = { 0 };
	sb_result result = SB_INIT(sb_result);

	sb_set_limit(cfg, SB_LIMIT_CPU, limit, 0);
	for (size_t n = 0; n < runs; n++) {
		run_once(cfg, &result);
		if (result.verdict != SB_CPU_EXCEEDED)
			errx(1, "the loop was not stopped: verdict %d", result.verdict);
		samples_add(&used, result.user_ns + result.system_ns);
	}
	printf("busy loop, limit %.3f s: used %.4f s (median), %.4f s (most)%s\n", (double)limit / 1e9,
	       (double)samples_at(&used, 500) / 1e9, (double)samples_at(&used, 1000) / 1e9,
	       result.approximate ? ", sampled" : "");
	samples_free(&used);
	sb_config_free(cfg);
}

static void throughput(size_t mib)
{
	sb_result result = SB_INIT(sb_result);
	char script[80];
	sb_config *cfg;

	snprintf(script, sizeof(script), "head -c %zuM /dev/zero", mib);
	cfg = shell(script);
	sb_set_stream_capture(cfg, 1, UINT64_MAX, 0);
	run_once(cfg, &result);
	printf("capture of %zu MiB: %.0f MiB/s\n", mib, (double)mib / ((double)result.wall_ns / 1e9));
	sb_config_free(cfg);
}

int main(int argc, char *argv[])
{
	size_t runs = 300;
	int option;

	while ((option = getopt(argc, argv, "n:")) >= 0) {
		if (option != 'n')
			errx(2, "usage: %s [-n RUNS]", argv[0]);
		runs = parse_count(optarg);
	}
	need_sandbox();
	spawns(runs);
	overshoot(SECOND / 20, runs / 30 + 1);
	overshoot(runs > 30 ? SECOND : SECOND / 10, runs / 100 + 1);
	throughput(runs > 30 ? 512 : 16);
	return 0;
}
