/* SPDX-License-Identifier: MIT */
/*
 * A table of small hostile programs, how each has to end, and between which
 * bounds its figures have to be. The sandbox is a judge's: limits on
 * everything, both streams captured.
 */
#ifndef TESTS_JUDGE_TABLE_H
#define TESTS_JUDGE_TABLE_H

#include "../fixture_cgroup.h"

#define MS UINT64_C(1000000)
#define MIB UINT64_C(1048576)

/* The usual limits. Time that a row is not about is plenty: machines are busy, or emulated. */
#define CPU_LIMIT 150 /* ms, of the rows that are about it */
#define CPU_PLENTY 20000
#define WALL_LIMIT 300
#define WALL_PLENTY 30000
#define MEMORY_LIMIT 32 /* MiB */
#define PIDS_LIMIT 16
#define CAP 1048576 /* bytes of each stream */

/* What a row is, beside its verdict. */
#define J_NEEDS_MEMORY 1u /* without a memory controller nobody could know */
#define J_NEEDS_PIDS 2u
#define J_NEEDS_CPU 4u    /* only a cgroup sees this time */
#define J_BIG 8u          /* a tmpfs at /big, larger than the memory limit */
#define J_STDIN 16u       /* stdin is a pipe that nobody writes to */
#define J_DROP 32u        /* what exceeds the cap is dropped */
#define J_FILTER 64u      /* ptrace is killed for */
#define J_KILL 128u       /* the host kills it at once */
#define J_FLOOD_OUT 256u  /* more than the cap comes out of fd 1, of which the cap is kept */
#define J_FLOOD_ERR 512u
#define J_ANY_CODE 1024u  /* it may have ended by itself just before */
#define J_ANY_OUT 2048u   /* how much it could write is chance */
#define J_NO_MEMORY 4096u /* no limit on memory; where it would be approximate */

struct judge_row {
	const char *name, *program; /* NULL: the program has the row's name */
	long number;                /* its argument */
	int verdict, code;
	uint32_t or;                /* OR(): verdicts that a run with an approximate limit may have as well */
	unsigned flags;             /* J_* */
	unsigned cpu_ms, wall_ms, memory_mib, pids; /* limits; 0 = the usual */
	unsigned total;             /* bytes of both streams; 0 = no limit */
	const char *rlimit;
	uint64_t rlimit_value;
	unsigned cpu_least, cpu_most, wall_least; /* ms */
	unsigned peak_least, peak_most;           /* MiB; most 0 = no bound */
	unsigned pids_peak;                       /* 0 = no matter */
	uint64_t out, err;                        /* bytes that come out of fds 1 and 2 */
	const char *said;                         /* with what fd 1 begins */
};

#define OR(what) (UINT32_C(1) << SB_##what)
#define ENDS(status) .verdict = SB_EXITED, .code = (status)
#define DIES(signal) .verdict = SB_SIGNALED, .code = (signal)
#define OVER(limit) .verdict = SB_##limit##_EXCEEDED, .code = SIGKILL
/* Stopped by the limit on cpu time, with all of it used. */
#define OVER_CPU OVER(CPU), .cpu_ms = CPU_LIMIT, .cpu_least = CPU_LIMIT, .cpu_most = 3 * CPU_LIMIT + 300
/* Stopped by the wall clock, not before its time. */
#define OVER_WALL OVER(WALL), .wall_ms = WALL_LIMIT, .wall_least = WALL_LIMIT
#define PEAK(least, most) .peak_least = (least), .peak_most = (most)
#define OVER_MEMORY OVER(MEMORY), PEAK(MEMORY_LIMIT - 1, MEMORY_LIMIT)
/* A bomb that nothing counts goes on to do nothing, in a loop. */
#define OVER_PIDS OVER(PIDS), .pids_peak = PIDS_LIMIT, .cpu_ms = 2 * CPU_LIMIT, .or = OR(CPU_EXCEEDED)

extern const struct judge_row judge_end_rows[], judge_cpu_rows[], judge_wall_rows[], judge_memory_rows[],
	judge_output_rows[], judge_process_rows[];

/* One run of a row. */
struct judge_run {
	const struct judge_row *row; /* NULL: the place is free */
	sb_proc *proc;
	sb_config *cfg;
	int held[2];        /* its stdin, both ends; -1 */
	uint64_t start_ns;
	char leaf[512];     /* its cgroup, "" = none */
	char tag[64];       /* an argument that nobody else has */
	char *why;          /* what was wrong, [JUDGE_WHY]: "" = nothing */
};
#define JUDGE_WHY 1024

/** judge_begin - find out, without the library, what this machine can count. */
void judge_begin(void);
/** judge_lacks - why @row means nothing here, or NULL. */
const char *judge_lacks(const struct judge_row *row);
/** judge_config - a sandbox of a judge, with the row's program and limits; @held: see above. */
sb_config *judge_config(const struct judge_row *row, const char *tag, int held[2]);
/** judge_config_with_end - the same, and the command has the end @p[1], as fd 3, until all of it is gone. */
sb_config *judge_config_with_end(const struct judge_row *row, int p[2]);
/** judge_wait_for_end - without the library: until nobody has the other end of @fd. */
void judge_wait_for_end(int fd);
/** judge_check - hold its end against the row; what is wrong is added to @run->why. */
void judge_check(struct judge_run *run, const sb_result *res);
/** judge_left - is anything of it left on the machine? Its handle is freed. */
void judge_left(struct judge_run *run);
/** judge_wrong - add a sentence to @run->why. */
void judge_wrong(struct judge_run *run, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/** judge_approximate - SB_LIMIT_BIT() of what can only be guessed here. */
uint32_t judge_approximate(void);
/** judge_all - run @count rows, several at once, in an order by @turn; @why[i]: what is wrong with row i. */
void judge_all(const struct judge_row *const rows[], size_t count, unsigned turn, char (*why)[JUDGE_WHY]);
uint64_t judge_now(void);

#endif
