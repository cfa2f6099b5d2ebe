// SPDX-License-Identifier: MIT
/* Every command has a leaf, a cgroup of its own: where it is, who is in it, what is counted, when it goes. */
#include "../fixture_cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void a_namespace_hides_where_the_leaf_is(void **state)
{
	sb_config *cfg;

	(void)state;
	fx_cg_need("");
	cfg = fx_cg_config("cat=/proc/self/cgroup");
	fx_ok(sb_add_proc(cfg, "/proc", 0));
	fx_has(fx_output(cfg), "0::/\n");

	cfg = fx_cg_config("cat=/proc/self/cgroup");
	fx_ok(sb_set_ns(cfg, SB_NS_ALL & ~SB_NS_CGROUP));
	fx_ok(sb_add_proc(cfg, "/proc", 0));
	fx_has(strstr(fx_output(cfg), "0::"), "/sb-");
}

static void sb_init_is_beside_the_leaf(void **state)
{
	char leaf[4096], init[4096];
	struct fx_talk talk;
	sb_config *cfg;
	sb_result res = SB_INIT(sb_result);

	(void)state;
	fx_cg_need("");
	cfg = fx_cg_config("say=up", "read=0");
	fx_talk_begin(&talk, NULL, cfg);
	fx_talk_until(&talk, "up");
	snprintf(leaf, sizeof(leaf), "%s", fx_cg_of(sb_proc_pid(talk.proc)));
	snprintf(init, sizeof(init), "%s", fx_cg_of(fx_parent_of(sb_proc_pid(talk.proc))));
	fx_talk_end(&talk, &res);
	fx_talk_free(&talk);
	sb_config_free(cfg);
	assert_string_not_equal(leaf, init);
	assert_string_equal(base_name(init), "init");
	*strrchr(leaf, '/') = '\0';
	*strrchr(init, '/') = '\0';
	assert_string_equal(leaf, init);
	fx_has(base_name(leaf), "sb-");
}

static void without_a_request_there_is_no_leaf(void **state)
{
	sb_config *cfg;
	sb_error err = SB_INIT(sb_error);
	sb_stats stats = SB_INIT(sb_stats);
	sb_result res = SB_INIT(sb_result);
	sb_proc *proc;
	pid_t pid;

	(void)state;
	fx_cg_need("");
	cfg = fx_config("cat=/proc/self/cgroup");
	fx_ok(sb_set_ns(cfg, SB_NS_ALL & ~SB_NS_CGROUP));
	proc = fx_spawn(cfg);
	assert_int_equal(sb_proc_stats(proc, &stats, &err), -ENOENT);
	assert_true(err.hint[0]);
	assert_int_equal(sb_proc_pids(proc, &pid, 1, NULL), -ENOENT);
	assert_int_equal(sb_proc_freeze(proc, 1, NULL), -ENOENT);
	assert_int_equal(sb_proc_cgroup_fd(proc), -ENOENT);
	assert_int_equal(sb_proc_set_cgroup(proc, "pids.max", "5", NULL), -ENOENT);
	fx_wait(proc, &res);
	assert_int_equal(res.has & (SB_HAS_LEAF_CPU | SB_HAS_MEMORY_PEAK | SB_HAS_OOM_KILLS), 0);
	sb_config_free(cfg);
}

static void the_leaf_goes_with_the_command_the_place_with_the_config(void **state)
{
	char place[4096 + 64], name[64];
	const char *parent;
	sb_config *cfg;
	sb_proc *proc;

	(void)state;
	fx_cg_need("");
	parent = fx_cg_parent();
	cfg = fx_cg_config("pause");
	fx_ok(sb_set_cgroup_parent(cfg, parent));
	assert_int_equal(fx_cg_children(parent, NULL), 0);
	proc = fx_spawn(cfg);
	assert_int_equal(fx_cg_children(parent, name), 1);
	snprintf(place, sizeof(place), "%s/%s", parent, name);
	assert_int_equal(fx_cg_children(place, NULL), 2); /* init and the leaf */
	fx_ok(sb_proc_kill(proc));
	assert_int_equal(sb_proc_wait(proc, UINT64_MAX, NULL, NULL), 1);
	assert_int_equal(fx_cg_children(place, name), 1);
	assert_string_equal(name, "init");
	sb_config_free(cfg);
	sb_proc_free(proc);
	assert_int_equal(fx_cg_children(parent, NULL), 0);

	/* The handle is freed before the command has ended. */
	cfg = fx_cg_config("pause");
	fx_ok(sb_set_cgroup_parent(cfg, parent));
	sb_proc_free(fx_spawn(cfg));
	assert_int_equal(fx_cg_children(parent, name), 1);
	snprintf(place, sizeof(place), "%s/%s", parent, name);
	assert_int_equal(fx_cg_children(place, NULL), 1);
	sb_config_free(cfg);
	fx_cg_parent_end();
}

