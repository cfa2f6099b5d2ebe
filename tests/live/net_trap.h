/* SPDX-License-Identifier: MIT */
/*
 * A host whose conversations with the kernel's netlink are overheard: before each call a
 * function of the test's is asked, which may fail it, or do something behind the host's back.
 *
 * The filter (seccomp) holds for the calling thread and what it starts, so all of it is done
 * in a child, by fx_in_child(); the function runs in a thread of its own, without filter.
 */
#ifndef TESTS_NET_TRAP_H
#define TESTS_NET_TRAP_H

#include "net_kit.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#ifndef SECCOMP_FILTER_FLAG_NEW_LISTENER
#define SECCOMP_FILTER_FLAG_NEW_LISTENER (1UL << 3)
#endif

struct net_trap {
	int (*at)(unsigned number); /* before call @number, from 1: 0 = go on, or the errno it fails with */
	atomic_uint count;          /* of calls; set to 0 to begin again */
	atomic_int listener;
	pid_t host;
};

static struct net_trap net_trap;

static int net_trap_is_netlink(int fd)
{
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);

	return getsockname(fd, (struct sockaddr *)&address, &len) == 0 && address.ss_family == AF_NETLINK;
}

static void *net_trap_listen(void *arg)
{
	union {
		struct seccomp_notif notif;
		char room[256];
	} in;
	union {
		struct seccomp_notif_resp resp;
		char room[256];
	} out;

	(void)arg;
	while (net_trap.listener < 0)
		sched_yield();
	for (;;) {
		memset(&in, 0, sizeof(in));
		memset(&out, 0, sizeof(out));
		if (ioctl(net_trap.listener, SECCOMP_IOCTL_NOTIF_RECV, &in) < 0)
			continue;
		out.resp.id = in.notif.id;
		if (in.notif.pid == (unsigned)net_trap.host &&
		    net_trap_is_netlink((int)in.notif.data.args[0]))
			out.resp.error = -net_trap.at(++net_trap.count);
		if (!out.resp.error)
			out.resp.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
		ioctl(net_trap.listener, SECCOMP_IOCTL_NOTIF_SEND, &out);
	}
	return NULL;
}

/*
 * From now on every @call (SYS_sendto, SYS_recvmsg) of this thread on a netlink socket is asked
 * about. NULL or why not.
 */
static inline const char *net_trap_begin(long call, int (*at)(unsigned number))
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)call, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(filter) / sizeof(filter[0]), filter};
	pthread_t thread;

	net_trap.at = at;
	net_trap.host = (pid_t)syscall(SYS_gettid);
	net_trap.listener = -1;
	net_trap.count = 0;
	if (pthread_create(&thread, NULL, net_trap_listen, NULL))
		return "no thread";
	net_trap.listener = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
					 SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
	return net_trap.listener < 0 ? "skip: no seccomp listener can be had" : NULL;
}

#endif
