// SPDX-License-Identifier: MIT
/*
 * A seccomp filter around the host (a container's) that refuses what a sandbox needs: which call,
 * and the way out.
 */
#include "../fixture.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct refusal {
	long call;
	const char *step, *hint;
} refusals[] = {
	{SYS_clone3, "clone", "clone3"},
	{SYS_close_range, "bootstrap", "close_range"},
	{SYS_mount_setattr, "private", "mount_setattr"},
	{SYS_fsopen, "root", "fsopen"},
	{SYS_openat2, "bind", "openat2"},
	{SYS_move_mount, "root", "move_mount"},
	{SYS_pivot_root, "pivot", "pivot_root"},
};

static int refuse(long call, int code)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)call, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)code),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(filter) / sizeof(filter[0]), filter};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

static const struct refusal *now;
static int code;

/*
 * With a target below a directory that is there: what a root of its own has not seen before is
 * reached without openat2.
 */
static sb_config *usual(void)
{
	sb_config *cfg = fx_config("exit=0");

	fx_ok(sb_add_dir(cfg, "/deep", 0755));
	fx_ok(sb_add_bind(cfg, fx_inside(), "/deep/inside", SB_MOUNT_RO));
	return cfg;
}

static const char *spawn_behind_the_filter(void)
{
	if (refuse(now->call, code) < 0)
		return "skip: no filter can be set";
	return fx_judge(usual(), code, now->step, "seccomp") ?: fx_judge(usual(), code, now->step, now->hint);
}

static void every_refused_call_is_named(int with)
{
	code = with;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		now = &refusals[i];
		fx_in_child(spawn_behind_the_filter);
	}
}

static void refused_with_eperm(void **state)
{
	(void)state;
	every_refused_call_is_named(EPERM);
}

static void refused_with_enosys(void **state)
{
	(void)state;
	every_refused_call_is_named(ENOSYS);
}

/* What is not needed may be refused: a passing process takes the place of nothing here. */
static const char *spawn_without_pidfd_getfd(void)
{
	sb_error err = SB_INIT(sb_error);
	sb_proc *proc;

	if (refuse(SYS_pidfd_getfd, EPERM) < 0)
		return "skip: no filter can be set";
	for (int fd = 0; fd < 600;) { /* so many that the library would rather not copy them */
		fd = dup(0);
		if (fd < 0)
			return "skip: RLIMIT_NOFILE is below 600";
	}
	if (sb_spawn(fx_config("exit=0"), &proc, &err) < 0)
		return "the spawn failed where descriptors can only be copied";
	sb_proc_free(proc);
	return NULL;
}

static void many_descriptors_are_copied_where_they_cannot_be_fetched(void **state)
{
	(void)state;
	fx_in_child(spawn_without_pidfd_getfd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(refused_with_eperm),
		FX_TEST(refused_with_enosys),
		FX_TEST(many_descriptors_are_copied_where_they_cannot_be_fetched),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
