/* SPDX-License-Identifier: MIT */
/* Shared by the benchmarks: samples, the cases of bench-spawn, and what they run. */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <sandbox/sandbox.h>

#include "floor.h"

#define BENCH_BOOTTIME 300000000 /* seconds: the offset of every case that has a time namespace */
#define BENCH_ARGS 96

struct samples {
	uint64_t *ns;
	size_t count, room;
};

uint64_t now_ns(void);
/* Ends the program when memory is short: a benchmark has nothing to save. */
void samples_add(struct samples *s, uint64_t ns);
/* Sorts. @permille 0 = smallest, 500 = median. 0 without samples. */
uint64_t samples_at(struct samples *s, unsigned int permille);
void samples_free(struct samples *s);
/*
 * The numbers below @count in another order each time, the same ones in every run of the program:
 * what one case leaves to the kernel's background must not always be in the way of the same other.
 */
void next_order(size_t *order, size_t count);
/* "12" to 12; ends the program with a message when it is no number from 1 to 1000000. */
size_t parse_count(const char *text);
/* The program called @name beside this one, in @buf. */
const char *beside(const char *name, char *buf, size_t len);
/* Ends the program with status 77, and the reason, where no sandbox can be made at all. */
void need_sandbox(void);
/* Writes @text as a JSON string. */
void json_string(FILE *out, const char *text);

/* What is run, and where it is found. */
struct target {
	char file[4096];    /* on the host */
	const char *inside; /* in the composed root */
	bool bind;          /* @file is not below /usr and must be shown as @inside */
	char *argv[4];
	bool keep_stdio;
	const char *cli; /* the example command line, or NULL */
};

struct bench_case {
	const char *name;
	const char *what;
	const char *base; /* name of the case it is compared with */
	bool composed;
	unsigned int box; /* BOX_*: what a run in an open box has */
	/* 0, or -1 with @why: why it cannot be run here. */
	int (*open)(struct bench_case *c, const struct target *t);
	/* Exit status of the command; negative with @why when it did not run. */
	int (*run)(struct bench_case *c);
	void (*close)(struct bench_case *c);
	void *state;
	bool skipped;
	char why[512];
	struct samples samples;
};

/* Set by a program that has the library's own filter for the floor; NULL elsewhere. */
extern void (*floor_filter)(struct floor *f);
int floor_open(struct bench_case *c, const struct target *t);
int library_open(struct bench_case *c, const struct target *t);
int exec_open(struct bench_case *c, const struct target *t);
int vfork_open(struct bench_case *c, const struct target *t);
int warm_open(struct bench_case *c, const struct target *t);
int cli_open(struct bench_case *c, const struct target *t);
int bwrap_open(struct bench_case *c, const struct target *t);
int unshare_open(struct bench_case *c, const struct target *t);
int crun_open(struct bench_case *c, const struct target *t);
int isolate_open(struct bench_case *c, const struct target *t);
int minijail_open(struct bench_case *c, const struct target *t);
int nsjail_open(struct bench_case *c, const struct target *t);
int firejail_open(struct bench_case *c, const struct target *t);

/*
 * vfork, exec and wait: what is left of a run when there is no sandbox. Exit status, or -errno. Any
 * thread.
 */
int vfork_run(const char *path, char *const argv[]);

/* The configuration that the floor is equal to; NULL with @err filled. */
sb_config *bench_config(const struct target *t, bool composed, sb_error *err);

/* A command line under construction; strings are copied. */
struct command {
	char *argv[BENCH_ARGS + 1];
	size_t argc;
	bool keep_stdio;
	char scratch[64]; /* directory that goes with it, or empty */
	char stdio[80];   /* what its standard descriptors are */
};

struct command *command_new(struct bench_case *c, const struct target *t, const char *program);
void command_add(struct command *cmd, const char *first, ...) __attribute__((sentinel));
int command_run(struct bench_case *c);
void command_close(struct bench_case *c);

#endif
