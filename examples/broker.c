/* SPDX-License-Identifier: MIT */
/*
 * A broker for system calls: the command has no network, and still connects to the addresses
 * that are named, since the connection is made here and put in the place of its socket. Every
 * file that it opens or executes is written down: what a build depends on.
 *	broker [-a ADDRESS:PORT]... COMMAND [ARGUMENT]...
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sandbox/sandbox.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_ALLOWED 32

static struct sockaddr_storage allowed[MAX_ALLOWED];
static size_t allowed_count;
static char **lines; /* what was done, to be sorted */
static size_t line_count;

static void note(const char *what, const char *path)
{
	lines = reallocarray(lines, line_count + 1, sizeof(*lines));
	if (!lines || asprintf(&lines[line_count++], "%-8s %s", what, path) < 0)
		errx(125, "out of memory");
}

static void allow(const char *text)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found;
	char *host = strdup(text), *port = host ? strrchr(host, ':') : NULL;

	if (!port)
		errx(125, "%s: ADDRESS:PORT expected", text);
	*port++ = '\0';
	if (getaddrinfo(host, port, &hints, &found) != 0)
		errx(125, "%s: no such address", text);
	for (struct addrinfo *at = found; at && allowed_count < MAX_ALLOWED; at = at->ai_next)
		memcpy(&allowed[allowed_count++], at->ai_addr, at->ai_addrlen);
	freeaddrinfo(found);
	free(host);
}

/* "127.0.0.1:80"; the length of the address, or 0 if it is not one of IP. */
static socklen_t address_text(const struct sockaddr_storage *to, char buf[128])
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)to;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)to;
	int is_v4 = to->ss_family == AF_INET;
	char host[INET6_ADDRSTRLEN];

	if (!is_v4 && to->ss_family != AF_INET6)
		return 0;
	inet_ntop(to->ss_family, is_v4 ? (const void *)&v4->sin_addr : &v6->sin6_addr, host, sizeof(host));
	snprintf(buf, 128, is_v4 ? "%s:%d" : "[%s]:%d", host, ntohs(is_v4 ? v4->sin_port : v6->sin6_port));
	return is_v4 ? sizeof(*v4) : sizeof(*v6);
}

static int is_allowed(const char *text)
{
	char other[128];

	for (size_t i = 0; i < allowed_count; i++)
		if (address_text(&allowed[i], other) && strcmp(text, other) == 0)
			return 1;
	return 0;
}

