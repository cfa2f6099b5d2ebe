// SPDX-License-Identifier: MIT
/* Runs the rows of the table, several at once, as a judge with one thread does it: by their descriptors. */
#include "judge_table.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define PLACES 8

static const char *no_cpu, *no_memory, *no_pids;

uint64_t judge_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static const char *kept(const char *why, char room[256])
{
	if (why)
		snprintf(room, 256, "%s", why);
	return why ? room : NULL;
}

void judge_begin(void)
{
	static char cpu[256], memory[256], pids[256];

	no_cpu = kept(fx_cg_lacks(""), cpu);
	no_memory = kept(fx_cg_lacks("memory.max"), memory);
	no_pids = kept(fx_cg_lacks("pids.max"), pids);
}

uint32_t judge_approximate(void)
{
	return (no_cpu ? SB_LIMIT_BIT(SB_LIMIT_CPU) : 0) | (no_memory ? SB_LIMIT_BIT(SB_LIMIT_MEMORY) : 0) |
	       (no_pids ? SB_LIMIT_BIT(SB_LIMIT_PIDS) : 0);
}

const char *judge_lacks(const struct judge_row *row)
{
	if (no_cpu && row->flags & J_NEEDS_CPU)
		return no_cpu;
	if (no_memory && row->flags & J_NEEDS_MEMORY)
		return no_memory;
	return no_pids && row->flags & J_NEEDS_PIDS ? no_pids : NULL;
}

static void set_command(sb_config *cfg, const struct judge_row *row, const char *tag)
{
	const char *argv[] = { "/judge_programs", row->program ? row->program : row->name, NULL, tag, NULL };
	char number[24];

	snprintf(number, sizeof(number), "%ld", row->number);
	argv[2] = number;
	sb_set_command(cfg, "/judge_programs", argv);
}

static uint64_t or_else(uint64_t value, uint64_t usual)
{
	return value ? value : usual;
}

static void set_limits(sb_config *cfg, const struct judge_row *row)
{
	unsigned slow = fx_emulated() ? 4 : 1;
	/* Where another verdict may come out, its limit is there for machines that cannot do better. */
	uint64_t cpu_ms = row->or &&!judge_approximate() ? 0 : row->cpu_ms;

	sb_set_limit(cfg, SB_LIMIT_CPU, or_else(cpu_ms, CPU_PLENTY * slow) * MS, 0);
	sb_set_limit(cfg, SB_LIMIT_WALL, or_else(row->wall_ms, WALL_PLENTY * slow) * MS, 0);
	if (!(row->flags & J_NO_MEMORY))
		sb_set_limit(cfg, SB_LIMIT_MEMORY, or_else(row->memory_mib, MEMORY_LIMIT) * MIB, 0);
	sb_set_limit(cfg, SB_LIMIT_PIDS, or_else(row->pids, PIDS_LIMIT), 0);
	if (row->total)
		sb_set_limit(cfg, SB_LIMIT_OUTPUT, row->total, 0);
	sb_set_rlimit(cfg, "nofile", 64, 64);
	if (row->rlimit)
		sb_set_rlimit(cfg, row->rlimit, row->rlimit_value, row->rlimit_value);
	/* Strict where all of it is there. */
	if (judge_approximate())
		sb_set_optional(cfg, SB_APPLIED_CGROUP);
}

/* What a setter refuses sticks to the config and fails the spawn. */
sb_config *judge_config(const struct judge_row *row, const char *tag, int held[2])
{
	uint64_t drop = row->flags & J_DROP ? SB_STREAM_DROP : 0;
	sb_config *cfg = sb_config_new();

	held[0] = held[1] = -1;
	sb_add_bind(cfg, fx_beside("judge_programs"), "/judge_programs", SB_MOUNT_RO);
	sb_add_proc(cfg, "/proc", 0);
	sb_add_dev(cfg, "/dev");
	sb_add_tmpfs(cfg, "/tmp", 16 * MIB, 4096, 0700);
	if (row->flags & J_BIG)
		sb_add_tmpfs(cfg, "/big", 256 * MIB, 0, 0700);
	if (row->flags & J_FILTER)
		sb_add_seccomp(cfg, "kill ptrace");
	sb_set_cgroup_flags(cfg, SB_CGROUP_NO_SYSTEMD);
	set_limits(cfg, row);
	set_command(cfg, row, tag);
	sb_set_stream_capture(cfg, 1, CAP, drop);
	sb_set_stream_capture(cfg, 2, CAP, drop);
	if (row->flags & J_STDIN && pipe2(held, O_CLOEXEC) == 0)
		sb_set_fd(cfg, 0, held[0]);
	return cfg;
}

