/* SPDX-License-Identifier: MIT */
/* The timeline of a creation: the host's own events, and what sb-init has marked in the plan. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "launch.h"
#include "trace.h"

uint64_t sbi_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

void sbi_launch_event(struct sbi_launch *l, uint32_t step, uint64_t start, int r, const char *object)
{
	sb_trace_event *event = &l->events[l->event_count];

	if (l->event_count == SBI_HOST_EVENTS)
		return;
	l->event_count++;
	*event = (sb_trace_event){ .size = sizeof(*event),
				   .lane = SB_LANE_HOST,
				   .step = step,
				   .error = r < 0 ? -r : 0,
				   .start_ns = start,
				   .duration_ns = sbi_now() - start };
	snprintf(event->object, sizeof(event->object), "%s", object);
}

const struct sbi_plan *sbi_launch_marks(struct sbi_launch *l)
{
	if (l->plan_fd >= 0 && pread(l->plan_fd, l->plan.arena.base, l->plan.arena.used, 0) < 0)
		return (const struct sbi_plan *)l->plan.arena.base; /* as it was sent */
	return (const struct sbi_plan *)l->plan.arena.base;
}

static size_t section_events(const struct sbi_plan *plan, const struct sbi_section *section, uint32_t lane,
			     sb_trace_event *events)
{
	const struct sbi_mark *marks = (const struct sbi_mark *)((const char *)plan + section->marks);
	const struct sbi_op *ops = sbi_ops(plan, section);
	size_t n = 0;

	for (uint32_t i = 0; i < section->count && marks[i].start_ns; i++, n++) {
		events[n] = (sb_trace_event){ .size = sizeof(*events),
					      .lane = lane,
					      .step = ops[i].step,
					      .index = ops[i].index,
					      .error = marks[i].error,
					      .skipped = marks[i].flags & SBI_MARK_SKIPPED ? 1 : 0,
					      .start_ns = marks[i].start_ns };
		if (marks[i].end_ns > marks[i].start_ns)
			events[n].duration_ns = marks[i].end_ns - marks[i].start_ns;
		sbi_describe(plan, &ops[i], events[n].object, sizeof(events[n].object));
	}
	return n;
}

void sbi_launch_trace(struct sbi_launch *l)
{
	const struct sbi_plan *plan;
	sb_trace_event *all;
	size_t n = l->event_count;

	if (!l->cfg || !l->cfg->trace)
		return;
	plan = l->plan.arena.base ? sbi_launch_marks(l) : NULL;
	all = calloc(n + 1 + (plan ? plan->setup.count + plan->command.count : 0), sizeof(*all));
	if (!all)
		return;
	memcpy(all, l->events, n * sizeof(*all));
	if (l->boot.start_ns) {
		uint64_t end = plan->init_ns > l->boot.start_ns ? plan->init_ns : l->boot.start_ns;

		all[n++] = (sb_trace_event){ .size = sizeof(*all),
					     .lane = SB_LANE_INIT,
					     .step = SB_STEP_BOOTSTRAP,
					     .error = l->boot.error,
					     .start_ns = l->boot.start_ns,
					     .duration_ns = end - l->boot.start_ns,
					     .object = "descriptors, exec of sb-init" };
	}
	if (plan) {
		n += section_events(plan, &plan->setup, SB_LANE_INIT, all + n);
		n += section_events(plan, &plan->command, SB_LANE_COMMAND, all + n);
	}
	sbi_trace_append(l->cfg->trace, all, n);
	free(all);
}
