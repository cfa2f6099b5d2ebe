// SPDX-License-Identifier: MIT
/* What `inside` tries that Landlock, capabilities and securebits are there to refuse. */
#include "inside.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define answer(verb, arg, ok) say(verb " %s=%s\n", arg, (ok) ? "ok" : strerrorname_np(errno))

/* "append=PATH": opens it to write, without truncating it. */
static void do_append(const char *path)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);

	answer("append", path, fd >= 0);
	if (fd >= 0)
		close(fd);
}

static void do_truncate(const char *path)
{
	answer("truncate", path, truncate(path, 1) == 0);
}

static void do_reg(const char *path)
{
	answer("reg", path, mknod(path, S_IFREG | 0644, 0) == 0);
}

static void do_fifo(const char *path)
{
	answer("fifo", path, mknod(path, S_IFIFO | 0644, 0) == 0);
}

static void do_sock(const char *path)
{
	answer("sock", path, mknod(path, S_IFSOCK | 0644, 0) == 0);
}

/* Not 0:0, a whiteout: that takes no capability, but before 6.18 or so Landlock lets it pass. */
static void do_chr(const char *path)
{
	answer("chr", path, mknod(path, S_IFCHR | 0644, makedev(1, 3)) == 0);
}

static void do_blk(const char *path)
{
	answer("blk", path, mknod(path, S_IFBLK | 0644, makedev(7, 0)) == 0);
}

static void do_sym(const char *path)
{
	answer("sym", path, symlink("nowhere", path) == 0);
}

static void do_rmdir(const char *path)
{
	answer("rmdir", path, rmdir(path) == 0);
}

/* "rename=FROM:TO" */
static void do_rename(const char *arg)
{
	char from[4096];
	const char *to = strchr(arg, ':');

	snprintf(from, sizeof(from), "%.*s", (int)(to - arg), arg);
	answer("rename", arg, rename(from, to + 1) == 0);
}

static void do_ioctl(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), size[2];

	answer("ioctl", path, fd >= 0 && ioctl(fd, TIOCGWINSZ, size) == 0);
	if (fd >= 0)
		close(fd);
}

static int tcp(const char *port, struct sockaddr_in *at)
{
	*at = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
	at->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static void do_bind(const char *port)
{
	struct sockaddr_in at;
	int fd = tcp(port, &at);

	answer("bind", port, fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0);
	close(fd);
}

static void do_connect(const char *port)
{
	struct sockaddr_in at;
	int fd = tcp(port, &at);

	answer("connect", port, fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0);
	close(fd);
}

/* "abstract=NAME": connects to that abstract UNIX socket. */
static void do_abstract(const char *name)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(at.sun_path + 1, sizeof(at.sun_path) - 1, "%s", name);
	answer("abstract", name,
	       connect(fd, (struct sockaddr *)&at,
		       (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name))) == 0);
	close(fd);
}

/* "kill=PID": may it be signalled? */
static void do_kill(const char *pid)
{
	answer("kill", pid, kill(atoi(pid), 0) == 0);
}

static void do_keepcaps(const char *on)
{
	answer("keepcaps", on, prctl(PR_SET_KEEPCAPS, atol(on), 0, 0, 0) == 0);
}

static void do_securebits(const char *bits)
{
	answer("securebits", bits, prctl(PR_SET_SECUREBITS, strtol(bits, NULL, 0), 0, 0, 0) == 0);
}

/* The cookie of core scheduling, 0 for none. */
static void do_cookie(const char *arg)
{
	unsigned long long cookie = 0;

	(void)arg;
	if (prctl(62 /* PR_SCHED_CORE */, 0 /* GET */, 0, 0 /* PIDTYPE_PID */, &cookie) < 0)
		say("cookie=%s\n", strerrorname_np(errno));
	else
		say("cookie=%s\n", cookie ? "some" : "none");
}

/* "syscalls=NUMBER,NUMBER…": each without arguments, and how it answers. */
static void do_syscalls(const char *arg)
{
	char *end;

	for (long number; *arg; arg = *end ? end + 1 : end) {
		number = strtol(arg, &end, 10);
		say("syscall %ld=%s\n", number,
		    syscall(number, 0, 0, 0, 0, 0, 0) < 0 ? strerrorname_np(errno) : "ok");
	}
}

const struct verb confine_verbs[] = {
	{ "append", do_append },
	{ "truncate", do_truncate },
	{ "reg", do_reg },
	{ "fifo", do_fifo },
	{ "sock", do_sock },
	{ "chr", do_chr },
	{ "blk", do_blk },
	{ "sym", do_sym },
	{ "rmdir", do_rmdir },
	{ "rename", do_rename },
	{ "ioctl", do_ioctl },
	{ "bind", do_bind },
	{ "connect", do_connect },
	{ "abstract", do_abstract },
	{ "kill", do_kill },
	{ "keepcaps", do_keepcaps },
	{ "securebits", do_securebits },
	{ "cookie", do_cookie },
	{ "syscalls", do_syscalls },
	{ NULL, NULL },
};
