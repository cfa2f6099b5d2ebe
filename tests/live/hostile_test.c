// SPDX-License-Identifier: MIT
/* Hosts that make it hard: the library works in them, or says why not, and leaves them as they are. */
#include "box_kit.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void ends_with_7(int times)
{
	sb_config *cfg = fx_config("exit=7");
	sb_result res = SB_INIT(sb_result);

	while (times-- > 0) {
		fx_wait(fx_spawn(cfg), &res);
		assert_int_equal(res.verdict, SB_EXITED);
		assert_int_equal(res.code, 7);
		assert_true(res.has & SB_HAS_CODE);
	}
	sb_config_free(cfg);
}

static void sigchld_ignored(void **state)
{
	(void)state;
	signal(SIGCHLD, SIG_IGN);
	ends_with_7(20);
	signal(SIGCHLD, SIG_DFL);
}

static void sigchld_without_zombies(void **state)
{
	struct sigaction sa = {.sa_handler = SIG_DFL, .sa_flags = SA_NOCLDWAIT};

	(void)state;
	sigaction(SIGCHLD, &sa, NULL);
	ends_with_7(20);
	signal(SIGCHLD, SIG_DFL);
}

static void reap_all(int sig)
{
	int saved = errno;

	(void)sig;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	errno = saved;
}

static void a_handler_that_reaps_everything(void **state)
{
	(void)state;
	signal(SIGCHLD, reap_all);
	ends_with_7(50);
	signal(SIGCHLD, SIG_DFL);
}

static atomic_int stop;

static void *reaper(void *arg)
{
	(void)arg;
	while (!atomic_load(&stop))
		if (waitpid(-1, NULL, __WALL | WNOHANG) <= 0)
			sched_yield();
	return NULL;
}

static void a_thread_that_waits_for_any_child(void **state)
{
	pthread_t t;

	(void)state;
	atomic_store(&stop, 0);
	fx_ok(pthread_create(&t, NULL, reaper, NULL));
	ends_with_7(100);
	atomic_store(&stop, 1);
	pthread_join(t, NULL);
}

static void all_signals_blocked(void **state)
{
	sigset_t all, old, now;
	const char *out;
	int i;

	(void)state;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	out = fx_output(fx_config("signals"));
	pthread_sigmask(SIG_SETMASK, &old, &now);
	for (i = 1; i < 32; i++)
		assert_true(i == SIGKILL || i == SIGSTOP || sigismember(&now, i));
	fx_is(out, "blocked", "");
}

static void ignored_signals_are_not_inherited(void **state)
{
	const char *out;

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	signal(SIGUSR1, SIG_IGN);
	out = fx_output(fx_config("signals"));
	signal(SIGPIPE, SIG_DFL);
	signal(SIGUSR1, SIG_DFL);
	fx_is(out, "ignored", "");
}

static void umask_0777(void **state)
{
	sb_config *cfg =
		fx_config("where", "stat=/d", "stat=/d/e", "stat=/f", "stat=/t", "stat=/", "stat=/inside");
	const char *out;

	(void)state;
	fx_ok(sb_add_dir(cfg, "/d/e", 0750));
	fx_ok(sb_add_file(cfg, "/f", "x", 1, 0640));
	fx_ok(sb_add_tmpfs(cfg, "/t", 0, 0, 01777));
	umask(0777);
	out = fx_output(cfg);
	assert_int_equal(umask(022), 0777);
	fx_is(out, "umask", "0022");
	fx_has(out, "stat /d=040755 ");
	fx_has(out, "stat /d/e=040750 1000:1000 ");
	fx_has(out, "stat /f=100640 1000:1000 1 ");
	fx_has(out, "stat /t=041777 1000:1000 ");
	fx_has(out, "stat /=040755 ");
}

static struct {
	sb_config *cfg;
	sb_proc *proc;
} handed;

static void *spawn_and_end(void *arg)
{
	(void)arg;
	if (sb_spawn(handed.cfg, &handed.proc, NULL) < 0)
		handed.proc = NULL;
	return NULL;
}

/* PR_SET_PDEATHSIG would follow the thread. */
static void the_spawning_thread_ends(void **state)
{
	sb_result res = SB_INIT(sb_result);
	pthread_t t;
	int in[2];

	(void)state;
	fx_ok(pipe(in));
	handed.cfg = fx_config("read=0", "exit=7");
	fx_ok(sb_set_fd(handed.cfg, 0, in[0]));
	fx_ok(pthread_create(&t, NULL, spawn_and_end, NULL));
	fx_ok(pthread_join(t, NULL));
	assert_non_null(handed.proc);
	assert_int_equal(sb_proc_wait(handed.proc, 20 * 1000000, NULL, NULL), 0);
	assert_int_equal(write(in[1], "x", 1), 1);
	fx_wait(handed.proc, &res);
	assert_int_equal(res.verdict, SB_EXITED);
	assert_int_equal(res.code, 7);
	sb_config_free(handed.cfg);
	close(in[0]);
	close(in[1]);
}

static void a_host_full_of_descriptors_and_secrets(void **state)
{
	sb_config *cfg = fx_config("fds", "needle=hidden-from-the-sandbox");
	const char *out;
	int fds[200], i;

	(void)state;
	fx_ok(sb_add_proc(cfg, "/proc", 0));
	for (i = 0; i < 200; i++)
		fds[i] = open("/dev/null", O_RDONLY); /* not CLOEXEC */
	setenv("FX_SECRET", "hidden-from-the-sandbox", 1);
	out = fx_output(cfg);
	unsetenv("FX_SECRET");
	for (i = 0; i < 200; i++)
		close(fds[i]);
	fx_is(out, "fds", "0 1 2");
	fx_is(out, "seen", "2");
	fx_is(out, "found", "0");
}

/* It is stopped before its exec, or after it: its limit holds, and nobody waits for it in vain. */
static void who_is_stopped_on_its_way_holds_up_nobody(void **state)
{
	sb_config *cfg = fx_config("stop-others"), *victim = fx_config("exit=3");
	sb_proc *stopper, *proc;
	char word[16];
	sb_box *box;
	int out[2];

	(void)state;
	fx_ok(pipe2(out, O_CLOEXEC));
	fx_ok(sb_set_fd(cfg, 1, out[1]));
	fx_ok(sb_set_limit(victim, SB_LIMIT_WALL, 3000000, 0));
	box = open_with(cfg);
	fx_ok(sb_box_spawn(box, cfg, &stopper, NULL));
	close(out[1]);
	assert_true(read(out[0], word, sizeof(word)) > 0);
	for (int i = 0; i < 50; i++) {
		sb_result res = SB_INIT(sb_result);

		fx_ok(sb_box_spawn(box, victim, &proc, NULL));
		fx_wait(proc, &res);
		if (res.verdict != SB_WALL_EXCEEDED)
			assert_int_equal(res.verdict, SB_EXITED);
	}
	sb_proc_free(stopper);
	sb_box_free(box);
	sb_config_free(victim);
	sb_config_free(cfg);
	close(out[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(who_is_stopped_on_its_way_holds_up_nobody),
		FX_TEST(sigchld_ignored),
		FX_TEST(sigchld_without_zombies),
		FX_TEST(a_handler_that_reaps_everything),
		FX_TEST(a_thread_that_waits_for_any_child),
		FX_TEST(all_signals_blocked),
		FX_TEST(ignored_signals_are_not_inherited),
		FX_TEST(umask_0777),
		FX_TEST(the_spawning_thread_ends),
		FX_TEST(a_host_full_of_descriptors_and_secrets),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
