// SPDX-License-Identifier: MIT
/* Limits on what is shared by the second: cpu time, cpus, traffic of disks. */
#include "../fixture_cgroup.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define SECOND UINT64_C(1000000000)
#define MIB UINT64_C(1048576)

/* One run of three seconds; in percent of one cpu. */
static uint64_t share_of_half(sb_stats *stats)
{
	sb_config *cfg = fx_config("spin-wall=3000");
	sb_result res = SB_INIT(sb_result);
	struct fx_talk talk;

	fx_ok(sb_set_cgroup(cfg, "cpu.max", "50%"));
	fx_talk_begin(&talk, NULL, cfg);
	fx_talk_end(&talk, &res);
	*stats = fx_stats(talk.proc);
	fx_talk_free(&talk);
	sb_config_free(cfg);
	assert_int_equal(res.verdict, SB_EXITED);
	return stats->cpu_ns * 100 / res.wall_ns;
}

static void half_a_cpu_is_half_of_the_time(void **state)
{
	sb_stats stats;
	uint64_t percent;
	int i;

	(void)state;
	fx_cg_need("cpu.max");
	/* A machine that is busy, or emulated, may give it less than it is allowed, never more. */
	for (i = 0; i < 3; i++) {
		percent = share_of_half(&stats);
		print_message("# cpu.max 50%%: %u %% of the time\n", (unsigned)percent);
		assert_true(percent <= 55);
		if (percent >= 45)
			break;
	}
	assert_in_range(percent, 45, 55);
	assert_true(stats.has & SB_STATS_THROTTLED);
	assert_true(stats.throttled_ns > SECOND / 2);
	assert_true(stats.periods >= 20 && stats.throttled_periods >= 10);
	assert_true(stats.throttled_periods <= stats.periods);
}

static void a_quota_in_nanoseconds_is_the_same(void **state)
{
	char text[64];
	sb_config *cfg;
	sb_proc *proc;

	(void)state;
	fx_cg_need("cpu.max");
	cfg = fx_config("pause");
	fx_ok(sb_set_cpu_quota(cfg, SECOND / 40, SECOND / 10));
	proc = fx_spawn(cfg);
	assert_int_equal(sb_proc_get_cgroup(proc, "cpu.max", text, sizeof(text), NULL), 13);
	assert_string_equal(text, "25000 100000\n");
	sb_proc_free(proc);
	sb_config_free(cfg);
}

/* Both on one cpu, each as much as it gets. */
static void weights_share_a_cpu(void **state)
{
	uint64_t light_from, heavy_from, light, heavy;
	struct fx_talk a, b;
	sb_config *cfg, *copy;
	char pin[32];
	cpu_set_t mask;
	int i;

	(void)state;
	fx_cg_need("cpu.weight");
	fx_ok(sched_getaffinity(0, sizeof(mask), &mask));
	for (i = 0; !CPU_ISSET(i, &mask); i++)
		;
	/* Inside: before 6.2 an affinity of the host is lost on the way into another cpuset. */
	snprintf(pin, sizeof(pin), "pin=%d", i);
	cfg = fx_config(pin, "spin-wall=600000");
	fx_ok(sb_set_cpu_weight(cfg, 100));
	copy = sb_config_copy(cfg);
	fx_ok(sb_set_cpu_weight(copy, 300));
	fx_talk_begin(&a, NULL, cfg);
	fx_talk_begin(&b, NULL, copy);
	fx_talk_until(&a, "pin=ok");
	fx_talk_until(&b, "pin=ok");
	light_from = fx_stats(a.proc).cpu_ns;
	heavy_from = fx_stats(b.proc).cpu_ns;
	do {
		poll(NULL, 0, 50);
		light = fx_stats(a.proc).cpu_ns - light_from;
		heavy = fx_stats(b.proc).cpu_ns - heavy_from;
	} while (light + heavy < 2 * SECOND);
	fx_ok(sb_proc_kill(a.proc));
	fx_ok(sb_proc_kill(b.proc));
	fx_talk_end(&a, NULL);
	fx_talk_end(&b, NULL);
	fx_talk_free(&a);
	fx_talk_free(&b);
	sb_config_free(cfg);
	sb_config_free(copy);
	print_message("# cpu.weight 100 to 300: %u ms to %u ms\n", (unsigned)(light / 1000000),
		      (unsigned)(heavy / 1000000));
	assert_in_range(heavy * 100 / (light + 1), 200, 450);
}

