// SPDX-License-Identifier: MIT
/* Bridges that are made: by several at once, removed under somebody's hands, left behind by the killed. */
#include "net_trap.h"

#include <linux/netlink.h>
#include <net/if.h>
#include <signal.h>
#include <sys/wait.h>

#define DEAD "libsandbox 2147483999" /* an owner that nobody is */

static sb_config *with_made(sb_config *cfg, const char *bridge)
{
	sb_net_link link = SB_INIT(sb_net_link);

	link.device = bridge;
	link.flags = SB_NET_MAKE_BRIDGE;
	link.bridge_address = "10.9.0.1/24";
	fx_ok(sb_net_veth(cfg, &link));
	return cfg;
}

static const char *links(void)
{
	return net_says("ip -o link | cut -d: -f 2 | sort");
}

/* How many were removed is not asked: tests beside this one leave something of other kinds. */
static int gc(void)
{
	sb_error err = SB_INIT(sb_error);
	int r = sb_gc(NULL, &err);

	if (r < 0)
		fail_msg("sb_gc: %s", err.message);
	return r;
}

static const char *alias_of(const char *name)
{
	return net_says("ip -d link show %s | sed -n 's/ *alias //p'", name);
}

/* The ports of the dead go in their own time. */
static void gc_until(const char *gone)
{
	int i = 0;

	for (gc(); system(gone) != 0 && i < 6000; i++) {
		poll(NULL, 0, 10);
		gc();
	}
	assert_true(i < 6000);
}

/* A process of its own, which does @part and exits with its answer. */
static pid_t process(int (*part)(void))
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(part());
	assert_true(pid > 0);
	return pid;
}

/* Ten times: makes the bridge, or finds it, or finds it just being removed by another. */
static int come_and_go(void)
{
	for (int i = 0; i < 10; i++) {
		sb_config *cfg = with_made(fx_config("tcp=10.9.0.1,9"), "made0");
		sb_error err = SB_INIT(sb_error);
		sb_proc *proc;

		if (sb_spawn(cfg, &proc, &err) < 0) {
			print_message("# %s\n", err.message);
			return 1;
		}
		sb_proc_wait(proc, UINT64_MAX, NULL, NULL);
		sb_proc_free(proc);
		sb_config_free(cfg);
	}
	return 0;
}

static void many_processes_make_and_remove_one_bridge(void **state)
{
	const char *before = links();
	int status, failed = 0;

	(void)state;
	for (int i = 0; i < 6; i++)
		process(come_and_go);
	while (wait(&status) > 0)
		failed += status != 0;
	assert_int_equal(failed, 0);
	assert_string_equal(links(), before);
}

/*
 * The maker goes first, or last: in either case the bridge goes with the last, and the other's
 * network works until then.
 */
static void whoever_is_last_removes_it(void **state)
{
	const char *before = links();

	(void)state;
	for (int maker_first = 0; maker_first < 2; maker_first++)
		for (int i = 0; i < 5; i++) {
			sb_config *made = with_made(fx_config("pause"), "made0"),
				  *found = with_made(fx_config("pause"), "made0");
			sb_proc *one = fx_spawn(made), *two = fx_spawn(found);

			sb_proc_free(maker_first ? one : two);
			sb_config_free(maker_first ? made : found);
			fx_has(net_says("ip -o link show master made0"), "master made0");
			sb_proc_free(maker_first ? two : one);
			sb_config_free(maker_first ? found : made);
			assert_string_equal(links(), before);
		}
}

static int make_and_wait(void)
{
	sb_proc *proc;

	if (sb_spawn(with_made(fx_config("pause"), "made0"), &proc, NULL) < 0)
		return 1;
	for (;;)
		pause();
}

