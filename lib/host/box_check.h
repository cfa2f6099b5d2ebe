/* SPDX-License-Identifier: MIT */
/*
 * Is a box that was made again what it was at its opening? Looked at from the
 * host, by what the kernel says of its sb-init: nothing inside is asked.
 */
#ifndef SBI_BOX_CHECK_H
#define SBI_BOX_CHECK_H

#include <sys/types.h>

#include "plan/plan_internal.h"

/* Namespaces of a process, held so that their numbers are nobody else's. -EBADF: none. */
struct sbi_held {
	int ns[SBI_NS_KINDS];
};

/* A box, as far as it is compared. */
struct sbi_seen {
	pid_t pid; /* of sb-init */
	int pidfd;
	uint64_t applied;
	const struct sbi_identity *id;
	const char *mounts; /* as by sbi_look_at_mounts(), at the opening; NULL: they could not be read */
};

struct sbi_compared {
	struct sbi_seen then, now;
	const struct sbi_held *held; /* of the box that was */
	uint64_t own;                /* SB_NS_*: that are to be new */
};

/** sbi_hold - namespaces @kinds of process @pid, as many as it has and we may see. */
void sbi_hold(struct sbi_held *held, pid_t pid, uint64_t kinds);
void sbi_let_go(struct sbi_held *held);
/**
 * sbi_look_at_mounts - its mount table without numbers that differ each time; the caller frees
 * @table. 0, -errno.
 */
int sbi_look_at_mounts(pid_t pid, char **table);
/**
 * sbi_check_box - all checks, one after the other. Return: 0, or -errno; @err names the check that
 * failed.
 */
int sbi_check_box(const struct sbi_compared *c, sb_error *err);

#endif
