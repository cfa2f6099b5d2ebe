/* SPDX-License-Identifier: MIT */
/*
 * bench-steps: where the time of a creation goes. Spawns the same sandbox again
 * and again with a trace and prints the median of every step: when it began,
 * how long it took, and how long nothing was written down before it.
 */
#include "bench.h"

#include <err.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define ROWS 256

/* The same step of every spawn. */
static struct row {
	uint32_t lane, step, index;
	char object[160];
	struct samples start, duration, before;
} rows[ROWS];
static size_t n_rows;

static struct samples setup, wall, total;

static const char *lane_name(uint32_t lane)
{
	if (lane == SB_LANE_HOST)
		return "host";
	return lane == SB_LANE_INIT ? "init" : "command";
}

/*
 * The first spawn decides which rows there are; a step that comes more than once
 * with one index is told apart by the order in which it comes.
 */
static struct row *row_of(const sb_trace_event *e, const uint8_t *taken)
{
	size_t i;

	for (i = 0; i < n_rows; i++)
		if (rows[i].lane == e->lane && rows[i].step == e->step && rows[i].index == e->index &&
		    !taken[i])
			return &rows[i];
	if (n_rows == ROWS)
		errx(1, "a creation has more than %d steps", ROWS);
	rows[n_rows] = (struct row){ .lane = e->lane, .step = e->step, .index = e->index };
	memcpy(rows[n_rows].object, e->object, sizeof(e->object));
	return &rows[n_rows++];
}

static void note(const sb_trace *trace)
{
	uint64_t first = UINT64_MAX, last_end[SB_LANE_COMMAND + 1] = { 0 };
	uint8_t taken[ROWS] = { 0 };
	sb_trace_event e = SB_INIT(sb_trace_event);
	struct row *row;
	size_t i;

	for (i = 0; sb_trace_get(trace, i, &e) == 0; i++)
		if (e.start_ns < first)
			first = e.start_ns;
	for (i = 0; sb_trace_get(trace, i, &e) == 0; i++) {
		uint64_t *end = &last_end[e.lane <= SB_LANE_COMMAND ? e.lane : 0];

		row = row_of(&e, taken);
		taken[row - rows] = 1;
		samples_add(&row->start, e.start_ns - first);
		samples_add(&row->duration, e.duration_ns);
		samples_add(&row->before, *end && e.start_ns > *end ? e.start_ns - *end : 0);
		*end = e.start_ns + e.duration_ns;
	}
}

static void spawn(const sb_config *cfg)
{
	sb_error error = SB_INIT(sb_error);
	sb_result result = SB_INIT(sb_result);
	uint64_t start, end;
	sb_proc *proc;
	int r;

	start = now_ns();
	r = sb_spawn(cfg, &proc, &error);
	if (r < 0)
		errx(1, "%s\n%s", error.message, error.hint);
	r = sb_proc_wait(proc, UINT64_MAX, &result, &error);
	sb_proc_free(proc);
	end = now_ns();
	if (r < 0)
		errx(1, "%s", error.message);
	samples_add(&total, end - start);
	samples_add(&setup, result.setup_ns);
	samples_add(&wall, result.wall_ns);
}

/* By lane; the rows of a lane stay in the order in which they came. */
static int compare(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	uint64_t xs, ys;

	if (x->lane != y->lane)
		return x->lane < y->lane ? -1 : 1;
	xs = samples_at(&((struct row *)x)->start, 500);
	ys = samples_at(&((struct row *)y)->start, 500);
	return (xs > ys) - (xs < ys);
}

static void print_text(size_t runs)
{
	double sum = 0, gaps = 0;

	printf("%zu spawns; medians in microseconds; `before` = since the end of the lane's last step\n",
	       runs);
	printf("%-8s %9s %8s %8s  %s\n", "lane", "start", "before", "took", "step");
	for (size_t i = 0; i < n_rows; i++) {
		struct row *row = &rows[i];
		double took = (double)samples_at(&row->duration, 500) / 1e3;
		double before = (double)samples_at(&row->before, 500) / 1e3;

		printf("%-8s %9.1f %8.1f %8.1f  %s%s%s\n", lane_name(row->lane),
		       (double)samples_at(&row->start, 500) / 1e3, before, took, sb_step_name(row->step),
		       row->object[0] ? ": " : "", row->object);
		sum += took;
		gaps += before;
		if (i + 1 == n_rows || rows[i + 1].lane != row->lane) {
			printf("%-8s %9s %8.1f %8.1f  in all\n", lane_name(row->lane), "", gaps, sum);
			sum = gaps = 0;
		}
	}
	printf("set-up (sb_spawn to exec) %.1f, command %.1f, sb_spawn to freed %.1f; smallest %.1f\n",
	       (double)samples_at(&setup, 500) / 1e3, (double)samples_at(&wall, 500) / 1e3,
	       (double)samples_at(&total, 500) / 1e3, (double)samples_at(&total, 0) / 1e3);
}

static void print_json(size_t runs)
{
	printf("{\"runs\": %zu, \"setup_ns\": %ju, \"wall_ns\": %ju, \"total_ns\": %ju, \"steps\": [", runs,
	       (uintmax_t)samples_at(&setup, 500), (uintmax_t)samples_at(&wall, 500),
	       (uintmax_t)samples_at(&total, 500));
	for (size_t i = 0; i < n_rows; i++) {
		printf("%s\n  {\"lane\": \"%s\", \"step\": \"%s\", \"object\": ", i ? "," : "",
		       lane_name(rows[i].lane), sb_step_name(rows[i].step));
		json_string(stdout, rows[i].object);
		printf(", \"start_ns\": %ju, \"before_ns\": %ju, \"duration_ns\": %ju}",
		       (uintmax_t)samples_at(&rows[i].start, 500),
		       (uintmax_t)samples_at(&rows[i].before, 500),
		       (uintmax_t)samples_at(&rows[i].duration, 500));
	}
	printf("\n]}\n");
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "runs", 1, NULL, 'n' },
		{ "host-root", 0, NULL, 'r' },
		{ "json", 0, NULL, 'j' },
		{ NULL, 0, NULL, 0 },
	};
	struct target t = { .inside = "/target", .bind = true };
	sb_error error = SB_INIT(sb_error);
	bool json = false, composed = true;
	size_t runs = 200;
	sb_config *cfg;
	sb_trace *trace;
	int opt;

	while ((opt = getopt_long(argc, argv, "n:", longs, NULL)) != -1) {
		if (opt == 'n')
			runs = parse_count(optarg);
		else if (opt == 'j')
			json = true;
		else if (opt == 'r')
			composed = false;
		else
			errx(2, "usage: bench-steps [-n RUNS] [--host-root] [--json]");
	}
	need_sandbox();
	beside("tiny", t.file, sizeof(t.file));
	t.argv[0] = (char *)t.inside;
	cfg = bench_config(&t, composed, &error);
	trace = sb_trace_new();
	if (!cfg || !trace)
		errx(1, "%s\n%s", error.message, error.hint);
	spawn(cfg);
	samples_free(&total), samples_free(&setup), samples_free(&wall);
	sb_set_trace(cfg, trace);
	for (size_t i = 0; i < runs; i++, sb_trace_clear(trace)) {
		spawn(cfg);
		note(trace);
	}
	qsort(rows, n_rows, sizeof(rows[0]), compare);
	if (json)
		print_json(runs);
	else
		print_text(runs);
	sb_config_free(cfg);
	sb_trace_free(trace);
	return 0;
}
