/* SPDX-License-Identifier: MIT */
/* One directory that can be made again: what it is like, another like it, and the shelf for old ones. */
#ifndef SBI_UPPER_DIR_H
#define SBI_UPPER_DIR_H

#include <sys/types.h>

struct sbi_attr {
	struct sbi_attr *next;
	size_t len;
	char *name; /* in the same block, behind data */
	char data[];
};

/* An upper or a work directory of an overlay. */
struct sbi_upper_dir {
	char *given;  /* as in the config */
	char *path;   /* without links */
	dev_t dev;    /* which it is now */
	ino_t ino;
	mode_t mode;  /* what it was like at the opening */
	uid_t uid;
	gid_t gid;
	struct sbi_attr *attrs;
	int why;      /* errno value: why it cannot be made again; ENOTEMPTY: as it was not empty */
};

/**
 * sbi_upper_dir_look - fill in @dir, of which nothing is set
 * @is_work: what the kernel makes in a work directory does not count
 *
 * Return: 0, -ENOMEM. sbi_upper_dir_clear() in any case.
 */
int sbi_upper_dir_look(struct sbi_upper_dir *dir, const char *given, int is_work);
void sbi_upper_dir_clear(struct sbi_upper_dir *dir);
/** sbi_upper_dir_parent - the directory it is in, O_PATH; -errno. @name: what it is called there. */
int sbi_upper_dir_parent(const char *path, const char **name);
/** sbi_upper_dir_make - an empty one like @dir was. Return: 0, -errno, and then there is none. */
int sbi_upper_dir_make(const struct sbi_upper_dir *dir, int parent, const char *name);
/**
 * sbi_upper_dir_swap - @name of @shelf and @dir change places; -ESTALE, and they have not, if @dir
 * is another one by now.
 */
int sbi_upper_dir_swap(struct sbi_upper_dir *dir, int shelf, const char *name);

/**
 * sbi_shelf_open - a directory for old ones, in that of the upper directory, locked
 * @name: of the upper directory; the shelf is called SBI_SHELF_PREFIX and that
 * @make: if there is none; else -ENOENT
 *
 * Return: a descriptor, -EBUSY if a living process has it locked, -errno.
 */
int sbi_shelf_open(int parent, const char *name, int make);
/**
 * sbi_shelf_remove - with all that is on it
 * @help: as for sbi_uppers_clear()
 */
int sbi_shelf_remove(int parent, const char *name, int shelf, int (*help)(void *arg, int dir), void *arg);

#define SBI_SHELF_PREFIX ".sb-reset-"

#endif
