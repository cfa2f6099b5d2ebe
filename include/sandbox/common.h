/* SPDX-License-Identifier: MIT */
/* Shared by every public header; include <sandbox/sandbox.h>, not this. */
#ifndef SANDBOX_COMMON_H
#define SANDBOX_COMMON_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
#define SB_BEGIN_DECLS extern "C" {
#define SB_END_DECLS }
#else
#define SB_BEGIN_DECLS
#define SB_END_DECLS
#endif

#define SB_API __attribute__((visibility("default")))
#define SB_MUST_CHECK __attribute__((warn_unused_result))

/* Every public struct starts with `uint32_t size`; this is its initial value. */
#ifdef __cplusplus
#define SB_INIT(type) { (uint32_t)sizeof(type) }
#else
#define SB_INIT(type) { .size = (uint32_t)sizeof(type) }
#endif

typedef struct sb_config sb_config; /* what to run, and how isolated          */
typedef struct sb_box sb_box;       /* a live sandbox that commands run in    */
typedef struct sb_proc sb_proc;     /* one running (or finished) command      */
typedef struct sb_trace sb_trace;   /* a record of what was done, step by step */

#endif
