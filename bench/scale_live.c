/* SPDX-License-Identifier: MIT */
/* Many live sandboxes: what a new one costs beside them, and what memory each of them holds. */
#include "scale.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define LEVELS 4
#define CASES (sizeof(cases) / sizeof(cases[0]))

static struct bench_case cases[] = {
	{ .name = "vfork", .what = "vfork, exec, wait: no sandbox", .open = vfork_open },
	{ .name = "floor",
	  .what = "the kernel's work for a sandbox alone",
	  .composed = true,
	  .open = floor_open },
	{ .name = "warm", .what = "in a box, default filter", .open = warm_open, .box = BOX_FILTER },
	{ .name = "cold", .what = "a sandbox for each run", .composed = true, .open = library_open },
};
static struct samples at_level[CASES][LEVELS];

/* The boxes beside which the others run. */
struct crowd {
	sb_config *cfg;
	sb_box **boxes;
	size_t count;
};

static void allow_descriptors(void)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static void open_crowd(struct crowd *c, const struct target *t, size_t room, bool network)
{
	sb_error error = SB_INIT(sb_error);

	c->cfg = bench_config(t, true, &error);
	c->boxes = calloc(room, sizeof(*c->boxes));
	if (!c->cfg || !c->boxes)
		errx(1, "%s", error.message);
	if (!network)
		sb_set_ns(c->cfg, SB_NS_ALL & ~SB_NS_NET);
	c->count = 0;
}

/* 0, or -errno with what stopped it in @why: fewer than @count are there then. */
static int grow(struct crowd *c, size_t count, char *why, size_t len)
{
	sb_error error = SB_INIT(sb_error);
	int r;

	for (; c->count < count; c->count++) {
		r = sb_box_open(c->cfg, &c->boxes[c->count], &error);
		if (r < 0) {
			snprintf(why, len, "%s", error.message);
			return r;
		}
	}
	return 0;
}

static void shrink(struct crowd *c)
{
	while (c->count > 0)
		sb_box_free(c->boxes[--c->count]);
}

static void close_crowd(struct crowd *c)
{
	shrink(c);
	free(c->boxes);
	sb_config_free(c->cfg);
}

static void measure(size_t level, size_t runs)
{
	size_t order[CASES];

	for (size_t round = 0; round < runs + 1; round++) {
		next_order(order, CASES);
		for (size_t i = 0; i < CASES; i++) {
			struct bench_case *c = &cases[order[i]];
			uint64_t start = now_ns();

			if (c->skipped)
				continue;
			if (c->run(c) != 0)
				errx(1, "%s: %s", c->name, c->why);
			if (round > 0)
				samples_add(&at_level[c - cases][level], now_ns() - start);
		}
	}
}

static void print_live(size_t runs, const size_t *levels, size_t n)
{
	printf("\n%zu runs each beside others that are alive in this process; microseconds, median (smallest),\n"
	       "and the ratio to the first column; the last one is when the others are gone\n",
	       runs);
	printf("%-6s", "");
	for (size_t level = 0; level < n; level++)
		printf(" %19zu live", levels[level]);
	printf("\n");
	for (size_t i = 0; i < CASES; i++) {
		double first = (double)samples_at(&at_level[i][0], 500);

		if (cases[i].skipped) {
			printf("%-6s skipped: %s\n", cases[i].name, cases[i].why);
			continue;
		}
		printf("%-6s", cases[i].name);
		for (size_t level = 0; level < n; level++) {
			struct samples *s = &at_level[i][level];

			printf(" %8.0f (%7.0f) %5.2f", (double)samples_at(s, 500) / 1e3,
			       (double)samples_at(s, 0) / 1e3, (double)samples_at(s, 500) / first);
			samples_free(s);
		}
		printf("  %s\n", cases[i].what);
	}
}

void scale_live(const struct target *t, size_t runs, size_t live)
{
	size_t levels[LEVELS] = { 0, live / 10, live, 0 };
	struct crowd crowd;
	char why[256] = "";

	allow_descriptors();
	open_crowd(&crowd, t, live, true);
	for (size_t i = 0; i < CASES; i++) {
		struct bench_case *c = &cases[i];

		c->skipped = c->open(c, t) < 0 || c->run(c) != 0;
		/* The floor maps an id that is nobody's in a user namespace of few. */
		if (c->skipped && c->open != floor_open)
			errx(1, "%s: %s", c->name, c->why);
	}
	for (size_t level = 0; level < LEVELS; level++) {
		if (level == LEVELS - 1)
			shrink(&crowd);
		else if (grow(&crowd, levels[level], why, sizeof(why)) < 0)
			levels[level] = crowd.count;
		measure(level, runs);
	}
	print_live(runs, levels, LEVELS);
	if (why[0])
		printf("no more than that: %s\n", why);
	for (size_t i = 0; i < CASES; i++)
		if (cases[i].close)
			cases[i].close(&cases[i]);
	close_crowd(&crowd);
}

