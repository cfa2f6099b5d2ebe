/* SPDX-License-Identifier: MIT */
/* One creation, step by step, on the host's side. proc/spawn.c says in which order. */
#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "channel.h"
#include "common/auto.h"
#include "error.h"
#include "explain.h"
#include "idmap.h"
#include "hints.h"
#include "memfd.h"
#include "name.h"
#include "pin.h"

#ifndef MFD_NOEXEC_SEAL /* 6.3 */
#define MFD_NOEXEC_SEAL 0x0008U
#endif

void sbi_launch_init(struct sbi_launch *l, const sb_config *cfg)
{
	memset(l, 0, offsetof(struct sbi_launch, events));
	l->cfg = cfg;
	l->event_count = 0;
	l->control = l->child_end = l->plan_fd = -EBADF;
	l->boot.pidfd = -EBADF;
	l->boot.cgroup = -1;
	l->leaf = SBI_NO_LEAF;
	l->began_ns = sbi_now();
}

int sbi_launch_compile(struct sbi_launch *l, int what, const struct sbi_boxed *box, sb_error *err)
{
	struct sbi_view view = { 0 };
	int r = 0;

	l->in_box = box ? 1 : 0;
	l->what = what;
	if (!box && !l->joined)
		r = sbi_joined_get(l->cfg, &l->joined, err);
	if (l->joined)
		l->cfg = &l->joined->cfg;
	if (r == 0 && !box)
		r = sbi_view_get(l->cfg, &view, err);
	view.joined = l->joined;
	l->privileged = view.privileged;
	l->euid = view.euid;
	if (r == 0)
		r = sbi_compile(l->cfg, &view, what, box, &l->plan, err);
	sbi_view_free(&view);
	sbi_launch_event(l, SB_STEP_CONFIG, l->began_ns, r, "description compiled into a plan");
	return r;
}

static int make_plan_fd(const struct sbi_arena *arena, sb_error *err)
{
	int fd = sbi_memfd("sb-plan", MFD_CLOEXEC | MFD_NOEXEC_SEAL, MFD_CLOEXEC, arena->base, arena->used);

	if (fd >= 0)
		return fd;
	sbi_fail(err, SB_STEP_PREPARE, 0, -fd, "memfd for the plan: %s", strerror(-fd));
	sbi_hint_limits(-fd, err);
	return fd;
}

int sbi_launch_own(struct sbi_launch *l, int fd, const char *what, sb_error *err)
{
	int code = errno;

	if (fd >= 0) {
		l->own[l->own_fds++] = fd;
		return fd;
	}
	sbi_fail(err, SB_STEP_PREPARE, 0, code, "%s: %s", what, strerror(code));
	sbi_hint_limits(code, err);
	return -code;
}

/* What a box of its own needs besides: sb-init, its lifeline, and our end of the channel. */
static int prepare_init(struct sbi_launch *l, sb_error *err)
{
	int pair[2], init = sbi_initfd_get(l->cfg->init, err), fd;

	if (init < 0) {
		sbi_hint_limits(-init, err);
		return init;
	}
	l->pid = getpid();
	fd = sbi_launch_own(l, (int)syscall(SYS_pidfd_open, l->pid, 0), "pidfd of this process", err);
	if (fd < 0)
		return fd;
	for (l->fd_count = 0; l->fd_count < SBI_FD_CONTROL; l->fd_count++)
		l->fds[l->fd_count] = init;
	l->fds[l->fd_count++] = fd;
	l->fds[l->fd_count++] = l->plan_fd;
	l->fds[l->fd_count++] = init;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return sbi_launch_own(l, -1, "socket pair", err);
	/* The lower number to the child: it copies the host's descriptors only up to its own. */
	l->child_end = pair[0] < pair[1] ? pair[0] : pair[1];
	l->control = pair[0] < pair[1] ? pair[1] : pair[0];
	return 0;
}

static int prepare(struct sbi_launch *l, sb_error *err)
{
	const struct sbi_plan *plan = (const struct sbi_plan *)l->plan.arena.base;
	int *slots, r;

	l->again = l->sent && sbi_sent_is(l->sent, &l->plan.arena);
	sbi_sent_note(l);
	l->plan_fd = l->again ? l->sent->fd : make_plan_fd(&l->plan.arena, err);
	if (l->plan_fd < 0)
		return l->plan_fd;
	if (!l->in_box) {
		r = prepare_init(l, err);
		if (r < 0)
			return r;
	} else if (!l->again) {
		l->fds[l->fd_count++] = l->plan_fd;
	}
	slots = l->fds + l->fd_count;
	for (uint32_t i = 0; i < l->plan.slot_count; i++) {
		int fd = sbi_launch_slot(l, i, err);

		if (fd < 0)
			return fd;
		l->fds[l->fd_count++] = fd;
	}
	for (int i = 0; i < 3 && (plan->flags & SBI_PLAN_STDIO); i++)
		l->fds[i] = slots[l->plan.stdio[i] - 1];
	return 0;
}

