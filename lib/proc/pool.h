/* SPDX-License-Identifier: MIT */
/* Between the files of the pool of boxes. All but the public calls want its lock held. */
#ifndef SBI_POOL_H
#define SBI_POOL_H

#include <pthread.h>
#include <sandbox/pool.h>

#include "proc_internal.h"

/* Where a seat's box is. A seat that somebody works on keeps its state, but is in no list meanwhile. */
enum sbi_seat_state { SBI_SEAT_READY, SBI_SEAT_LENT, SBI_SEAT_USED, SBI_SEAT_MISSING, SBI_SEAT_STATES };

/* A place for one box: there are as many as the pool's size, so there are never more boxes. */
struct sbi_seat {
	struct sb_pool *pool;
	struct sbi_seat *next;
	sb_box *box; /* NULL: missing */
	enum sbi_seat_state state;
	int died; /* its box, and not by us */
};

/* A list that is taken from at its head. */
struct sbi_seats {
	struct sbi_seat *first, *last;
};

/* A thread in sb_pool_get(), on its stack. */
struct sbi_waiter {
	struct sbi_waiter *next;
	pthread_cond_t turn;
};

struct sb_pool {
	pthread_mutex_t lock;
	pid_t maker;   /* a forked process has the same boxes, and must not lend them as well */
	uint32_t refs; /* the caller's, one for each lent box, one for each call that gives up the lock */
	uint32_t size;
	int closed;    /* sb_pool_free() was called */
	sb_config *cfg;
	struct sbi_seats lists[SBI_SEAT_STATES];
	uint32_t counts[SBI_SEAT_STATES];
	sb_pool_info info; /* what is counted from the beginning on */
	struct sbi_waiter *waiters; /* who came first is the first */
	int epoll;     /* sb_pool_fd(): @flag, @timer, and the pidfds of boxes that are ready */
	int flag;      /* eventfd: readable while there is work */
	int timer;     /* the end of a rest */
	int flagged, resting;
	uint64_t rest_ns; /* the last one; 0 = the last attempt was a success */
	sb_error why;  /* the last failure; code 0 */
	struct sbi_seat seats[];
};

/** sbi_pool_enter - lock it and keep it, or say why not: no pool, or somebody else's. */
int sbi_pool_enter(sb_pool *pool, const char *call, sb_error *err);
/** sbi_pool_leave - unlock it; who is the last releases it. */
void sbi_pool_leave(sb_pool *pool);
/** sbi_seat_take - a seat out of its list, to work on. */
struct sbi_seat *sbi_seat_take(struct sbi_seat *seat);
/** sbi_pool_take - the first seat of a list; NULL. */
struct sbi_seat *sbi_pool_take(sb_pool *pool, enum sbi_seat_state state);
/** sbi_pool_settle - the work on a seat is done: into another list, and whoever waits for it is told. */
void sbi_pool_settle(struct sbi_seat *seat, enum sbi_seat_state state);
/** sbi_pool_wake - there may be a seat for the first who waits. */
void sbi_pool_wake(sb_pool *pool);
/** sbi_pool_tell - make the descriptor readable, or no more. */
void sbi_pool_tell(sb_pool *pool);

/* These three, in pool_fill.c, give up the lock meanwhile. */
/** sbi_seat_make - a box for a seat that has none. */
int sbi_seat_make(struct sbi_seat *seat, sb_error *err);
/**
 * sbi_seat_reset - of a box that came back. If that fails it is ended: the seat is to be made, or
 * missing.
 */
int sbi_seat_reset(struct sbi_seat *seat);
/** sbi_seat_end - end its box; it is missing. */
void sbi_seat_end(struct sbi_seat *seat);
/** sbi_seat_freed - its box is gone by sb_box_free(). Without the lock. */
void sbi_seat_freed(struct sbi_seat *seat);

#endif
