/* SPDX-License-Identifier: MIT */
/* sb_trace: a growing list of events behind a lock, for spawns from several threads. */
#include "trace.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"

struct sb_trace {
	pthread_mutex_t lock;
	sb_trace_event *events;
	size_t count, room;
	uint32_t spawns;
};

sb_trace *sb_trace_new(void)
{
	sb_trace *trace = calloc(1, sizeof(*trace));

	if (trace)
		pthread_mutex_init(&trace->lock, NULL);
	return trace;
}

sb_trace *sb_trace_free(sb_trace *trace)
{
	if (trace) {
		pthread_mutex_destroy(&trace->lock);
		free(trace->events);
		free(trace);
	}
	return NULL;
}

size_t sb_trace_count(const sb_trace *trace)
{
	sb_trace *t = (sb_trace *)trace; /* the lock is not part of what is const */
	size_t count;

	if (!trace)
		return 0;
	pthread_mutex_lock(&t->lock);
	count = t->count;
	pthread_mutex_unlock(&t->lock);
	return count;
}

int sb_trace_get(const sb_trace *trace, size_t at, sb_trace_event *event)
{
	sb_trace *t = (sb_trace *)trace;
	int r = 0;

	if (!trace || !event || !sbi_size_valid(event, sizeof(uint32_t) * 4))
		return -EINVAL;
	pthread_mutex_lock(&t->lock);
	if (at < t->count)
		sbi_copy_out(event, &t->events[at], sizeof(*event));
	else
		r = -ERANGE;
	pthread_mutex_unlock(&t->lock);
	return r;
}

void sb_trace_clear(sb_trace *trace)
{
	if (!trace)
		return;
	pthread_mutex_lock(&trace->lock);
	trace->count = 0;
	trace->spawns = 0;
	pthread_mutex_unlock(&trace->lock);
}

void sbi_trace_append(sb_trace *trace, sb_trace_event *events, size_t count)
{
	sb_trace_event *grown;

	pthread_mutex_lock(&trace->lock);
	if (trace->count + count > trace->room) {
		grown = realloc(trace->events, (trace->count + count) * 2 * sizeof(*grown));
		if (!grown) {
			pthread_mutex_unlock(&trace->lock);
			return;
		}
		trace->events = grown;
		trace->room = (trace->count + count) * 2;
	}
	for (size_t i = 0; i < count; i++)
		events[i].spawn = trace->spawns;
	memcpy(trace->events + trace->count, events, count * sizeof(*events));
	trace->count += count;
	trace->spawns++;
	pthread_mutex_unlock(&trace->lock);
}
