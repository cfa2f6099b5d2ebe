// SPDX-License-Identifier: MIT
/* The setters of policies: what is replaced, added, copied, refused, and when it is compiled. */
#include "policy_kit.h"

static void setters_want_what_they_need(void **state)
{
	sb_config *cfg = sb_config_new();

	(void)state;
	assert_int_equal(sb_set_seccomp(NULL, "default"), -EINVAL);
	assert_int_equal(sb_set_seccomp_text(NULL, "", NULL), -EINVAL);
	assert_int_equal(sb_set_seccomp_file(NULL, "x"), -EINVAL);
	assert_int_equal(sb_add_seccomp(NULL, ""), -EINVAL);
	assert_int_equal(sb_set_seccomp(cfg, NULL), -EINVAL);
	kit_refused(cfg, EINVAL, "sb_set_seccomp: \"\" is not default, judge, build, nested or none", "NULL");
	cfg = sb_config_new();
	assert_int_equal(sb_set_seccomp(cfg, "Default"), -EINVAL);
	kit_refused(cfg, EINVAL, "sb_set_seccomp: \"Default\" is not default, judge, build, nested or none",
		    "Default");
	cfg = sb_config_new();
	assert_int_equal(sb_set_seccomp_text(cfg, NULL, "x"), -EINVAL);
	kit_refused(cfg, EINVAL, "sb_set_seccomp_text: no text given", "NULL");
	cfg = sb_config_new();
	assert_int_equal(sb_set_seccomp_file(cfg, NULL), -EINVAL);
	kit_refused(cfg, EINVAL, "sb_set_seccomp_file: no path given", "NULL");
	cfg = sb_config_new();
	assert_int_equal(sb_add_seccomp(cfg, NULL), -EINVAL);
	kit_refused(cfg, EINVAL, "sb_add_seccomp: no line given", "NULL");
	cfg = sb_config_new();
	fx_ok(sb_set_seccomp(cfg, "none"));
	assert_int_equal(sb_add_seccomp(cfg, "allow read"), -EINVAL);
	kit_refused(cfg, EINVAL, "sb_add_seccomp: \"none\" is no filter to add to", "none");
}

static void the_default_is_default(void **state)
{
	sb_config *cfg = sb_config_new();

	(void)state;
	assert_int_equal(kit_test(cfg, "read", 0), SB_SECCOMP_ALLOW);
	assert_int_equal(kit_test(cfg, "ptrace", 0), REFUSED(EPERM));
	assert_int_equal(kit_test(cfg, "io_uring_setup", 0), REFUSED(ENOSYS));
	sb_config_free(cfg);
}

static void each_setter_replaces_what_was_there(void **state)
{
	sb_config *cfg = sb_config_new();

	(void)state;
	fx_ok(sb_set_seccomp(cfg, "judge"));
	assert_int_equal(kit_test(cfg, "flock", 0), REFUSED(EPERM));
	fx_ok(sb_set_seccomp(cfg, "default"));
	assert_int_equal(kit_test(cfg, "flock", 0), SB_SECCOMP_ALLOW);
	fx_ok(sb_set_seccomp_text(cfg, "kill flock", NULL));
	assert_int_equal(kit_test(cfg, "flock", 0), SB_SECCOMP_KILL);
	assert_int_equal(kit_test(cfg, "read", 0), REFUSED(EPERM));
	fx_ok(sb_set_seccomp_text(cfg, "default allow", NULL));
	assert_int_equal(kit_test(cfg, "flock", 0), SB_SECCOMP_ALLOW);
	fx_ok(sb_set_seccomp(cfg, "judge"));
	assert_int_equal(kit_test(cfg, "flock", 0), REFUSED(EPERM));
	assert_int_equal(kit_test(cfg, "read", 0), SB_SECCOMP_ALLOW);
	fx_ok(sb_set_seccomp(cfg, "none"));
	assert_int_equal(kit_test(cfg, "ptrace", 0), SB_SECCOMP_ALLOW);
	assert_int_equal(kit_test(cfg, "9999", 0), SB_SECCOMP_ALLOW);
	fx_ok(sb_set_seccomp(cfg, "default"));
	assert_int_equal(kit_test(cfg, "ptrace", 0), REFUSED(EPERM));
	sb_config_free(cfg);
}

