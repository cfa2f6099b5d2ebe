// SPDX-License-Identifier: MIT
/*
 * Capabilities that are kept, and how: all but some, ambient or not, for root and for others; and
 * securebits.
 */
#include "../fixture.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <stdlib.h>

#define CHOWN UINT64_C(1)
#define NONE "0000000000000000"

/* One run of "caps"; the text in static memory. */
static const char *caps_of(sb_config *cfg, sb_result *res)
{
	static char out[4096];

	fx_run(cfg, out, sizeof(out), res);
	assert_int_equal(res->code, 0);
	sb_config_free(cfg);
	return out;
}

static uint64_t number(const char *out, const char *key)
{
	const char *text = fx_get(out, key);

	assert_non_null(text);
	return strtoull(text, NULL, 16);
}

static void all_but_one(void **state)
{
	sb_result res = SB_INIT(sb_result), less = SB_INIT(sb_result);
	sb_config *cfg = fx_config("caps");
	uint64_t all;
	const char *out;

	(void)state;
	fx_ok(sb_add_cap(cfg, "all"));
	out = caps_of(cfg, &res);
	all = number(out, "effective");
	assert_true(all & CHOWN);
	assert_int_equal(res.caps, all);

	cfg = fx_config("caps");
	fx_ok(sb_add_cap(cfg, "all"));
	fx_ok(sb_drop_cap(cfg, "CAP_CHOWN"));
	out = caps_of(cfg, &less);
	assert_int_equal(number(out, "effective"), all & ~CHOWN);
	assert_int_equal(number(out, "permitted"), all & ~CHOWN);
	assert_int_equal(number(out, "ambient"), all & ~CHOWN);
	assert_int_equal(number(out, "bounding"), all & ~CHOWN);
	assert_int_equal(less.caps, all & ~CHOWN);
	assert_false(less.applied & SB_APPLIED_NO_CAPS);
}

static void what_was_added_can_be_dropped(void **state)
{
	sb_result res = SB_INIT(sb_result);
	sb_config *cfg = fx_config("caps");
	const char *out;

	(void)state;
	fx_ok(sb_add_cap(cfg, "chown"));
	fx_ok(sb_add_cap(cfg, "kill"));
	fx_ok(sb_drop_cap(cfg, "kill"));
	out = caps_of(cfg, &res);
	assert_int_equal(number(out, "effective"), CHOWN);
	assert_int_equal(number(out, "bounding"), CHOWN);
	assert_int_equal(res.caps, CHOWN);

	cfg = fx_config("caps");
	fx_ok(sb_add_cap(cfg, "all"));
	fx_ok(sb_drop_cap(cfg, "all"));
	out = caps_of(cfg, &res);
	fx_is(out, "effective", NONE);
	assert_int_equal(res.caps, 0);
	assert_true(res.applied & SB_APPLIED_NO_CAPS);
}

/* Not ambient: root inside has them at its exec, anybody else loses them. */
static void ambient_or_not(void **state)
{
	sb_result res = SB_INIT(sb_result);
	sb_config *cfg;
	const char *out;
	uint32_t uid;

	(void)state;
	for (uid = 0; uid <= 1000; uid += 1000) {
		cfg = fx_config("caps");
		fx_ok(sb_set_user(cfg, uid, uid));
		fx_ok(sb_add_cap(cfg, "chown"));
		fx_ok(sb_set_ambient(cfg, 0));
		out = caps_of(cfg, &res);
		assert_int_equal(number(out, "effective"), uid ? 0 : CHOWN);
		fx_is(out, "ambient", NONE);
		fx_is(out, "inheritable", NONE);
		assert_int_equal(number(out, "bounding"), CHOWN);
	}
	cfg = fx_config("caps");
	fx_ok(sb_add_cap(cfg, "chown"));
	out = caps_of(cfg, &res);
	assert_int_equal(number(out, "effective"), CHOWN);
}

#define LOCKED_DOWN "0xef"

