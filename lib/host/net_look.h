/* SPDX-License-Identifier: MIT */
/* What a network namespace looks like, for comparing it with a new one. */
#ifndef SBI_NET_LOOK_H
#define SBI_NET_LOOK_H

#include <stddef.h>

/* Zeroes: none was taken, or it could not be taken completely. */
struct sbi_look {
	char *text; /* owned */
	size_t len, room;
};

/**
 * sbi_look_make - a new network namespace, with lo up
 * @netns: its descriptor, for the caller to close
 * @look: what it looks like, or nothing if that cannot be read here; NULL: do not look
 * Return: 0, -errno.
 */
int sbi_look_make(int *netns, struct sbi_look *look);
/** sbi_look_take - look at another one. Return: 0, -errno; an incomplete look is an error. */
int sbi_look_take(int netns, struct sbi_look *look);
/** sbi_look_equal - two complete looks that are the same */
int sbi_look_equal(const struct sbi_look *a, const struct sbi_look *b);
void sbi_look_free(struct sbi_look *look);

#endif
