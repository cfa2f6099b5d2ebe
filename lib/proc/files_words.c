/* SPDX-License-Identifier: MIT */
/* Why a file of a box could not be had, and what to do about it. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "error.h"
#include "files.h"
#include "host/hints.h"

static const char *kind(uint32_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFIFO:
		return "it is a FIFO";
	case S_IFSOCK:
		return "it is a socket";
	default:
		return "it is a device";
	}
}

static const char *reason(int code, const struct sbi_record *answer)
{
	uint32_t detail = answer ? answer->detail : SBI_DETAIL_NONE;

	if (detail == SBI_DETAIL_KERNELS)
		return "it lies in a file system of the kernel's own";
	if (detail == SBI_DETAIL_LEASE && code == EAGAIN)
		return "a command holds a lease of it";
	if (detail == SBI_DETAIL_TARGET_MISSING && code == ENOENT)
		return "its directory is not there";
	switch (code) {
	case ELOOP:
		return "a symbolic link stands in the way";
	case ENXIO:
		return answer ? kind((uint32_t)answer->status) : strerror(code);
	case EAGAIN:
		return "it is being changed all the time";
	case EBUSY:
		return "it is, or holds, a mount point";
	case ESRCH:
		return "the sandbox is gone";
	default:
		return strerror(code);
	}
}

static void hint(int code, const struct sbi_record *answer, sb_error *err)
{
	switch (code) {
	case ENOENT:
		if (answer && answer->detail == SBI_DETAIL_TARGET_MISSING)
			sbi_hint(err, "sb_box_mkdir() makes it, or sb_add_dir() beforehand");
		break;
	case ELOOP:
		sbi_hint(err, "links are never followed, a command may have made them: give the path without");
		break;
	case ENXIO:
		sbi_hint(err,
			 "only regular files and directories are opened; sb_box_remove() removes anything");
		break;
	case EEXIST:
		sbi_hint(err, "nothing is overwritten: sb_box_remove() it first");
		break;
	case EISDIR:
		sbi_hint(err, "sb_box_list() is for directories");
		break;
	case EROFS:
		sbi_hint(err,
			 "the root is read-only: sb_set_rootfs_writable(), or sb_add_tmpfs() for a place of its own");
		break;
	case ENOSPC:
	case EDQUOT:
		sbi_hint(err, "the file system is full: a tmpfs has the size that sb_add_tmpfs() was given");
		break;
	case EACCES:
	case EPERM:
		if (!answer || answer->detail != SBI_DETAIL_KERNELS)
			sbi_hint(err, "it, or its directory, belongs to an id that the box does not have");
		break;
	case EAGAIN:
		sbi_hint(err, "try again when the command has ended, or is frozen");
		break;
	default:
		sbi_hint_limits(code, err);
	}
}

int sbi_files_fail(struct sbi_files *f, int code, const struct sbi_record *answer)
{
	char path[200];

	sbi_escape(f->path, path, sizeof(path));
	sbi_fail(f->err, SB_STEP_FILES, 0, code, "%s %s: %s", f->verb, path, reason(code, answer));
	hint(code, answer, f->err);
	return -code;
}
