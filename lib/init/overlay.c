/* SPDX-License-Identifier: MIT */
/*
 * Overlays. The layers are named by short links in a scratch file system that is
 * our directory for the moment: an option ends at 256 bytes, ":" and "," would
 * have to be escaped, and the paths of the host do not show in /proc/mounts.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "init.h"

#define MAX_LOWER 64

/* "0:1:2…", and a link for each. */
static long link_lowers(int scratch, const char *lower, uint32_t count, char *option)
{
	size_t used = 0;
	long r = 0;

	for (uint32_t i = 0; r == 0 && i < count && i < MAX_LOWER; i++) {
		if (i)
			option[used++] = ':';
		r = SYS(symlinkat, lower, scratch, (text_number(option + used, i), option + used));
		used += text_length(option + used);
		lower += text_length(lower) + 1;
	}
	return r;
}

/* Upper and work directory: links to the caller's, or new ones in the scratch file system itself. */
static long make_upper(int scratch, const char *upper, const char *work, uint32_t uid, uint32_t gid)
{
	long r;

	if (upper) {
		r = SYS(symlinkat, upper, scratch, "upper");
		return r < 0 ? r : SYS(symlinkat, work, scratch, "work");
	}
	r = SYS(mkdirat, scratch, "upper", 0755);
	if (r == 0)
		r = SYS(fchownat, scratch, "upper", uid, gid, 0);
	return r < 0 ? r : SYS(mkdirat, scratch, "work", 0755);
}

/* Until 6.15 or so the upper directory must lie in a mount of ours, not in one that is attached nowhere. */
static int new_overlay_attached(int scratch, const char *const options[], uint64_t attributes)
{
	long r = SYS(move_mount, scratch, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH);
	int fd;

	if (r < 0)
		return (int)r;
	fd = new_fs("overlay", options, attributes);
	r = SYS(umount2, ".", MNT_DETACH_);
	if (r < 0 && fd >= 0)
		SYS(close, fd);
	return r < 0 ? (int)r : fd;
}

/*
 * A detached overlay: text[2] count lower directories, text[0] upper, text[3]
 * work, arg[0] flags, arg[1] in a user namespace of our own.
 */
int new_overlay(struct run *run, const struct sbi_op *op)
{
	const char *const scratch_options[] = { "mode", "755", NULL };
	char lower[MAX_LOWER * 3 + 1];
	/* userxattr (5.11): without privilege over trusted.* */
	const char *options[] = { "lowerdir", lower,       "upperdir", "upper", "workdir",
				  "work",     "userxattr", NULL,       NULL };
	uint32_t uid = op->step == SB_STEP_ROOT ? op->id[1] : op->id[0];
	uint32_t gid = op->step == SB_STEP_ROOT ? op->id[2] : op->id[1];
	int scratch = new_fs("tmpfs", scratch_options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV), fd = -1;
	long r;

	if (scratch < 0)
		return scratch;
	if (!op->arg[1])
		options[6] = NULL;
	r = link_lowers(scratch, op_text(run, op->text[2]), op->count, lower);
	if (r == 0)
		r = make_upper(scratch, op_text(run, op->text[0]), op_text(run, op->text[3]), uid, gid);
	if (r == 0)
		r = leave_root(scratch);
	if (r == 0) {
		r = fd = new_fs("overlay", options, attributes_of(op->arg[0]));
		if (r == -EINVAL)
			r = fd = new_overlay_attached(scratch, options, attributes_of(op->arg[0]));
		SYS(chdir, "/");
	}
	if (r == -ENOENT)
		run->detail = SBI_DETAIL_SOURCE_MISSING;
	SYS(close, scratch);
	return r < 0 ? (int)r : fd;
}

/* OVERLAY: as above, text[1] target. */
int do_overlay(struct run *run, const struct sbi_op *op)
{
	int fd = opened_source(run), r;

	if (!fd)
		fd = new_overlay(run, op);
	if (fd == -ENOENT)
		run->detail = SBI_DETAIL_SOURCE_MISSING;
	r = new_fs_on(run, op_text(run, op->text[1]), fd);
	if (r < 0)
		return r;
	remember_own(run, fd);
	SYS(close, fd);
	return 0;
}
