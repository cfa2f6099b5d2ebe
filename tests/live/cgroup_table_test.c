/* SPDX-License-Identifier: MIT */
/*
 * The table of settings against the kernel: it knows every writable file there is, and the kernel
 * takes what it gives.
 */
#include "../fixture_cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Writable, but no settings: they act, or belong to whoever manages the tree. */
static int is_an_action(const char *file)
{
	static const char *const files[] = { "cgroup.procs", "cgroup.threads", "cgroup.subtree_control",
					     "cgroup.type", "cgroup.freeze", "cgroup.kill", "memory.peak",
					     "memory.swap.peak" };
	const char *end = strrchr(file, '.');

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (!strcmp(file, files[i]))
			return 1;
	/* triggers: sb_proc_pressure() */
	return strcmp(file, "cgroup.pressure") && end && !strcmp(end, ".pressure");
}

static void every_writable_file_of_this_kernel_is_known(void **state)
{
	sb_config *cfg;
	char path[4200], unknown[2048] = "";
	struct dirent *entry;
	int count = 0;
	struct stat st;
	DIR *dir;

	(void)state;
	fx_cg_need("");
	cfg = sb_config_new();
	snprintf(path, sizeof(path), "%s/leaf", fx_cg_parent());
	fx_ok(mkdir(path, 0755));
	dir = opendir(path);
	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		if (fstatat(dirfd(dir), entry->d_name, &st, 0) < 0 || !S_ISREG(st.st_mode) ||
		    !(st.st_mode & 0222) || is_an_action(entry->d_name))
			continue;
		count++;
		if (sb_set_cgroup(cfg, entry->d_name, NULL) < 0)
			snprintf(unknown + strlen(unknown), sizeof(unknown) - strlen(unknown), " %s",
				 entry->d_name);
	}
	closedir(dir);
	fx_ok(rmdir(path));
	fx_cg_parent_end();
	sb_config_free(cfg);
	assert_string_equal(unknown, "");
	assert_true(count >= 2); /* of the core alone: cgroup.max.depth, cgroup.max.descendants */
}

/*
 * A value of each kind. A file that this kernel lacks is told as that; what needs a certain device
 * is not asked for.
 */
static const char *const samples[][2] = {
	{ "cgroup.max.depth", "3" },     { "cgroup.max.descendants", "max" }, { "cgroup.pressure", "1" },
	{ "cpu.max", "50%" },            { "cpu.max", "1.5% 1000000" },       { "cpu.max", "max" },
	{ "cpu.max.burst", "1000" },     { "cpu.weight", "10000" },           { "cpu.weight.nice", "-20" },
	{ "cpu.idle", "0" },             { "cpu.uclamp.min", "12.5" },        { "cpu.uclamp.max", "max" },
	{ "cpuset.cpus", "0" }, { "cpuset.mems", "0" }, { "cpuset.cpus.partition", "member" },
	{ "cpuset.cpus.exclusive", "0" }, { "io.weight", "10" },              { "io.bfq.weight", "1000" },
	{ "io.prio.class", "idle" },     { "memory.min", "1M" },              { "memory.low", "1.5M" },
	{ "memory.high", "max" },        { "memory.max", "64MiB" },           { "memory.oom.group", "1" },
	{ "memory.swap.high", "1G" },    { "memory.swap.max", "0" },          { "memory.zswap.max", "max" },
	{ "memory.zswap.writeback", "0" }, { "pids.max", "4194304" },         { "pids.max", "max" },
	{ "hugetlb.2MB.max", "4M" },     { "hugetlb.2MB.rsvd.max", "max" },
};

