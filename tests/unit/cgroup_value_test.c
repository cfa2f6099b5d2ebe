// SPDX-License-Identifier: MIT
/* Numbers, words and lists for the files of a cgroup: the exact text, or a reason that says why not. */
#include "values.h"

static const char *const byte_files[] = { "memory.min",       "memory.low",       "memory.high",
					  "memory.max",       "memory.swap.high", "memory.swap.max",
					  "memory.zswap.max", "hugetlb.2MB.max" };

static void bytes_have_units_of_1024(void **state)
{
	static const char *const good[][2] = { { "0", "0" },
					       { "1", "1" },
					       { "007", "7" },
					       { "max", "max" },
					       { "268435456", "268435456" },
					       { "256M", "268435456" },
					       { "1k", "1024" },
					       { "1K", "1024" },
					       { "1KB", "1024" },
					       { "1KiB", "1024" },
					       { "1kib", "1024" },
					       { "3m", "3145728" },
					       { "1.5G", "1610612736" },
					       { "0.5k", "512" },
					       { "0.1G", "107374182" },
					       { "1.999999k", "2047" },
					       { "2T", "2199023255552" },
					       { "1P", "1125899906842624" },
					       { "7.5E", "8646911284551352320" },
					       { "5B", "5" },
					       { "1.0", "1" },
					       { " \t1k ", "1024" },
					       { "9223372036854775807", "9223372036854775807" } };

	(void)state;
	for (size_t f = 0; f < sizeof(byte_files) / sizeof(byte_files[0]); f++) {
		for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
			takes(byte_files[f], good[i][0], good[i][1]);
		assert_int_equal(out.controller, f == 7 ? SBI_CG_HUGETLB : SBI_CG_MEMORY);
		assert_string_equal(out.key, "");
		assert_int_equal(out.live, 0);
	}
}

static void what_is_no_number_of_bytes(void **state)
{
	static const char *const bad[] = { "-1",
					   "+1",
					   "a lot",
					   "Max",
					   "maximum",
					   "M",
					   ".5G",
					   "1.",
					   "1.G",
					   "1.5",
					   "1.5B",
					   "1.0000001G",
					   "1Q",
					   "1KK",
					   "1Ki0",
					   "1KiBs",
					   "0x10",
					   "1e3",
					   "1,5G",
					   "50%",
					   "1M5",
					   "18446744073709551615",
					   "18446744073709551616",
					   "9223372036854775808",
					   "8E",
					   "9.1E",
					   "99999999999999999999999",
					   "20000000T" };

	(void)state;
	for (size_t f = 0; f < sizeof(byte_files) / sizeof(byte_files[0]); f++) {
		for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
			refuses(byte_files[f], bad[i], bad[i]);
		refuses(byte_files[f], "-1", "number of bytes");
		refuses(byte_files[f], "a lot", "too many words");
		refuses(byte_files[f], "256 M", "too many words");
	}
}

static const char *const one_of_each_kind[] = {
	"memory.max",    "pids.max", "cpu.weight",     "cpuset.cpus.partition",
	"cpuset.cpus",   "cpu.max",  "cpu.uclamp.min", "io.max",
	"io.weight",     "rdma.max", "dmem.max",       "misc.max",
	"memory.reclaim"
};

static void a_value_is_one_line_of_some_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(one_of_each_kind) / sizeof(one_of_each_kind[0]); i++) {
		const char *file = one_of_each_kind[i];

		refuses(file, NULL, "one line");
		refuses(file, "", "one line");
		refuses(file, "1\n", "one line");
		refuses(file, "\n1", "one line");
		refuses(file, "1\r2", "one line");
		refuses(file, repeated("1", 256), "255 bytes");
		refuses(file, repeated("1", 399), "255 bytes");
		refuses(file, repeated("x", 255), "xxxxxxxxxxxxxxxxxxxx");
		refuses(file, " ", "no words");
		refuses(file, "\t \t", "no words");
		refuses(file, "1 2 3 4 5 6", "too many words");
		refuses(file, "1 2 3 4 5 6 7 8", "too many words");
	}
	refuses("memory.max", "1 2", "too many words");
	refuses("cpu.max", "1000 1000 1000", "too many words");
	takes("cpuset.cpus", repeated("0,", 255), repeated("0,", 255));
}

