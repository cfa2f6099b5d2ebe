/* SPDX-License-Identifier: MIT */
/* The options about standard input, output and error: where they lead, and a copy on the way. */
#include "sbx.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define LOG 3

static const char *const names[] = { "--stdin", "--stdout", "--stderr", "--log" };

void streams_init(struct run *run)
{
	run->streams = (struct stream_wishes){
		.limit = { UINT64_MAX, UINT64_MAX, UINT64_MAX },
		.fds = { -1, -1, -1, -1 },
	};
}

static int take_stream(struct run *run, int fd, const char *arg)
{
	run->streams.where[fd] = arg;
	return *arg ? 0 : refuse(run, "the name of the file is empty");
}

static int opt_stdin(struct run *run, const char *arg)
{
	return take_stream(run, 0, arg);
}

static int opt_stdout(struct run *run, const char *arg)
{
	return take_stream(run, 1, arg);
}

static int opt_stderr(struct run *run, const char *arg)
{
	return take_stream(run, 2, arg);
}

static int opt_stderr_to_stdout(struct run *run, const char *arg)
{
	(void)arg;
	run->stderr_to_stdout = true;
	return 0;
}

static int opt_log(struct run *run, const char *arg)
{
	run->streams.log = arg;
	return *arg ? 0 : refuse(run, "the name of the file is empty");
}

static const char *path_inside(const char *where)
{
	return where && strncmp(where, "inside:", 7) == 0 ? where + 7 : NULL;
}

static bool has_limit(const struct run *run)
{
	return run->streams.together || run->streams.limit[1] != UINT64_MAX ||
	       run->streams.limit[2] != UINT64_MAX;
}

/* Our own descriptor is in the way: it is read, counted and passed on. */
static bool is_carried(const struct run *run)
{
	return run->streams.log || has_limit(run);
}

static int contradiction(const char *message, const char *hint)
{
	complain(message, hint);
	return -EINVAL;
}

static int check(const struct run *run)
{
	const struct stream_wishes *wishes = &run->streams;

	if (wishes->where[0] && run->interactive)
		return contradiction("--stdin contradicts --interactive", NULL);
	if (wishes->where[2] && run->stderr_to_stdout)
		return contradiction("--stderr contradicts --stderr-to-stdout", NULL);
	if (wishes->truncate && (wishes->together || !has_limit(run)))
		return contradiction("--output-truncate needs limits for each stream, and no common one",
				     "--output-limit stdout=SIZE --output-limit stderr=SIZE");
	if (run->stderr_to_stdout && wishes->limit[2] != UINT64_MAX)
		return contradiction("a limit for stderr contradicts --stderr-to-stdout", NULL);
	if (run->tty && has_limit(run))
		return contradiction("--output-limit contradicts --tty: a terminal is not counted", NULL);
	if (is_carried(run) && (path_inside(wishes->where[1]) || path_inside(wishes->where[2])))
		return contradiction("what is written to a file inside is neither counted nor copied",
				     "--ulimit fsize=SIZE limits files");
	return 0;
}

static int complain_file(int which, const char *where, int error)
{
	char text[512];

	snprintf(text, sizeof(text), "%s %.400s: %s", names[which], where, strerror(error));
	complain(text, NULL);
	return -EINVAL;
}

/* A setter that refused left its own words. */
static int complain_setter(const struct run *run, int which)
{
	sb_error err = SB_INIT(sb_error);
	char text[512];

	sb_config_check(run->cfg, &err);
	snprintf(text, sizeof(text), "%s: %.400s", names[which],
		 err.code ? setter_message(&err) : "out of memory");
	complain(text, err.hint);
	return -EINVAL;
}

/* --dry-run empties no file. Return: 0, or -errno after a complaint. */
static int open_host(struct run *run, int which, const char *where)
{
	int flags = which == 0 ? O_RDONLY : O_WRONLY | O_CREAT | O_TRUNC;
	int *fd = &run->streams.fds[which];

	if (run->dry_run)
		where = "/dev/null";
	*fd = open(where, flags | O_NOCTTY | O_CLOEXEC, 0666);
	return *fd < 0 ? complain_file(which, where, errno) : 0;
}

