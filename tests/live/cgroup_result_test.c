// SPDX-License-Identifier: MIT
/*
 * Figures of a result that only a cgroup with its controllers has: what it wrote, what is left of
 * its memory.
 */
#include "../fixture_cgroup.h"
#include "box_kit.h"

#include <stdlib.h>

#define MIB UINT64_C(1048576)

static sb_result result_of(sb_box *box, sb_config *cfg, const char *said)
{
	sb_result res = SB_INIT(sb_result);
	struct fx_talk talk;

	fx_talk_begin(&talk, box, cfg);
	fx_talk_end(&talk, &res);
	fx_has(talk.said, said);
	fx_talk_free(&talk);
	assert_int_equal(res.verdict, SB_EXITED);
	assert_int_equal(res.code, 0);
	return res;
}

static void bytes_that_went_to_a_disk_are_told(void **state)
{
	sb_config *cfg;
	sb_result res;
	char disk[64];

	(void)state;
	fx_cg_need("io.stat");
	if (!getenv("VM_DISK"))
		fx_skip("no disk to write to (VM_DISK)");
	snprintf(disk, sizeof(disk), "%.60s", getenv("VM_DISK"));
	disk[strcspn(disk, " ")] = '\0';
	cfg = fx_cg_config("direct=4096 /disk");
	/* As root of the host: who else may write to a disk. */
	fx_ok(sb_set_ns(cfg, SB_NS_ALL & ~SB_NS_USER));
	fx_ok(sb_set_user(cfg, 0, 0));
	fx_ok(sb_set_host_root(cfg, 1));
	fx_ok(sb_add_bind(cfg, disk, "/disk", SB_MOUNT_DEV));
	res = result_of(NULL, cfg, "direct=ok");
	sb_config_free(cfg);
	assert_true(res.has & SB_HAS_IO);
	assert_in_range(res.io_write_bytes, 4 * MIB, 5 * MIB);
	assert_true(res.io_read_bytes <= MIB);
}

static void who_writes_nothing_has_written_nothing(void **state)
{
	sb_config *cfg;
	sb_result res;

	(void)state;
	fx_cg_need("io.stat");
	cfg = fx_cg_config("say=up");
	res = result_of(NULL, cfg, "up");
	sb_config_free(cfg);
	assert_true(res.has & SB_HAS_IO);
	assert_int_equal(res.io_write_bytes, 0);
}

/*
 * What is left in the box is still charged to who made it; its own memory is gone with it. A process
 * that is left is killed at the same time: when the host looks it may have freed its memory, or not yet.
 */
static void memory_that_is_left_is_told(void **state)
{
	static const struct {
		const char *does[3], *said;
		uint64_t most_anon, file;
	} ways[] = {
		{ { "fill=/work/file", NULL }, "=8388608\n", 0, 8 * MIB },
		{ { "touch=8", NULL }, "", 0, 0 },
		{ { "touch=8", "orphans=1", NULL }, "", 8 * MIB, 0 },
	};
	sb_box *box = NULL;
	sb_config *cfg;
	sb_result res;

	(void)state;
	fx_cg_need("memory.max");
	cfg = fx_cg_config("pause");
	fx_ok(sb_add_tmpfs(cfg, "/work", 8 * MIB, 0, 01777));
	box = open_with(cfg);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		fx_command_v(cfg, ways[i].does);
		res = result_of(box, cfg, ways[i].said);
		print_message("# %s %s: anon %u KiB, file %u KiB\n", ways[i].does[0],
			      ways[i].does[1] ? ways[i].does[1] : "", (unsigned)(res.memory_anon / 1024),
			      (unsigned)(res.memory_file / 1024));
		assert_true(res.has & SB_HAS_MEMORY_END);
		assert_in_range(res.memory_anon, 0, ways[i].most_anon + MIB);
		assert_in_range(res.memory_file, ways[i].file, ways[i].file + MIB);
	}
	sb_box_free(box);
	sb_config_free(cfg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST_IF("root", bytes_that_went_to_a_disk_are_told),
		FX_TEST(who_writes_nothing_has_written_nothing),
		FX_TEST(memory_that_is_left_is_told),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
