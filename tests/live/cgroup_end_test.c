// SPDX-License-Identifier: MIT
/* However it ends - killed, failed half-way, its host killed - no cgroup is left, or sb_gc() removes it. */
#include "../fixture_cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int lives(pid_t pid)
{
	return kill(pid, 0) == 0 || errno == EPERM;
}

static void kill_many(uint64_t ns)
{
	static pid_t pids[1100];
	const char *parent = fx_cg_parent();
	struct fx_talk talk;
	sb_result res = SB_INIT(sb_result);
	sb_config *cfg;
	ssize_t n, i, left = 0;

	cfg = fx_cg_config("forks=1000", "pause");
	fx_ok(sb_set_ns(cfg, ns));
	fx_ok(sb_set_cgroup_parent(cfg, parent));
	fx_talk_begin(&talk, NULL, cfg);
	fx_talk_until(&talk, "forks=1000 all");
	n = sb_proc_pids(talk.proc, pids, 1100, NULL);
	assert_int_equal(n, 1001);
	fx_ok(sb_proc_kill(talk.proc));
	fx_talk_end(&talk, &res);
	for (i = 0; i < n; i++)
		left += lives(pids[i]);
	fx_talk_free(&talk);
	sb_config_free(cfg);
	assert_int_equal(res.verdict, SB_KILLED);
	assert_int_equal(left, 0);
	fx_cg_parent_end();
}

static void a_thousand_processes_are_killed(void **state)
{
	(void)state;
	fx_cg_need("");
	kill_many(SB_NS_ALL);
}

/* Here only the cgroup knows them all. */
static void a_thousand_processes_without_a_pid_namespace(void **state)
{
	(void)state;
	fx_cg_need("");
	kill_many(SB_NS_ALL & ~SB_NS_PID);
}

static void kill_bomb(uint64_t ns)
{
	const char *parent = fx_cg_parent();
	struct fx_talk talk;
	sb_result res = SB_INIT(sb_result);
	sb_config *cfg;
	int i;

	cfg = fx_cg_config("bomb");
	fx_ok(sb_set_ns(cfg, ns));
	fx_ok(sb_set_rlimit(cfg, "nproc", 300, 300)); /* where no pids controller would stop it */
	fx_ok(sb_set_cgroup_parent(cfg, parent));
	fx_talk_begin(&talk, NULL, cfg);
	fx_talk_until(&talk, "bomb");
	for (i = 0; sb_proc_pids(talk.proc, NULL, 0, NULL) < 50 && i < 100000; i++)
		;
	fx_ok(sb_proc_kill(talk.proc));
	fx_talk_end(&talk, &res);
	fx_talk_free(&talk);
	sb_config_free(cfg);
	assert_int_equal(res.verdict, SB_KILLED);
	fx_cg_parent_end();
}

static void a_fork_bomb_is_killed_while_it_forks(void **state)
{
	(void)state;
	fx_cg_need("");
	kill_bomb(SB_NS_ALL);
	kill_bomb(SB_NS_ALL & ~SB_NS_PID);
}

static void what_the_command_leaves_ends_with_it(void **state)
{
	const char *parent;
	sb_config *cfg;
	sb_result res = SB_INIT(sb_result);
	struct fx_talk talk;

	(void)state;
	fx_cg_need("");
	parent = fx_cg_parent();
	cfg = fx_cg_config("orphans=10", "exit=4");
	fx_ok(sb_set_ns(cfg, SB_NS_ALL & ~SB_NS_PID));
	fx_ok(sb_set_cgroup_parent(cfg, parent));
	fx_talk_begin(&talk, NULL, cfg);
	fx_talk_end(&talk, &res);
	fx_talk_free(&talk);
	sb_config_free(cfg);
	assert_int_equal(res.verdict, SB_EXITED);
	assert_int_equal(res.code, 4);
	fx_cg_parent_end();
}

static void freeing_the_handle_ends_all(void **state)
{
	const char *parent;
	struct fx_talk talk;
	sb_config *cfg;

	(void)state;
	fx_cg_need("");
	parent = fx_cg_parent();
	cfg = fx_cg_config("orphans=10", "say=up", "pause");
	fx_ok(sb_set_ns(cfg, SB_NS_ALL & ~SB_NS_PID));
	fx_ok(sb_set_cgroup_parent(cfg, parent));
	fx_talk_begin(&talk, NULL, cfg);
	fx_talk_until(&talk, "up");
	fx_talk_free(&talk);
	close(talk.in);
	close(talk.out);
	sb_config_free(cfg);
	fx_cg_parent_end();
}