static void a_config_and_its_copies_share_one_place(void **state)
{
	sb_config *cfg, *copy, *other;
	const char *parent;
	sb_proc *a, *b, *c;

	(void)state;
	fx_cg_need("");
	parent = fx_cg_parent();
	cfg = fx_cg_config("pause");
	fx_ok(sb_set_cgroup_parent(cfg, parent));
	a = fx_spawn(cfg);
	copy = sb_config_copy(cfg);
	b = fx_spawn(copy);
	assert_int_equal(fx_cg_children(parent, NULL), 1);
	other = fx_cg_config("pause");
	fx_ok(sb_set_cgroup_parent(other, parent));
	c = fx_spawn(other);
	assert_int_equal(fx_cg_children(parent, NULL), 2);
	sb_config_free(other);
	sb_proc_free(c);
	sb_config_free(cfg);
	sb_proc_free(a);
	assert_int_equal(fx_cg_children(parent, NULL), 1); /* the copy and its command are still there */
	sb_config_free(copy);
	sb_proc_free(b);
	fx_cg_parent_end();
}

static void with_ns(uint64_t ns)
{
	sb_config *cfg = fx_cg_config("spin-apart=20");
	sb_result res = SB_INIT(sb_result);
	char said[256];

	fx_ok(sb_set_ns(cfg, ns));
	fx_run(cfg, said, sizeof(said), &res);
	sb_config_free(cfg);
	assert_int_equal(res.verdict, SB_EXITED);
	assert_true(res.has & SB_HAS_LEAF_CPU);
	assert_true(res.user_ns + res.system_ns >= 19000000); /* the child's, which no rusage has */
}

static void whatever_the_namespaces_the_leaf_counts_every_process(void **state)
{
	(void)state;
	fx_cg_need("");
	with_ns(SB_NS_ALL);
	with_ns(SB_NS_ALL & ~SB_NS_PID);
	with_ns(SB_NS_ALL & ~SB_NS_CGROUP);
	if (fx_who() != FX_ROOT)
		return;
	with_ns(SB_NS_ALL & ~SB_NS_USER);
	with_ns(SB_NS_ALL & ~SB_NS_USER & ~SB_NS_PID);
	with_ns(SB_NS_MOUNT);
}

static void with_a_joined_namespace(void **state)
{
	sb_config *cfg;
	int fd;

	(void)state;
	fx_cg_need("");
	cfg = fx_cg_config("cat=/proc/self/cgroup");
	fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	fx_ok(sb_set_ns(cfg, SB_NS_ALL & ~SB_NS_NET));
	fx_ok(sb_set_ns_fd(cfg, SB_NS_NET, fd));
	fx_ok(sb_add_proc(cfg, "/proc", 0));
	fx_has(fx_output(cfg), "0::/\n");
	close(fd);
}

/* The library's own descriptors are then above what a select(2) or a small table would take. */
/* Daemons do that; the numbers are then somebody else's, and must be left alone. */
static const char *close_all_and_go_on(void)
{
	sb_config *cfg = fx_cg_config("exit=0");
	sb_result res = SB_INIT(sb_result);
	int others[16], collected;

	sb_set_cgroup_parent(cfg, fx_cg_base());
	fx_wait(fx_spawn(cfg), &res);
	close_range(3, ~0U, 0);
	for (int i = 0; i < 16; i++)
		others[i] = open("/", O_RDONLY | O_DIRECTORY);
	fx_wait(fx_spawn(cfg), &res);
	sb_config_free(cfg);
	for (int i = 0; i < 16; i++)
		if (fcntl(others[i], F_GETFD) < 0)
			return "a descriptor of the host was closed";
	cfg = sb_config_new();
	sb_set_cgroup_parent(cfg, fx_cg_base());
	collected = sb_gc(cfg, NULL); /* the first place lost its lock with its descriptors */
	sb_config_free(cfg);
	return res.verdict != SB_EXITED ? "the second command did not run"
	       : collected < 1          ? "the first place is not collected"
					: NULL;
}

static void a_host_that_closes_all_descriptors_is_survived(void **state)
{
	(void)state;
	fx_cg_need("");
	fx_in_child(close_all_and_go_on);
}

/* One descriptor more at a time, until it works: each failure is told, and leaves nothing. */
static const char *few_parent;

