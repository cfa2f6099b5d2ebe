// SPDX-License-Identifier: MIT
/* Boxes that are not reset as something would stay: told at once, with the way out, and the box goes on. */
#include "box_kit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

static void refused_with(sb_config *cfg, const char *words, const char *hint)
{
	sb_error err = SB_INIT(sb_error);
	sb_box *box = open_with(cfg);

	assert_int_equal(sb_box_reset(box, &err), -EOPNOTSUPP);
	assert_string_equal(sb_step_name(err.step), "reset");
	fx_has(err.message, words);
	fx_has(err.hint, hint);
	assert_false(is_gone(box));
	exits(box, cfg, 0);
	sb_config_free(cfg);
	sb_box_free(box);
}

static void what_is_not_its_own_is_refused_at_once(void **state)
{
	static const struct {
		uint64_t kind;
		const char *words;
	} kinds[] = { { SB_NS_PID, "shares the caller's pid namespace" },
		      { SB_NS_NET, "shares the caller's net namespace" },
		      { SB_NS_IPC, "shares the caller's ipc namespace" },
		      { SB_NS_UTS, "shares the caller's uts namespace" } };
	sb_error err = SB_INIT(sb_error);

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		sb_config *cfg = fx_config("exit=0");

		fx_ok(sb_set_ns(cfg, SB_NS_ALL & ~kinds[i].kind & ~(uint64_t)SB_NS_TIME));
		refused_with(cfg, kinds[i].words, "sb_set_ns()");
	}
	assert_int_equal(sb_box_reset(NULL, &err), -EINVAL);
}

static void what_the_host_keeps_is_refused_at_once(void **state)
{
	const char *const lower[] = {fx_mkdir("lower"), NULL};
	sb_config *cfg = fx_config("exit=0");

	(void)state;
	fx_mount("disk", "size=1m");
	fx_ok(mkdir(fx_path("disk/upper"), 0755));
	fx_ok(mkdir(fx_path("disk/work"), 0755));
	fx_ok(sb_add_overlay(cfg, "/over", lower, fx_path("disk/upper"), fx_path("disk/work")));
	refused_with(cfg, "disk/upper", "sb_set_overlay_reset()");
	fx_umount("disk");
}

/* What others have left in there, or leave meanwhile, is not the box's to take back. */
static void a_joined_namespace_is_refused_at_once(void **state)
{
	static const struct {
		uint64_t kind;
		const char *words;
	} kinds[] = {{SB_NS_UTS, "has joined its uts namespace"}, {SB_NS_IPC, "has joined its ipc namespace"},
		     {SB_NS_NET, "has joined its net namespace"},
		     {SB_NS_PID, "has joined its pid namespace"}};
	sb_config *owner = fx_config("exit=0");
	sb_box *other = open_with(owner);

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		sb_config *cfg = fx_config("exit=0");
		int fd = sb_box_ns_fd(other, kinds[i].kind, NULL);

		assert_true(fd >= 0);
		fx_ok(sb_set_ns_fd(cfg, kinds[i].kind, fd));
		refused_with(cfg, kinds[i].words, "free the box, and open another");
		close(fd);
	}
	reset(other); /* which is its own */
	sb_box_free(other);
	sb_config_free(owner);
}

static void a_joined_sandbox_is_refused_at_once(void **state)
{
	sb_config *owner = fx_config("exit=0"), *cfg = sb_config_new();
	sb_box *other = open_with(owner);

	(void)state;
	fx_ok(sb_set_join(cfg, sb_box_pidfd(other)));
	refused_with(cfg, "has joined its user namespace", "free the box, and open another");
	sb_box_free(other);
	sb_config_free(owner);
}

static void a_pinned_namespace_is_refused_at_once(void **state)
{
	sb_config *cfg = fx_config("exit=0");
	const char *pin = fx_path("pin");

	(void)state;
	fx_ok(sb_add_pin(cfg, SB_NS_UTS, pin));
	refused_with(cfg, "the uts namespace of the box is pinned at ", "sb_unpin()");
	fx_ok(sb_unpin(pin, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(what_is_not_its_own_is_refused_at_once),
		FX_TEST_IF("privilege", a_joined_namespace_is_refused_at_once),
		FX_TEST(a_joined_sandbox_is_refused_at_once),
		FX_TEST_IF("privilege", a_pinned_namespace_is_refused_at_once),
		FX_TEST_IF("privilege overlay", what_the_host_keeps_is_refused_at_once),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
