// SPDX-License-Identifier: MIT
/* Setters of determinism, the plan as text, and the generator against the vectors of RFC 8439. */
#include "setters.h"

#include "plan/chacha.h"
#include "plan/plan_internal.h"

static void no_config(void **state)
{
	sb_config *no = NULL;

	(void)state;
	assert_int_equal(sb_set_aslr(no, 1), -EINVAL);
	assert_int_equal(sb_set_tsc(no, 1), -EINVAL);
	assert_int_equal(sb_set_affinity(no, "0"), -EINVAL);
	assert_int_equal(sb_set_random_seed(no, "x", 1), -EINVAL);
}

static int with_dev(sb_config *cfg, int r)
{
	fx_ok(sb_add_dev(cfg, "/dev"));
	return r;
}

static void switches(void **state)
{
	(void)state;
	BAD(EINVAL, "sb_set_aslr", sb_set_aslr(cfg, 2));
	BAD(EINVAL, "sb_set_tsc", sb_set_tsc(cfg, -1));
	GOOD(sb_set_aslr(cfg, 0));
	GOOD((sb_set_tsc(cfg, 0), sb_set_tsc(cfg, 1)));
}

static void lists_of_cpus(void **state)
{
	static const char *const bad[] = {"", " ", "0,", ",0", "0,,1", "-", "-1", "1-", "2-1",
					  "0 1", "0, 1", "0x1", "+1", "all", "8192", "0-8192", "1-2-3",
					  "0-1:2", "0\n", "4294967296", "18446744073709551616",
					  "00000000000000000000099999"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		BAD(EINVAL, "is not a list of CPUs", sb_set_affinity(cfg, bad[i]));
	GOOD(sb_set_affinity(cfg, "0"));
	GOOD(sb_set_affinity(cfg, "8191"));
	GOOD(sb_set_affinity(cfg, "0-8191"));
	GOOD(sb_set_affinity(cfg, "7,0-2,1"));
	GOOD((sb_set_affinity(cfg, "5"), sb_set_affinity(cfg, NULL)));
}

static void seeds(void **state)
{
	char seed[33] = {1};

	(void)state;
	BAD(EINVAL, "empty", sb_set_random_seed(cfg, seed, 0));
	BAD(EINVAL, "no seed", sb_set_random_seed(cfg, NULL, 1));
	BAD(E2BIG, "32", sb_set_random_seed(cfg, seed, 33));
	GOOD(with_dev(cfg, sb_set_random_seed(cfg, seed, 1)));
	GOOD(with_dev(cfg, sb_set_random_seed(cfg, seed, 32)));
	GOOD((sb_set_random_seed(cfg, seed, 1), sb_set_random_seed(cfg, NULL, 0)));
}

/* What a seed would not reach is refused, not passed over. */
static void contradictions(void **state)
{
	sb_config *cfg = fresh();
	sb_error err = SB_INIT(sb_error);

	(void)state;
	fx_ok(sb_set_random_seed(cfg, "x", 1));
	assert_int_equal(sb_config_check(cfg, &err), -EINVAL);
	fx_has(err.hint, "sb_add_dev");
	fx_ok(sb_add_dev(cfg, "/dev"));
	fx_ok(sb_config_check(cfg, &err));
	fx_ok(sb_set_seccomp(cfg, "none"));
	assert_int_equal(sb_config_check(cfg, &err), -EINVAL);
	fx_has(err.message, "getrandom");
	sb_config_free(cfg);
}

static const char *dump(sb_config *cfg)
{
	static char text[65536];
	sb_error err = SB_INIT(sb_error);

	if (sb_config_dump(cfg, text, sizeof(text), &err) < 0)
		fail_msg("%s", err.message);
	sb_config_free(cfg);
	return text;
}

static void as_text(void **state)
{
	sb_config *cfg = fresh(), *copy;
	const char *text;

	(void)state;
	fx_ok(sb_add_dev(cfg, "/dev"));
	text = dump(sb_config_copy(cfg));
	fx_has_not(text, "personality");
	fx_has_not(text, "affinity");
	fx_has_not(text, "tsc");
	fx_has_not(text, "seed");
	fx_ok(sb_set_aslr(cfg, 0));
	fx_ok(sb_set_tsc(cfg, 0));
	fx_ok(sb_set_affinity(cfg, "1500-1502,1024,63-65,0,2,7"));
	fx_ok(sb_set_random_seed(cfg, "x", 1));
	copy = sb_config_copy(cfg);
	sb_config_free(cfg);
	text = dump(copy);
	fx_has(text, "personality no random addresses\n");
	fx_has(text, "affinity 0,2,7,63-65,1024,1500-1502\n");
	fx_has(text, "tsc\n");
	fx_has(text, "dev /dev random from a seed\n");
}

/* Its own filter beside that of the preset, and gone with the seed; kept capabilities or not. */
static void the_filter_follows(void **state)
{
	sb_config *cfg = fresh(), *other = fresh();

	(void)state;
	fx_ok(sb_set_random_seed(cfg, "x", 1));
	for (int i = 0; i < 3; i++) {
		assert_int_equal(sb_seccomp_test(other, "getrandom", NULL, NULL, NULL), SB_SECCOMP_ALLOW);
		assert_int_equal(sb_seccomp_test(cfg, "getrandom", NULL, NULL, NULL),
				 SB_SECCOMP_ERRNO);
		assert_int_equal(sb_seccomp_test(cfg, "read", NULL, NULL, NULL), SB_SECCOMP_ALLOW);
		if (i == 0)
			fx_ok(sb_add_cap(cfg, "chown"));
		if (i == 1)
			fx_ok(sb_drop_cap(cfg, "all"));
	}
	sb_config_free(cfg);
	sb_config_free(other);
}

static void is_stream(const uint8_t key[32], uint32_t counter, const char *hex)
{
	uint8_t block[SBI_CHACHA_BLOCK];
	char text[2 * SBI_CHACHA_BLOCK + 1];

	sbi_chacha_block(key, counter, block);
	for (int i = 0; i < SBI_CHACHA_BLOCK; i++)
		snprintf(text + 2 * i, 3, "%02x", block[i]);
	assert_string_equal(text, hex);
}

/* RFC 8439, A.1: test vectors 1, 2, 3 and 4, those with a nonce of zeros. */
static void the_generator(void **state)
{
	uint8_t key[32] = {0};

	(void)state;
	is_stream(key, 0, "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7"
			  "da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586");
	is_stream(key, 1, "9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed"
			  "29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f");
	key[31] = 1;
	is_stream(key, 1, "3aeb5224ecf849929b9d828db1ced4dd832025e8018b8160b82284f3c949aa5a"
			  "8eca00bbb4a73bdad192b5c42f73f2fd4e273644c8b36125a64addeb006c13a0");
	key[31] = 0;
	key[1] = 0xff;
	is_stream(key, 2, "72d54dfbf12ec44b362692df94137f328fea8da73990265ec1bbbea1ae9af0ca"
			  "13b25aa26cb4a648cb9b9d1be65b2c0924a66c54d545ec1b7374f4872e99f096");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_config),	  cmocka_unit_test(switches),
		cmocka_unit_test(lists_of_cpus), cmocka_unit_test(seeds),
		cmocka_unit_test(contradictions), cmocka_unit_test(as_text),
		cmocka_unit_test(the_filter_follows), cmocka_unit_test(the_generator),
	};

	return cmocka_run_group_tests_name("setters_determinism", tests, make_long, NULL);
}
