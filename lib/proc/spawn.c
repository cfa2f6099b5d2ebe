/* SPDX-License-Identifier: MIT */
/*
 * sb_spawn and its two halves, sb_box_open and sb_box_spawn: the run from
 * beginning to end as docs/design.md tells it.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/auto.h"
#include "error.h"
#include "host/channel.h"
#include "host/hints.h"
#include "host/launch.h"
#include "net_outlet.h"
#include "proc_internal.h"

/* @place: of the leaves of a box that is made again. @proc: of the command, if there is one. */
static int create(struct sbi_launch *l, const sb_config *cfg, int what, struct sbi_place *place,
		  sb_proc *proc, struct sbi_start *start, sb_error *err)
{
	int r;

	sbi_launch_init(l, cfg);
	r = sbi_launch_compile(l, what, NULL, err);
	if (r == 0)
		r = sbi_net_prepare(l, err);
	if (r == 0)
		r = sbi_outlet_prepare(l, err);
	if (r == 0)
		r = sbi_launch_cgroup(l, place, err);
	if (r == 0 && proc)
		r = sbi_streams_make(l, &proc->streams, err);
	if (r == 0)
		r = sbi_launch_prepare(l, err);
	if (r == 0)
		r = sbi_launch_clone(l, err);
	if (r == 0)
		r = sbi_launch_talk(l, l->control, l->boot.pidfd, start, err);
	sbi_launch_trace(l);
	return r;
}

static int no_argument(sb_error *err, const char *call)
{
	return sbi_fail(err, SB_STEP_CONFIG, 0, EINVAL,
			"%s: a configuration and a place for the handle are needed", call);
}

static int no_memory(sb_error *err)
{
	return sbi_fail(err, SB_STEP_CONFIG, 0, ENOMEM, "not enough memory for the handle");
}

int sb_spawn(const sb_config *cfg, sb_proc **out, sb_error *err)
{
	struct sbi_launch l;
	struct sbi_start start;
	sb_proc *proc;
	sb_box *box;
	int r;

	if (!cfg || !out)
		return no_argument(err, "sb_spawn");
	box = sbi_box_new();
	proc = sbi_proc_new();
	r = box && proc ? create(&l, cfg, SBI_COMPILE_SETUP | SBI_COMPILE_COMMAND, NULL, proc, &start, err)
			: no_memory(err);
	if (r < 0) {
		if (box && proc)
			sbi_launch_end(&l, 1);
		sbi_box_drop(box);
		sbi_proc_drop(proc);
		return r;
	}
	sbi_box_adopt(box, &l, &start);
	sbi_proc_adopt(proc, box, 1, box->control, &l, &start);
	sbi_launch_end(&l, 0);
	*out = proc;
	return 0;
}

int sbi_box_make(sb_box *box, const sb_config *cfg, struct sbi_place *place, sb_error *err)
{
	struct sbi_launch l;
	struct sbi_start start;
	int r;

	r = create(&l, cfg, SBI_COMPILE_SETUP, place, NULL, &start, err);
	if (r == 0) {
		box->mounts = sbi_mounts_new(&l);
		r = box->mounts ? 0 : no_memory(err);
	}
	if (r == 0)
		sbi_box_adopt(box, &l, &start);
	sbi_launch_end(&l, r < 0);
	return r;
}

int sb_box_open(const sb_config *cfg, sb_box **out, sb_error *err)
{
	uint64_t began = sbi_now();
	sb_box *box;
	int r;

	if (!cfg || !out)
		return no_argument(err, "sb_box_open");
	box = sbi_box_new();
	if (!box)
		return no_memory(err);
	r = sbi_uppers_look(cfg, &box->uppers) < 0 ? no_memory(err) : sbi_box_make(box, cfg, NULL, err);
	if (r < 0) {
		sbi_box_drop(box);
		return r;
	}
	r = sbi_box_remember(box, cfg, err);
	if (r == 0 && sbi_whole_new(box, began) < 0)
		r = no_memory(err);
	if (r < 0) {
		sbi_box_close(box);
		return r;
	}
	*out = box;
	return 0;
}

/* A channel of its own for the command; its far end goes to sb-init before the plan and the slots. */
static int ask(struct sbi_launch *l, sb_box *box, int *channel, sb_error *err)
{
	int pair[2], r;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return sbi_fail(err, SB_STEP_BOX, 0, errno, "socket pair: %s", strerror(errno));
	*channel = pair[0];
	memmove(l->fds + 1, l->fds, l->fd_count * sizeof(*l->fds));
	l->fds[0] = pair[1];
	r = sbi_send(box->control, l->again ? SBI_AGAIN : SBI_SPAWN, l->fds, l->fd_count + 1);
	close(pair[1]);
	if (r < 0) {
		sbi_fail(err, SB_STEP_BOX, 0, -r, "passing the command to the box: %s", strerror(-r));
		sbi_hint_limits(-r, err);
	}
	return r;
}

/*
 * From what sb-init is sent to what it has made of it. One at a time, as it starts one at a time:
 * whether it still has the plan of the last command depends on what it is sent in between.
 */
static int start(struct sbi_launch *l, sb_box *box, sb_proc *proc, sb_error *err)
{
	sbi_autoclose int channel = -EBADF;
	struct sbi_start start;
	int r;

	pthread_mutex_lock(&box->whole->starting);
	l->sent = &box->sent;
	r = sbi_launch_prepare(l, err);
	if (r == 0)
		r = ask(l, box, &channel, err);
	if (r == 0 && l->place)
		sbi_place_tend(l->place); /* sb-init is at work meanwhile */
	if (r == 0)
		r = sbi_launch_talk(l, channel, box->pidfd, &start, err);
	sbi_launch_trace(l);
	if (r == 0)
		sbi_proc_adopt(proc, box, 0, sbi_take_fd(&channel), l, &start);
	sbi_sent_settle(l, r < 0);
	pthread_mutex_unlock(&box->whole->starting);
	return r;
}

int sb_box_spawn(sb_box *box, const sb_config *cfg, sb_proc **out, sb_error *err)
{
	struct sbi_launch l;
	sb_proc *proc;
	int r;

	if (!box || !cfg || !out)
		return no_argument(err, "sb_box_spawn");
	r = sbi_box_enter(box, err);
	if (r < 0)
		return r;
	proc = sbi_proc_new();
	if (!proc) {
		sbi_box_leave(box);
		return no_memory(err);
	}
	sbi_launch_init(&l, cfg);
	r = sbi_launch_compile(&l, SBI_COMPILE_COMMAND, &box->like, err);
	if (r == 0)
		r = sbi_launch_cgroup(&l, box->place, err);
	if (r == 0)
		r = sbi_streams_make(&l, &proc->streams, err);
	if (r == 0)
		r = start(&l, box, proc, err);
	else
		sbi_launch_trace(&l);
	if (r == 0)
		*out = proc;
	else
		sbi_proc_drop(proc);
	sbi_launch_end(&l, r < 0);
	sbi_box_leave(box);
	return r;
}
