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