static void added_lines_come_last(void **state)
{
	static const char *const presets[] = { "default", "judge", "build", "nested" };

	(void)state;
	for (size_t i = 0; i < COUNT(presets); i++) {
		sb_config *cfg = sb_config_new();

		fx_ok(sb_set_seccomp(cfg, presets[i]));
		fx_ok(sb_add_seccomp(cfg, "allow ptrace"));
		assert_int_equal(kit_test(cfg, "ptrace", 0), SB_SECCOMP_ALLOW);
		assert_int_equal(kit_test(cfg, "keyctl", 3), REFUSED(EPERM));
		assert_int_equal(kit_test(cfg, "read", 0), SB_SECCOMP_ALLOW);
		/* Another added line may say it otherwise: it is a text of its own. */
		fx_ok(sb_add_seccomp(cfg, "kill ptrace read if arg0 == 7\nlog getpid\n"));
		assert_int_equal(kit_test(cfg, "ptrace", 7), SB_SECCOMP_KILL);
		assert_int_equal(kit_test(cfg, "ptrace", 8), SB_SECCOMP_ALLOW);
		assert_int_equal(kit_test(cfg, "read", 7), SB_SECCOMP_KILL);
		assert_int_equal(kit_test(cfg, "getpid", 0), SB_SECCOMP_LOG);
		fx_ok(sb_add_seccomp(cfg, "errno(EBUSY) ptrace"));
		assert_int_equal(kit_test(cfg, "ptrace", 7), REFUSED(EBUSY));
		fx_ok(sb_add_seccomp(cfg, "default trap"));
		assert_int_equal(kit_test(cfg, "acct", 0), SB_SECCOMP_TRAP);
		fx_ok(sb_set_seccomp(cfg, presets[i]));
		assert_int_equal(kit_test(cfg, "ptrace", 0), REFUSED(EPERM));
		sb_config_free(cfg);
	}
}

static void groups_live_from_line_to_line(void **state)
{
	sb_config *cfg = sb_config_new();

	(void)state;
	fx_ok(sb_set_seccomp_text(cfg, "group @mine read\nallow @mine\n", NULL));
	fx_ok(sb_add_seccomp(cfg, "group @mine write"));
	assert_int_equal(kit_test(cfg, "write", 0), REFUSED(EPERM));
	fx_ok(sb_add_seccomp(cfg, "kill @mine"));
	assert_int_equal(kit_test(cfg, "read", 0), SB_SECCOMP_KILL);
	assert_int_equal(kit_test(cfg, "write", 0), SB_SECCOMP_KILL);
	sb_config_free(cfg);
}

static void copies_go_their_own_ways(void **state)
{
	sb_config *first = sb_config_new(), *second, *third;

	(void)state;
	fx_ok(sb_set_seccomp_text(first, "default allow\nkill read", NULL));
	second = sb_config_copy(first);
	assert_int_equal(kit_test(first, "read", 0), SB_SECCOMP_KILL);
	assert_int_equal(kit_test(second, "read", 0), SB_SECCOMP_KILL);
	fx_ok(sb_add_seccomp(second, "trap read"));
	third = sb_config_copy(second);
	assert_int_equal(kit_test(first, "read", 0), SB_SECCOMP_KILL);
	assert_int_equal(kit_test(second, "read", 0), SB_SECCOMP_TRAP);
	fx_ok(sb_set_seccomp(first, "judge"));
	assert_int_equal(kit_test(first, "flock", 0), REFUSED(EPERM));
	assert_int_equal(kit_test(second, "flock", 0), SB_SECCOMP_ALLOW);
	assert_int_equal(sb_set_seccomp_text(second, "x", NULL), -EINVAL);
	assert_int_equal(kit_test(third, "read", 0), SB_SECCOMP_TRAP);
	sb_config_free(second);
	assert_int_equal(kit_test(third, "read", 0), SB_SECCOMP_TRAP);
	sb_config_free(first);
	fx_ok(sb_add_seccomp(third, "log read"));
	assert_int_equal(kit_test(third, "read", 0), SB_SECCOMP_LOG);
	sb_config_free(third);
}

