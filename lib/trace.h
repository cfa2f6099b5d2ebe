/* SPDX-License-Identifier: MIT */
/* Recording into the caller's sb_trace. */
#ifndef SBI_TRACE_H
#define SBI_TRACE_H

#include <sandbox/trace.h>

/** sbi_trace_append - add the events of one spawn together; they get its number. Short memory loses them. */
void sbi_trace_append(sb_trace *trace, sb_trace_event *events, size_t count);

#endif
