/* SPDX-License-Identifier: MIT */
/* --run: starts the program, waits, and gives the box back whatever happens. */
#include "isolate.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* For on_death(). */
static struct box *given;
static sb_proc *running;
static bool keep_special;

static void take_back(void)
{
	struct box *box = given;

	given = NULL;
	if (box)
		box_take_back(box, keep_special);
}

/* Nothing may run in the box while it is taken back. */
static void abandon(void)
{
	running = sb_proc_free(running);
	take_back();
}

static int open_signals(void)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		die("sigprocmask: %s", strerror(errno));
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		die("signalfd: %s", strerror(errno));
	return fd;
}

/* Return: the signal that ended the wait, or 0. */
static int wait_for(sb_proc *proc, int signals, sb_result *res)
{
	struct pollfd fds[2] = { { sb_proc_fd(proc), POLLIN, 0 }, { signals, POLLIN, 0 } };
	struct signalfd_siginfo info;
	sb_error err = SB_INIT(sb_error);
	int r = 0, signal = 0;

	if (fds[0].fd < 0)
		die("no descriptor to wait for the program: %s", strerror(-fds[0].fd));
	while (r == 0) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			die("poll: %s", strerror(errno));
		if (read(signals, &info, sizeof(info)) == sizeof(info)) {
			signal = (int)info.ssi_signo;
			sb_proc_kill(proc);
		}
		r = sb_proc_process(proc, res, &err);
	}
	if (r < 0)
		die_error(&err);
	return signal;
}

static void show_plan(const struct request *req, const sb_config *cfg)
{
	ssize_t len = req->verbose > 1 ? sb_config_dump(cfg, NULL, 0, NULL) : -1;
	char *plan;

	if (len < 0)
		return;
	plan = must(malloc((size_t)len + 1));
	if (sb_config_dump(cfg, plan, (size_t)len + 1, NULL) >= 0)
		fputs(plan, stderr);
	free(plan);
}

/* What is no verdict on the program. */
static void check_verdict(const sb_proc *proc, const sb_result *res, int signal)
{
	sb_error err = SB_INIT(sb_error);

	if (signal)
		die("ended by signal %d", signal);
	if (res->verdict == SB_NOT_STARTED && sb_proc_error(proc, &err) == 0)
		die_error(&err);
	if (res->verdict == SB_NOT_STARTED || res->verdict == SB_LOST || res->verdict == SB_KILLED)
		die("the sandbox was ended from outside");
}

int run_program(const struct request *req, const struct settings *settings, struct box *box)
{
	sb_result res = SB_INIT(sb_result);
	sb_error err = SB_INIT(sb_error);
	int signals, signal;
	sb_config *cfg;

	if (!box->ready)
		die("box %u is not there: --init makes it", req->box_id);
	given = box;
	keep_special = req->special_files;
	on_death(abandon);
	cfg = describe(req, settings, box);
	box_give(box);
	show_plan(req, cfg);
	signals = open_signals();
	if (sb_spawn(cfg, &running, &err) < 0)
		die_error(&err);
	say(req, "process %d, set up", (int)sb_proc_pid(running));
	signal = wait_for(running, signals, &res);
	take_back();
	check_verdict(running, &res, signal);
	running = sb_proc_free(running);
	sb_config_free(cfg);
	close(signals);
	return meta_result(req, &res);
}
