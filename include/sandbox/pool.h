/* SPDX-License-Identifier: MIT */
/*
 * Ready boxes of one config, lent one after another: isolation at the price of a process (docs/boxes.md).
 *
 * A pool never has more than its size of boxes: ready, lent, waiting for their reset, or not made
 * yet. It has no thread of its own. Boxes are made and reset by sb_pool_process(), which an event
 * loop calls when sb_pool_fd() is readable, or a thread that has nothing better to do; and by
 * sb_pool_get(), in the thread that wants one, where none is ready. Both may be left out: with
 * sb_pool_get() alone everything is done on demand.
 *
 * All calls may be made from any thread, at any time. A box that is lent belongs to one thread at a
 * time, as every box does. A pool belongs to the process that has made it: in the child of a
 * fork(2) its calls answer -EINVAL, and sb_pool_free() does nothing.
 */
#ifndef SANDBOX_POOL_H
#define SANDBOX_POOL_H

#include <sandbox/box.h>
#include <sandbox/config.h>
#include <sandbox/error.h>

SB_BEGIN_DECLS

typedef struct sb_pool sb_pool;

/**
 * sb_pool_new - a pool of @size boxes, 1 to 4096, none of which is made yet
 * @cfg: of each box, as for sb_box_open(); copied. What it borrows (descriptors, a trace) must
 *	stay until the last box is gone
 * @pool: set on success only; release with sb_pool_free()
 *
 * Three descriptors, and those of each box.
 * Return: 0, -EINVAL (also what sb_config_check() would say of the sandbox), -ENOMEM, -EMFILE.
 */
SB_API int sb_pool_new(const sb_config *cfg, uint32_t size, sb_pool **pool, sb_error *err) SB_MUST_CHECK;
/**
 * sb_pool_get - borrow a box, as new
 * @timeout_ns: how long to wait while all of them are lent, or others wait: UINT64_MAX = for
 *	ever, 0 = not at all
 * @box: set on success only; goes back by sb_pool_put(), or ends by sb_box_free()
 *
 * If none is ready, one that came back is reset, or one is made, in this thread: about as long as
 * sb_box_open(), whatever @timeout_ns. Threads that wait are served in the order in which they
 * came.
 * Return: 0, -EAGAIN at the timeout, -ESHUTDOWN once sb_pool_free() was called, or why a box cannot be made.
 */
SB_API int sb_pool_get(sb_pool *pool, uint64_t timeout_ns, sb_box **box, sb_error *err) SB_MUST_CHECK;
/**
 * sb_pool_put - give a box back, in whatever state it is; dead is fine
 *
 * What still runs in it is killed; it is reset later. Does not wait, except after sb_pool_free(),
 * when it ends the box.
 * Return: 0; -EINVAL if it is not one that this pool has lent, -EBUSY while there are handles of
 * commands started in it: then nothing was done.
 */
SB_API int sb_pool_put(sb_pool *pool, sb_box *box, sb_error *err);
/**
 * sb_pool_fd - a descriptor for poll, epoll or select: readable while sb_pool_process() has something to do
 *
 * Borrowed; the same one at every call. Return: the descriptor, or -EINVAL.
 */
SB_API int sb_pool_fd(const sb_pool *pool);
/**
 * sb_pool_process - one piece of work: reset a box that came back, replace one that died, or make
 * one that is missing
 *
 * After a failure to make one the next attempt, and the descriptor, wait for a tenth of a second,
 * twice as long after each further one, ten seconds at most. sb_pool_get() tries at once all the
 * same, and its success ends the wait.
 * Return: 1 done, there may be more; 0 nothing to do (yet); -errno: a box could not be made, or -ESHUTDOWN.
 */
SB_API int sb_pool_process(sb_pool *pool, sb_error *err);

/** sb_pool_info - figures of a pool. @ready, @lent, @used and @missing add up to its size. */
typedef struct sb_pool_info {
	uint32_t size;       /* SB_INIT(sb_pool_info)                              */
	uint32_t ready;      /* now                                                */
	uint32_t lent;       /* now                                                */
	uint32_t used;       /* now; came back, not reset yet                      */
	uint32_t missing;    /* now; not made yet, or not made again               */
	uint32_t waiting;    /* now; threads in sb_pool_get()                      */
	uint64_t made;
	uint64_t handed_out; /* less @made: creations that were saved              */
	uint64_t resets;     /* that went well                                     */
	uint64_t discarded;  /* that died, could not be reset, or were freed by who had them */
	uint64_t failed;     /* attempts to make one                               */
} sb_pool_info;

/** sb_pool_look - figures, into memory of the caller's. Return: 0, -EINVAL. */
SB_API int sb_pool_look(sb_pool *pool, sb_pool_info *info);
/**
 * sb_pool_error - the last failure, in @err: of making a box, or of the reset after which one was discarded
 *
 * Return: 0, -ENOENT if there was none, -EINVAL.
 */
SB_API int sb_pool_error(sb_pool *pool, sb_error *err);
/**
 * sb_pool_free - end all boxes that are not lent; waits until they are gone
 *
 * Boxes that are lent live on, and so does the pool, until the last one is given to sb_pool_put()
 * or sb_box_free(), which end it. A thread that waits in sb_pool_get() returns with -ESHUTDOWN.
 * NULL in, NULL out.
 */
SB_API sb_pool *sb_pool_free(sb_pool *pool);

SB_END_DECLS
#endif
