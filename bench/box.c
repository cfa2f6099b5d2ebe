/* SPDX-License-Identifier: MIT */
/* Runs in an open box, and their floor: vfork, exec and wait. */
#include "box.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECOND UINT64_C(1000000000)
#define MIB (UINT64_C(1) << 20)

int vfork_run(const char *path, char *const argv[])
{
	static char *const env[] = { NULL };
	int r, status;
	pid_t pid;

	pid = vfork();
	if (pid < 0)
		return -errno;
	if (pid == 0) {
		execve(path, argv, env);
		_exit(127);
	}
	do
		r = waitpid(pid, &status, 0);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int run_vfork(struct bench_case *c)
{
	const struct target *t = c->state;
	int r = vfork_run(t->file, t->argv);

	if (r < 0)
		snprintf(c->why, sizeof(c->why), "%s", strerror(-r));
	return r;
}

int vfork_open(struct bench_case *c, const struct target *t)
{
	c->run = run_vfork;
	c->state = (void *)t;
	return 0;
}

static void set_limits(sb_config *cfg, bool controllers)
{
	sb_set_limit(cfg, SB_LIMIT_CPU, SECOND, 0);
	sb_set_limit(cfg, SB_LIMIT_WALL, 3 * SECOND, 0);
	sb_set_rlimit(cfg, "nofile", 64, 64);
	sb_set_rlimit(cfg, "stack", 64 * MIB, 64 * MIB);
	sb_set_rlimit(cfg, "fsize", 16 * MIB, 16 * MIB);
	if (controllers) {
		sb_set_limit(cfg, SB_LIMIT_MEMORY, 256 * MIB, 0);
		sb_set_limit(cfg, SB_LIMIT_PIDS, 64, 0);
	} else {
		sb_set_rlimit(cfg, "as", 256 * MIB, 256 * MIB);
		sb_set_rlimit(cfg, "nproc", 64, 64);
	}
}

static int try_open(struct box *b, const struct target *t, unsigned int what)
{
	sb_error error = SB_INIT(sb_error);
	int r;

	b->cfg = bench_config(t, true, &error);
	if (!b->cfg) {
		snprintf(b->why, sizeof(b->why), "%s", error.message);
		return -EINVAL;
	}
	if (what & BOX_HOST_NET)
		sb_set_ns(b->cfg, SB_NS_ALL & ~SB_NS_NET);
	if (!(what & BOX_FILTER))
		sb_set_seccomp(b->cfg, "none");
	if (what & BOX_LEAF)
		sb_set_cgroup_flags(b->cfg, SB_CGROUP_ACCOUNT);
	if (what & BOX_LIMITS)
		set_limits(b->cfg, !b->no_controllers);
	for (int fd = 1; (what & BOX_CAPTURE) && !t->keep_stdio && fd < 3; fd++)
		sb_set_stream_capture(b->cfg, fd, MIB, 0);
	r = sb_box_open(b->cfg, &b->box, &error);
	if (r < 0)
		snprintf(b->why, sizeof(b->why), "%s", error.message);
	return r;
}

/*
 * What a machine without controllers of cgroup v2 can do is found out by a run, but not where runs
 * are looked at.
 */
int box_open(struct box *b, const struct target *t, unsigned int what)
{
	int r;

	*b = (struct box){ .no_controllers = t->keep_stdio };
	r = try_open(b, t, what);
	if (!(what & BOX_LIMITS) || b->no_controllers)
		return r;
	if (r == 0)
		r = box_run(b);
	if (r >= 0)
		return 0;
	box_close(b);
	b->no_controllers = true;
	return try_open(b, t, what);
}

int box_run(struct box *b)
{
	sb_error error = SB_INIT(sb_error);
	sb_result result = SB_INIT(sb_result);
	const void *data;
	size_t len;
	sb_proc *proc;
	int r;

	r = sb_box_spawn(b->box, b->cfg, &proc, &error);
	if (r == 0) {
		r = sb_proc_wait(proc, UINT64_MAX, &result, &error);
		for (int fd = 1; fd < 3; fd++)
			sb_proc_output(proc, fd, &data, &len);
		sb_proc_free(proc);
	}
	if (r < 0) {
		snprintf(b->why, sizeof(b->why), "%s", error.message);
		return r;
	}
	return result.verdict == SB_EXITED ? result.code : 128 + result.code;
}

int box_renew(struct box *b)
{
	sb_error error = SB_INIT(sb_error);
	int r;

	r = sb_box_reset(b->box, &error);
	if (r < 0)
		snprintf(b->why, sizeof(b->why), "%s", error.message);
	return r;
}

void box_close(struct box *b)
{
	b->box = sb_box_free(b->box);
	b->cfg = sb_config_free(b->cfg);
}

static int run_warm(struct bench_case *c)
{
	struct box *b = c->state;
	int r = box_run(b);

	if (r < 0)
		snprintf(c->why, sizeof(c->why), "%s", b->why);
	return r;
}

static void close_warm(struct bench_case *c)
{
	struct box *b = c->state;

	if (b)
		box_close(b);
	free(b);
	c->state = NULL;
}

int warm_open(struct bench_case *c, const struct target *t)
{
	struct box *b = calloc(1, sizeof(*b));
	int r;

	c->state = b;
	c->run = run_warm;
	c->close = close_warm;
	if (!b)
		return -1;
	r = box_open(b, t, c->box);
	if (r < 0)
		snprintf(c->why, sizeof(c->why), "%s", b->why);
	return r < 0 ? -1 : 0;
}
