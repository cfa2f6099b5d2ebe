/* SPDX-License-Identifier: MIT */
/*
 * Starting a command: a child that shares our memory until its exec, walks
 * through the command section and, if that fails, leaves the reason behind.
 */
#include <errno.h>
#include <signal.h>
#include <sys/socket.h>

#include "common/clone3.h"
#include "commands.h"

static char stack[16384] __attribute__((aligned(16)));
static int result;

static operation *find_command(uint16_t step)
{
	static const struct {
		uint16_t step;
		operation *carry;
	} table[] = {
		{ SB_STEP_SESSION, do_session }, { SB_STEP_RLIMIT, do_rlimit },   { SB_STEP_NICE, do_nice },
		{ SB_STEP_UMASK, do_umask }, { SB_STEP_BOUNDING, do_bounding }, { SB_STEP_GROUPS, do_groups },
		{ SB_STEP_USER, do_user },       { SB_STEP_KEYRING, do_keyring }, { SB_STEP_TTY, do_tty },
		{ SB_STEP_FD, do_fd },           { SB_STEP_CWD, do_cwd },         { SB_STEP_CAPS, do_caps },
		{ SB_STEP_NO_NEW_PRIVS, do_no_new_privs },                        { SB_STEP_CLOSE, do_close },
		{ SB_STEP_EXEC, do_exec },       { SB_STEP_SYNC, do_sync },
		{ SB_STEP_CGROUPNS, do_cgroupns }, { SB_STEP_SECUREBITS, do_securebits },
		{ SB_STEP_CORE_SCHED, do_core_sched }, { SB_STEP_LANDLOCK, do_landlock },
		{ SB_STEP_SECCOMP, do_seccomp }, { SB_STEP_OPEN, do_open },
		{ SB_STEP_PERSONALITY, do_personality }, { SB_STEP_AFFINITY, do_affinity },
		{ SB_STEP_TSC, do_tsc },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].step == step)
			return table[i].carry;
	return NULL;
}

static int child(void *arg)
{
	struct run *run = arg;
	uint64_t none = 0;

	SYS(rt_sigprocmask, SIG_SETMASK, &none, 0, sizeof(none));
	result = carry_out(run, find_command);
	report_failure(run, result);
	/* also where the filter forbids it: who would answer its listener sleeps until then */
	SYS(exit, 127);
	return 127;
}

/* What the child has sent us of its filter's listener, if it did; the pair goes with it. */
static int receive_listener(int pair[2])
{
	struct sbi_record rec;
	uint32_t count = 0;
	int fd = -1;

	if (pair[0] < 0)
		return -1;
	SYS(close, pair[1]);
	receive_record(pair[0], &rec, &fd, 1, &count, MSG_DONTWAIT);
	SYS(close, pair[0]);
	return count == 1 ? fd : -1;
}

/* The process of a command that could not be executed. */
static int clear_away(int pid, int *pidfd, int listener)
{
	if (*pidfd < 0)
		return -1;
	if (listener >= 0)
		SYS(close, listener);
	SYS(waitid, 1 /* P_PID */, pid, 0, 4 /* WEXITED */, 0);
	SYS(close, *pidfd);
	*pidfd = -1;
	return -1;
}

int start_command(struct run *run, int *pid, int *pidfd, int *listener, struct sbi_record *failure)
{
	int pair[2] = { -1, -1 };
	struct clone_args args = {
		.flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD,
		.pidfd = (uint64_t)(uintptr_t)pidfd,
		.exit_signal = SIGCHLD,
		.stack = (uint64_t)(uintptr_t)stack,
		.stack_size = sizeof(stack),
	};
	struct zygote *zygote;
	long r;

	if (run->plan->leaf) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)run->slots[run->plan->leaf - 1];
	}
	run->listener_to = run->channel;
	if (find_told(run)) {
		/* without one nothing is told */
		SYS(socketpair, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair);
		run->listener_to = pair[1];
	}
	result = 1; /* stays so if the child is killed on its way */
	run->at = 0;
	run->detail = 0;
	run->ruleset = -1;
	forget_fds();
	run->report = run->opening = -1;
	/* Others of the same user may stop our child before its exec, and a vfork would wait for it. */
	if ((run->plan->flags & SBI_PLAN_OPENS) || among_others || (!single && others_run())) {
		r = start_opening(run, &args, child, pid, pidfd, listener, failure);
		return r < 0 ? clear_away(*pid, pidfd, *listener) : 0;
	}
	zygote = find_zygote(run);
	run->inherits = zygote ? 1 : 0;
	r = zygote ? clone_by(zygote, &args, child, run) : sys_clone3(&args, sizeof(args), child, run);
	pass = 0;
	*listener = receive_listener(pair);
	if (r < 0) {
		return start_failed((int)r, pidfd, failure);
	}
	*pid = (int)r;
	if (run->at < run->count && run->ops[run->at].step == SB_STEP_EXEC && result == 1) {
		run->marks[run->at].end_ns = run->plan->flags & SBI_PLAN_TIMED ? now() : 1;
		return 0;
	}
	*failure = (struct sbi_record){ .type = SBI_FAILED,
					.lane = SBI_LANE_COMMAND,
					.at = run->at,
					.error = result < 0 ? -result : EINTR,
					.detail = result < 0 ? run->detail : SBI_DETAIL_KILLED,
					.status = run->landlock_abi };
	return clear_away(*pid, pidfd, *listener);
}
