/* SPDX-License-Identifier: MIT */
/*
 * What makes one run like the one before: the same addresses, processors and
 * random bytes. Host name, environment and clock offsets are in
 * sandbox/config.h; docs/determinism.md has them all, and what still differs.
 */
#ifndef SANDBOX_DETERMINISM_H
#define SANDBOX_DETERMINISM_H

#include <sandbox/config.h>

SB_BEGIN_DECLS

/**
 * sb_set_aslr - 0: stack, heap, libraries and vDSO of the command, and of what
 * it executes, are not randomised (personality(2), ADDR_NO_RANDOMIZE); 1 (default): as the caller's
 *
 * The kernel randomises again where an exec gains privileges, and the command may turn it on again.
 */
SB_API int sb_set_aslr(sb_config *cfg, int on);
/**
 * sb_set_affinity - CPUs the command may run on, "0-2,7" (sched_setaffinity(2))
 * @cpus: numbers up to 8191; NULL = those of the caller (default)
 *
 * One that is not there, is offline, or is not in the command's cpuset makes the spawn fail with
 * -EINVAL. The command may widen the mask again, up to its cpuset: sb_set_cpuset() is the limit.
 */
SB_API int sb_set_affinity(sb_config *cfg, const char *cpus);
/**
 * sb_set_tsc - 0: reading the time stamp counter is SIGSEGV (PR_SET_TSC(2const)); 1 (default): as
 * the caller's
 *
 * x86; elsewhere the spawn fails with -EINVAL. The kernel keeps it over fork and exec. Also what
 * merely uses the counter ends so: the dynamic linker of glibc, and clock_gettime(2) where the vDSO
 * answers it. It is for static programs that ask for no time.
 */
SB_API int sb_set_tsc(sb_config *cfg, int on);

#define SB_RANDOM_BYTES 262144

/**
 * sb_set_random_seed - random and urandom of sb_add_dev() are read-only files
 * of SB_RANDOM_BYTES bytes, the same for the same seed; getrandom(2) fails with
 * ENOSYS, so that libraries read the file
 * @seed: 1 to 32 bytes; NULL with @len 0 = none (default)
 *
 * The bytes are the ChaCha20 key stream (RFC 8439) of the seed, filled up with zero bytes, nonce and
 * counter 0. Every open(2) begins at the first. The line "errno(ENOSYS) getrandom" is added behind
 * the command's seccomp policy; without a policy, or without sb_add_dev(), the spawn fails with
 * -EINVAL. In a box the files are those of sb_box_open(), the line goes by the command's own config.
 */
SB_API int sb_set_random_seed(sb_config *cfg, const void *seed, size_t len);

SB_END_DECLS
#endif