/* The attack: root inside, with nothing but its uid, tries to make capabilities out of it. */
static void without_capabilities_root_is_locked_down(void **state)
{
	sb_result res = SB_INIT(sb_result);
	sb_config *cfg = fx_config("caps", "keepcaps=1", "securebits=0", "run=/inside");
	const char *out;

	(void)state;
	fx_ok(sb_set_user(cfg, 0, 0));
	fx_ok(sb_set_no_new_privs(cfg, 0));
	out = caps_of(cfg, &res);
	fx_is(out, "securebits", LOCKED_DOWN);
	fx_is(out, "keepcaps 1", "EPERM");
	fx_is(out, "securebits 0", "EPERM");
	fx_is(out, "effective", NONE);
	fx_is(strstr(out, "keepcaps"), "permitted", NONE);
	assert_true(res.applied & SB_APPLIED_SECUREBITS);

	cfg = fx_config("caps", "keepcaps=1");
	fx_ok(sb_set_user(cfg, 0, 0));
	fx_ok(sb_set_securebits(cfg, 0));
	out = caps_of(cfg, &res);
	fx_is(out, "securebits", "0");
	fx_is(out, "keepcaps 1", "ok");
	assert_false(res.applied & SB_APPLIED_SECUREBITS);
}

static void with_capabilities_they_stay_as_they_are(void **state)
{
	sb_result res = SB_INIT(sb_result);
	sb_config *cfg = fx_config("caps");

	(void)state;
	fx_ok(sb_add_cap(cfg, "chown"));
	fx_is(caps_of(cfg, &res), "securebits", "0");
	assert_false(res.applied & SB_APPLIED_SECUREBITS);
}

/*
 * What forbids to raise ambient capabilities comes after they are raised; the rest, before
 * CAP_SETPCAP is gone.
 */
static void bits_that_were_asked_for(void **state)
{
	const uint32_t bits = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE |
			      SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;
	sb_result res = SB_INIT(sb_result);
	const char *out;
	int plain;

	(void)state;
	for (plain = 0; plain < 2; plain++) {
		sb_config *cfg = fx_config("caps");

		fx_ok(sb_add_cap(cfg, "chown"));
		fx_ok(sb_set_securebits(cfg, bits));
		fx_ok(sb_set_no_new_privs(cfg, plain));
		out = caps_of(cfg, &res);
		fx_is(out, "securebits", "0xc3");
		assert_int_equal(number(out, "effective"), CHOWN);
		assert_int_equal(number(out, "ambient"), CHOWN);
		assert_true(res.applied & SB_APPLIED_SECUREBITS);
	}
}

static sb_config *alone(void)
{
	const char *argv[] = {"inside", "caps", NULL};
	sb_config *cfg = sb_config_new();

	fx_ok(sb_set_ns(cfg, 0));
	fx_ok(sb_set_command(cfg, fx_inside(), argv));
	return cfg;
}

/* No namespace of its own: who has privilege can, who has none is told, or goes without. */
static void in_the_callers_user_namespace(void **state)
{
	int privileged = fx_who() != FX_USER;
	sb_result res = SB_INIT(sb_result);
	sb_config *cfg = alone();
	const sb_error *err;

	(void)state;
	fx_is(caps_of(cfg, &res), "securebits", privileged ? LOCKED_DOWN : "0");
	assert_int_equal(!!(res.applied & SB_APPLIED_SECUREBITS), privileged);
	assert_int_equal(res.skipped, 0);

	cfg = alone();
	fx_ok(sb_set_securebits(cfg, SECBIT_NOROOT));
	if (privileged) {
		fx_is(caps_of(cfg, &res), "securebits", "0x1");
		return;
	}
	err = fx_refused(cfg, EPERM);
	assert_int_equal(err->step, SB_STEP_SECUREBITS);
	fx_has(err->hint, "CAP_SETPCAP");

	cfg = alone();
	fx_ok(sb_set_securebits(cfg, SECBIT_NOROOT));
	fx_ok(sb_set_optional(cfg, SB_APPLIED_SECUREBITS));
	fx_is(caps_of(cfg, &res), "securebits", "0");
	assert_int_equal(res.skipped, 1);
	assert_false(res.applied & SB_APPLIED_SECUREBITS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(all_but_one),
		FX_TEST(what_was_added_can_be_dropped),
		FX_TEST(ambient_or_not),
		FX_TEST(without_capabilities_root_is_locked_down),
		FX_TEST(with_capabilities_they_stay_as_they_are),
		FX_TEST(bits_that_were_asked_for),
		FX_TEST(in_the_callers_user_namespace),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
