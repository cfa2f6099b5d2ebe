/* SPDX-License-Identifier: MIT */
/* The calling process in a child of its own cgroup: once for all configs that need it. */
#ifndef SBI_CGROUP_SELF_H
#define SBI_CGROUP_SELF_H

#include "cgroup_find.h"

/**
 * sbi_self_move - out of @path (open as @fd) into a child of it; taken. Return: 0 or -errno with a
 * reason.
 */
int sbi_self_move(const char *path, int fd, struct sbi_reasons *reasons);
/** sbi_self_use - if this process has been moved: take it once more, and where from. Return: 0 or -ENOENT. */
int sbi_self_use(char *path, size_t len);
/** sbi_self_release - the last one moves it back. */
void sbi_self_release(void);
/** sbi_self_is_name - is this the name of such a child? */
int sbi_self_is_name(const char *name);

#endif
