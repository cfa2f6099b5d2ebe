// SPDX-License-Identifier: MIT
/* The leak check itself: each thing it promises to notice is left behind once, and noticed. */
#include "../fixture.h"
#include "../fixture_state.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char *before;

static int take(void **state)
{
	(void)state;
	before = fx_state_take(1);
	return 0;
}

/* Every test undoes what it did: then nothing may be left to notice. */
static int nothing_left(void **state)
{
	char *after = fx_state_take(1);
	int differences = fx_state_differs(before, after);

	(void)state;
	free(after);
	free(before);
	return differences ? -1 : 0;
}

static void noticed(void)
{
	char *after = fx_state_take(1);

	assert_true(fx_state_differs(before, after) > 0);
	free(after);
}

static void nothing_is_nothing(void **state)
{
	char *after = fx_state_take(1);

	(void)state;
	assert_int_equal(fx_state_differs(before, after), 0);
	free(after);
}

static void a_descriptor(void **state)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	(void)state;
	noticed();
	close(fd);
}

static void a_child_and_a_zombie(void **state)
{
	siginfo_t si;
	pid_t pid;

	(void)state;
	pid = fork();
	if (pid == 0)
		for (;;)
			pause();
	noticed();
	kill(pid, SIGKILL);
	assert_int_equal(waitid(P_PID, (id_t)pid, &si, WEXITED | WNOWAIT), 0);
	noticed();
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* Alive it is noticed. Ended it is not, although the kernel may list it for a moment more. */
static void a_child_that_nobody_has_to_wait_for(void **state)
{
	struct sigaction sa = {.sa_handler = SIG_DFL, .sa_flags = SA_NOCLDWAIT};
	pid_t pid;
	int i;

	sigaction(SIGCHLD, &sa, NULL);
	for (i = 0; i < 50; i++) {
		pid = fork();
		if (pid == 0)
			for (;;)
				pause();
		if (i == 0)
			noticed();
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, NULL, 0), -1);
		nothing_is_nothing(state);
	}
	signal(SIGCHLD, SIG_DFL);
}

static void a_grandchild_whose_parent_is_gone(void **state)
{
	char c;
	pid_t pid;
	int p[2];

	(void)state;
	fx_ok(pipe2(p, O_CLOEXEC));
	pid = fork();
	if (pid == 0) {
		if (fork() == 0)
			for (;;)
				pause();
		_exit(0);
	}
	close(p[1]);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	noticed();
	fx_kill_children();
	assert_int_equal(read(p[0], &c, 1), 0);
	close(p[0]);
}

static void *wait_for_end(void *arg)
{
	pthread_mutex_lock(arg);
	pthread_mutex_unlock(arg);
	return NULL;
}

static __attribute__((unused)) void a_thread(void **state)
{
	pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	pthread_t t;

	(void)state;
	pthread_mutex_lock(&lock);
	fx_ok(pthread_create(&t, NULL, wait_for_end, &lock));
	noticed();
	pthread_mutex_unlock(&lock);
	pthread_join(t, NULL);
}

static void signals(void **state)
{
	sigset_t set;

	(void)state;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	noticed();
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	signal(SIGUSR2, SIG_IGN);
	noticed();
	signal(SIGUSR2, SIG_DFL);
}

static void cwd_umask_environment_dumpable(void **state)
{
	char *cwd = getcwd(NULL, 0);
	int dumpable = prctl(PR_GET_DUMPABLE);

	(void)state;
	fx_ok(chdir("/proc"));
	noticed();
	fx_ok(chdir(cwd));
	free(cwd);
	umask(0);
	noticed();
	umask(022);
	setenv("FX_LEFT", "1", 1);
	noticed();
	unsetenv("FX_LEFT");
	prctl(PR_SET_DUMPABLE, !dumpable);
	/* An undumpable process may not read all of its own /proc: that shows as well. */
	noticed();
	prctl(PR_SET_DUMPABLE, dumpable);
}

static void a_mount(void **state)
{
	(void)state;
	fx_ok(mount("t", "/mnt", "tmpfs", 0, NULL));
	noticed();
	fx_ok(umount2("/mnt", MNT_DETACH));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, take, nothing_left)
#define TEST_IF(needs, f)                                             \
	{                                                             \
#f, fx_test_if, take, nothing_left, &(struct fx_case) \
		{                                                     \
			f, needs                                      \
		}                                                     \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_is_nothing),
		TEST(a_descriptor),
		TEST(a_child_and_a_zombie),
		TEST(a_child_that_nobody_has_to_wait_for),
		TEST(a_grandchild_whose_parent_is_gone),
#ifndef __SANITIZE_THREAD__ /* whose runtime has a thread of its own, so that threads are not compared */
		TEST(a_thread),
#endif
		TEST(signals),
		TEST(cwd_umask_environment_dumpable),
		TEST_IF("privilege", a_mount),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
