/* SPDX-License-Identifier: MIT */
/*
 * The only code that runs in memory shared with the host: between clone3 and
 * exec, in a process of its own, while the calling thread sleeps. Raw system
 * calls and the memory of struct sbi_boot, nothing else: no errno, TLS, lock,
 * allocation or libc. tests/abi checks that this object refers to nothing outside.
 */
#include "clone.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/prctl.h>
#include <linux/wait.h>
#include <signal.h>
#include <sys/socket.h>
#include <time.h>

#include "common/clone3.h"
#include "common/plan.h"
#include "common/wire.h"

#define BOOTSTRAP __attribute__((no_stack_protector, no_sanitize("address", "thread", "undefined"), noinline))
#define STACK 8192
#define P_PIDFD_ 3
#define MANY 512 /* from this descriptor on a passing process is cheaper than the copy */

union control_message {
	struct cmsghdr header;
	char room[CMSG_SPACE(sizeof(int) * SBI_MAX_PASSED)];
};

/*
 * The table of descriptors is still the host's (CLONE_FILES): copying it would
 * cost a host with 10,000 of them a third of a whole spawn. Take a private copy
 * of the part up to our socket, keep that, and receive the rest.
 */
BOOTSTRAP static long take_descriptors(struct sbi_boot *boot)
{
	union control_message control;
	struct sbi_record hello;
	struct iovec iov = { &hello, sizeof(hello) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)
	};
	long r;

	boot->stage = SBI_BOOT_UNSHARE;
	r = SYS(close_range, boot->control + 1, ~0U, CLOSE_RANGE_UNSHARE);
	if (r < 0)
		return r;
	boot->stage = SBI_BOOT_ARRANGE;
	if (boot->control == SBI_FD_CONTROL)
		r = SYS(fcntl, SBI_FD_CONTROL, F_SETFD, 0);
	else
		r = SYS(dup3, boot->control, SBI_FD_CONTROL, 0);
	if (r >= 0)
		r = SYS(close_range, 0, SBI_FD_CONTROL - 1, 0);
	if (r >= 0)
		r = SYS(close_range, SBI_FD_CONTROL + 1, ~0U, 0);
	if (r < 0)
		return r;
	boot->stage = SBI_BOOT_RECEIVE;
	r = SYS(recvmsg, SBI_FD_CONTROL, &msg, MSG_DONTWAIT);
	if (r < 0)
		return r;
	if ((msg.msg_flags & MSG_CTRUNC) || control.header.cmsg_len != CMSG_LEN(sizeof(int) * boot->expected))
		return -EMFILE;
	return 0;
}

/*
 * An exec drops all capabilities of an id that is not mapped yet, but for ambient ones, which must
 * be inheritable. In a new user namespace we have all that there are, and the kernel leaves out of
 * a set what is none.
 */
BOOTSTRAP static long keep_caps(const struct sbi_boot *boot)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2] = { { ~0U, ~0U, ~0U }, { ~0U, ~0U, ~0U } };
	uint64_t keep;
	long r = SYS(capset, &header, data);

	if (r < 0) {
		r = SYS(capget, &header, data);
		data[0].inheritable = data[0].permitted;
		data[1].inheritable = data[1].permitted;
		if (r == 0)
			r = SYS(capset, &header, data);
	}
	keep = boot->ambient & ((uint64_t)data[1].permitted << 32 | data[0].permitted);
	for (unsigned cap = 0; r == 0 && cap < 64; cap++)
		if (keep & (UINT64_C(1) << cap))
			r = SYS(prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0);
	return r == -EINVAL ? 0 : r; /* of a number above the last one */
}

BOOTSTRAP static int bootstrap(void *arg)
{
	struct sbi_boot *boot = arg;
	char name[] = { 's', 'b', '-', 'i', 'n', 'i', 't', '\0' };
	char *argv[] = { name, 0 }, *env[] = { 0 };
	struct timespec ts;
	long r;

	if (boot->timed) {
		SYS(clock_gettime, CLOCK_MONOTONIC, &ts);
		boot->start_ns = (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
	}
	r = take_descriptors(boot);
	if (r >= 0 && boot->ambient) {
		boot->stage = SBI_BOOT_CAPS;
		r = keep_caps(boot);
	}
	if (r >= 0) {
		boot->stage = SBI_BOOT_EXEC;
		r = SYS(execveat, SBI_FD_INIT, "", argv, env, AT_EMPTY_PATH);
	}
	boot->error = (int)-r;
	return 1;
}

BOOTSTRAP static long clone_init(struct sbi_boot *boot, uint64_t extra)
{
	char stack[STACK] __attribute__((aligned(16)));
	struct clone_args args;

	args = (struct clone_args){ .flags = boot->flags | extra | CLONE_VM | CLONE_VFORK | CLONE_FILES |
					     CLONE_PIDFD | CLONE_CLEAR_SIGHAND,
				    .pidfd = (uint64_t)(uintptr_t)&boot->pidfd,
				    .stack = (uint64_t)(uintptr_t)stack,
				    .stack_size = sizeof(stack) };
	if (boot->cgroup >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)boot->cgroup;
	}
	return sys_clone3(&args, sizeof(args), bootstrap, boot);
}

