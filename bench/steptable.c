/* SPDX-License-Identifier: MIT */
/* The steps of many creations as one table: when each began, how long it took, what lay before it. */
#include "steptable.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

#define ROWS 256

/* The same step of every spawn. */
static struct row {
	uint32_t lane, step, index;
	char object[160];
	struct samples start, duration, before;
} rows[ROWS];
static size_t n_rows;

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

void steps_note(const sb_trace *trace)
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

static void sort(void)
{
	qsort(rows, n_rows, sizeof(rows[0]), compare);
}

void steps_print(void)
{
	double sum = 0, gaps = 0;

	sort();
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
}

void steps_print_json(void)
{
	sort();
	for (size_t i = 0; i < n_rows; i++) {
		printf("%s\n  {\"lane\": \"%s\", \"step\": \"%s\", \"object\": ", i ? "," : "",
		       lane_name(rows[i].lane), sb_step_name(rows[i].step));
		json_string(stdout, rows[i].object);
		printf(", \"start_ns\": %ju, \"before_ns\": %ju, \"duration_ns\": %ju}",
		       (uintmax_t)samples_at(&rows[i].start, 500),
		       (uintmax_t)samples_at(&rows[i].before, 500),
		       (uintmax_t)samples_at(&rows[i].duration, 500));
	}
}

void steps_free(void)
{
	for (size_t i = 0; i < n_rows; i++) {
		samples_free(&rows[i].start);
		samples_free(&rows[i].duration);
		samples_free(&rows[i].before);
	}
	n_rows = 0;
}
