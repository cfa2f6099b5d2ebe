// SPDX-License-Identifier: MIT
/*
 * Landlock where it cannot be had, and lines that cannot be: which step, why, the way out, and what
 * may be missing.
 */
#include "../fixture.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int abi(void)
{
	long r = syscall(SYS_landlock_create_ruleset, NULL, 0, 1 /* LANDLOCK_CREATE_RULESET_VERSION */);

	return r < 0 ? 0 : (int)r;
}

static void need_abi(int least)
{
	if (abi() < least)
		fx_skip("the kernel's Landlock has ABI %d, this is from ABI %d", abi(), least);
}

static sb_config *with_line(const char *path, const char *rights, const char *arg)
{
	sb_config *cfg = fx_config(arg);

	fx_ok(sb_add_landlock_path(cfg, "/inside", "read execute"));
	fx_ok(sb_add_landlock_path(cfg, path, rights));
	fx_ok(sb_set_landlock(cfg, NULL, "refer truncate ioctl"));
	return cfg;
}

static void a_missing_path_is_named(void **state)
{
	sb_config *cfg = with_line("/nowhere/x", "read", "exit=0");
	const sb_error *err;

	(void)state;
	need_abi(1);
	fx_ok(sb_set_optional(cfg, SB_APPLIED_LANDLOCK)); /* no excuse for a wrong line */
	err = fx_refused(cfg, ENOENT);
	assert_int_equal(err->step, SB_STEP_LANDLOCK);
	assert_int_equal(err->index, 1);
	fx_has(err->message, "/nowhere/x");
	fx_has(err->hint, "inside");
}

static void a_command_that_no_line_lets_run(void **state)
{
	const sb_error *err;
	sb_config *cfg;

	(void)state;
	need_abi(1);
	cfg = fx_config("exit=0");
	fx_ok(sb_add_landlock_path(cfg, "/inside", "read"));
	fx_ok(sb_set_landlock(cfg, "read execute", NULL));
	err = fx_refused(cfg, EACCES);
	assert_int_equal(err->step, SB_STEP_EXEC);
	fx_has(err->hint, "sb_add_landlock_path");
}

static void a_line_that_allows_nothing_refused(void **state)
{
	sb_config *cfg = fx_config("exit=0");
	const sb_error *err;

	(void)state;
	fx_ok(sb_add_landlock_path(cfg, "/", "read execute"));
	fx_ok(sb_add_landlock_port(cfg, "bind", 80));
	fx_ok(sb_set_landlock(cfg, "fs connect", NULL));
	err = fx_refused(cfg, EINVAL);
	assert_int_equal(err->step, SB_STEP_LANDLOCK);
	assert_int_equal(err->index, 1);
}

/* Rights that this kernel lacks, if there are any. */
static void what_the_kernel_lacks(void **state)
{
	static const char *const since[] = {NULL, "read", "refer", "truncate", "bind", "ioctl", "signal"};
	sb_result res = SB_INIT(sb_result);
	char out[64], said[32], all[64];
	const sb_error *err;
	sb_config *cfg;

	(void)state;
	if (abi() >= 6)
		fx_skip("the kernel's Landlock, with ABI %d, has all rights", abi());
	need_abi(1);
	cfg = fx_config("exit=0");
	snprintf(all, sizeof(all), "make %s", since[abi() + 1]);
	fx_ok(sb_add_landlock_path(cfg, "/", "all"));
	fx_ok(sb_set_landlock(cfg, all, since[abi() + 1]));
	fx_run(cfg, out, sizeof(out), &res);
	assert_int_equal(res.code, 0);
	assert_int_equal(res.landlock_abi, abi());
	assert_int_equal(res.skipped, 0);
	assert_true(res.applied & SB_APPLIED_LANDLOCK);

	fx_ok(sb_set_landlock(cfg, all, "make"));
	err = fx_refused(cfg, EOPNOTSUPP);
	assert_int_equal(err->step, SB_STEP_LANDLOCK);
	snprintf(said, sizeof(said), "ABI %d", abi());
	fx_has(err->message, said);
	fx_has(err->message, since[abi() + 1]);
	fx_has_not(err->message, "make");
	snprintf(said, sizeof(said), "ABI %d", abi() + 1);
	fx_has(err->hint, said);
}

/* --- a kernel without it: a filter around this process plays that one ------------- */

static int code;

static int take_landlock_away(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_landlock_create_ruleset, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)code),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(filter) / sizeof(filter[0]), filter};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

