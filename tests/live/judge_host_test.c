// SPDX-License-Identifier: MIT
/* Limits that hold while the host does nothing about them, and clocks that are nobody's but the command's. */
#include "judge_table.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int held[2];

/* A host of its own, which stops itself as soon as the command runs, and says what it learns afterwards. */
static pid_t stopped_host(sb_config *cfg, const int p[2])
{
	sb_result res = SB_INIT(sb_result);
	sb_proc *proc;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (sb_spawn(cfg, &proc, NULL) < 0)
			_exit(99);
		close(p[0]);
		close(p[1]);
		raise(SIGSTOP);
		if (sb_proc_wait(proc, UINT64_MAX, &res, NULL) != 1)
			_exit(98);
		sb_proc_free(proc);
		_exit(res.verdict);
	}
	assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
	assert_true(WIFSTOPPED(status));
	return pid;
}

static void holds_while_the_host_is_stopped(const struct judge_row *row)
{
	int p[2], status;
	sb_config *cfg = judge_config_with_end(row, p);
	pid_t pid = stopped_host(cfg, p);

	sb_config_free(cfg);
	close(p[1]);
	judge_wait_for_end(p[0]);
	close(p[0]);
	assert_int_equal(waitpid(pid, &status, WNOHANG | WUNTRACED), 0); /* it is stopped as before */
	fx_ok(kill(pid, SIGCONT));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), row->verdict);
}

static void the_wall_clock_needs_no_host(void **state)
{
	static const struct judge_row row = { "wall", "pause", 0, OVER_WALL };

	(void)state;
	holds_while_the_host_is_stopped(&row);
}

static void cpu_time_needs_no_host(void **state)
{
	static const struct judge_row row = { "cpu", "cpu-ignored", 0, OVER_CPU };

	(void)state;
	holds_while_the_host_is_stopped(&row);
}

static void memory_needs_no_host(void **state)
{
	static const struct judge_row row = { "memory", "mem-children", 16, OVER_MEMORY };

	(void)state;
	holds_while_the_host_is_stopped(&row);
}

static void processes_need_no_host(void **state)
{
	static const struct judge_row row = { "pids", "bomb-fork-idle", 0, OVER_PIDS };

	(void)state;
	fx_cg_need("pids.max");
	holds_while_the_host_is_stopped(&row);
}

/* What cannot be started is nobody's verdict. */
static void what_does_not_start_has_no_verdict(void **state)
{
	static const struct {
		const char *path;
		int code;
	} ways[] = { { "/missing", ENOENT },
		     { "/tmp", EACCES },
		     { "/script", ENOENT },
		     { "/text", EACCES },
		     { "/junk", ENOEXEC } };
	static const struct judge_row row = { "starts", "exit", 0, ENDS(0) };

	(void)state;
	judge_begin();
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		sb_config *cfg = judge_config(&row, "judge-host", held);

		fx_ok(sb_add_file(cfg, "/script", "#!/not/there\n", 13, 0755));
		fx_ok(sb_add_file(cfg, "/text", "text", 4, 0644));
		fx_ok(sb_add_file(cfg, "/junk", "\177ELFjunk", 8, 0755));
		fx_ok(sb_set_command(cfg, ways[i].path, NULL));
		assert_string_equal(sb_step_name(fx_refused(cfg, ways[i].code)->step), "exec");
	}
}

/* The set-up takes longer than the limit on time, as its processes are frozen in it. */
static void clocks_start_at_the_exec(void **state)
{
	static const struct judge_row row = { "frozen", "exit", 6, ENDS(6), .wall_ms = 1000 };
	sb_result res = SB_INIT(sb_result);
	const char *parent;
	sb_config *cfg;
	int status;
	pid_t pid;

	(void)state;
	fx_cg_need("");
	judge_begin();
	parent = fx_cg_parent();
	cfg = judge_config(&row, "judge-host", held);
	fx_ok(sb_set_cgroup_parent(cfg, parent));
	fx_ok(fx_cg_put(parent, "cgroup.freeze", "1"));
	pid = fork();
	if (pid == 0) {
		poll(NULL, 0, 1300);
		_exit(fx_cg_put(parent, "cgroup.freeze", "0") != 0);
	}
	fx_wait(fx_spawn(cfg), &res);
	sb_config_free(cfg);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	print_message("# set-up %.0f ms, wall %.3f ms\n", (double)res.setup_ns / 1e6,
		      (double)res.wall_ns / 1e6);
	assert_int_equal(res.verdict, SB_EXITED);
	assert_int_equal(res.code, 6);
	assert_true(res.setup_ns > 1000 * MS);
	assert_true(res.wall_ns < 1000 * MS);
	fx_cg_parent_end();
}

