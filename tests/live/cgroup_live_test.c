// SPDX-License-Identifier: MIT
/* While a command runs: its limits change, its figures are read, its processes listed, frozen, watched. */
#include "../fixture_cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define MIB UINT64_C(1048576)
#define SECOND UINT64_C(1000000000)

static void finish(struct fx_talk *talk, sb_config *cfg)
{
	fx_ok(sb_proc_kill(talk->proc));
	fx_talk_end(talk, NULL);
	fx_talk_free(talk);
	sb_config_free(cfg);
}

static void pids_max_is_raised_and_lowered(void **state)
{
	sb_error err = SB_INIT(sb_error);
	struct fx_talk talk;
	sb_config *cfg;

	(void)state;
	fx_cg_need("pids.max");
	cfg = fx_config("forks=20", "read=0", "forks=20", "read=0", "forks=1", "say=end", "pause");
	fx_ok(sb_set_pids(cfg, 10));
	fx_talk_begin(&talk, NULL, cfg);
	fx_talk_until(&talk, "forks=9 EAGAIN\n");
	fx_ok(sb_proc_set_cgroup(talk.proc, "pids.max", "40", &err));
	fx_talk_go(&talk);
	fx_talk_until(&talk, "forks=20 all\n");
	assert_int_equal(fx_stats(talk.proc).pids, 30);
	fx_ok(sb_proc_set_cgroup(talk.proc, "pids.max", "5", &err));
	fx_talk_go(&talk);
	fx_talk_until(&talk, "forks=0 EAGAIN\n");
	finish(&talk, cfg);
}

static void memory_max_is_raised(void **state)
{
	struct fx_talk talk;
	sb_config *cfg;

	(void)state;
	fx_cg_need("memory.max");
	cfg = fx_config("say=up", "read=0", "touch=40", "say=done", "pause");
	fx_ok(sb_set_memory(cfg, 16 * MIB));
	fx_talk_begin(&talk, NULL, cfg);
	fx_talk_until(&talk, "up");
	fx_ok(sb_proc_set_cgroup(talk.proc, "memory.max", "64M", NULL));
	fx_talk_go(&talk);
	fx_talk_until(&talk, "done");
	assert_true(fx_stats(talk.proc).memory >= 40 * MIB);
	finish(&talk, cfg);
}

static void what_cannot_be_set_is_told(void **state)
{
	sb_error err = SB_INIT(sb_error);
	struct fx_talk talk;
	sb_config *cfg;

	(void)state;
	fx_cg_need("pids.max memory.max");
	cfg = fx_config("say=up", "pause");
	fx_ok(sb_set_pids(cfg, 10));
	fx_talk_begin(&talk, NULL, cfg);
	fx_talk_until(&talk, "up");
	assert_int_equal(sb_proc_set_cgroup(talk.proc, "pids.max", "many", &err), -EINVAL);
	assert_int_equal(sb_proc_set_cgroup(talk.proc, "no.such.file", "1", &err), -EINVAL);
	assert_int_equal(sb_proc_set_cgroup(talk.proc, "cgroup.procs", "0", &err), -EINVAL);
	/* The leaf was started without that controller. */
	assert_int_equal(sb_proc_set_cgroup(talk.proc, "memory.max", "64M", &err), -ENOENT);
	fx_has(err.hint, "before the start");
	finish(&talk, cfg);
}

static void memory_is_got_back_on_request(void **state)
{
	struct fx_talk talk;
	sb_config *cfg;
	int r;

	(void)state;
	fx_cg_need("memory.max memory.reclaim");
	cfg = fx_config("say=up", "pause");
	fx_ok(sb_set_memory(cfg, 64 * MIB));
	fx_talk_begin(&talk, NULL, cfg);
	fx_talk_until(&talk, "up");
	r = sb_proc_set_cgroup(talk.proc, "memory.reclaim", "1G", NULL);
	assert_int_equal(r, -EAGAIN); /* it never had that much */
	finish(&talk, cfg);
}

static void wait_for_a_step(volatile uint64_t *counter, uint64_t from)
{
	int i;

	for (i = 0; *counter == from && i < 500; i++)
		poll(NULL, 0, 10);
	assert_true(*counter != from);
}

