/* SPDX-License-Identifier: MIT */
/*
 * Commands that may take any time until their exec: those whose streams are
 * files inside, of which one may be a FIFO without another side, and those that
 * others of the box could stop meanwhile. Their process is no vfork's: we go on,
 * keep its limits, and hear from it over a socket that closes at its exec.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/prctl.h>
#include <linux/time_types.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "commands.h"
#include "common/clone3.h"

/* it has not said that it waits, but a file may have become a FIFO under its hands */
#define PATIENCE_NS 100000000
/* … for what opens no file, or for the listener of a filter, whose calls would go unheard */
#define PATIENCES 50
#define STOPS 2               /* after which it is not slow, but stopped again whenever it is continued */

static struct sbi_record news(const struct run *run, uint32_t what)
{
	struct sbi_record rec = { .type = SBI_STARTED, .detail = what, .status = run->landlock_abi,
				  .skipped = run->skipped, .at = run->left_out };

	rec.user_ns = run->caps;
	rec.system_ns = run->used_ns;
	rec.time_ns = run->exec_ns;
	return rec;
}

void report_exec(struct run *run)
{
	struct sbi_record rec = news(run, 0);

	if (run->report >= 0)
		send_record(run->report, &rec, -1);
}

void report_failure(struct run *run, int error)
{
	struct sbi_record rec = { .type = SBI_FAILED, .lane = SBI_LANE_COMMAND, .at = run->at,
				  .error = -error, .detail = run->detail, .status = run->landlock_abi };

	if (run->report >= 0)
		send_record(run->report, &rec, -1);
}

/* From here on it may take any time, and others of the box may look at us. */
static void report_waiting(struct run *run)
{
	struct timespec used = { 0 };
	struct sbi_record rec;

	SYS(prctl, PR_SET_DUMPABLE);
	SYS(clock_gettime, CLOCK_PROCESS_CPUTIME_ID, &used);
	run->used_ns = (uint64_t)used.tv_sec * 1000000000 + (uint64_t)used.tv_nsec;
	run->exec_ns = now();
	rec = news(run, SBI_STARTED_OPENING);
	send_record(run->report, &rec, -1);
}

/*
 * OPEN: text[0] path with id[1] flags and id[2] mode, or without a path a duplicate of id[1]; id[0]
 * number.
 */
int do_open(struct run *run, const struct sbi_op *op)
{
	const char *path = op_text(run, op->text[0]);
	struct statx st;
	long fd = (int)op->id[1], r;

	if (path) {
		if (SYS(statx, AT_FDCWD, path, 0, STATX_TYPE, &st) == 0 && (st.stx_mode & S_IFMT) == S_IFIFO)
			report_waiting(run);
		fd = SYS(openat, AT_FDCWD, path, op->id[1] | O_CLOEXEC | O_NOCTTY, op->id[2]);
	}
	if (fd < 0)
		return (int)fd;
	r = SYS(dup3, fd, op->id[0]);
	if (path)
		SYS(close, fd);
	return r < 0 ? (int)r : 0;
}

static void take(struct run *run, const struct sbi_record *rec)
{
	run->landlock_abi = rec->status;
	run->skipped = rec->skipped;
	run->left_out = rec->at;
	run->caps = rec->user_ns;
	run->used_ns = rec->system_ns;
	run->exec_ns = rec->time_ns;
}

static int no_exec(const struct run *run, struct sbi_record *failure)
{
	*failure = (struct sbi_record){ .type = SBI_FAILED, .lane = SBI_LANE_COMMAND, .at = run->count,
					.error = EINTR, .detail = SBI_DETAIL_KILLED };
	return -1;
}

/* Has somebody stopped it since the last look? */
static int was_stopped(int pid)
{
	siginfo_t info;

	info.si_pid = 0;
	return SYS(waitid, P_PID, pid, &info, WSTOPPED | WNOHANG, 0) == 0 && info.si_pid == pid;
}

