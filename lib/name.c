/* SPDX-License-Identifier: MIT */
/*
 * The register of sandboxes. The host binds an abstract unix socket,
 * "@libsandbox/UID.USERNS/NAME", and hands it to sb-init, which alone listens on
 * it. So the kernel keeps a name unique, frees it when sb-init ends, and tells
 * whoever connects who it is that listens (SO_PEERCRED, unix(7)). Anybody in the
 * network namespace may bind such a name: nothing is believed but what the
 * kernel says of the peer.
 */
#include "name.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/read_text.h"
#include "error.h"

#define PATIENCE_S 2       /* for a place in the queue of connections, which sb-init empties at once */
#ifndef SO_PEERPIDFD       /* 6.5; where its number is another one, older ways are gone */
#define SO_PEERPIDFD 77
#endif

struct address {
	struct sockaddr_un to;
	socklen_t len;
};

struct peer {
	struct ucred cred;
	int pidfd; /* -EBADF: the kernel does not give it */
};

int sbi_name_valid(const char *name)
{
	size_t len = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

	return len >= 1 && len <= SBI_NAME_MAX && !name[len] && name[0] != '.' && name[0] != '-';
}

/* User ids mean something within one user namespace: two of them may both have a user 0. */
int sbi_name_userns(unsigned long *inode, sb_error *err)
{
	struct stat st;

	if (stat("/proc/thread-self/ns/user", &st) == 0) {
		*inode = (unsigned long)st.st_ino;
		return 0;
	}
	sbi_fail(err, SB_STEP_NAME, 0, errno, "/proc/thread-self/ns/user: %s", strerror(errno));
	sbi_hint(err, "/proc must be mounted");
	return -errno;
}

static int make_address(struct address *a, const char *name, uint32_t uid, sb_error *err)
{
	unsigned long inode;
	int n, r = sbi_name_userns(&inode, err);

	if (r < 0)
		return r;
	memset(a, 0, sizeof(*a));
	a->to.sun_family = AF_UNIX;
	n = snprintf(a->to.sun_path + 1, sizeof(a->to.sun_path) - 1, SBI_NAME_PREFIX "%u.%lu/%s", uid, inode,
		     name);
	a->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n);
	return (size_t)n < sizeof(a->to.sun_path) - 1
		       ? 0
		       : sbi_fail(err, SB_STEP_NAME, 0, ENAMETOOLONG, "the name %s is too long", name);
}

/* Who listens there. Return: 0, or -errno: -ECONNREFUSED if nobody does. */
static int ask(const struct address *a, int wait, struct peer *peer)
{
	sbi_autoclose int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | (wait ? 0 : SOCK_NONBLOCK), 0);
	struct timeval patience = { PATIENCE_S, 0 };
	socklen_t len = sizeof(peer->cred);
	int r;

	peer->pidfd = -EBADF;
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) < 0)
		return -errno;
	do
		r = connect(fd, (const struct sockaddr *)&a->to, a->len);
	while (r < 0 && errno == EINTR);
	if (r < 0 || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer->cred, &len) < 0)
		return -errno;
	len = sizeof(peer->pidfd);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERPIDFD, &peer->pidfd, &len) < 0)
		peer->pidfd = -EBADF;
	return 0;
}

int sbi_pidfd_is_over(int pidfd)
{
	struct pollfd polled = { pidfd, POLLIN, 0 };
	int n;

	do
		n = poll(&polled, 1, 0);
	while (n < 0 && errno == EINTR);
	return n != 0;
}

pid_t sbi_pidfd_pid(int pidfd)
{
	char path[48], text[512];
	const char *at;
	int pid;

	snprintf(path, sizeof(path), "/proc/thread-self/fdinfo/%d", pidfd);
	sbi_read_text(path, text, sizeof(text));
	at = strstr(text, "\nPid:");
	if (!at || sscanf(at, "\nPid: %d", &pid) != 1)
		return -EINVAL;
	return pid > 0 ? pid : -ESRCH;
}

/* A pidfd of who listens; before 6.5 its number is looked up, and must still be that of who listens. */
static int hold_peer(const struct address *a, struct peer *peer)
{
	struct peer again;
	int fd = peer->pidfd, r;

	if (fd >= 0)
		return fd;
	fd = (int)syscall(SYS_pidfd_open, peer->cred.pid, 0);
	if (fd < 0)
		return -errno;
	r = ask(a, 1, &again);
	if (r == 0 && again.cred.pid != peer->cred.pid)
		r = -ECONNREFUSED;
	if (r < 0)
		close(fd);
	return r < 0 ? r : fd;
}

/* How many pid namespaces, from ours on, the process is in, and its number in the last. */
static int depth_of(const char *process, int *number)
{
	char path[48], text[4096], *at, *end;
	int depth = 0;

	snprintf(path, sizeof(path), "/proc/%s/status", process);
	sbi_read_text(path, text, sizeof(text));
	at = strstr(text, "\nNSpid:");
	if (!at)
		return 0;
	at += strlen("\nNSpid:");
	for (;; at = end, depth++) {
		while (*at == '\t' || *at == ' ')
			at++;
		if (*at < '0' || *at > '9')
			return depth;
		*number = (int)strtol(at, &end, 10);
	}
}