/* The command's clocks are shifted, those of its limits are not. */
static void another_time_inside_changes_nothing(void **state)
{
	static const struct judge_row row = { "shifted", "pause", 0, OVER_WALL };
	const int64_t shifts[] = { 1000000, -(int64_t)(judge_now() / 2000000000) };
	sb_result res = SB_INIT(sb_result);
	sb_proc *proc;

	(void)state;
	judge_begin();
	for (int i = 0; i < 4; i++) {
		sb_config *cfg = judge_config(&row, "judge-host", held);
		int killed = i >= 2;

		fx_ok(sb_set_monotonic(cfg, shifts[i % 2]));
		if (killed)
			fx_ok(sb_set_limit(cfg, SB_LIMIT_WALL, 60000 * MS, 0));
		proc = fx_spawn(cfg);
		sb_config_free(cfg);
		if (killed)
			fx_ok(sb_proc_kill(proc));
		fx_wait(proc, &res);
		assert_int_equal(res.verdict, killed ? SB_KILLED : SB_WALL_EXCEEDED);
		assert_in_range(res.wall_ns, killed ? 0 : WALL_LIMIT * MS, 600000 * MS);
		assert_in_range(res.setup_ns, 1, 600000 * MS);
	}
}

/* How often sb-init wakes up for a second of busy loop: a clock with few ticks is enough to be exact. */
static void few_looks_are_enough(void **state)
{
	static const struct judge_row row = { "looks", "spin", 0, OVER_CPU, .wall_ms = 60000 };
	char path[64], line[256];
	uint64_t start, ms;
	long switches = -1;
	struct pollfd polled = { -1, POLLIN, 0 };
	sb_config *cfg;
	sb_proc *proc;
	FILE *f;

	(void)state;
	judge_begin();
	cfg = judge_config(&row, "judge-host", held);
	fx_ok(sb_set_limit(cfg, SB_LIMIT_CPU, 1100 * MS, 0));
	fx_ok(sb_set_soft_limit(cfg, SB_LIMIT_CPU, 1000 * MS, 0));
	start = judge_now();
	proc = fx_spawn(cfg);
	sb_config_free(cfg);
	snprintf(path, sizeof(path), "/proc/%d/status", fx_parent_of(sb_proc_pid(proc)));
	polled.fd = sb_proc_fd(proc);
	while (!sb_proc_soft(proc)) {
		assert_int_equal(poll(&polled, 1, 60000), 1);
		if (sb_proc_process(proc, NULL, NULL))
			break;
	}
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "voluntary_ctxt_switches: %ld", &switches);
	if (f)
		fclose(f);
	sb_proc_free(proc);
	ms = (judge_now() - start) / MS;
	print_message("# sb-init has slept %ld times in %llu ms of busy loop\n", switches,
		      (unsigned long long)ms);
	if (switches < 0)
		fx_skip("it was over before it could be looked at");
	/* Far fewer than who looks each millisecond, and is still less exact. */
	assert_true((uint64_t)switches * 2 < ms);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(the_wall_clock_needs_no_host),
		FX_TEST(cpu_time_needs_no_host),
		FX_TEST(memory_needs_no_host),
		FX_TEST(processes_need_no_host),
		FX_TEST(what_does_not_start_has_no_verdict),
		FX_TEST(clocks_start_at_the_exec),
		FX_TEST_IF("ns.time", another_time_inside_changes_nothing),
		FX_TEST(few_looks_are_enough),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
