/* SPDX-License-Identifier: MIT */
/* What was done, step by step, with times: the library's own account of a creation. */
#ifndef SANDBOX_TRACE_H
#define SANDBOX_TRACE_H

#include <sandbox/common.h>

SB_BEGIN_DECLS

/* Who did it. Numbers are ABI. */
#define SB_LANE_HOST UINT32_C(1)    /* the calling process               */
#define SB_LANE_INIT UINT32_C(2)    /* sb-init, the sandbox's first process */
#define SB_LANE_COMMAND UINT32_C(3) /* the command's process, before exec */

/**
 * sb_trace_event - one step of one creation
 *
 * Events of one spawn stand together, in order of @start_ns within a lane. A
 * failed spawn leaves its events too: the one with @error set is the reason.
 */
typedef struct sb_trace_event {
	uint32_t size;        /* SB_INIT(sb_trace_event)                        */
	uint32_t spawn;       /* which spawn of this trace, from 0              */
	uint32_t lane;        /* SB_LANE_*                                      */
	uint32_t step;        /* enum sb_step                                   */
	uint32_t index;       /* which mount, descriptor…; counts from 0        */
	int32_t error;        /* errno value, positive; 0 = it worked           */
	uint32_t skipped;     /* 1: optional, could not be done, left out       */
	uint32_t reserved;    /* 0                                              */
	uint64_t start_ns;    /* host's CLOCK_MONOTONIC, whatever the offsets inside */
	uint64_t duration_ns;
	char object[160];     /* "bind /usr on /usr (ro)": what it was done to  */
} sb_trace_event;

/** sb_trace_new - an empty record; NULL if memory is short. */
SB_API sb_trace *sb_trace_new(void) SB_MUST_CHECK;
/** sb_trace_free - accepts NULL; returns NULL. Configs that name it must be gone or changed. */
SB_API sb_trace *sb_trace_free(sb_trace *trace);
/** sb_trace_count - how many events there are. */
SB_API size_t sb_trace_count(const sb_trace *trace);
/** sb_trace_get - copy event number @at to @event. Return: 0, or -ERANGE past the end. */
SB_API int sb_trace_get(const sb_trace *trace, size_t at, sb_trace_event *event);
/** sb_trace_clear - forget all events. */
SB_API void sb_trace_clear(sb_trace *trace);

SB_END_DECLS
#endif
