/* SPDX-License-Identifier: MIT */
/*
 * sb_box_reset: nothing that a command has left is looked for. The sandbox is
 * ended and made again from the same description, and what the kernel says of
 * the new one is compared with what it said of the first.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "error.h"
#include "files.h"
#include "host/box_check.h"
#include "proc_internal.h"

/* What a command leaves in one of these is there as long as the namespace is. */
#define KEEPING (SB_NS_USER | SB_NS_PID | SB_NS_MOUNT | SB_NS_NET | SB_NS_IPC | SB_NS_UTS)

/* Namespaces that sb-init itself is in. With leaves each command makes the cgroup namespace. */
static uint64_t own_of(const sb_box *box)
{
	uint64_t own = box->cfg->ns & SB_NS_ALL;

	return box->place ? own & ~SB_NS_CGROUP : own;
}

/* What the command of @cfg is like is of no interest, and may be secret. */
static sb_config *copy_of(const sb_config *cfg)
{
	sb_config bare = *cfg;

	bare.trace = NULL;
	bare.path = bare.cwd = NULL;
	bare.argv = bare.env = NULL;
	bare.fds = NULL;
	bare.fd_count = 0;
	return sb_config_copy(&bare);
}

int sbi_box_remember(sb_box *box, const sb_config *cfg, sb_error *err)
{
	for (int i = 0; i < SBI_NS_KINDS; i++)
		if (cfg->ns_fd[i] >= 0)
			box->joined_ns |= UINT64_C(1) << i;
	if (cfg->join_fd >= 0 || cfg->join_name)
		box->joined_ns = cfg->ns;
	box->shared = KEEPING & ~(cfg->ns & ~box->joined_ns);
	if (box->shared)
		return 0;
	box->cfg = copy_of(cfg);
	if (!box->cfg || sbi_look_at_mounts(box->pid, &box->table) == -ENOMEM)
		return sbi_fail(err, SB_STEP_BOX, 0, ENOMEM, "not enough memory for the box");
	return 0;
}

static int is_kept(const sb_box *box, sb_error *err)
{
	const char *upper, *work;
	uint32_t at = 0;

	if (!box->cfg->overlay_reset && sbi_upper_find(box->cfg, &at, &upper, &work)) {
		sbi_fail(err, SB_STEP_RESET, 0, EOPNOTSUPP, "the box keeps what it writes in %s: that stays",
			 upper);
		sbi_hint(err,
			 "sb_set_overlay_reset() lets a reset put an empty directory in its place; an overlay without one writes to a tmpfs");
		return -EOPNOTSUPP;
	}
	if (box->cfg->pin_count) {
		sbi_fail(err, SB_STEP_RESET, 0, EOPNOTSUPP,
			 "the %s namespace of the box is pinned at %s: what a command leaves there stays",
			 sbi_ns_name(sbi_ns_number(box->cfg->pins[0].kind)), box->cfg->pins[0].path);
		sbi_hint(err, "free the box and sb_unpin() it, then open another");
		return -EOPNOTSUPP;
	}
	return 0;
}

static int is_shared(const sb_box *box, sb_error *err)
{
	int kind = __builtin_ctzll(box->shared);

	if (box->joined_ns & (UINT64_C(1) << kind)) {
		sbi_fail(err, SB_STEP_RESET, 0, EOPNOTSUPP,
			 "the box has joined its %s namespace: what a command leaves there stays",
			 sbi_ns_name(kind));
		sbi_hint(err, "free the box, and open another when the namespace is as it should be");
	} else {
		sbi_fail(err, SB_STEP_RESET, 0, EOPNOTSUPP,
			 "the box shares the caller's %s namespace: what a command leaves there stays",
			 sbi_ns_name(kind));
		sbi_hint(err, "open the box with a new one: sb_set_ns()");
	}
	return -EOPNOTSUPP;
}

/* Of addresses, ports and devices there is one each: the new box can have them when the old one is gone. */
static int is_exclusive(const sb_config *cfg)
{
	return sbi_net_wanted(&cfg->net);
}

/* Wait for the end of what ran in it, and of what ran beside it. */
static void end_old(sb_box *box)
{
	struct sbi_net *net = box->life->net;

	sbi_box_end(box);
	if (net && net->outlet)
		net->outlet_free(net);
}

/* Beside the end of the old box; but what is counted for a user may only suffice for one at a time. */
static int make(sb_box *box, sb_box *next, sb_error *err)
{
	int r;

	if (!is_exclusive(box->cfg) && !box->life->gone) {
		r = sbi_box_make(next, box->cfg, box->place, NULL);
		end_old(box);
		if (r == 0)
			return 0;
	}
	end_old(box);
	return sbi_box_make(next, box->cfg, box->place, err);
}

static int verify(const sb_box *box, const sb_box *next, const struct sbi_held *held, sb_error *err)
{
	struct sbi_compared compared = {
		.then = { 0, box->pidfd, box->applied, &box->like.id, box->table },
		.now = { next->pid, next->pidfd, next->applied, &next->like.id, NULL },
		.held = held,
		.own = own_of(box),
	};

	compared.then.pid = box->pid;
	return sbi_check_box(&compared, err);
}

/* The handle is the caller's, and goes on; what was the old box's goes with @next. */
static void take_over(sb_box *box, sb_box *next)
{
	sb_box old = *box;

	*box = *next;
	box->cfg = old.cfg;
	box->table = old.table;
	box->uppers = old.uppers;
	box->whole = old.whole;
	box->seat = old.seat;
	*next = old;
	next->cfg = NULL;
	next->table = NULL;
	next->uppers = NULL;
	next->whole = NULL;
	next->seat = NULL;
}

/*
 * What overlays were written to. The new sb-init has power over all ids of the box, where the
 * caller may not.
 */
static int clear_uppers(sb_box *box, int r, sb_error *err)
{
	if (r < 0) {
		sbi_uppers_clear(box->uppers, NULL, NULL, NULL);
		return r;
	}
	r = sbi_uppers_clear(box->uppers, sbi_files_empty, box, err);
	if (r < 0)
		sbi_box_end(box);
	return r;
}

int sb_box_reset(sb_box *box, sb_error *err)
{
	struct sbi_held held;
	uint64_t kinds;
	sb_box *next;
	int r;

	if (!box)
		return sbi_fail(err, SB_STEP_RESET, 0, EINVAL, "sb_box_reset: no box given");
	if (box->shared)
		return is_shared(box, err);
	r = is_kept(box, err);
	if (r < 0)
		return r;
	next = sbi_box_new();
	if (!next)
		return sbi_fail(err, SB_STEP_RESET, 0, ENOMEM, "not enough memory for the box");
	r = box->uppers ? sbi_uppers_replace(box->uppers, err) : 0;
	if (r < 0) {
		sbi_box_drop(next);
		return r;
	}
	/*
	 * Of an old network we would hold what it alone may have, and an old mount table we would
	 * have to take down.
	 */
	kinds = own_of(box) & ~(SB_NS_MOUNT | (is_exclusive(box->cfg) ? SB_NS_NET : 0));
	sbi_hold(&held, box->pid, sbi_life_is_gone(box->life) ? 0 : kinds);
	sb_box_kill(box);
	r = make(box, next, err);
	sbi_whole_reset(box);
	if (r < 0) {
		sbi_box_drop(next);
	} else {
		r = verify(box, next, &held, err);
		if (r == 0)
			take_over(box, next);
		sbi_box_close(next);
	}
	sbi_let_go(&held);
	return clear_uppers(box, r, err);
}
