/* SPDX-License-Identifier: MIT */
/*
 * Kernel interface that is newer than the headers of the oldest distribution we
 * build on. What the running kernel can do is found out by trying, never here.
 */
#ifndef SBI_UAPI_COMPAT_H
#define SBI_UAPI_COMPAT_H

#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <stdint.h>

#ifndef MFD_EXEC /* 6.3 */
#define MFD_EXEC 0x0010U
#endif
#ifndef CLONE_NEWTIME /* 5.6 */
#define CLONE_NEWTIME 0x00000080
#endif
#ifndef CLOSE_RANGE_UNSHARE /* 5.9 */
#define CLOSE_RANGE_UNSHARE (1U << 1)
#endif
#ifndef MOUNT_ATTR_IDMAP /* 5.12 */
#define MOUNT_ATTR_IDMAP 0x00100000
#endif

/*
 * Landlock as it has grown until ABI 7: what the headers have depends on their age, so all of it by
 * names of ours.
 */
#define LANDLOCK_CREATE_RULESET_VERSION_ (1U << 0)
#define LANDLOCK_RULE_PATH_BENEATH_ 1
#define LANDLOCK_RULE_NET_PORT_ 2 /* ABI 4 */

struct landlock_ruleset_attr_ {
	uint64_t fs;
	uint64_t net;    /* ABI 4 */
	uint64_t scoped; /* ABI 6 */
};

struct landlock_path_attr_ {
	uint64_t allowed;
	int32_t parent_fd;
} __attribute__((packed));

struct landlock_port_attr_ {
	uint64_t allowed;
	uint64_t port;
};

/* Flags of the *at calls, without dragging in libc's <fcntl.h> beside the kernel's headers. */
#ifndef AT_FDCWD
#define AT_FDCWD -100
#endif
#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH 0x1000
#endif
#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif
#ifndef AT_SYMLINK_NOFOLLOW
#define AT_SYMLINK_NOFOLLOW 0x100
#endif

#endif
