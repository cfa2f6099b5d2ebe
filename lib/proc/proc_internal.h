/* SPDX-License-Identifier: MIT */
/* The two live handles. */
#ifndef SBI_PROC_H
#define SBI_PROC_H

#include <pthread.h>
#include <sandbox/box.h>
#include <sandbox/proc.h>
#include <sandbox/seccomp.h>
#include <stdatomic.h>

#include "common/wire.h"
#include "host/launch.h"
#include "host/upper.h"
#include "mounts.h"
#include "stats.h"
#include "stream.h"

/*
 * What is known of a box that sb_box_open() has made beside its present sandbox: it outlives a
 * reset. Any thread.
 */
struct sbi_whole {
	uint64_t opened_ns;
	pthread_rwlock_t spawning; /* read: by who starts a command; written: by who freezes or thaws */
	atomic_int frozen;         /* no command is started */
	pthread_mutex_t starting;  /* by who is starting one; around sb_box.sent */
	atomic_ullong started, ended, resets;
	/* Sums over its commands of what its own cgroup does not say: */
	atomic_ullong used_ns;     /* cpu time before their execs; of those that run, too */
	atomic_ullong throttled_ns, periods, throttled_periods, pids_refused; /* of those that have ended */
};

/* A box from its opening to its end, or to the next reset. The handles of its commands may outlive it. */
struct sbi_life {
	atomic_uint refs; /* the box's, and one of each command */
	int pidfd;     /* of sb-init */
	int gone;      /* sb-init was seen to have ended, and is reaped */
	atomic_ullong killed_ns; /* the first sb_box_kill(), or the reset; 0 = none */
	struct sbi_net *net; /* NULL without */
	struct sbi_lease lease; /* of its network namespace */
	struct sbi_seat *seat;  /* in the pool that lends it; NULL without */
};

struct sb_box {
	int control; /* lifeline and channel to sb-init */
	int pidfd;   /* life->pidfd */
	pid_t pid;
	int joined;    /* pidfd of the sandbox that it has joined; -EBADF */
	int has_pidns; /* killing sb-init ends everything */
	struct sbi_life *life;
	struct sbi_boxed like;
	struct sbi_sent sent; /* the plan of its last command, if the next may have the same */
	struct sbi_whole *whole; /* NULL for the box of sb_spawn() */
	struct sbi_mounts *mounts; /* NULL: of sb_spawn() */
	struct sbi_place *place; /* of the leaves of its commands; NULL without */
	uint64_t applied;
	struct sbi_seat *seat; /* in the pool that lends it; NULL without */
	/* box_reset.c; not of the boxes of sb_spawn() */
	sb_config *cfg; /* ours: what it is made of; NULL if it cannot be made again */
	uint64_t shared, joined_ns; /* SB_NS_*: why not */
	struct sbi_uppers *uppers; /* directories that are replaced; NULL without */
	char *table;    /* what was mounted at its opening; NULL: it could not be read */
};

struct sb_proc {
	sb_box *box;
	struct sbi_life *life; /* a reference: of the box when it was started */
	int owns_box; /* from sb_spawn(): the sandbox ends with the command */
	int channel;  /* box->control if it owns the box */
	int pidfd;    /* of the command */
	int tty;
	int listener;              /* of its filter, if it has notify lines; -EBADF */
	struct sbi_filter *filter; /* a reference, for what comes over the listener */
	sb_denied *denied;         /* result.denied of them */
	int epoll;
	int reported; /* the ENDED record has come, or never will */
	int silent;   /* nothing more comes over the channel */
	int ended;    /* result is final */
	struct sbi_streams *streams; /* that we carry; NULL without */
	int without_box;    /* the end of sb-init has been seen, and is no news in @epoll */
	uint64_t started_ns;
	atomic_ullong exceeded_ns; /* when we ended it for SB_LIMIT_OUTPUT; 0 = never */
	struct sbi_place *place;
	struct sbi_leaf leaf;
	int filtered;       /* we killed it for a system call */
	uint32_t cause;     /* enum sbi_cause: what sb-init ended it for, or found it above */
	uint64_t cause_ns;
	int noted;          /* … and killed nobody then: it has a grace */
	atomic_ullong killed_ns; /* the first sb_proc_kill(); 0 = none */
	struct sbi_compiled *plan; /* while it is not executed: what may fail is explained by it; NULL */
	sb_error *not_started;   /* why it was not, after all; NULL */
	struct sbi_limit limits[SBI_LIMITS];
	int lost;           /* sb-init ended without a word about it */
	int clearing;       /* its last processes have been killed, and die */
	int leaf_over;      /* its figures are read; it is removed, of a box with the handle */
	uint64_t used_ns;   /* cpu time of the command's process before its exec */
	sb_stats stats;     /* at the end */
	sb_result result;
};

