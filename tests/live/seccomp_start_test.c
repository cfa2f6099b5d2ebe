// SPDX-License-Identifier: MIT
/* From the filter to the exec: no policy prevents it or hides why it failed; also without no_new_privs. */
#include "attack_config.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* All that sb-init does after its own filter is there. */
#define OWN_CALLS "execve clock_gettime sendmsg faccessat statx statfs prctl capset capget exit"

/* The last word is the command's own policy; sb-init's way to the exec is not part of it. */
static void no_policy_prevents_the_start(void **state)
{
	static const char *const policies[] = {
		"default allow\nerrno " OWN_CALLS "\n",
		"default allow\nkill " OWN_CALLS "\n",
		"default allow\ntrap " OWN_CALLS "\n",
		"include judge\nerrno @process @clock @files @socket @identity\nallow exit_group arch_prctl "
		"set_tid_address set_robust_list rseq readlinkat ?readlink newfstatat fstat\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++)
		fx_has(fx_output(call_config(policies[i], "say=running")), "running\n");
}

static void and_the_command_cannot_exec(void **state)
{
	sb_result res = SB_INIT(sb_result);
	char out[1024];
	sb_config *cfg;

	(void)state;
	fx_is(fx_output(call_config("default allow\nerrno execve execveat\n", "exec=/attack")), "exec",
	      "EPERM");
	fx_has(fx_output(call_config("default", "exec=/attack")), "executed\n");
	cfg = call_config("default allow\nkill execve\n", "exec=/attack", "say=alive");
	fx_run(cfg, out, sizeof(out), &res);
	sb_config_free(cfg);
	assert_int_equal(res.verdict, SB_FILTERED);
	fx_has_not(out, "alive");
	fx_has_not(out, "executed");
}

static void a_failed_exec_keeps_its_reason(void **state)
{
	static const char policy[] = "default kill\nallow @io";
	static const struct {
		const char *path;
		int code;
		const char *reason;
	} ways[] = {
		{"/script", ENOENT, "its interpreter"}, {"/text", EACCES, "it is not an executable file"},
		{"/noexec", EACCES, "noexec mount"},    {"/nothing", ENOENT, "No such file"},
		{"nothing", ENOENT, "No such file"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		sb_config *cfg = call_config(policy, "say=running");

		fx_ok(sb_add_file(cfg, "/script", "#!/no/interpreter\n", 18, 0755));
		fx_ok(sb_add_file(cfg, "/text", "text", 4, 0644));
		fx_ok(sb_add_bind(cfg, fx_beside("attack"), "/noexec", SB_MOUNT_RO | SB_MOUNT_NOEXEC));
		fx_ok(sb_set_command(cfg, ways[i].path, NULL));
		fx_has(fx_refused(cfg, ways[i].code)->message, ways[i].reason);
	}
}

static void without_no_new_privs(void **state)
{
	sb_config *cfg = fx_config("cat=/proc/self/status");
	const char *out;

	(void)state;
	fx_ok(sb_add_proc(cfg, "/proc", 0));
	fx_ok(sb_set_no_new_privs(cfg, 0));
	out = fx_output(cfg);
	fx_has(out, "\nSeccomp:\t2\n");
	fx_has(out, "\nNoNewPrivs:\t0\n");
	fx_has(out, "\nCapEff:\t0000000000000000\n");
	fx_has(out, "\nCapPrm:\t0000000000000000\n");
	/* There the capabilities go after the filter has come. */
	cfg = call_config("default allow\nkill " OWN_CALLS "\n", "say=running");
	fx_ok(sb_set_no_new_privs(cfg, 0));
	fx_ok(sb_add_cap(cfg, "chown"));
	fx_has(fx_output(cfg), "running\n");
}

static void without_no_new_privs_it_takes_privilege(void **state)
{
	sb_config *cfg = sb_config_new();
	const sb_error *err;

	(void)state;
	fx_ok(sb_set_command(cfg, fx_beside("attack"), (const char *const[]){"attack", "call", NULL}));
	fx_ok(sb_set_ns(cfg, 0));
	fx_ok(sb_set_no_new_privs(cfg, 0));
	err = fx_refused(cfg, EACCES);
	assert_string_equal(sb_step_name(err->step), "seccomp");
	fx_has(err->hint, "sb_set_no_new_privs");
}

/* A kernel without it is played by a filter that refuses filters. */
static int refuse_filters(int code)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_seccomp, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)code),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(filter) / sizeof(filter[0]), filter};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

static const char *where_filters_are_refused(void)
{
	sb_result res = SB_INIT(sb_result);
	sb_config *cfg = fx_config("exit=3");
	sb_proc *proc = NULL;
	const char *wrong;

	if (refuse_filters(ENOSYS) < 0)
		return "skip: no filter can be set";
	wrong = fx_judge(cfg, ENOSYS, "seccomp", "SB_APPLIED_SECCOMP");
	if (wrong)
		return wrong;
	if (sb_set_optional(cfg, SB_APPLIED_SECCOMP) || sb_spawn(cfg, &proc, NULL) ||
	    sb_proc_wait(proc, UINT64_MAX, &res, NULL) != 1)
		return "what may be missing is demanded";
	sb_proc_free(proc);
	sb_config_free(cfg);
	if (res.verdict != SB_EXITED || res.code != 3 || res.skipped != 1)
		return "it ended differently, or the missing layer was not counted";
	if (res.applied & (SB_APPLIED_SECCOMP | SB_APPLIED_SECCOMP_REPORT) || res.filter_length)
		return "the missing layer counts as applied";
	return res.applied & SB_APPLIED_NO_NEW_PRIVS ? NULL : "another layer is missing too";
}

static void a_kernel_without_filters_is_an_error_unless_optional(void **state)
{
	(void)state;
	fx_in_child(where_filters_are_refused);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(no_policy_prevents_the_start),
		FX_TEST(and_the_command_cannot_exec),
		FX_TEST(a_failed_exec_keeps_its_reason),
		FX_TEST(without_no_new_privs),
		FX_TEST_IF("user", without_no_new_privs_it_takes_privilege),
		FX_TEST(a_kernel_without_filters_is_an_error_unless_optional),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