static void after_a_killed_maker_gc_removes_it(void **state)
{
	const char *before = links();
	pid_t pid = process(make_and_wait);

	(void)state;
	net_until("ip -o link show master made0 2>/dev/null | grep -q @");
	gc();
	net_sh("ip link show made0 >/dev/null"); /* its maker lives */
	kill(pid, SIGKILL);
	while (waitpid(-1, NULL, __WALL) > 0) /* sb-init is ours now */
		;
	gc_until("! ip link show made0 >/dev/null 2>&1");
	net_until("test -z \"$(ip -o link | grep -v ' lo:')\"");
	assert_string_equal(links(), before);
}

static void gc_knows_an_unfinished_one_and_leaves_others(void **state)
{
	(void)state;
	net_sh("ip link add name sb-800001df type bridge");       /* killed before it had an alias */
	/* killed while removing */
	net_sh("ip link add name half0 type bridge && ip link set half0 alias '" DEAD " leaving'");
	net_sh("ip link add name sb-0000cafe type bridge && ip link add name br7 type bridge && ip link set br7 alias '" DEAD
	       "x'");
	net_sh("ip link add name v0 type veth peer name v1 && ip link set v0 alias '" DEAD "'");
	net_sh("ip link add name used0 type bridge && ip link set used0 alias '" DEAD
	       "' && ip link set v1 master used0");
	assert_true(gc() >= 2);
	assert_string_equal(alias_of("used0"), DEAD "\n");
	net_sh("ip link set v1 nomaster");
	assert_true(gc() >= 1);
	assert_string_equal(links(), " br7\n lo\n sb-0000cafe\n v0@v1\n v1@v0\n");
	net_sh("ip link del v0 && ip link del br7 && ip link del sb-0000cafe");
}

static const char *gc_powerless(void)
{
	sb_error err = SB_INIT(sb_error);

	if (fx_drop_cap(12) < 0) /* CAP_NET_ADMIN */
		return "the capability cannot be dropped";
	return sb_gc(NULL, &err) >= 0 ? NULL : strdup(err.message);
}

static void gc_without_the_capability_leaves_bridges_to_others(void **state)
{
	(void)state;
	net_sh("ip link add name dead0 type bridge && ip link set dead0 alias '" DEAD "'");
	fx_in_child(gc_powerless);
	fx_has(net_says("ip -o link show dead0"), "dead0");
	assert_true(gc() >= 1);
	net_sh("! ip -o link show dead0 2>/dev/null");
}

/* The call with which a pair is made: before it are one look and, where the bridge is missing, its making. */
#define MAKING_THE_PAIR 2

static int deletes(unsigned number)
{
	return number == MAKING_THE_PAIR && system("ip link del made0") ? EIO : 0;
}

static const char *spawn_and_see(const char *alias)
{
	sb_config *cfg = with_made(fx_config("tcp=10.9.0.1,9"), "made0");
	static char out[512];
	sb_result res = SB_INIT(sb_result);

	net_trap.count = 0;
	fx_run(cfg, out, sizeof(out), &res);
	if (res.verdict != SB_EXITED || !strstr(out, "tcp=ECONNREFUSED"))
		return "the sandbox does not reach its bridge";
	if (alias ? strcmp(alias_of("made0"), alias) : strncmp(alias_of("made0"), "libsandbox ", 11))
		return "the bridge is not what it must be";
	sb_config_free(cfg);
	return NULL;
}

static const char *removed_before_it_is_used(void)
{
	net_sh("ip link add name made0 type bridge && ip addr add 10.9.0.1/24 dev made0 && ip link set made0 up");
	return net_trap_begin(SYS_sendto, deletes) ?: spawn_and_see(NULL);
}

static void one_that_vanishes_is_made_again(void **state)
{
	const char *before = links();

	(void)state;
	fx_in_child(removed_before_it_is_used);
	assert_string_equal(links(), before);
}

static const char *removed_and_not_ours(void)
{
	sb_net_link link = SB_INIT(sb_net_link);
	sb_config *cfg = fx_config("exit=0");
	const char *why = net_trap_begin(SYS_sendto, deletes);

	link.device = "made0";
	sb_net_veth(cfg, &link);
	return why ?: fx_judge(cfg, ENODEV, "bridge", "SB_NET_MAKE_BRIDGE");
}

