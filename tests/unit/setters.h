/* SPDX-License-Identifier: MIT */
/* How the setters' tests say "refused, remembered, nothing lost" and "accepted". */
#ifndef TESTS_SETTERS_H
#define TESTS_SETTERS_H

#include "../fixture.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

static char long_path[PATH_MAX + 8]; /* "/aaaa…", one too long */
static char long_name[66];           /* 65 bytes */

static int make_long(void **state)
{
	(void)state;
	memset(long_path, 'a', PATH_MAX);
	long_path[0] = '/';
	memset(long_name, 'n', 65);
	return 0;
}

static sb_config *fresh(void)
{
	sb_config *cfg = sb_config_new();

	assert_non_null(cfg);
	fx_ok(sb_set_command(cfg, "/bin/true", NULL));
	return cfg;
}

/* The first failure stays, whatever comes after it; the config stays usable for all but spawning. */
static void expect_bad(sb_config *cfg, int r, int code, const char *part, const char *call)
{
	sb_error err = SB_INIT(sb_error), again = SB_INIT(sb_error);
	sb_proc *proc = NULL;
	sb_config *copy;

	if (r != -code)
		fail_msg("%s returned %d, expected %d", call, r, -code);
	if (sb_config_check(cfg, &err) != -code || err.code != code)
		fail_msg("%s is not remembered", call);
	assert_string_equal(sb_step_name(err.step), "config");
	if (!strstr(err.message, part))
		fail_msg("%s: \"%s\" does not say \"%s\"", call, err.message, part);
	assert_int_equal(sb_set_ns(cfg, UINT64_MAX), -EINVAL);
	fx_ok(sb_set_umask(cfg, 022));
	assert_int_equal(sb_config_check(cfg, &again), -code);
	assert_string_equal(again.message, err.message);
	assert_int_equal(sb_spawn(cfg, &proc, NULL), -code);
	assert_null(proc);
	copy = sb_config_copy(cfg);
	assert_non_null(copy);
	assert_int_equal(sb_config_check(copy, NULL), -code);
	sb_config_free(copy);
	sb_config_free(cfg);
}

#define BAD(code, part, call)                           \
	do {                                            \
		sb_config *cfg = fresh();               \
		int r_ = (call);                        \
                                                        \
		expect_bad(cfg, r_, code, part, #call); \
	} while (0)

#define GOOD(call)                                             \
	do {                                                   \
		sb_config *cfg = fresh();                      \
		int r_ = (call);                               \
                                                               \
		if (r_ != 0)                                   \
			fail_msg("%s returned %d", #call, r_); \
		sb_config_free(cfg);                           \
	} while (0)

#endif
