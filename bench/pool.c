/* SPDX-License-Identifier: MIT */
/*
 * bench-pool: one run in a box of its own, in an open box that is never reset, and in boxes of a
 * pool, whose reset counts; in turns, then many in a row, with what the kernel does in the
 * background in the way.
 */
#include "bench.h"

#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROWS 5
#define SIZE 4

enum kind { OPEN, WARM, POOL, POOL_NET, KINDS };

static const char *const kinds[KINDS] = { "a box each", "no reset", "pool", "pool, netpool" };

static struct {
	sb_config *cfg;
	sb_pool *pool;
	sb_box *box;
	struct samples get, total, row;
} cases[KINDS];

static void must(int r, const sb_error *error)
{
	if (r < 0)
		errx(error->code == EPERM ? 77 : 1, "%s\n%s", error->message, error->hint);
}

static void run(sb_box *box, const sb_config *cfg)
{
	sb_error error = SB_INIT(sb_error);
	sb_result result = SB_INIT(sb_result);
	sb_proc *proc = NULL;

	must(sb_box_spawn(box, cfg, &proc, &error), &error);
	must(sb_proc_wait(proc, UINT64_MAX, &result, &error), &error);
	sb_proc_free(proc);
}

/* From the wish for a box to the moment it is ready again, or gone. */
static void cycle(enum kind kind, int note)
{
	sb_error error = SB_INIT(sb_error);
	uint64_t start = now_ns(), got;
	sb_box *box = cases[kind].box;

	if (kind == OPEN)
		must(sb_box_open(cases[kind].cfg, &box, &error), &error);
	else if (kind != WARM)
		must(sb_pool_get(cases[kind].pool, 0, &box, &error), &error);
	got = now_ns();
	run(box, cases[kind].cfg);
	if (kind == OPEN)
		sb_box_free(box);
	if (kind >= POOL) {
		must(sb_pool_put(cases[kind].pool, box, &error), &error);
		while (sb_pool_process(cases[kind].pool, &error) == 1)
			;
	}
	if (!note)
		return;
	samples_add(&cases[kind].total, now_ns() - start);
	samples_add(&cases[kind].get, got - start);
}

static void open_case(enum kind kind, sb_netpool *netpool)
{
	sb_error error = SB_INIT(sb_error);
	struct target target = { .inside = "/tiny", .bind = true };

	beside("tiny", target.file, sizeof(target.file));
	target.argv[0] = (char *)target.inside;
	cases[kind].cfg = bench_config(&target, true, &error);
	if (!cases[kind].cfg)
		errx(1, "%s", error.message);
	if (kind == POOL_NET)
		sb_set_netpool(cases[kind].cfg, netpool);
	if (kind == WARM)
		must(sb_box_open(cases[kind].cfg, &cases[kind].box, &error), &error);
	if (kind >= POOL) {
		must(sb_pool_new(cases[kind].cfg, SIZE, &cases[kind].pool, &error), &error);
		while (sb_pool_process(cases[kind].pool, &error) == 1)
			;
	}
}

static double at(struct samples *samples, unsigned permille)
{
	return (double)samples_at(samples, permille) / 1e3;
}

static void close_case(enum kind kind)
{
	sb_box_free(cases[kind].box);
	sb_pool_free(cases[kind].pool);
	sb_config_free(cases[kind].cfg);
	samples_free(&cases[kind].get);
	samples_free(&cases[kind].total);
	samples_free(&cases[kind].row);
}

static void print(size_t runs, size_t row)
{
	printf("%zu runs in turns, then %zu in rows; microseconds\n", runs, row / ROWS * ROWS + ROWS);
	printf("%-14s %9s %9s %9s %9s %9s %9s\n", "", "get", "min", "total", "min", "in a row", "min");
	for (int kind = 0; kind < KINDS; kind++)
		if (cases[kind].cfg)
			printf("%-14s %9.1f %9.1f %9.1f %9.1f %9.1f %9.1f\n", kinds[kind],
			       at(&cases[kind].get, 500), at(&cases[kind].get, 0),
			       at(&cases[kind].total, 500), at(&cases[kind].total, 0),
			       at(&cases[kind].row, 500), at(&cases[kind].row, 0));
}

int main(int argc, char **argv)
{
	size_t runs = 300, row = 1000;
	sb_error error = SB_INIT(sb_error);
	sb_netpool *netpool = NULL;
	int option, count = KINDS;

	while ((option = getopt(argc, argv, "n:r:")) != -1) {
		if (option != 'n' && option != 'r')
			errx(2, "usage: bench-pool [-n RUNS] [-r IN_A_ROW]");
		*(option == 'n' ? &runs : &row) = parse_count(optarg);
	}
	need_sandbox();
	must(sb_netpool_new(1024, &netpool, &error), &error);
	if (sb_netpool_fill(netpool, 512, &error) < 0)
		count = POOL_NET; /* an ordinary user's namespaces cannot be lent */
	for (int kind = 0; kind < count; kind++)
		open_case((enum kind)kind, netpool);
	for (size_t i = 0; i < runs + 3; i++)
		for (int kind = 0; kind < count; kind++)
			cycle((enum kind)((i + (size_t)kind) % (size_t)count), i >= 3);
	for (int i = 0; i < count * ROWS; i++) {
		uint64_t start;

		sleep(1);
		start = now_ns();
		for (size_t n = 0; n < row / ROWS + 1; n++)
			cycle((enum kind)(i % count), 0);
		samples_add(&cases[i % count].row, (now_ns() - start) / (row / ROWS + 1));
	}
	print(runs, row);
	for (int kind = 0; kind < count; kind++)
		close_case((enum kind)kind);
	sb_netpool_free(netpool);
	return 0;
}
