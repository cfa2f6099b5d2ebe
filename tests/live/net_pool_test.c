// SPDX-License-Identifier: MIT
/* A pool of network namespaces: lent one after another, to one at a time, to whom it is of use. */
#include "net_pool_kit.h"
#include "box_kit.h"

#include <pthread.h>
#include <sys/stat.h>
#include <sys/wait.h>

static void one_serves_many(void **state)
{
	sb_netpool *pool = new_pool(4);
	char *first = strdup(fx_get(fx_output(pooled(pool, "ns")), "ns net"));

	(void)state;
	expect(pool, 1, 0, 1, 0);
	for (int i = 0; i < 5; i++) {
		const char *out = fx_output(pooled(pool, "ns", "ifaces", "use"));

		assert_string_equal(fx_get(out, "ns net"), first);
		fx_is(out, "used", "1");
		expect(pool, 1, 0, 1, 0);
	}
	assert_int_equal(figures(pool).handed_out, 6);
	free(first);
	sb_netpool_free(pool);
}

/* As far as can be seen it is a new one: not the host's, and lo is up. */
static void it_counts_as_the_sandboxs_own(void **state)
{
	const uint64_t all = SB_NS_NET | SB_NS_PID | SB_NS_USER;
	sb_netpool *pool = new_pool(2);
	sb_result res = SB_INIT(sb_result);
	char plain[4096], text[4096];
	sb_config *cfg = fx_config("ifaces"), *copy;

	(void)state;
	fx_run(cfg, plain, sizeof(plain), &res);
	copy = sb_config_copy(with_pool(cfg, pool));
	sb_config_free(cfg);
	for (int i = 0; i < 2; i++) {
		fx_run(copy, text, sizeof(text), &res);
		assert_string_equal(text, plain);
		assert_int_equal(res.applied & all, all);
		expect(pool, 1, 0, 1, 0);
	}
	sb_config_free(copy);
	cfg = pooled(pool, "cat=/sys/class/net/lo/operstate");
	fx_ok(sb_add_sysfs(cfg, "/sys"));
	fx_has(fx_output(cfg), "unknown");
	sb_netpool_free(pool);
}

static void filling_makes_what_is_missing(void **state)
{
	sb_netpool *pool = new_pool(3);
	sb_error err = SB_INIT(sb_error);

	(void)state;
	assert_int_equal(sb_netpool_fill(pool, 2, &err), 2);
	assert_int_equal(sb_netpool_fill(pool, 5, &err), 1);
	assert_int_equal(sb_netpool_fill(pool, 5, &err), 0);
	expect(pool, 3, 0, 3, 0);
	run(pooled(pool, "exit=0"));
	expect(pool, 3, 0, 3, 0);
	sb_netpool_free(pool);
}

/* Sandboxes that run at once, of several threads: each has its own. */
struct user {
	sb_config *cfg;
	pthread_t thread;
	const char *wrong;
};

#define THREADS 4
#define AT_ONCE 3
#define ROUNDS 8

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static ino_t in_use[THREADS * AT_ONCE];

static ino_t inode_of(sb_proc *proc)
{
	struct stat st;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/net", sb_proc_pid(proc));
	return stat(path, &st) == 0 ? st.st_ino : 0;
}

/* From free to taken, or back; false if it was not so. */
static int turn(ino_t from, ino_t to, ino_t never)
{
	int at = -1;

	pthread_mutex_lock(&lock);
	for (int i = 0; i < THREADS * AT_ONCE; i++) {
		if (never && in_use[i] == never)
			at = -2;
		if (at == -1 && in_use[i] == from)
			at = i;
	}
	if (at >= 0)
		in_use[at] = to;
	pthread_mutex_unlock(&lock);
	return at >= 0;
}

static void *use_many(void *arg)
{
	struct user *user = arg;
	sb_proc *procs[AT_ONCE];
	ino_t inodes[AT_ONCE];

	for (int round = 0; round < ROUNDS && !user->wrong; round++) {
		int n = 0;

		while (n < AT_ONCE && !user->wrong) {
			if (sb_spawn(user->cfg, &procs[n], NULL) < 0) {
				user->wrong = "a spawn failed";
				break;
			}
			inodes[n] = inode_of(procs[n]);
			if (!inodes[n] || !turn(0, inodes[n], inodes[n]))
				user->wrong = "two have the same";
			n++;
		}
		while (n--) {
			if (!turn(inodes[n], 0, 0)) /* before it can be handed out again */
				user->wrong = "it was not there";
			sb_proc_free(procs[n]);
		}
	}
	return NULL;
}

