// SPDX-License-Identifier: MIT
/* Warm starts: the second command with the same filter inherits it, with the same plan none is sent. */
#include "../fixture_cgroup.h"
#include "box_kit.h"

#include <errno.h>
#include <pthread.h>
#include <sandbox/limit.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define RUNS 5

/* What a command with captured output says, in the caller's memory. */
static void run(sb_box *box, sb_config *cfg, char *said, size_t len)
{
	sb_result res = SB_INIT(sb_result);
	const void *data;
	sb_proc *proc;
	size_t n;

	proc = start_in(box, cfg);
	assert_int_equal(sb_proc_wait(proc, UINT64_MAX, &res, NULL), 1);
	fx_ok(sb_proc_output(proc, 1, &data, &n));
	snprintf(said, len, "%.*s", (int)n, n ? (const char *)data : "");
	sb_proc_free(proc);
	assert_int_equal(res.verdict, SB_EXITED);
	if (res.code)
		fail_msg("exit status %d: %s", res.code, said);
}

/* /proc/self/status without what is another for each process. */
static void without_lines(char *text)
{
	static const char *const lines[] = { "\nPid:", "\nTgid:", "\nNSpid:", "\nNStgid:", "\nNSsid:",
					     "\nNSpgid:", "\nvoluntary_", "\nnonvoluntary_", "\nVm", "\nRss",
					     "\nHuge", "\nNgid", "\nPPid" };

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		for (char *at, *end; (at = strstr(text, lines[i])) && (end = strchr(at + 1, '\n'));)
			memmove(at, end, strlen(end) + 1);
}

static sb_config *status_config(void)
{
	sb_config *cfg = fx_config("caps", "ids", "fds", "uts", "where", "env", "signals", "rlimit=4",
				   "rlimit=7", "nice", "cat=/proc/self/status");

	fx_ok(sb_add_proc(cfg, "/proc", 0));
	fx_ok(sb_set_stream_capture(cfg, 1, 65536, 0));
	fx_ok(sb_set_rlimit(cfg, "nofile", 64, 64));
	return cfg;
}

static void a_warm_start_is_like_any_other(void **state)
{
	static const char *const presets[] = { "default", "judge", "build", "nested", "none" };
	static char first[32768], said[32768];

	(void)state;
	for (size_t p = 0; p < sizeof(presets) / sizeof(presets[0]); p++) {
		sb_config *cfg = status_config();
		sb_box *box;

		fx_ok(sb_set_seccomp(cfg, presets[p]));
		box = open_with(cfg);
		for (int i = 0; i < RUNS; i++) {
			run(box, cfg, said, sizeof(said));
			without_lines(said);
			if (i == 0)
				memcpy(first, said, sizeof(first));
			assert_string_equal(said, first);
			fx_has(said, p == 4 ? "\nSeccomp:\t0" : "\nSeccomp:\t2");
			fx_has(said, "\nNoNewPrivs:\t1");
			fx_has(said, "\nCapEff:\t0000000000000000");
		}
		sb_box_free(box);
		sb_config_free(cfg);
	}
}

/* What the word opens for sb-init it does not open for the command. */
static void what_sb_init_may_do_meanwhile_the_command_may_not(void **state)
{
	static const struct {
		long number;
		const char *name;
	} calls[] = { { SYS_unshare, "unshare" },         { SYS_keyctl, "keyctl" },
		      { SYS_setpriority, "setpriority" }, { SYS_setgroups, "setgroups" },
		      { SYS_personality, "personality" }, { SYS_capset, "capset" } };
	sb_config *cfg = fx_config("pause");
	sb_box *box = open_with(cfg);
	sb_error err = SB_INIT(sb_error);
	char said[4096], word[80], policy[512] = "default allow\nerrno(EDOM)";

	(void)state;
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		snprintf(policy + strlen(policy), sizeof(policy) - strlen(policy), " %s", calls[i].name);
	snprintf(policy + strlen(policy), sizeof(policy) - strlen(policy), "\n");
	if (sb_set_seccomp_text(cfg, policy, NULL) < 0) {
		sb_config_check(cfg, &err);
		fail_msg("%s", err.message);
	}
	fx_ok(sb_set_stream_capture(cfg, 1, 65536, 0));
	snprintf(word, sizeof(word), "syscalls=%d,%d,%d,%d,%d,%d", SYS_unshare, SYS_keyctl, SYS_setpriority,
		 SYS_setgroups, SYS_personality, SYS_capset);
	fx_command(cfg, word);
	for (int i = 0; i < RUNS; i++) {
		run(box, cfg, said, sizeof(said));
		for (size_t k = 0; k < sizeof(calls) / sizeof(calls[0]); k++) {
			char line[64];

			snprintf(line, sizeof(line), "syscall %ld=EDOM\n", calls[k].number);
			fx_has(said, line);
		}
	}
	sb_box_free(box);
	sb_config_free(cfg);
}