int sbi_launch_prepare(struct sbi_launch *l, sb_error *err)
{
	uint64_t start = sbi_now();
	int r = prepare(l, err);

	if (r == 0 && l->child_end >= 0) {
		r = sbi_send(l->control, SBI_HELLO, l->fds, l->fd_count);
		if (r < 0) {
			sbi_fail(err, SB_STEP_PREPARE, 0, -r, "passing the descriptors: %s", strerror(-r));
			sbi_hint_limits(-r, err);
		}
	}
	sbi_launch_event(l, SB_STEP_PREPARE, start, r, "socket pair, plan, descriptors");
	return r;
}

int sbi_launch_clone(struct sbi_launch *l, sb_error *err)
{
	uint64_t start = sbi_now();
	char what[160] = "sb-init in new namespaces:";
	int r, joined = l->plan.id.userns == SBI_USERNS_JOIN && !l->privileged;

	l->boot.control = l->child_end;
	l->boot.expected = l->fd_count;
	l->boot.host = l->pid;
	l->boot.timed = l->cfg->trace != NULL;
	l->boot.flags = l->plan.clone_flags;
	l->boot.cgroup = l->place ? sbi_place_init(l->place) : -1;
	l->boot.join_user = joined ? l->cfg->ns_fd[0] : -1;
	/*
	 * Root's exec keeps them by itself; another id, or one that is not mapped yet, loses what
	 * is not ambient.
	 */
	if (joined || l->plan.id.userns == SBI_USERNS_CLONE || (l->privileged && l->euid != 0))
		l->boot.ambient = sbi_launch_caps(l);
	r = sbi_clone(&l->boot);
	for (int i = 0; i < SBI_NS_KINDS; i++)
		if (l->boot.flags & sbi_ns_clone(i))
			snprintf(what + strlen(what), sizeof(what) - strlen(what), " %s", sbi_ns_name(i));
	sbi_launch_event(l, SB_STEP_CLONE, start, r, what);
	sbi_close_fd(&l->child_end);
	return r < 0 ? sbi_explain_clone(&l->boot, -r, err) : 0;
}

static int do_idmap(struct sbi_launch *l, sb_error *err)
{
	uint64_t start = sbi_now();
	int r = sbi_idmap_write(&l->plan.id, l->boot.pid, err);

	sbi_launch_event(l, SB_STEP_IDMAP, start, r,
			 l->plan.id.need_helper ? "by newuidmap and newgidmap" : "uid_map, gid_map");
	return r;
}

/*
 * Its files belong to root as soon as it ends: if it has failed meanwhile its reason is the one
 * that counts.
 */
static int no_idmap(struct sbi_launch *l, int r, sb_error *err)
{
	const struct sbi_plan *plan = (const struct sbi_plan *)l->plan.arena.base;
	struct sbi_record rec;
	int fd = -EBADF;

	if (sbi_receive(l->control, &rec, &fd, 0) == 1 && rec.type == SBI_FAILED)
		r = sbi_explain_failed(plan, &l->plan.id, &rec, l->leaf.fd, err);
	sbi_close_fd(&fd);
	return r;
}

static int do_sync(struct sbi_launch *l, uint64_t what, sb_error *err)
{
	uint64_t start;
	int r = 0;

	if ((what & SBI_SYNC_IDMAP) && l->mapped)
		return 0; /* GO went out before it asked */
	if (what & SBI_SYNC_IDMAP)
		r = l->early.code ? sbi_fail_as(err, &l->early) : do_idmap(l, err);
	if (r < 0)
		return r;
	if (what & SBI_SYNC_IDMAP)
		l->mapped = 1;
	if (r == 0 && (what & SBI_SYNC_PIN)) {
		start = sbi_now();
		r = sbi_pin_all(l->cfg, l->boot.pid, err);
		if (r == 0)
			l->pinned = l->cfg->pin_count;
		sbi_launch_event(l, SB_STEP_PIN, start, r, "namespace files bound");
	}
	if (r == 0 && sbi_send(l->control, SBI_GO, NULL, 0) < 0)
		return 0; /* it is dead; the next receive says so */
	return r;
}