static void use_by_threads(const sb_config *cfg)
{
	struct user users[THREADS];

	memset(in_use, 0, sizeof(in_use));
	for (int i = 0; i < THREADS; i++) {
		users[i] = (struct user){.cfg = sb_config_copy(cfg)};
		assert_int_equal(pthread_create(&users[i].thread, NULL, use_many, &users[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(users[i].thread, NULL);
		if (users[i].wrong)
			fail_msg("%s", users[i].wrong);
		sb_config_free(users[i].cfg);
	}
}

static void never_to_two_at_once(void **state)
{
	sb_netpool *pool = new_pool(40);
	sb_config *cfg = pooled(pool, "pause");
	sb_netpool_info info;

	(void)state;
	for (int i = 0; i < 2; i++) { /* the second time with those that have been used */
		use_by_threads(cfg);
		info = figures(pool);
		expect(pool, info.ready + info.resting, 0, info.made, info.discarded);
		assert_int_equal(info.made, info.ready + info.resting + info.discarded);
	}
	assert_int_equal(info.handed_out, 2 * THREADS * AT_ONCE * ROUNDS);
	assert_true(info.made < info.handed_out);
	sb_config_free(cfg);
	sb_netpool_free(pool);
}

static void the_pool_may_be_freed_first(void **state)
{
	sb_netpool *pool = new_pool(2);
	sb_config *cfg = pooled(pool, "pause");
	sb_proc *proc = fx_spawn(cfg);

	(void)state;
	sb_netpool_free(pool);
	sb_config_free(cfg);
	sb_proc_free(proc); /* the fixture counts descriptors */
}

static void a_box_has_one_for_all_its_commands(void **state)
{
	sb_netpool *pool = new_pool(2);
	sb_config *cfg = pooled(pool, "exit=0");
	sb_error err = SB_INIT(sb_error);
	sb_box *box = NULL;

	(void)state;
	box = open_with(cfg);
	for (int i = 0; i < 3; i++) {
		sb_result res = SB_INIT(sb_result);
		sb_proc *proc = NULL;

		fx_ok(sb_box_spawn(box, cfg, &proc, &err));
		fx_wait(proc, &res);
		expect(pool, 0, 1, 1, 0);
	}
	sb_box_free(box);
	expect(pool, 1, 0, 1, 0);
	sb_config_free(cfg);
	sb_netpool_free(pool);
}

/* A spawn that fails takes none away, whether it had got one already or not. */
static void a_failed_spawn_gives_it_back(void **state)
{
	sb_netpool *pool = new_pool(2);
	sb_config *cfg = pooled(pool, "exit=0");

	(void)state;
	fx_ok(sb_add_bind(cfg, "/is/not/there", "/x", 0));
	fx_refused(cfg, ENOENT);
	expect(pool, 1, 0, 1, 0);
	sb_netpool_free(pool);
}

static void contradictions_are_told(void **state)
{
	sb_netpool *pool = new_pool(2);
	sb_config *cfg = pooled(pool, "exit=0");

	(void)state;
	fx_ok(sb_set_loopback(cfg, 0));
	fx_has(fx_refused(cfg, EINVAL)->message, "lo is up");
	cfg = pooled(pool, "exit=0");
	fx_ok(sb_net_host(cfg));
	fx_has(fx_refused(cfg, EINVAL)->message, "new network namespace");
	expect(pool, 0, 0, 0, 0);
	sb_netpool_free(pool);
}

static void an_ordinary_user_is_refused(void **state)
{
	sb_netpool *pool;
	sb_error err = SB_INIT(sb_error);
	const sb_error *why;

	(void)state;
	fx_need("user");
	pool = new_pool(2);
	assert_int_equal(sb_netpool_fill(pool, 1, &err), -EPERM);
	fx_has(err.hint, "CAP_SYS_ADMIN");
	why = fx_refused(pooled(pool, "exit=0"), EPERM);
	fx_has(why->message, "needs privilege");
	fx_has(why->hint, "leave out sb_set_netpool()");
	expect(pool, 0, 0, 0, 0);
	sb_netpool_free(pool);
}

/* In the child of a fork both would lend the same. */
static const char *use_in_child(void)
{
	sb_netpool *pool = NULL;
	sb_error err = SB_INIT(sb_error);
	sb_config *cfg;
	pid_t pid;
	int status;

	if (sb_netpool_new(2, &pool, &err) < 0 || sb_netpool_fill(pool, 1, &err) != 1)
		return "no pool";
	cfg = pooled(pool, "exit=0");
	pid = fork();
	if (pid == 0) {
		sb_proc *proc = NULL;

		_exit(sb_spawn(cfg, &proc, &err) == -EINVAL && strstr(err.message, "belongs to the process") &&
				      sb_netpool_fill(pool, 1, &err) == -EINVAL
			      ? 0
			      : 1);
	}
	waitpid(pid, &status, 0);
	sb_config_free(cfg);
	sb_netpool_free(pool);
	return status ? "it was lent to a child as well" : NULL;
}

static void a_forked_process_is_refused(void **state)
{
	(void)state;
	fx_in_child(use_in_child);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST_IF("privilege", one_serves_many),
		FX_TEST_IF("privilege", it_counts_as_the_sandboxs_own),
		FX_TEST_IF("privilege", filling_makes_what_is_missing),
		FX_TEST_IF("privilege", never_to_two_at_once),
		FX_TEST_IF("privilege", the_pool_may_be_freed_first),
		FX_TEST_IF("privilege", a_box_has_one_for_all_its_commands),
		FX_TEST_IF("privilege", a_failed_spawn_gives_it_back),
		FX_TEST_IF("privilege", contradictions_are_told),
		FX_TEST_IF("privilege", a_forked_process_is_refused),
		FX_TEST(an_ordinary_user_is_refused),
	};

	net_begin();
	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