/** sbi_box_adopt, sbi_proc_adopt - move what a finished launch holds into handles made before it. */
void sbi_box_adopt(sb_box *box, struct sbi_launch *l, const struct sbi_start *start);
void sbi_proc_adopt(sb_proc *proc, sb_box *box, int owns_box, int channel, struct sbi_launch *l,
		    const struct sbi_start *start);
sb_box *sbi_box_new(void);
/** sbi_box_drop - of a box that was never made; accepts NULL. */
void sbi_box_drop(sb_box *box);
/**
 * sbi_box_make - a box that is new becomes one that lives. It stays new if that fails
 * @place: of its leaves, if it is made again; NULL = one of its own, if it wants any
 */
int sbi_box_make(sb_box *box, const sb_config *cfg, struct sbi_place *place, sb_error *err);
/** sbi_box_remember - what sb_box_reset() needs of its opening. -ENOMEM. */
int sbi_box_remember(sb_box *box, const sb_config *cfg, sb_error *err);
sb_proc *sbi_proc_new(void);
/** sbi_verdict - all that can be known is: say what ended it. */
void sbi_verdict(sb_proc *proc);
/** sbi_proc_drop - of a command that was never started; accepts NULL. */
void sbi_proc_drop(sb_proc *proc);
/** sbi_proc_exceeded - end the run, once, for SB_LIMIT_OUTPUT, which the host keeps. Any thread. */
void sbi_proc_exceeded(sb_proc *proc);
/** sbi_denied_note - count a call that was killed for or logged. */
void sbi_denied_note(sb_proc *proc, uint32_t action, uint32_t number, uint64_t count, const uint64_t args[6]);
/** sbi_leaf_is_over - once the command has ended: is its leaf done with? Without waiting. */
int sbi_leaf_is_over(sb_proc *proc);
/** sbi_leaf_end - let go of the leaf. */
void sbi_leaf_end(sb_proc *proc);
/** sbi_box_has_ended - the same, with nothing done about it. Any thread. */
int sbi_box_has_ended(const sb_box *box);
/** sbi_whole_new - of a box that has just been opened. Return: 0, -ENOMEM. */
int sbi_whole_new(sb_box *box, uint64_t opened_ns);
/** sbi_whole_free - accepts NULL. */
void sbi_whole_free(struct sbi_whole *whole);
/**
 * sbi_whole_reset - all that ran in it has been killed: it is not frozen any more, and has been
 * reset once more.
 */
void sbi_whole_reset(sb_box *box);
/** sbi_box_enter - a command is about to be started: -EBUSY in a frozen box. Then sbi_box_leave(). */
int sbi_box_enter(sb_box *box, sb_error *err);
void sbi_box_leave(sb_box *box);
int sbi_box_is_frozen(const sb_box *box);
/** sbi_box_dir - the box's own cgroup, borrowed; -ENOENT without one. */
int sbi_box_dir(const sb_box *box, const char *call, sb_error *err);
/** sbi_box_note_start, sbi_box_note_end - count a command of it; of a box of sb_spawn() nothing. */
void sbi_box_note_start(sb_box *box, uint64_t used_ns);
void sbi_box_note_end(sb_box *box, const sb_stats *stats);
/**
 * sbi_cgroup_set, sbi_cgroup_get, sbi_cgroup_freeze - as sb_proc_*, in the cgroup @dir of @what
 * ("the command").
 */
int sbi_cgroup_set(int dir, uint32_t controllers, const char *call, const char *file, const char *value,
		   sb_error *err);
ssize_t sbi_cgroup_get(int dir, uint32_t controllers, const char *call, const char *file, char *buf,
		       size_t len, sb_error *err);
int sbi_cgroup_freeze(int dir, int frozen, const char *what, sb_error *err);
/** sbi_life_is_gone - has sb-init ended? Without waiting. */
int sbi_life_is_gone(struct sbi_life *life);
/** sbi_life_unref - the last reference: its descriptor and its network's figures go. Accepts NULL. */
void sbi_life_unref(struct sbi_life *life);
/** sbi_box_end - end what runs in it and sb-init, and give back its network. Waits. */
void sbi_box_end(sb_box *box);
/** sbi_box_close - end a box and release it; its pool is told by sb_box_free(). */
void sbi_box_close(sb_box *box);

#endif