static void a_reason_is_cut_to_its_room(void **state)
{
	char why[9] = "12345678";

	(void)state;
	assert_int_equal(sbi_cgroup_value("memory.max", "x", &out, why, 4), -EINVAL);
	assert_string_equal(why, "\"x\"");
	assert_string_equal(why + 4, "5678");
}

static void ranges_hold_at_both_ends(void **state)
{
	static const struct {
		const char *file, *least, *most, *below, *above;
		uint32_t controller;
	} rows[] = { { "cgroup.pressure", "0", "1", "-1", "2", 0 },
		     { "cpu.weight", "1", "10000", "0", "10001", SBI_CG_CPU },
		     { "cpu.weight.nice", "-20", "19", "-21", "20", SBI_CG_CPU },
		     { "cpu.idle", "0", "1", "-1", "2", SBI_CG_CPU },
		     { "cpu.max.burst", "0", "100000", "-1", "9223372036854775808", SBI_CG_CPU },
		     { "memory.oom.group", "0", "1", "-1", "2", SBI_CG_MEMORY },
		     { "memory.zswap.writeback", "0", "1", "-1", "2", SBI_CG_MEMORY } };
	static const char *const bad[] = { "max", "1.5", "1k",  "50%",
					   "--1", "-",   "yes", "18446744073709551616" };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		takes(rows[i].file, rows[i].least, rows[i].least);
		takes(rows[i].file, rows[i].most, rows[i].most);
		assert_int_equal(out.controller, rows[i].controller);
		refuses(rows[i].file, rows[i].below, rows[i].below);
		refuses(rows[i].file, rows[i].above, rows[i].above);
		refuses(rows[i].file, "1 2", "too many words");
		for (size_t k = 0; k < sizeof(bad) / sizeof(bad[0]); k++)
			refuses(rows[i].file, bad[k], "is not a number");
	}
	refuses("cpu.weight", "0", "between 1 and 10000");
	refuses("cpu.weight.nice", "-21", "between -20 and 19");
	takes("cpu.weight.nice", "-0", "0");
}

static void counts_may_be_max(void **state)
{
	static const char *const files[] = { "cgroup.max.depth", "cgroup.max.descendants", "pids.max" };
	static const char *const bad[] = { "-1", "1.5", "1k", "many", "2147483648", "18446744073709551617",
					   "Max" };

	(void)state;
	for (size_t f = 0; f < 3; f++) {
		takes(files[f], "0", "0");
		takes(files[f], "64", "64");
		takes(files[f], "4194304", "4194304"); /* the most pids.max takes: PID_MAX_LIMIT */
		takes(files[f], "max", "max");
		assert_int_equal(out.controller, f == 2 ? SBI_CG_PIDS : 0);
		for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
			refuses(files[f], bad[i], bad[i]);
	}
	takes("cgroup.max.depth", "2147483647", "2147483647");
}

