/* SPDX-License-Identifier: MIT */
/* How the tests of the policy language say "this is refused, with these words". */
#ifndef TESTS_POLICY_KIT_H
#define TESTS_POLICY_KIT_H

#include "filter_kit.h"

/* What sb_config_check() says, in static memory. */
static inline const sb_error *kit_error(const sb_config *cfg)
{
	static sb_error err;

	err = (sb_error)SB_INIT(sb_error);
	sb_config_check(cfg, &err);
	return &err;
}

/* @cfg is refused wherever it is used, and nothing of a policy is there; frees it. */
static inline void kit_refused(sb_config *cfg, int code, const char *message, const char *text)
{
	sb_error err = SB_INIT(sb_error);
	sb_proc *proc = NULL;
	uint64_t args[6] = { 0 };
	int32_t error = 0;

	sb_set_command(cfg, "/bin/true", NULL);
	if (sb_config_check(cfg, &err) != -code || err.code != code || strcmp(err.message, message))
		fail_msg("%d \"%s\", expected %d \"%s\", for\n%.200s", err.code, err.message, code, message,
			 text);
	err = (sb_error)SB_INIT(sb_error);
	assert_int_equal(sb_spawn(cfg, &proc, &err), -code);
	assert_null(proc);
	assert_string_equal(err.message, message);
	err = (sb_error)SB_INIT(sb_error);
	assert_int_equal(sb_seccomp_test(cfg, "read", args, &error, &err), -code);
	assert_string_equal(err.message, message);
	sb_config_free(cfg);
}

/* The text is refused as a policy and as added lines; @message without what stands in front of the line. */
static inline void kit_bad_text(const char *text, int code, const char *line_and_message)
{
	sb_config *cfg = sb_config_new();
	char message[sizeof(((sb_error *)NULL)->message)];

	snprintf(message, sizeof(message), "sb_set_seccomp_text: my.policy:%s", line_and_message);
	if (sb_set_seccomp_text(cfg, text, "my.policy") != -code)
		fail_msg("taken, or another error, \"%s\": expected %d for\n%.200s", kit_error(cfg)->message,
			 code, text);
	kit_refused(cfg, code, message, text);
	cfg = sb_config_new();
	snprintf(message, sizeof(message), "sb_add_seccomp: line:%s", line_and_message);
	assert_int_equal(sb_add_seccomp(cfg, text), -code);
	kit_refused(cfg, code, message, text);
}

/* The decision for a native call, as a number of the interface. */
static inline int kit_test(const sb_config *cfg, const char *call, uint64_t arg0)
{
	uint64_t args[6] = { arg0 };
	sb_error err = SB_INIT(sb_error);
	int32_t error = 0;
	int r = sb_seccomp_test(cfg, call, args, &error, &err);

	if (r < 0)
		fail_msg("%s: %s", call, err.message);
	return r == (int)SB_SECCOMP_ERRNO ? 1000 + error : r;
}
#define REFUSED(error) (1000 + (error))

#endif
