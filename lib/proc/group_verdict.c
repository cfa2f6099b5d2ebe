/* SPDX-License-Identifier: MIT */
/* Who ended first, who waited for whom, and whose fault it was. */
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "common/read_text.h"
#include "group.h"

#define A_MOMENT UINT64_C(100000000)

/* Its first thread. */
static int is_asleep(const struct sbi_member *member)
{
	char path[48], text[512], *state;
	pid_t pid = sb_proc_pid(member->proc);

	if (pid < 0)
		return 0;
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	sbi_read_text(path, text, sizeof(text));
	state = strrchr(text, ')'); /* "17 (name) S …": the name may hold anything */
	return state && (state[2] == 'S' || state[2] == 'D');
}

static int bytes_in(int pipe)
{
	int n = 0;

	return pipe >= 0 && ioctl(pipe, FIONREAD, &n) == 0 ? n : 0;
}

/* Nothing on the way, though more could come. */
static int is_empty(const struct sbi_pump *pump)
{
	return pump->sink[0].fd >= 0 && !sbi_pump_is_waiting(pump) && !sbi_pump_left(pump) &&
	       !bytes_in(pump->sink[0].fd);
}

static int is_full(const struct sbi_pump *pump)
{
	return pump->in >= 0 && pump->sink[0].blocked && sbi_pump_left(pump);
}

static void find_for(const sb_group *group, unsigned number, struct sbi_member *member)
{
	int inputs = 0, empty = 0, input_from = -1;

	for (unsigned i = 0; i < group->wire_count; i++) {
		const struct sbi_wire *wire = &group->wires[i];
		const struct sbi_pump *pump = sbi_group_pump(group, wire);

		if (pump && wire->from == number && is_full(pump)) {
			member->waits = SB_WAITS_OUTPUT;
			member->waits_for = (int)wire->to;
			return;
		}
		if (!pump || wire->to != number)
			continue;
		inputs++;
		empty += is_empty(pump);
		if (input_from < 0)
			input_from = (int)wire->from;
	}
	if (inputs && empty == inputs) {
		member->waits = SB_WAITS_INPUT;
		member->waits_for = input_from;
	}
}

void sbi_group_find_waits(sb_group *group)
{
	for (unsigned i = 0; i < group->count; i++)
		if (group->members[i].proc && !group->members[i].ended && is_asleep(&group->members[i]))
			find_for(group, i, &group->members[i]);
}

static int was_killed_by_us(const sb_group *group, const struct sbi_member *member)
{
	return group->killed_ns && member->result.verdict == SB_KILLED &&
	       atomic_load(&member->proc->killed_ns) >= group->killed_ns;
}

static int is_good(const struct sbi_member *member)
{
	return member->result.verdict == SB_EXITED && member->result.code == 0;
}

/* When what its verdict says came about. */
static uint64_t time_of(const struct sbi_member *member)
{
	const sb_proc *proc = member->proc;
	uint64_t exceeded = atomic_load(&proc->exceeded_ns), killed = atomic_load(&proc->killed_ns);

	if (member->result.verdict == SB_OUTPUT_EXCEEDED && exceeded)
		return exceeded;
	if (member->result.verdict == SB_KILLED && killed)
		return killed;
	if (proc->cause && proc->cause_ns)
		return proc->cause_ns;
	return member->ended_ns;
}

/*
 * A pipe is closed before sb-init can notice the end of who held it, and others
 * may have ended of that by then: cause comes before effect. A moment only: a
 * program may close what it does not need any more, and go on.
 */
static void correct_ends(sb_group *group)
{
	for (unsigned i = 0; i < group->wire_count; i++) {
		const struct sbi_wire *wire = &group->wires[i];
		const struct sbi_pump *pump = sbi_group_pump(group, wire);
		uint64_t *from = &group->members[wire->from].ended_ns,
			 *to = &group->members[wire->to].ended_ns;

		if (pump->writer_gone_ns && pump->writer_gone_ns < *from &&
		    *from - pump->writer_gone_ns < A_MOMENT)
			*from = pump->writer_gone_ns;
		if (pump->reader_gone_ns && pump->reader_gone_ns < *to &&
		    *to - pump->reader_gone_ns < A_MOMENT)
			*to = pump->reader_gone_ns;
	}
}

static void set_order(sb_group *group)
{
	uint64_t first = UINT64_MAX;

	for (unsigned i = 0; i < group->count; i++) {
		struct sbi_member *member = &group->members[i];

		member->order = 1;
		for (unsigned k = 0; k < group->count; k++)
			if (group->members[k].ended_ns < member->ended_ns ||
			    (group->members[k].ended_ns == member->ended_ns && k < i))
				member->order++;
		if (!was_killed_by_us(group, member) && member->ended_ns < first) {
			first = member->ended_ns;
			group->result.first = (int32_t)i;
		}
	}
}

static void set_cause(sb_group *group)
{
	sb_group_result *res = &group->result;
	uint64_t earliest = UINT64_MAX;

	if (group->verdict) {
		res->verdict = group->verdict;
		earliest = group->killed_ns;
	}
	for (unsigned i = 0; i < group->count; i++) {
		const struct sbi_member *member = &group->members[i];
		int32_t verdict = member->result.verdict;

		if (is_good(member) || was_killed_by_us(group, member) || time_of(member) >= earliest)
			continue;
		earliest = time_of(member);
		res->verdict = verdict;
		res->member = (verdict == SB_CPU_EXCEEDED && member->inherits_cpu) ||
			      (verdict == SB_WALL_EXCEEDED && member->inherits_wall) ? -1 : (int32_t)i;
	}
}

void sbi_group_verdict(sb_group *group)
{
	sb_group_result *res = &group->result;
	int approximate = 0;
	uint64_t last = group->started_ns;

	*res = (sb_group_result){ .size = sizeof(*res), .verdict = SB_EXITED, .member = -1, .first = -1 };
	for (unsigned i = 0; i < group->count; i++) {
		const struct sbi_member *member = &group->members[i];

		res->approximate |= member->result.approximate;
		last = member->ended_ns > last ? member->ended_ns : last;
	}
	res->cpu_ns = sbi_group_cpu(group, &approximate);
	res->wall_ns = last - group->started_ns;
	correct_ends(group);
	set_order(group);
	set_cause(group);
	/* What the last look did not see: with a grace, or while the host was stopped. */
	if (res->verdict == SB_EXITED && res->member < 0 && res->cpu_ns > group->limits[SB_LIMIT_CPU].value)
		res->verdict = SB_CPU_EXCEEDED;
	else if (res->verdict == SB_EXITED && res->member < 0 &&
		 res->wall_ns > group->limits[SB_LIMIT_WALL].value)
		res->verdict = SB_WALL_EXCEEDED;
}
