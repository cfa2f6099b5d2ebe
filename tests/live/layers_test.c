// SPDX-License-Identifier: MIT
/*
 * The layers beside filter and Landlock: no further user namespaces, core scheduling; and those
 * that may be missing.
 */
#include "box_kit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define NEWUSER "unshare=268435456"
#define LIMIT "/proc/sys/user/max_user_namespaces"

static const char *limit_of_the_host(void)
{
	static char text[32];
	int fd = open(LIMIT, O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, text, sizeof(text) - 1);

	close(fd);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

static sb_config *nested(void)
{
	sb_config *cfg = fx_config("cat=" LIMIT, NEWUSER);

	fx_ok(sb_set_seccomp(cfg, "none"));
	fx_ok(sb_add_proc(cfg, "/proc", 0));
	return cfg;
}

static void no_user_namespace_inside(void **state)
{
	sb_config *cfg = nested();
	sb_result res = SB_INIT(sb_result);
	char before[32], out[4096];

	(void)state;
	fx_is(fx_output(cfg), "unshare", "ok");

	snprintf(before, sizeof(before), "%s", limit_of_the_host());
	cfg = nested();
	fx_ok(sb_set_no_new_userns(cfg, 1));
	fx_run(cfg, out, sizeof(out), &res);
	sb_config_free(cfg);
	fx_is(out, "cat " LIMIT, "0");
	fx_is(out, "unshare", "ENOSPC");
	assert_true(res.applied & SB_APPLIED_NO_NEW_USERNS);
	assert_string_equal(before, limit_of_the_host());
}

/* A user namespace that is made beforehand, for idmapped mounts, and joined. */
static void nor_in_one_made_beforehand(void **state)
{
	sb_config *cfg = nested();
	const char *dir = fx_mkdir("idmapped");

	(void)state;
	fx_ok(sb_add_bind(cfg, dir, "/idmapped", SB_MOUNT_IDMAP));
	fx_ok(sb_set_no_new_userns(cfg, 1));
	fx_is(fx_output(cfg), "unshare", "ENOSPC");
}

/* Root inside, with the very capability that the file asks for, but /proc/sys is read-only. */
static void nor_for_root_inside(void **state)
{
	sb_config *cfg = nested();
	const char *out;

	(void)state;
	fx_command(cfg, "write=" LIMIT, NEWUSER);
	fx_ok(sb_set_user(cfg, 0, 0));
	fx_ok(sb_add_cap(cfg, "sys_resource"));
	fx_ok(sb_set_no_new_userns(cfg, 1));
	out = fx_output(cfg);
	fx_is(out, "write " LIMIT, "EROFS");
	fx_is(out, "unshare", "ENOSPC");
}

static void nor_in_a_box(void **state)
{
	sb_config *cfg = nested(), *command;
	sb_result res = SB_INIT(sb_result);
	sb_proc *proc;
	sb_box *box;
	char out[256] = "";
	int p[2], i;

	(void)state;
	fx_ok(sb_set_no_new_userns(cfg, 1));
	box = open_with(cfg);
	for (i = 0; i < 2; i++) {
		command = fx_config(NEWUSER);
		fx_ok(sb_set_seccomp(command, "none"));
		fx_ok(pipe2(p, O_CLOEXEC));
		fx_ok(sb_set_fd(command, 1, p[1]));
		fx_ok(sb_box_spawn(box, command, &proc, NULL));
		fx_wait(proc, &res);
		assert_true(read(p[0], out, sizeof(out) - 1) > 0);
		close(p[0]);
		close(p[1]);
		sb_config_free(command);
		fx_is(out, "unshare", "ENOSPC");
		assert_true(res.applied & SB_APPLIED_NO_NEW_USERNS);
	}
	sb_box_free(box);
	sb_config_free(cfg);
}

static void it_needs_a_user_namespace(void **state)
{
	sb_config *cfg = nested();
	const sb_error *err;

	(void)state;
	fx_ok(sb_set_ns(cfg, SB_NS_ALL & ~SB_NS_USER));
	fx_ok(sb_set_no_new_userns(cfg, 1));
	err = fx_refused(cfg, EINVAL);
	fx_has(err->message, "user namespace");
	fx_has(err->hint, "SB_NS_USER");
}

/* As in a container: what there is of /proc/sys is read-only. */
static int cover_proc(void)
{
	if (unshare(CLONE_NEWNS) < 0 || mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("/proc/sys", "/proc/sys", NULL, MS_BIND, NULL) < 0)
		return -1;
	return mount("", "/proc/sys", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL);
}

static const char *by_a_proc_of_its_own(void)
{
	sb_config *cfg = fx_config("exit=0");
	sb_result res = SB_INIT(sb_result);
	sb_proc *proc;

	if (cover_proc() < 0)
		return "skip: /proc/sys cannot be made read-only";
	sb_set_no_new_userns(cfg, 1);
	if (sb_spawn(cfg, &proc, NULL) < 0)
		return "the spawn failed";
	sb_proc_wait(proc, UINT64_MAX, &res, NULL);
	sb_proc_free(proc);
	return res.applied & SB_APPLIED_NO_NEW_USERNS && res.code == 0 ? NULL : "it is not applied";
}

/* In a user namespace the kernel lets nobody mount what is covered outside. */
static const char *not_where_none_can_be_mounted(void)
{
	sb_config *cfg = fx_config("exit=0");
	sb_result res = SB_INIT(sb_result);
	const char *wrong;
	sb_proc *proc;

	if (cover_proc() < 0 || fx_drop_cap(CAP_SYS_ADMIN) < 0)
		return "skip: /proc/sys cannot be made read-only";
	sb_set_host_root(cfg, 1);
	sb_set_no_new_userns(cfg, 1);
	wrong = fx_judge(cfg, EROFS, "no_new_userns", "max_user_namespaces");
	if (wrong)
		return wrong;
	sb_set_optional(cfg, SB_APPLIED_NO_NEW_USERNS);
	if (sb_spawn(cfg, &proc, NULL) < 0)
		return "optional, and still refused";
	sb_proc_wait(proc, UINT64_MAX, &res, NULL);
	sb_proc_free(proc);
	return res.skipped == 1 && !(res.applied & SB_APPLIED_NO_NEW_USERNS) ? NULL : "it is not told";
}

static void where_proc_is_readonly(void **state)
{
	(void)state;
	fx_need("privilege");
	fx_in_child(by_a_proc_of_its_own);
	fx_in_child(not_where_none_can_be_mounted);
}

/* 0, or why not; in a child, for a cookie is inherited. */
static int try_core_sched(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(prctl(62 /* PR_SCHED_CORE */, 1 /* CREATE */, 0, 0 /* this thread */, 0) == 0 ? 0
												    : errno);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WEXITSTATUS(status);
}

static void core_scheduling(void **state)
{
	int has = try_core_sched();
	sb_config *cfg = fx_config("cookie");
	sb_result res = SB_INIT(sb_result);
	char out[256];
	const sb_error *err;

	(void)state;
	fx_ok(sb_set_seccomp(cfg, "none"));
	fx_ok(sb_set_core_sched(cfg, 1));
	assert_int_equal(sb_probe("core_sched", NULL), !has);
	if (!has) {
		fx_run(cfg, out, sizeof(out), &res);
		sb_config_free(cfg);
		fx_is(out, "cookie", "some");
		assert_true(res.applied & SB_APPLIED_CORE_SCHED);
		return;
	}
	fx_ok(sb_set_optional(cfg, SB_APPLIED_CORE_SCHED));
	fx_run(cfg, out, sizeof(out), &res);
	assert_int_equal(res.code, 0);
	assert_int_equal(res.skipped, 1);
	assert_false(res.applied & SB_APPLIED_CORE_SCHED);
	fx_ok(sb_set_optional(cfg, 0));
	err = fx_refused(cfg, has);
	assert_int_equal(err->step, SB_STEP_CORE_SCHED);
	fx_has(err->hint, has == ENODEV ? "second thread" : "CONFIG_SCHED_CORE");
}

/* --- a layer that a filter around this process refuses ------------------------------ */

static int refuse_keyctl(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_keyctl, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(filter) / sizeof(filter[0]), filter};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

static const char *no_keyring(void)
{
	sb_config *cfg = fx_config("exit=0");
	sb_result res = SB_INIT(sb_result);
	const char *wrong;
	sb_proc *proc;

	if (refuse_keyctl() < 0)
		return "skip: no filter can be set";
	wrong = fx_judge(cfg, EPERM, "keyring", "");
	if (wrong)
		return wrong;
	sb_set_optional(cfg, SB_APPLIED_KEYRING);
	if (sb_spawn(cfg, &proc, NULL) < 0)
		return "optional, and still refused";
	sb_proc_wait(proc, UINT64_MAX, &res, NULL);
	sb_proc_free(proc);
	sb_config_free(cfg);
	if (res.skipped != 1 || (res.applied & SB_APPLIED_KEYRING))
		return "it is not told that there is no keyring";
	return res.applied & SB_APPLIED_SECUREBITS ? NULL : "another layer is missing";
}

static void a_keyring_that_may_be_missing(void **state)
{
	(void)state;
	fx_in_child(no_keyring);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(no_user_namespace_inside),
		FX_TEST_IF("privilege idmap", nor_in_one_made_beforehand),
		FX_TEST(nor_for_root_inside),
		FX_TEST(nor_in_a_box),
		FX_TEST(it_needs_a_user_namespace),
		FX_TEST(where_proc_is_readonly),
		FX_TEST(core_scheduling),
		FX_TEST(a_keyring_that_may_be_missing),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
