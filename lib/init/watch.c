/* SPDX-License-Identifier: MIT */
/*
 * The limits of the commands: looked at no sooner than they can be reached,
 * and no later than a look can notice.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>

#include <sandbox/limit.h>

#include "commands.h"

#define NEVER (~UINT64_C(0))
#define MS UINT64_C(1000000)
#define SHORTEST (MS / 2)    /* between two looks while cpu time passes… */
#define LONGEST (8 * MS)     /* …and while none does, with little of it left */
#define SAMPLE_EVERY (10 * MS) /* memory without a controller */

static void end_run(struct command *command, uint64_t at)
{
	struct watch *w = &command->watch;

	w->killed = at;
	if (w->kill >= 0)
		SYS(write, w->kill, "1", 1);
	/* cgroup.kill misses a process whose first thread has ended: SIGKILL is sent to that */
	SYS(kill, command->pid, SIGKILL);
	if (single && is_process_one)
		SYS(kill, -1, SIGKILL);
	else if (single)
		kill_children();
	else if (w->kill < 0)
		kill_sampled(command);
}

void note_cause(struct command *command, uint32_t cause, uint64_t at)
{
	if (command->watch.cause)
		return;
	command->watch.cause = cause;
	command->watch.cause_ns = at;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* How much may still be used until something has to be done. */
static uint64_t left(const struct sbi_bound *bound, uint64_t used, int told, int caused)
{
	uint64_t next = bound->kill;

	if (!told)
		next = least(next, bound->soft);
	if (!caused && bound->over != NEVER)
		next = least(next, bound->over + 1);
	return next == NEVER ? NEVER : next > used ? next - used : 0;
}

/* Nothing has been used by now. */
static uint64_t first_look(const struct command *command)
{
	const struct sbi_watch *limits = &command->watch.limits;
	uint64_t in = NEVER, rest;

	if (limits->flags & SBI_WATCH_MEMORY)
		in = SAMPLE_EVERY;
	if (limits->flags & SBI_WATCH_CPU) {
		rest = left(&limits->cpu, 0, 0, 0);
		in = rest == NEVER ? in : least(in, rest / limits->cpus);
	}
	if (limits->flags & SBI_WATCH_WALL)
		in = least(in, left(&limits->wall, 0, 0, 0));
	return in == NEVER ? NEVER : command->start_ns + in;
}

/*
 * A file of its leaf stays open here: in a box it is no slot any more; those of an only command are
 * closed all at once.
 */
static int keep(int *slots, uint32_t slot)
{
	int fd;

	if (!slot)
		return -1;
	if (single)
		return (int)SYS(fcntl, slots[slot - 1], F_DUPFD_CLOEXEC, SBI_FD_FIRST);
	fd = slots[slot - 1];
	slots[slot - 1] = -1;
	return fd;
}

void begin_watch(struct command *command, const struct sbi_plan *plan, int *slots)
{
	struct watch *w = &command->watch;

	w->limits = plan->watch;
	w->cpu_stat = keep(slots, plan->watch.cpu_stat);
	w->pids_events = keep(slots, plan->watch.pids_events);
	w->kill = keep(slots, plan->watch.kill);
	w->cause = SBI_CAUSE_NONE;
	w->told = 0;
	w->killed = 0;
	w->seen = 0;
	w->pause = SHORTEST;
	w->next = first_look(command);
}

void end_watch(struct command *command)
{
	int fds[3] = { command->watch.cpu_stat, command->watch.pids_events, command->watch.kill };

	for (int i = 0; i < 3; i++)
		if (fds[i] >= 0)
			SYS(close, fds[i]);
}

/* @used of what is bounded: say, judge, end. What is left until the next of these. */
static uint64_t check(struct command *command, const struct sbi_bound *bound, uint32_t cause, uint32_t limit,
		      uint32_t signal, uint64_t used, uint64_t at)
{
	struct watch *w = &command->watch;
	struct sbi_record rec = { .type = SBI_SOFT, .at = limit };

	if (used >= bound->soft && !(w->told & (1U << cause))) {
		w->told |= 1U << cause;
		send_record(command->channel, &rec, -1);
		if (signal)
			SYS(kill, command->pid, signal);
	}
	if (used > bound->over)
		note_cause(command, cause, at);
	if (used > bound->kill && !w->killed)
		end_run(command, at);
	return left(bound, used, w->told & (1U << cause) ? 1 : 0, w->cause ? 1 : 0);
}

static uint64_t cpu_of(const struct command *command)
{
	char text[48];
	uint64_t used = 0;
	long n;

	if (command->watch.cpu_stat < 0) {
		used = sample_cpu(command);
	} else { /* its first line: "usage_usec N" */
		n = SYS(pread64, command->watch.cpu_stat, text, sizeof(text), 0);
		for (long i = 11; i < n && text[i] >= '0' && text[i] <= '9'; i++)
			used = used * 10 + (uint64_t)(text[i] - '0');
		used *= 1000;
	}
	return used > command->base_ns ? used - command->base_ns : 0;
}

/*
 * Cpu time can pass on all CPUs at once, so it is looked at again when the rest
 * could be gone if it did. A rest that is not being used is looked at less and less often.
 */
static uint64_t cpu_pause(struct watch *w, uint64_t used, uint64_t rest)
{
	uint64_t earliest = rest == NEVER ? NEVER : rest / w->limits.cpus;

	if (used - w->seen >= SHORTEST / 4)
		w->pause = SHORTEST;
	else if (w->pause < LONGEST && earliest < w->pause)
		w->pause *= 2;
	w->seen = used;
	return earliest > w->pause ? earliest : w->pause;
}

static void look(struct command *command, uint64_t at)
{
	struct watch *w = &command->watch;
	const struct sbi_watch *limits = &w->limits;
	uint64_t rest, used;

	w->next = NEVER;
	if (w->killed)
		return;
	if (limits->flags & SBI_WATCH_CPU) {
		used = cpu_of(command);
		rest = check(command, &limits->cpu, SBI_CAUSE_CPU, SB_LIMIT_CPU, limits->cpu_signal, used,
			     at);
		if (rest != NEVER)
			w->next = at + cpu_pause(w, used, rest);
	}
	if (limits->flags & SBI_WATCH_MEMORY) {
		check(command, &limits->memory, SBI_CAUSE_MEMORY, 0, 0, sample_memory(command), at);
		w->next = least(w->next, at + SAMPLE_EVERY);
	}
	if (limits->flags & SBI_WATCH_WALL) {
		rest = check(command, &limits->wall, SBI_CAUSE_WALL, SB_LIMIT_WALL, limits->wall_signal,
			     at > command->start_ns ? at - command->start_ns : 0, at);
		if (rest != NEVER)
			w->next = least(w->next, at + rest);
	}
	if (w->killed)
		w->next = NEVER;
}

uint64_t next_look(void)
{
	uint64_t next = NEVER;

	for (uint32_t i = 0; i < command_count; i++)
		next = least(next, commands[i].watch.next);
	return next;
}

void look_at_limits(uint64_t at)
{
	for (uint32_t i = 0; i < command_count; i++)
		if (commands[i].watch.next <= at)
			look(&commands[i], at);
}

uint32_t poll_limits(struct pollfd *polled)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < command_count; i++)
		if (commands[i].watch.pids_events >= 0 && !commands[i].watch.killed)
			polled[count++] = (struct pollfd){ commands[i].watch.pids_events, POLLPRI, 0 };
	return count;
}

/* pids.events: "max N" forks were refused. Its first line is the same in every version. */
void on_limits(const struct pollfd *polled, uint32_t count)
{
	uint64_t at = count ? now() : 0;
	char text[8];

	for (uint32_t i = 0; i < count; i++)
		for (uint32_t k = 0; k < command_count && polled[i].revents; k++) {
			if (commands[k].watch.pids_events != polled[i].fd || commands[k].watch.killed)
				continue;
			if (SYS(pread64, polled[i].fd, text, sizeof(text), 0) < 5 || text[4] == '0')
				continue;
			note_cause(&commands[k], SBI_CAUSE_PIDS, at);
			end_run(&commands[k], at);
		}
}
