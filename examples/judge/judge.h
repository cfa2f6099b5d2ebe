/* SPDX-License-Identifier: MIT */
/* The parts of the judge: a seat is a sandbox with one command in it, a row is what came of one test. */
#ifndef JUDGE_H
#define JUDGE_H

#include <sandbox/sandbox.h>
#include <stdio.h>

#define SECONDS(s) ((uint64_t)(1e9 * (s))) /* in ns */
#define MIB(m) ((uint64_t)(1048576 * (m)))
#define RIGHT 42 /* exit status of a checker or an interactor, as with DOMjudge and Kattis */
#define WRONG 43

enum verdict {
	ACCEPTED,
	WRONG_ANSWER,
	TIME_LIMIT,
	WALL_LIMIT,
	MEMORY_LIMIT,
	OUTPUT_LIMIT,
	PROCESS_LIMIT,
	DENIED_CALL,
	RUNTIME_ERROR,
	COMPILE_ERROR,
	JUDGE_ERROR, /* nobody's fault but ours */
};

struct bytes {
	void *data;
	size_t len;
};

struct limits {
	double cpu, wall;            /* seconds; wall 0: none */
	double memory, output, disk; /* MiB; what is written to a file is memory as well */
	double processes;
};

/* What compiling made, and how it is run. */
struct program {
	const struct language *language;
	struct bytes file;
};

/* One test, and the line of the table that came of it. */
struct row {
	char name[64], note[80];
	struct bytes input, answer;
	enum verdict verdict;
	sb_result res; /* of the solution */
};

struct seat {
	sb_config *cfg;
	sb_box *box;
	sb_proc *proc; /* NULL, or borrowed from a group */
};

/* seat.c */
void must(int r, const sb_error *error);
void seat_open(struct seat *seat, const char *policy, const struct limits *most);
void seat_put(struct seat *seat, const char *path, struct bytes file, uint32_t mode);
void seat_program(struct seat *seat, const struct program *program, const char *const args[]);
int seat_run(struct seat *seat, sb_result *res);
struct bytes seat_output(const struct seat *seat, int fd);
void seat_close(struct seat *seat);
const struct language *language_of(const char *path);
int compile(const char *path, const struct limits *most, struct program *program, sb_result *res);
struct bytes read_file(const char *path);

/* verdict.c */
const char *verdict_name(enum verdict verdict);
void make_plain(char *text);
void judge_compiler(struct row *row);
void judge_unstartable(struct row *row);
void judge_end(struct row *row, const struct seat *seat);
void judge_ruling(struct row *row, const struct seat *seat, const sb_result *res);
void judge_words(struct row *row, struct bytes output);
void judge_wait(struct row *row, const sb_member *member);

/* table.c */
enum verdict print_table(const struct row *rows, size_t count, FILE *json);

#endif
