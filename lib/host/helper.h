/* SPDX-License-Identifier: MIT */
/* Programs of the system that the host calls: newuidmap, systemd-run, busctl. */
#ifndef SBI_HELPER_H
#define SBI_HELPER_H

#include <stddef.h>
#include <sys/types.h>

/**
 * sbi_helper_start - with nothing of the host's but these descriptors
 * @env: NULL = empty
 * @in, @out, @words: its 0, 1 and 2; -1 = /dev/null
 *
 * Looked up in the host's PATH. Return: 0 with @child, or -errno.
 */
int sbi_helper_start(const char *const argv[], char *const env[], int in, int out, int words, pid_t *child);
/**
 * sbi_helper_run - and wait for it
 * @from: whose first line goes into @words: its stdout, 1, or stderr, 2; "" if it wrote nothing
 *
 * Return: its exit status, -ECHILD if the host's own wait(-1) took that, or
 * -errno if it could not be started.
 */
int sbi_helper_run(const char *const argv[], char *const env[], int from, char *words, size_t len);

#endif