/* Make the connection here, as the caller's socket @theirs would: the same kind, and as patient. */
static int connect_here(int theirs, const struct sockaddr_storage *to, socklen_t len)
{
	struct timeval patience = { .tv_sec = 10 };
	int type = 0, ours;

	if (getsockopt(theirs, SOL_SOCKET, SO_TYPE, &type, &(socklen_t){ sizeof(type) }) < 0 ||
	    type != SOCK_STREAM)
		return -EACCES;
	ours = socket(to->ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (ours < 0)
		return -errno;
	setsockopt(ours, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (connect(ours, (const struct sockaddr *)to, len) < 0) {
		type = errno == EINPROGRESS ? ETIMEDOUT : errno;
		close(ours);
		return -type;
	}
	fcntl(ours, F_SETFL, fcntl(theirs, F_GETFL));
	return ours;
}

static void on_connect(sb_proc *proc, const sb_notification *call)
{
	struct sockaddr_storage to = { .ss_family = AF_UNSPEC };
	size_t len = call->args[2] < sizeof(to) ? call->args[2] : sizeof(to);
	int theirs, ours = -EACCES, r;
	char text[128];

	/* A copy is judged and used: what the command changes in its memory meanwhile is of no use to it. */
	if (sb_notify_read(proc, call, call->args[1], &to, len) != (ssize_t)len) {
		sb_notify_error(proc, call, EFAULT);
		return;
	}
	if (len < address_text(&to, text) || !address_text(&to, text)) {
		/* AF_UNIX and the like: its network is empty, nothing is granted */
		sb_notify_continue(proc, call);
		return;
	}
	theirs = sb_notify_open_fd(proc, call, (int)call->args[0]);
	if (theirs >= 0 && is_allowed(text))
		ours = connect_here(theirs, &to, address_text(&to, text));
	note(ours >= 0 ? "connect" : "refused", text);
	r = ours >= 0 ? sb_notify_put_fd(proc, call, ours, (int)call->args[0], 0) : ours;
	if (r < 0)
		sb_notify_error(proc, call, -r);
	else
		sb_notify_value(proc, call, 0);
	if (theirs >= 0)
		close(theirs);
	if (ours >= 0)
		close(ours);
}

/* A look only: the answer does not depend on it. */
static void on_path(sb_proc *proc, const sb_notification *call)
{
	int at = strcmp(call->name, "openat") == 0 || strcmp(call->name, "openat2") == 0;
	char path[4096], base[4096] = "", link[64], whole[8200];
	ssize_t len;

	if (sb_notify_read_string(proc, call, call->args[at], path, sizeof(path)) >= 0) {
		snprintf(link, sizeof(link), "/proc/%d/cwd", (int)call->pid);
		if (at && (int)call->args[0] != AT_FDCWD)
			snprintf(link, sizeof(link), "/proc/%d/fd/%d", (int)call->pid, (int)call->args[0]);
		len = path[0] == '/' ? 0 : readlink(link, base, sizeof(base) - 1);
		base[len > 0 ? len : 0] = '\0';
		snprintf(whole, sizeof(whole), "%s%s%s", base, base[0] && base[len - 1] != '/' ? "/" : "",
			 path);
		if (sb_notify_is_valid(proc, call) == 1) /* else it was another process's directory */
			note(strncmp(call->name, "exec", 4) == 0 ? "execute" : "open", whole);
	}
	sb_notify_continue(proc, call);
}

static int serve(sb_proc *proc, sb_result *res, sb_error *error)
{
	struct pollfd fds[2] = { { sb_proc_notify_fd(proc), POLLIN, 0 }, { sb_proc_fd(proc), POLLIN, 0 } };
	sb_notification call = SB_INIT(sb_notification);
	int r = 0;

	while (r == 0) {
		poll(fds, 2, -1);
		while (fds[0].revents && (r = sb_notify_receive(proc, &call, error)) == 1)
			(strcmp(call.name, "connect") == 0 ? on_connect : on_path)(proc, &call);
		if (r == -ENOENT)
			fds[0].fd = -1; /* nobody is left who could call */
		r = fds[1].revents ? sb_proc_process(proc, res, error) : 0;
	}
	return r;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int main(int argc, char **argv)
{
	sb_config *cfg = sb_config_new();
	sb_error error = SB_INIT(sb_error);
	sb_result res = SB_INIT(sb_result);
	sb_proc *proc = NULL;
	int option;

	while ((option = getopt(argc, argv, "+a:")) == 'a')
		allow(optarg);
	if (option != -1 || optind == argc || !cfg)
		errx(125, "usage: broker [-a ADDRESS:PORT]... COMMAND [ARGUMENT]...");
	sb_add_system_dirs(cfg);
	sb_add_proc(cfg, "/proc", 0);
	sb_add_dev(cfg, "/dev");
	sb_add_tmpfs(cfg, "/tmp", 0, 0, 01777);
	for (int fd = 0; fd < 3; fd++)
		sb_set_fd(cfg, fd, fd);
	sb_add_seccomp(cfg, "notify connect ?open openat openat2 execve");
	sb_set_command(cfg, NULL, (const char *const *)argv + optind);
	if (sb_spawn(cfg, &proc, &error) < 0 || serve(proc, &res, &error) < 0)
		errx(125, "%s\n%s", error.message, error.hint);
	qsort(lines, line_count, sizeof(*lines), by_text);
	for (size_t i = 0; i < line_count; i++)
		if (i == 0 || strcmp(lines[i], lines[i - 1]) != 0)
			fprintf(stderr, "%s\n", lines[i]);
	sb_proc_free(proc);
	sb_config_free(cfg);
	return res.verdict == SB_EXITED ? res.code : 128 + res.code;
}