/* KiB; of the whole machine but for @pss. */
struct memory {
	long slab, stacks, tables, percpu, available, pss;
};

static void read_machine(struct memory *m)
{
	char line[128];
	FILE *f = fopen("/proc/meminfo", "re");

	if (!f)
		err(1, "/proc/meminfo");
	while (fgets(line, sizeof(line), f)) {
		sscanf(line, "MemAvailable: %ld", &m->available);
		sscanf(line, "Slab: %ld", &m->slab);
		sscanf(line, "KernelStack: %ld", &m->stacks);
		sscanf(line, "PageTables: %ld", &m->tables);
		sscanf(line, "Percpu: %ld", &m->percpu);
	}
	fclose(f);
}

/* What its first process has to itself, and its share of what it has with others. */
static long pss_of(sb_box *box)
{
	char path[64], line[128];
	long kib = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)sb_box_pid(box));
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "Pss: %ld", &kib);
	if (f)
		fclose(f);
	return kib;
}

static struct memory read_all(const struct crowd *c)
{
	struct memory m = { 0 };

	read_machine(&m);
	for (size_t i = 0; i < c->count; i++)
		m.pss += pss_of(c->boxes[i]);
	return m;
}

#define FIGURES 7
static const char *const figures[FIGURES] = { "slab",     "stacks", "tables", "percpu",
					      "sb-init", "all",    "available" };

/* A machine that does other things gives and takes as well: medians of rounds, and they may be below 0. */
static void one_round(struct crowd *c, size_t boxes, long rows[FIGURES])
{
	struct memory before, after;
	char why[256];

	before = read_all(c);
	if (grow(c, boxes, why, sizeof(why)) < 0)
		errx(1, "%s", why);
	after = read_all(c);
	shrink(c);
	/* Namespaces are freed in the background. */
	if (boxes >= 100)
		sleep(1);
	rows[0] = after.slab - before.slab;
	rows[1] = after.stacks - before.stacks;
	rows[2] = after.tables - before.tables;
	rows[3] = after.percpu - before.percpu;
	rows[4] = after.pss;
	rows[5] = rows[0] + rows[1] + rows[2] + rows[3] + rows[4];
	rows[6] = before.available - after.available;
}

static int compare(const void *a, const void *b)
{
	long x = *(const long *)a, y = *(const long *)b;

	return (x > y) - (x < y);
}

void scale_memory(const struct target *t, size_t rounds, size_t boxes)
{
	static const char *const names[] = { "own network, lo", "the caller's network" };
	long(*rows)[2][FIGURES] = calloc(rounds, sizeof(*rows)), *column = calloc(rounds, sizeof(*column));
	struct crowd crowd[2];

	if (!rows || !column)
		err(1, "memory");
	allow_descriptors();
	for (int kind = 0; kind < 2; kind++)
		open_crowd(&crowd[kind], t, boxes, kind == 0);
	for (size_t round = 0; round < rounds; round++)
		for (int kind = 0; kind < 2; kind++)
			one_round(&crowd[kind], boxes, rows[round][kind]);
	printf("\nKiB that an idle box holds, medians of %zu rounds of %zu boxes; sb-init: its Pss; available: what\n"
	       "MemAvailable went down by, whoever took it\n%-20s",
	       rounds, boxes, "");
	for (int i = 0; i < FIGURES; i++)
		printf(" %9s", figures[i]);
	for (int kind = 0; kind < 2; kind++) {
		printf("\n%-20s", names[kind]);
		for (int i = 0; i < FIGURES; i++) {
			for (size_t round = 0; round < rounds; round++)
				column[round] = rows[round][kind][i];
			qsort(column, rounds, sizeof(*column), compare);
			printf(" %9.1f", (double)column[rounds / 2] / (double)boxes);
		}
		close_crowd(&crowd[kind]);
	}
	printf("\n");
	free(rows);
	free(column);
}
