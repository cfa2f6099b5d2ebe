/* SPDX-License-Identifier: MIT */
/* A pool of boxes, what it counts, and what a box that it lends is like. */
#ifndef TESTS_POOL_KIT_H
#define TESTS_POOL_KIT_H

#include "../fixture.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#define DEADLINE_MS 60000 /* only a hang gets there */

/* A box whose commands may leave something: a file in /tmp. */
static inline sb_config *leaving(void)
{
	sb_config *cfg = fx_config("cat=/tmp/left", "write=/tmp/left");

	fx_ok(sb_add_tmpfs(cfg, "/tmp", 0, 0, 01777));
	fx_ok(sb_set_stream_capture(cfg, 1, 65536, 0));
	return cfg;
}

static inline sb_pool *new_pool(const sb_config *cfg, uint32_t size)
{
	sb_error err = SB_INIT(sb_error);
	sb_pool *pool = NULL;

	if (sb_pool_new(cfg, size, &pool, &err) < 0)
		fail_msg("sb_pool_new: %s", err.message);
	return pool;
}

static inline sb_pool_info figures(sb_pool *pool)
{
	sb_pool_info info = SB_INIT(sb_pool_info);

	fx_ok(sb_pool_look(pool, &info));
	return info;
}

#define expect(pool, ready, lent, used, missing) \
	expect_at(pool, ready, lent, used, missing, __FILE__, __LINE__)
static inline void expect_at(sb_pool *pool, uint32_t ready, uint32_t lent, uint32_t used, uint32_t missing,
			     const char *file, int line)
{
	sb_pool_info info = figures(pool);

	if (info.ready != ready || info.lent != lent || info.used != used || info.missing != missing) {
		print_error("ready %u, lent %u, used %u, missing %u\n", info.ready, info.lent, info.used,
			    info.missing);
		_fail(file, line);
	}
}

static inline sb_box *borrow(sb_pool *pool)
{
	sb_error err = SB_INIT(sb_error);
	sb_box *box = NULL;

	if (sb_pool_get(pool, 0, &box, &err) < 0)
		fail_msg("sb_pool_get: %s [step %s] hint: %s", err.message, sb_step_name(err.step), err.hint);
	return box;
}

static inline void give(sb_pool *pool, sb_box *box)
{
	sb_error err = SB_INIT(sb_error);

	if (sb_pool_put(pool, box, &err) < 0)
		fail_msg("sb_pool_put: %s", err.message);
}

/* All that there is to do. Return: how many pieces it was. */
static inline int work(sb_pool *pool)
{
	sb_error err = SB_INIT(sb_error);
	int r, count = 0;

	while ((r = sb_pool_process(pool, &err)) == 1)
		count++;
	if (r < 0)
		fail_msg("sb_pool_process: %s", err.message);
	return count;
}

static inline int is_readable(int fd, int timeout_ms)
{
	struct pollfd p = {fd, POLLIN, 0};

	return poll(&p, 1, timeout_ms) == 1 && (p.revents & POLLIN);
}

/* NULL if a box is as new; it is not, afterwards. For any thread. */
static inline const char *use(sb_box *box, const sb_config *cfg)
{
	sb_result res = SB_INIT(sb_result);
	const char *wrong = NULL;
	const void *out = NULL;
	sb_proc *proc = NULL;
	size_t len = 0;

	if (sb_box_spawn(box, cfg, &proc, NULL) < 0)
		return "nothing can be run in the box";
	if (sb_proc_wait(proc, UINT64_MAX, &res, NULL) != 1 || res.verdict != SB_EXITED || res.code != 0)
		wrong = "the command failed";
	else if (sb_proc_output(proc, 1, &out, &len) < 0 || !memmem(out, len, "write /tmp/left=ok", 18))
		wrong = "the command did nothing";
	else if (!memmem(out, len, "cat /tmp/left=ENOENT", 20))
		wrong = "a file was left in the box";
	sb_proc_free(proc);
	return wrong;
}

static inline void is_as_new(sb_box *box, const sb_config *cfg)
{
	const char *wrong = use(box, cfg);

	if (wrong)
		fail_msg("%s", wrong);
}

/* Children of this process, at most @most of them. Each is the sb-init of a box. */
static inline int children(pid_t *pids, int most)
{
	char path[64], word[32];
	DIR *tasks = opendir("/proc/self/task");
	struct dirent *task;
	int count = 0;

	while (tasks && (task = readdir(tasks))) {
		snprintf(path, sizeof(path), "/proc/self/task/%.16s/children", task->d_name);
		FILE *list = task->d_name[0] == '.' ? NULL : fopen(path, "re");

		while (list && fscanf(list, "%31s", word) == 1) {
			if (count < most)
				pids[count] = (pid_t)atoi(word);
			count++;
		}
		if (list)
			fclose(list);
	}
	if (tasks)
		closedir(tasks);
	return count;
}

static inline int descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	while (dir && readdir(dir))
		count++;
	if (dir)
		closedir(dir);
	return count;
}

#endif
