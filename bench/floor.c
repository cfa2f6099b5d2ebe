/* SPDX-License-Identifier: MIT */
/*
 * The caller's half of the floor: one clone into all namespaces that shares
 * the caller's memory, the id maps, one wait.
 *
 * The yardstick for the library must be as fast as the kernel allows and do all
 * that the library does, so this is written against the kernel and not against
 * the library: no plan, no init process, no reports, no error text. What it
 * leaves out on purpose: the command is itself PID 1, and nobody reaps for it.
 */
#include "floor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

#define STACK_SIZE 65536
#define NOBODY 65534

static int add_entry(struct floor *f, enum floor_kind kind, const char *source, const char *target)
{
	struct floor_entry *e;

	if (f->n_entries == FLOOR_ENTRIES)
		return -E2BIG;
	if (strlen(source) >= sizeof(e->source) || strlen(target) >= sizeof(e->target))
		return -ENAMETOOLONG;
	e = &f->entry[f->n_entries++];
	e->kind = kind;
	strcpy(e->source, source);
	strcpy(e->target, target);
	return 0;
}

static int add_system_path(struct floor *f, const char *path)
{
	char text[256];
	struct stat st;
	ssize_t len;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISLNK(st.st_mode))
		return add_entry(f, S_ISDIR(st.st_mode) ? FLOOR_BIND_DIR : FLOOR_BIND_FILE, path, path + 1);
	len = readlink(path, text, sizeof(text) - 1);
	if (len < 0)
		return -errno;
	text[len] = '\0';
	return add_entry(f, FLOOR_LINK, text, path + 1);
}

int floor_prepare(struct floor *f, const char *file, const char *inside)
{
	static const char *const paths[] = { "/usr",
					     "/bin",
					     "/sbin",
					     "/lib",
					     "/lib32",
					     "/lib64",
					     "/libx32",
					     "/etc/alternatives",
					     "/etc/ld.so.cache" };
	size_t i;
	int r;

	f->outside = geteuid();
	f->outside_gid = getegid();
	f->parent_maps = f->outside == 0;
	if (f->parent_maps)
		f->outside = f->outside_gid = NOBODY;
	if (!f->composed)
		return 0;
	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		r = add_system_path(f, paths[i]);
		if (r < 0)
			return r;
	}
	return file ? add_entry(f, FLOOR_BIND_FILE, file, inside + 1) : 0;
}

static int write_map(pid_t pid, const char *name, unsigned int outside)
{
	char path[64], text[64];
	int fd, r, len;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	len = snprintf(text, sizeof(text), "1000 %u 1\n", outside);
	r = write(fd, text, (size_t)len) == len ? 0 : -errno;
	close(fd);
	return r;
}

/* The child waits on f->go, which is 1 when its ids are mapped and -1 when it is to give up. */
static int release(struct floor *f, pid_t pid)
{
	int r;

	r = write_map(pid, "gid_map", f->outside_gid);
	if (r == 0)
		r = write_map(pid, "uid_map", f->outside);
	__atomic_store_n(&f->go, r < 0 ? -1 : 1, __ATOMIC_RELEASE);
	syscall(SYS_futex, &f->go, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
	return r;
}

/* The raw call: libc's waitid() has no place for the rusage. */
static int reap(struct floor *f, int pidfd)
{
	siginfo_t info;
	long r;

	do
		r = syscall(SYS_waitid, P_PIDFD, pidfd, &info, WEXITED, &f->usage);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return -errno;
	return info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
}

int floor_run(struct floor *f)
{
	static char stack[STACK_SIZE] __attribute__((aligned(16)));
	int flags = CLONE_VM | CLONE_FILES | CLONE_PIDFD | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS |
		    CLONE_NEWIPC | CLONE_NEWUTS | SIGCHLD;
	sigset_t all, before;
	int pidfd, r = 0;
	pid_t pid;

	if (f->network)
		flags |= CLONE_NEWNET;
	if (!f->parent_maps)
		flags |= CLONE_VFORK;
	f->go = 0;
	f->failed = NULL;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	pid = clone(floor_child, stack + sizeof(stack), flags, f, &pidfd);
	if (pid < 0)
		r = -errno;
	else if (f->parent_maps)
		r = release(f, pid);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (pid < 0) {
		f->failed = "clone";
		return r;
	}
	if (r < 0) {
		f->failed = "id maps";
		reap(f, pidfd);
	} else {
		r = reap(f, pidfd);
	}
	close(pidfd);
	/* The child changed its ids while it shared this memory, which made the caller undumpable. */
	if (f->parent_maps)
		prctl(PR_SET_DUMPABLE, 1);
	return f->failed && r >= 0 ? -f->error : r;
}
