/* SPDX-License-Identifier: MIT */
/* Between the files of the program `attack`. */
#ifndef TESTS_ATTACK_H
#define TESTS_ATTACK_H

#include <stdio.h>

#define say(...) dprintf(1, __VA_ARGS__)

/* What a probe answers, and the program's exit status. */
#define WORKED 0
#define DENIED 1
#define NOT_HERE 77

/* "attack CLASS WAY|- [KEY=VALUE...]": one way, or all ways, to do what a sandbox is there to refuse. */
struct probe {
	const char *class, *way;
	int (*attack)(void);
};

extern const struct probe file_probes[], kernel_probes[], process_probes[], outside_probes[],
	inherited_probes[];

/* given - VALUE of an argument "KEY=VALUE", or "" */
const char *given(const char *key);
/* refused - says what the kernel said (errno) to @what. Return: DENIED */
int refused(const char *what);
/* not_here - says why the attack means nothing here. Return: NOT_HERE */
int not_here(const char *why);
/* tried - WORKED if @ok, else refused() */
int tried(int ok, const char *what);
/* heard - of a call that would do harm, with senseless arguments: was it only they that were refused? */
int heard(long r, const char *what);

struct word {
	const char *name;
	void (*act)(const char *arg);
};

extern const struct word pair_words[];

/* "attack call WORD...": does what the words say, in their order. */
int call_main(char **words);
/* "attack gained": has the exec of this file made us more than we were? */
int gained(void);

#endif
