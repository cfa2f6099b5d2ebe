// SPDX-License-Identifier: MIT
/* The figures of a leaf, read from files as several kernels write them. */
#include "../fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "config/cgroup_value.h"
#include "proc/stats.h"

#define EVERYTHING (SBI_CG_CPU | SBI_CG_MEMORY | SBI_CG_PIDS | SBI_CG_IO)
#define TIMES(usage, user, system) "usage_usec " #usage "\nuser_usec " #user "\nsystem_usec " #system "\n"

static sb_stats stats;

/* What the files written so far say. */
static void read_them(uint32_t controllers, int live, uint64_t used_ns)
{
	int dir = open(fx_tmp(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(dir >= 0);
	memset(&stats, 0x5a, sizeof(stats));
	sbi_stats_read(dir, controllers, live, used_ns, &stats);
	close(dir);
	assert_int_equal(stats.size, sizeof(stats));
	assert_int_equal(stats.reserved, 0);
}

static void nothing_there_is_nothing_known(void **state)
{
	static const sb_stats none = SB_INIT(sb_stats);

	(void)state;
	read_them(EVERYTHING, 1, 1000);
	assert_memory_equal(&stats, &none, sizeof(none));
}

/* Without the cpu controller a cgroup has the times alone. */
static void cpu_times_without_the_controller(void **state)
{
	(void)state;
	fx_write("cpu.stat", TIMES(30, 10, 20));
	read_them(0, 1, 0);
	assert_int_equal(stats.has, SB_STATS_CPU);
	assert_int_equal(stats.cpu_ns, 30000);
	assert_int_equal(stats.user_ns, 10000);
	assert_int_equal(stats.system_ns, 20000);
	assert_int_equal(stats.throttled_ns, 0);
}

static void cpu_stat_of_several_kernels(void **state)
{
	static const char *const shapes[] = {
		/* 5.14 */ TIMES(30, 10, 20) "nr_periods 5\nnr_throttled 4\nthrottled_usec 3\n",
		/* 6.1 */
		TIMES(30, 10,
		      20) "core_sched.force_idle_usec 99\nnr_periods 5\nnr_throttled 4\nthrottled_usec 3\n"
			  "nr_bursts 98\nburst_usec 97\n",
		/* 6.18 */
		TIMES(30, 10,
		      20) "nice_usec 96\ncore_sched.force_idle_usec 99\nnr_periods 5\nnr_throttled 4\n"
			  "throttled_usec 3\nnr_bursts 98\nburst_usec 97\n"
	};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		fx_write("cpu.stat", shapes[i]);
		read_them(SBI_CG_CPU, 0, 0);
		assert_int_equal(stats.has, SB_STATS_CPU | SB_STATS_THROTTLED);
		assert_int_equal(stats.cpu_ns, 30000);
		assert_int_equal(stats.user_ns, 10000);
		assert_int_equal(stats.system_ns, 20000);
		assert_int_equal(stats.periods, 5);
		assert_int_equal(stats.throttled_periods, 4);
		assert_int_equal(stats.throttled_ns, 3000);
	}
	fx_write("cpu.stat", "usage_usec 30\nuser_usec 10\n");
	read_them(SBI_CG_CPU, 0, 0);
	assert_int_equal(stats.has, 0);
}

static void times_are(uint64_t cpu, uint64_t user, uint64_t system)
{
	assert_int_equal(stats.cpu_ns, cpu);
	assert_int_equal(stats.user_ns, user);
	assert_int_equal(stats.system_ns, system);
}

/* System time first, as that is what it was; never below nothing. */
static void what_was_before_the_exec_is_taken_off(void **state)
{
	(void)state;
	fx_write("cpu.stat", TIMES(30, 10, 20));
	read_them(0, 0, 5000);
	times_are(25000, 10000, 15000);
	read_them(0, 0, 20000);
	times_are(10000, 10000, 0);
	read_them(0, 0, 24000);
	times_are(6000, 6000, 0);
	read_them(0, 0, 30000);
	times_are(0, 0, 0);
	read_them(0, 0, 99000);
	times_are(0, 0, 0);
	fx_write("cpu.stat", "nr_periods 5\nnr_throttled 4\nthrottled_usec 3\n");
	read_them(0, 0, 5000);
	assert_int_equal(stats.has, SB_STATS_THROTTLED);
	times_are(0, 0, 0);
}

static void memory_events(void **state)
{
	(void)state;
	fx_write("memory.events",
		 "low 9\nhigh 1\nmax 2\noom 3\noom_kill 4\noom_group_kill 8\nsock_throttled 7\n");
	read_them(SBI_CG_MEMORY, 0, 0);
	assert_int_equal(stats.has, SB_STATS_MEMORY_EVENTS);
	assert_int_equal(stats.memory_high, 1);
	assert_int_equal(stats.memory_max, 2);
	assert_int_equal(stats.memory_oom, 3);
	assert_int_equal(stats.oom_kills, 4);
	/* A longer name first must not stand in for a shorter one. */
	fx_write("memory.events", "low 9\nhigh 1\nmax 2\noom_group_kill 8\noom_kill 4\noom 3");
	read_them(SBI_CG_MEMORY, 0, 0);
	assert_int_equal(stats.memory_oom, 3);
	assert_int_equal(stats.oom_kills, 4);
	fx_write("memory.events", "low 9\nhigh 1\nmax 2\noom 3\n");
	read_them(SBI_CG_MEMORY, 0, 0);
	assert_int_equal(stats.has, 0);
}

static void write_memory(void)
{
	fx_write("memory.current", "100\n");
	fx_write("memory.peak", "200\n");
	fx_write("memory.swap.current", "300\n");
	fx_write("memory.swap.peak", "18446744073709551615\n");
	fx_write("memory.stat", "anon 1\nfile 2\nkernel 3\nkernel_stack 4\nfile_mapped 5\ninactive_anon 6\n");
}

static void memory_while_it_runs_and_afterwards(void **state)
{
	(void)state;
	write_memory();
	read_them(SBI_CG_MEMORY, 1, 0);
	assert_int_equal(stats.has, SB_STATS_MEMORY | SB_STATS_MEMORY_PEAK | SB_STATS_SWAP |
					    SB_STATS_SWAP_PEAK | SB_STATS_MEMORY_DETAIL |
					    SB_STATS_MEMORY_KERNEL);
	assert_int_equal(stats.memory, 100);
	assert_int_equal(stats.memory_peak, 200);
	assert_int_equal(stats.swap, 300);
	assert_true(stats.swap_peak == UINT64_MAX);
	assert_int_equal(stats.memory_anon, 1);
	assert_int_equal(stats.memory_file, 2);
	assert_int_equal(stats.memory_kernel, 3);
	read_them(SBI_CG_MEMORY, 0, 0);
	assert_int_equal(stats.has, SB_STATS_MEMORY_PEAK | SB_STATS_SWAP_PEAK);
	assert_int_equal(stats.memory, 0);
	assert_int_equal(stats.memory_peak, 200);
	read_them(EVERYTHING & ~SBI_CG_MEMORY, 1, 0);
	assert_int_equal(stats.has, 0);
}

static void each_missing_file_is_a_missing_bit(void **state)
{
	static const struct {
		const char *file;
		uint64_t bits;
	} rows[] = { { "memory.current", SB_STATS_MEMORY },
		     { "memory.peak", SB_STATS_MEMORY_PEAK },
		     { "memory.swap.current", SB_STATS_SWAP },
		     { "memory.swap.peak", SB_STATS_SWAP_PEAK },
		     { "memory.stat", SB_STATS_MEMORY_DETAIL | SB_STATS_MEMORY_KERNEL } };
	uint64_t all;

	(void)state;
	write_memory();
	read_them(SBI_CG_MEMORY, 1, 0);
	all = stats.has;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fx_ok(unlink(fx_path(rows[i].file)));
		read_them(SBI_CG_MEMORY, 1, 0);
		assert_int_equal(stats.has, all & ~rows[i].bits);
		write_memory();
	}
	fx_write("memory.stat", "anon 1\nfile 2\nkernel_stack 4\n"); /* before 5.18 */
	read_them(SBI_CG_MEMORY, 1, 0);
	assert_int_equal(stats.has, all & ~SB_STATS_MEMORY_KERNEL);
	assert_int_equal(stats.memory_kernel, 0);
	fx_write("memory.peak", "");
	read_them(SBI_CG_MEMORY, 1, 0);
	assert_int_equal(stats.has, all & ~(SB_STATS_MEMORY_KERNEL | SB_STATS_MEMORY_PEAK));
}