/* More filters than there are zygotes, in turns, each twice: every command has its own. */
static void each_command_has_its_own_filter(void **state)
{
	enum { FILTERS = 7 };
	sb_config *cfg[FILTERS];
	sb_box *box;
	char said[4096], text[80], word[32];

	(void)state;
	for (int i = 0; i < FILTERS; i++) {
		snprintf(word, sizeof(word), "syscalls=%d", SYS_sysinfo);
		cfg[i] = fx_config(word);
		snprintf(text, sizeof(text), "default allow\nerrno(%s) sysinfo\n", strerrorname_np(1 + i));
		fx_ok(sb_set_seccomp_text(cfg[i], text, NULL));
		fx_ok(sb_set_stream_capture(cfg[i], 1, 65536, 0));
	}
	box = open_with(cfg[0]);
	for (int round = 0; round < 4; round++)
		for (int i = 0; i < FILTERS; i++)
			for (int k = 0; k < 3; k++) {
				run(box, cfg[i], said, sizeof(said));
				snprintf(text, sizeof(text), "syscall %d=%s\n", SYS_sysinfo,
					 strerrorname_np(1 + i));
				assert_string_equal(said, text);
			}
	sb_box_free(box);
	for (int i = 0; i < FILTERS; i++)
		sb_config_free(cfg[i]);
}

/* The plan of the last command is used again only if it is the same. */
static void each_command_has_its_own_words_and_files(void **state)
{
	sb_config *cfg = fx_config("say=x");
	char said[4096], word[64], want[64];
	sb_box *box;

	(void)state;
	fx_ok(sb_set_stream_capture(cfg, 1, 65536, 0));
	box = open_with(cfg);
	for (int i = 0; i < 40; i++) {
		const char *argv[] = { "inside", word, NULL };

		snprintf(word, sizeof(word), "say=%d", i / 3);
		snprintf(want, sizeof(want), "%d\n", i / 3);
		fx_ok(sb_set_command(cfg, "/inside", argv));
		run(box, cfg, said, sizeof(said));
		assert_string_equal(said, want);
		if (i % 7 == 0) { /* and what comes between does not confuse it */
			sb_config *fed = sb_config_copy(cfg);

			fx_command(fed, "read=0");
			run(box, fed, said, sizeof(said));
			assert_string_equal(said, "read=0\n");
			fx_ok(sb_set_stream_data(fed, 0, want, strlen(want)));
			for (int k = 0; k < 3; k++) {
				run(box, fed, said, sizeof(said));
				assert_string_equal(said, "read=1\n");
			}
			sb_config_free(fed);
		}
	}
	sb_box_free(box);
	sb_config_free(cfg);
}

static void a_command_that_cannot_start_is_explained(void **state)
{
	sb_config *cfg = fx_config("say=up"), *missing;
	const char *argv[] = { "missing", NULL };
	sb_error err = SB_INIT(sb_error);
	char said[4096];
	sb_proc *proc;
	sb_box *box;

	(void)state;
	fx_ok(sb_set_stream_capture(cfg, 1, 65536, 0));
	missing = sb_config_copy(cfg);
	fx_ok(sb_set_command(missing, "/missing", argv));
	box = open_with(cfg);
	for (int i = 0; i < RUNS; i++) {
		run(box, cfg, said, sizeof(said));
		assert_int_equal(sb_box_spawn(box, missing, &proc, &err), -ENOENT);
		assert_int_equal(err.step, SB_STEP_EXEC);
		run(box, cfg, said, sizeof(said));
		assert_string_equal(said, "up\n");
	}
	sb_box_free(box);
	sb_config_free(cfg);
	sb_config_free(missing);
}

/* A zygote is no process, and those beside it do not keep a command from starting. */
static void nobody_inside_sees_what_starts_them(void **state)
{
	sb_config *cfg = fx_config("processes"), *beside = fx_config("pause");
	char said[4096];
	sb_proc *proc;
	sb_box *box;

	(void)state;
	fx_ok(sb_add_proc(cfg, "/proc", 0));
	fx_ok(sb_set_stream_capture(cfg, 1, 65536, 0));
	box = open_with(cfg);
	for (int i = 0; i < RUNS; i++) {
		run(box, cfg, said, sizeof(said));
		fx_has(said, "processes=1 ");
		assert_null(strchr(fx_get(said, "processes") + 2, ' '));
	}
	proc = start_in(box, beside);
	for (int i = 0; i < RUNS; i++)
		run(box, cfg, said, sizeof(said));
	sb_proc_free(proc);
	sb_box_free(box);
	sb_config_free(cfg);
	sb_config_free(beside);
}

