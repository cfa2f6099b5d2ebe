// SPDX-License-Identifier: MIT
/* One of many has ended: which? */
#include "stream_kit.h"

#include <errno.h>

#define MANY 50
static void the_first_of_fifty(void **state)
{
	sb_proc *procs[MANY];
	int in[MANY][2], left = MANY;
	sb_result res = SB_INIT(sb_result);
	size_t index = 99;

	(void)state;
	for (int i = 0; i < MANY; i++) {
		char word[16];
		sb_config *cfg;

		snprintf(word, sizeof(word), "exit=%d", i);
		cfg = fx_config("bytes=1:100000", "read=0", word);
		fx_ok(sb_set_ns(cfg, SB_NS_USER | SB_NS_PID | SB_NS_MOUNT));
		fx_ok(pipe2(in[i], O_CLOEXEC));
		fx_ok(sb_set_fd(cfg, 0, in[i][0]));
		fx_ok(sb_set_stream_capture(cfg, 1, UINT64_MAX, 0));
		procs[i] = fx_spawn(cfg);
		sb_config_free(cfg);
		close(in[i][0]);
	}
	assert_int_equal(sb_wait_any(procs, MANY, 0, &index, &res, NULL), 0);
	assert_int_equal(index, 99);
	for (int i = 17; left; i = (i + 7) % MANY) {
		close(in[i][1]);
		assert_int_equal(sb_wait_any(procs, MANY, UINT64_MAX, &index, &res, NULL), 1);
		assert_int_equal(index, i);
		assert_int_equal(res.code, i);
		assert_int_equal(sb_wait_any(procs, MANY, UINT64_MAX, &index, &res, NULL), 1);
		assert_int_equal(index, i); /* told of at every call */
		procs[i] = sb_proc_free(procs[i]);
		left--;
	}
	assert_int_equal(sb_wait_any(procs, MANY, UINT64_MAX, &index, &res, NULL), -ECHILD);
	assert_int_equal(sb_wait_any(procs, 0, UINT64_MAX, &index, &res, NULL), -ECHILD);
	assert_int_equal(sb_wait_any(procs, 1025, UINT64_MAX, &index, &res, NULL), -EINVAL);
	assert_int_equal(sb_wait_any(NULL, 1, UINT64_MAX, &index, &res, NULL), -EINVAL);
	assert_int_equal(sb_wait_any(procs, 1, UINT64_MAX, NULL, &res, NULL), -EINVAL);
}

static void of_several_the_first(void **state)
{
	sb_config *cfg = fx_config("exit=0");
	sb_proc *procs[4] = { NULL, NULL, NULL, NULL };
	size_t index = 99;

	(void)state;
	for (int i = 1; i < 4; i++) {
		procs[i] = fx_spawn(cfg);
		end(procs[i], SB_EXITED, 0);
	}
	sb_config_free(cfg);
	for (size_t i = 1; i < 4; i++) {
		assert_int_equal(sb_wait_any(procs, 4, UINT64_MAX, &index, NULL, NULL), 1);
		assert_int_equal(index, i);
		procs[i] = sb_proc_free(procs[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(the_first_of_fifty),
		FX_TEST(of_several_the_first),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
