// SPDX-License-Identifier: MIT
/*
 * 500 runs, many or all at once, of programs that end in different ways: none is lost, and no byte
 * of them.
 */
#include "judge_pattern.h"
#include "judge_table.h"

#include <poll.h>
#include <signal.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#define RUNS 500
#define MOST 16

/* What "pattern NUMBER" of judge_programs_end.c writes. */
#define PIECE 1000
#define BETWEEN 3000

static struct run {
	struct judge_row row;
	struct judge_run base;
	long number; /* -1: the place is free */
} runs[MOST];
static char why[RUNS][JUDGE_WHY];
static unsigned verdicts[SB_NOT_STARTED + 1];

/* An emulated machine takes a minute for these. */
static long count(void)
{
	return fx_emulated() ? 150 : RUNS;
}

static uint64_t length_of(long number)
{
	return 40960 + (uint64_t)number * 37 % 20480;
}

static uint64_t length_of_errors(long number)
{
	uint64_t len = length_of(number), sum = 0;

	for (uint64_t at = 0; at < len; at += BETWEEN)
		sum += len - at < PIECE ? len - at : PIECE;
	return sum;
}

/* Six of ten say a lot; the others are ended, each by something else. */
static struct judge_row row_of(long number)
{
	static const struct judge_row others[] = {
		{ "spins", "spin", 0, OVER(CPU), .cpu_ms = 30, .cpu_least = 30 },
		{ "sleeps", "pause", 0, OVER(WALL), .wall_ms = 50, .wall_least = 50 },
		{ "floods", "out-stdout", 0, OVER(OUTPUT), .flags = J_FLOOD_OUT },
		{ "dies", "said-then-dies", SIGKILL, DIES(SIGKILL), .out = 11, .said = "last words\n" },
	};

	if (number % 10 >= 6)
		return others[number % 10 - 6];
	return (struct judge_row){ "says",
				   "pattern",
				   number,
				   ENDS((int)(number % 90)),
				   .out = length_of(number),
				   .err = length_of_errors(number) };
}

static void check_bytes(struct run *run)
{
	const unsigned char *data[2] = { NULL, NULL };
	size_t len[2] = { 0, 0 }, error = 0;
	uint64_t at;

	for (int i = 0; i < 2; i++) {
		const void *p = NULL;

		if (sb_proc_output(run->base.proc, i + 1, &p, &len[i]) < 0)
			len[i] = 0;
		data[i] = p;
	}
	for (at = 0; at < len[0]; at++) {
		unsigned char byte = judge_byte((uint32_t)run->number, at);

		if (data[0][at] != byte)
			break;
		if (at % BETWEEN >= PIECE)
			continue;
		if (error >= len[1] || data[1][error] != byte)
			break;
		error++;
	}
	if (at < len[0] || error < len[1])
		judge_wrong(&run->base, "byte %llu of %zu, %zu of %zu is another", (unsigned long long)at,
			    len[0], error, len[1]);
}

static void start(struct run *run, long number)
{
	sb_error err = SB_INIT(sb_error);

	run->number = number;
	run->row = row_of(number);
	run->base.row = &run->row;
	run->base.why = why[number];
	snprintf(run->base.tag, sizeof(run->base.tag), "parallel-%d-%ld", getpid(), number);
	run->base.cfg = judge_config(&run->row, run->base.tag, run->base.held);
	if (sb_spawn(run->base.cfg, &run->base.proc, &err) < 0)
		judge_wrong(&run->base, "the spawn failed: %s %s", err.message, err.hint);
}

/* 1 if it is over. */
static int look(struct run *run)
{
	sb_result res = SB_INIT(sb_result);
	int r = run->base.proc ? sb_proc_process(run->base.proc, &res, NULL) : -1;

	if (r == 0)
		return 0;
	if (r < 0) {
		judge_wrong(&run->base, "no result");
		return 1;
	}
	verdicts[res.verdict < 0 || res.verdict > SB_NOT_STARTED ? 0 : res.verdict]++;
	judge_check(&run->base, &res);
	if (!strcmp(run->row.name, "says"))
		check_bytes(run);
	return 1;
}

static void run_all(unsigned places)
{
	struct pollfd polled[MOST];
	long next = 0, left = count();

	for (unsigned i = 0; i < places; i++)
		runs[i].number = -1;
	while (left) {
		for (unsigned i = 0; i < places; i++) {
			if (runs[i].number < 0 && next < count())
				start(&runs[i], next++);
			polled[i] = (struct pollfd){ -1, POLLIN, 0 };
			if (runs[i].number >= 0 && runs[i].base.proc)
				polled[i].fd = sb_proc_fd(runs[i].base.proc);
		}
		/* One that never ends is the runner's to notice, by its time limit. */
		poll(polled, places, 1000);
		for (unsigned i = 0; i < places; i++) {
			if (runs[i].number < 0 || !look(&runs[i]))
				continue;
			runs[i].base.proc = sb_proc_free(runs[i].base.proc);
			runs[i].base.cfg = sb_config_free(runs[i].base.cfg);
			runs[i].number = -1;
			left--;
		}
	}
}

static void begin(void)
{
	memset(why, 0, sizeof(why));
	memset(verdicts, 0, sizeof(verdicts));
	judge_begin();
}

