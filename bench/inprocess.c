/* SPDX-License-Identifier: MIT */
/* The cases that run in this process: the floor, the library, and no sandbox at all. */
#include "bench.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void (*floor_filter)(struct floor *f);

static int run_floor(struct bench_case *c)
{
	struct floor *f = c->state;
	int r;

	r = floor_run(f);
	if (r < 0)
		snprintf(c->why, sizeof(c->why), "%s: %s", f->failed, strerror(-r));
	return r;
}

static void close_floor(struct bench_case *c)
{
	free(c->state);
}

int floor_open(struct bench_case *c, const struct target *t)
{
	struct floor *f;
	int r;

	f = calloc(1, sizeof(*f));
	c->state = f;
	c->run = run_floor;
	c->close = close_floor;
	if (!f)
		return -1;
	f->composed = c->composed;
	f->network = true;
	f->keep_stdio = t->keep_stdio;
	f->boottime = BENCH_BOOTTIME;
	f->path = c->composed ? t->inside : t->file;
	f->argv = t->argv;
	if (floor_filter)
		floor_filter(f);
	r = floor_prepare(f, t->bind ? t->file : NULL, t->inside);
	if (r < 0)
		snprintf(c->why, sizeof(c->why), "system directories: %s", strerror(-r));
	return r;
}

void need_sandbox(void)
{
	sb_error why = SB_INIT(sb_error);

	if (sb_probe("all", &why) == 1)
		return;
	printf("skipped: %s\n%s\n", why.message, why.hint);
	exit(77);
}

sb_config *bench_config(const struct target *t, bool composed, sb_error *err)
{
	sb_config *cfg;

	cfg = sb_config_new();
	if (!cfg)
		return NULL;
	if (composed) {
		sb_add_system_dirs(cfg);
		if (t->bind)
			sb_add_bind(cfg, t->file, t->inside, SB_MOUNT_RO);
	} else {
		sb_set_rootfs(cfg, "/", SB_MOUNT_RO);
	}
	sb_add_dev(cfg, "/dev");
	sb_add_tmpfs(cfg, "/tmp", 0, 0, 01777);
	sb_add_proc(cfg, "/proc", 0);
	sb_set_boottime(cfg, BENCH_BOOTTIME);
	for (int fd = 0; t->keep_stdio && fd < 3; fd++)
		sb_set_fd(cfg, fd, fd);
	sb_set_command(cfg, composed ? t->inside : t->file, (const char *const *)t->argv);
	if (sb_config_check(cfg, err) < 0)
		cfg = sb_config_free(cfg);
	return cfg;
}

static int run_library(struct bench_case *c)
{
	sb_error error = SB_INIT(sb_error);
	sb_result result = SB_INIT(sb_result);
	sb_proc *proc;
	int r;

	r = sb_spawn(c->state, &proc, &error);
	if (r == 0) {
		r = sb_proc_wait(proc, UINT64_MAX, &result, &error);
		sb_proc_free(proc);
	}
	if (r < 0) {
		snprintf(c->why, sizeof(c->why), "%s %s", error.message, error.hint);
		return r;
	}
	return result.verdict == SB_EXITED ? result.code : 128 + result.code;
}

static void close_library(struct bench_case *c)
{
	c->state = sb_config_free(c->state);
}

int library_open(struct bench_case *c, const struct target *t)
{
	sb_error error = SB_INIT(sb_error);

	c->run = run_library;
	c->close = close_library;
	c->state = bench_config(t, c->composed, &error);
	if (c->state)
		return 0;
	snprintf(c->why, sizeof(c->why), "%s %s", error.message, error.hint);
	return -1;
}

int exec_open(struct bench_case *c, const struct target *t)
{
	struct command *cmd;

	cmd = command_new(c, t, t->file);
	if (!cmd)
		return -1;
	for (size_t i = 1; t->argv[i]; i++)
		command_add(cmd, t->argv[i], NULL);
	return 0;
}
