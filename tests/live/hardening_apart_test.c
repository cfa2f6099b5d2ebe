// SPDX-License-Identifier: MIT
/* Two sandboxes side by side, and what a command finds of sb-init: nothing is shared, shown or can be hit. */
#include "attack_config.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Nine places in which one process may leave a sign for another. */
static void two_sandboxes_share_nothing(void **state)
{
	static const char *const policies[] = {"default", "none"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		sb_config *a = call_config(policies[i], "plant=sandbox", "say=ready", "read=3"), *b;
		sb_proc *proc;
		char said[64] = "";
		int in[2], out[2];

		fx_ok(pipe2(in, O_CLOEXEC));
		fx_ok(pipe2(out, O_CLOEXEC));
		fx_ok(sb_add_dev(a, "/dev"));
		fx_ok(sb_add_tmpfs(a, "/tmp", 1 << 16, 0, 0777));
		b = sb_config_copy(a);
		fx_ok(sb_set_fd(a, 3, in[0]));
		fx_ok(sb_set_fd(a, 1, out[1]));
		proc = fx_spawn(a);
		while (!strstr(said, "ready") &&
		       read(out[0], said + strlen(said), sizeof(said) - 1 - strlen(said)) > 0)
			;
		assert_true(atoi(fx_get(said, "planted")) >= 4);
		fx_ok(sb_set_command(b, "/attack",
				     (const char *const[]){"attack", "call", "find=sandbox", NULL}));
		fx_is(fx_output(b), "found", "0");
		close(in[1]);
		fx_wait(proc, NULL);
		close(in[0]);
		close(out[0]);
		close(out[1]);
		sb_config_free(a);
	}
}

/* The same signs are found where the two are in one sandbox. */
static void but_two_commands_of_one_do(void **state)
{
	sb_config *cfg = call_config("none", "plant=sandbox", "find=sandbox");
	const char *out;

	(void)state;
	fx_ok(sb_add_dev(cfg, "/dev"));
	fx_ok(sb_add_tmpfs(cfg, "/tmp", 1 << 16, 0, 0777));
	out = fx_output(cfg);
	assert_string_equal(fx_get(out, "planted"), fx_get(out, "found"));
	assert_true(atoi(fx_get(out, "found")) >= 5);
}

static void hex_of(const unsigned char *bytes, size_t n, char *hex)
{
	for (size_t i = 0; i < n; i++)
		sprintf(hex + 2 * i, "%02x", bytes[i]);
}

/* 32 bytes of the host's heap, looked for by one who may read all that there is to read. */
static void process_1_has_nothing_of_the_host(void **state)
{
	unsigned char *secret = malloc(32);
	char word[80] = "scan=";

	(void)state;
	assert_int_equal(getrandom(secret, 32, 0), 32);
	hex_of(secret, 32, word + strlen(word));
	for (int all = 0; all < 2; all++) {
		sb_config *cfg = call_config(all ? "none" : "default", word);
		const char *out;

		fx_ok(sb_add_proc(cfg, "/proc", 0));
		if (all) {
			fx_ok(sb_add_cap(cfg, "all"));
			fx_ok(sb_set_user(cfg, 0, 0));
		}
		out = fx_output(cfg);
		fx_is(out, "found", "0");
		if (!all)
			fx_is(out, "mem", "0");
		else
			print_message("# with all capabilities it reads the memory of %s processes\n",
				      fx_get(out, "mem"));
	}
	free(secret);
}

/* The same search finds what is there: in a neighbour's environment. */
static void but_a_neighbour_is_found(void **state)
{
	char word[80] = "scan=";
	sb_config *cfg;
	int p[2];

	(void)state;
	hex_of((const unsigned char *)"needle-7351", 11, word + strlen(word));
	cfg = call_config("default", a_call("orphan=3:", SYS_getpid, ""), word);
	fx_ok(pipe2(p, O_CLOEXEC));
	fx_ok(sb_set_fd(cfg, 3, p[0]));
	fx_ok(sb_add_env(cfg, "SECRET=needle-7351"));
	fx_ok(sb_add_proc(cfg, "/proc", 0));
	assert_true(atoi(fx_get(fx_output(cfg), "found")) > 0);
	close(p[0]);
	close(p[1]);
}

static void process_1_stands_every_signal(void **state)
{
	sb_result res = SB_INIT(sb_result);
	sb_config *cfg = attack_config("call", "shower=1", "exit=7");

	(void)state;
	for (int i = 0; i < 2; i++) {
		if (i)
			fx_ok(sb_add_cap(cfg, "kill"));
		fx_wait(fx_spawn(cfg), &res);
		assert_int_equal(res.verdict, SB_EXITED);
		assert_int_equal(res.code, 7);
	}
	sb_config_free(cfg);
}

/* Neither the listener of its filter nor anything that sb-init has open. */
static void no_descriptor_but_three(void **state)
{
	static const char *const policies[] = {"default allow\nlog times\nkill sysinfo", "judge",
					       "default allow\nnotify times"};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		sb_config *cfg = fx_config("fds");

		if (strchr(policies[i], ' '))
			fx_ok(sb_set_seccomp_text(cfg, policies[i], NULL));
		else
			fx_ok(sb_set_seccomp(cfg, policies[i]));
		fx_is(fx_output(cfg), "fds", "0 1 2");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(two_sandboxes_share_nothing),       FX_TEST(but_two_commands_of_one_do),
		FX_TEST(process_1_has_nothing_of_the_host), FX_TEST(but_a_neighbour_is_found),
		FX_TEST(process_1_stands_every_signal),     FX_TEST(no_descriptor_but_three),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