/* Its process is made: until it executes, fails, or waits. 1, -1 with @failure filled, or 0. */
static int listen_to(struct run *run, int pid, int from, int *listener, struct sbi_record *failure)
{
	struct pollfd polled = { from, POLLIN, 0 };
	struct sbi_record rec;
	int executed = 0, waits = 0, stops = 0, unheard, fd;
	uint32_t count;
	long r;

	for (;;) {
		/* the system call leaves the rest in it */
		struct __kernel_timespec patience = { 0, PATIENCE_NS };

		if (SYS(ppoll, &polled, 1, &patience, 0, 0) == 0) {
			unheard = find_told(run) && *listener < 0;
			stops += was_stopped(pid);
			if (!unheard && ((run->plan->flags & SBI_PLAN_OPENS) || stops == STOPS))
				return 0;
			if (++waits == PATIENCES)
				return unheard ? no_exec(run, failure) : 0;
			SYS(kill, pid, SIGCONT); /* others of its user may have stopped it */
			look_at_limits(now());
			continue;
		}
		count = 0;
		r = receive_record(from, &rec, &fd, 1, &count, 0);
		if (r <= 0)
			break;
		if (rec.type == SBI_LISTENER && count == 1)
			*listener = fd;
		if (rec.type == SBI_FAILED) {
			*failure = rec;
			return -1;
		}
		if (rec.type != SBI_STARTED)
			continue;
		take(run, &rec);
		if (rec.detail == SBI_STARTED_OPENING)
			return 0;
		executed = 1;
	}
	return executed ? 1 : no_exec(run, failure);
}

int start_failed(int error, int *pidfd, struct sbi_record *failure)
{
	*failure = (struct sbi_record){ .type = SBI_FAILED, .lane = SBI_LANE_COMMAND, .error = -error,
					.detail = SBI_DETAIL_CLONE };
	*pidfd = -1; /* a clone that failed late has written a number that means nothing */
	return error;
}

int start_opening(struct run *run, struct clone_args *args, int (*child)(void *), int *pid, int *pidfd,
		  int *listener, struct sbi_record *failure)
{
	int pair[2], r, state;

	r = (int)SYS(socketpair, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair);
	if (r < 0)
		return start_failed(r, pidfd, failure);
	run->report = pair[1];
	if (find_told(run))
		run->listener_to = pair[1];
	args->flags &= ~(uint64_t)(CLONE_VM | CLONE_VFORK);
	r = (int)sys_clone3(args, sizeof(*args), child, run);
	run->report = -1;
	SYS(close, pair[1]);
	if (r < 0) {
		SYS(close, pair[0]);
		return start_failed(r, pidfd, failure);
	}
	*pid = r;
	*listener = -1;
	state = listen_to(run, *pid, pair[0], listener, failure);
	if (state == 0) {
		run->opening = pair[0];
		if (!run->exec_ns)
			run->exec_ns = now();
		return 0;
	}
	SYS(close, pair[0]);
	if (state > 0)
		return 0;
	SYS(kill, *pid, SIGKILL);
	return -1;
}

uint32_t poll_openings(struct pollfd *polled)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < command_count; i++)
		if (commands[i].opening >= 0)
			polled[count++] = (struct pollfd){ commands[i].opening, POLLIN, 0 };
	return count;
}

/* It goes on, or says why it does not: that is no verdict on it. */
void hear_opening(struct command *command)
{
	struct sbi_record rec;
	long r;

	while (command->opening >= 0) {
		r = receive_record(command->opening, &rec, NULL, 0, NULL, MSG_DONTWAIT);
		if (r == -EAGAIN)
			return;
		if (r <= 0) {
			SYS(close, command->opening);
			command->opening = -1;
		} else if (rec.type == SBI_FAILED) {
			note_cause(command, SBI_CAUSE_NOT_STARTED, now());
			send_record(command->channel, &rec, -1);
		} else if (rec.type == SBI_STARTED && rec.detail != SBI_STARTED_OPENING) {
			command->base_ns = rec.system_ns;
		}
	}
}

void on_openings(const struct pollfd *polled, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		for (uint32_t k = 0; k < command_count && polled[i].revents; k++)
			if (commands[k].opening == polled[i].fd) {
				hear_opening(&commands[k]);
				break;
			}
}
