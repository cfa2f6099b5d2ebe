// SPDX-License-Identifier: MIT
/* Programs that do to their standard streams what one does not do. */
#include "judge_programs.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int act_closed(long number)
{
	int fd;

	close(0);
	close(1);
	close(2);
	fd = open("/tmp/file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	return fd == 0 && !put(fd, "x", 1) ? (int)number : BROKEN;
}

/* Nothing can be told about what it does any more; it does it all the same. */
static int act_closed_spins(long number)
{
	(void)number;
	close(0);
	close(1);
	close(2);
	spin_on();
}

static int act_said_then_spins(long number)
{
	char *text = malloc((size_t)number);

	if (!text)
		broken("malloc");
	memset(text, 'y', (size_t)number);
	if (put(1, text, (size_t)number))
		broken("write");
	spin_on();
}

static int act_said_then_dies(long number)
{
	if (put(1, "last words\n", 11))
		broken("write");
	raise((int)number);
	return BROKEN;
}

/*
 * As much in flight as a pipe can take. All pipes of the host's user together may have only so many
 * pages (fs.pipe-user-pages-soft), and tests beside this one may have them for a while.
 */
static int act_grown_pipe(long number)
{
	char *text = calloc(1, (size_t)number);
	int r = fcntl(1, F_SETPIPE_SZ, (int)number);

	for (int tries = 0; r < 0 && errno == EPERM && tries < 3000; tries++) {
		poll(NULL, 0, 10);
		r = fcntl(1, F_SETPIPE_SZ, (int)number);
	}
	if (!text || r < 0)
		broken("F_SETPIPE_SZ");
	return put(1, text, (size_t)number) ? BROKEN : 0;
}

static int act_shrunk_pipe(long number)
{
	static char text[65536];

	if (fcntl(1, F_SETPIPE_SZ, 4096) < 0)
		broken("F_SETPIPE_SZ");
	for (; number > 0; number -= (long)sizeof(text))
		if (put(1, text, sizeof(text)))
			broken("write");
	return 0;
}

/* O_NONBLOCK is of the open file, which nobody else may be sharing. */
static int act_nonblock(long number)
{
	static char text[4096];

	fcntl(1, F_SETFL, O_NONBLOCK | O_ASYNC);
	while (number > 0) {
		ssize_t n = write(1, text, number < 4096 ? (size_t)number : sizeof(text));

		if (n < 0 && errno != EAGAIN)
			broken("write");
		number -= n > 0 ? n : 0;
	}
	return 0;
}

/* A pipe's other end can be had through /proc: it eats its own output, and holds what the host waits on. */
static int act_steal(long number)
{
	char text[4096];
	int fd = open("/proc/self/fd/1", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return errno == EACCES ? (int)number : BROKEN;
	for (int i = 0; i < 100; i++)
		if (put(1, text, sizeof(text)) || (read(fd, text, sizeof(text)) < 0 && errno != EAGAIN))
			broken("steal");
	return (int)number;
}

static int pausing(long number)
{
	(void)number;
	hold();
}

/* Whoever waits for the end of the stream waits for ever. */
static int act_held(long number)
{
	if (put(1, "here\n", 5))
		broken("write");
	orphan(pausing, 0);
	return (int)number;
}

/* Only one of the streams ends. */
static int act_one_closed(long number)
{
	close(1);
	if (put(2, "still here\n", 11))
		broken("write");
	return (int)number;
}

static int act_stdin_ends(long number)
{
	char c;

	return read(0, &c, 1) == 0 ? (int)number : BROKEN;
}

/* Nobody may write to where it reads from. */
static int act_swapped(long number)
{
	char c = 0;

	if (write(0, "x", 1) >= 0 && number)
		broken("stdin took it");
	return read(1, &c, 1) < 0 ? 0 : BROKEN;
}

const struct judged stream_programs[] = {
	{ "closed", act_closed },
	{ "closed-spins", act_closed_spins },
	{ "said-then-spins", act_said_then_spins },
	{ "said-then-dies", act_said_then_dies },
	{ "pipe-grown", act_grown_pipe },
	{ "pipe-shrunk", act_shrunk_pipe },
	{ "nonblock", act_nonblock },
	{ "steal", act_steal },
	{ "held", act_held },
	{ "one-closed", act_one_closed },
	{ "stdin-ends", act_stdin_ends },
	{ "swapped", act_swapped },
	{ NULL, NULL },
};
