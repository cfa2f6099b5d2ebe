/* SPDX-License-Identifier: MIT */
/* The options about the command itself: environment, directory, limits, descriptors, terminal. */
#include "parse.h"
#include "sbx.h"

#include <errno.h>
#include <string.h>

static int opt_workdir(struct run *run, const char *arg)
{
	return sb_set_cwd(run->cfg, arg);
}

static int opt_argv0(struct run *run, const char *arg)
{
	run->argv0 = arg;
	return 0;
}

static int opt_env(struct run *run, const char *arg)
{
	return sb_add_env(run->cfg, arg);
}

/* Docker's format: NAME=value or NAME a line; blank lines and those that start with # do not count. */
static int opt_env_file(struct run *run, const char *arg)
{
	AUTOFREE char *line = NULL;
	size_t size = 0;
	ssize_t len;
	int r = 0;
	FILE *from;

	from = fopen(arg, "re");
	if (!from)
		return refuse_errno(run);
	while (r == 0 && (len = getline(&line, &size, from)) > 0) {
		if (line[len - 1] == '\n')
			line[--len] = '\0';
		if (strlen(line) != (size_t)len)
			r = refuse(run, "there is a NUL byte in it");
		else if (len > 0 && line[0] != '#')
			r = sb_add_env(run->cfg, line);
	}
	if (r == 0 && ferror(from))
		r = refuse(run, "cannot be read");
	fclose(from);
	return r;
}

static int opt_clearenv(struct run *run, const char *arg)
{
	(void)arg;
	run->clear_env = true;
	return 0;
}

static int limit_value(const char *text, uint64_t *out)
{
	if (strcmp(text, "unlimited") == 0) {
		*out = UINT64_MAX;
		return 0;
	}
	return parse_size(text, out);
}

static int opt_ulimit(struct run *run, const char *arg)
{
	AUTOFREE char *copy = strdup(arg);
	char *name, *soft_text, *hard_text;
	uint64_t soft, hard;

	if (!copy)
		return -ENOMEM;
	hard_text = copy;
	name = strsep(&hard_text, "=");
	soft_text = strsep(&hard_text, ":");
	if (!*name || !soft_text)
		return refuse(run, "expected NAME=SOFT[:HARD]");
	if (limit_value(soft_text, &soft) < 0)
		return refuse(run, "the soft limit is neither a number nor \"unlimited\"");
	hard = soft;
	if (hard_text && limit_value(hard_text, &hard) < 0)
		return refuse(run, "the hard limit is neither a number nor \"unlimited\"");
	return sb_set_rlimit(run->cfg, name, soft, hard);
}

static int opt_nice(struct run *run, const char *arg)
{
	int64_t nice;

	if (parse_i64(arg, &nice) < 0 || nice < -20 || nice > 19)
		return refuse(run, "expected a number from -20 to 19");
	return sb_set_nice(run->cfg, (int)nice);
}

static int opt_umask(struct run *run, const char *arg)
{
	uint32_t mask;

	if (parse_octal(arg, 0777, &mask) < 0)
		return refuse(run, "expected an octal number up to 777");
	return sb_set_umask(run->cfg, mask);
}

static int opt_interactive(struct run *run, const char *arg)
{
	(void)arg;
	run->interactive = true;
	return 0;
}

static int opt_tty(struct run *run, const char *arg)
{
	(void)arg;
	run->tty = true;
	return terminal_describe(run->cfg);
}

static int opt_preserve_fds(struct run *run, const char *arg)
{
	AUTOFREE char *copy = strdup(arg);
	char *rest = copy, *word;
	int fd, r;

	if (!copy)
		return -ENOMEM;
	while ((word = next_word(&rest)) != NULL) {
		if (parse_fd(word, &fd) < 0 || fd < 3)
			return refuse(run, "expected descriptor numbers from 3 on, with commas between them");
		if (!fd_is_inherited(fd))
			return refuse(run, "the descriptor is not open");
		r = sb_set_fd(run->cfg, fd, fd);
		if (r < 0)
			return r;
	}
	return 0;
}

static int opt_no_aslr(struct run *run, const char *arg)
{
	(void)arg;
	return sb_set_aslr(run->cfg, 0);
}

static int opt_no_tsc(struct run *run, const char *arg)
{
	(void)arg;
	return sb_set_tsc(run->cfg, 0);
}

static int opt_affinity(struct run *run, const char *arg)
{
	return sb_set_affinity(run->cfg, arg);
}

static int opt_random_seed(struct run *run, const char *arg)
{
	if (!*arg)
		return refuse(run, "is empty");
	return sb_set_random_seed(run->cfg, arg, strlen(arg));
}

const struct option_row command_options[] = {
	{ "workdir", 'w', "DIR", ROW_LATE, opt_workdir, "start in DIR (default /)" },
	{ "argv0", 0, "NAME", 0, opt_argv0, "what the command is told its name is" },
	{ "env", 'e', "NAME[=VALUE]", ROW_LATE, opt_env, "set a variable, or take it over from here" },
	{ "env-file", 0, "FILE", ROW_LATE, opt_env_file, "the same for each line of FILE" },
	{ "clearenv", 0, NULL, 0, opt_clearenv, "begin with no variable at all" },
	{ "ulimit", 0, "NAME=SOFT[:HARD]", ROW_LATE, opt_ulimit,
	  "a resource limit: nofile=64:128, as=1g, core=0" },
	{ "nice", 0, "N", ROW_LATE, opt_nice, "scheduling priority, -20 to 19" },
	{ "umask", 0, "MASK", ROW_LATE, opt_umask, "file mode creation mask (default 022)" },
	{ "interactive", 'i', NULL, 0, opt_interactive, "connect standard input (else it is /dev/null)" },
	{ "tty", 't', NULL, ROW_MOUNT, opt_tty, "give the command a terminal of its own" },
	{ "affinity", 0, "LIST", 0, opt_affinity, "run on these CPUs: 0-2,7; without a cgroup" },
	{ "no-aslr", 0, NULL, 0, opt_no_aslr, "its addresses are the same each time" },
	{ "no-tsc", 0, NULL, 0, opt_no_tsc, "the time stamp counter cannot be read" },
	{ "random-seed", 0, "TEXT", 0, opt_random_seed, "/dev/random is made from TEXT, the same each time" },
	{ "preserve-fds", 0, "LIST", 0, opt_preserve_fds, "pass these descriptors on: 3,4" },
	{ 0 },
};