/* Without a pid namespace the kernel ends nothing by itself, and sb-init cannot any more. */
static void all_ends_also_if_sb_init_was_killed(void **state)
{
	static pid_t pids[16];
	const char *parent;
	sb_config *cfg;
	sb_result res = SB_INIT(sb_result);
	struct fx_talk talk;
	int status, left = 0;
	ssize_t i, n;
	pid_t init;

	(void)state;
	fx_cg_need("");
	parent = fx_cg_parent();
	cfg = fx_cg_config("orphans=10", "say=up", "pause");
	fx_ok(sb_set_ns(cfg, SB_NS_ALL & ~SB_NS_PID));
	fx_ok(sb_set_cgroup_parent(cfg, parent));
	fx_talk_begin(&talk, NULL, cfg);
	fx_talk_until(&talk, "up");
	n = sb_proc_pids(talk.proc, pids, 16, NULL);
	assert_int_equal(n, 11);
	init = fx_parent_of(sb_proc_pid(talk.proc));
	assert_true(init > 1 && init != getpid());
	fx_ok(kill(init, SIGKILL));
	fx_talk_end(&talk, &res);
	assert_int_equal(res.verdict, SB_LOST);
	fx_talk_free(&talk);
	sb_config_free(cfg);
	while (waitpid(-1, &status, __WALL) > 0) /* they came to us, the subreaper */
		;
	for (i = 0; i < n; i++)
		left += lives(pids[i]);
	assert_int_equal(left, 0);
	fx_cg_parent_end();
}

static pid_t start_host(const char *parent, int *up)
{
	sb_config *cfg = fx_cg_config("orphans=2", "say=u", "pause");
	sb_proc *proc;
	int p[2], i;
	char c;
	pid_t pid;

	fx_ok(sb_set_cgroup_parent(cfg, parent));
	fx_ok(pipe2(p, O_CLOEXEC));
	fx_ok(sb_set_fd(cfg, 1, p[1]));
	pid = fork();
	if (pid == 0) {
		for (i = 0; i < 3; i++)
			if (sb_spawn(cfg, &proc, NULL) < 0)
				_exit(1);
		for (;;)
			pause();
	}
	sb_config_free(cfg);
	close(p[1]);
	for (i = 0; i < 6; i++) /* "u\n" of each */
		assert_int_equal(read(p[0], &c, 1), 1);
	*up = p[0];
	return pid;
}

static int collect(const char *parent)
{
	sb_config *cfg = sb_config_new();
	sb_error err = SB_INIT(sb_error);
	int r;

	fx_ok(sb_set_cgroup_parent(cfg, parent));
	r = sb_gc(cfg, &err);
	sb_config_free(cfg);
	if (r < 0)
		fail_msg("sb_gc: %s", err.message);
	return r;
}

static void after_a_killed_host_gc_leaves_the_living_alone(void **state)
{
	int up_dead, up_living, status;
	pid_t dead, living;
	const char *parent;
	char c, name[64], wanted[64];

	(void)state;
	fx_cg_need("");
	parent = fx_cg_parent();
	dead = start_host(parent, &up_dead);
	living = start_host(parent, &up_living);
	assert_int_equal(fx_cg_children(parent, NULL), 2);
	assert_int_equal(collect(parent), 0); /* both live */
	assert_int_equal(fx_cg_children(parent, NULL), 2);

	kill(dead, SIGKILL);
	assert_int_equal(read(up_dead, &c, 1), 0); /* all of its commands are gone */
	close(up_dead);
	assert_int_equal(waitpid(dead, &status, 0), dead);
	assert_int_equal(collect(parent), 1);
	assert_int_equal(fx_cg_children(parent, name), 1);
	snprintf(wanted, sizeof(wanted), "sb-%d-", living);
	assert_memory_equal(name, wanted, strlen(wanted));
	assert_int_equal(collect(parent), 0);
	assert_true(lives(living));
	fcntl(up_living, F_SETFL, O_NONBLOCK);
	assert_int_equal(read(up_living, &c, 1), -1); /* its commands still hold the other end */

	kill(living, SIGKILL);
	fcntl(up_living, F_SETFL, 0);
	assert_int_equal(read(up_living, &c, 1), 0);
	close(up_living);
	while (waitpid(-1, &status, __WALL) > 0)
		;
	assert_int_equal(collect(parent), 1);
	fx_cg_parent_end();
}

