/* SPDX-License-Identifier: MIT */
/* Work on one cgroup directory: read, write, list, kill, wait, remove. */
#include "cgroup_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/auto.h"

#define PATIENCE_MS 5000 /* for killed processes to be gone */
#define ROUNDS 1000      /* of killing one by one: each finds what was forked meanwhile */

ssize_t sbi_cg_read(int dir, const char *file, char *buf, size_t len)
{
	sbi_autoclose int fd = openat(dir, file, O_RDONLY | O_CLOEXEC);
	size_t used = 0;
	ssize_t n = 0;

	buf[0] = '\0';
	if (fd < 0)
		return -errno;
	while (used < len - 1 && (n = read(fd, buf + used, len - 1 - used)) > 0)
		used += (size_t)n;
	buf[used] = '\0';
	return n < 0 ? -errno : (ssize_t)used;
}

ssize_t sbi_cg_read_all(int dir, const char *file, char **text)
{
	char *bigger;
	ssize_t n;

	*text = NULL;
	for (size_t room = 4096;; room *= 4) {
		bigger = realloc(*text, room);
		n = -ENOMEM;
		if (!bigger)
			break;
		*text = bigger;
		n = sbi_cg_read(dir, file, *text, room);
		if (n < 0)
			break;
		if (n < (ssize_t)room - 1)
			return n;
	}
	free(*text);
	*text = NULL;
	return n;
}

int sbi_cg_write(int dir, const char *file, const char *text)
{
	sbi_autoclose int fd = openat(dir, file, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	return write(fd, text, strlen(text)) < 0 ? -errno : 0;
}

int64_t sbi_cg_key(const char *text, const char *key)
{
	size_t n = strlen(key);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, key, n) && line[n] == ' ')
			return strtoll(line + n + 1, NULL, 10);
	}
	return -ENODATA;
}

int64_t sbi_cg_flag(int dir, const char *file, const char *key)
{
	char text[1024];
	ssize_t n = sbi_cg_read(dir, file, text, sizeof(text));

	return n < 0 ? n : sbi_cg_key(text, key);
}

int sbi_cg_open(int parent, const char *name)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* Call @visit for each cgroup right below @dir, until it answers other than 0. */
static int each_child(int dir, int (*visit)(int dir, const char *name, void *data), void *data)
{
	int again = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
	DIR *stream = again < 0 ? NULL : fdopendir(again);
	struct dirent *entry;

	if (!stream) {
		r = -errno;
		sbi_close_fd(&again);
		return r;
	}
	while (r == 0 && (entry = readdir(stream)))
		if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
			r = visit(dir, entry->d_name, data);
	closedir(stream);
	return r;
}

struct pid_list {
	pid_t *pids;
	size_t room, count;
};

static void list_pids(FILE *file, struct pid_list *list)
{
	int pid;

	while (fscanf(file, "%d", &pid) == 1) {
		if (list->count < list->room)
			list->pids[list->count] = pid;
		list->count++;
	}
}

static int add_pids(int parent, const char *name, void *data)
{
	sbi_autoclose int dir = sbi_cg_open(parent, name);
	int fd = dir < 0 ? -1 : openat(dir, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "re");

	if (!file) {
		int r = fd < 0 ? 0 : -errno; /* it may just have been removed */

		sbi_close_fd(&fd);
		return r;
	}
	list_pids(file, data);
	fclose(file);
	return each_child(dir, add_pids, data);
}

ssize_t sbi_cg_pids(int dir, pid_t *pids, size_t room)
{
	struct pid_list list = { pids, room, 0 };
	int r = add_pids(dir, ".", &list);

	return r < 0 ? r : (ssize_t)list.count;
}

/*
 * SIGKILL to those that are still in the list after their pidfd was opened:
 * a pid that was given to another process meanwhile is not in it.
 */
static ssize_t kill_once(int dir)
{
	enum { MANY = 256 };
	pid_t before[MANY], after[MANY];
	ssize_t n = sbi_cg_pids(dir, before, MANY), left;
	int fds[MANY];

	if (n <= 0)
		return n;
	n = n < MANY ? n : MANY;
	for (ssize_t i = 0; i < n; i++)
		fds[i] = before[i] > 0 ? (int)syscall(SYS_pidfd_open, before[i], 0) : -1;
	left = sbi_cg_pids(dir, after, MANY);
	for (ssize_t i = 0; i < n; i++) {
		for (ssize_t k = 0; k < left && k < MANY; k++)
			if (fds[i] >= 0 && after[k] == before[i])
				syscall(SYS_pidfd_send_signal, fds[i], SIGKILL, NULL, 0);
		sbi_close_fd(&fds[i]);
	}
	return n;
}

/* Frozen, so that a fork bomb stands still; frozen processes can be killed. */
static int kill_one_by_one(int dir)
{
	ssize_t n = 1;

	sbi_cg_write(dir, "cgroup.freeze", "1");
	for (int round = 0; round < ROUNDS && n > 0; round++)
		n = kill_once(dir);
	sbi_cg_write(dir, "cgroup.freeze", "0");
	return n < 0 ? (int)n : n > 0 ? -EAGAIN : 0;
}

/*
 * cgroup.kill sends its SIGKILL to first threads. One that has ended gets
 * nothing, and its process goes on (seen up to 6.18): those are left, and are
 * killed by their numbers. What they forked meanwhile is the next round's.
 */
int sbi_cg_kill(int dir)
{
	int r;

	for (int round = 0; round < 3; round++) {
		r = sbi_cg_write(dir, "cgroup.kill", "1");
		if (r == -ENOENT)
			return kill_one_by_one(dir);
		if (r < 0 || kill_once(dir) <= 0)
			return r;
	}
	return r;
}

int sbi_cg_wait(int events, const char *key, int64_t value, int timeout_ms)
{
	struct pollfd polled = { events, POLLPRI, 0 };
	char text[256];
	ssize_t n;
	int r;

	for (;;) {
		n = pread(events, text, sizeof(text) - 1, 0);
		if (n < 0)
			return errno == ENODEV ? 1 : -errno; /* ENODEV: the cgroup is gone */
		text[n] = '\0';
		if (sbi_cg_key(text, key) == value)
			return 1;
		r = poll(&polled, 1, timeout_ms);
		if (r == 0)
			return 0;
		if (r < 0 && errno != EINTR)
			return -errno;
	}
}

static int remove_child(int parent, const char *name, void *data)
{
	sbi_autoclose int dir = sbi_cg_open(parent, name);

	(void)data;
	if (dir >= 0)
		each_child(dir, remove_child, NULL);
	unlinkat(parent, name, AT_REMOVEDIR); /* the outermost one tells whether it worked */
	return 0;
}

int sbi_cg_remove(int parent, const char *name)
{
	sbi_autoclose int dir = -EBADF, events = -EBADF;
	int r;

	if (unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	if (errno != EBUSY)
		return -errno;
	dir = sbi_cg_open(parent, name);
	if (dir < 0)
		return dir == -ENOENT ? 0 : dir;
	events = openat(dir, "cgroup.events", O_RDONLY | O_CLOEXEC);
	if (events < 0)
		return -errno;
	if (sbi_cg_flag(dir, "cgroup.events", "populated") == 1)
		sbi_cg_kill(dir);
	r = sbi_cg_wait(events, "populated", 0, PATIENCE_MS);
	if (r <= 0)
		return r < 0 ? r : -EBUSY;
	each_child(dir, remove_child, NULL);
	return unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT ? 0 : -errno;
}
