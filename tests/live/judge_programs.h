/* SPDX-License-Identifier: MIT */
/* Between the files of the program `judge_programs`, and for the tests that run it. */
#ifndef TESTS_JUDGE_PROGRAMS_H
#define TESTS_JUDGE_PROGRAMS_H

#include <stddef.h>
#include <stdint.h>

#define KIB ((size_t)1024)
#define MIB ((size_t)1048576)

/* What a program ends with that could not do what it is there for: no row of the table expects it. */
#define BROKEN 99

/* "judge_programs NAME [NUMBER]": one way to be a nuisance to whoever judges. */
struct judged {
	const char *name;
	int (*act)(long number);
};

extern const struct judged end_programs[], cpu_programs[], wall_programs[], memory_programs[],
	output_programs[], stream_programs[], process_programs[], bomb_programs[];

/* What it was started as, to be started again. */
extern char **self_argv;

/* broken - says on stderr what did not work (errno), and ends with BROKEN */
void broken(const char *what) __attribute__((noreturn));
/* hold - for ever, without using any time */
void hold(void) __attribute__((noreturn));
/* spin - uses @ms of cpu time, in this thread; spin_on - for ever */
void spin(long ms);
void spin_on(void) __attribute__((noreturn));
/* touch - every page of it */
void touch(void *memory, size_t len);
/* map - new memory, of nobody else unless @shared */
void *map(size_t len, int shared);
/* child - forks one that does @act and ends with its answer. Return: its pid. */
int child(int (*act)(long number), long number);
/* orphan - the same, in a session of its own, and its parent is not this process */
void orphan(int (*act)(long number), long number);
/* await - the status of a child */
int await(int pid);
/* thread - runs @act; its answer is dropped. Return: 0 or an error number. */
int thread(void *(*act)(void *));
/* put - all of it, or what went wrong: errno, 0 = nothing */
int put(int fd, const void *data, size_t len);
/* pattern - bytes @at to @at + @len of what number @seed writes */
void pattern(uint32_t seed, uint64_t at, unsigned char *buf, size_t len);

#endif
