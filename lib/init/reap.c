/* SPDX-License-Identifier: MIT */
/*
 * Process 1 at work: wait for whatever comes, reap, pass signals on, tell the
 * host how each command ended, and end everything when the host is gone.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/time_types.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "commands.h"

#define FEW 16 /* slots that are closed with others */
#define FIXED 4 /* control, host, signals, name; then a channel for each command */

static uint64_t reaped; /* processes of all kinds */
static struct pollfd polled[FIXED + 3 * MAX_COMMANDS + MAX_LISTENERS];

static void leave(int code) __attribute__((noreturn));
static void leave(int code)
{
	for (;;)
		SYS(exit_group, code);
}

static uint64_t timeval_ns(const struct timeval *tv)
{
	return (uint64_t)tv->tv_sec * 1000000000 + (uint64_t)tv->tv_usec * 1000;
}

/* The set-up before exec is not the command's: it was all system time. */
static void fill_times(struct sbi_record *rec, const struct rusage *usage, uint64_t base)
{
	rec->user_ns = timeval_ns(&usage->ru_utime);
	rec->system_ns = timeval_ns(&usage->ru_stime);
	rec->max_rss = (uint64_t)usage->ru_maxrss * 1024;
	rec->minor_faults = (uint64_t)usage->ru_minflt;
	rec->major_faults = (uint64_t)usage->ru_majflt;
	rec->voluntary = (uint64_t)usage->ru_nvcsw;
	rec->involuntary = (uint64_t)usage->ru_nivcsw;
	if (rec->system_ns >= base) {
		rec->system_ns -= base;
		return;
	}
	base -= rec->system_ns;
	rec->system_ns = 0;
	rec->user_ns = rec->user_ns > base ? rec->user_ns - base : 0;
}

/* What was seen of a process that nobody has waited for is no longer in rusage. */
static void add_sampled(struct sbi_record *rec, const struct watch *w)
{
	uint64_t total = rec->user_ns + rec->system_ns;

	if ((w->limits.flags & SBI_WATCH_CPU) && w->cpu_stat < 0 && w->seen > total)
		rec->user_ns += w->seen - total;
}

/*
 * What it left behind ends with it, also if the host looks only later. Without cgroup.kill (5.14)
 * the host does it; with it one by one as well, as it does not reach a process whose first thread
 * has ended.
 */
static void empty_leaf(struct command *command)
{
	long fd = -1;

	if (command->leaf < 0)
		return;
	if (others_run())
		fd = SYS(openat, command->leaf, "cgroup.kill", O_WRONLY | O_CLOEXEC, 0);
	if (fd >= 0) {
		SYS(write, fd, "1", 1);
		SYS(close, fd);
		fd = SYS(openat, command->leaf, "cgroup.procs", O_RDONLY | O_CLOEXEC, 0);
	}
	if (fd >= 0) {
		kill_listed(fd);
		SYS(close, fd);
	}
	SYS(close, command->leaf);
}

static void ended(uint32_t at, const siginfo_t *info, struct rusage *usage)
{
	struct command *command = &commands[at];
	struct sbi_record rec = { .type = SBI_ENDED,
				  .detail = (uint32_t)info->si_code,
				  .status = info->si_status };

	rec.time_ns = now() - command->start_ns;
	hear_opening(command); /* before the end is told: why it came, maybe */
	if (single && (kill_everything() || reaped > 1)) /* else it was the only one, and that is its own */
		SYS(getrusage, RUSAGE_CHILDREN, usage);
	fill_times(&rec, usage, command->base_ns);
	add_sampled(&rec, &command->watch);
	empty_leaf(command);
	if (command->listener >= 0 && tell_denied(command->listener, command->channel) &&
	    info->si_status == SIGKILL) {
		rec.at = SBI_CAUSE_FILTERED;
		rec.status = SIGSYS; /* as if the kernel itself had done it */
		rec.cause_ns = now();
	}
	if (command->watch.cause) { /* a limit came before it */
		rec.at = command->watch.cause;
		rec.cause_ns = command->watch.cause_ns;
		if (command->watch.killed != command->watch.cause_ns)
			rec.detail |= SBI_ENDED_NOTED;
	}
	send_record(command->channel, &rec, -1);
	if (single)
		leave(0);
	SYS(close, command->channel);
	end_watch(command);
	if (command->opening >= 0)
		SYS(close, command->opening);
	*command = commands[--command_count];
}

static void reap(void)
{
	siginfo_t info;
	struct rusage usage;

	for (;;) {
		info.si_pid = 0;
		if (SYS(waitid, P_ALL, 0, &info, WEXITED | WNOHANG, &usage) < 0 || !info.si_pid)
			return;
		reaped++;
		for (uint32_t i = 0; i < command_count; i++)
			if (commands[i].pid == info.si_pid) {
				ended(i, &info, &usage);
				break;
			}
	}
}

/* The host speaks, or is gone. */
static void on_control(void)
{
	int fds[SBI_MAX_SLOTS + 4];
	struct sbi_record rec;
	uint32_t count;
	long r = receive_record(SBI_FD_CONTROL, &rec, fds, SBI_MAX_SLOTS + 4, &count, MSG_DONTWAIT);

	if (r == -EAGAIN)
		return;
	if (r <= 0) {
		kill_everything();
		leave(0);
	}
	if (sbi_record_valid(&rec, r) &&
	    ((rec.type == SBI_SPAWN && count >= 2) || (rec.type == SBI_AGAIN && count))) {
		launch_in_box(fds, count, rec.type == SBI_AGAIN);
	} else {
		if (sbi_record_valid(&rec, r) && rec.type == SBI_FILE && count)
			file_request(&rec, fds, count);
		for (uint32_t i = 0; i < count; i++)
			SYS(close, fds[i]);
	}
}

