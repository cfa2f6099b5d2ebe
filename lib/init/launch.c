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
	struct sbi_record rec = { .type = SBI_FAILED, .lane = SBI_LANE_COMMAND, .at = run->at, .error = -error };

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
		rec = (struct sbi_record){ .type = SBI_FAILED, .lane = SBI_LANE_COMMAND, .error = EAGAIN, .detail = SBI_DETAIL_FULL };
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
		rec.detail = (command->listener >= 0 ? SBI_STARTED_TOLD : 0) | (run->opening >= 0 ? SBI_STARTED_OPENING : 0);
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
	if (r == 0)
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

/* SPAWN: descriptors channel, plan, slots. The plan is unmapped and all but channel and leaf closed again. */
void launch_in_box(int *fds, uint32_t count)
{
	struct sbi_record rec = { .type = SBI_FAILED, .lane = SBI_LANE_COMMAND, .error = EINVAL };
	int slots[SBI_MAX_SLOTS];
	struct run run = { .slots = slots, .channel = fds[0] };
	struct sbi_plan head;
	long map;
	int r = -EINVAL;

	for (uint32_t i = 2; i < count; i++)
		slots[i - 2] = fds[i];
	if (SYS(pread64, fds[1], &head, sizeof(head), 0) == sizeof(head) && head.magic == SBI_PLAN_MAGIC &&
	    head.slots == count - 2) {
		map = SYS(mmap, 0, head.size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fds[1], 0);
		if (map > 0 || map < -4095) {
			run.base = (char *)map;
			run.plan = (struct sbi_plan *)run.base;
			use_command_section(&run);
			r = launch(&run);
			if (r == 0 && head.leaf && head.leaf <= head.slots) {
				commands[command_count - 1].leaf = fds[head.leaf + 1];
				fds[head.leaf + 1] = -1;
			}
			if (r == 0 && commands[command_count - 1].listener >= 0)
				keep_plan(commands[command_count - 1].listener, (void *)map, head.size);
			else
				SYS(munmap, map, head.size);
		} else {
			rec.error = ENOMEM;
			send_record(fds[0], &rec, -1);
		}
	} else {
		send_record(fds[0], &rec, -1);
	}
	for (uint32_t i = r < 0 ? 0 : 1; i < count; i++)
		SYS(close, fds[i]);
}