static void cpu_max_is_a_share_or_microseconds(void **state)
{
	static const char *const good[][2] = { { "50%", "50000 100000" },
					       { "150%", "150000 100000" },
					       { "100%", "100000 100000" },
					       { "12.5%", "12500 100000" },
					       { "1%", "1000 100000" },
					       { "33.3333%", "33333 100000" },
					       { "1.9999%", "1999 100000" },
					       { "50% 10000", "5000 10000" },
					       { "0.5% 1000000", "5000 1000000" },
					       { "0.1% 1000000", "1000 1000000" },
					       { "6400%", "6400000 100000" },
					       { "max", "max 100000" },
					       { "max 1000", "max 1000" },
					       { "max 1000000", "max 1000000" },
					       { "50000", "50000 100000" },
					       { "1000 1000", "1000 1000" },
					       { "2000000 1000000", "2000000 1000000" } };
	static const char *const bad[][2] = { { "%", "percentage" },
					      { "-1", "percentage" },
					      { "-5%", "percentage" },
					      { "half", "percentage" },
					      { "1.5", "percentage" },
					      { "50%%", "percentage" },
					      { "%50", "percentage" },
					      { "50M", "percentage" },
					      { "99999999999999999999%", "percentage" },
					      { "50000 999", "\"999\"" },
					      { "50000 1000001", "\"1000001\"" },
					      { "max 999", "\"999\"" },
					      { "max max", "period" },
					      { "50% 10ms", "\"10ms\"" },
					      { "50% 50%", "period" },
					      { "0.5%", "longer period" },
					      { "5% 10000", "500 microseconds per 10000" },
					      { "999", "999 microseconds" },
					      { "0", "less than the kernel takes" },
					      { "0%", "longer period" },
					      { "0.09% 1000000", "allow more" },
					      { "9223372036854776", "too much" },
					      { "18446744073709%", "too much" } };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		takes("cpu.max", good[i][0], good[i][1]);
	assert_int_equal(out.controller, SBI_CG_CPU);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refuses("cpu.max", bad[i][0], bad[i][1]);
}

static void clamps_are_percentages_of_two_decimals(void **state)
{
	static const char *const files[] = { "cpu.uclamp.min", "cpu.uclamp.max" };
	static const char *const bad[] = {
		"100.01", "101", "101%", "-1", "%", "half", "50%%", "50.", ".5", "1e1", "18446744073709551616"
	};

	(void)state;
	for (size_t f = 0; f < 2; f++) {
		takes(files[f], "max", "max");
		takes(files[f], "0", "0.00");
		takes(files[f], "0.01", "0.01");
		takes(files[f], "50", "50.00");
		takes(files[f], "12.5%", "12.50");
		takes(files[f], "12.34", "12.34");
		takes(files[f], "100%", "100.00");
		assert_int_equal(out.controller, SBI_CG_CPU);
		for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
			refuses(files[f], bad[i], bad[i]);
		refuses(files[f], "101", "up to 100");
	}
}

static void lists_of_cpus_and_nodes(void **state)
{
	static const char *const files[] = { "cpuset.cpus", "cpuset.cpus.exclusive", "cpuset.mems" };
	static const char *const good[] = { "0", "0-2,7", "3-3", "0-31:4/8", "0-31:8/8,40", "1023" };
	static const char *const bad[] = { "2-0",   ",",   "0,",    ",0",   "0-",      "-1",
					   "0--1",  "a",   "0-3:4", "0-3:", "0-3:5/4", "0-3/2",
					   "0:1/2", "0;1", "0-1-2", "1-0",  "0.5",     "18446744073709551616",
					   "0-2,x" };

	(void)state;
	for (size_t f = 0; f < 3; f++) {
		for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
			takes(files[f], good[i], good[i]);
		assert_int_equal(out.controller, SBI_CG_CPUSET);
		for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
			refuses(files[f], bad[i], "is not a list");
		refuses(files[f], "0, 1", "too many words");
	}
}

static void words_are_one_of_those_that_exist(void **state)
{
	static const char *const partitions[] = { "member", "root", "isolated" };
	static const char *const classes[] = { "no-change", "promote-to-rt", "restrict-to-be", "idle",
					       "none-to-rt" };

	(void)state;
	for (size_t i = 0; i < 3; i++)
		takes("cpuset.cpus.partition", partitions[i], partitions[i]);
	assert_int_equal(out.controller, SBI_CG_CPUSET);
	for (size_t i = 0; i < 5; i++)
		takes("io.prio.class", classes[i], classes[i]);
	assert_int_equal(out.controller, SBI_CG_IO);
	refuses("cpuset.cpus.partition", "Root", "member, root, isolated");
	refuses("cpuset.cpus.partition", "roo", "\"roo\" is not one of");
	refuses("cpuset.cpus.partition", "roots", "\"roots\" is not one of");
	refuses("cpuset.cpus.partition", "member root", "too many words");
	refuses("io.prio.class", "rt", "no-change, promote-to-rt, restrict-to-be, idle, none-to-rt");
}