sb_config *judge_config_with_end(const struct judge_row *row, int p[2])
{
	int held[2];
	sb_config *cfg;

	judge_begin();
	cfg = judge_config(row, "judge-end", held);
	fx_ok(pipe2(p, O_CLOEXEC));
	fx_ok(sb_set_fd(cfg, 3, p[1]));
	return cfg;
}

void judge_wait_for_end(int fd)
{
	struct pollfd polled = { fd, POLLIN, 0 };

	assert_int_equal(poll(&polled, 1, 60000), 1);
	assert_true(polled.revents & POLLHUP);
}

static void note_leaf(struct judge_run *run)
{
	char link[64];
	ssize_t n;
	int fd = sb_proc_cgroup_fd(run->proc);

	run->leaf[0] = '\0';
	if (fd < 0)
		return;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, run->leaf, sizeof(run->leaf) - 1);
	run->leaf[n > 0 ? n : 0] = '\0';
}

static void start(struct judge_run *run, const struct judge_row *row, char *why)
{
	static unsigned number;
	sb_error err = SB_INIT(sb_error);

	memset(run, 0, sizeof(*run));
	run->row = row;
	run->why = why;
	run->start_ns = judge_now();
	snprintf(run->tag, sizeof(run->tag), "judge-%d-%u", getpid(), ++number);
	run->cfg = judge_config(row, run->tag, run->held);
	if (sb_spawn(run->cfg, &run->proc, &err) < 0) {
		judge_wrong(run, "the spawn failed: %s [%s] %s", err.message, sb_step_name(err.step),
			    err.hint);
	} else {
		note_leaf(run);
		if (row->flags & J_KILL && sb_proc_kill(run->proc) < 0)
			judge_wrong(run, "it could not be killed");
	}
}

static void end(struct judge_run *run)
{
	run->proc = sb_proc_free(run->proc);
	run->cfg = sb_config_free(run->cfg);
	for (int i = 0; i < 2; i++)
		if (run->held[i] >= 0)
			close(run->held[i]);
	judge_left(run);
	run->row = NULL;
}

/* 1 if it is over. What hangs is named, and does not stop the others. */
static int look(struct judge_run *run, int news)
{
	sb_result res = SB_INIT(sb_result);
	sb_error err = SB_INIT(sb_error);
	uint64_t too_long = (or_else(run->row->wall_ms, WALL_PLENTY) + 30000) * MS * (fx_emulated() ? 4 : 1);
	int r;

	if (!run->proc)
		return 1;
	r = news ? sb_proc_process(run->proc, &res, &err) : 0;
	if (r > 0)
		judge_check(run, &res);
	else if (r < 0)
		judge_wrong(run, "sb_proc_process: %s", err.message);
	else if (judge_now() - run->start_ns > too_long)
		judge_wrong(run, "it did not end");
	return r || run->why[0];
}

static void wait_for_news(struct judge_run *runs, struct pollfd *polled)
{
	for (int i = 0; i < PLACES; i++) {
		polled[i] = (struct pollfd){ -1, POLLIN, 0 };
		if (!runs[i].row)
			continue;
		polled[i].fd = runs[i].proc ? sb_proc_fd(runs[i].proc) : -1;
		if (runs[i].proc && polled[i].fd < 0)
			judge_wrong(&runs[i], "sb_proc_fd: %s", strerror(-polled[i].fd));
	}
	poll(polled, PLACES, 1000);
}

void judge_all(const struct judge_row *const rows[], size_t count, unsigned turn, char (*why)[JUDGE_WHY])
{
	struct judge_run runs[PLACES] = { { NULL } };
	struct pollfd polled[PLACES];
	size_t next = 0, running = 0, at;

	while (next < count || running) {
		for (int i = 0; i < PLACES && next < count; i++) {
			if (runs[i].row)
				continue;
			/* In another order each time, so that each has other neighbours. */
			at = (next++ * 37 + turn * 11) % count;
			start(&runs[i], rows[at], why[at]);
			running++;
		}
		wait_for_news(runs, polled);
		for (int i = 0; i < PLACES; i++)
			if (runs[i].row && look(&runs[i], polled[i].revents)) {
				end(&runs[i]);
				running--;
			}
	}
}