/* Of ten runs six end by themselves, and one each in another way; @other is what number 7 is ended by. */
static void none_is_wrong(long n, int other)
{
	unsigned bad = 0;

	for (long i = 0; i < n; i++) {
		bad += why[i][0] != '\0';
		if (why[i][0] && bad <= 10)
			print_error("run %ld: %s\n", i, why[i]);
	}
	assert_int_equal(bad, 0);
	assert_int_equal(verdicts[SB_EXITED], n / 10 * 6);
	assert_int_equal(verdicts[SB_SIGNALED], n / 10);
	assert_int_equal(verdicts[SB_CPU_EXCEEDED], n / 10);
	assert_int_equal(verdicts[SB_OUTPUT_EXCEEDED], n / 10);
	assert_int_equal(verdicts[other], n / 10);
}

static void run_them(unsigned places)
{
	uint64_t begun = judge_now();

	begin();
	run_all(places);
	print_message("# %ld runs, %u at once: %.1f s\n", count(), places,
		      (double)(judge_now() - begun) / 1e9);
	none_is_wrong(count(), SB_WALL_EXCEEDED);
}

static void five_hundred_eight_at_once(void **state)
{
	(void)state;
	if (fx_emulated())
		fx_skip("once is enough where it takes so long");
	run_them(8);
}

static void five_hundred_sixteen_at_once(void **state)
{
	(void)state;
	run_them(MOST);
}

/* All of them wait until they are let go; one of ten is then killed by the host. */
static struct judge_row sleeper_of(long number)
{
	struct judge_row row = row_of(number);

	if (number % 10 == 7)
		row = (struct judge_row){ .name = "stays", .verdict = SB_KILLED, .code = SIGKILL };
	if (row.verdict == SB_CPU_EXCEEDED) /* enough to come so far that it can say that it is there */
		row.cpu_ms = row.cpu_least = fx_emulated() ? 1000 : 100;
	row.program = "released";
	row.number = number;
	row.wall_ms = 1000000;
	/* 500 that are sampled keep a machine busy */
	if (judge_approximate() & SB_LIMIT_BIT(SB_LIMIT_MEMORY))
		row.flags |= J_NO_MEMORY;
	return row;
}

static void start_sleeper(struct run *run, long number, int gate, int here)
{
	sb_error err = SB_INIT(sb_error);

	run->number = number;
	run->row = sleeper_of(number);
	run->base.row = &run->row;
	run->base.why = why[number];
	snprintf(run->base.tag, sizeof(run->base.tag), "sleeper-%d-%ld", getpid(), number);
	run->base.cfg = judge_config(&run->row, run->base.tag, run->base.held);
	sb_set_fd(run->base.cfg, 0, gate);
	sb_set_fd(run->base.cfg, 3, here);
	if (sb_spawn(run->base.cfg, &run->base.proc, &err) < 0)
		fail_msg("spawn %ld failed: %s %s", number, err.message, err.hint);
}

/* Each has said so; and nothing has ended yet. */
static void all_are_there(struct run *all, long n, int here)
{
	struct pollfd polled = { here, POLLIN, 0 };
	char buf[RUNS];
	ssize_t got;

	for (long there = 0; there < n; there += got) {
		assert_int_equal(poll(&polled, 1, 120000), 1);
		got = read(here, buf, sizeof(buf));
		assert_true(got > 0);
	}
	for (long i = 0; i < n; i++) {
		assert_int_equal(sb_proc_process(all[i].base.proc, NULL, NULL), 0);
		assert_true(sb_proc_pid(all[i].base.proc) > 0);
	}
}

static void until_all_have_ended(struct run *all, long n)
{
	static struct pollfd polled[RUNS];
	long left = n;

	for (long i = 0; i < n; i++)
		polled[i] = (struct pollfd){ sb_proc_fd(all[i].base.proc), POLLIN, 0 };
	while (left) {
		poll(polled, (nfds_t)n, 1000);
		for (long i = 0; i < n; i++) {
			if (polled[i].fd < 0 || !polled[i].revents || !look(&all[i]))
				continue;
			all[i].base.proc = sb_proc_free(all[i].base.proc);
			all[i].base.cfg = sb_config_free(all[i].base.cfg);
			polled[i].fd = -1;
			left--;
		}
	}
}

static void five_hundred_alive_at_once(void **state)
{
	static struct run all[RUNS];
	long n = fx_emulated() ? 100 : RUNS;
	uint64_t begun = judge_now();
	struct rlimit old, more;
	int gate[2], here[2];

	(void)state;
	getrlimit(RLIMIT_NOFILE, &old);
	more = (struct rlimit){ old.rlim_max, old.rlim_max };
	if (old.rlim_max < (rlim_t)n * 16)
		fx_skip("no more than %llu descriptors may be open", (unsigned long long)old.rlim_max);
	fx_ok(setrlimit(RLIMIT_NOFILE, &more));
	begin();
	fx_ok(pipe2(gate, O_CLOEXEC));
	fx_ok(pipe2(here, O_CLOEXEC));
	for (long i = 0; i < n; i++)
		start_sleeper(&all[i], i, gate[0], here[1]);
	close(here[1]);
	all_are_there(all, n, here[0]);
	print_message("# %ld alive: %.1f s\n", n, (double)(judge_now() - begun) / 1e9);
	for (long i = 7; i < n; i += 10)
		fx_ok(sb_proc_kill(all[i].base.proc));
	close(gate[1]);
	until_all_have_ended(all, n);
	close(gate[0]);
	close(here[0]);
	fx_ok(setrlimit(RLIMIT_NOFILE, &old));
	print_message("# all have ended: %.1f s\n", (double)(judge_now() - begun) / 1e9);
	none_is_wrong(n, SB_KILLED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(five_hundred_eight_at_once),
		FX_TEST(five_hundred_sixteen_at_once),
		FX_TEST(five_hundred_alive_at_once),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
