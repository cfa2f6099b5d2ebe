// SPDX-License-Identifier: MIT
/* The part of `inside` that reads and writes a lot, talks to another one, and sees what terminal it has. */
#include "inside.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n <= 0)
			return -1;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Bytes whose place can be told by looking at them; the tests have the same function. */
static char byte_at(unsigned long at)
{
	return (char)((at * 2654435761UL) >> 13);
}

/* "bytes=FD:N": N such bytes. */
static void do_bytes(const char *arg)
{
	int fd = atoi(arg);
	unsigned long left = strtoul(strchr(arg, ':') + 1, NULL, 10), at = 0;
	char buf[8192];

	while (left) {
		size_t n = left < sizeof(buf) ? left : sizeof(buf);

		for (size_t i = 0; i < n; i++)
			buf[i] = byte_at(at + i);
		if (write_all(fd, buf, n) < 0)
			exit(71);
		at += n;
		left -= n;
	}
}

/* "to=FD:WORD": one write. */
static void do_to(const char *arg)
{
	const char *word = strchr(arg, ':') + 1;

	if (write(atoi(arg), word, strlen(word)) < 0)
		exit(72);
}

/* What comes goes on, until the end. */
static void do_through(const char *arg)
{
	char buf[16384];
	ssize_t n;

	(void)arg;
	while ((n = read(0, buf, sizeof(buf))) > 0)
		if (write_all(1, buf, (size_t)n) < 0)
			exit(73);
}

static void do_flood(const char *arg)
{
	static char buf[65536];
	int fd = atoi(arg);

	for (;;)
		if (write(fd, buf, sizeof(buf)) < 0)
			exit(74);
}

static void do_drain(const char *arg)
{
	char buf[16384];
	long total = 0;
	ssize_t n;

	(void)arg;
	while ((n = read(0, buf, sizeof(buf))) > 0)
		total += n;
	say("drained=%ld\n", total);
}

/* "epipe=FD": writes until it cannot; without SIGPIPE, and says so on descriptor 2. */
static void do_epipe(const char *arg)
{
	char buf[4096] = "";

	signal(SIGPIPE, SIG_IGN);
	while (write(atoi(arg), buf, sizeof(buf)) >= 0)
		;
	dprintf(2, "epipe=%s\n", strerrorname_np(errno));
}

/*
 * Somebody who outlives the command, holds its descriptors and goes on to write: "linger=N", N
 * times or (0) for ever.
 */
static void do_linger(const char *arg)
{
	int n = atoi(arg), up[2];
	char c;

	if (pipe2(up, O_CLOEXEC) < 0 || fork()) {
		close(up[1]);
		if (read(up[0], &c, 1) < 0)
			exit(75);
		return;
	}
	setsid();
	signal(SIGHUP, SIG_IGN);
	for (int i = 0; !n || i < n; i++) {
		if (write(1, "linger\n", 7) < 0)
			_exit(1);
		if ((i == 2 || i == n - 1) && write(up[1], "", 1) < 0)
			_exit(1);
	}
	for (;;)
		pause();
}

/* "reopen=PATH:WORD": opens it for writing, as `> /dev/stdout` does. */
static void do_reopen(const char *arg)
{
	char path[256];
	const char *word = strchr(arg, ':') + 1;
	int fd;

	snprintf(path, sizeof(path), "%.*s", (int)(word - 1 - arg), arg);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, word, strlen(word)) < 0)
		say("reopen=%s\n", strerrorname_np(errno));
	close(fd);
}

static int get_line(char *line, size_t len)
{
	size_t n = 0;

	while (n < len - 1 && read(0, line + n, 1) == 1)
		if (line[n++] == '\n')
			break;
	line[n] = '\0';
	return n ? 1 : 0;
}

/* "ask=N": says a number, expects its double back, N times; exit 1 if something else comes. */
static void do_ask(const char *arg)
{
	char line[64];

	for (int i = 1; i <= atoi(arg); i++) {
		say("%d\n", i);
		if (!get_line(line, sizeof(line)) || atoi(line) != 2 * i)
			exit(1);
	}
}

/* The other side of it. */
static void do_answer(const char *arg)
{
	char line[64];

	(void)arg;
	while (get_line(line, sizeof(line)))
		say("%d\n", 2 * atoi(line));
}

static void do_tty(const char *arg)
{
	char name[256] = "";
	struct winsize ws = {0, 0, 0, 0};
	int fd;

	(void)arg;
	if (ttyname_r(0, name, sizeof(name)))
		snprintf(name, sizeof(name), "none");
	ioctl(0, TIOCGWINSZ, &ws);
	fd = open("/dev/tty", O_RDWR | O_CLOEXEC);
	say("controlling=%s\n", fd < 0 ? strerrorname_np(errno) : "yes");
	say("isatty=%d%d%d\nttyname=%s\nwinsize=%ux%u\nforeground=%d\n", isatty(0), isatty(1), isatty(2),
	    name, ws.ws_col, ws.ws_row, tcgetpgrp(0) == getpgrp());
	if (fd >= 0)
		close(fd);
}

const struct verb stream_verbs[] = {
	{"bytes", do_bytes},       {"to", do_to},       {"through", do_through}, {"flood", do_flood},
	{"drain", do_drain},   {"epipe", do_epipe}, {"linger", do_linger},   {"reopen", do_reopen},
	{"ask", do_ask},       {"answer", do_answer}, {"tty", do_tty},
	{NULL, NULL},
};