static void a_cpuset_is_all_the_command_has(void **state)
{
	sb_config *cfg;

	(void)state;
	fx_cg_need("cpuset.cpus");
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		fx_skip("this machine has one cpu");
	cfg = fx_config("cat=/proc/self/status");
	fx_ok(sb_set_cpuset(cfg, "1", "0"));
	fx_ok(sb_add_proc(cfg, "/proc", 0));
	fx_has(fx_output(cfg), "Cpus_allowed_list:\t1\n");
}

static sb_config *writer(const char *disk, const char *kib)
{
	char arg[64];
	sb_config *cfg;

	snprintf(arg, sizeof(arg), "direct=%s /disk", kib);
	cfg = fx_config("read=0", arg);
	/* As root of the host: who else may write to a disk. */
	fx_ok(sb_set_ns(cfg, SB_NS_ALL & ~SB_NS_USER));
	fx_ok(sb_set_user(cfg, 0, 0));
	fx_ok(sb_set_host_root(cfg, 1));
	fx_ok(sb_add_bind(cfg, disk, "/disk", SB_MOUNT_DEV));
	fx_ok(sb_set_cgroup_flags(cfg, SB_CGROUP_ACCOUNT | SB_CGROUP_NO_SYSTEMD));
	return cfg;
}

static uint64_t time_of(sb_config *cfg, sb_stats *stats)
{
	sb_result res = SB_INIT(sb_result);
	struct fx_talk talk;

	fx_talk_begin(&talk, NULL, cfg);
	fx_talk_go(&talk);
	fx_talk_end(&talk, &res);
	fx_is(talk.said, "direct", "ok");
	*stats = fx_stats(talk.proc);
	fx_talk_free(&talk);
	sb_config_free(cfg);
	return res.wall_ns;
}

static void io_max_slows_a_writer_down(void **state)
{
	char disk[64], limit[96];
	uint64_t free_ns, slow_ns;
	sb_config *cfg;
	sb_stats stats;

	(void)state;
	fx_cg_need("io.max");
	if (!getenv("VM_DISK"))
		fx_skip("no disk to write to (VM_DISK)");
	snprintf(disk, sizeof(disk), "%.60s", getenv("VM_DISK"));
	disk[strcspn(disk, " ")] = '\0';
	free_ns = time_of(writer(disk, "4096"), &stats);
	cfg = writer(disk, "4096");
	snprintf(limit, sizeof(limit), "%s wbps=2M", disk);
	fx_ok(sb_set_cgroup(cfg, "io.max", limit));
	slow_ns = time_of(cfg, &stats);
	print_message("# 4 MiB to the disk: %u ms; with wbps=2M: %u ms\n", (unsigned)(free_ns / 1000000),
		      (unsigned)(slow_ns / 1000000));
	assert_true(slow_ns > 3 * SECOND / 2);
	assert_true(slow_ns > 2 * free_ns);
	assert_true(stats.has & SB_STATS_IO);
	assert_in_range(stats.io_write_bytes, 4 * MIB, 5 * MIB);
	assert_true(stats.io_writes >= 1);
}

static void the_traffic_of_each_device_is_told(void **state)
{
	sb_io_stats io = SB_INIT(sb_io_stats);
	struct fx_talk talk;
	struct stat st;
	char disk[64];
	sb_config *cfg;
	size_t i;
	int r, found = 0;

	(void)state;
	fx_cg_need("io.stat");
	if (!getenv("VM_DISK"))
		fx_skip("no disk to write to (VM_DISK)");
	snprintf(disk, sizeof(disk), "%.60s", getenv("VM_DISK"));
	disk[strcspn(disk, " ")] = '\0';
	fx_ok(stat(disk, &st));
	cfg = writer(disk, "1024");
	fx_command(cfg, "direct=1024 /disk", "say=done", "read=0");
	fx_talk_begin(&talk, NULL, cfg);
	fx_talk_until(&talk, "done");
	for (i = 0; (r = sb_proc_io(talk.proc, i, &io, NULL)) == 1; i++) {
		if (io.major_number != major(st.st_rdev) || io.minor_number != minor(st.st_rdev))
			continue;
		found = 1;
		assert_int_equal(io.write_bytes, MIB);
		assert_true(io.writes >= 1);
	}
	assert_int_equal(r, 0);
	assert_int_equal(found, 1);
	fx_talk_end(&talk, NULL);
	assert_int_equal(sb_proc_io(talk.proc, 0, &io, NULL), -ESRCH);
	fx_talk_free(&talk);
	sb_config_free(cfg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(half_a_cpu_is_half_of_the_time),
		FX_TEST(a_quota_in_nanoseconds_is_the_same),
		FX_TEST(weights_share_a_cpu),
		FX_TEST(a_cpuset_is_all_the_command_has),
		FX_TEST_IF("root", io_max_slows_a_writer_down),
		FX_TEST_IF("root", the_traffic_of_each_device_is_told),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
