/* SPDX-License-Identifier: MIT */
/* The user namespace of the calling process: what a config remembers, as it costs three reads of /proc. */
#ifndef SBI_CALLER_H
#define SBI_CALLER_H

struct sbi_caller {
	int denies_setgroups; /* /proc/self/setgroups says deny */
	int root_is_host;     /* id 0 here is id 0 of the user namespace above */
	int nobody_mapped;    /* 65534 exists here */
};

void sbi_caller_look(struct sbi_caller *caller);

#endif