static void processes(void **state)
{
	(void)state;
	fx_write("pids.current", "3\n");
	fx_write("pids.peak", "5\n");
	fx_write("pids.events", "max 7\n");
	read_them(SBI_CG_PIDS, 1, 0);
	assert_int_equal(stats.has, SB_STATS_PIDS | SB_STATS_PIDS_PEAK);
	assert_int_equal(stats.pids, 3);
	assert_int_equal(stats.pids_peak, 5);
	assert_int_equal(stats.pids_refused, 7);
	read_them(SBI_CG_PIDS, 0, 0);
	assert_int_equal(stats.has, SB_STATS_PIDS | SB_STATS_PIDS_PEAK);
	assert_int_equal(stats.pids, 0);
	assert_int_equal(stats.pids_refused, 7);
	read_them(EVERYTHING & ~SBI_CG_PIDS, 1, 0);
	assert_int_equal(stats.has, 0);
	fx_ok(unlink(fx_path("pids.peak"))); /* before 6.1 */
	read_them(SBI_CG_PIDS, 1, 0);
	assert_int_equal(stats.has, SB_STATS_PIDS);
}

#define SDA "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6\n"
#define VDA "254:16 rbytes=10 wbytes=20 rios=30 wios=40 dbytes=50 dios=60 cost.usage=9\n"

