/* SPDX-License-Identifier: MIT */
/* Starting a group: pipes for the wires, limits for the members, then one after the other. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "common/auto.h"
#include "config/config_internal.h"
#include "error.h"
#include "group.h"
#include "host/hints.h"

/* members start one after the other: the host is the better clock, if it runs */
#define WALL_SLACK UINT64_C(1000000000)

/* The ends that lead from us to the readers, until both sides have theirs. */
struct ends {
	int in[SB_GROUP_MAX], out[SB_GROUP_MAX];
};

static int cannot(const char *what, int code, sb_error *err)
{
	sbi_fail(err, SB_STEP_STREAM, 0, code, "%s: %s", what, strerror(code));
	sbi_hint_limits(code, err);
	return -code;
}

/* A wire is a stream that is copied to another member. */
static int attach(sb_group *group, const struct sbi_wire *wire, int in, int out, sb_error *err)
{
	sb_config *from = group->members[wire->from].cfg, *to = group->members[wire->to].cfg;
	struct sbi_stream *stream;
	int r;

	r = sbi_cfg_stream(from, "sb_group_wire", wire->from_fd, &stream);
	if (r < 0)
		return sbi_fail_as(err, &from->sticky);
	*stream = (struct sbi_stream){ .fd = wire->from_fd,
				       .kind = SBI_STREAM_COPY,
				       .host_fd = out,
				       .copy_fd = wire->transcript,
				       .cap = wire->limit,
				       .flags = SBI_STREAM_WIRE };
	r = sb_set_fd(to, wire->to_fd, in);
	return r < 0 ? sbi_fail_as(err, &to->sticky) : 0;
}

static int make_wires(sb_group *group, struct ends *ends, sb_error *err)
{
	for (unsigned i = 0; i < group->wire_count; i++) {
		int pair[2], r;

		if (pipe2(pair, O_CLOEXEC) < 0)
			return cannot("pipe for a wire", errno, err);
		ends->in[i] = pair[0];
		ends->out[i] = pair[1];
		fcntl(pair[1], F_SETFL, O_NONBLOCK); /* where it cannot be opened anew */
		fchmod(pair[0], 0644);               /* as /dev/stdin it is opened by the member's user */
		r = attach(group, &group->wires[i], pair[0], pair[1], err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Lower ones of its own stay. */
static int inherit(const sb_group *group, struct sbi_member *member, uint32_t limit, uint64_t slack)
{
	const struct sbi_limit *own = &member->cfg->limits[limit], *all = &group->limits[limit];
	uint64_t value = all->value < UINT64_MAX - slack ? all->value + slack : UINT64_MAX;

	if (value == UINT64_MAX || own->value <= value)
		return 0;
	sb_set_limit(member->cfg, limit, value, all->grace < UINT64_MAX - value ? all->grace : 0);
	return 1;
}

static int start_members(sb_group *group, sb_error *err)
{
	for (unsigned i = 0; i < group->count; i++) {
		struct sbi_member *member = &group->members[i];
		int r;

		member->inherits_cpu |= inherit(group, member, SB_LIMIT_CPU, 0);
		member->inherits_wall |= inherit(group, member, SB_LIMIT_WALL, WALL_SLACK);
		if (member->box)
			r = sb_box_spawn(member->box, member->cfg, &member->proc, err);
		else
			r = sb_spawn(member->cfg, &member->proc, err);
		if (r < 0) {
			member->proc = NULL;
			return r;
		}
		if (member->proc->started_ns > group->started_ns)
			group->started_ns = member->proc->started_ns;
	}
	return 0;
}

static int watch(sb_group *group, sb_error *err)
{
	struct epoll_event event = { .events = EPOLLIN };
	int r = 0;

	group->epoll = epoll_create1(EPOLL_CLOEXEC);
	group->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (group->epoll < 0 || group->timer < 0 ||
	    epoll_ctl(group->epoll, EPOLL_CTL_ADD, group->timer, &event) < 0)
		return cannot("descriptors of the group", errno, err);
	for (unsigned i = 0; r >= 0 && i < group->count; i++) {
		r = sb_proc_fd(group->members[i].proc);
		if (r >= 0 && epoll_ctl(group->epoll, EPOLL_CTL_ADD, r, &event) < 0)
			r = -errno;
	}
	return r < 0 ? cannot("descriptors of the group", -r, err) : 0;
}

void sbi_group_drop(sb_group *group)
{
	for (unsigned i = 0; i < group->count; i++) /* all at once: each is then waited for */
		if (group->members[i].proc && !group->members[i].ended)
			sb_proc_kill(group->members[i].proc);
	for (unsigned i = 0; i < group->count; i++)
		group->members[i].proc = sb_proc_free(group->members[i].proc);
	sbi_close_fd(&group->epoll);
	sbi_close_fd(&group->timer);
	group->started_ns = 0;
}

int sb_group_start(sb_group *group, sb_error *err)
{
	struct ends ends;
	int r;

	if (!group || !group->count)
		return sbi_fail(err, SB_STEP_CONFIG, 0, EINVAL,
				"sb_group_start: a group with members is needed");
	if (group->started)
		return sbi_fail(err, SB_STEP_CONFIG, 0, EBUSY, "sb_group_start: the group has started");
	for (unsigned i = 0; i < SB_GROUP_MAX; i++)
		ends.in[i] = ends.out[i] = -EBADF;
	r = make_wires(group, &ends, err);
	if (r == 0)
		r = start_members(group, err);
	if (r == 0)
		r = watch(group, err);
	for (unsigned i = 0; i < group->wire_count; i++) {
		sbi_close_fd(&ends.in[i]);
		sbi_close_fd(&ends.out[i]);
	}
	if (r < 0) {
		sbi_group_drop(group);
		return r;
	}
	group->started = 1;
	sb_group_process(group, NULL, NULL); /* sets the timer */
	return 0;
}
