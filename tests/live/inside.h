/* SPDX-License-Identifier: MIT */
/* Between the files of the program `inside`. */
#ifndef TESTS_INSIDE_H
#define TESTS_INSIDE_H

#include <stdio.h>
#include <sys/sysmacros.h>

#define say(...) dprintf(1, __VA_ARGS__)
#define major_of(dev) gnu_dev_major(dev)
#define minor_of(dev) gnu_dev_minor(dev)

/* An argument "name" or "name=ARG". */
struct verb {
	const char *name;
	void (*act)(const char *arg);
};

extern const struct verb file_verbs[];
extern const struct verb cgroup_verbs[];
extern const struct verb confine_verbs[];
extern const struct verb stream_verbs[];
extern const struct verb determinism_verbs[];
extern const struct verb hostile_verbs[];
extern const struct verb net_verbs[];
extern const struct verb socket_verbs[];

#endif