/* As after a host that died, with processes that nobody ended; what has another name is not ours. */
static void gc_kills_what_has_no_owner_and_nothing_else(void **state)
{
	static const char *const dirs[] = { "sb-4194999-0", "sb-4194999-0/init", "sb-4194999-0/1", "sb-other",
					    "web" };
	char path[4096 + 64], procs[16];
	const char *parent;
	int i, status, fd;
	pid_t pid;

	(void)state;
	fx_cg_need("");
	parent = fx_cg_parent();
	for (i = 0; i < 5; i++) {
		snprintf(path, sizeof(path), "%s/%s", parent, dirs[i]);
		fx_ok(mkdir(path, 0755));
	}
	pid = fork();
	if (pid == 0)
		for (;;)
			pause();
	snprintf(path, sizeof(path), "%s/sb-4194999-0/1", parent);
	snprintf(procs, sizeof(procs), "%d", pid);
	fx_ok(fx_cg_put(path, "cgroup.procs", procs));
	/* Somebody who lives holds it. */
	snprintf(path, sizeof(path), "%s/sb-4194999-0", parent);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fx_ok(flock(fd, LOCK_EX));
	assert_int_equal(collect(parent), 0);
	assert_int_equal(waitpid(pid, &status, WNOHANG), 0);
	close(fd);
	assert_int_equal(collect(parent), 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	assert_int_equal(fx_cg_children(parent, NULL), 2);
	for (i = 3; i < 5; i++) {
		snprintf(path, sizeof(path), "%s/%s", parent, dirs[i]);
		fx_ok(rmdir(path));
	}
	fx_cg_parent_end();
}

static void expect_nothing_left(const char *parent, sb_config *cfg, int code, const char *step)
{
	char name[64], place[4096 + 64];
	sb_error err = SB_INIT(sb_error);
	sb_proc *proc = NULL;
	int r = sb_spawn(cfg, &proc, &err);

	if (r != -code || strcmp(sb_step_name(err.step), step))
		fail_msg("%s, not %s at step %s: %s, step %s", strerror(-r), strerror(code), step,
			 err.message, sb_step_name(err.step));
	assert_int_equal(fx_cg_children(parent, name), 1);
	snprintf(place, sizeof(place), "%s/%s", parent, name);
	assert_int_equal(fx_cg_children(place, name), 1);
	assert_string_equal(name, "init");
	sb_config_free(cfg);
	assert_int_equal(fx_cg_children(parent, NULL), 0);
}

static void a_failure_half_way_leaves_nothing(void **state)
{
	const char *parent;
	sb_config *cfg;

	(void)state;
	fx_cg_need("");
	parent = fx_cg_parent();
	cfg = fx_cg_config("exit=0");
	fx_ok(sb_set_cgroup_parent(cfg, parent));
	fx_ok(sb_set_command(cfg, "/not/there", NULL));
	expect_nothing_left(parent, cfg, ENOENT, "exec");

	cfg = fx_cg_config("exit=0");
	fx_ok(sb_set_cgroup_parent(cfg, parent));
	fx_ok(sb_add_bind(cfg, "/not/there", "/there", 0));
	expect_nothing_left(parent, cfg, ENOENT, "bind");
	fx_cg_parent_end();
}

static void a_limit_that_the_kernel_refuses_leaves_nothing(void **state)
{
	const char *parent;
	sb_config *cfg;

	(void)state;
	fx_cg_need("cpuset.cpus");
	parent = fx_cg_parent();
	cfg = fx_cg_config("exit=0");
	fx_ok(sb_set_cgroup_parent(cfg, parent));
	fx_ok(sb_set_cgroup(cfg, "pids.max", "10"));
	fx_ok(sb_set_cpuset(cfg, "100000", NULL));
	expect_nothing_left(parent, cfg, ERANGE, "limit");
	fx_cg_parent_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(a_thousand_processes_are_killed),
		FX_TEST(a_thousand_processes_without_a_pid_namespace),
		FX_TEST(a_fork_bomb_is_killed_while_it_forks),
		FX_TEST(what_the_command_leaves_ends_with_it),
		FX_TEST(freeing_the_handle_ends_all),
		FX_TEST(all_ends_also_if_sb_init_was_killed),
		FX_TEST(after_a_killed_host_gc_leaves_the_living_alone),
		FX_TEST(gc_kills_what_has_no_owner_and_nothing_else),
		FX_TEST(a_failure_half_way_leaves_nothing),
		FX_TEST(a_limit_that_the_kernel_refuses_leaves_nothing),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
