/* SPDX-License-Identifier: MIT */
/* Mounts of an open box, made and taken away by a process that goes in, and is gone again. */
#ifndef SBI_LIVE_MOUNT_H
#define SBI_LIVE_MOUNT_H

#include <stddef.h>
#include <stdint.h>

enum sbi_live_call { SBI_LIVE_BIND, SBI_LIVE_TMPFS, SBI_LIVE_UNMOUNT };

/* How far it came. */
enum sbi_live_stage {
	SBI_LIVE_CLONE,      /* the process was made */
	SBI_LIVE_TABLE,      /* … with a table of descriptors of its own */
	SBI_LIVE_USER,       /* it enters the user namespace */
	SBI_LIVE_COPY,       /* … and a copy of the caller's mount namespace */
	SBI_LIVE_SOURCE,     /* opens the source */
	SBI_LIVE_ATTRIBUTES, /* … and gives it its attributes */
	SBI_LIVE_IDMAP,
	SBI_LIVE_ROOT,       /* opens the box's root */
	SBI_LIVE_ENTER,      /* enters the mount namespace */
	SBI_LIVE_TMPFS_MADE, /* makes a tmpfs */
	SBI_LIVE_TARGET,     /* finds or makes the target */
	SBI_LIVE_ATTACH,     /* mounts */
	SBI_LIVE_DETACH,     /* unmounts */
};

/* A mount that was made so. */
struct sbi_live_mount {
	uint64_t id; /* statx(2): unique since 6.8, else used again once it is gone */
	int own;     /* a tmpfs: places may be made in it */
};

/* Shared with the passing process. */
struct sbi_live {
	/* what is asked for */
	enum sbi_live_call call;
	int pidfd;                  /* of sb-init */
	int enters;                 /* its user namespace, too: the mount namespace belongs to that */
	const char *root;           /* "/proc/PID/root", or NULL: the root of the mount namespace */
	const char *userns;         /* "/proc/PID/ns/user" to show owners through, or NULL */
	const char *source;
	uint64_t attributes;        /* MOUNT_ATTR_* */
	int recursive;
	const char *const *options; /* of a tmpfs: pairs, NULL at the end */
	char *target;               /* beneath the root, "a/b"; it is cut up */
	/* paths of the file systems that the box was opened with, one behind the other */
	const char *own;
	uint32_t own_count;
	const struct sbi_live_mount *mounts;
	size_t mount_count;
	/* what has come of it */
	enum sbi_live_stage stage;
	uint32_t detail;            /* enum sbi_detail */
	uint64_t mount;             /* which one */
};

/**
 * sbi_live_do - the calling thread does not leave its own namespaces. Return: 0, -errno with stage
 * and detail.
 */
int sbi_live_do(struct sbi_live *live);

#endif
