// SPDX-License-Identifier: MIT
/* Signals that reach sb-init: what somebody sends is passed on, what a terminal sends is not for it. */
#include "box_kit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

static void what_is_sent_to_the_first_process_reaches_every_command(void **state)
{
	static const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};
	sb_result res = SB_INIT(sb_result);
	sb_config *cfg = fx_config("pause");
	sb_box *box = open_with(cfg);
	sb_proc *procs[2];

	(void)state;
	for (size_t n = 0; n < sizeof(numbers) / sizeof(numbers[0]); n++) {
		for (int i = 0; i < 2; i++)
			fx_ok(sb_box_spawn(box, cfg, &procs[i], NULL));
		fx_ok(kill(sb_box_pid(box), numbers[n]));
		for (int i = 0; i < 2; i++) {
			assert_int_equal(sb_proc_wait(procs[i], UINT64_MAX, &res, NULL), 1);
			assert_int_equal(res.verdict, SB_SIGNALED);
			assert_int_equal(res.code, numbers[n]);
			sb_proc_free(procs[i]);
		}
	}
	sb_box_free(box);
	sb_config_free(cfg);
}

/* ^C goes to the foreground process group: to the host, which decides what becomes of its sandboxes. */
static void the_first_process_is_not_in_the_hosts_group(void **state)
{
	sb_config *cfg = fx_config("pause");
	sb_box *box = open_with(cfg);

	(void)state;
	assert_int_not_equal(getpgid(sb_box_pid(box)), getpgrp());
	sb_box_free(box);
	sb_config_free(cfg);
}

/* With sb_set_session(cfg, 0) the command is to be reached by the terminal of its host. */
static void a_command_in_the_hosts_session_is_in_its_group(void **state)
{
	sb_config *cfg = fx_config("pause");
	sb_proc *proc;

	(void)state;
	fx_ok(sb_set_session(cfg, 0));
	proc = fx_spawn(cfg);
	assert_int_equal(getpgid(sb_proc_pid(proc)), getpgrp());
	assert_int_equal(getsid(sb_proc_pid(proc)), getsid(0));
	fx_ok(sb_proc_kill(proc));
	fx_wait(proc, NULL);
	sb_config_free(cfg);
}

/* Skips unless the kernel writes a core where its process is, as a file. */
static void need_core_files(void)
{
	char pattern[256] = "";
	struct rlimit limit;
	int fd = open("/proc/sys/kernel/core_pattern", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, pattern, sizeof(pattern) - 1) < 0)
		snprintf(pattern, sizeof(pattern), "/%s", strerrorname_np(errno));
	if (fd >= 0)
		close(fd);
	pattern[strcspn(pattern, "\n")] = '\0';
	if (!pattern[0] || strchr(pattern, '/') || pattern[0] == '|')
		fx_skip("cores of this machine go elsewhere (core_pattern: %s)", pattern);
	getrlimit(RLIMIT_CORE, &limit);
	if (limit.rlim_max < 1 << 20)
		fx_skip("no core may be written (the hard RLIMIT_CORE is %llu)",
			(unsigned long long)limit.rlim_max);
}

static void a_core_is_told(void **state)
{
	sb_config *cfg;
	sb_result res = SB_INIT(sb_result);

	(void)state;
	need_core_files();
	cfg = fx_config("abort");
	fx_ok(sb_add_tmpfs(cfg, "/work", 16 << 20, 0, 01777));
	fx_ok(sb_set_cwd(cfg, "/work"));
	for (uint64_t size = 0; size <= 1 << 20; size += 1 << 20) {
		fx_ok(sb_set_rlimit(cfg, "core", size, size));
		fx_wait(fx_spawn(cfg), &res);
		assert_int_equal(res.verdict, SB_SIGNALED);
		assert_int_equal(res.code, SIGABRT);
		assert_int_equal(res.core_dumped, size > 0);
	}
	sb_config_free(cfg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(what_is_sent_to_the_first_process_reaches_every_command),
		FX_TEST(the_first_process_is_not_in_the_hosts_group),
		FX_TEST(a_command_in_the_hosts_session_is_in_its_group),
		FX_TEST(a_core_is_told),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