static void the_kernel_takes_what_the_table_gives(void **state)
{
	struct fx_talk talk;
	sb_config *cfg;
	sb_result res = SB_INIT(sb_result);
	int taken = 0;

	(void)state;
	fx_cg_need("memory.max pids.max cpu.max io.weight cpuset.cpus");
	cfg = fx_cg_config("say=up", "read=0");
	fx_ok(sb_set_cgroup_parent(cfg, fx_cg_parent()));
	fx_ok(sb_set_cgroup(cfg, "cpuset.mems", "0"));
	fx_ok(sb_set_cgroup(cfg, "hugetlb.2MB.max", "max"));
	fx_talk_begin(&talk, NULL, cfg);
	fx_talk_until(&talk, "up");
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		sb_error err = SB_INIT(sb_error);
		int r = sb_proc_set_cgroup(talk.proc, samples[i][0], samples[i][1], &err);

		if (r == -ENOENT)
			print_message("# not here: %s\n", err.message);
		else if (r < 0)
			fail_msg("%s = %s: %s %s", samples[i][0], samples[i][1], err.message, err.hint);
		taken += r == 0;
	}
	fx_talk_go(&talk);
	fx_talk_end(&talk, &res);
	fx_talk_free(&talk);
	sb_config_free(cfg);
	fx_cg_parent_end();
	assert_true(taken > 20);
}

static void a_probe_tells_what_a_spawn_would(void **state)
{
	static const char *const names[] = { "cgroup", "cgroup.cpu", "cgroup.io", "cgroup.memory",
					     "cgroup.pids" };
	sb_error why = SB_INIT(sb_error), err = SB_INIT(sb_error);

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		static const char *const settings[][2] = { { "cgroup.max.depth", "max" },
							   { "cpu.max", "max" }, { "io.weight", "100" },
							   { "memory.max", "max" }, { "pids.max", "max" } };
		sb_config *cfg = fx_config("exit=0");
		sb_proc *proc = NULL;
		int probed = sb_probe(names[i], &why), r;

		fx_ok(sb_set_cgroup(cfg, settings[i][0], settings[i][1]));
		r = sb_spawn(cfg, &proc, &err);
		print_message("# %s: %d %s\n", names[i], probed, probed ? "" : why.message);
		assert_int_equal(probed, r == 0);
		if (r < 0)
			assert_string_equal(why.message, err.message);
		sb_proc_free(proc);
		sb_config_free(cfg);
	}
	assert_int_equal(sb_probe("cgroup.nonsense", &why), -EINVAL);
}

/* The last step of the host in @trace, and all of them as "step,step…". */
static sb_trace_event last_of_host(const sb_trace *trace, char *steps, size_t len)
{
	sb_trace_event e = SB_INIT(sb_trace_event), last = SB_INIT(sb_trace_event);

	steps[0] = '\0';
	for (size_t i = 0; sb_trace_get(trace, i, &e) == 0; i++)
		if (e.lane == SB_LANE_HOST) {
			snprintf(steps + strlen(steps), len - strlen(steps), "%s,", sb_step_name(e.step));
			last = e;
		}
	return last;
}

static void the_trace_shows_place_leaf_and_limits(void **state)
{
	sb_trace *trace;
	sb_config *cfg;
	sb_error err = SB_INIT(sb_error);
	sb_result res = SB_INIT(sb_result);
	sb_trace_event last;
	sb_proc *proc;
	char steps[512];

	(void)state;
	fx_cg_need("");
	trace = sb_trace_new();
	cfg = fx_cg_config("exit=0");
	fx_ok(sb_set_trace(cfg, trace));
	fx_ok(sb_set_cgroup(cfg, "cgroup.max.depth", "3"));
	fx_wait(fx_spawn(cfg), &res);
	last_of_host(trace, steps, sizeof(steps));
	fx_has(steps, "config,cgroup,leaf,limit,prepare,clone,");

	/* What failed is the last one, and the same as in the error. */
	fx_ok(sb_set_cgroup(cfg, "cpuset.cpus", "4000"));
	sb_trace_clear(trace);
	assert_true(sb_spawn(cfg, &proc, &err) < 0);
	last = last_of_host(trace, steps, sizeof(steps));
	assert_int_equal(last.step, err.step);
	assert_int_equal(last.error, err.code);
	sb_config_free(cfg);
	sb_trace_free(trace);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(every_writable_file_of_this_kernel_is_known),
		FX_TEST(the_kernel_takes_what_the_table_gives),
		FX_TEST(a_probe_tells_what_a_spawn_would),
		FX_TEST(the_trace_shows_place_leaf_and_limits),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
