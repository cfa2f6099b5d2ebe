// SPDX-License-Identifier: MIT
/* The figures of a whole box: all that ever ran in it, together. */
#include "../fixture_cgroup.h"
#include "box_kit.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define MS UINT64_C(1000000)
#define MIB UINT64_C(1048576)

static sb_stats box_stats(sb_box *box)
{
	sb_stats stats = SB_INIT(sb_stats);
	sb_error err = SB_INIT(sb_error);

	if (sb_box_stats(box, &stats, &err) < 0)
		fail_msg("sb_box_stats: %s hint: %s", err.message, err.hint);
	return stats;
}

static void begin(struct fx_talk *talk, sb_box *box, sb_config *cfg, const char *use)
{
	fx_command(cfg, use, "say=up", "read=0");
	fx_talk_begin(talk, box, cfg);
	fx_talk_until(talk, "up");
}

/*
 * One has ended and two have not: as much as each of them measured itself, and not more than their
 * leaves say.
 */
static void cpu_time_is_the_sum_of_all_commands(void **state)
{
	static const char *const use[] = {"spin=60", "spin=40", "spin-apart=30"};
	uint64_t before = 0, after = 0, slack = fx_emulated() ? 10000 * MS : 20 * MS;
	struct fx_talk talk[3];
	sb_stats all;
	sb_config *cfg;
	sb_box *box;
	int i;

	(void)state;
	fx_cg_need("");
	cfg = fx_cg_config("exit=0");
	box = open_with(cfg);
	all = box_stats(box);
	assert_true(all.has & SB_STATS_CPU);
	assert_int_equal(all.cpu_ns, 0); /* set-up is not billed */
	for (i = 0; i < 3; i++)
		begin(&talk[i], box, cfg, use[i]);
	fx_talk_end(&talk[0], NULL);
	for (i = 0; i < 3; i++)
		before += fx_stats(talk[i].proc).cpu_ns;
	all = box_stats(box);
	for (i = 0; i < 3; i++)
		after += fx_stats(talk[i].proc).cpu_ns;
	if (all.cpu_ns < 130 * MS || all.cpu_ns + MS < before || all.cpu_ns > after + slack)
		fail_msg("%llu us in the box; %llu to %llu in its leaves",
			 (unsigned long long)all.cpu_ns / 1000, (unsigned long long)before / 1000,
			 (unsigned long long)after / 1000);
	assert_true(all.user_ns + all.system_ns <= all.cpu_ns + MS);
	before = all.cpu_ns;
	for (i = 1; i < 3; i++)
		fx_talk_end(&talk[i], NULL);
	for (i = 0; i < 3; i++)
		fx_talk_free(&talk[i]);
	all = box_stats(box); /* nobody is there any more, and nothing is forgotten */
	assert_true(all.cpu_ns >= before && all.cpu_ns <= before + slack);
	sb_box_free(box);
	sb_config_free(cfg);
}

/* Of one command alone it is what its leaf says, to the microsecond, without what came before its exec. */
static void one_command_alone_is_the_box(void **state)
{
	struct fx_talk talk;
	sb_stats leaf, again, all;
	sb_config *cfg;
	sb_box *box;

	(void)state;
	fx_cg_need("");
	cfg = fx_cg_config("exit=0");
	box = open_with(cfg);
	begin(&talk, box, cfg, "spin=5");
	do { /* until it waits */
		leaf = fx_stats(talk.proc);
		all = box_stats(box);
		again = fx_stats(talk.proc);
	} while (again.cpu_ns != leaf.cpu_ns);
	assert_true(leaf.cpu_ns >= 5 * MS);
	assert_int_equal(all.cpu_ns, leaf.cpu_ns);
	fx_talk_end(&talk, NULL);
	fx_talk_free(&talk);
	sb_box_free(box);
	sb_config_free(cfg);
}

/* Another sandbox of the same config, and another box, are not this one's. */
static void others_are_not_counted(void **state)
{
	sb_box *box, *other;
	struct fx_talk talk;
	sb_config *cfg;

	(void)state;
	fx_cg_need("");
	cfg = fx_cg_config("exit=0");
	box = open_with(cfg);
	other = open_with(cfg);
	begin(&talk, other, cfg, "spin=30");
	fx_talk_end(&talk, NULL);
	fx_talk_free(&talk);
	begin(&talk, NULL, cfg, "spin=30");
	assert_int_equal(box_stats(box).cpu_ns, 0);
	assert_true(box_stats(other).cpu_ns >= 30 * MS);
	assert_true(box_stats(other).cpu_ns < (fx_emulated() ? 10000 : 59) * MS);
	fx_talk_end(&talk, NULL);
	fx_talk_free(&talk);
	sb_box_free(other);
	sb_box_free(box);
	sb_config_free(cfg);
}