/* Capabilities set after the policy, and before; of a copy only. */
static void capabilities_count_whenever_they_are_set(void **state)
{
	sb_config *cfg = sb_config_new(), *copy;

	(void)state;
	fx_ok(sb_set_seccomp_text(
		cfg, "allow chroot if cap sys_chroot\nallow acct if cap CAP_SYS_PACCT and arg0 == 1", NULL));
	assert_int_equal(kit_test(cfg, "chroot", 0), REFUSED(EPERM));
	copy = sb_config_copy(cfg);
	fx_ok(sb_add_cap(copy, "sys_chroot"));
	assert_int_equal(kit_test(copy, "chroot", 0), SB_SECCOMP_ALLOW);
	assert_int_equal(kit_test(cfg, "chroot", 0), REFUSED(EPERM));
	fx_ok(sb_add_cap(copy, "all"));
	assert_int_equal(kit_test(copy, "acct", 1), SB_SECCOMP_ALLOW);
	assert_int_equal(kit_test(copy, "acct", 2), REFUSED(EPERM));
	sb_config_free(copy);
	fx_ok(sb_set_seccomp(cfg, "default"));
	fx_ok(sb_add_cap(cfg, "sys_chroot"));
	assert_int_equal(kit_test(cfg, "chroot", 0), SB_SECCOMP_ALLOW);
	copy = sb_config_new();
	assert_int_equal(kit_test(copy, "chroot", 0), REFUSED(EPERM));
	sb_config_free(copy);
	sb_config_free(cfg);
}

/* What was set before does not come back, and nothing of what was wrong is used. */
static void after_an_error_nothing_is_used(void **state)
{
	sb_config *cfg = sb_config_new(), *copy;
	char message[sizeof(((sb_error *)NULL)->message)];

	(void)state;
	fx_ok(sb_set_seccomp(cfg, "judge"));
	assert_int_equal(sb_add_seccomp(cfg, "allow ptrace\nallow socket\nx"), -EINVAL);
	memcpy(message, kit_error(cfg)->message, sizeof(message));
	/* Later calls do not make it good again. */
	fx_ok(sb_set_seccomp(cfg, "default"));
	fx_ok(sb_add_seccomp(cfg, "allow ptrace"));
	assert_string_equal(kit_error(cfg)->message, message);
	copy = sb_config_copy(cfg);
	kit_refused(copy, EINVAL, message, "copy");
	kit_refused(cfg, EINVAL, message, "x");
}

static void too_many_instructions_are_found_at_the_check(void **state)
{
	static char text[1 << 18];
	sb_config *cfg = sb_config_new();
	sb_error err = SB_INIT(sb_error);
	size_t len = 0;
	sb_proc *proc = NULL;

	(void)state;
	for (int i = 0; i < 1500; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s read if long%d == %d\n",
					i % 2 ? "allow" : "kill", i % 6, 7000 + i);
	fx_ok(sb_set_seccomp_text(cfg, text, NULL));
	fx_ok(sb_set_command(cfg, "/bin/true", NULL));
	assert_int_equal(sb_config_check(cfg, &err), -E2BIG);
	assert_int_equal(err.code, E2BIG);
	assert_int_equal(err.step, SB_STEP_FILTER);
	fx_has(err.message, "instructions, the kernel takes 4096");
	err = (sb_error)SB_INIT(sb_error);
	assert_int_equal(sb_spawn(cfg, &proc, &err), -E2BIG);
	assert_int_equal(err.step, SB_STEP_FILTER);
	assert_null(proc);
	assert_int_equal(sb_seccomp_test(cfg, "read", NULL, NULL, &err), -E2BIG);
	/* A setter that gets on with it is enough to make it good. */
	fx_ok(sb_set_seccomp(cfg, "default"));
	fx_ok(sb_config_check(cfg, &err));
	sb_config_free(cfg);
}

/* The instructions of so many comparisons of 64 and of 32 bits; negative when they are refused for that. */
static int length_of(uint32_t wide, uint32_t narrow, int masked)
{
	static char text[1 << 18];
	sb_config *cfg = sb_config_new();
	sb_error err = SB_INIT(sb_error);
	struct sbi_filter *filter = NULL;
	size_t len = 0;
	int count = 0;

	for (uint32_t i = 0; i < wide + narrow; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "kill read if %s0%s == %u\n",
					i < wide ? "long" : "arg", masked && i == wide ? " & 0xffff" : "",
					i); /* a mask takes one */
	fx_ok(sb_set_seccomp_text(cfg, text, NULL));
	if (sbi_filter_get(cfg, 0, &filter, &err) == 0) {
		assert_true(bpf_valid(filter->code, filter->count));
		count = (int)filter->count;
	} else {
		assert_int_equal(err.code, E2BIG);
		assert_int_equal(
			sscanf(err.message, "seccomp policy: the policy compiles to %d instructions", &count),
			1);
		count = -count;
	}
	sbi_filter_unref(filter);
	sb_config_free(cfg);
	return count;
}

