// SPDX-License-Identifier: MIT
/* Why a test cannot run here: each need is tried for real in a child, and the answer kept. */
#include "fixture.h"
#include "fixture_tap.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* AppArmor may allow the first and then refuse everything in it. */
static int try_sandbox(void)
{
	if (fx_who() == FX_ROOT)
		return 0;
#ifdef __SANITIZE_THREAD__ /* a process with its runtime's thread may not unshare; the other builds look */
	return 0;
#endif
	return unshare(CLONE_NEWUSER) < 0 || unshare(CLONE_NEWNS) < 0 ? errno : 0;
}

static int try_ptrace(void)
{
	return ptrace(PTRACE_TRACEME) < 0 ? errno : 0;
}

static int try_time(void)
{
	return access("/proc/self/ns/time", F_OK) < 0 ? errno : 0;
}

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		_exit(errno);
	close(fd);
}

/* In a user namespace of its own, for that is where the library mounts when it has no privilege. */
static int try_overlay(void)
{
	char users[64], groups[64];

	snprintf(users, sizeof(users), "0 %u 1", geteuid());
	snprintf(groups, sizeof(groups), "0 %u 1", getegid());
	if (unshare((fx_who() == FX_ROOT ? 0 : CLONE_NEWUSER) | CLONE_NEWNS) < 0)
		return errno;
	if (fx_who() != FX_ROOT) {
		put("/proc/self/setgroups", "deny");
		put("/proc/self/uid_map", users);
		put("/proc/self/gid_map", groups);
	}
	if (mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("t", fx_tmp(), "tmpfs", 0, NULL) < 0 || chdir(fx_tmp()) < 0 || mkdir("l", 0755) < 0 ||
	    mkdir("u", 0755) < 0 || mkdir("w", 0755) < 0 ||
	    mount("o", "l", "overlay", 0, "lowerdir=l,upperdir=u,workdir=w") < 0)
		return errno;
	return 0;
}

static int put_map(pid_t pid, const char *file)
{
	char path[64];
	int fd, r;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	r = fd < 0 || write(fd, "0 200000 1000", 13) < 0 ? errno : 0;
	close(fd);
	return r;
}

/* MOUNT_ATTR_IDMAP on a copy of the mount of the tests' directory: tmpfs knows it since 6.3. */
static int idmap_mount(pid_t pid)
{
	struct {
		uint64_t set, clear, propagation, userns_fd;
	} attr = {0x00100000, 0, 0, 0};
	char path[64];
	int userns, tree, r;

	snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)pid);
	userns = open(path, O_RDONLY | O_CLOEXEC);
	if (userns < 0)
		return errno;
	attr.userns_fd = (uint64_t)userns;
	tree = (int)syscall(SYS_open_tree, AT_FDCWD, fx_tmp(), 1 /* OPEN_TREE_CLONE */ | O_CLOEXEC);
	r = tree < 0 || syscall(442 /* mount_setattr */, tree, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0
		    ? errno
		    : 0;
	close(tree);
	close(userns);
	return r;
}

/*
 * With a process that holds a user namespace until it sees the end of the pipe; cloned into it,
 * because unshare() refuses a process with a sanitizer's thread.
 */
static int try_idmap(void)
{
	uint64_t args[8] = {CLONE_NEWUSER, 0, 0, 0, SIGCHLD}; /* struct clone_args */
	int p[2], r;
	char end;
	pid_t pid;

	if (pipe(p) < 0)
		return errno;
	pid = (pid_t)syscall(SYS_clone3, args, sizeof(args));
	if (pid < 0)
		return errno;
	if (pid == 0) {
		close(p[1]);
		_exit(read(p[0], &end, 1) != 0);
	}
	r = put_map(pid, "uid_map");
	r = r ? r : put_map(pid, "gid_map");
	r = r ? r : idmap_mount(pid);
	close(p[1]);
	waitpid(pid, NULL, 0);
	return r;
}

static int try_keyring(void)
{
	return syscall(SYS_keyctl, 0 /* KEYCTL_GET_KEYRING_ID */, -3 /* session */, 0) < 0 && errno == ENOSYS
		       ? errno
		       : 0;
}

static int try_mqueue(void)
{
	return access("/proc/sys/fs/mqueue", F_OK) < 0 ? errno : 0;
}

static int try_newuidmap(void)
{
	const char *user = getenv("USER");
	char line[256], id[32];
	int found = 0;
	FILE *f;

	if (access("/usr/bin/newuidmap", X_OK) < 0 || access("/usr/bin/newgidmap", X_OK) < 0)
		return ENOENT;
	snprintf(id, sizeof(id), "%u:", (unsigned)getuid());
	f = fopen("/etc/subuid", "re");
	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, id, strlen(id)) ||
		    (user && !strncmp(line, user, strlen(user)) && line[strlen(user)] == ':'))
			found = 1;
	if (f)
		fclose(f);
	return found ? 0 : ERANGE;
}

static int try_root(void)
{
	return fx_who() == FX_ROOT ? 0 : EPERM;
}

static int try_ordinary(void)
{
	return fx_who() == FX_USER ? 0 : EPERM;
}

static int try_privilege(void)
{
	return fx_who() == FX_USER ? EPERM : 0;
}

static struct {
	const char *what;
	const char *else_say;
	int (*probe)(void);
	int known;
	int answer;
} needs[] = {
	{"sandbox", "no user namespace with privilege in it can be made", try_sandbox, 0, 0},
	{"ptrace", "processes may not be traced", try_ptrace, 0, 0},
	{"root", "runs as root of the machine only", try_root, 0, 0},
	{"user", "runs as an ordinary user only", try_ordinary, 0, 0},
	{"privilege", "needs CAP_SYS_ADMIN", try_privilege, 0, 0},
	{"ns.time", "the kernel has no time namespaces", try_time, 0, 0},
	{"overlay", "overlayfs cannot be mounted", try_overlay, 0, 0},
	{"idmap", "the file system of the tests' directory cannot be idmapped", try_idmap, 0, 0},
	{"newuidmap", "newuidmap or a range of this user in /etc/subuid is missing", try_newuidmap, 0, 0},
	{"keyring", "the kernel has no keyrings", try_keyring, 0, 0},
	{"mqueue", "the kernel has no POSIX message queues", try_mqueue, 0, 0},
};

void fx_skip(const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fx_tap_reason(text);
	print_message("# skipped: %s\n", text);
	skip();
	abort(); /* skip() does not return, which its declaration does not say */
}

static int ask(int (*probe)(void))
{
	int status;
	pid_t pid;

	pid = fork();
	if (pid == 0)
		_exit(probe());
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : EIO;
}

void fx_need(const char *what)
{
	size_t i;

	for (i = 0; i < sizeof(needs) / sizeof(needs[0]); i++) {
		if (strcmp(needs[i].what, what))
			continue;
		if (!needs[i].known)
			needs[i].answer = ask(needs[i].probe);
		needs[i].known = 1;
		if (needs[i].answer)
			fx_skip("%s (%s)", needs[i].else_say, strerror(needs[i].answer));
		return;
	}
	fail_msg("fx_need(\"%s\"): no such need", what);
}
