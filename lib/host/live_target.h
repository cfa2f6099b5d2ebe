/* SPDX-License-Identifier: MIT */
/* What the two halves of a passing process share: it makes raw system calls only (live_mount.c). */
#ifndef SBI_LIVE_TARGET_H
#define SBI_LIVE_TARGET_H

#include <linux/stat.h>

#include "live_mount.h"

#define BOOTSTRAP __attribute__((no_stack_protector, no_sanitize("address", "thread", "undefined"), noinline))
#ifndef STATX_MNT_ID /* 5.8 */
#define STATX_MNT_ID 0x00001000U
#endif
#ifndef STATX_MNT_ID_UNIQUE /* 6.8; before it is ignored */
#define STATX_MNT_ID_UNIQUE 0x00004000U
#endif
#ifndef STATX_ATTR_MOUNT_ROOT /* 5.8 */
#define STATX_ATTR_MOUNT_ROOT 0x00002000
#endif

struct sbi_pass {
	struct sbi_live *live;
	int root;   /* the box's; -EBADF */
	int made;   /* names at the end of the target that were made for it */
	long error; /* -errno */
};

long sbi_live_look(int fd, struct statx *st);
int sbi_live_is_directory(const struct statx *st);
/** sbi_live_find - what is at @path (O_PATH), beneath @dir, by way of no link. Or -errno. */
long sbi_live_find(int dir, const char *path);
/** sbi_live_target - the place to mount at, made if it is missing. Or -errno, with detail. */
long sbi_live_target(struct sbi_pass *pass, int directory);
/** sbi_live_unmake - remove what was made for a target that was not used after all. The path is used up. */
void sbi_live_unmake(struct sbi_pass *pass, int directory);

#endif