/* Runs, and @skipped were counted; Landlock is not among what was applied. */
static const char *runs_without(sb_config *cfg, uint32_t skipped)
{
	static char said[600];
	sb_error err = SB_INIT(sb_error);
	sb_result res = SB_INIT(sb_result);
	sb_proc *proc;

	if (sb_spawn(cfg, &proc, &err) < 0 || sb_proc_wait(proc, UINT64_MAX, &res, &err) < 0) {
		snprintf(said, sizeof(said), "%s (%s)", err.message, err.hint);
		return said;
	}
	sb_proc_free(proc);
	sb_config_free(cfg);
	snprintf(said, sizeof(said), "code %d, skipped %u, applied %#llx, ABI %u", res.code, res.skipped,
		 (unsigned long long)res.applied, res.landlock_abi);
	return res.code == 0 && res.skipped == skipped && res.landlock_abi == 0 &&
			       !(res.applied & SB_APPLIED_LANDLOCK)
		       ? NULL
		       : said;
}

static sb_config *alone(void)
{
	const char *argv[] = {"inside", "exit=0", NULL};
	sb_config *cfg = sb_config_new();

	sb_set_ns(cfg, 0);
	sb_set_command(cfg, fx_inside(), argv);
	return cfg;
}

static const char *none_at_all(void)
{
	const char *hint = code == ENOSYS ? "CONFIG_SECURITY_LANDLOCK" : "lsm=", *wrong;
	sb_config *cfg;

	if (take_landlock_away() < 0)
		return "skip: no filter can be set";
	wrong = fx_judge(with_line("/", "read", "exit=0"), code, "landlock", hint);
	if (wrong)
		return wrong;

	cfg = with_line("/", "read", "exit=0");
	sb_set_optional(cfg, SB_APPLIED_LANDLOCK);
	wrong = runs_without(cfg, 1);
	if (wrong)
		return wrong;

	cfg = with_line("/", "read", "exit=0");
	sb_set_landlock(cfg, NULL, "all");
	wrong = runs_without(cfg, 1);
	return wrong ? wrong : runs_without(alone(), 0); /* its scopes: nobody has asked for them */
}

static void a_kernel_without_it(void **state)
{
	(void)state;
	code = ENOSYS;
	fx_in_child(none_at_all);
	code = EOPNOTSUPP;
	fx_in_child(none_at_all);
}

/* Without no_new_privs it takes a privilege, which no more than a user namespace of one's own gives. */
static void without_no_new_privs(void **state)
{
	sb_config *cfg = with_line("/", "read", "mkdir=/inside/x");
	const sb_error *err;
	const char *wrong;

	(void)state;
	need_abi(1);
	fx_command(cfg, "reg=/new", "caps");
	fx_ok(sb_set_rootfs_writable(cfg, 1));
	fx_ok(sb_set_no_new_privs(cfg, 0));
	fx_is(fx_output(cfg), "reg /new", "EACCES");

	cfg = alone();
	fx_ok(sb_add_landlock_path(cfg, "/", "all"));
	fx_ok(sb_set_landlock(cfg, "read", NULL));
	fx_ok(sb_set_seccomp(cfg, "none")); /* a filter wants the same */
	fx_ok(sb_set_no_new_privs(cfg, 0));
	if (fx_who() == FX_USER) {
		err = fx_refused(cfg, EPERM);
		assert_int_equal(err->step, SB_STEP_LANDLOCK);
		fx_has(err->hint, "sb_set_no_new_privs");
		cfg = alone();
		fx_ok(sb_set_seccomp(cfg, "none"));
		fx_ok(sb_set_no_new_privs(cfg, 0));
		wrong = runs_without(cfg, 0);
		if (wrong)
			fail_msg("%s", wrong);
	} else {
		fx_output(cfg);
	}
}

static void probes_agree_with_the_abi(void **state)
{
	static const struct {
		const char *name;
		int abi;
	} probes[] = {
		{"landlock", 1},       {"landlock.refer", 2}, {"landlock.truncate", 3},
		{"landlock.ports", 4}, {"landlock.ioctl", 5}, {"landlock.scope", 6},
	};
	sb_error why = SB_INIT(sb_error);

	(void)state;
	for (size_t i = 0; i < sizeof(probes) / sizeof(probes[0]); i++) {
		if (sb_probe(probes[i].name, &why) != (abi() >= probes[i].abi))
			fail_msg("%s with ABI %d: %s", probes[i].name, abi(), why.message);
		if (abi() < probes[i].abi)
			assert_int_equal(why.step, SB_STEP_LANDLOCK);
	}
	assert_int_equal(sb_probe("landlock.nonsense", &why), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(a_missing_path_is_named),
		FX_TEST(a_command_that_no_line_lets_run),
		FX_TEST(a_line_that_allows_nothing_refused),
		FX_TEST(what_the_kernel_lacks),
		FX_TEST(a_kernel_without_it),
		FX_TEST(without_no_new_privs),
		FX_TEST(probes_agree_with_the_abi),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
