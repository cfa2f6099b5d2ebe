/* SPDX-License-Identifier: MIT */
/*
 * bench-warm: what a run in an open box costs beside vfork, exec and wait of the
 * same program, in turns; and what it costs to have the box as new again.
 */
#include "box.h"
#include "steptable.h"

#include <err.h>
#include <getopt.h>
#include <stdlib.h>

#define WARM_UP 3
/* rounds: it takes much longer than a run, and its end is the kernel's work in the background */
#define RESET_EVERY 10
#define RESET_SHARE 1000 /* runs that share a reset in the last row */
#define CASES (sizeof(cases) / sizeof(cases[0]))

static struct bench_case cases[] = {
	{ .name = "vfork", .what = "vfork, exec, wait: no sandbox", .open = vfork_open },
	{ .name = "bare", .what = "in a box, without a filter", .open = warm_open },
	{ .name = "filter", .what = "with the default filter", .open = warm_open, .box = BOX_FILTER },
	{ .name = "leaf", .what = "… and a fresh cgroup", .open = warm_open, .box = BOX_FILTER | BOX_LEAF },
	{ .name = "all", .what = "… and limits, rlimits, captured output", .open = warm_open, .box = BOX_ALL },
};
static struct bench_case *const vfork_case = &cases[0], *const all_case = &cases[CASES - 1];

/* A box of its own for that, so that those of the cases stay warm. */
static struct box renewed;
static struct samples renewals;

static double us(struct samples *s, unsigned int permille)
{
	return (double)samples_at(s, permille) / 1e3;
}

static void open_cases(const struct target *t)
{
	for (size_t i = 0; i < CASES; i++) {
		struct bench_case *c = &cases[i];
		int r = c->open(c, t);

		if (r == 0)
			r = c->run(c);
		c->skipped = r != 0;
		if (r > 0)
			snprintf(c->why, sizeof(c->why), "the command ended with status %d", r);
	}
	for (size_t i = 0; i < 3; i++)
		if (cases[i].skipped)
			errx(1, "%s: %s", cases[i].name, cases[i].why);
	if (!all_case->skipped && box_open(&renewed, t, BOX_ALL) < 0)
		errx(1, "%s", renewed.why);
}

static void run_case(struct bench_case *c, bool counts)
{
	uint64_t start = now_ns();
	int r = c->run(c);

	if (r != 0)
		errx(1, "%s: %s", c->name, c->why[0] ? c->why : "the command failed");
	if (counts)
		samples_add(&c->samples, now_ns() - start);
}

static void renew(void)
{
	uint64_t start;

	if (box_run(&renewed) != 0)
		errx(1, "%s", renewed.why);
	start = now_ns();
	if (box_renew(&renewed) < 0)
		errx(1, "%s", renewed.why);
	samples_add(&renewals, now_ns() - start);
}

static void print_row(const char *name, struct samples *s, const char *what)
{
	double p50 = us(s, 500);

	printf("%-11s %9.1f %9.1f %9.1f %9.1f %7.2f %7.2f %7.2f  %s\n", name, us(s, 0), p50, us(s, 900),
	       us(s, 990), us(s, 0) / us(&vfork_case->samples, 0), p50 / us(&vfork_case->samples, 500),
	       us(s, 990) / p50, what);
}

/* What a run costs when @runs of them share one reset. */
static void print_shared(const char *name, double runs, const char *what)
{
	double min = us(&all_case->samples, 0) + us(&renewals, 0) / runs;
	double p50 = us(&all_case->samples, 500) + us(&renewals, 500) / runs;

	printf("%-11s %9.1f %9.1f %9s %9s %7.2f %7.2f %7s  %s\n", name, min, p50, "", "",
	       min / us(&vfork_case->samples, 0), p50 / us(&vfork_case->samples, 500), "", what);
}

static void print(size_t runs)
{
	const struct box *all = all_case->state;

	printf("%zu runs each; microseconds from the start to the end that was collected\n", runs);
	printf("%-11s %9s %9s %9s %9s %7s %7s %7s  %s\n", "case", "min", "p50", "p90", "p99", "x min",
	       "x p50", "p99/p50", "what");
	for (size_t i = 0; i < CASES; i++) {
		if (cases[i].skipped)
			printf("%-11s skipped: %s\n", cases[i].name, cases[i].why);
		else
			print_row(cases[i].name, &cases[i].samples, cases[i].what);
	}
	if (!all_case->skipped) {
		print_row("reset", &renewals, "sb_box_reset() of the box of `all`");
		print_shared("all + reset", 1, "a run and a reset");
		print_shared("all + share", RESET_SHARE, "a run and its share of one reset in 1,000 runs");
	}
	printf("x: times vfork, of the same column\n");
	if (!all_case->skipped && all->no_controllers)
		printf("all: no memory or pids controller is to be had here: those two limits are rlimits\n");
}

/* The run with everything, step by step. */
static void print_steps(size_t runs)
{
	struct box *b = all_case->state;
	sb_trace *trace = sb_trace_new();

	if (all_case->skipped) {
		printf("skipped: %s\n", all_case->why);
		exit(77);
	}
	if (!trace)
		err(1, "trace");
	sb_set_trace(b->cfg, trace);
	for (size_t i = 0; i < runs + WARM_UP; i++, sb_trace_clear(trace)) {
		if (box_run(b) != 0)
			errx(1, "%s", b->why);
		if (i >= WARM_UP)
			steps_note(trace);
	}
	printf("%zu runs of `all`; medians in microseconds; `before` = since the end of the lane's last step\n",
	       runs);
	steps_print();
	steps_free();
	sb_set_trace(b->cfg, NULL);
	sb_trace_free(trace);
}

static void measure(size_t runs)
{
	size_t order[CASES];

	for (size_t round = 0; round < runs + WARM_UP; round++) {
		next_order(order, CASES);
		for (size_t i = 0; i < CASES; i++) {
			struct bench_case *c = &cases[order[i]];

			if (!c->skipped)
				run_case(c, round >= WARM_UP);
		}
		if (round % RESET_EVERY == 0 && !all_case->skipped)
			renew();
	}
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "runs", 1, NULL, 'n' },
		{ "steps", 0, NULL, 's' },
		{ NULL, 0, NULL, 0 },
	};
	struct target t = { .inside = "/target", .bind = true };
	bool steps = false;
	size_t runs = 1000;
	int option;

	while ((option = getopt_long(argc, argv, "n:", longs, NULL)) != -1) {
		if (option == 'n')
			runs = parse_count(optarg);
		else if (option == 's')
			steps = true;
		else
			errx(2, "usage: bench-warm [-n RUNS] [--steps]");
	}
	need_sandbox();
	beside("tiny", t.file, sizeof(t.file));
	t.argv[0] = (char *)t.inside;
	open_cases(&t);
	if (steps) {
		print_steps(runs);
	} else {
		measure(runs);
		print(runs);
	}
	box_close(&renewed);
	samples_free(&renewals);
	for (size_t i = 0; i < CASES; i++) {
		if (cases[i].close)
			cases[i].close(&cases[i]);
		samples_free(&cases[i].samples);
	}
	return 0;
}