/* A table of descriptors that has only our socket: no copy of the host's at all. */
BOOTSTRAP static long fetch_control(struct sbi_boot *boot)
{
	long host, r;

	boot->stage = SBI_BOOT_FETCH;
	r = SYS(close_range, 0, ~0U, CLOSE_RANGE_UNSHARE);
	if (r < 0)
		return r;
	host = SYS(pidfd_open, boot->host, 0);
	if (host < 0)
		return host;
	r = SYS(pidfd_getfd, host, boot->control, 0);
	if (r < 0)
		return r;
	boot->control = (int)r;
	if (boot->cgroup >= 0)
		r = boot->cgroup = (int)SYS(pidfd_getfd, host, boot->cgroup, 0);
	return r;
}

/*
 * A passing process between the host and sb-init, which becomes its sibling:
 * - An ordinary caller that joins a user namespace has the privilege to clone
 *   the others only inside it.
 * - A host with very many descriptors is spared even the copy up to our own.
 */
BOOTSTRAP static int pass_through(void *arg)
{
	struct sbi_boot *boot = arg;
	long r;

	if (boot->join_user >= 0) {
		boot->stage = SBI_BOOT_JOIN;
		r = SYS(setns, boot->join_user, CLONE_NEWUSER);
	} else {
		r = fetch_control(boot);
	}
	if (r >= 0) {
		boot->stage = SBI_BOOT_CLONE;
		r = clone_init(boot, CLONE_PARENT);
		if (r > 0)
			boot->pid = (pid_t)r;
	}
	if (r < 0)
		boot->error = (int)-r;
	return 0;
}

BOOTSTRAP static long clone_through(struct sbi_boot *boot)
{
	char stack[STACK * 3] __attribute__((aligned(16)));
	struct clone_args args = { .flags = CLONE_VM | CLONE_VFORK | CLONE_FILES,
				   .stack = (uint64_t)(uintptr_t)stack,
				   .stack_size = sizeof(stack) };
	long pid = sys_clone3(&args, sizeof(args), pass_through, boot);

	if (pid < 0)
		return pid;
	/* It never execs and its exit signal is 0: nobody but us can wait for it. */
	SYS(wait4, pid, 0, __WALL, 0);
	if (boot->join_user >= 0)
		return boot->pid;
	/* The pidfd was put into a table that is gone; the pid is our child's. */
	boot->pidfd = boot->pid > 0 ? (int)SYS(pidfd_open, boot->pid, 0) : -EBADF;
	if (boot->pid > 0 && boot->pidfd < 0) { /* nobody could hold it: it must not live */
		SYS(kill, boot->pid, SIGKILL);
		SYS(wait4, boot->pid, 0, __WALL, 0);
		if (!boot->error)
			boot->error = -boot->pidfd;
	}
	return boot->pid;
}

static long clone_some_way(struct sbi_boot *boot)
{
	int control = boot->control, cgroup = boot->cgroup;
	long r;

	if (boot->join_user < 0 && control < MANY)
		return clone_init(boot, 0);
	r = clone_through(boot);
	if (!boot->error || boot->stage != SBI_BOOT_FETCH)
		return r;
	/*
	 * Taking a descriptor from its parent is not allowed to everybody (ptrace(2), Yama): then
	 * it is copied.
	 */
	boot->error = 0;
	boot->control = control;
	boot->cgroup = cgroup;
	boot->stage = SBI_BOOT_CLONE;
	return clone_init(boot, 0);
}

int sbi_clone(struct sbi_boot *boot)
{
	uint64_t all = ~UINT64_C(0), mask;
	long r;

	boot->pidfd = -EBADF;
	boot->pid = 0;
	boot->error = 0;
	boot->stage = SBI_BOOT_CLONE;
	SYS(rt_sigprocmask, SIG_BLOCK, &all, &mask, sizeof(all));
	r = clone_some_way(boot);
	SYS(rt_sigprocmask, SIG_SETMASK, &mask, 0, sizeof(mask));
	if (r < 0)
		return (int)r;
	if (!boot->error) {
		boot->pid = (pid_t)r;
		return 0;
	}
	if (boot->pidfd >= 0) {
		SYS(waitid, P_PIDFD_, boot->pidfd, 0, 0x40000004 /* __WALL | WEXITED */, 0);
		SYS(close, boot->pidfd);
		boot->pidfd = -EBADF;
	}
	return -boot->error;
}
