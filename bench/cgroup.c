/* SPDX-License-Identifier: MIT */
/*
 * bench-cgroup: what a cgroup of its own adds to a run. The same sandbox without
 * one, with a leaf alone, and with each controller, take turns; also the figures
 * that an idle program has, which is what set-up would show in if it were billed.
 */
#include "bench.h"

#include <err.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#define CASES (sizeof(cases) / sizeof(cases[0]))

static struct leaf_case {
	const char *name;
	const char *settings[4][2];
	sb_config *cfg;
	bool skipped;
	char why[256];
	struct samples total, setup, cpu, peak;
} cases[] = {
	{ .name = "none" },
	{ .name = "leaf", .settings = { { "cgroup.max.depth", "max" } } },
	{ .name = "pids", .settings = { { "pids.max", "64" } } },
	{ .name = "cpu", .settings = { { "cpu.max", "100%" } } },
	{ .name = "memory", .settings = { { "memory.max", "256M" } } },
	{ .name = "all three",
	  .settings = { { "pids.max", "64" }, { "cpu.max", "100%" }, { "memory.max", "256M" } } },
};

static int run(struct leaf_case *c, bool count)
{
	sb_error error = SB_INIT(sb_error);
	sb_result result = SB_INIT(sb_result);
	sb_stats stats = SB_INIT(sb_stats);
	uint64_t start = now_ns();
	sb_proc *proc;
	int r;

	r = sb_spawn(c->cfg, &proc, &error);
	if (r == 0) {
		r = sb_proc_wait(proc, UINT64_MAX, &result, &error);
		sb_proc_stats(proc, &stats, NULL);
		sb_proc_free(proc);
	}
	if (r < 0) {
		snprintf(c->why, sizeof(c->why), "%s", error.message);
		return r;
	}
	if (!count)
		return 0;
	samples_add(&c->total, now_ns() - start);
	samples_add(&c->setup, result.setup_ns);
	samples_add(&c->cpu, result.user_ns + result.system_ns);
	if (stats.has & SB_STATS_MEMORY_PEAK)
		samples_add(&c->peak, stats.memory_peak);
	return 0;
}

static void open_cases(const struct target *t, const char *parent)
{
	sb_error error = SB_INIT(sb_error);

	for (size_t i = 0; i < CASES; i++) {
		struct leaf_case *c = &cases[i];

		c->cfg = bench_config(t, true, &error);
		if (!c->cfg)
			errx(1, "%s", error.message);
		for (size_t k = 0; k < 4 && c->settings[k][0]; k++)
			sb_set_cgroup(c->cfg, c->settings[k][0], c->settings[k][1]);
		if (parent && i > 0)
			sb_set_cgroup_parent(c->cfg, parent);
		c->skipped = run(c, false) < 0;
	}
}

static void print(size_t runs)
{
	printf("%zu runs each; medians in microseconds, and the ratio to none\n", runs);
	printf("%-10s %9s %7s %9s %9s %10s\n", "cgroup", "total", "ratio", "set-up", "cpu", "peak KiB");
	for (size_t i = 0; i < CASES; i++) {
		struct leaf_case *c = &cases[i];

		if (c->skipped) {
			printf("%-10s skipped: %s\n", c->name, c->why);
			continue;
		}
		printf("%-10s %9.1f %7.2f %9.1f %9.1f", c->name, (double)samples_at(&c->total, 500) / 1e3,
		       (double)samples_at(&c->total, 500) / (double)samples_at(&cases[0].total, 500),
		       (double)samples_at(&c->setup, 500) / 1e3, (double)samples_at(&c->cpu, 500) / 1e3);
		if (c->peak.count)
			printf(" %10.0f", (double)samples_at(&c->peak, 500) / 1024);
		printf("\n");
	}
}

int main(int argc, char *argv[])
{
	struct target target = { .inside = "/tiny", .bind = true };
	const char *parent = NULL;
	size_t runs = 300;
	int option;

	while ((option = getopt(argc, argv, "n:p:")) >= 0) {
		if (option == 'n')
			runs = parse_count(optarg);
		else if (option == 'p')
			parent = optarg;
		else
			errx(2, "usage: %s [-n RUNS] [-p CGROUP]", argv[0]);
	}
	need_sandbox();
	beside("tiny", target.file, sizeof(target.file));
	target.argv[0] = (char *)target.inside;
	open_cases(&target, parent);
	if (cases[0].skipped)
		errx(1, "%s", cases[0].why);
	for (size_t n = 0; n < runs; n++)
		for (size_t i = 0; i < CASES; i++)
			if (!cases[i].skipped && run(&cases[i], true) < 0)
				errx(1, "%s: %s", cases[i].name, cases[i].why);
	print(runs);
	for (size_t i = 0; i < CASES; i++) {
		sb_config_free(cases[i].cfg);
		samples_free(&cases[i].total);
		samples_free(&cases[i].setup);
		samples_free(&cases[i].cpu);
		samples_free(&cases[i].peak);
	}
	return 0;
}
