/* SPDX-License-Identifier: MIT */
/* Running another program as a case: its command line, posix_spawn, and its first words when it fails. */
#include "bench.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The full path is found once: looking along PATH is not what is measured. */
static char *find_program(const char *name)
{
	char dirs[] = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin";
	char *dir, *at = dirs, *path;

	if (strchr(name, '/'))
		return access(name, X_OK) == 0 ? strdup(name) : NULL;
	while ((dir = strsep(&at, ":"))) {
		if (asprintf(&path, "%s/%s", dir, name) < 0)
			return NULL;
		if (access(path, X_OK) == 0)
			return path;
		free(path);
	}
	return NULL;
}

struct command *command_new(struct bench_case *c, const struct target *t, const char *program)
{
	struct command *cmd;
	char *path;

	c->run = command_run;
	c->close = command_close;
	path = find_program(program);
	if (!path) {
		snprintf(c->why, sizeof(c->why), "%s is not installed", program);
		return NULL;
	}
	cmd = calloc(1, sizeof(*cmd));
	if (!cmd)
		err(1, "command");
	cmd->argv[cmd->argc++] = path;
	cmd->keep_stdio = t->keep_stdio;
	strcpy(cmd->stdio, "/dev/null");
	c->state = cmd;
	return cmd;
}

void command_add(struct command *cmd, const char *first, ...)
{
	const char *arg;
	va_list ap;

	va_start(ap, first);
	for (arg = first; arg; arg = va_arg(ap, const char *)) {
		if (cmd->argc == BENCH_ARGS)
			errx(1, "%s: too many arguments", cmd->argv[0]);
		cmd->argv[cmd->argc] = strdup(arg);
		if (!cmd->argv[cmd->argc++])
			err(1, "command");
	}
	va_end(ap);
}

static int start(const struct command *cmd, int words, pid_t *pid)
{
	static char path[] = "PATH=/usr/local/bin:/usr/bin:/bin";
	static char *const env[] = { path, NULL };
	posix_spawn_file_actions_t actions;
	int r;

	r = posix_spawn_file_actions_init(&actions);
	if (r)
		return -r;
	if (!cmd->keep_stdio) {
		posix_spawn_file_actions_addopen(&actions, 0, cmd->stdio, O_RDWR, 0);
		posix_spawn_file_actions_adddup2(&actions, 0, 1);
		posix_spawn_file_actions_adddup2(&actions, words >= 0 ? words : 0, 2);
	}
	r = posix_spawn(pid, cmd->argv[0], &actions, NULL, cmd->argv, env);
	posix_spawn_file_actions_destroy(&actions);
	return -r;
}

static int run(const struct command *cmd, int words)
{
	int r, status;
	pid_t pid;

	r = start(cmd, words, &pid);
	if (r < 0)
		return r;
	do
		r = waitpid(pid, &status, 0);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Once more, to hear what it says; only after a failure, so that a run that is timed has no pipe. */
static void explain(struct bench_case *c, int status)
{
	struct command *cmd = c->state;
	char words[256] = "";
	ssize_t n;
	int fds[2];

	snprintf(c->why, sizeof(c->why), "%s ended with status %d", cmd->argv[0], status);
	if (cmd->keep_stdio || pipe2(fds, O_CLOEXEC) < 0)
		return;
	run(cmd, fds[1]);
	close(fds[1]);
	n = read(fds[0], words, sizeof(words) - 1);
	close(fds[0]);
	if (n <= 0)
		return;
	words[strcspn(words, "\n")] = '\0';
	snprintf(c->why, sizeof(c->why), "status %d: %s", status, words);
}

int command_run(struct bench_case *c)
{
	int r;

	r = run(c->state, -1);
	if (r < 0)
		snprintf(c->why, sizeof(c->why), "%s", strerror(-r));
	else if (r > 0)
		explain(c, r);
	return r;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

void command_close(struct bench_case *c)
{
	struct command *cmd = c->state;

	if (!cmd)
		return;
	if (cmd->scratch[0])
		nftw(cmd->scratch, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	for (size_t i = 0; i < cmd->argc; i++)
		free(cmd->argv[i]);
	free(cmd);
	c->state = NULL;
}