static void frozen_stands_still_and_thawed_goes_on(void **state)
{
	volatile uint64_t *counter;
	sb_error err = SB_INIT(sb_error);
	uint64_t at, cpu;
	sb_config *cfg;
	sb_proc *proc;
	int fd, i;

	(void)state;
	fx_cg_need("");
	fd = memfd_create("counter", MFD_CLOEXEC);
	fx_ok(ftruncate(fd, 4096));
	counter = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_true(counter != MAP_FAILED);
	cfg = fx_cg_config("counter=3");
	fx_ok(sb_set_fd(cfg, 3, fd));
	proc = fx_spawn(cfg);
	for (i = 0; i < 3; i++) {
		wait_for_a_step(counter, *counter);
		fx_ok(sb_proc_freeze(proc, 1, &err));
		at = *counter;
		cpu = fx_stats(proc).cpu_ns;
		poll(NULL, 0, 30);
		assert_true(*counter == at);
		assert_true(fx_stats(proc).cpu_ns - cpu < SECOND / 50); /* the last tick is added late */
		fx_ok(sb_proc_freeze(proc, 1, &err));                   /* again changes nothing */
		fx_ok(sb_proc_freeze(proc, 0, &err));
		wait_for_a_step(counter, at);
	}
	assert_int_equal(sb_proc_freeze(proc, 2, &err), -EINVAL);
	sb_proc_free(proc);
	sb_config_free(cfg);
	munmap((void *)counter, 4096);
	close(fd);
}

static void frozen_can_be_killed(void **state)
{
	static const uint64_t ns[] = { SB_NS_ALL, SB_NS_ALL & ~SB_NS_PID };
	sb_result res = SB_INIT(sb_result);
	struct fx_talk talk;
	sb_config *cfg;
	int i;

	(void)state;
	fx_cg_need("");
	for (i = 0; i < 2; i++) {
		cfg = fx_cg_config("forks=5", "pause");
		fx_ok(sb_set_ns(cfg, ns[i]));
		fx_talk_begin(&talk, NULL, cfg);
		fx_talk_until(&talk, "forks=5");
		fx_ok(sb_proc_freeze(talk.proc, 1, NULL));
		fx_ok(sb_proc_kill(talk.proc));
		fx_talk_end(&talk, &res);
		assert_int_equal(res.verdict, SB_KILLED);
		fx_talk_free(&talk);
		/* And freed as it is. */
		fx_talk_begin(&talk, NULL, cfg);
		fx_talk_until(&talk, "forks=5");
		fx_ok(sb_proc_freeze(talk.proc, 1, NULL));
		fx_talk_free(&talk);
		close(talk.in);
		close(talk.out);
		sb_config_free(cfg);
	}
}

static int by_value(const void *a, const void *b)
{
	return *(const pid_t *)a - *(const pid_t *)b;
}

/* As the caller's pid namespace numbers them, each once, and all of them in the command's leaf. */
static void its_processes_are_listed(void **state)
{
	pid_t pids[16], few[2], command;
	struct fx_talk talk;
	sb_config *cfg;
	ssize_t n, i;

	(void)state;
	fx_cg_need("");
	cfg = fx_cg_config("forks=4", "pause");
	fx_talk_begin(&talk, NULL, cfg);
	fx_talk_until(&talk, "forks=4 all");
	n = sb_proc_pids(talk.proc, pids, 16, NULL);
	assert_int_equal(n, 5);
	command = sb_proc_pid(talk.proc);
	qsort(pids, (size_t)n, sizeof(pids[0]), by_value);
	for (i = 0; i < n && pids[i] != command; i++)
		;
	assert_true(i < n);
	for (i = 0; i < n; i++) {
		assert_true(pids[i] > 0 && (!i || pids[i] != pids[i - 1]));
		assert_string_equal(fx_cg_of(pids[i]), fx_cg_of(command));
	}
	assert_int_equal(sb_proc_pids(talk.proc, few, 2, NULL), 5);
	assert_int_equal(sb_proc_pids(talk.proc, NULL, 0, NULL), 5);
	finish(&talk, cfg);
}