/*
 * A sandbox is process 1 of a pid namespace made by somebody right here. A
 * command inside that shares this network and listens under such a name is not:
 * it is a later process of that namespace, or further down.
 */
static int is_sandbox(pid_t pid)
{
	char process[16];
	int number = 0, ours = 0;

	snprintf(process, sizeof(process), "%d", pid);
	return depth_of(process, &number) == depth_of("thread-self", &ours) + 1 && number == 1;
}

int sbi_name_holder(const char *name, uint32_t uid, pid_t *pid)
{
	struct address a;
	struct peer peer;

	if (make_address(&a, name, uid, NULL) < 0 || ask(&a, 0, &peer) < 0)
		return 0;
	sbi_close_fd(&peer.pidfd);
	*pid = peer.cred.pid;
	return *pid && peer.cred.uid == uid && is_sandbox(*pid);
}

static int is_taken(const struct address *a, const char *name, sb_error *err)
{
	struct peer peer;
	int r = ask(a, 0, &peer);

	sbi_close_fd(&peer.pidfd);
	if (r == 0 && peer.cred.pid)
		sbi_fail(err, SB_STEP_NAME, 0, EADDRINUSE, "the name %s is taken by process %d of user %u",
			 name, peer.cred.pid, peer.cred.uid);
	else
		sbi_fail(err, SB_STEP_NAME, 0, EADDRINUSE, "the name %s is taken%s", name,
			 r == -ECONNREFUSED ? " by a sandbox that is just being made" : "");
	sbi_hint(err, "sbx ls shows the names in use; one is free as soon as its sandbox has ended");
	return -EADDRINUSE;
}

int sbi_name_take(const char *name, sb_error *err)
{
	sbi_autoclose int fd = -EBADF;
	struct address a;
	int r = make_address(&a, name, geteuid(), err);

	if (r < 0)
		return r;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd >= 0 && bind(fd, (const struct sockaddr *)&a.to, a.len) == 0)
		return sbi_take_fd(&fd);
	if (fd >= 0 && errno == EADDRINUSE)
		return is_taken(&a, name, err);
	return sbi_fail(err, SB_STEP_NAME, 0, errno, "the socket of the name %s: %s", name, strerror(errno));
}

static int not_found(int code, const char *name, uint32_t uid, sb_error *err)
{
	if (code == EAGAIN)
		return sbi_fail(err, SB_STEP_NAME, 0, code, "the sandbox %s of user %u does not answer", name,
				uid);
	if (code != ECONNREFUSED && code != ESRCH)
		return sbi_fail(err, SB_STEP_NAME, 0, code, "asking for the sandbox %s: %s", name,
				strerror(code));
	sbi_fail(err, SB_STEP_NAME, 0, ENOENT, "there is no sandbox %s of user %u", name, uid);
	sbi_hint(err,
		 "sbx ls shows those that there are, as far as they were made in this network and user namespace");
	return -ENOENT;
}

static int is_impostor(const struct peer *peer, const char *name, uint32_t uid, sb_error *err)
{
	if (!peer->cred.pid)
		sbi_fail(err, SB_STEP_NAME, 0, EPERM,
			 "the name %s is held by a process that cannot be seen from here", name);
	else
		sbi_fail(err, SB_STEP_NAME, 0, EPERM,
			 "the name %s is held by process %d of user %u, which is no sandbox that user %u has made here",
			 name, peer->cred.pid, peer->cred.uid, uid);
	sbi_hint(err,
		 "a sandbox is joined from the pid namespace it was made in; any process that shares this network may hold a name "
		 "(docs/boxes.md)");
	return -EPERM;
}

int sbi_name_find(const char *name, uint32_t uid, sb_error *err)
{
	sbi_autoclose int fd = -EBADF;
	struct address a;
	struct peer peer;
	int r;

	if (uid == SBI_NAME_OWN)
		uid = geteuid();
	r = make_address(&a, name, uid, err);
	if (r < 0)
		return r;
	r = ask(&a, 1, &peer);
	if (r < 0)
		return not_found(-r, name, uid, err);
	if (!peer.cred.pid || peer.cred.uid != uid) {
		sbi_close_fd(&peer.pidfd);
		return is_impostor(&peer, name, uid, err);
	}
	fd = hold_peer(&a, &peer);
	if (fd < 0)
		return not_found(-fd, name, uid, err);
	r = is_sandbox(peer.cred.pid);
	if (sbi_pidfd_is_over(fd)) /* then its number may have been another's */
		return not_found(ESRCH, name, uid, err);
	return r ? sbi_take_fd(&fd) : is_impostor(&peer, name, uid, err);
}
