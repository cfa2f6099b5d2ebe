/* SPDX-License-Identifier: MIT */
/*
 * Leaves made ahead of time, and those that wait to be removed: both take the kernel about as long as a whole
 * short command takes to run, and are done while one runs (sbi_place_tend()), not between two.
 */
#include "cgroup_shelf.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cgroup_dir.h"
#include "common/auto.h"

static int *fd_of(struct sbi_leaf *leaf, int i)
{
	return i ? &leaf->files[i - 1] : &leaf->fd;
}

void sbi_shelf_init(struct sbi_shelf *shelf)
{
	pthread_mutex_init(&shelf->lock, NULL);
	shelf->spare = SBI_NO_LEAF;
	shelf->dead_count = 0;
}

int sbi_shelf_take(struct sbi_shelf *shelf, struct sbi_leaf *leaf)
{
	int taken;

	pthread_mutex_lock(&shelf->lock);
	taken = shelf->spare.fd >= 0;
	if (taken) {
		*leaf = shelf->spare;
		shelf->spare = SBI_NO_LEAF;
	}
	pthread_mutex_unlock(&shelf->lock);
	return taken;
}

int sbi_shelf_retire(struct sbi_shelf *shelf, uint32_t number)
{
	int room;

	pthread_mutex_lock(&shelf->lock);
	room = shelf->dead_count < SBI_SHELF_DEAD;
	if (room)
		shelf->dead[shelf->dead_count++] = number;
	pthread_mutex_unlock(&shelf->lock);
	return room;
}

static uint32_t take_dead(struct sbi_shelf *shelf)
{
	uint32_t number = 0;

	pthread_mutex_lock(&shelf->lock);
	if (shelf->dead_count)
		number = shelf->dead[--shelf->dead_count];
	pthread_mutex_unlock(&shelf->lock);
	return number;
}

void sbi_shelf_bury(struct sbi_shelf *shelf, int dir)
{
	uint32_t number;
	char name[16];

	while ((number = take_dead(shelf))) {
		snprintf(name, sizeof(name), "%u", number);
		sbi_cg_remove(dir, name);
	}
}

/* With the files that every run reads, and what all of them are: hosts close what they do not know. */
void sbi_shelf_put(struct sbi_shelf *shelf, struct sbi_leaf *leaf)
{
	struct stat st;

	for (int i = 0; i < SBI_LEAF_FILES; i++)
		sbi_leaf_file(leaf, i);
	pthread_mutex_lock(&shelf->lock);
	if (shelf->spare.fd < 0) {
		for (int i = 0; i <= SBI_LEAF_FILES; i++) {
			memset(&st, 0, sizeof(st));
			fstat(*fd_of(leaf, i), &st);
			shelf->inodes[i] = st.st_ino;
			shelf->device = st.st_dev ? st.st_dev : shelf->device;
		}
		shelf->spare = *leaf;
		*leaf = SBI_NO_LEAF;
	}
	pthread_mutex_unlock(&shelf->lock);
}

int sbi_shelf_has_spare(struct sbi_shelf *shelf)
{
	int has;

	pthread_mutex_lock(&shelf->lock);
	has = shelf->spare.fd >= 0;
	pthread_mutex_unlock(&shelf->lock);
	return has;
}

void sbi_shelf_forget(struct sbi_shelf *shelf)
{
	struct stat st;

	for (int i = 0; i <= SBI_LEAF_FILES; i++) {
		int *fd = fd_of(&shelf->spare, i);

		if (*fd >= 0 && fstat(*fd, &st) == 0 && st.st_ino == shelf->inodes[i] &&
		    st.st_dev == shelf->device)
			sbi_close_fd(fd);
	}
	shelf->spare = SBI_NO_LEAF;
	shelf->dead_count = 0;
}

void sbi_shelf_clear(struct sbi_shelf *shelf, int dir)
{
	uint32_t spare = shelf->spare.fd >= 0 ? shelf->spare.number : 0;

	if (spare)
		sbi_shelf_retire(shelf, spare);
	sbi_shelf_bury(shelf, dir);
}
