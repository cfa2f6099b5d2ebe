/* SPDX-License-Identifier: MIT */
/* bench-box-reset: a box that is reset, beside one that is freed while another is opened, in turns. */
#include "bench.h"

#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

enum { RESET, OPEN, FREE, BOTH, ROWS };

static const char *const names[ROWS] = { "reset", "open", "free", "free + open" };
static struct samples times[ROWS];

static void check(int r, const sb_error *error)
{
	if (r < 0)
		errx(error->code == EPERM ? 77 : 1, "%s\n%s", error->message, error->hint);
}

static void turn(sb_config *cfg, sb_box *reset, sb_box **other, int note)
{
	sb_error error = SB_INIT(sb_error);
	uint64_t at[4];

	at[0] = now_ns();
	check(sb_box_reset(reset, &error), &error);
	at[1] = now_ns();
	*other = sb_box_free(*other);
	at[2] = now_ns();
	check(sb_box_open(cfg, other, &error), &error);
	at[3] = now_ns();
	if (!note)
		return;
	samples_add(&times[RESET], at[1] - at[0]);
	samples_add(&times[FREE], at[2] - at[1]);
	samples_add(&times[OPEN], at[3] - at[2]);
	samples_add(&times[BOTH], at[3] - at[1]);
}

int main(int argc, char **argv)
{
	struct target target = { .inside = "/tiny", .bind = true };
	sb_error error = SB_INIT(sb_error);
	sb_box *reset = NULL, *other = NULL;
	sb_config *cfg;
	size_t runs = 300;
	int option;

	while ((option = getopt(argc, argv, "n:")) != -1) {
		if (option != 'n')
			errx(2, "usage: bench-box-reset [-n RUNS]");
		runs = parse_count(optarg);
	}
	need_sandbox();
	beside("tiny", target.file, sizeof(target.file));
	target.argv[0] = (char *)target.inside;
	cfg = bench_config(&target, true, &error);
	if (!cfg)
		errx(1, "%s", error.message);
	check(sb_box_open(cfg, &reset, &error), &error);
	check(sb_box_open(cfg, &other, &error), &error);
	for (size_t i = 0; i < runs + 3; i++)
		turn(cfg, reset, &other, i >= 3);
	printf("%zu runs in turns; microseconds\n%-12s %9s %9s %9s\n", runs, "", "median", "min", "p99");
	for (int i = 0; i < ROWS; i++) {
		printf("%-12s %9.1f %9.1f %9.1f\n", names[i], (double)samples_at(&times[i], 500) / 1e3,
		       (double)samples_at(&times[i], 0) / 1e3, (double)samples_at(&times[i], 990) / 1e3);
		samples_free(&times[i]);
	}
	sb_box_free(reset);
	sb_box_free(other);
	sb_config_free(cfg);
	return 0;
}
