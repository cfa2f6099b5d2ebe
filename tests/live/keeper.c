// SPDX-License-Identifier: MIT
/* A process of its own that keeps a box, for tests of those who join it. */
#include "keeper.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* In the other process: nothing of cmocka. */
static int keep(sb_config *cfg, sb_config *command, int ask, int answer)
{
	sb_error err = SB_INIT(sb_error);
	sb_proc *proc = NULL;
	sb_box *box = NULL;
	int news[2], bytes = 1;
	char byte;

	news[0] = sb_box_open(cfg, &box, &err);
	if (news[0] == 0 && command)
		news[0] = sb_box_spawn(box, command, &proc, &err);
	news[1] = box ? sb_box_pid(box) : 0;
	if (news[0] < 0)
		fprintf(stderr, "# keeper: %s\n", err.message);
	if (write(answer, news, sizeof(news)) != sizeof(news))
		bytes = 0;
	if (news[0] == 0 && bytes)
		bytes = (int)read(ask, &byte, 1);
	sb_proc_free(proc);
	sb_box_free(box);
	sb_config_free(cfg);
	sb_config_free(command);
	return 0;
}

void keeper_go(struct keeper *k, sb_config *cfg, sb_config *command)
{
	int ask[2], answer[2];

	fx_ok(pipe2(ask, O_CLOEXEC));
	fx_ok(pipe2(answer, O_CLOEXEC));
	fflush(NULL);
	k->process = fork();
	assert_true(k->process >= 0);
	if (k->process == 0) {
		close(ask[1]);
		close(answer[0]);
		_exit(keep(cfg, command, ask[0], answer[1]));
	}
	close(ask[0]);
	close(answer[1]);
	k->ask = ask[1];
	k->answer = answer[0];
	k->init = 0;
	k->pidfd = -1;
	sb_config_free(cfg);
	sb_config_free(command);
}

void keeper_opened(struct keeper *k)
{
	int news[2];

	assert_int_equal(read(k->answer, news, sizeof(news)), sizeof(news));
	k->code = news[0];
	if (k->code < 0)
		return;
	k->init = news[1];
	k->pidfd = (int)syscall(SYS_pidfd_open, k->init, 0);
	assert_true(k->pidfd >= 0);
}

void keeper_begin(struct keeper *k, sb_config *cfg, sb_config *command)
{
	keeper_go(k, cfg, command);
	keeper_opened(k);
	if (k->code < 0)
		fail_msg("the keeper has no box: %s", strerror(-k->code));
}

/* From then on the box's sb-init is our child, if it is left: not before, though it may have ended. */
static void reap(struct keeper *k)
{
	int status;

	close(k->ask);
	assert_int_equal(waitpid(k->process, &status, 0), k->process);
}

static void forget(struct keeper *k)
{
	close(k->answer);
	if (k->pidfd >= 0)
		close(k->pidfd);
}

void keeper_end(struct keeper *k)
{
	if (k->code == 0)
		/* another keeper may have a copy of the descriptor */
		assert_int_equal(write(k->ask, "q", 1), 1);
	reap(k);
	forget(k);
}

void keeper_die(struct keeper *k)
{
	struct pollfd gone = {k->pidfd, POLLIN, 0};

	kill(k->process, SIGKILL);
	reap(k);
	if (k->pidfd >= 0)
		assert_int_equal(poll(&gone, 1, 60000), 1);
	if (k->init)
		waitpid(k->init, NULL, 0);
	forget(k);
}

sb_config *joiner_v(const struct keeper *k, const char *const args[])
{
	sb_config *cfg = sb_config_new();

	fx_ok(sb_set_join(cfg, k->pidfd));
	fx_ok(sb_set_command(cfg, "/inside", NULL));
	fx_command_v(cfg, args);
	return cfg;
}
