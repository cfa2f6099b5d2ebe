/* SPDX-License-Identifier: MIT */
/* One cgroup, by the descriptor of its directory: files, processes, end. */
#ifndef SBI_CGROUP_DIR_H
#define SBI_CGROUP_DIR_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/**
 * sbi_cg_read - a file as text, cut at @len - 1 bytes, NUL-terminated. Return: its length as read,
 * or -errno.
 */
ssize_t sbi_cg_read(int dir, const char *file, char *buf, size_t len);
/**
 * sbi_cg_read_all - the whole of a file that may be long; the caller frees @text. Return: its
 * length, or -errno and NULL.
 */
ssize_t sbi_cg_read_all(int dir, const char *file, char **text);
/** sbi_cg_write - one write of @text. Return: 0 or -errno. */
int sbi_cg_write(int dir, const char *file, const char *text);
/** sbi_cg_key - the number behind @key in flat-keyed text ("oom_kill 1"); -ENODATA. */
int64_t sbi_cg_key(const char *text, const char *key);
/** sbi_cg_flag - the number behind @key in a flat-keyed file ("populated" of cgroup.events); -errno. */
int64_t sbi_cg_flag(int dir, const char *file, const char *key);
/** sbi_cg_pids - all processes in it and below. Return: how many there are, or -errno. */
ssize_t sbi_cg_pids(int dir, pid_t *pids, size_t room);
/** sbi_cg_kill - SIGKILL all processes in it and below: cgroup.kill (5.14), or one by one. */
int sbi_cg_kill(int dir);
/**
 * sbi_cg_wait - wait until @key of cgroup.events is @value
 * @events: descriptor of cgroup.events
 *
 * Return: 1, 0 at the timeout, -errno.
 */
int sbi_cg_wait(int events, const char *key, int64_t value, int timeout_ms);
/**
 * sbi_cg_remove - remove the cgroup @name in @parent with all below it
 *
 * The processes in it are killed and waited for. Return: 0 (also when it is not there), or -errno.
 */
int sbi_cg_remove(int parent, const char *name);
/** sbi_cg_open - its directory, as a descriptor; -errno. */
int sbi_cg_open(int parent, const char *name);

#endif