static void or_its_loss_is_told(void **state)
{
	const char *before = links();

	(void)state;
	net_sh("ip link add name made0 type bridge && ip addr add 10.9.0.1/24 dev made0 && ip link set made0 up");
	fx_in_child(removed_and_not_ours);
	assert_string_equal(links(), before);
}

static sb_config *_Atomic other;

static int other_releases(unsigned number)
{
	if (number == MAKING_THE_PAIR)
		other = sb_config_free(other);
	return 0;
}

static const char *released_before_it_is_used(void)
{
	const char *why;
	sb_proc *proc;

	other = with_made(fx_config("exit=0"), "made0");
	if (sb_spawn(other, &proc, NULL) < 0)
		return "the maker's own spawn failed";
	sb_proc_free(proc);
	why = net_trap_begin(SYS_sendto, other_releases) ?: spawn_and_see(NULL);
	return why ?: other ? "it was not released" : NULL;
}

static void a_release_between_look_and_use_is_made_good(void **state)
{
	const char *before = links();

	(void)state;
	fx_in_child(released_before_it_is_used);
	assert_string_equal(links(), before);
}

/*
 * As somebody who removes the bridge and has looked at its ports already: he holds the lock until
 * it is gone.
 */
static void *remover(void *arg)
{
	int lock = *(int *)arg;

	net_until("ip -o link show master made0 | grep -q @");
	net_sh("ip link del made0");
	close(lock);
	return NULL;
}

static int begins_to_remove(unsigned number)
{
	struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_pid = 1U << 30 | if_nametoindex("made0")};
	static int lock;
	pthread_t thread;

	if (number != MAKING_THE_PAIR)
		return 0;
	lock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (bind(lock, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    system("ip link set made0 alias '" DEAD " leaving'"))
		return EIO;
	return pthread_create(&thread, NULL, remover, &lock) || pthread_detach(thread);
}

static const char *removed_while_it_is_used(void)
{
	net_sh("ip link add name made0 type bridge && ip addr add 10.9.0.1/24 dev made0 && ip link set made0 up");
	net_sh("ip link set made0 alias '" DEAD "'");
	return net_trap_begin(SYS_sendto, begins_to_remove) ?: spawn_and_see(NULL);
}

static void who_joins_while_it_is_removed_is_not_cut_off(void **state)
{
	const char *before = links();

	(void)state;
	fx_in_child(removed_while_it_is_used);
	assert_string_equal(links(), before);
}

static int mark(unsigned number)
{
	return number == MAKING_THE_PAIR && system("ip link set made0 alias '" DEAD " leaving'") ? EIO : 0;
}

static const char *remover_was_killed(void)
{
	net_sh("ip link add name made0 type bridge && ip addr add 10.9.0.1/24 dev made0 && ip link set made0 up");
	net_sh("ip link set made0 alias '" DEAD "'");
	return net_trap_begin(SYS_sendto, mark) ?: spawn_and_see(DEAD "\n");
}

static void a_remover_that_was_killed_keeps_nobody_out(void **state)
{
	const char *before = links();

	(void)state;
	fx_in_child(remover_was_killed);
	assert_string_equal(links(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST_IF("privilege", many_processes_make_and_remove_one_bridge),
		FX_TEST_IF("privilege", whoever_is_last_removes_it),
		FX_TEST_IF("privilege", after_a_killed_maker_gc_removes_it),
		FX_TEST_IF("privilege", gc_knows_an_unfinished_one_and_leaves_others),
		FX_TEST_IF("privilege", gc_without_the_capability_leaves_bridges_to_others),
		FX_TEST_IF("privilege", one_that_vanishes_is_made_again),
		FX_TEST_IF("privilege", or_its_loss_is_told),
		FX_TEST_IF("privilege", a_release_between_look_and_use_is_made_good),
		FX_TEST_IF("privilege", who_joins_while_it_is_removed_is_not_cut_off),
		FX_TEST_IF("privilege", a_remover_that_was_killed_keeps_nobody_out),
	};

	net_begin();
	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
