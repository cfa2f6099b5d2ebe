// SPDX-License-Identifier: MIT
/* A network by pasta or slirp4netns: how it ends, and what is told when there can be none. */
#include "net_user_kit.h"

#include <sys/stat.h>

static void nothing_of_it_outlives_the_handle(const char *program)
{
	int fds[USER_MOST], count;
	sb_config *cfg = user_with(fx_config("pause"), program);
	sb_proc *proc = fx_spawn(cfg);

	count = user_family(getpid(), fds, 0);
	assert_in_range(count, 4, USER_MOST - 1); /* two of sb-init, the command, the program */
	sb_proc_free(proc);
	for (int i = 0; i < count; i++) {
		struct pollfd polled = {fds[i], POLLIN, 0};

		assert_int_equal(poll(&polled, 1, 0), 1); /* at once */
		close(fds[i]);
	}
	sb_config_free(cfg);
}
BOTH(nothing_of_it_outlives_the_handle)

/* A process that spawns, says so, and waits to be killed. */
static void be_the_host(const sb_config *cfg, int ready)
{
	sb_proc *proc;

	if (sb_spawn(cfg, &proc, NULL) == 0 && write(ready, "1", 1) == 1)
		for (;;)
			pause();
	_exit(1);
}

static void nothing_of_it_outlives_a_killed_host(const char *program)
{
	sb_config *cfg = user_with(fx_config("pause"), program);
	int fds[USER_MOST], pair[2], count;
	pid_t host;
	char byte;

	assert_int_equal(pipe2(pair, O_CLOEXEC), 0);
	host = fork();
	if (host == 0)
		be_the_host(cfg, pair[1]);
	close(pair[1]);
	assert_int_equal(read(pair[0], &byte, 1), 1);
	close(pair[0]);
	count = user_family(host, fds, 0);
	assert_in_range(count, 4, USER_MOST - 1);
	kill(host, SIGKILL);
	assert_int_equal(waitpid(host, NULL, 0), host);
	user_all_gone(fds, count);
	while (waitpid(-1, NULL, __WALL) > 0) /* the two of sb-init have become ours */
		;
	sb_config_free(cfg);
}
BOTH(nothing_of_it_outlives_a_killed_host)

/* --- failures; what is installed is covered, in the mount namespace of the test ------------------- */

static void cover(const char *with)
{
	net_sh("for p in pasta slirp4netns; do [ ! -e /usr/bin/$p ] || mount --bind %s /usr/bin/$p; done",
	       with);
}

static void uncover(void)
{
	net_sh("for p in pasta slirp4netns; do [ ! -e /usr/bin/$p ] || umount /usr/bin/$p; done");
}

static void a_missing_program_is_named_with_its_package(void **state)
{
	const sb_error *err;

	(void)state;
	user_needs(NULL);
	cover("/dev/null");
	err = fx_refused(user_with(fx_config("exit=0"), NULL), ENOENT);
	assert_int_equal(err->step, SB_STEP_OUTLET);
	fx_has(err->message, "no slirp4netns and no pasta in /usr/bin, /usr/local/bin or /bin");
	fx_has(err->hint, "slirp4netns, passt (it has pasta)");
	fx_has(fx_refused(user_with(fx_config("exit=0"), SLIRP), ENOENT)->message, "no slirp4netns in");
	uncover();
}

static void the_words_of_a_program_that_fails_are_told(const char *program)
{
	int fds[USER_MOST];
	char want[64];
	const char *script = fx_write("fails", "#!/bin/sh\necho it is raining >&2\nexit 7\n");

	chmod(script, 0755);
	cover(script);
	snprintf(want, sizeof(want), "%s ended with status 7: it is raining", program);
	fx_has(fx_refused(user_with(fx_config("exit=0"), program), EIO)->message, want);
	uncover();
	assert_int_equal(user_family(getpid(), fds, 0), 0);
}
BOTH(the_words_of_a_program_that_fails_are_told)

/* Killed while it waits for the program, with the socket's directory in its hands. */
static void what_a_killed_host_leaves_is_collected(void **state)
{
	const char *listing = "ls -d /tmp/sandbox-slirp-?????? 2>/dev/null";
	char text[400], started[300];
	const char *script;
	sb_config *cfg;
	pid_t host;

	(void)state;
	user_needs(SLIRP);
	cfg = user_with(fx_config("pause"), SLIRP);
	snprintf(text, sizeof(text), "#!/bin/sh\n: >%s\nexec sleep 1000\n", fx_path("started"));
	snprintf(started, sizeof(started), "[ -e %s ]", fx_path("started"));
	script = fx_write("waits", text);
	chmod(script, 0755);
	cover(script);
	fx_ok(sb_net_publish(cfg, "tcp", NULL, 0, 80, 1));
	sb_gc(NULL, NULL);
	assert_string_equal(net_says("%s", listing), "");
	host = fork();
	if (host == 0)
		be_the_host(cfg, -1);
	net_until(started);
	sb_gc(NULL, NULL);
	assert_string_not_equal(net_says("%s", listing), ""); /* it lives */
	kill(host, SIGKILL);
	assert_int_equal(waitpid(host, NULL, 0), host);
	while (waitpid(-1, NULL, __WALL) > 0)
		;
	sb_gc(NULL, NULL);
	assert_string_equal(net_says("%s", listing), "");
	uncover();
	sb_config_free(cfg);
}

static void a_host_without_a_way_out_is_told(void **state)
{
	const sb_error *err;

	(void)state;
	user_needs(PASTA);
	net_sh("ip route del default && ip -6 route del default");
	err = fx_refused(user_with(fx_config("exit=0"), PASTA), EIO);
	net_sh("ip route add default via " HOST_GATEWAY " && ip -6 route add default via fd00:198::fe");
	fx_has(err->message, "routable interface");
	fx_has(err->hint, "slirp4netns does without");
}

/* Also of one on the loopback, as systemd-resolved is. */

int main(void)
{
	const struct CMUnitTest tests[] = {
		USER_TESTS("sandbox", nothing_of_it_outlives_the_handle),
		USER_TESTS("sandbox", nothing_of_it_outlives_a_killed_host),
		FX_TEST_IF("privilege", a_missing_program_is_named_with_its_package),
		USER_TESTS("privilege", the_words_of_a_program_that_fails_are_told),
		FX_TEST_IF("privilege", what_a_killed_host_leaves_is_collected),
		FX_TEST_IF("privilege", a_host_without_a_way_out_is_told),
	};

	user_net_begin();
	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
