// SPDX-License-Identifier: MIT
/* Values that begin with a device or a resource, and hugetlb, whose file name has a size in it. */
#include "values.h"

#include <dirent.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

static void io_max_has_several_limits_of_one_device(void **state)
{
	static const char *const bad[][2] = { { "8:0", "names no limit" },
					      { "rbps=1M", "not a device" },
					      { "8:0 rbps", "\"rbps\" is not a limit of io.max" },
					      { "8:0 rbps=", "number of bytes" },
					      { "8:0 rbps=-1", "\"-1\"" },
					      { "8:0 =5", "\"=5\"" },
					      { "8:0 bps=5", "\"bps=5\"" },
					      { "8:0 rbp=5", "\"rbp=5\"" },
					      { "8:0 rbpsx=5", "\"rbpsx=5\"" },
					      { "8:0 riops=1M", "\"1M\" is neither a number" },
					      { "8:0 wiops=50%", "\"50%\"" },
					      { "8:0 rbps=1M wbps=x", "\"x\"" },
					      { "8:0 rbps=1M target=5", "target=5" },
					      { "8:0 8:16", "\"8:16\"" },
					      { "8:0 rbps=2 wbps=2 riops=2 wiops=2 rbps=4",
						"too many words" } };

	(void)state;
	takes("io.max", "8:16 rbps=2M wiops=120", "8:16 rbps=2097152 wiops=120");
	assert_string_equal(out.key, "8:16");
	assert_int_equal(out.controller, SBI_CG_IO);
	takes("io.max", "8:0 wiops=max riops=9 wbps=1.5k rbps=max",
	      "8:0 wiops=max riops=9 wbps=1536 rbps=max");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refuses("io.max", bad[i][0], bad[i][1]);
	takes("io.latency", "8:16 target=75000", "8:16 target=75000");
	assert_string_equal(out.key, "8:16");
	takes("io.latency", "8:16 target=max", "8:16 target=max");
	refuses("io.latency", "8:16", "names no limit");
	refuses("io.latency", "8:16 target=1k", "\"1k\"");
	refuses("io.latency", "8:16 rbps=1", "\"rbps=1\" is not a limit of io.latency");
	refuses("io.latency", "8:16 =1", "\"=1\"");
}

/* A block device's node, whichever this machine has. */
static int a_block_device(char *path, size_t len, char *numbers, size_t numbers_len)
{
	DIR *dev = opendir("/dev");
	struct dirent *entry;
	struct stat st;
	int found = 0;

	while (dev && !found && (entry = readdir(dev))) {
		snprintf(path, len, "/dev/%.200s", entry->d_name);
		found = !strpbrk(entry->d_name, " \t\r\n") && stat(path, &st) == 0 && S_ISBLK(st.st_mode);
	}
	if (dev)
		closedir(dev);
	if (found)
		snprintf(numbers, numbers_len, "%u:%u", major(st.st_rdev), minor(st.st_rdev));
	return found;
}

static void devices_are_numbers_or_paths(void **state)
{
	static const char *const bad[] = { "8",
					   "8:",
					   ":0",
					   "8:0:0",
					   "8:x",
					   "x:8",
					   "-8:0",
					   "sda",
					   "4294967296:0",
					   "0:4294967296",
					   "18446744073709551617:0" };
	char path[256], numbers[32], value[300], want[64];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(value, sizeof(value), "%s rbps=2", bad[i]);
		refuses("io.max", value, "is not a device");
		refuses("io.max", value, bad[i]);
		snprintf(value, sizeof(value), "%s 100", bad[i]);
		refuses("io.weight", value, "is not a device");
	}
	takes("io.max", "008:016 rbps=2", "8:16 rbps=2");
	takes("io.max", "4294967295:4294967295 rbps=2", "4294967295:4294967295 rbps=2");
	refuses("io.max", "/dev/null rbps=2", "/dev/null is not a block device");
	refuses("io.latency", "/no/such/device target=2", "there is no /no/such/device");
	refuses("io.weight", "/dev 100", "/dev is not a block device");
	if (!a_block_device(path, sizeof(path), numbers, sizeof(numbers)))
		fx_skip("there is no block device in /dev");
	snprintf(value, sizeof(value), "%s rbps=2", path);
	snprintf(want, sizeof(want), "%s rbps=2", numbers);
	takes("io.max", value, want);
	assert_string_equal(out.key, numbers);
}

