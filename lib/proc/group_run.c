/* SPDX-License-Identifier: MIT */
/* A group while it runs: streams, common limits, its end. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/sysinfo.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "error.h"
#include "group.h"

#define LEAST_WAIT UINT64_C(500000) /* so often cpu time is read at most, when a limit is near */

/* Of a command that has no cgroup: its own process, as far as the kernel tells. */
static uint64_t cpu_of_process(const sb_proc *proc)
{
	pid_t pid = sb_proc_pid(proc);
	struct timespec used;
	clockid_t clock;

	if (pid < 0 || clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &used) < 0)
		return 0;
	return (uint64_t)used.tv_sec * 1000000000 + (uint64_t)used.tv_nsec;
}

static uint64_t cpu_of(const struct sbi_member *member, int *approximate)
{
	sb_stats stats = SB_INIT(sb_stats);

	if (member->ended)
		return member->result.user_ns + member->result.system_ns;
	if (sb_proc_stats(member->proc, &stats, NULL) == 0 && (stats.has & SB_STATS_CPU))
		return stats.cpu_ns;
	*approximate = 1;
	return cpu_of_process(member->proc);
}

uint64_t sbi_group_cpu(const sb_group *group, int *approximate)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < group->count; i++)
		sum += cpu_of(&group->members[i], approximate);
	return sum;
}

void sbi_group_end(sb_group *group, int32_t verdict)
{
	struct itimerspec never;

	if (group->killed_ns || group->ended)
		return;
	memset(&never, 0, sizeof(never));
	timerfd_settime(group->timer, 0, &never, NULL);
	sbi_group_find_waits(group);
	group->killed_ns = sbi_now();
	group->verdict = verdict;
	for (unsigned i = 0; i < group->count; i++)
		if (!group->members[i].ended)
			sb_proc_kill(group->members[i].proc);
}

static uint64_t end_of(const struct sbi_limit *limit)
{
	return limit->value == UINT64_MAX ? UINT64_MAX : limit->value + limit->grace;
}

/* When can the next limit be reached, at the earliest? */
static void set_timer(sb_group *group, uint64_t now, uint64_t used)
{
	uint64_t wall = end_of(&group->limits[SB_LIMIT_WALL]), cpu = end_of(&group->limits[SB_LIMIT_CPU]),
		 next = UINT64_MAX;
	struct itimerspec at;

	memset(&at, 0, sizeof(at));
	if (wall != UINT64_MAX)
		next = group->started_ns + wall;
	if (cpu != UINT64_MAX) {
		uint64_t wait = (cpu - used) / (uint64_t)get_nprocs();

		wait = now + (wait < LEAST_WAIT ? LEAST_WAIT : wait);
		next = wait < next ? wait : next;
	}
	group->looks_at_ns = next;
	at.it_value.tv_sec = (time_t)(next / 1000000000);
	at.it_value.tv_nsec = (long)(next % 1000000000);
	timerfd_settime(group->timer, TFD_TIMER_ABSTIME, &at, NULL); /* and it is not readable any more */
}

/* Only at the moments when it may be so; a stream that moves is no reason to read cpu time. */
static void keep_limits(sb_group *group)
{
	const struct sbi_limit *wall = &group->limits[SB_LIMIT_WALL], *cpu = &group->limits[SB_LIMIT_CPU];
	uint64_t now, used = 0;
	int approximate = 0;

	if (wall->value == UINT64_MAX && cpu->value == UINT64_MAX)
		return;
	now = sbi_now();
	if (now < group->looks_at_ns)
		return;
	if (wall->value != UINT64_MAX && now >= group->started_ns + end_of(wall)) {
		sbi_group_end(group, SB_WALL_EXCEEDED);
		return;
	}
	if (cpu->value != UINT64_MAX)
		used = sbi_group_cpu(group, &approximate);
	if (cpu->value != UINT64_MAX && used >= end_of(cpu))
		sbi_group_end(group, SB_CPU_EXCEEDED);
	else
		set_timer(group, now, used);
}

/* More than a wire's limit, from a member that lived or has ended. */
static int is_a_wire_exceeded(const sb_group *group)
{
	for (unsigned i = 0; i < group->wire_count; i++) {
		const struct sbi_pump *pump = sbi_group_pump(group, &group->wires[i]);

		if (pump && pump->bytes > pump->cap)
			return 1;
	}
	return 0;
}

static int process_members(sb_group *group, sb_error *err)
{
	int running = 0;

	for (unsigned i = 0; i < group->count; i++) {
		struct sbi_member *member = &group->members[i];
		int r;

		if (member->ended)
			continue;
		member->result = (sb_result)SB_INIT(sb_result);
		r = sb_proc_process(member->proc, &member->result, err);
		if (r < 0)
			return r;
		running += !r;
		if (!r)
			continue;
		member->ended = 1;
		epoll_ctl(group->epoll, EPOLL_CTL_DEL, sb_proc_fd(member->proc), NULL);
		member->ended_ns = member->result.has & SB_HAS_WALL
					   ? member->proc->started_ns + member->result.wall_ns
					   : sbi_now();
	}
	return running;
}

int sb_group_process(sb_group *group, sb_group_result *res, sb_error *err)
{
	int running;

	if (!group || !group->started)
		return sbi_fail(err, SB_STEP_WAIT, 0, EINVAL, "sb_group_process: no group that has started");
	if (!group->ended) {
		running = process_members(group, err);
		if (running > 0 && !group->killed_ns) {
			if ((group->leader >= 0 && group->members[group->leader].ended) ||
			    is_a_wire_exceeded(group))
				sbi_group_end(group, 0);
			else
				keep_limits(group);
			/* of those that only waited for a reader there may be no other news */
			if (group->killed_ns)
				running = process_members(group, err);
		}
		if (running)
			return running < 0 ? running : 0;
		sbi_group_verdict(group);
		group->ended = 1;
	}
	if (res)
		sbi_copy_out(res, &group->result, sizeof(group->result));
	return 1;
}

int sb_group_fd(sb_group *group)
{
	return group && group->started ? group->epoll : -EINVAL;
}

int sb_group_wait(sb_group *group, uint64_t timeout_ns, sb_group_result *res, sb_error *err)
{
	struct pollfd polled = { group && group->started ? group->epoll : -1, POLLIN, 0 };
	uint64_t start = sbi_now(), passed = 0;
	int r;

	for (;;) {
		r = sb_group_process(group, res, err);
		if (r != 0 || passed >= timeout_ns)
			return r;
		r = sbi_poll(&polled, 1, timeout_ns == UINT64_MAX ? UINT64_MAX : timeout_ns - passed);
		if (r < 0)
			return sbi_fail(err, SB_STEP_WAIT, 0, -r, "waiting: %s", strerror(-r));
		passed = timeout_ns == UINT64_MAX ? 0 : sbi_now() - start;
	}
}
