/* SPDX-License-Identifier: MIT */
/* Leaves that are ready, and leaves that are done with. */
#ifndef SBI_CGROUP_SHELF_H
#define SBI_CGROUP_SHELF_H

#include <pthread.h>

#include "cgroup_place.h"

#define SBI_SHELF_DEAD 16

struct sbi_shelf {
	pthread_mutex_t lock;
	struct sbi_leaf spare; /* fd -EBADF: there is none */
	ino_t inodes[1 + SBI_LEAF_FILES]; /* of its descriptors */
	dev_t device;
	uint32_t dead[SBI_SHELF_DEAD]; /* numbers of leaves to be removed */
	uint32_t dead_count;
};

void sbi_shelf_init(struct sbi_shelf *shelf);
/** sbi_shelf_take - the spare, if there is one: it is the caller's. Return: 1 or 0. */
int sbi_shelf_take(struct sbi_shelf *shelf, struct sbi_leaf *leaf);
/** sbi_shelf_put - a fresh leaf becomes the spare; it stays the caller's if there is one. */
void sbi_shelf_put(struct sbi_shelf *shelf, struct sbi_leaf *leaf);
int sbi_shelf_has_spare(struct sbi_shelf *shelf);
/** sbi_shelf_retire - an empty leaf, to be removed later. Return: 1, or 0 if there is no room to note it. */
int sbi_shelf_retire(struct sbi_shelf *shelf, uint32_t number);
/** sbi_shelf_bury - remove what has been retired. @dir: where it lies. */
void sbi_shelf_bury(struct sbi_shelf *shelf, int dir);
/** sbi_shelf_clear - remove everything; sbi_shelf_forget() is to follow. */
void sbi_shelf_clear(struct sbi_shelf *shelf, int dir);
/** sbi_shelf_forget - let go of the descriptors, as far as they are still ours. */
void sbi_shelf_forget(struct sbi_shelf *shelf);

#endif
