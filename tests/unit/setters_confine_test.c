// SPDX-License-Identifier: MIT
/*
 * Setters of Landlock, capabilities and the other layers; words and back; the plan as text; a
 * kernel that lacks rights.
 */
#include "setters.h"

#include "config/landlock.h"
#include "host/explain.h"
#include "plan/plan_internal.h"

static void no_config(void **state)
{
	sb_config *no = NULL;

	(void)state;
	assert_int_equal(sb_add_landlock_path(no, "/", "read"), -EINVAL);
	assert_int_equal(sb_add_landlock_port(no, "bind", 80), -EINVAL);
	assert_int_equal(sb_set_landlock(no, NULL, NULL), -EINVAL);
	assert_int_equal(sb_drop_cap(no, "chown"), -EINVAL);
	assert_int_equal(sb_set_ambient(no, 1), -EINVAL);
	assert_int_equal(sb_set_securebits(no, 0), -EINVAL);
	assert_int_equal(sb_set_core_sched(no, 1), -EINVAL);
	assert_int_equal(sb_set_no_new_userns(no, 1), -EINVAL);
	assert_int_equal(sb_set_optional(no, 0), -EINVAL);
}

static int many_lines(sb_config *cfg)
{
	for (int i = 0; i < 256; i++)
		fx_ok(i % 2 ? sb_add_landlock_path(cfg, "/x", "read") : sb_add_landlock_port(cfg, "bind", 1));
	return sb_add_landlock_path(cfg, "/x", "read");
}

static void landlock_lines(void **state)
{
	(void)state;
	BAD(EINVAL, "sb_add_landlock_path", sb_add_landlock_path(cfg, NULL, "read"));
	BAD(EINVAL, "relative", sb_add_landlock_path(cfg, "relative", "read"));
	BAD(EINVAL, "..", sb_add_landlock_path(cfg, "/a/../b", "read"));
	BAD(ENAMETOOLONG, "sb_add_landlock_path", sb_add_landlock_path(cfg, long_path, "read"));
	BAD(EINVAL, "no right", sb_add_landlock_path(cfg, "/x", NULL));
	BAD(EINVAL, "no right", sb_add_landlock_path(cfg, "/x", ""));
	BAD(EINVAL, "no right", sb_add_landlock_path(cfg, "/x", " , "));
	BAD(EINVAL, "\"fly\"", sb_add_landlock_path(cfg, "/x", "read fly"));
	BAD(EINVAL, "\"READ\"", sb_add_landlock_path(cfg, "/x", "READ"));
	BAD(EINVAL, "\"rea\"", sb_add_landlock_path(cfg, "/x", "rea"));
	BAD(EINVAL, "\"reading\"", sb_add_landlock_path(cfg, "/x", "reading"));
	BAD(EINVAL, "\"bind\"", sb_add_landlock_path(cfg, "/x", "bind"));
	BAD(EINVAL, "\"scope\"", sb_add_landlock_path(cfg, "/x", "scope"));
	BAD(EINVAL, "\"none\"", sb_add_landlock_path(cfg, "/x", "none"));
	GOOD(sb_add_landlock_path(cfg, "/", "all"));
	GOOD(sb_add_landlock_path(cfg, "/x", " read,execute\twrite "));
	GOOD((sb_add_landlock_path(cfg, "/x", "read"), sb_add_landlock_path(cfg, "/x", "execute")));
	BAD(EINVAL, "sb_add_landlock_port", sb_add_landlock_port(cfg, NULL, 80));
	BAD(EINVAL, "listen", sb_add_landlock_port(cfg, "listen", 80));
	BAD(EINVAL, "bind connect", sb_add_landlock_port(cfg, "bind connect", 80));
	GOOD(sb_add_landlock_port(cfg, "connect", 0));
	BAD(E2BIG, "256", many_lines(cfg));
}