static const char *few_left(void)
{
	struct rlimit limit;
	const char *parent = few_parent;
	sb_error err = SB_INIT(sb_error);
	sb_result res = SB_INIT(sb_result);
	int failures = 0, r = -EMFILE;
	sb_proc *proc;

	getrlimit(RLIMIT_NOFILE, &limit);
	for (rlim_t most = 4; r < 0 && most < 100; most++) {
		sb_config *cfg = fx_cg_config("exit=0");

		sb_set_cgroup_parent(cfg, parent);
		limit.rlim_cur = most;
		setrlimit(RLIMIT_NOFILE, &limit);
		r = sb_spawn(cfg, &proc, &err);
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
		if (r == 0)
			fx_wait(proc, &res);
		sb_config_free(cfg);
		if (r < 0 && (!err.message[0] || fx_cg_children(parent, NULL)))
			return "a failure without words, or that left a cgroup";
		failures += r < 0;
	}
	return r == 0 && failures > 3 ? NULL : "it never worked, or never failed";
}

static void with_few_descriptors_left_nothing_stays(void **state)
{
	(void)state;
	fx_cg_need("");
	few_parent = fx_cg_parent();
	fx_in_child(few_left);
	fx_cg_parent_end();
}

static void with_many_descriptors_open(void **state)
{
	int fd[600], i, n = sizeof(fd) / sizeof(fd[0]);
	sb_config *cfg;

	(void)state;
	fx_cg_need("");
	for (i = 0; i < n; i++) {
		fd[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
		assert_true(fd[i] >= 0);
	}
	cfg = fx_cg_config("fds");
	fx_is(fx_output(cfg), "fds", "0 1 2");
	for (i = 0; i < n; i++)
		close(fd[i]);
}

static void *spawn_some(void *arg)
{
	sb_result res = SB_INIT(sb_result);
	sb_proc *proc;
	long bad = 0;
	int i;

	for (i = 0; i < 5; i++) {
		if (sb_spawn(arg, &proc, NULL) < 0)
			return (void *)1;
		bad |= sb_proc_wait(proc, UINT64_MAX, &res, NULL) != 1 || res.verdict != SB_EXITED ||
		       !(res.has & SB_HAS_LEAF_CPU);
		sb_proc_free(proc);
	}
	return (void *)bad;
}

static void threads_that_spawn_at_once_find_one_place(void **state)
{
	pthread_t thread[8];
	const char *parent;
	sb_config *cfg;
	void *bad;
	int i, worst = 0;

	(void)state;
	fx_cg_need("");
	parent = fx_cg_parent();
	cfg = fx_cg_config("exit=0");
	fx_ok(sb_set_cgroup_parent(cfg, parent));
	for (i = 0; i < 8; i++)
		fx_ok(pthread_create(&thread[i], NULL, spawn_some, cfg));
	for (i = 0; i < 8; i++) {
		pthread_join(thread[i], &bad);
		worst |= bad != NULL;
	}
	assert_int_equal(worst, 0);
	assert_int_equal(fx_cg_children(parent, NULL), 1);
	sb_config_free(cfg);
	fx_cg_parent_end();
}

static sb_config *shared;
static const char *shared_parent;

static const char *use_after_fork(void)
{
	sb_result res = SB_INIT(sb_result);
	sb_proc *proc = NULL;

	if (sb_spawn(shared, &proc, NULL) < 0 || fx_cg_children(shared_parent, NULL) != 2)
		return "the child does not have a place of its own";
	if (sb_proc_kill(proc) < 0 || sb_proc_wait(proc, UINT64_MAX, &res, NULL) != 1)
		return "the child's command";
	sb_proc_free(proc);
	sb_config_free(shared);
	return fx_cg_children(shared_parent, NULL) == 1 ? NULL : "not just the parent's place is left";
}

static void a_fork_makes_a_place_of_its_own(void **state)
{
	(void)state;
	fx_cg_need("");
	shared_parent = fx_cg_parent();
	shared = fx_cg_config("pause");
	fx_ok(sb_set_cgroup_parent(shared, shared_parent));
	sb_proc_free(fx_spawn(shared));
	fx_in_child(use_after_fork);
	sb_proc_free(fx_spawn(shared));
	assert_int_equal(fx_cg_children(shared_parent, NULL), 1);
	sb_config_free(shared);
	fx_cg_parent_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(a_namespace_hides_where_the_leaf_is),
		FX_TEST(sb_init_is_beside_the_leaf),
		FX_TEST(without_a_request_there_is_no_leaf),
		FX_TEST(the_leaf_goes_with_the_command_the_place_with_the_config),
		FX_TEST(a_config_and_its_copies_share_one_place),
		FX_TEST(whatever_the_namespaces_the_leaf_counts_every_process),
		FX_TEST_IF("root", with_a_joined_namespace),
		FX_TEST(a_host_that_closes_all_descriptors_is_survived),
		FX_TEST(with_few_descriptors_left_nothing_stays),
		FX_TEST(with_many_descriptors_open),
		FX_TEST(threads_that_spawn_at_once_find_one_place),
		FX_TEST(a_fork_makes_a_place_of_its_own),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
