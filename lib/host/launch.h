/* SPDX-License-Identifier: MIT */
/* One creation, from a config to a running sb-init: what spawn.c and box.c share. */
#ifndef SBI_LAUNCH_H
#define SBI_LAUNCH_H

#include "cgroup_place.h"
#include "clone.h"
#include "common/wire.h"
#include "net.h"
#include "net_pool.h"
#include "plan/plan_internal.h"

#define SBI_HOST_EVENTS 32

/* What sb-init of a box has: sent_plan.c. */
struct sbi_sent {
	int fd;     /* its memfd, with the marks; -EBADF */
	void *blob; /* as it was sent; NULL = none is kept */
	size_t size;
};

struct sbi_launch {
	const sb_config *cfg;
	struct sbi_compiled plan; /* owned */
	uint64_t began_ns;
	struct sbi_place *place;  /* the config's or the box's, if the command gets a leaf; borrowed */
	struct sbi_place *own_place; /* the same, if it was made for this box; a reference */
	struct sbi_leaf leaf;     /* owned until it is handed over */
	struct sbi_joined *joined; /* NULL without; owned, @cfg lies in it then */
	int what;                 /* SBI_COMPILE_* */
	int in_box;               /* a command for an open box: no process of ours, no socket pair */
	int privileged;
	uint32_t euid;
	pid_t pid;                /* of this process */
	int control, child_end;   /* socket pair; child_end only until the clone */
	int plan_fd;              /* memfd: plan and marks */
	struct sbi_sent *sent;    /* of the box; NULL = it keeps none */
	int again;                /* … and this is it: plan_fd is not ours */
	int fds[SBI_MAX_PASSED];
	int own[SBI_MAX_PASSED]; /* those of them that were made for this and are closed after it */
	uint32_t fd_count, own_fds;
	struct sbi_boot boot;
	uint32_t pinned;
	struct sbi_net *net;      /* NULL without; owned until it is handed over */
	struct sbi_lease lease;   /* the same */
	/* proc/net_outlet.c: start the program of sb_net_user() */
	int (*outlet)(struct sbi_launch *l, sb_error *err);
	int mapped;               /* the id maps are written */
	sb_error early;           /* why they could not be, before sb-init asked; code 0 */
	sb_trace_event events[SBI_HOST_EVENTS];
	uint32_t event_count;
};

/* What has come over the channel when a start is over. */
struct sbi_start {
	int pidfd; /* of the command; -EBADF for a box without one */
	int tty;   /* master side; -EBADF */
	int listener; /* of the command's filter; -EBADF */
	int opening; /* it is not executed yet: sb_proc_error() */
	int told;  /* sb-init tells of kill and log lines */
	uint32_t skipped;
	uint32_t left_out; /* operations that their marks say more about */
	int landlock_abi;  /* 0 = none in use */
	uint64_t caps;     /* that were kept */
	uint64_t started_ns;
	uint64_t used_ns; /* cpu time of the command's process by then */
};

uint64_t sbi_now(void);
void sbi_launch_init(struct sbi_launch *l, const sb_config *cfg);
/** sbi_launch_compile - step CONFIG. @box: for a command alone. */
int sbi_launch_compile(struct sbi_launch *l, int what, const struct sbi_boxed *box, sb_error *err);
/**
 * sbi_launch_cgroup - steps CGROUP and LEAF, if the config asks for them. @place: of an open box,
 * or of one made again.
 */
int sbi_launch_cgroup(struct sbi_launch *l, struct sbi_place *place, sb_error *err);
/**
 * sbi_launch_leaf_slot - the leaf, or a file of it, for sb-init. In launch_cgroup.c, as the two
 * around it.
 */
int sbi_launch_leaf_slot(struct sbi_launch *l, int slot, sb_error *err);
/** sbi_launch_approximate - SB_LIMIT_BIT() of limits that no cgroup keeps. */
uint32_t sbi_launch_approximate(const struct sbi_launch *l);
/** sbi_launch_slot - the descriptor of the plan's slot @at, or -errno explained. In launch_slots.c. */
int sbi_launch_slot(struct sbi_launch *l, uint32_t at, sb_error *err);
/**
 * sbi_launch_own - take over a descriptor made for this creation (errno if @fd < 0); it, or -errno
 * explained.
 */
int sbi_launch_own(struct sbi_launch *l, int fd, const char *what, sb_error *err);
/** sbi_launch_prepare - step PREPARE: plan memfd and the descriptors of the slots. */
int sbi_launch_prepare(struct sbi_launch *l, sb_error *err);
/** sbi_launch_caps - which capabilities sb-init has to carry over its exec. In launch_caps.c. */
uint64_t sbi_launch_caps(const struct sbi_launch *l);
/** sbi_launch_clone - steps CLONE and BOOTSTRAP: sb-init runs. */
int sbi_launch_clone(struct sbi_launch *l, sb_error *err);
/** sbi_launch_talk - do the host's part until the command runs, or the box is ready. */
int sbi_launch_talk(struct sbi_launch *l, int channel, int pidfd, struct sbi_start *start, sb_error *err);
/** sbi_launch_event - note a step of the host; timeline.c, as the next two. @r < 0: it failed. */
void sbi_launch_event(struct sbi_launch *l, uint32_t step, uint64_t start, int r, const char *object);
/** sbi_launch_marks - the plan with the marks that sb-init has left in it. */
const struct sbi_plan *sbi_launch_marks(struct sbi_launch *l);
/** sbi_launch_applied - what was asked for, less what was left out: SB_NS_*, SB_APPLIED_*. In applied.c. */
uint64_t sbi_launch_applied(struct sbi_launch *l, const struct sbi_start *start);
/** sbi_launch_trace - hand the events over to the config's trace, if it has one. */
void sbi_launch_trace(struct sbi_launch *l);
/** sbi_sent_is - is this plan the one that sb-init keeps? */
int sbi_sent_is(const struct sbi_sent *sent, const struct sbi_arena *plan);
/** sbi_sent_note - a plan is about to be sent: if sb-init will keep it, remember which it was. */
void sbi_sent_note(struct sbi_launch *l);
/** sbi_sent_settle - the start is over; before sbi_launch_end(). */
void sbi_sent_settle(struct sbi_launch *l, int failed);
/** sbi_sent_forget - sb-init keeps none, or is gone. */
void sbi_sent_forget(struct sbi_sent *sent);
/** sbi_launch_end - release what is not handed over; if it @failed also sb-init, pins and socket. */
void sbi_launch_end(struct sbi_launch *l, int failed);
/** sbi_reap - wait until the process of @pidfd is gone; somebody else may have reaped it. */
void sbi_reap(int pidfd);

#endif
