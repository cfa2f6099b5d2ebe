/* SPDX-License-Identifier: MIT */
/* Between the files that serve the host's requests for files. */
#ifndef SBI_BOX_FILES_H
#define SBI_BOX_FILES_H

#include "common/files.h"
#include "init.h"

/* box_tree.c */
int open_tree_in(int dir, const char *name); /* a directory, to be read; a mount point is -EBUSY */
int empty_some(int top); /* remove some of what is in it: 1 = there is more, 0 = it was empty, -errno */
int list_some(int dir, char *page, int32_t *more); /* how many */

#endif