/* Up to the last instruction that the kernel takes, and not one more. */
static void exactly_as_many_as_fit(void **state)
{
	int most = 0, least = -1000000;

	(void)state;
	for (uint32_t wide = 990; wide < 1004; wide++)
		for (uint32_t narrow = 0; narrow < 10; narrow++) {
			int count = length_of(wide, narrow / 2, narrow % 2);

			if (count > most)
				most = count;
			if (count < 0 && count > least)
				least = count;
		}
	assert_int_equal(most, 4096);
	assert_int_equal(least, -4097);
}

static void more_rules_than_are_taken(void **state)
{
	static char text[1 << 20];
	sb_config *cfg = sb_config_new();
	size_t len = 0;
	char message[64];

	(void)state;
	/* The groups take none; 40 rules a line. */
	for (int i = 0; len + 64 < sizeof(text); i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "kill @process if arg0 == %d\n", i);
	snprintf(message, sizeof(message), "more than %u rules", SBI_POLICY_RULES);
	assert_int_equal(sb_set_seccomp_text(cfg, text, NULL), -E2BIG);
	fx_has(kit_error(cfg)->message, message);
	sb_config_free(cfg);
}

static void asking_for_a_call(void **state)
{
	sb_config *cfg = sb_config_new();
	sb_error err = SB_INIT(sb_error);
	int32_t error = 77;

	(void)state;
	assert_int_equal(sb_seccomp_test(NULL, "read", NULL, NULL, &err), -EINVAL);
	assert_int_equal(sb_seccomp_test(cfg, NULL, NULL, NULL, &err), -EINVAL);
	assert_int_equal(sb_seccomp_test(cfg, "", NULL, NULL, &err), -EINVAL);
	assert_int_equal(sb_seccomp_test(cfg, "reed", NULL, NULL, &err), -EINVAL);
	assert_string_equal(err.message, "\"reed\" is not a system call of this machine");
	assert_int_equal(sb_seccomp_test(cfg, "-1", NULL, NULL, &err), -EINVAL);
	assert_int_equal(sb_seccomp_test(cfg, "4294967296", NULL, NULL, &err), -EINVAL);
	assert_int_equal(sb_seccomp_test(cfg, "read", NULL, &error, NULL), SB_SECCOMP_ALLOW);
	assert_int_equal(error, 77);
	assert_int_equal(sb_seccomp_test(cfg, "mount", NULL, &error, NULL), SB_SECCOMP_ERRNO);
	assert_int_equal(error, EPERM);
	assert_int_equal(sb_seccomp_test(cfg, "9999", NULL, &error, NULL), SB_SECCOMP_ERRNO);
	assert_int_equal(error, ENOSYS);
	assert_int_equal(sb_seccomp_test(cfg, "0xffffffff", NULL, &error, NULL), SB_SECCOMP_ERRNO);
	assert_int_equal(sb_seccomp_test(cfg, "mount", NULL, NULL, NULL), SB_SECCOMP_ERRNO);
	fx_ok(sb_add_seccomp(cfg, "notify mount\ntrap umount2\nlog chroot\nkill setns"));
	assert_int_equal(sb_seccomp_test(cfg, "mount", NULL, NULL, NULL), SB_SECCOMP_NOTIFY);
	assert_int_equal(sb_seccomp_test(cfg, "umount2", NULL, NULL, NULL), SB_SECCOMP_TRAP);
	assert_int_equal(sb_seccomp_test(cfg, "chroot", NULL, NULL, NULL), SB_SECCOMP_LOG);
	assert_int_equal(sb_seccomp_test(cfg, "setns", NULL, NULL, NULL), SB_SECCOMP_KILL);
#ifdef __x86_64__
	assert_int_equal(sb_seccomp_test(cfg, "0x40000000", NULL, NULL, NULL), SB_SECCOMP_KILL);
#endif
	sb_config_free(cfg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(setters_want_what_they_need),
		cmocka_unit_test(the_default_is_default),
		cmocka_unit_test(each_setter_replaces_what_was_there),
		cmocka_unit_test(added_lines_come_last),
		cmocka_unit_test(groups_live_from_line_to_line),
		cmocka_unit_test(copies_go_their_own_ways),
		cmocka_unit_test(capabilities_count_whenever_they_are_set),
		cmocka_unit_test(after_an_error_nothing_is_used),
		cmocka_unit_test(too_many_instructions_are_found_at_the_check),
		cmocka_unit_test(exactly_as_many_as_fit),
		cmocka_unit_test(more_rules_than_are_taken),
		cmocka_unit_test(asking_for_a_call),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
