/* SPDX-License-Identifier: MIT */
/* A command gets its place among those that run: from a plan to the record that says it has started. */
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "commands.h"

/* The host cannot be told of a command that runs (ETOOMANYREFS: unix(7)): then it must not run. */
static int take_back(struct run *run, struct command *command, int error)
{
	struct sbi_record rec = {
		.type = SBI_FAILED, .lane = SBI_LANE_COMMAND, .at = run->at, .error = -error
	};

	SYS(kill, command->pid, SIGKILL);
	SYS(waitid, P_PID, command->pid, 0, WEXITED, 0);
	if (command->listener >= 0)
		forget_listener(command->listener);
	end_watch(command);
	if (command->opening >= 0)
		SYS(close, command->opening);
	command_count--;
	send_record(run->channel, &rec, -1);
	return error;
}

int launch(struct run *run)
{
	struct sbi_record rec = { .type = SBI_STARTED };
	struct command *command = &commands[command_count];
	int pidfd = -1, listener = -1, r, sent;

	if (command_count == MAX_COMMANDS || (find_told(run) && !listeners_left())) {
		rec = (struct sbi_record){ .type = SBI_FAILED,
					   .lane = SBI_LANE_COMMAND,
					   .error = EAGAIN,
					   .detail = SBI_DETAIL_FULL };
		send_record(run->channel, &rec, -1);
		return -EAGAIN;
	}
	r = start_command(run, &command->pid, &pidfd, &listener, &rec);
	if (r == 0) {
		command->channel = run->channel;
		command->abandoned = 0;
		command->leaf = -1;
		command->opening = run->opening;
		command->listener = -1;
		if (listener >= 0)
			command->listener = take_listener(run, find_told(run), listener, command->pid);
		rec.detail = (command->listener >= 0 ? SBI_STARTED_TOLD : 0) |
			     (run->opening >= 0 ? SBI_STARTED_OPENING : 0);
		command->start_ns = run->exec_ns;
		command->base_ns = run->used_ns;
		begin_watch(command, run->plan, run->slots);
		rec.time_ns = run->exec_ns;
		rec.system_ns = run->used_ns;
		rec.user_ns = run->caps;
		rec.status = run->landlock_abi;
		rec.skipped = run->skipped;
		rec.at = run->left_out;
		command_count++;
	}
	sent = send_record(run->channel, &rec, pidfd);
	if (single)
		done_with(pidfd);
	else if (r == 0)
		SYS(close, pidfd);
	if (r == 0 && sent < 0)
		return take_back(run, command, sent);
	return r;
}

void use_command_section(struct run *run)
{
	run->ops = (const struct sbi_op *)(run->base + run->plan->command.ops);
	run->marks = (struct sbi_mark *)(run->base + run->plan->command.marks);
	run->count = run->plan->command.count;
}

/* The plan of the last command that has started, if it was a warm one; its size 0: none. */
static struct {
	char *base;
	uint64_t size;
} last;

static void clear_marks(const struct run *run)
{
	for (uint32_t i = 0; i < run->count; i++)
		run->marks[i] = (struct sbi_mark){ 0 };
}

/* A plan that came with a command, or that of the last one again. Its size, or -errno. */
static long map_plan(struct run *run, const int *fds, uint32_t count, int again)
{
	struct sbi_plan head;
	long map;

	if (again) {
		if (!last.size)
			return -EINVAL;
		run->base = last.base;
		run->plan = (struct sbi_plan *)last.base;
		use_command_section(run);
		clear_marks(run);
		return run->plan->slots == count - 1 ? (long)last.size : -EINVAL;
	}
	if (SYS(pread64, fds[1], &head, sizeof(head), 0) != sizeof(head) || head.magic != SBI_PLAN_MAGIC ||
	    head.slots != count - 2)
		return -EINVAL;
	map = SYS(mmap, 0, head.size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fds[1], 0);
	if (map < 0 && map >= -4095)
		return -ENOMEM;
	run->base = (char *)map;
	run->plan = (struct sbi_plan *)run->base;
	use_command_section(run);
	return head.size;
}

/* What becomes of the mapping. */
static void settle_plan(const struct run *run, uint64_t size, int started)
{
	int listener = started ? commands[command_count - 1].listener : -1;

	int again = last.size && run->base == last.base;

	if (again && started)
		return;
	if (last.size)
		SYS(munmap, last.base, last.size);
	last.size = 0;
	if (again)
		return;
	if (listener >= 0) {
		keep_plan(listener, run->base, size);
	} else if (started && (run->plan->flags & SBI_PLAN_WARM)) {
		last.base = run->base;
		last.size = size;
	} else {
		SYS(munmap, run->base, size);
	}
}

/*
 * SPAWN: descriptors channel, plan, slots. AGAIN: without the plan. All but channel and leaf are
 * closed again.
 */
void launch_in_box(int *fds, uint32_t count, int again)
{
	struct sbi_record rec = { .type = SBI_FAILED, .lane = SBI_LANE_COMMAND };
	struct run run = { .slots = fds + (again ? 1 : 2), .channel = fds[0] };
	long size = map_plan(&run, fds, count, again);
	uint32_t leaf = 0;
	int r = -EINVAL;

	if (size > 0) {
		leaf = run.plan->leaf <= run.plan->slots ? run.plan->leaf : 0;
		r = launch(&run);
		settle_plan(&run, (uint64_t)size, r == 0);
	} else {
		rec.error = (int)-size;
		send_record(fds[0], &rec, -1);
	}
	if (r == 0 && leaf) {
		commands[command_count - 1].leaf = run.slots[leaf - 1];
		fds[leaf + (again ? 0 : 1)] = -1;
	}
	for (uint32_t i = r < 0 ? 0 : 1; i < count; i++)
		if (fds[i] >= 0)
			SYS(close, fds[i]);
}