static int answer(struct sbi_launch *l, const struct sbi_record *rec, int fd, struct sbi_start *start,
		  sb_error *err)
{
	const struct sbi_plan *plan = (const struct sbi_plan *)l->plan.arena.base;
	int r;

	switch (rec->type) {
	case SBI_SYNC:
		sbi_close_fd(&fd); /* none is expected with it */
		if (rec->at >= plan->setup.count)
			break;
		r = do_sync(l, sbi_ops(plan, &plan->setup)[rec->at].arg[0], err);
		return r < 0 && !l->mapped ? no_idmap(l, r, err) : r;
	case SBI_NETSOCK:
		if (!l->net || fd < 0)
			break;
		sbi_net_socket(l, rec->at, fd);
		return rec->at == NETLINK_ROUTE ? sbi_net_connect(l, err) : 0;
	case SBI_TTY:
		sbi_close_fd(&start->tty);
		start->tty = fd;
		return 0;
	case SBI_LISTENER:
		sbi_close_fd(&start->listener);
		start->listener = fd;
		return 0;
	case SBI_STARTED:
	case SBI_READY:
		if (rec->type == SBI_STARTED && fd < 0)
			break;
		start->pidfd = fd;
		start->skipped = rec->skipped;
		start->told = rec->type == SBI_STARTED && (rec->detail & SBI_STARTED_TOLD);
		start->opening = rec->type == SBI_STARTED && (rec->detail & SBI_STARTED_OPENING);
		start->started_ns = rec->time_ns;
		start->used_ns = rec->system_ns;
		start->left_out = rec->at;
		start->landlock_abi = rec->status > 0 ? rec->status : 0;
		start->caps = rec->user_ns;
		return 1;
	case SBI_FAILED:
		sbi_close_fd(&fd);
		return sbi_explain_failed(plan, &l->plan.id, rec, l->leaf.fd, err);
	default:
		break;
	}
	sbi_close_fd(&fd);
	return sbi_fail(err, SB_STEP_SYNC, 0, EPROTO, "sb-init sent an unexpected record");
}

/*
 * Before sb-init asks: it saves a switch. What goes wrong is not said until it
 * asks: it may have failed before that and be gone, and its reason is then the
 * one that counts. A host that is not dumpable may come too early, when the
 * files of the new process still belong to root, as its own do; then it is done
 * when sb-init's record, which it sends after its exec, has come.
 */
static void map_early(struct sbi_launch *l)
{
	sb_error why = SB_INIT(sb_error);
	uint32_t events = l->event_count;
	int r = do_sync(l, SBI_SYNC_IDMAP, &why);

	if (r == -EACCES)
		l->event_count = events;
	else if (r < 0)
		l->early = why;
}

static int no_answer(int code, sb_error *err)
{
	sbi_fail(err, SB_STEP_SYNC, 0, code, "receiving from sb-init: %s", strerror(code));
	sbi_hint_limits(code, err);
	return -code;
}

int sbi_launch_talk(struct sbi_launch *l, int channel, int pidfd, struct sbi_start *start, sb_error *err)
{
	struct sbi_record rec;
	int r = 0, fd;

	*start = (struct sbi_start){ .pidfd = -EBADF, .tty = -EBADF, .listener = -EBADF };
	if (l->boot.pid && l->plan.id.userns == SBI_USERNS_CLONE)
		map_early(l);
	while (r == 0) {
		r = sbi_receive_or_end(channel, pidfd, &rec, &fd);
		if (r == 0)
			r = sbi_explain_death(sbi_launch_marks(l), pidfd, err);
		else if (r < 0)
			r = no_answer(-r, err);
		else
			r = answer(l, &rec, fd, start, err);
	}
	if (r < 0 && l->joined && sbi_is_ending(l->joined->pidfd))
		r = sbi_fail(err, SB_STEP_JOIN, 0, ESRCH, "the sandbox that is to be joined has ended");
	if (r < 0) {
		sbi_close_fd(&start->tty);
		sbi_close_fd(&start->listener);
		sbi_close_fd(&start->pidfd);
	}
	return r < 0 ? r : 0;
}

void sbi_reap(int pidfd)
{
	while (waitid((idtype_t)3 /* P_PIDFD */, (id_t)pidfd, NULL, WEXITED | __WALL) < 0 && errno == EINTR)
		;
}

void sbi_launch_end(struct sbi_launch *l, int failed)
{
	if (failed && l->boot.pidfd >= 0) {
		syscall(SYS_pidfd_send_signal, l->boot.pidfd, SIGKILL, NULL, 0);
		sbi_reap(l->boot.pidfd);
		sbi_close_fd(&l->boot.pidfd);
	}
	if (failed) {
		sbi_net_undo(l->net);
		l->net = NULL;
		l->lease.tame |= !l->boot.pid; /* nobody was in it */
		sbi_lease_end(&l->lease);
		if (l->place)
			sbi_leaf_remove(l->place, &l->leaf);
		sbi_leaf_close(&l->leaf);
		sbi_pin_undo(l->cfg, l->pinned);
		sbi_close_fd(&l->control);
	}
	for (uint32_t i = 0; i < l->own_fds; i++)
		sbi_close_fd(&l->own[i]);
	sbi_close_fd(&l->child_end);
	sbi_close_fd(&l->plan_fd);
	sbi_place_unref(l->own_place);
	sbi_compiled_free(&l->plan);
	sbi_joined_free(l->joined);
}
