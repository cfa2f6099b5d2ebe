// SPDX-License-Identifier: MIT
/* The rows about ends and time: who ended by itself, who used too much, who did nothing for too long. */
#include "judge_table.h"

#include <signal.h>

const struct judge_row judge_end_rows[] = {
	/* Numbers by which others have guessed. */
	{"exit-0", "exit", 0, ENDS(0), .peak_most = 4},
	{"exit-1", "exit", 1, ENDS(1)},
	{"exit-124", "exit", 124, ENDS(124)},
	{"exit-125", "exit", 125, ENDS(125)},
	{"exit-126", "exit", 126, ENDS(126)},
	{"exit-127", "exit", 127, ENDS(127)},
	{"exit-137", "exit", 137, ENDS(137)},
	{"exit-152", "exit", 152, ENDS(152)},
	{"exit-255", "exit", 255, ENDS(255)},
	{"exit-256", "exit", 256, ENDS(0)},
	/* Signals that limits are made with, raised by the program itself. */
	{"self-kill", "raise", SIGKILL, DIES(SIGKILL)},
	{"self-xcpu", "raise", SIGXCPU, DIES(SIGXCPU)},
	{"self-xfsz", "raise", SIGXFSZ, DIES(SIGXFSZ)},
	{"self-sys", "raise", SIGSYS, DIES(SIGSYS)},
	{"self-term", "raise", SIGTERM, DIES(SIGTERM)},
	{"self-alarm", "raise", SIGALRM, DIES(SIGALRM)},
	{"self-segv", "raise", SIGSEGV, DIES(SIGSEGV)},
	{"self-pipe", "raise", SIGPIPE, DIES(SIGPIPE)},
	{"self-realtime", "raise", 40, DIES(40)},
	{"null", .verdict = SB_SIGNALED, .code = SIGSEGV},
	{"abort", .verdict = SB_SIGNALED, .code = SIGABRT},
	{"divide", .verdict = SB_SIGNALED, .code = SIGFPE},
	{"illegal", .verdict = SB_SIGNALED, .code = SIGILL},
	{"bus", .verdict = SB_SIGNALED, .code = SIGBUS},
	{"killed-by-child", NULL, SIGKILL, DIES(SIGKILL)},
	{"kill-group", NULL, SIGKILL, DIES(SIGKILL)},
	{"handled", NULL, SIGXCPU, ENDS(100 + SIGXCPU)},
	{"touch-and-die", NULL, MEMORY_LIMIT - 4, DIES(SIGKILL), PEAK(MEMORY_LIMIT - 4, MEMORY_LIMIT)},
	{"thread-exit", .verdict = SB_EXITED, .code = 5, .cpu_least = 10},
	/* Others that end it. */
	{"denied", .verdict = SB_FILTERED, .code = SIGSYS, .flags = J_FILTER},
	{"denied-child", .verdict = SB_EXITED, .flags = J_FILTER},
	{"killed-by-host", "pause", 0, .verdict = SB_KILLED, .code = SIGKILL, .flags = J_KILL},
	{"killed-while-it-spins", "spin", 0, .verdict = SB_KILLED, .code = SIGKILL, .flags = J_KILL},
	{NULL},
};

/* In a sampler's eyes, a process that came and went between two looks was never there. */
#define UNSEEN .flags = J_NEEDS_CPU

const struct judge_row judge_cpu_rows[] = {
	{"cpu-spin", "spin", 0, OVER_CPU},
	/* An emulated machine needs some 100 ms to start a program when it is busy. */
	{"cpu-under", "spin", 2 * CPU_LIMIT, ENDS(0), .cpu_ms = 5 * CPU_LIMIT, .cpu_least = 2 * CPU_LIMIT,
	 .cpu_most = 5 * CPU_LIMIT},
	{"cpu-of-both", "spin", 0, OVER_CPU, .wall_ms = WALL_PLENTY},
	{"cpu-threads", NULL, 4, OVER_CPU},
	{"cpu-thread-storm", NULL, 0, OVER_CPU},
	{"cpu-children", NULL, 40, OVER_CPU},
	{"cpu-children-short", "cpu-children", 3, OVER_CPU},
	{"cpu-unwaited", NULL, 30, OVER_CPU},
	{"cpu-unseen", NULL, 30, OVER_CPU, UNSEEN},
	{"cpu-unseen-short", "cpu-unseen", 1, OVER_CPU, UNSEEN},
	{"cpu-orphans", NULL, 20, OVER_CPU},
	{"cpu-orphan", NULL, 0, OVER_CPU},
	{"cpu-orphan-left", NULL, 0, ENDS(0)},
	{"cpu-system", NULL, 0, OVER_CPU},
	{"cpu-ignored", NULL, 0, OVER_CPU},
	{"cpu-main-gone", NULL, 0, OVER_CPU},
	{"cpu-storm", NULL, 0, OVER_CPU},
	{"cpu-storm-unseen", "cpu-storm", 1, OVER_CPU, UNSEEN},
	{"cpu-exec-loop", "exec-loop", 0, OVER_CPU},
	{"cpu-nice", NULL, 0, OVER_CPU},
	{"cpu-session", NULL, 0, OVER_CPU},
	{"cpu-bursts", NULL, 5, OVER_CPU},
	{"cpu-bursts-short", "cpu-bursts", 1, OVER_CPU},
	{"cpu-named", NULL, 40, OVER_CPU},
	{"cpu-yield", NULL, 0, OVER_CPU},
	{"cpu-timer", NULL, 0, OVER_CPU},
	{"cpu-closed-streams", "closed-spins", 0, OVER_CPU},
	{NULL},
};

const struct judge_row judge_wall_rows[] = {
	{"wall-sleep", "sleep", 3600000, OVER_WALL},
	{"wall-under", "sleep", 100, ENDS(0), .wall_least = 100},
	{"wall-pause", "pause", 0, OVER_WALL},
	{"wall-select", NULL, 0, OVER_WALL},
	{"wall-epoll", NULL, 0, OVER_WALL},
	{"wall-stop-self", NULL, 0, OVER_WALL},
	{"wall-stop-group", NULL, 0, OVER_WALL},
	{"wall-stopped-by-child", NULL, 0, OVER_WALL},
	{"wall-ignore", NULL, 0, OVER_WALL},
	{"wall-fifo", NULL, 0, OVER_WALL},
	{"wall-stdin", NULL, 0, OVER_WALL, .flags = J_STDIN},
	{"wall-own-pipe", NULL, 0, OVER_WALL},
	{"wall-deadlock", NULL, 0, OVER_WALL},
	{"wall-vfork", NULL, 0, OVER_WALL},
	{"wall-wait", NULL, 0, OVER_WALL},
	{"wall-lock", NULL, 0, OVER_WALL},
	{"wall-sigwait", NULL, 0, OVER_WALL},
	{"wall-main-gone", NULL, 0, OVER_WALL},
	{"wall-naps", NULL, 0, OVER_WALL},
	{"wall-of-both", "spin", 0, OVER_WALL},
	{NULL},
};
