/* SPDX-License-Identifier: MIT */
/* For the tests of groups: two that talk to each other, and how it ended. */
#ifndef TESTS_GROUP_KIT_H
#define TESTS_GROUP_KIT_H

#include "stream_kit.h"

/* Two of them, 1 of each to 0 of the other. */
static inline sb_group *pair(sb_config *a, sb_config *b, int transcript_a, int transcript_b, uint64_t limit)
{
	sb_error err = SB_INIT(sb_error);
	sb_group *group = sb_group_new();

	assert_non_null(group);
	assert_int_equal(sb_group_add(group, a, NULL, &err), 0);
	assert_int_equal(sb_group_add(group, b, NULL, &err), 1);
	assert_int_equal(sb_group_wire(group, 0, 1, 1, 0, transcript_a, limit, &err), 0);
	assert_int_equal(sb_group_wire(group, 1, 1, 0, 0, transcript_b, UINT64_MAX, &err), 1);
	sb_config_free(a);
	sb_config_free(b);
	return group;
}

static inline void start(sb_group *group)
{
	sb_error err = SB_INIT(sb_error);

	if (sb_group_start(group, &err) < 0)
		fail_msg("%s [%s]", err.message, sb_step_name(err.step));
}

static inline sb_group_result ended(sb_group *group)
{
	sb_group_result res = SB_INIT(sb_group_result);

	assert_int_equal(sb_group_wait(group, UINT64_MAX, &res, NULL), 1);
	return res;
}

static inline void expect(const sb_group_result *res, int verdict, int member, int first)
{
	if (res->verdict != verdict || res->member != member || (first != -2 && res->first != first))
		fail_msg("verdict %d of %d, first %d; expected %d of %d, first %d", res->verdict, res->member,
			 res->first, verdict, member, first);
}

static inline sb_member member(sb_group *group, unsigned number)
{
	sb_member info = SB_INIT(sb_member);

	fx_ok(sb_group_member(group, number, &info));
	return info;
}

static inline sb_result result(sb_group *group, unsigned number)
{
	sb_result res = SB_INIT(sb_result);

	assert_int_equal(sb_proc_wait(sb_group_proc(group, number), UINT64_MAX, &res, NULL), 1);
	return res;
}

#endif
