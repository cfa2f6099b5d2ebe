// SPDX-License-Identifier: MIT
/* Boxes by name: found by other processes, one of a name, free when it ends. */
#include "name_kit.h"

#include <errno.h>
#include <time.h>

static void it_is_found_and_listed(void **state)
{
	const char *name = own_name("box");
	const sb_named *entry;
	struct timespec now;
	struct keeper k;

	(void)state;
	keeper_begin(&k, named(name), NULL);
	fx_is(fx_output(by_name(name)), "hostname", "by-name");
	entry = listed(name);
	assert_non_null(entry);
	assert_int_equal(entry->pid, k.init);
	assert_int_equal(entry->uid, geteuid());
	clock_gettime(CLOCK_REALTIME, &now);
	assert_true(entry->started_ns > 0 && entry->started_ns / 1000000000 <= (uint64_t)now.tv_sec + 1);
	keeper_end(&k);
	assert_null(listed(name));
}

static void a_single_command_has_a_name_too(void **state)
{
	const char *name = own_name("single");
	sb_config *cfg = named(name);
	sb_proc *proc;

	(void)state;
	for (int i = 0; i < 3; i++) { /* the name is free again each time */
		proc = fx_spawn(cfg);
		fx_is(fx_output(by_name(name)), "hostname", "by-name");
		sb_proc_free(proc);
		assert_null(listed(name));
	}
	sb_config_free(cfg);
}

static void a_name_that_is_taken_names_who_has_it(void **state)
{
	const char *name = own_name("taken");
	const sb_error *err;
	struct keeper k;
	char pid[32];

	(void)state;
	keeper_begin(&k, named(name), NULL);
	err = fx_refused(named(name), EADDRINUSE);
	snprintf(pid, sizeof(pid), "process %d ", k.init);
	fx_has(err->message, pid);
	fx_has(err->message, name);
	assert_string_equal(sb_step_name(err->step), "name");
	assert_true(err->hint[0]);
	fx_is(fx_output(by_name(name)), "hostname", "by-name");
	keeper_end(&k);
	is_free(name);
}

static void of_two_who_race_one_wins(void **state)
{
	const char *name = own_name("race");
	struct keeper k[2];

	(void)state;
	for (int round = 0; round < 10; round++) {
		for (int i = 0; i < 2; i++)
			keeper_go(&k[i], named(name), NULL);
		for (int i = 0; i < 2; i++)
			keeper_opened(&k[i]);
		assert_int_equal(k[0].code + k[1].code, -EADDRINUSE);
		for (int i = 0; i < 2; i++)
			keeper_end(&k[i]);
	}
}

static void it_is_free_when_its_host_was_killed(void **state)
{
	const char *name = own_name("killed");
	struct keeper k;

	(void)state;
	keeper_begin(&k, named(name), fx_config("pause"));
	keeper_die(&k);
	keeper_begin(&k, named(name), NULL);
	keeper_end(&k);
}

static void a_spawn_that_fails_gives_it_back(void **state)
{
	const char *name = own_name("failed");
	sb_config *cfg = named(name), *copy = sb_config_copy(cfg);

	(void)state;
	fx_ok(sb_set_command(cfg, "/nowhere", NULL));
	fx_refused(cfg, ENOENT);
	sb_proc_free(fx_spawn(copy));
	sb_config_free(copy);
}

static void the_command_does_not_hold_it(void **state)
{
	sb_config *cfg = named(own_name("fds")), *plain;
	char with[1024], without[1024];

	(void)state;
	fx_command(cfg, "fds");
	plain = sb_config_copy(cfg);
	fx_ok(sb_set_name(plain, NULL));
	snprintf(with, sizeof(with), "%s", fx_output(cfg));
	snprintf(without, sizeof(without), "%s", fx_output(plain));
	assert_string_equal(with, without);
}

static void one_that_is_not_there(void **state)
{
	const char *name = own_name("none");
	const sb_error *err = fx_refused(by_name(name), ENOENT);

	(void)state;
	assert_string_equal(sb_step_name(err->step), "name");
	fx_has(err->message, name);
	fx_has(err->hint, "sbx ls");
}

static void a_name_needs_processes_of_its_own(void **state)
{
	sb_config *cfg = fx_config("exit=0");

	(void)state;
	fx_ok(sb_set_ns(cfg, SB_NS_ALL & ~SB_NS_PID));
	fx_ok(sb_set_name(cfg, "x"));
	fx_has(fx_refused(cfg, EINVAL)->message, "PID namespace");
}

static void a_list_wants_a_size(void **state)
{
	sb_named odd = {.size = 4};

	(void)state;
	assert_int_equal(sb_named_list(&odd, 1, NULL), -EINVAL);
	assert_true(sb_named_list(NULL, 0, NULL) >= 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(it_is_found_and_listed),
		FX_TEST(a_single_command_has_a_name_too),
		FX_TEST(a_name_that_is_taken_names_who_has_it),
		FX_TEST(of_two_who_race_one_wins),
		FX_TEST(it_is_free_when_its_host_was_killed),
		FX_TEST(a_spawn_that_fails_gives_it_back),
		FX_TEST(the_command_does_not_hold_it),
		FX_TEST(one_that_is_not_there),
		FX_TEST(a_name_needs_processes_of_its_own),
		FX_TEST(a_list_wants_a_size),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