/* Without a controller their number is limited by an rlimit, which counts every thread of a user. */
static void what_starts_them_is_not_counted_as_theirs(void **state)
{
	sb_config *cfg = fx_config("rlimit=6"); /* RLIMIT_NPROC */
	sb_box *box;
	char said[256], want[64];

	(void)state;
	fx_ok(sb_set_limit(cfg, SB_LIMIT_PIDS, 4, 0));
	fx_ok(sb_set_optional(cfg, SB_APPLIED_CGROUP));
	fx_ok(sb_set_stream_capture(cfg, 1, 65536, 0));
	box = open_with(cfg);
	run(box, cfg, said, sizeof(said));
	if (!strstr(said, "5 5")) {
		sb_box_free(box);
		sb_config_free(cfg);
		fx_skip("there is a pids controller");
	}
	for (int i = 0; i < RUNS; i++) { /* a zygote starts these */
		run(box, cfg, said, sizeof(said));
		snprintf(want, sizeof(want), "%d %d", 6, 6);
		fx_has(said, want);
	}
	sb_box_free(box);
	sb_config_free(cfg);
}

struct speaker {
	pthread_t thread;
	sb_box *box;
	char word[16];
	int wrong;
};

static void *speak(void *arg)
{
	struct speaker *me = arg;
	sb_config *cfg = fx_config(me->word);
	const void *data;
	sb_proc *proc;
	size_t n;

	sb_set_stream_capture(cfg, 1, 65536, 0);
	for (int i = 0; i < 40; i++) {
		if (sb_box_spawn(me->box, cfg, &proc, NULL) < 0) {
			me->wrong++;
			continue;
		}
		sb_proc_wait(proc, UINT64_MAX, NULL, NULL);
		sb_proc_output(proc, 1, &data, &n);
		me->wrong += n != 2 || memcmp(data, me->word + 4, 1);
		sb_proc_free(proc);
	}
	sb_config_free(cfg);
	return NULL;
}

/* The plan that sb-init has may be another thread's by now. */
static void threads_that_start_commands_in_one_box_get_their_own(void **state)
{
	enum { THREADS = 4 };
	struct speaker all[THREADS];
	sb_config *cfg = fx_config("pause");
	sb_box *box = open_with(cfg);

	(void)state;
	for (int i = 0; i < THREADS; i++) {
		all[i] = (struct speaker){ .box = box };
		snprintf(all[i].word, sizeof(all[i].word), "say=%d", i / 2);
		assert_int_equal(pthread_create(&all[i].thread, NULL, speak, &all[i]), 0);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(all[i].thread, NULL);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(all[i].wrong, 0);
	sb_box_free(box);
	sb_config_free(cfg);
}

static void a_trace_has_every_step_of_every_start(void **state)
{
	sb_config *cfg = fx_config("exit=0");
	sb_trace *trace = sb_trace_new();
	size_t first = 0;
	sb_box *box;

	(void)state;
	box = open_with(cfg);
	for (int i = 0; i < RUNS; i++) {
		size_t of_command = 0;

		sb_trace_clear(trace);
		fx_ok(sb_set_trace(cfg, trace));
		fx_wait(start_in(box, cfg), NULL);
		for (size_t k = 0; k < sb_trace_count(trace); k++) {
			sb_trace_event event = SB_INIT(sb_trace_event);

			fx_ok(sb_trace_get(trace, k, &event));
			of_command += event.lane == SB_LANE_COMMAND;
			assert_true(event.start_ns);
		}
		first = i ? first : of_command;
		assert_true(of_command > 5);
		assert_int_equal(of_command, first);
	}
	sb_box_free(box);
	sb_config_free(cfg);
	sb_trace_free(trace);
}

/* A leaf that was made ahead is as any other, and nothing of a predecessor is in its figures. */
static void each_command_has_a_fresh_leaf(void **state)
{
	sb_result res = SB_INIT(sb_result);
	uint64_t least = UINT64_MAX, used;
	const char *parent;
	sb_config *cfg;
	sb_box *box;

	(void)state;
	fx_cg_need("");
	parent = fx_cg_parent();
	cfg = fx_cg_config("spin=50");
	fx_ok(sb_set_cgroup_parent(cfg, parent));
	box = open_with(cfg);
	for (int i = 0; i < RUNS; i++) {
		fx_command(cfg, "spin=50");
		fx_wait(start_in(box, cfg), &res);
		assert_true(res.has & SB_HAS_LEAF_CPU);
		assert_true(res.user_ns + res.system_ns >= 50000000);
		fx_command(cfg, "exit=0");
		fx_wait(start_in(box, cfg), &res);
		used = res.user_ns + res.system_ns;
		least = used < least ? used : least; /* a slow machine needs long for one now and then */
	}
	assert_true(least < 50000000);
	sb_box_free(box);
	sb_config_free(cfg);
	fx_cg_parent_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(a_warm_start_is_like_any_other),
		FX_TEST(what_sb_init_may_do_meanwhile_the_command_may_not),
		FX_TEST(each_command_has_its_own_filter),
		FX_TEST(each_command_has_its_own_words_and_files),
		FX_TEST(a_command_that_cannot_start_is_explained),
		FX_TEST(nobody_inside_sees_what_starts_them),
		FX_TEST(what_starts_them_is_not_counted_as_theirs),
		FX_TEST(threads_that_start_commands_in_one_box_get_their_own),
		FX_TEST(a_trace_has_every_step_of_every_start),
		FX_TEST(each_command_has_a_fresh_leaf),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