static void reclaiming_is_for_what_runs(void **state)
{
	(void)state;
	takes("memory.reclaim", "64M", "67108864");
	assert_int_equal(out.live, 1);
	assert_int_equal(out.controller, SBI_CG_MEMORY);
	takes("memory.reclaim", "1G swappiness=0", "1073741824 swappiness=0");
	takes("memory.reclaim", "1G swappiness=200", "1073741824 swappiness=200");
	refuses("memory.reclaim", "1G swappiness=201", "swappiness=0 to 200");
	refuses("memory.reclaim", "1G swappiness=-1", "swappiness=0 to 200");
	refuses("memory.reclaim", "1G swappiness=", "swappiness=0 to 200");
	refuses("memory.reclaim", "1G 50", "\"50\"");
	refuses("memory.reclaim", "1G swap=1", "\"swap=1\"");
	refuses("memory.reclaim", "much", "number of bytes");
	takes("memory.max", "64M", "67108864");
	assert_int_equal(out.live, 0);
}

static void files_that_are_no_settings_say_what_to_do(void **state)
{
	static const char *const unknown[] = { "",
					       "memory",
					       "memory.",
					       "memory.maX",
					       "memory.max2",
					       "memory.current",
					       "memory.max.",
					       "../memory.max",
					       "./memory.max",
					       "cpu.stat",
					       "cgroup.procs",
					       "cgroup.type",
					       "cgroup.threads",
					       "cgroup.subtree_control",
					       "cpu.shares",
					       "memory.limit_in_bytes",
					       "blkio.weight",
					       "pids.current",
					       "io.cost" };

	(void)state;
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		refuses(unknown[i], "1", "not a writable file of a cgroup v2 controller");
	refuses("cgroup.freeze", "1", "sb_proc_freeze()");
	refuses("cgroup.kill", "1", "sb_proc_kill()");
	refuses("io.cost.qos", "8:0 enable=1", "only the root cgroup");
	refuses("io.cost.model", "8:0 ctrl=auto", "only the root cgroup");
}

static void controllers_have_their_kernel_names(void **state)
{
	static const char *const names[SBI_CG_KINDS] = { "cpu",  "cpuset", "io",   "memory", "hugetlb",
							 "pids", "rdma",   "misc", "dmem" };
	static const uint32_t bits[SBI_CG_KINDS] = { SBI_CG_CPU,    SBI_CG_CPUSET,  SBI_CG_IO,
						     SBI_CG_MEMORY, SBI_CG_HUGETLB, SBI_CG_PIDS,
						     SBI_CG_RDMA,   SBI_CG_MISC,    SBI_CG_DMEM };

	(void)state;
	for (int i = 0; i < SBI_CG_KINDS; i++) {
		assert_string_equal(sbi_controller_name(i), names[i]);
		assert_int_equal(bits[i], 1 << i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_have_units_of_1024),
		cmocka_unit_test(what_is_no_number_of_bytes),
		cmocka_unit_test(a_value_is_one_line_of_some_words),
		cmocka_unit_test(a_reason_is_cut_to_its_room),
		cmocka_unit_test(ranges_hold_at_both_ends),
		cmocka_unit_test(counts_may_be_max),
		cmocka_unit_test(cpu_max_is_a_share_or_microseconds),
		cmocka_unit_test(clamps_are_percentages_of_two_decimals),
		cmocka_unit_test(lists_of_cpus_and_nodes),
		cmocka_unit_test(words_are_one_of_those_that_exist),
		cmocka_unit_test(reclaiming_is_for_what_runs),
		cmocka_unit_test(files_that_are_no_settings_say_what_to_do),
		cmocka_unit_test(controllers_have_their_kernel_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
