/* SPDX-License-Identifier: MIT */
/* Between the files of the program `leftovers`. */
#ifndef TESTS_LEFTOVERS_H
#define TESTS_LEFTOVERS_H

#include <stddef.h>

/* One kind: how it comes about, and how it is found. */
struct leftover {
	const char *name;
	int (*plant)(void); /* 0, -1 and errno */
	int (*look)(void);  /* 1 = it is there, 0, -1 and errno */
};

extern const struct leftover file_leftovers[], ipc_leftovers[], process_leftovers[], net_leftovers[];

/*
 * A process that nobody waits for, in a session of its own: it does @first, and then nothing. 0, -1
 * and errno of @first.
 */
int stay(int (*first)(void));
/* The same without a session of its own. */
int linger(int (*first)(void));
/* Has a process a descriptor whose link contains @text? */
int is_held(const char *text);
/* Does a file /proc/PID/@file of another process but 1 contain @text? */
int is_said(const char *file, const char *text);
/* 1 if @path is there, however it may be. */
int is_path(const char *path);

#endif