static void on_signal(int fd)
{
	struct {
		uint32_t number;
		int32_t error, code;
		uint32_t rest[29];
	} info[4];
	long n;

	if (single) /* if its command has ended there is nobody to pass anything on to */
		reap();
	do {
		n = SYS(read, fd, info, sizeof(info));
		for (long k = 0; k < n / (long)sizeof(info[0]); k++) {
			/* passed on is what somebody sent, not a terminal's ^C */
			if (info[k].number == SIGCHLD || info[k].code > 0)
				continue;
			for (uint32_t i = 0; i < command_count; i++)
				SYS(kill, commands[i].pid, info[k].number);
		}
	} while (n == sizeof(info)); /* fewer were all */
	reap();
}

/*
 * A channel that was closed: nobody waits for this command any more. Before anything else: the
 * order is that of commands[].
 */
static void on_channels(uint32_t count)
{
	for (uint32_t i = 0; i < count && !single; i++)
		if (polled[FIXED + i].revents) {
			SYS(kill, commands[i].pid, SIGKILL);
			commands[i].abandoned = 1;
		}
}

/* Until something happens, or a limit wants to be looked at. */
static long wait_for_news(uint32_t count)
{
	struct __kernel_timespec rest = { 0, 0 };
	uint64_t next = next_look(), at;

	if (next == ~UINT64_C(0))
		return SYS(ppoll, polled, count, 0, 0, 0);
	at = now();
	if (next <= at) {
		look_at_limits(at);
		next = next_look();
	}
	if (next > at) {
		rest.tv_sec = (int64_t)((next - at) / 1000000000);
		rest.tv_nsec = (int64_t)((next - at) % 1000000000);
	}
	return SYS(ppoll, polled, count, next == ~UINT64_C(0) ? 0 : &rest, 0, 0);
}

/* That there was somebody to connect to is all that who looks for a name has to know. */
static long on_name(void)
{
	long fd = SYS(accept4, name_socket, 0, 0, SOCK_CLOEXEC, 0, 0);

	if (fd >= 0)
		SYS(close, fd);
	return fd;
}

static void loop(int signals) __attribute__((noreturn));
static void loop(int signals)
{
	uint32_t count, told, limits, openings;
	long named = 0;

	polled[0] = (struct pollfd){ SBI_FD_CONTROL, POLLIN, 0 };
	polled[1] = (struct pollfd){ SBI_FD_HOST, POLLIN, 0 };
	polled[2] = (struct pollfd){ signals, POLLIN, 0 };
	for (;;) {
		/* Without a free descriptor it stays readable: then something else has to happen first. */
		polled[3] = (struct pollfd){ name_socket > 0 && named >= 0 ? name_socket : -1, POLLIN, 0 };
		named = 0;
		count = single ? 0 : command_count;
		for (uint32_t i = 0; i < count; i++)
			polled[FIXED + i] =
				(struct pollfd){ commands[i].abandoned ? -1 : commands[i].channel, 0, 0 };
		told = poll_listeners(polled + FIXED + count);
		limits = poll_limits(polled + FIXED + count + told);
		openings = poll_openings(polled + FIXED + count + told + limits);
		if (wait_for_news(FIXED + count + told + limits + openings) < 0)
			continue;
		on_channels(count);
		on_listeners(polled + FIXED + count, told);
		on_limits(polled + FIXED + count + told, limits);
		on_openings(polled + FIXED + count + told + limits, openings);
		if (polled[3].revents)
			named = on_name();
		if (polled[2].revents)
			on_signal(signals);
		if (polled[1].revents) {
			kill_everything();
			leave(0);
		}
		if (polled[0].revents)
			on_control();
	}
}

/* Signals are blocked from our birth on, and wait. */
static int open_signals(void)
{
	uint64_t all = ~UINT64_C(0);

	return (int)SYS(signalfd4, -1, &all, sizeof(all), O_NONBLOCK | O_CLOEXEC);
}

static void start_single(struct run *setup)
{
	uint32_t slots = setup->plan->slots;

	use_command_section(setup);
	if (launch(setup) < 0) {
		kill_everything(); /* it may have run, and forked, before it was taken back */
		leave(1);
	}
	seal_self(1);
	/* What came with the plan as well: the other ends wait for the command to close it, not for us. */
	for (int fd = 0; fd < SBI_FD_CONTROL; fd++)
		done_with(fd);
	if (slots > FEW)
		SYS(close_range, SBI_FD_FIRST, SBI_FD_FIRST + slots - 1, 0);
	for (uint32_t i = 0; i < slots && slots <= FEW; i++)
		done_with(SBI_FD_FIRST + (int)i);
	close_dropped();
}

void supervise(struct run *setup)
{
	struct sbi_record ready = { .type = SBI_READY, .skipped = setup->skipped, .at = setup->left_out };

	single = setup->plan->flags & SBI_PLAN_SINGLE ? 1 : 0;
	seal_self(0);
	if (single) {
		start_single(setup);
	} else {
		close_dropped();
		send_record(SBI_FD_CONTROL, &ready, -1);
		/* And the tables that led there: an idle box is to be small. */
		SYS(munmap, setup->base, setup->plan->size > PLAN_ROOM ? setup->plan->size : PLAN_ROOM);
	}
	loop(open_signals());
}
