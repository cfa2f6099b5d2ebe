/* SPDX-License-Identifier: MIT */
/* Filter programs, ours and libseccomp's, and what they cost a process that loads one. */
#ifndef SECCOMP_LOAD_H
#define SECCOMP_LOAD_H

#include <linux/filter.h>
#include <stdint.h>

enum compiler { NO_FILTER, OURS, LIBSECCOMP_LIST, LIBSECCOMP_TREE };

struct program {
	struct sock_filter *code; /* to be freed */
	unsigned count;           /* 0: no filter */
};

struct times {
	uint64_t load_ns, getpid_ns, ioctl_ns; /* the calls: all of them together */
};

/* Compile @preset, or @text if it is NULL. Ends the program on failure. */
void program_make(struct program *p, const char *preset, const char *text, enum compiler by);
/* In a child that ends afterwards. */
struct times program_measure(const struct program *p, unsigned calls);

#endif