static void landlock_words(void **state)
{
	(void)state;
	BAD(EINVAL, "no right", sb_set_landlock(cfg, "", NULL));
	BAD(EINVAL, "no right", sb_set_landlock(cfg, "fs", ""));
	BAD(EINVAL, "\"file\"", sb_set_landlock(cfg, "file", NULL));
	BAD(EINVAL, "\"file\"", sb_set_landlock(cfg, NULL, "file"));
	BAD(EINVAL, "none", sb_set_landlock(cfg, "none read", NULL));
	BAD(EINVAL, "none", sb_set_landlock(cfg, "read none", NULL));
	GOOD(sb_set_landlock(cfg, NULL, NULL));
	GOOD(sb_set_landlock(cfg, "none", "none"));
	GOOD(sb_set_landlock(cfg, "all", "all"));
	GOOD(sb_set_landlock(cfg, "read write execute make remove device refer truncate ioctl bind connect "
				  "abstract signal fs net scope", NULL));
}

/* Every word stands for itself: what it means is said by it, or by narrower ones. */
static void words_and_back(void **state)
{
	char text[256];

	(void)state;
	sbi_landlock_words(0, " ", text, sizeof(text));
	assert_string_equal(text, "");
	sbi_landlock_words(SBI_LL_FS | SBI_LL_NET | SBI_LL_SCOPE, " ", text, sizeof(text));
	assert_string_equal(text, " all");
	sbi_landlock_words(SBI_LL_FS | SBI_LL_SIGNAL, " ", text, sizeof(text));
	assert_string_equal(text, " fs signal");
	sbi_landlock_words(SBI_LL_READ_FILE | SBI_LL_TRUNCATE | SBI_LL_NET, "+", text, sizeof(text));
	assert_string_equal(text, "+net+truncate+read_file");
	sbi_landlock_words(SBI_LL_WRITE_FILE | SBI_LL_TRUNCATE, " ", text, sizeof(text));
	assert_string_equal(text, " write");
	for (int bit = 0; bit < 16; bit++)
		assert_true(sbi_landlock_words(SBI_LL_BIT(bit), "", text, sizeof(text)) > 0);
	assert_int_equal(sbi_landlock_words(SBI_LL_FS | SBI_LL_SIGNAL, " ", text, 4), 10);
	assert_string_equal(text, " fs");
}

static void capabilities(void **state)
{
	(void)state;
	BAD(EINVAL, "sb_drop_cap", sb_drop_cap(cfg, NULL));
	BAD(EINVAL, "sb_drop_cap", sb_drop_cap(cfg, ""));
	BAD(EINVAL, "nothing", sb_drop_cap(cfg, "nothing"));
	BAD(EINVAL, "cap_all", sb_drop_cap(cfg, "cap_all"));
	GOOD(sb_drop_cap(cfg, "CAP_Chown"));
	GOOD(sb_drop_cap(cfg, "all"));
	BAD(EINVAL, "sb_set_ambient", sb_set_ambient(cfg, 2));
	GOOD(sb_set_ambient(cfg, 0));
	BAD(EINVAL, "0x1000", sb_set_securebits(cfg, 0x1fff));
	BAD(EINVAL, "sb_set_securebits", sb_set_securebits(cfg, UINT32_MAX));
	GOOD(sb_set_securebits(cfg, 0xff));
}

static void layers(void **state)
{
	(void)state;
	BAD(EINVAL, "sb_set_core_sched", sb_set_core_sched(cfg, -1));
	BAD(EINVAL, "sb_set_no_new_userns", sb_set_no_new_userns(cfg, 3));
	BAD(EINVAL, "0x400000000", sb_set_optional(cfg, SB_APPLIED_NO_NEW_PRIVS));
	BAD(EINVAL, "0x1", sb_set_optional(cfg, SB_NS_USER | SB_APPLIED_LANDLOCK));
	GOOD(sb_set_optional(cfg, SB_APPLIED_SECCOMP | SB_APPLIED_SECCOMP_REPORT | SB_APPLIED_LANDLOCK |
					  SB_APPLIED_SECUREBITS | SB_APPLIED_CORE_SCHED |
					  SB_APPLIED_NO_NEW_USERNS | SB_APPLIED_KEYRING));
	GOOD(sb_set_optional(cfg, 0));
	GOOD((sb_set_no_new_userns(cfg, 1), sb_set_no_new_userns(cfg, 0)));
}

