/* SPDX-License-Identifier: MIT */
/* The register of sandboxes: abstract unix sockets, which the kernel names and forgets. */
#ifndef SBI_NAME_H
#define SBI_NAME_H

#include <sandbox/error.h>
#include <stdint.h>
#include <sys/types.h>

#define SBI_NAME_PREFIX "libsandbox/"
#define SBI_NAME_MAX 64
#define SBI_NAME_OWN UINT32_MAX /* as a user: the caller */

/** sbi_name_valid - may a sandbox be called so? */
int sbi_name_valid(const char *name);
/**
 * sbi_name_take - bind the socket that sb-init will listen on. Return: it, or -errno: -EADDRINUSE
 * names the holder.
 */
int sbi_name_take(const char *name, sb_error *err);
/** sbi_name_find - the sandbox of @uid that is called so. Return: a pidfd of its sb-init, or -errno. */
int sbi_name_find(const char *name, uint32_t uid, sb_error *err);
/**
 * sbi_name_holder - the sandbox of @uid that holds the name, as of now. Return: 1 with its @pid, 0
 * if it is none.
 */
int sbi_name_holder(const char *name, uint32_t uid, pid_t *pid);
/** sbi_name_userns - the number of the user namespace that the caller's names are kept apart by. */
int sbi_name_userns(unsigned long *inode, sb_error *err);
/**
 * sbi_pidfd_pid - the pid in our namespace. Return: -EINVAL if it is no pidfd, -ESRCH if it has
 * none here, or no more.
 */
pid_t sbi_pidfd_pid(int pidfd);
/** sbi_pidfd_is_over - has the process ended? Without waiting. */
int sbi_pidfd_is_over(int pidfd);

#endif