static void figures_grow_by_what_was_used(void **state)
{
	struct fx_talk talk;
	sb_stats before, after;
	sb_config *cfg;

	(void)state;
	fx_cg_need("memory.max pids.max cpu.max");
	cfg = fx_cg_config("say=up", "read=0", "touch=20", "spin=200", "forks=3", "pause");
	fx_talk_begin(&talk, NULL, cfg);
	fx_talk_until(&talk, "up");
	before = fx_stats(talk.proc);
	fx_talk_go(&talk);
	fx_talk_until(&talk, "forks=3");
	after = fx_stats(talk.proc);
	assert_int_equal(after.has & (SB_STATS_CPU | SB_STATS_MEMORY | SB_STATS_MEMORY_DETAIL |
				      SB_STATS_MEMORY_EVENTS | SB_STATS_PIDS),
			 SB_STATS_CPU | SB_STATS_MEMORY | SB_STATS_MEMORY_DETAIL | SB_STATS_MEMORY_EVENTS |
				 SB_STATS_PIDS);
	assert_true(after.memory_anon - before.memory_anon >= 20 * MIB);
	assert_true(after.memory_anon - before.memory_anon < 24 * MIB);
	assert_true(after.memory >= after.memory_anon);
	assert_true(after.cpu_ns - before.cpu_ns >= SECOND / 10);
	assert_true(after.cpu_ns >= after.user_ns && after.cpu_ns >= after.system_ns);
	assert_int_equal(before.pids, 1);
	assert_int_equal(after.pids, 4);
	if (after.has & SB_STATS_PIDS_PEAK)
		assert_int_equal(after.pids_peak, 4);
	if (after.has & SB_STATS_MEMORY_PEAK)
		assert_true(after.memory_peak >= after.memory && after.memory_peak >= 20 * MIB);
	finish(&talk, cfg);
}

/* Without controllers the cpu time is there all the same, and what is not there says so. */
static void a_figure_that_is_not_there_is_not_claimed(void **state)
{
	struct fx_talk talk;
	sb_stats stats;
	sb_config *cfg;

	(void)state;
	fx_cg_need("");
	cfg = fx_config("spin=50", "say=up", "pause");
	fx_ok(sb_set_cgroup(cfg, "cgroup.max.depth", "10")); /* of no controller: the leaf has none */
	fx_talk_begin(&talk, NULL, cfg);
	fx_talk_until(&talk, "up");
	stats = fx_stats(talk.proc);
	assert_true(stats.has & SB_STATS_CPU);
	assert_true(stats.cpu_ns >= SECOND / 25);
	assert_int_equal(stats.has & (SB_STATS_MEMORY | SB_STATS_MEMORY_PEAK | SB_STATS_MEMORY_EVENTS |
				      SB_STATS_PIDS | SB_STATS_IO | SB_STATS_THROTTLED),
			 0);
	assert_int_equal(stats.memory | stats.pids | stats.io_writes, 0);
	finish(&talk, cfg);
}

static void files_of_the_leaf_are_read_and_no_others(void **state)
{
	static const char *const no_files[] = { "../cgroup.procs", "/etc/passwd",    "",  ".", "..", "init",
						"a/b.c",           "cgroup.procs/x", NULL };
	sb_error err = SB_INIT(sb_error);
	struct fx_talk talk;
	char text[256], two[3];
	sb_config *cfg;
	ssize_t n;
	int i;

	(void)state;
	fx_cg_need("");
	cfg = fx_cg_config("say=up", "pause");
	fx_talk_begin(&talk, NULL, cfg);
	fx_talk_until(&talk, "up");
	n = sb_proc_get_cgroup(talk.proc, "cgroup.events", text, sizeof(text), &err);
	assert_int_equal(n, strlen(text));
	fx_has(text, "populated 1\n");
	assert_int_equal(sb_proc_get_cgroup(talk.proc, "cgroup.events", two, sizeof(two), &err), n);
	assert_memory_equal(two, "po", 3);
	assert_int_equal(sb_proc_get_cgroup(talk.proc, "cgroup.events", NULL, 0, &err), n);
	for (i = 0; no_files[i]; i++)
		assert_int_equal(sb_proc_get_cgroup(talk.proc, no_files[i], text, sizeof(text), &err),
				 -EINVAL);
	assert_int_equal(sb_proc_get_cgroup(talk.proc, "not.there", text, sizeof(text), &err), -ENOENT);
	finish(&talk, cfg);
}