static void traffic_is_of_all_devices(void **state)
{
	static const char *const shapes[] = { SDA VDA, "7:0 \n" SDA "7:1 \n" VDA, "7:0\n" SDA VDA "7:1 \n",
					      VDA "7:0 \n7:1 \n" SDA };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		fx_write("io.stat", shapes[i]);
		read_them(SBI_CG_IO, 0, 0);
		assert_int_equal(stats.has, SB_STATS_IO);
		assert_int_equal(stats.io_read_bytes, 11);
		assert_int_equal(stats.io_write_bytes, 22);
		assert_int_equal(stats.io_reads, 33);
		assert_int_equal(stats.io_writes, 44);
	}
	fx_write("io.stat", ""); /* no traffic at all is a figure */
	read_them(SBI_CG_IO, 0, 0);
	assert_int_equal(stats.has, SB_STATS_IO);
	assert_int_equal(stats.io_read_bytes, 0);
	read_them(EVERYTHING & ~SBI_CG_IO, 0, 0);
	assert_int_equal(stats.has, 0);
}

static void one_device_after_another(void **state)
{
	int dir = open(fx_tmp(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	sb_io_stats io;

	(void)state;
	assert_int_equal(sbi_stats_device(dir, 0, &io), -ENOENT);
	fx_write("io.stat", "7:1 \n" VDA SDA);
	memset(&io, 0x5a, sizeof(io));
	assert_int_equal(sbi_stats_device(dir, 0, &io), 1);
	assert_int_equal(io.size, sizeof(io));
	assert_true(io.major_number == 7 && io.minor_number == 1 && io.reserved == 0);
	assert_true(io.read_bytes == 0 && io.discards == 0);
	assert_int_equal(sbi_stats_device(dir, 1, &io), 1);
	assert_true(io.major_number == 254 && io.minor_number == 16);
	assert_true(io.read_bytes == 10 && io.write_bytes == 20 && io.reads == 30 && io.writes == 40);
	assert_true(io.discard_bytes == 50 && io.discards == 60);
	assert_int_equal(sbi_stats_device(dir, 2, &io), 1);
	assert_int_equal(io.major_number, 8);
	assert_int_equal(sbi_stats_device(dir, 3, &io), 0);
	assert_int_equal(sbi_stats_device(dir, SIZE_MAX, &io), 0);
	fx_write("io.stat", "");
	assert_int_equal(sbi_stats_device(dir, 0, &io), 0);
	close(dir);
}

#define SOME(total) "some avg10=1.23 avg60=4.56 avg300=7.89 total=" #total "\n"
#define FULL(total) "full avg10=1.23 avg60=4.56 avg300=7.89 total=" #total "\n"

static void pressure(void **state)
{
	(void)state;
	fx_write("cpu.pressure", SOME(1) FULL(2));
	fx_write("memory.pressure", SOME(3) FULL(4));
	fx_write("io.pressure", SOME(5) FULL(6));
	read_them(0, 0, 0);
	assert_int_equal(stats.has, SB_STATS_PRESSURE | SB_STATS_CPU_FULL);
	assert_true(stats.cpu_some_ns == 1000 && stats.cpu_full_ns == 2000);
	assert_true(stats.memory_some_ns == 3000 && stats.memory_full_ns == 4000);
	assert_true(stats.io_some_ns == 5000 && stats.io_full_ns == 6000);
	fx_write("cpu.pressure", SOME(1));
	read_them(0, 0, 0);
	assert_int_equal(stats.has, SB_STATS_PRESSURE);
	assert_true(stats.cpu_some_ns == 1000 && stats.cpu_full_ns == 0);
	fx_write("memory.pressure", SOME(3));
	read_them(0, 0, 0);
	assert_int_equal(stats.has, 0);
	fx_write("memory.pressure", SOME(3) FULL(4));
	fx_ok(unlink(fx_path("io.pressure")));
	read_them(0, 0, 0);
	assert_int_equal(stats.has, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, fx_setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_there_is_nothing_known),
		TEST(cpu_times_without_the_controller),
		TEST(cpu_stat_of_several_kernels),
		TEST(what_was_before_the_exec_is_taken_off),
		TEST(memory_events),
		TEST(memory_while_it_runs_and_afterwards),
		TEST(each_missing_file_is_a_missing_bit),
		TEST(processes),
		TEST(traffic_is_of_all_devices),
		TEST(one_device_after_another),
		TEST(pressure),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
