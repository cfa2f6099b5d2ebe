// SPDX-License-Identifier: MIT
/*
 * A frozen box can be ended as it is, by whoever may; and whoever is just starting a command in it
 * never hangs.
 */
#include "../fixture_cgroup.h"
#include "box_kit.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static const uint64_t spaces[] = {SB_NS_ALL, SB_NS_ALL & ~SB_NS_PID};

static void a_command_of_it_is_killed(void **state)
{
	sb_result res = SB_INIT(sb_result);
	struct fx_talk talk, other;
	sb_config *cfg;
	sb_box *box;
	size_t i;

	(void)state;
	fx_cg_need("");
	for (i = 0; i < 2; i++) {
		cfg = fx_cg_config("forks=5", "pause");
		fx_ok(sb_set_ns(cfg, spaces[i]));
		box = open_with(cfg);
		fx_talk_begin(&talk, box, cfg);
		fx_talk_until(&talk, "forks=5 all");
		fx_command(cfg, "say=up", "read=0", "exit=4");
		fx_talk_begin(&other, box, cfg);
		fx_talk_until(&other, "up");
		freeze(box, 1);
		fx_ok(sb_proc_kill(talk.proc));
		fx_talk_end(&talk, &res);
		assert_int_equal(res.verdict, SB_KILLED);
		fx_talk_free(&talk);
		freeze(box, 0);
		fx_talk_go(&other);
		fx_talk_end(&other, &res);
		assert_int_equal(res.code, 4);
		fx_talk_free(&other);
		sb_box_free(box);
		sb_config_free(cfg);
	}
}

static void it_is_killed_and_freed_as_it_is(void **state)
{
	const char *parent;
	struct fx_talk talk;
	sb_config *cfg;
	sb_result res = SB_INIT(sb_result);
	sb_box *box;
	int i;

	(void)state;
	fx_cg_need("");
	parent = fx_cg_parent();
	for (i = 0; i < 4; i++) {
		cfg = fx_cg_config("forks=5", "pause");
		fx_ok(sb_set_ns(cfg, spaces[i % 2]));
		fx_ok(sb_set_cgroup_parent(cfg, parent));
		box = open_with(cfg);
		fx_talk_begin(&talk, box, cfg);
		fx_talk_until(&talk, "forks=5 all");
		freeze(box, 1);
		if (i < 2) {
			kill_box(box);
			fx_talk_end(&talk, &res);
			assert_int_equal(sb_box_freeze(box, 1, NULL), -ESRCH);
		} else {
			close(talk.in);
			close(talk.out);
		}
		fx_talk_free(&talk);
		sb_box_free(box);
		sb_config_free(cfg);
	}
	fx_cg_parent_end();
}

/* The host dies while its box is frozen: sb-init ends it, and sb_gc() finds the directories. */
static void its_host_may_die(void **state)
{
	const char *parent;
	sb_config *cfg;
	sb_proc *proc;
	sb_box *box;
	int p[2], status;
	char c;
	pid_t pid;

	(void)state;
	fx_cg_need("");
	parent = fx_cg_parent();
	cfg = fx_cg_config("say=u", "pause");
	fx_ok(sb_set_cgroup_parent(cfg, parent));
	fx_ok(pipe2(p, O_CLOEXEC));
	fx_ok(sb_set_fd(cfg, 1, p[1]));
	pid = fork();
	if (pid == 0) {
		if (sb_box_open(cfg, &box, NULL) < 0 || sb_box_spawn(box, cfg, &proc, NULL) < 0)
			_exit(1);
		if (sb_box_freeze(box, 1, NULL) < 0)
			_exit(2);
		raise(SIGKILL);
	}
	close(p[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	while (read(p[0], &c, 1) > 0) /* until nobody holds the other end any more */
		;
	close(p[0]);
	while (waitpid(-1, &status, __WALL) > 0)
		;
	assert_int_equal(sb_gc(cfg, NULL), 1);
	sb_config_free(cfg);
	fx_cg_parent_end();
}

struct crowd {
	sb_box *box;
	const sb_config *cfg;
	int started, busy, wrong;
	atomic_int *stop;
};

static void *spawn_on(void *data)
{
	struct crowd *crowd = data;
	sb_proc *proc;
	int r;

	while (!*crowd->stop) {
		r = sb_box_spawn(crowd->box, crowd->cfg, &proc, NULL);
		if (r == 0) {
			crowd->started++;
			crowd->wrong += sb_proc_wait(proc, UINT64_MAX, NULL, NULL) != 1;
			sb_proc_free(proc);
		} else if (r == -EBUSY) {
			crowd->busy++;
			sched_yield();
		} else {
			crowd->wrong++;
		}
	}
	return NULL;
}

/* Whoever is started while another thread freezes is started, or refused, and never hangs half-way. */
static void starting_and_freezing_exclude_each_other(void **state)
{
	struct crowd crowd[2];
	pthread_t thread[2];
	atomic_int stop = 0;
	sb_config *cfg;
	sb_box *box;
	int i;

	(void)state;
	fx_cg_need("");
	cfg = fx_cg_config("exit=0");
	box = open_with(cfg);
	for (i = 0; i < 2; i++) {
		crowd[i] = (struct crowd){.box = box, .cfg = cfg, .stop = &stop};
		assert_int_equal(pthread_create(&thread[i], NULL, spawn_on, &crowd[i]), 0);
	}
	for (i = 0; i < 40; i++) {
		freeze(box, 1);
		freeze(box, 0);
	}
	stop = 1;
	for (i = 0; i < 2; i++) {
		pthread_join(thread[i], NULL);
		assert_int_equal(crowd[i].wrong, 0);
	}
	sb_box_free(box);
	sb_config_free(cfg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(a_command_of_it_is_killed),
		FX_TEST(it_is_killed_and_freed_as_it_is),
		FX_TEST(its_host_may_die),
		FX_TEST(starting_and_freezing_exclude_each_other),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