static int set_inside(struct run *run, int fd)
{
	int flags = fd == 0 ? O_RDONLY : O_WRONLY | O_CREAT | O_TRUNC;

	return sb_set_stream_path(run->cfg, fd, path_inside(run->streams.where[fd]), flags, 0666);
}

static int set_input(struct run *run)
{
	const struct stream_wishes *wishes = &run->streams;

	if (path_inside(wishes->where[0]))
		return set_inside(run, 0);
	if (wishes->where[0])
		return sb_set_fd(run->cfg, 0, wishes->fds[0]);
	return run->interactive && !run->tty ? sb_set_fd(run->cfg, 0, 0) : 0;
}

static int set_output(struct run *run, int which)
{
	const struct stream_wishes *wishes = &run->streams;
	uint64_t flags = wishes->truncate ? SB_STREAM_DROP : 0;
	int fd = wishes->where[which] ? wishes->fds[which] : which;

	if (which == 2 && run->stderr_to_stdout)
		return sb_set_stream_same(run->cfg, 2, 1);
	if (path_inside(wishes->where[which]))
		return set_inside(run, which);
	if (!wishes->where[which] && run->tty)
		return 0;
	if (!is_carried(run))
		return sb_set_fd(run->cfg, which, fd);
	return sb_set_stream_copy(run->cfg, which, fd, wishes->fds[LOG], wishes->limit[which], flags);
}

static int open_all(struct run *run)
{
	for (int which = 0; which <= LOG; which++) {
		const char *where = which == LOG ? run->streams.log : run->streams.where[which];
		int r;

		if (!where || path_inside(where))
			continue;
		r = open_host(run, which, where);
		if (r < 0)
			return r;
	}
	return 0;
}

int streams_finish(struct run *run)
{
	int r = check(run);

	if (r == 0)
		r = open_all(run);
	if (r < 0)
		return r;
	if (set_input(run) < 0)
		return complain_setter(run, 0);
	for (int which = 1; which <= 2; which++)
		if (set_output(run, which) < 0)
			return complain_setter(run, which);
	return 0;
}

int streams_log_fd(const struct run *run)
{
	return run->streams.fds[LOG];
}

/* A reader that went away has what it wanted; a full disk is a failure. */
static int complain_broken(const struct run *run, sb_proc *proc, int fd)
{
	sb_stream stream = SB_INIT(sb_stream);
	char text[512];

	if (!proc || sb_proc_stream(proc, fd, &stream) < 0 || stream.error == 0 || stream.error == EPIPE)
		return 0;
	snprintf(text, sizeof(text), "cannot write all of the command's standard %s%s%.300s: %s",
		 fd == 1 ? "output" : "error", run->streams.log ? ", or its copy in " : "",
		 run->streams.log ? run->streams.log : "", strerror(stream.error));
	complain(text, NULL);
	return -EIO;
}

int streams_close(struct run *run, sb_proc *proc)
{
	int r = complain_broken(run, proc, 1);

	if (complain_broken(run, proc, 2) < 0)
		r = -EIO;
	for (int which = 0; which <= LOG; which++) {
		int *fd = &run->streams.fds[which];

		/* Some file systems find out only now that there is no room. */
		if (*fd >= 0 && close(*fd) < 0)
			r = complain_file(which, which == LOG ? run->streams.log : run->streams.where[which],
					  errno);
		*fd = -1;
	}
	return r < 0 ? -EIO : 0;
}

const struct option_row stream_options[] = {
	{ "stdin", 0, "FILE", 0, opt_stdin, "read from FILE; inside:PATH: a file of the sandbox" },
	{ "stdout", 0, "FILE", 0, opt_stdout, "write to FILE, emptied before; or inside:PATH" },
	{ "stderr", 0, "FILE", 0, opt_stderr, "the same for standard error" },
	{ "stderr-to-stdout", 0, NULL, 0, opt_stderr_to_stdout, "both are one stream, as 2>&1 makes them" },
	{ "log", 0, "FILE", 0, opt_log, "a copy of standard output and error, or the terminal, in FILE" },
	{ 0 },
};