static void commands_are_counted(void **state)
{
	sb_config *cfg = fx_config("exit=0");
	sb_box_info info = SB_INIT(sb_box_info);
	struct timespec ts;
	struct fx_talk talk[2];
	uint64_t before, after;
	sb_box *box;
	sb_proc *proc;

	(void)state;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	before = (uint64_t)ts.tv_sec * 1000 * MS + (uint64_t)ts.tv_nsec;
	box = open_with(cfg);
	clock_gettime(CLOCK_MONOTONIC, &ts);
	after = (uint64_t)ts.tv_sec * 1000 * MS + (uint64_t)ts.tv_nsec;
	fx_ok(sb_box_look(box, &info, NULL));
	assert_true(info.opened_ns >= before && info.opened_ns <= after);
	assert_true(info.has & SB_BOX_HAS_MEMORY);
	assert_true(info.init_memory > 0);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	assert_true(info.init_memory < MIB);
#endif
	assert_int_equal(info.started + info.running + info.ended + info.resets + info.frozen, 0);
	begin(&talk[0], box, cfg, "say=a");
	begin(&talk[1], box, cfg, "say=b");
	fx_talk_end(&talk[0], NULL);
	fx_ok(sb_box_look(box, &info, NULL));
	assert_int_equal(info.started, 2);
	assert_int_equal(info.running, 1);
	assert_int_equal(info.ended, 1);
	fx_talk_free(&talk[0]);
	fx_ok(sb_set_fd(cfg, 0, -1));
	fx_ok(sb_set_fd(cfg, 1, -1));
	fx_command(cfg, "pause");
	fx_ok(sb_box_spawn(box, cfg, &proc, NULL));
	sb_proc_free(proc); /* without having waited */
	fx_ok(sb_set_command(cfg, "/not/there", NULL));
	assert_int_equal(sb_box_spawn(box, cfg, &proc, NULL), -ENOENT);
	fx_ok(sb_box_look(box, &info, NULL));
	assert_int_equal(info.started, 3);
	assert_int_equal(info.running, 1);
	assert_int_equal(info.ended, 2);
	fx_talk_end(&talk[1], NULL);
	fx_talk_free(&talk[1]);

	kill_box(box);
	info = (sb_box_info)SB_INIT(sb_box_info);
	fx_ok(sb_box_look(box, &info, NULL));
	assert_int_equal(info.has & SB_BOX_HAS_MEMORY, 0);
	assert_int_equal(info.ended, 3);
	/* A caller that knows less of the struct is given less. */
	info = (sb_box_info){.size = offsetof(sb_box_info, running), .running = 77};
	fx_ok(sb_box_look(box, &info, NULL));
	assert_int_equal(info.started, 3);
	assert_int_equal(info.running, 77);
	assert_int_equal(sb_box_look(NULL, &info, NULL), -EINVAL);
	assert_int_equal(sb_box_look(box, NULL, NULL), -EINVAL);
	sb_box_free(box);
	sb_config_free(cfg);
}

static void a_box_without_cgroups_has_no_figures(void **state)
{
	sb_stats stats = SB_INIT(sb_stats);
	sb_error err = SB_INIT(sb_error);
	sb_config *cfg = fx_config("exit=0");
	sb_box *box = open_with(cfg);

	(void)state;
	assert_int_equal(sb_box_stats(box, &stats, &err), -ENOENT);
	fx_has(err.message, "no cgroup of its own");
	fx_has(err.hint, "SB_CGROUP_ACCOUNT");
	assert_int_equal(sb_box_set_cgroup(box, "pids.max", "5", &err), -ENOENT);
	assert_int_equal(sb_box_get_cgroup(box, "cgroup.procs", NULL, 0, &err), -ENOENT);
	assert_int_equal(sb_box_stats(NULL, &stats, &err), -EINVAL);
	sb_box_free(box);
	sb_config_free(cfg);
}

static void what_is_no_file_is_not_read(void **state)
{
	sb_error err = SB_INIT(sb_error);
	sb_config *cfg;
	sb_box *box;

	(void)state;
	fx_cg_need("");
	cfg = fx_cg_config("exit=0");
	box = open_with(cfg);
	assert_int_equal(sb_box_stats(box, NULL, &err), -EINVAL);
	assert_int_equal(sb_box_get_cgroup(box, "../cgroup.procs", NULL, 0, &err), -EINVAL);
	assert_true(sb_box_get_cgroup(box, "cgroup.events", NULL, 0, &err) > 0);
	sb_box_free(box);
	sb_config_free(cfg);
}

/* Two at a time need more than either, and the peak stays when they are gone. */
static void memory_is_that_of_all_together(void **state)
{
	struct fx_talk talk[2];
	sb_stats all;
	sb_config *cfg;
	sb_box *box;
	int i;

	(void)state;
	fx_cg_need("memory.peak");
	cfg = fx_cg_config("exit=0");
	box = open_with(cfg);
	for (i = 0; i < 2; i++)
		begin(&talk[i], box, cfg, "touch=20");
	all = box_stats(box);
	assert_true(all.has & SB_STATS_MEMORY);
	assert_true(all.memory >= 40 * MIB && all.memory < 60 * MIB);
	for (i = 0; i < 2; i++) {
		fx_talk_end(&talk[i], NULL);
		fx_talk_free(&talk[i]);
	}
	all = box_stats(box);
	assert_true(all.has & SB_STATS_MEMORY_PEAK);
	assert_true(all.memory_peak >= 40 * MIB && all.memory_peak < 60 * MIB);
	assert_true(all.memory < 20 * MIB);
	sb_box_free(box);
	sb_config_free(cfg);
}

