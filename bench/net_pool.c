/* SPDX-License-Identifier: MIT */
/*
 * bench-net-pool: a sandbox whose network namespace is new beside one that has it out of a pool,
 * in turns; then many in a row of each kind, with what the kernel does in the background in the
 * way: five times, and between them it has a second to finish.
 */
#include "bench.h"

#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROWS 5

static const char *const kinds[] = { "new", "pool" };

static struct {
	sb_config *cfg;
	struct samples setup, total, row;
} cases[2];

static void spawn(int kind, int note)
{
	sb_error error = SB_INIT(sb_error);
	sb_result result = SB_INIT(sb_result);
	uint64_t start = now_ns();
	sb_proc *proc;
	int r;

	r = sb_spawn(cases[kind].cfg, &proc, &error);
	if (r < 0)
		errx(error.code == EPERM ? 77 : 1, "%s\n%s", error.message, error.hint);
	r = sb_proc_wait(proc, UINT64_MAX, &result, &error);
	sb_proc_free(proc);
	if (r < 0)
		errx(1, "%s", error.message);
	if (!note)
		return;
	samples_add(&cases[kind].total, now_ns() - start);
	samples_add(&cases[kind].setup, result.setup_ns);
}

static double at(struct samples *samples, unsigned permille)
{
	return (double)samples_at(samples, permille) / 1e3;
}

static void open_case(int kind, sb_netpool *pool)
{
	sb_error error = SB_INIT(sb_error);
	struct target target = { .inside = "/tiny", .bind = true };

	beside("tiny", target.file, sizeof(target.file));
	target.argv[0] = (char *)target.inside;
	cases[kind].cfg = bench_config(&target, true, &error);
	if (!cases[kind].cfg)
		errx(1, "%s", error.message);
	if (pool)
		sb_set_netpool(cases[kind].cfg, pool);
}

int main(int argc, char **argv)
{
	size_t runs = 300, row = 1000;
	sb_netpool_info info = SB_INIT(sb_netpool_info);
	sb_error error = SB_INIT(sb_error);
	sb_netpool *pool;
	int option;

	while ((option = getopt(argc, argv, "n:r:")) != -1) {
		if (option != 'n' && option != 'r')
			errx(2, "usage: bench-net-pool [-n RUNS] [-r IN_A_ROW]");
		*(option == 'n' ? &runs : &row) = parse_count(optarg);
	}
	need_sandbox();
	if (sb_netpool_new(1024, &pool, &error) < 0)
		errx(1, "%s", error.message);
	if (sb_netpool_fill(pool, 512, &error) < 0)
		errx(error.code == EPERM ? 77 : 1, "%s\n%s", error.message, error.hint);
	open_case(0, NULL);
	open_case(1, pool);
	for (size_t i = 0; i < runs + 3; i++)
		for (int kind = 0; kind < 2; kind++)
			spawn((int)(i + (size_t)kind) % 2, i >= 3);
	for (int i = 0; i < 2 * ROWS; i++) {
		uint64_t start;

		sleep(1);
		start = now_ns();
		for (size_t n = 0; n < row / ROWS + 1; n++)
			spawn(i % 2, 0);
		samples_add(&cases[i % 2].row, (now_ns() - start) / (row / ROWS + 1));
	}
	printf("%zu runs in turns, then %zu in rows; microseconds\n", runs, row / ROWS * ROWS + ROWS);
	printf("%-6s %9s %9s %9s %9s %9s %9s\n", "", "set-up", "min", "total", "min", "in a row", "min");
	for (int kind = 0; kind < 2; kind++)
		printf("%-6s %9.1f %9.1f %9.1f %9.1f %9.1f %9.1f\n", kinds[kind], at(&cases[kind].setup, 500),
		       at(&cases[kind].setup, 0), at(&cases[kind].total, 500), at(&cases[kind].total, 0),
		       at(&cases[kind].row, 500), at(&cases[kind].row, 0));
	sb_netpool_look(pool, &info);
	printf("pool: %ju handed out, %ju made, %ju discarded\n", (uintmax_t)info.handed_out,
	       (uintmax_t)info.made, (uintmax_t)info.discarded);
	for (int kind = 0; kind < 2; kind++) {
		sb_config_free(cases[kind].cfg);
		samples_free(&cases[kind].setup);
		samples_free(&cases[kind].total);
		samples_free(&cases[kind].row);
	}
	sb_netpool_free(pool);
	return 0;
}
