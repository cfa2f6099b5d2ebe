/* SPDX-License-Identifier: MIT */
/* --trace and --explain: the steps of the creation as a table to read, in the order they happened. */
#include "sbx.h"

#include <string.h>

#define PLAIN "\033[0m"
#define BOLD "\033[1m"
#define DIM "\033[2m"
#define RED "\033[31m"
#define YELLOW "\033[33m"

static const struct {
	const char *name, *colour;
} lanes[] = {
	{ "?", "" },
	{ "host", "\033[36m" },
	{ "init", "\033[32m" },
	{ "command", "\033[35m" },
};

struct table {
	FILE *to;
	bool colour, explain;
	uint64_t zero, end; /* first start and last end, in ns */
	uint32_t explained; /* the step explained last */
};

static const char *paint(const struct table *table, const char *colour)
{
	return table->colour ? colour : "";
}

static double micro(uint64_t ns)
{
	return (double)ns / 1e3;
}

static int by_start(const void *left, const void *right)
{
	const sb_trace_event *a = left, *b = right;

	if (a->start_ns != b->start_ns)
		return a->start_ns < b->start_ns ? -1 : 1;
	/* Of two that began together the longer one holds the other. */
	return a->duration_ns > b->duration_ns ? -1 : a->duration_ns < b->duration_ns;
}

static void explain_step(struct table *table, const sb_trace_event *event)
{
	const char *counterpart = sb_step_counterpart(event->step);

	if (!table->explain || event->step == table->explained)
		return;
	table->explained = event->step;
	fprintf(table->to, "%s%32s%s%s%s%s\n", paint(table, DIM), "", sb_step_sentence(event->step),
		*counterpart ? "  ~ " : "", counterpart, paint(table, PLAIN));
}

static void print_event(struct table *table, const sb_trace_event *event)
{
	size_t lane = event->lane < sizeof(lanes) / sizeof(lanes[0]) ? event->lane : 0;
	/* What took a tenth of the whole is worth a look. */
	bool slow = event->duration_ns > (table->end - table->zero) / 10;
	const char *object = event->object;
	const char *name = sb_step_name(event->step);
	size_t len = strlen(name);

	/* "bind /usr on /usr": the step's own name stands in the column before. */
	if (strncmp(object, name, len) == 0 && (object[len] == ' ' || !object[len]))
		object += object[len] ? len + 1 : len;
	fprintf(table->to, "%s%-8s%s %9.1f %s%9.1f%s  %s%-12s%s %s", paint(table, lanes[lane].colour),
		lanes[lane].name, paint(table, PLAIN), micro(event->start_ns - table->zero),
		paint(table, slow ? YELLOW : ""), micro(event->duration_ns), paint(table, PLAIN),
		paint(table, BOLD), name, paint(table, PLAIN), object);
	if (event->error)
		fprintf(table->to, "%s%s%s%s%s", *object ? "  " : "",
			paint(table, event->skipped ? YELLOW : RED),
			event->skipped ? "left out: " : "failed: ", strerror(event->error),
			paint(table, PLAIN));
	else if (event->skipped)
		fprintf(table->to, "%sleft out", *object ? "  " : "");
	fputc('\n', table->to);
	explain_step(table, event);
}

static void print_events(struct table *table, sb_trace_event *events, size_t count)
{
	if (count == 0)
		return;
	qsort(events, count, sizeof(*events), by_start);
	table->zero = events[0].start_ns;
	for (size_t i = 0; i < count; i++)
		if (events[i].start_ns + events[i].duration_ns > table->end)
			table->end = events[i].start_ns + events[i].duration_ns;
	fprintf(table->to, "%s%-8s %9s %9s  %-12s %s%s\n", paint(table, DIM), "who", "at us", "took us",
		"step", "what it was done to", paint(table, PLAIN));
	for (size_t i = 0; i < count; i++)
		print_event(table, &events[i]);
	fprintf(table->to, "%s%zu steps in %.1f us%s\n", paint(table, DIM), count,
		micro(table->end - table->zero), paint(table, PLAIN));
}

void trace_text(FILE *to, const sb_trace *trace, bool colour, bool explain)
{
	struct table table = { .to = to, .colour = colour, .explain = explain };
	size_t count = sb_trace_count(trace), n = 0;
	sb_trace_event *events;

	events = calloc(count ? count : 1, sizeof(*events));
	if (!events)
		return;
	while (n < count) {
		events[n] = (sb_trace_event)SB_INIT(sb_trace_event);
		if (sb_trace_get(trace, n, &events[n]) < 0)
			break;
		n++;
	}
	print_events(&table, events, n);
	free(events);
}