static void weights_are_of_all_or_of_one_device(void **state)
{
	(void)state;
	takes("io.weight", "1", "default 1");
	takes("io.weight", "default 10000", "default 10000");
	assert_string_equal(out.key, "");
	assert_int_equal(out.controller, SBI_CG_IO);
	takes("io.weight", "8:16 50", "8:16 50");
	assert_string_equal(out.key, "8:16");
	refuses("io.weight", "0", "0 is not between 1 and 10000");
	refuses("io.weight", "8:16 10001", "10001");
	refuses("io.weight", "default", "is not a number");
	refuses("io.weight", "8:16", "\"8:16\" is not a number");
	refuses("io.weight", "fast 50", "\"fast\" is not a device");
	refuses("io.weight", "8:16 max", "\"max\" is not a number");
	refuses("io.weight", "8:16 50 60", "too many words");
	takes("io.bfq.weight", "1000", "default 1000");
	takes("io.bfq.weight", "8:16 1", "8:16 1");
	refuses("io.bfq.weight", "1001", "between 1 and 1000");
	refuses("io.bfq.weight", "8:16 0", "between 1 and 1000");
}

static void resources_are_named(void **state)
{
	static const char *const dmem[] = { "dmem.min", "dmem.low", "dmem.max" };
	char value[500];

	(void)state;
	takes("rdma.max", "mlx4_0 hca_handle=2 hca_object=2147483647",
	      "mlx4_0 hca_handle=2 hca_object=2147483647");
	assert_string_equal(out.key, "mlx4_0");
	assert_int_equal(out.controller, SBI_CG_RDMA);
	takes("rdma.max", "ocrdma1 hca_object=max", "ocrdma1 hca_object=max");
	refuses("rdma.max", "mlx4_0", "names no limit");
	refuses("rdma.max", "mlx4_0 5", "\"5\" is not a limit of rdma.max");
	refuses("rdma.max", "mlx4_0 mr=5", "mr=5");
	refuses("rdma.max", "mlx4_0 hca_handle=1K", "\"1K\"");
	takes("misc.max", "sev_es 9223372036854775807", "sev_es 9223372036854775807");
	assert_string_equal(out.key, "sev_es");
	assert_int_equal(out.controller, SBI_CG_MISC);
	takes("misc.max", "sev max", "sev max");
	refuses("misc.max", "sev", "not a name and a limit");
	refuses("misc.max", "sev 1K", "\"1K\"");
	refuses("misc.max", "sev 9223372036854775808", "9223372036854775808");
	refuses("misc.max", "sev 1 2", "too many words");
	for (size_t i = 0; i < 3; i++) {
		takes(dmem[i], "drm/0000:03:00.0/vram0 1.5G", "drm/0000:03:00.0/vram0 1610612736");
		assert_string_equal(out.key, "drm/0000:03:00.0/vram0");
		assert_int_equal(out.controller, SBI_CG_DMEM);
		takes(dmem[i], "drm/0000:03:00.0/vram0 max", "drm/0000:03:00.0/vram0 max");
		refuses(dmem[i], "1G", "not a name and a limit");
		refuses(dmem[i], "vram0 much", "number of bytes");
	}
	snprintf(value, sizeof(value), "%s 1", repeated("n", 63));
	takes("misc.max", value, value);
	assert_int_equal(strlen(out.key), 63);
	snprintf(value, sizeof(value), "%s 1", repeated("n", 64));
	refuses("misc.max", value, "too long");
	snprintf(value, sizeof(value), "%s hca_handle=1", repeated("n", 64));
	refuses("rdma.max", value, "too long");
}

static void huge_pages_have_their_size_in_the_name(void **state)
{
	static const char *const good[] = { "hugetlb.2MB.max", "hugetlb.1GB.max", "hugetlb.64KB.max",
					    "hugetlb.2MB.rsvd.max", "hugetlb.16GB.rsvd.max" };
	static const char *const bad[] = { "hugetlb.2MB.current",      "hugetlb.max",      "hugetlb..max",
					   "hugetlb.MB.max",           "hugetlb.0MB.max",  "hugetlb.2MB",
					   "hugetlb.2MB.max.max",      "hugetlb.2mb.max",  "hugetlb.2MB.rsvd",
					   "hugetlb.2MB.rsvd.current", "hugetlb.2M/B.max", "hugetlb." };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		takes(good[i], "4M", "4194304");
		assert_int_equal(out.controller, SBI_CG_HUGETLB);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refuses(bad[i], "4M", "not a writable file");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(io_max_has_several_limits_of_one_device),
		cmocka_unit_test(devices_are_numbers_or_paths),
		cmocka_unit_test(weights_are_of_all_or_of_one_device),
		cmocka_unit_test(resources_are_named),
		cmocka_unit_test(huge_pages_have_their_size_in_the_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