static void pressure_on_memory_is_told(void **state)
{
	sb_error err = SB_INIT(sb_error);
	struct fx_talk talk;
	struct pollfd p = { .events = POLLPRI };
	sb_config *cfg;

	(void)state;
	fx_cg_need("memory.high memory.pressure");
	cfg = fx_config("say=up", "read=0", "thrash=40");
	fx_ok(sb_set_cgroup(cfg, "memory.high", "16M"));
	fx_ok(sb_set_swap(cfg, 0));
	fx_talk_begin(&talk, NULL, cfg);
	fx_talk_until(&talk, "up");
	assert_int_equal(sb_proc_pressure(talk.proc, "disk", 0, SECOND / 10, 2 * SECOND, &err), -EINVAL);
	assert_int_equal(sb_proc_pressure(talk.proc, "memory", 0, SECOND / 10, SECOND / 10, &err), -EINVAL);
	assert_int_equal(sb_proc_pressure(talk.proc, "memory", 0, 3 * SECOND, 2 * SECOND, &err), -EINVAL);
	p.fd = sb_proc_pressure(talk.proc, "memory", 0, SECOND / 20, 2 * SECOND, &err);
	if (p.fd < 0 && fx_who() != FX_ROOT) { /* before 6.4 with CAP_SYS_RESOURCE only */
		fx_has(err.hint, "CAP_SYS_RESOURCE");
		finish(&talk, cfg);
		fx_skip("a trigger needs CAP_SYS_RESOURCE on this kernel (%s)", err.message);
	}
	if (p.fd < 0)
		fail_msg("%s %s", err.message, err.hint);
	assert_int_equal(poll(&p, 1, 0), 0);
	fx_talk_go(&talk);
	assert_int_equal(poll(&p, 1, 60000), 1);
	assert_true(p.revents & POLLPRI);
	assert_true(fx_stats(talk.proc).memory_high > 0);
	assert_true(fx_stats(talk.proc).memory_some_ns > 0);
	close(p.fd);
	finish(&talk, cfg);
}

static void after_the_end_only_the_figures_are_left(void **state)
{
	sb_error err = SB_INIT(sb_error);
	sb_io_stats io = SB_INIT(sb_io_stats);
	sb_stats stats, again;
	sb_config *cfg;
	sb_proc *proc;
	char text[16];

	(void)state;
	fx_cg_need("");
	cfg = fx_cg_config("spin=30");
	proc = fx_spawn(cfg);
	assert_true(sb_proc_cgroup_fd(proc) >= 0);
	assert_int_equal(sb_proc_wait(proc, UINT64_MAX, NULL, NULL), 1);
	stats = fx_stats(proc);
	again = fx_stats(proc);
	assert_memory_equal(&stats, &again, sizeof(stats));
	assert_true(stats.cpu_ns >= SECOND / 50);
	assert_int_equal(sb_proc_set_cgroup(proc, "pids.max", "10", &err), -ESRCH);
	assert_true(err.message[0]);
	assert_int_equal(sb_proc_get_cgroup(proc, "cgroup.events", text, sizeof(text), &err), -ESRCH);
	assert_int_equal(sb_proc_freeze(proc, 1, &err), -ESRCH);
	assert_int_equal(sb_proc_pids(proc, NULL, 0, &err), -ESRCH);
	assert_int_equal(sb_proc_io(proc, 0, &io, &err), -ESRCH);
	assert_int_equal(sb_proc_pressure(proc, "memory", 0, SECOND, 2 * SECOND, &err), -ESRCH);
	assert_int_equal(sb_proc_cgroup_fd(proc), -ESRCH);
	sb_proc_free(proc);
	sb_config_free(cfg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(pids_max_is_raised_and_lowered),
		FX_TEST(memory_max_is_raised),
		FX_TEST(what_cannot_be_set_is_told),
		FX_TEST(memory_is_got_back_on_request),
		FX_TEST(frozen_stands_still_and_thawed_goes_on),
		FX_TEST(frozen_can_be_killed),
		FX_TEST(its_processes_are_listed),
		FX_TEST(figures_grow_by_what_was_used),
		FX_TEST(a_figure_that_is_not_there_is_not_claimed),
		FX_TEST(files_of_the_leaf_are_read_and_no_others),
		FX_TEST(pressure_on_memory_is_told),
		FX_TEST(after_the_end_only_the_figures_are_left),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
