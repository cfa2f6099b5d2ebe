// SPDX-License-Identifier: MIT
/* Two hundred sandboxes at once, each with limits and figures of its own. */
#include "../fixture_cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#define MANY 200

static sb_proc *procs[MANY];
static struct rlimit before;

/* Each handle holds descriptors; the usual soft limit of 1024 is too low for all of them. */
static void more_descriptors(void)
{
	struct rlimit more;

	getrlimit(RLIMIT_NOFILE, &before);
	more = before;
	if (more.rlim_cur < 8192)
		more.rlim_cur = more.rlim_max < 8192 ? more.rlim_max : 8192;
	setrlimit(RLIMIT_NOFILE, &more);
}

static int number_of(int i)
{
	return 2 + i % 7;
}

static void start_all(sb_config *cfg, int limited, int out, const char *const words[])
{
	sb_error err = SB_INIT(sb_error);
	char file[32], word[64];
	int i, w;

	fx_ok(sb_set_fd(cfg, 1, out));
	for (i = 0; i < MANY; i++) {
		sb_config *copy = sb_config_copy(cfg);
		const char *args[8] = { NULL };

		for (w = 0; words[w]; w++)
			args[w] = words[w];
		snprintf(word, sizeof(word), "say=%d", i);
		args[w] = word;
		args[w + 1] = "pause";
		fx_command_v(copy, args);
		if (limited) {
			fx_ok(sb_set_pids(copy, (uint64_t)number_of(i)));
			snprintf(file, sizeof(file), "%dM", 32 + i);
			fx_ok(sb_set_cgroup(copy, "memory.max", file));
		}
		if (sb_spawn(copy, &procs[i], &err) < 0)
			fail_msg("number %d: %s %s", i, err.message, err.hint);
		sb_config_free(copy);
	}
}

/* Every command has said a line with its number as the last thing before it waits. */
static void wait_for_all(int in, int lines, char *said, size_t len)
{
	size_t n = 0;
	ssize_t got;

	while (lines > 0 && n < len - 1 && (got = read(in, said + n, len - 1 - n)) > 0)
		for (; got > 0; got--)
			lines -= said[n++] == '\n';
	said[n] = '\0';
	assert_int_equal(lines, 0);
}

static void end_all(const char *parent)
{
	sb_result res = SB_INIT(sb_result);
	int i;

	for (i = 0; i < MANY; i++)
		fx_ok(sb_proc_kill(procs[i]));
	for (i = 0; i < MANY; i++) {
		assert_int_equal(sb_proc_wait(procs[i], UINT64_MAX, &res, NULL), 1);
		assert_int_equal(res.verdict, SB_KILLED);
		procs[i] = sb_proc_free(procs[i]);
	}
	assert_int_equal(fx_cg_children(parent, NULL), 0);
	setrlimit(RLIMIT_NOFILE, &before);
	fx_cg_parent_end();
}

static void each_has_its_own_leaf(void **state)
{
	static const char *const words[] = { "spin=5", NULL };
	static char said[65536], paths[MANY][256];
	const char *parent;
	sb_config *cfg;
	int p[2], i, j;

	(void)state;
	fx_cg_need("");
	more_descriptors();
	parent = fx_cg_parent();
	fx_ok(pipe2(p, O_CLOEXEC));
	cfg = fx_cg_config("exit=0");
	fx_ok(sb_set_cgroup_parent(cfg, parent));
	start_all(cfg, 0, p[1], words);
	wait_for_all(p[0], MANY, said, sizeof(said));
	for (i = 0; i < MANY; i++) {
		snprintf(paths[i], sizeof(paths[i]), "%.255s", fx_cg_of(sb_proc_pid(procs[i])));
		for (j = 0; j < i; j++)
			assert_string_not_equal(paths[i], paths[j]);
		assert_int_equal(sb_proc_pids(procs[i], NULL, 0, NULL), 1);
		assert_true(fx_stats(procs[i]).cpu_ns >= 4000000);
	}
	sb_config_free(cfg);
	close(p[0]);
	close(p[1]);
	end_all(parent);
}

static void each_has_its_own_limits(void **state)
{
	static const char *const words[] = { "forks=50", NULL };
	static char said[65536];
	char text[64], wanted[64];
	const char *parent;
	sb_config *cfg;
	int p[2], i, at_limit;

	(void)state;
	fx_cg_need("memory.max pids.max");
	more_descriptors();
	parent = fx_cg_parent();
	fx_ok(pipe2(p, O_CLOEXEC));
	cfg = fx_config("exit=0");
	fx_ok(sb_set_cgroup_parent(cfg, parent));
	start_all(cfg, 1, p[1], words);
	wait_for_all(p[0], 2 * MANY, said, sizeof(said));
	for (i = at_limit = 0; i < MANY; i++) {
		at_limit += sb_proc_pids(procs[i], NULL, 0, NULL) == number_of(i);
		snprintf(wanted, sizeof(wanted), "%llu\n", (32ULL + (unsigned)i) << 20);
		assert_true(sb_proc_get_cgroup(procs[i], "memory.max", text, sizeof(text), NULL) > 0);
		assert_string_equal(text, wanted);
		assert_true(fx_stats(procs[i]).pids_refused >= 1);
	}
	assert_int_equal(at_limit, MANY);
	sb_config_free(cfg);
	close(p[0]);
	close(p[1]);
	end_all(parent);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(each_has_its_own_leaf),
		FX_TEST(each_has_its_own_limits),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
