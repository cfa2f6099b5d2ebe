/* SPDX-License-Identifier: MIT */
/* --trace=FILE.json: the steps as Chrome trace events, for chrome://tracing, Perfetto and speedscope. */
#include "sbx.h"

#include <inttypes.h>

static const char *const lanes[] = { NULL, "host", "sb-init", "command" };

#define LANES (sizeof(lanes) / sizeof(lanes[0]))

/* The format counts in microseconds; three digits behind the point keep every nanosecond. */
static void microseconds(FILE *to, const char *name, uint64_t ns)
{
	fprintf(to, ", \"%s\": %" PRIu64 ".%03u", name, ns / 1000, (unsigned)(ns % 1000));
}

static void one_event(FILE *to, const sb_trace_event *event, uint64_t zero)
{
	fputs(",\n{\"ph\": \"X\", \"name\": ", to);
	json_string(to, sb_step_name(event->step));
	fprintf(to, ", \"cat\": \"spawn\", \"pid\": %" PRIu32 ", \"tid\": %" PRIu32, event->spawn + 1,
		event->lane);
	microseconds(to, "ts", event->start_ns - zero);
	microseconds(to, "dur", event->duration_ns);
	fputs(", \"args\": {\"object\": ", to);
	json_string(to, event->object);
	fprintf(to, ", \"index\": %" PRIu32 ", \"errno\": %" PRId32 ", \"skipped\": %s, \"sentence\": ",
		event->index, event->error, event->skipped ? "true" : "false");
	json_string(to, sb_step_sentence(event->step));
	fputs(", \"counterpart\": ", to);
	json_string(to, sb_step_counterpart(event->step));
	fputs("}}", to);
}

void trace_json(FILE *to, const sb_trace *trace)
{
	sb_trace_event event = SB_INIT(sb_trace_event);
	uint64_t zero = UINT64_MAX;

	for (size_t i = 0; sb_trace_get(trace, i, &event) == 0; i++)
		zero = event.start_ns < zero ? event.start_ns : zero;
	fputs("{\"displayTimeUnit\": \"ns\", \"traceEvents\": [\n"
	      "{\"ph\": \"M\", \"name\": \"process_name\", \"pid\": 1, \"args\": {\"name\": \"" CLI_NAME
	      " run\"}}",
	      to);
	for (unsigned lane = 1; lane < LANES; lane++)
		fprintf(to,
			",\n{\"ph\": \"M\", \"name\": \"thread_name\", \"pid\": 1, \"tid\": %u, "
			"\"args\": {\"name\": \"%s\"}}",
			lane, lanes[lane]);
	for (size_t i = 0; sb_trace_get(trace, i, &event) == 0; i++)
		one_event(to, &event, zero);
	fputs("\n]}\n", to);
}
