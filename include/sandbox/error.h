/* SPDX-License-Identifier: MIT */
/* Why a call failed: which step, which object, which errno, and the way out. */
#ifndef SANDBOX_ERROR_H
#define SANDBOX_ERROR_H

#include <sandbox/common.h>
#include <sandbox/steps.h>

SB_BEGIN_DECLS

/**
 * sb_error - details of a failure, in memory the caller owns
 *
 * Nothing in it needs freeing. Initialise it with SB_INIT(sb_error). It is
 * written only when a call fails; passing NULL instead is always allowed and
 * loses nothing but the details.
 */
typedef struct sb_error {
	uint32_t size;     /* SB_INIT(sb_error)                                 */
	int32_t code;      /* errno value, positive; 0 = no error               */
	uint32_t step;     /* enum sb_step: where it happened                   */
	uint32_t index;    /* which mount, descriptor, range…; counts from 0    */
	char message[256]; /* "bind /srv/in on /in: Permission denied"          */
	char hint[256];    /* what to do about it; empty when nothing is known  */
} sb_error;

/** sb_step_name - short name of a step, "bind"; "unknown" for other numbers. Never NULL. */
SB_API const char *sb_step_name(uint32_t step);
/** sb_step_sentence - one sentence on what the step does. Never NULL. */
SB_API const char *sb_step_sentence(uint32_t step);
/** sb_step_counterpart - the util-linux or runc counterpart of the step, or "". Never NULL. */
SB_API const char *sb_step_counterpart(uint32_t step);

SB_END_DECLS
#endif
