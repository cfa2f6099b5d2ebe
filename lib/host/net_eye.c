/* SPDX-License-Identifier: MIT */
/*
 * A process in a network namespace that opens a few things there and goes: its
 * table of descriptors is the host's. Like clone.c it runs in the host's memory
 * while the calling thread sleeps, so the same holds: raw system calls, and
 * tests/abi looks at this object, too.
 */
#include "net_eye.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/sockios.h>
#include <linux/wait.h>
#include <signal.h>
#include <sys/socket.h>

#include "common/clone3.h"

#define BOOTSTRAP __attribute__((no_stack_protector, no_sanitize("address", "thread", "undefined"), noinline))
#define STACK 8192

struct pass {
	struct sbi_eye *eye;
	int found;  /* the new namespace; -EBADF */
	long error; /* -errno */
};

/* Not by netlink, whose sockets are counted for some milliseconds after their end. */
BOOTSTRAP static long raise_lo(int *netns)
{
	struct ifreq request = { .ifr_name = { 'l', 'o' } };
	long fd = SYS(socket, AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), r;

	if (fd < 0)
		return fd;
	request.ifr_flags = IFF_UP | IFF_RUNNING;
	r = SYS(ioctl, fd, SIOCSIFFLAGS, &request);
	if (r >= 0)
		r = SYS(ioctl, fd, SIOCGSKNS);
	if (r >= 0)
		*netns = (int)r;
	SYS(close, fd);
	return r;
}

BOOTSTRAP static int look_around(void *arg)
{
	struct pass *pass = arg;
	struct sbi_eye *eye = pass->eye;
	long dir;

	pass->error = eye->netns >= 0 ? SYS(setns, eye->netns, CLONE_NEWNET) : raise_lo(&pass->found);
	if (pass->error < 0 || !eye->proc_net)
		return 0;
	/* It is that of who opens it. What is open below it stays that of this namespace when we are gone. */
	dir = SYS(openat, AT_FDCWD, eye->proc_net, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	for (int i = 0; i < SBI_EYE_FILES; i++)
		eye->files[i] =
			dir < 0 ? (int)dir : (int)SYS(openat, dir, eye->names[i], O_RDONLY | O_CLOEXEC, 0);
	if (dir >= 0)
		SYS(close, dir);
	return 0;
}

BOOTSTRAP static long send_in(struct pass *pass)
{
	char stack[STACK] __attribute__((aligned(16)));
	struct clone_args args;
	long pid;

	args = (struct clone_args){ .flags = CLONE_VM | CLONE_VFORK | CLONE_FILES,
				    .stack = (uint64_t)(uintptr_t)stack,
				    .stack_size = sizeof(stack) };
	if (pass->eye->netns < 0)
		args.flags |= CLONE_NEWNET;
	pid = sys_clone3(&args, sizeof(args), look_around, pass);
	if (pid < 0)
		return pid;
	/* It never execs and its exit signal is 0: nobody but us can wait for it. */
	SYS(wait4, pid, 0, __WALL, 0);
	return pass->error;
}

int sbi_eye_open(struct sbi_eye *eye)
{
	struct pass pass = { .eye = eye,
			     .found = -EBADF,
			     .error = -ECANCELED /* if it was killed before it had begun */ };
	uint64_t all = ~UINT64_C(0), mask;
	long r;

	for (int i = 0; i < SBI_EYE_FILES; i++)
		eye->files[i] = -EBADF;
	SYS(rt_sigprocmask, SIG_BLOCK, &all, &mask, sizeof(all));
	r = send_in(&pass);
	SYS(rt_sigprocmask, SIG_SETMASK, &mask, 0, sizeof(mask));
	if (r < 0)
		return (int)r;
	if (eye->netns < 0)
		eye->netns = pass.found;
	return 0;
}