static void contradictions(void **state)
{
	sb_config *cfg = fresh();
	sb_error err = SB_INIT(sb_error);

	(void)state;
	fx_ok(sb_set_no_new_userns(cfg, 1));
	fx_ok(sb_config_check(cfg, &err));
	fx_ok(sb_set_ns(cfg, SB_NS_ALL & ~SB_NS_USER));
	assert_int_equal(sb_config_check(cfg, &err), -EINVAL);
	fx_has(err.message, "user namespace");
	fx_ok(sb_set_no_new_userns(cfg, 0));
	fx_ok(sb_add_landlock_path(cfg, "/x", "read"));
	fx_ok(sb_set_landlock(cfg, "net", NULL));
	assert_int_equal(sb_config_check(cfg, &err), -EINVAL);
	assert_int_equal(err.step, SB_STEP_LANDLOCK);
	fx_has(err.message, "/x");
	fx_ok(sb_set_landlock(cfg, "none", NULL)); /* off is off, with lines and without */
	fx_ok(sb_set_ns(cfg, SB_NS_ALL));
	fx_ok(sb_config_check(cfg, &err));
	sb_config_free(cfg);
}

/* All capabilities, less each that has a name, are none. */
static void all_less_all_is_none(void **state)
{
	static const char *const names[] = {"chown", "setpcap", "sys_admin"};
	sb_config *cfg = fresh();

	(void)state;
	fx_ok(sb_add_cap(cfg, "all"));
	for (size_t i = 0; i < 3; i++)
		fx_ok(sb_drop_cap(cfg, names[i]));
	assert_true(cfg->keep_caps >> 63);
	assert_int_equal(cfg->keep_caps & 1, 0);
	cfg->keep_caps = UINT64_C(1) << 63 | 1;
	fx_ok(sb_drop_cap(cfg, "chown"));
	assert_int_equal(cfg->keep_caps, 0);
	sb_config_free(cfg);
}

static void a_copy_has_lines_of_its_own(void **state)
{
	sb_config *cfg = fresh(), *copy;
	char one[8192], two[8192];

	(void)state;
	fx_ok(sb_add_landlock_path(cfg, "/here", "read"));
	fx_ok(sb_add_landlock_port(cfg, "bind", 80));
	assert_true(sb_config_dump(cfg, one, sizeof(one), NULL) > 0);
	copy = sb_config_copy(cfg);
	fx_ok(sb_add_landlock_path(cfg, "/there", "read"));
	sb_config_free(cfg);
	assert_true(sb_config_dump(copy, two, sizeof(two), NULL) > 0);
	assert_string_equal(one, two);
	fx_has(two, "landlock allow /here read\n");
	sb_config_free(copy);
}

/* What explain.c makes of the record of a kernel with ABI 2. */
static void an_old_kernel_in_words(void **state)
{
	static const struct sbi_view view = {.euid = 1001, .egid = 1001};
	struct sbi_record rec = {
		.lane = 3, .error = EOPNOTSUPP, .detail = SBI_DETAIL_LANDLOCK_ABI, .status = 2
	};
	sb_config *cfg = fresh();
	sb_error err = SB_INIT(sb_error);
	struct sbi_compiled c;
	const struct sbi_plan *plan;

	(void)state;
	fx_ok(sb_set_landlock(cfg, "fs net signal", "net"));
	fx_ok(sbi_compile(cfg, &view, SBI_COMPILE_SETUP | SBI_COMPILE_COMMAND, NULL, &c, NULL));
	plan = (const struct sbi_plan *)c.arena.base;
	while (sbi_ops(plan, &plan->command)[rec.at].step != SB_STEP_LANDLOCK)
		rec.at++;
	assert_int_equal(sbi_explain_failed(plan, &c.id, &rec, -EBADF, &err), -EOPNOTSUPP);
	assert_int_equal(err.step, SB_STEP_LANDLOCK);
	fx_has(err.message, "ABI 2");
	fx_has(err.message, ": truncate ioctl signal");
	fx_has(err.hint, "ABI 6, Linux 6.12");
	fx_has(err.hint, "\"truncate ioctl signal\"");
	sbi_compiled_free(&c);
	sb_config_free(cfg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_config),
		cmocka_unit_test(landlock_lines),
		cmocka_unit_test(landlock_words),
		cmocka_unit_test(words_and_back),
		cmocka_unit_test(capabilities),
		cmocka_unit_test(layers),
		cmocka_unit_test(contradictions),
		cmocka_unit_test(all_less_all_is_none),
		cmocka_unit_test(a_copy_has_lines_of_its_own),
		cmocka_unit_test(an_old_kernel_in_words),
	};

	return cmocka_run_group_tests(tests, make_long, NULL);
}
