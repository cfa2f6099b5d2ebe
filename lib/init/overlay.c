/* SPDX-License-Identifier: MIT */
/*
 * Overlays. By mount(2), whose option page is 4096 bytes: a string of fsconfig
 * ends at 256, and giving layers one by one came only with 6.7.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "init.h"

#define ROOM 4096
#define MS_NOSUID_ 2
#define MS_NODEV_ 4

/* Append @text, the three special characters escaped; 0 if it does not fit. */
static size_t append(char *out, size_t used, const char *text, int escape)
{
	for (; *text; text++) {
		if (used + 3 > ROOM)
			return 0;
		if (escape && (*text == ':' || *text == ',' || *text == '\\'))
			out[used++] = '\\';
		out[used++] = *text;
	}
	return used;
}

static size_t append_lowers(char *out, size_t used, const char *lower, uint32_t count)
{
	used = append(out, used, "lowerdir=", 0);
	for (uint32_t i = 0; used && i < count; i++) {
		if (i)
			used = append(out, used, ":", 0);
		used = append(out, used, lower, 1);
		lower += text_length(lower) + 1;
	}
	return used;
}

/* An upper in memory: a tmpfs under the overlay's own mount point, out of reach once that is mounted. */
static int enter_memory(int target, uint32_t uid, uint32_t gid)
{
	const char *const options[] = { "mode", "755", NULL };
	int fd = new_fs("tmpfs", options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
	long r;

	if (fd < 0)
		return fd;
	r = mount_fd_on(fd, target);
	if (r == 0)
		r = SYS(mkdirat, fd, "upper", 0755);
	if (r == 0)
		r = SYS(fchownat, fd, "upper", uid, gid, 0);
	if (r == 0)
		r = SYS(mkdirat, fd, "work", 0755);
	if (r == 0)
		r = SYS(fchdir, fd);
	SYS(close, fd);
	return (int)r;
}

/* text[2] count lower directories, text[0] upper, text[3] work, arg[1] in a user namespace. */
int mount_overlay(struct run *run, const struct sbi_op *op, int target)
{
	static char options[ROOM];
	const char *upper = op_text(run, op->text[0]), *work = op_text(run, op->text[3]);
	uint32_t uid = op->step == SB_STEP_ROOT ? op->id[1] : op->id[0];
	uint32_t gid = op->step == SB_STEP_ROOT ? op->id[2] : op->id[1];
	size_t used;
	long r;

	if (upper)
		r = SYS(fchdir, target);
	else
		r = enter_memory(target, uid, gid);
	if (r < 0)
		return (int)r;
	used = append_lowers(options, 0, op_text(run, op->text[2]), op->count);
	used = used ? append(options, used, ",upperdir=", 0) : 0;
	used = used ? append(options, used, upper ? upper : "upper", 1) : 0;
	used = used ? append(options, used, ",workdir=", 0) : 0;
	used = used ? append(options, used, work ? work : "work", 1) : 0;
	if (used && op->arg[1]) /* 5.11: without privilege over trusted.* */
		used = append(options, used, ",userxattr", 0);
	if (!used)
		return -ENAMETOOLONG;
	options[used] = '\0';
	r = SYS(mount, "overlay", ".", "overlay", MS_NOSUID_ | MS_NODEV_, options);
	if (r == -ENOENT)
		run->detail = SBI_DETAIL_SOURCE_MISSING;
	SYS(chdir, "/");
	return (int)r;
}

/* OVERLAY: as above, text[1] target. */
int do_overlay(struct run *run, const struct sbi_op *op)
{
	int target = open_target(run, op_text(run, op->text[1]), 1, 0), r;

	if (target < 0)
		return target;
	r = mount_overlay(run, op, target);
	SYS(close, target);
	if (r < 0)
		return r;
	target = open_target(run, op_text(run, op->text[1]), 1, 0);
	if (target < 0)
		return target;
	remember_own(target);
	SYS(close, target);
	return 0;
}
