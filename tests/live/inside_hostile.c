// SPDX-License-Identifier: MIT
/* What `inside` does to files that the host is about to look at. */
#include "inside.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* "deep=DIR:COUNT": that many directories, each in the one before. */
static void do_deep(const char *arg)
{
	char *dir = strdup(arg), *count = strchr(dir, ':');

	*count++ = '\0';
	if (mkdir(dir, 0700) < 0 || chdir(dir) < 0)
		abort();
	for (int i = atoi(count); i > 0; i--)
		if (mkdir("d", 0700) < 0 || chdir("d") < 0)
			abort();
	free(dir);
}

/* "swap=A:B:C": the three names change places for ever. */
static void do_swap(const char *arg)
{
	char *a = strdup(arg), *b = strchr(a, ':'), *c;

	*b++ = '\0';
	c = strchr(b, ':');
	*c++ = '\0';
	say("swapping\n");
	for (;;) {
		renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE);
		renameat2(AT_FDCWD, b, AT_FDCWD, c, RENAME_EXCHANGE);
	}
}

/* "blink=PATH:TARGET": a link that is there, and is not, for ever. */
static void do_blink(const char *arg)
{
	char *path = strdup(arg), *target = strchr(path, ':');

	*target++ = '\0';
	say("blinking\n");
	for (;;) {
		if (symlink(target, path) == 0)
			unlink(path);
	}
}

/* "grow=PATH": from nothing to 256 KiB, for ever. */
static void do_grow(const char *path)
{
	static char block[16384];
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	say("growing\n");
	for (;;) {
		for (int i = 0; i < 16; i++)
			if (pwrite(fd, block, sizeof(block), i * (off_t)sizeof(block)) < 0)
				abort();
		if (ftruncate(fd, 0) < 0)
			abort();
	}
}

/* "breed=DIR": makes files and directories there for ever, faster than anybody removes them. */
static void do_breed(const char *dir)
{
	char name[60];
	int fd = open(dir, O_DIRECTORY | O_CLOEXEC);

	say("breeding\n");
	for (unsigned i = 0;; i++) {
		snprintf(name, sizeof(name), "%u", i % 1000);
		if (mkdirat(fd, name, 0700) < 0 && errno == ENOENT) { /* DIR is gone */
			close(fd);
			mkdir(dir, 0700);
			fd = open(dir, O_DIRECTORY | O_CLOEXEC);
		}
		snprintf(name, sizeof(name), "%u/f", i % 1000);
		close(openat(fd, name, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	}
}

/* "lease=PATH": holds a lease of the file until it is killed. */
static void do_lease(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	signal(SIGIO, SIG_IGN);
	say("lease=%s\n", fcntl(fd, F_SETLEASE, F_WRLCK) == 0 ? "ok" : strerrorname_np(errno));
}

const struct verb hostile_verbs[] = {
	{"deep", do_deep}, {"swap", do_swap}, {"breed", do_breed}, {"blink", do_blink}, {"grow", do_grow},
	{"lease", do_lease}, {NULL, NULL},
};
