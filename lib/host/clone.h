/* SPDX-License-Identifier: MIT */
/* From a thread of the host to sb-init as the first process of the sandbox. */
#ifndef SBI_CLONE_H
#define SBI_CLONE_H

#include <stdint.h>
#include <sys/types.h>

/* Where the way to sb-init ended. */
enum sbi_boot_stage {
	SBI_BOOT_JOIN, /* setns into the caller's user namespace */
	SBI_BOOT_FETCH, /* pidfd_getfd from the host */
	SBI_BOOT_CLONE, /* the clone of sb-init */
	SBI_BOOT_UNSHARE, /* close_range(CLOSE_RANGE_UNSHARE) */
	SBI_BOOT_ARRANGE, /* descriptors 0 to 3 */
	SBI_BOOT_RECEIVE, /* the passed descriptors */
	SBI_BOOT_CAPS, /* ambient capabilities */
	SBI_BOOT_EXEC,
};

/* Shared with the child until its exec: it reads the first part and writes the second. */
struct sbi_boot {
	int control;         /* the child's end of the socket pair */
	uint32_t expected;   /* descriptors that lie ready in it */
	uint64_t flags;      /* CLONE_NEW* */
	/* capabilities to carry over the exec in a user namespace without a map; 0 = none */
	uint64_t ambient;
	int cgroup;          /* where sb-init is born; -1 = in ours */
	int join_user;       /* user namespace to enter before the clone; -1 = none */
	pid_t host;          /* the calling process */
	int timed;           /* somebody will read @start_ns */

	int pidfd;           /* of sb-init */
	pid_t pid;
	uint64_t start_ns;   /* the child's first instructions */
	volatile int stage;  /* enum sbi_boot_stage */
	volatile int error;  /* errno value; 0 = sb-init runs */
};

/**
 * sbi_clone - clone3(CLONE_VM | CLONE_VFORK | CLONE_FILES) and exec
 *
 * The calling thread sleeps until sb-init runs or the way to it has failed;
 * its signals are blocked meanwhile. On failure no process is left.
 *
 * Return: 0, or -errno with @boot->stage.
 */
int sbi_clone(struct sbi_boot *boot);

#endif
