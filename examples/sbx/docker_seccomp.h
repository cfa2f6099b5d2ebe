/* SPDX-License-Identifier: MIT */
/* Docker's seccomp profiles (JSON) as policies of this library (docs/seccomp.md has what becomes of what). */
#ifndef SBX_DOCKER_SECCOMP_H
#define SBX_DOCKER_SECCOMP_H

#include <stddef.h>
#include <stdint.h>

/* For whom a profile is read: its entries may depend on it. */
struct docker_target {
	const char *name; /* of the profile, in errors; NULL = "profile" */
	uint64_t caps;    /* what the command keeps, bit N = capability N (linux/capability.h) */
};

#define DOCKER_ERROR 256
#define DOCKER_BYTES ((size_t)1 << 20) /* of one profile */

/**
 * docker_seccomp_text - a policy that decides as the profile does under docker
 * @json: @len bytes, no NUL needed behind them
 * @text: the policy, for sb_set_seccomp_text(); to be freed; set on success only
 * @error: one line that says where and why; set on failure only
 *
 * Depends on nothing but its arguments, the machine's system calls and uname(2);
 * opens no file, prints nothing, never exits. Any bytes may be given.
 *
 * Return: 0, -EINVAL (no profile, or one whose meaning cannot be kept), -E2BIG, -ENOMEM.
 */
int docker_seccomp_text(const char *json, size_t len, const struct docker_target *target, char **text,
			char error[DOCKER_ERROR]);

#endif