/* Files in its tmpfs go on to be charged to the box when the leaf of who wrote them is gone. */
static void what_stays_in_memory_is_the_boxs(void **state)
{
	struct fx_talk talk;
	sb_config *cfg;
	sb_box *box;

	(void)state;
	fx_cg_need("memory.peak");
	cfg = fx_cg_config("exit=0");
	fx_ok(sb_add_tmpfs(cfg, "/tmp", 0, 0, 01777));
	fx_ok(sb_add_system_dirs(cfg));
	fx_ok(sb_add_dev(cfg, "/dev"));
	fx_ok(sb_set_command(cfg, "/bin/sh",
			     (const char *const[]){
				     "sh", "-c", "head -c 8388608 /dev/zero >/tmp/a; echo up; read _", NULL }));
	box = open_with(cfg);
	fx_talk_begin(&talk, box, cfg);
	fx_talk_until(&talk, "up");
	fx_talk_end(&talk, NULL);
	fx_talk_free(&talk);
	assert_true(box_stats(box).memory_file >= 8 * MIB);
	sb_box_free(box);
	sb_config_free(cfg);
}

static void processes_and_refused_forks_are_those_of_all(void **state)
{
	struct fx_talk talk[2];
	sb_stats all;
	sb_config *cfg;
	sb_box *box;
	int i;

	(void)state;
	fx_cg_need("pids.max");
	cfg = fx_cg_config("exit=0");
	fx_ok(sb_set_pids(cfg, 4));
	box = open_with(cfg);
	for (i = 0; i < 2; i++) {
		fx_command(cfg, "forks=9", "pause");
		fx_talk_begin(&talk[i], box, cfg);
		fx_talk_until(&talk[i], "forks=3 EAGAIN");
	}
	all = box_stats(box);
	assert_int_equal(all.pids, 8);
	for (i = 0; i < 2; i++) {
		fx_ok(sb_proc_kill(talk[i].proc));
		fx_talk_end(&talk[i], NULL);
		fx_talk_free(&talk[i]);
	}
	/*
	 * A process is counted until sb-init has waited for it. A million looks would take an
	 * emulated machine hours.
	 */
	for (i = 0; (all = box_stats(box)).pids && i < 6000; i++)
		poll(NULL, 0, 10);
	assert_true(all.has & SB_STATS_PIDS);
	assert_int_equal(all.pids, 0);
	assert_int_equal(all.pids_refused, 2);
	if (all.has & SB_STATS_PIDS_PEAK)
		assert_true(all.pids_peak >= 8);
	sb_box_free(box);
	sb_config_free(cfg);
}

static void a_limit_of_the_box_is_for_all_together(void **state)
{
	sb_error err = SB_INIT(sb_error);
	struct fx_talk talk[2];
	sb_config *cfg;
	char text[32];
	sb_box *box;

	(void)state;
	fx_cg_need("pids.max");
	cfg = fx_cg_config("exit=0");
	box = open_with(cfg);
	fx_ok(sb_box_set_cgroup(box, "pids.max", "6", &err));
	assert_int_equal(sb_box_get_cgroup(box, "pids.max", text, sizeof(text), &err), 2);
	assert_string_equal(text, "6\n");
	fx_command(cfg, "forks=3", "pause");
	fx_talk_begin(&talk[0], box, cfg);
	fx_talk_until(&talk[0], "forks=3 all");
	fx_talk_begin(&talk[1], box, cfg);
	fx_talk_until(&talk[1], "forks=1 EAGAIN"); /* 4, itself, and one more */
	assert_int_equal(sb_box_set_cgroup(box, "pids.max", "many", &err), -EINVAL);
	for (int i = 0; i < 2; i++) {
		fx_ok(sb_proc_kill(talk[i].proc));
		fx_talk_end(&talk[i], NULL);
		fx_talk_free(&talk[i]);
	}
	sb_box_free(box);
	sb_config_free(cfg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(cpu_time_is_the_sum_of_all_commands),
		FX_TEST(one_command_alone_is_the_box),
		FX_TEST(others_are_not_counted),
		FX_TEST(commands_are_counted),
		FX_TEST(a_box_without_cgroups_has_no_figures),
		FX_TEST(what_is_no_file_is_not_read),
		FX_TEST(memory_is_that_of_all_together),
		FX_TEST(what_stays_in_memory_is_the_boxs),
		FX_TEST(processes_and_refused_forks_are_those_of_all),
		FX_TEST(a_limit_of_the_box_is_for_all_together),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
