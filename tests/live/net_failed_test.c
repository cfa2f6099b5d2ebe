// SPDX-License-Identifier: MIT
/*
 * Each request of a network's creation fails once, each answer is lost once, descriptors run out:
 * it is told, nothing is left.
 */
#include "net_trap.h"

#include <dirent.h>
#include <sys/resource.h>
#include <sys/wait.h>

static atomic_uint fail_at;
static atomic_int fail_with;

static int fails(unsigned number)
{
	return number == fail_at ? fail_with : 0;
}

/* The other kinds; "low" and "far" are a pair of the host's. */
static sb_config *other_network(void)
{
	sb_config *cfg = fx_config("exit=7");
	sb_net_link veth = {.size = sizeof(veth), .device = "made0", .flags = SB_NET_MAKE_BRIDGE,
			    .rate = 1000000, .bridge_address = "10.9.0.1/24"};
	sb_net_link device = {
		.size = sizeof(device), .device = "low", .name = "eth5", .mac = "02:00:00:00:00:55", .mtu = 1300
	};
	sb_net_link macvlan = {.size = sizeof(macvlan), .device = "far", .address = "10.3.0.2/24"};

	fx_ok(sb_net_device(cfg, &device));
	fx_ok(sb_net_macvlan(cfg, &macvlan));
	if (access("/dev/net/tun", R_OK | W_OK) == 0)
		fx_ok(sb_net_tap(cfg, NULL));
	fx_ok(sb_net_veth(cfg, &veth));
	return cfg;
}

static sb_config *whole_network(void)
{
	return net_whole("exit=7");
}

static sb_config *(*network)(void) = whole_network;

static int open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

static const char *links(void)
{
	return net_says(
		"ip -o link | sed -E 's|^[0-9]+:( [^:]*:).*( mtu [0-9]+).*(link/[a-z]+ [^ ]*).*|\\1\\2 \\3|' | sort");
}

/* One try. 1: nothing failed; 0: a failure that was told and left nothing; -1: @why. */
static int once(unsigned at, int with, char *why, size_t len)
{
	const char *before = links();
	int fds = open_fds(), r, seen;
	sb_config *cfg = network(); /* the owner of its bridge is a descriptor, until it is freed */
	sb_error err = SB_INIT(sb_error);
	sb_result res = SB_INIT(sb_result);
	sb_proc *proc = NULL;

	fail_with = with;
	net_trap.count = 0;
	fail_at = at;
	r = sb_spawn(cfg, &proc, &err);
	seen = (int)atomic_load(&net_trap.count);
	fail_at = 0;
	if (r == 0) {
		sb_proc_wait(proc, UINT64_MAX, &res, NULL);
		sb_proc_free(proc);
	}
	if (r == 0 ? res.code != 7 : r != -with || !strstr(err.message, strerror(with)))
		snprintf(why, len, "call %u with %s: %d, %s", at, strerror(with), r, err.message);
	else if (r == 0 && at <= (unsigned)seen)
		snprintf(why, len, "call %u failed with %s, and the spawn did not", at, strerror(with));
	else if (waitpid(-1, NULL, WNOHANG | __WALL) >= 0)
		snprintf(why, len, "call %u with %s: a child is left", at, strerror(with));
	sb_config_free(cfg);
	if (!why[0] && open_fds() != fds)
		snprintf(why, len, "call %u with %s: %d descriptors, before it were %d", at, strerror(with),
			 open_fds(), fds);
	if (!why[0] && strcmp(links(), before))
		snprintf(why, len, "call %u with %s: left are%s", at, strerror(with), links());
	return why[0] ? -1 : r == 0;
}

static const char *each(long call, const int *codes)
{
	static char why[600];
	const char *trapped = net_trap_begin(call, fails);
	unsigned at = 0;
	int r = 0;

	if (trapped)
		return trapped;
	for (; *codes; codes++)
		for (at = 1, r = 0; r == 0; at++)
			r = once(at, *codes, why, sizeof(why));
	if (r == 1 && at < 8)
		snprintf(why, sizeof(why), "there were only %u calls", at - 2);
	return why[0] ? why : NULL;
}

static const char *each_request(void)
{
	return each(SYS_sendto, (const int[]){ENOBUFS, EPERM, 0});
}

/* The kernel has done the work, and what it says of it does not arrive. */
static const char *each_answer(void)
{
	return each(SYS_recvmsg, (const int[]){ENOMEM, 0});
}

static void each_request_that_fails_leaves_nothing(void **state)
{
	(void)state;
	fx_in_child(each_request);
}

static void each_answer_that_is_lost_leaves_nothing(void **state)
{
	(void)state;
	fx_in_child(each_answer);
}

static const char *from_none_to_enough(void)
{
	static char why[600];
	struct rlimit old, few;
	int worked = 0;

	getrlimit(RLIMIT_NOFILE, &old);
	for (int limit = 3; limit < 80 && worked < 3; limit++) {
		const char *before = links();
		int fds = open_fds(), r;
		sb_config *cfg = network();
		sb_error err = SB_INIT(sb_error);
		sb_proc *proc = NULL;

		few = (struct rlimit){(rlim_t)limit, old.rlim_max};
		setrlimit(RLIMIT_NOFILE, &few);
		r = sb_spawn(cfg, &proc, &err);
		setrlimit(RLIMIT_NOFILE, &old); /* with too few its bridge could only be left to sb_gc() */
		worked += r == 0;
		sb_proc_free(proc);
		if (r < 0 && r != -EMFILE && r != -ETOOMANYREFS)
			snprintf(why, sizeof(why), "limit %d: %d: %s", limit, r, err.message);
		sb_config_free(cfg);
		if (!why[0] && open_fds() > fds)
			snprintf(why, sizeof(why), "limit %d: %d descriptors, before it were %d", limit,
				 open_fds(), fds);
		if (!why[0] && strcmp(links(), before))
			snprintf(why, sizeof(why), "limit %d: left are%s", limit, links());
		if (why[0])
			return why;
	}
	return worked == 3 ? NULL : "it never worked";
}

static void without_descriptors_nothing_is_left(void **state)
{
	(void)state;
	fx_in_child(from_none_to_enough);
}

static void of_the_other_kinds_neither(void **state)
{
	(void)state;
	net_sh("ip link add low address 02:00:00:00:00:01 mtu 1450 type veth peer name far && ip link set far up");
	network = other_network;
	fx_in_child(each_request);
	fx_in_child(each_answer);
	fx_in_child(from_none_to_enough);
	network = whole_network;
	net_sh("ip link del far");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST_IF("privilege", each_request_that_fails_leaves_nothing),
		FX_TEST_IF("privilege", each_answer_that_is_lost_leaves_nothing),
		FX_TEST_IF("privilege", without_descriptors_nothing_is_left),
		FX_TEST_IF("privilege", of_the_other_kinds_neither),
	};

	net_begin();
	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
