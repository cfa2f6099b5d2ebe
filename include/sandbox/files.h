/* SPDX-License-Identifier: MIT */
/*
 * Files in and out of an open box. What is inside was made by hostile code: no
 * symbolic link is followed, and nothing but regular files and directories is
 * ever opened (openat2(2)). docs/files.md says what that means in the end.
 */
#ifndef SANDBOX_FILES_H
#define SANDBOX_FILES_H

#include <sandbox/box.h>

SB_BEGIN_DECLS

/*
 * In all of them:
 *
 * @path: absolute, as the command sees it, without ".."; -EINVAL, -ENAMETOOLONG
 * @mode: permissions, at most 0777 (of a directory 01777), not changed by any umask
 * @err: where to explain a failure, or NULL
 *
 * sb-init does it, as the box's user (the one of sb_box_open()'s config), and with power over the files of
 * all ids of the box: modes and owners inside stand in no way. What is made belongs to the box's
 * user. Commands may run, or be frozen, meanwhile.
 *
 * Threads: any number at once may use one box for these calls, and one more may spawn in it.
 *
 * Errors: -ELOOP a symbolic link stands in the way; -ENXIO it is a FIFO, a socket or a device; -EISDIR,
 * -ENOTDIR; -ENOENT; -EEXIST; -EACCES it is in /proc, /sys or the like, or belongs to nobody of the
 * box; -EROFS; -ENOSPC; -EAGAIN a command changed it faster than it could be looked at, or holds a
 * lease (fcntl(2)); -EMFILE, also of sb-init; -ESRCH the sandbox is gone.
 */

/**
 * sb_box_put - make a file, which must not be there yet (O_EXCL). Its directory must be. A failure
 * leaves no part of it.
 */
SB_API int sb_box_put(sb_box *box, const char *path, const void *data, size_t len, uint32_t mode,
		      sb_error *err);
/**
 * sb_box_put_fd - the same with what is left to read in @host_fd (a regular file or a pipe; read to
 * its end).
 */
SB_API int sb_box_put_fd(sb_box *box, const char *path, int host_fd, uint32_t mode, sb_error *err);
/**
 * sb_box_get - the content of a regular file
 * @max: bytes; more is -EFBIG, with nothing given out
 * @data: malloc(3)ed, with a NUL behind it; free with free(3)
 * @len: without the NUL; may be NULL
 */
SB_API int sb_box_get(sb_box *box, const char *path, size_t max, void **data, size_t *len, sb_error *err);
/**
 * sb_box_get_fd - write it to @host_fd, at most @max bytes
 *
 * Return: how many, -EFBIG if there are more (what was known to be too long is not begun), -EPIPE without
 * a SIGPIPE, or -errno.
 */
SB_API ssize_t sb_box_get_fd(sb_box *box, const char *path, int host_fd, uint64_t max, sb_error *err);
/**
 * sb_box_open_file - a descriptor of a regular file or a directory
 * @flags: O_RDONLY, O_WRONLY or O_RDWR, with O_CREAT, O_EXCL, O_TRUNC, O_APPEND, O_DIRECTORY,
 *	O_CLOEXEC, O_NOFOLLOW; the last two are always on
 * @mode: with O_CREAT
 *
 * Return: it (the caller closes it), or -errno.
 */
SB_API int sb_box_open_file(sb_box *box, const char *path, int flags, uint32_t mode, sb_error *err);
/** sb_box_mkdir - make a directory, in one that is there. */
SB_API int sb_box_mkdir(sb_box *box, const char *path, uint32_t mode, sb_error *err);

typedef struct sb_dirent {
	uint32_t size;     /* SB_INIT(sb_dirent)               */
	uint32_t mode;     /* type and permissions, as st_mode */
	uint64_t bytes;    /* of a regular file; else 0        */
	uint64_t mtime_ns; /* since 1970; 0 for before         */
	char name[256];    /* any bytes but "/" and NUL        */
} sb_dirent;

#define SB_LIST_MAX 262144

/**
 * sb_box_list - the entries of a directory but "." and "..", sorted by the bytes of their names
 * @entries: gets the first @room of them; entries[0].size must be set and is the distance from one to
 *	the next; NULL with @room 0
 *
 * Return: how many there are (may be more than @room), -E2BIG for more than SB_LIST_MAX, or -errno.
 */
SB_API ssize_t sb_box_list(sb_box *box, const char *path, sb_dirent *entries, size_t room, sb_error *err);
/**
 * sb_box_remove - a file, link or the like, or a directory with all that is in it, however deep,
 * also what the command made undeletable by modes
 *
 * A mount point, and the root, are -EBUSY; what was removed before it was met stays so. After a
 * million names it ends with -EAGAIN, or who makes files as fast as they go would keep it for ever:
 * call it again.
 *
 * Return: 0, -ENOENT if it is not there, or -errno.
 */
SB_API int sb_box_remove(sb_box *box, const char *path, sb_error *err);

SB_END_DECLS
#endif
