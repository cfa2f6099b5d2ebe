/* SPDX-License-Identifier: MIT */
/* Requests for files of an open box: sb-init does them, one record there and one back. */
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/auto.h"
#include "error.h"
#include "host/channel.h"
#include "memfd.h"
#include "proc_internal.h"

#ifndef MFD_NOEXEC_SEAL /* 6.3 */
#define MFD_NOEXEC_SEAL 0x0008U
#endif
#define PATIENCE_MS 1000 /* between the ends of a process's descriptors and of itself */
#define OPEN_FLAGS                                                                                  \
	(O_ACCMODE | O_CREAT | O_EXCL | O_TRUNC | O_APPEND | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW | \
	 O_LARGEFILE)

static int has_dots(const char *path)
{
	for (const char *p = path; (p = strstr(p, "/..")); p += 3)
		if (p[3] == '\0' || p[3] == '/')
			return 1;
	return 0;
}

static int check(const struct sbi_files *f, uint32_t mode, uint32_t most)
{
	if (!f->box || !f->path)
		return sbi_fail(f->err, SB_STEP_FILES, 0, EINVAL, "%s: a box and a path are needed", f->verb);
	if (f->path[0] != '/' || has_dots(f->path))
		return sbi_fail(f->err, SB_STEP_FILES, 0, EINVAL,
				"%s: \"%.80s\" is not an absolute path without \"..\"", f->verb, f->path);
	if (strlen(f->path) >= PATH_MAX)
		return sbi_fail(f->err, SB_STEP_FILES, 0, ENAMETOOLONG,
				"%s: the path \"%.60s…\" is longer than %d bytes", f->verb, f->path,
				PATH_MAX - 1);
	if (mode & ~most)
		return sbi_fail(f->err, SB_STEP_FILES, 0, EINVAL, "%s %.80s: mode 0%o has more bits than 0%o",
				f->verb, f->path, mode, most);
	return 0;
}

int sbi_files_begin(struct sbi_files *f, const char *verb, sb_box *box, const char *path, uint32_t mode,
		    sb_error *err)
{
	int mkdir = !strcmp(verb, "mkdir"); /* of directories also the sticky bit */
	char page[SBI_FILE_PAGE] = "";
	int r;

	*f = (struct sbi_files){ box, verb, path, NULL, -EBADF, err };
	r = check(f, mode, mkdir ? 01777 : 0777);
	if (r < 0)
		return r;
	f->inside = malloc(PATH_MAX);
	if (!f->inside)
		return sbi_files_fail(f, ENOMEM, NULL);
	sbi_target_path(path, f->inside);
	f->page = sbi_memfd("sb-files", MFD_CLOEXEC | MFD_NOEXEC_SEAL, MFD_CLOEXEC, page, sizeof(page));
	return f->page < 0 ? sbi_files_fail(f, -f->page, NULL) : 0;
}

void sbi_files_end(struct sbi_files *f)
{
	sbi_close_fd(&f->page);
	free(f->inside);
}

/*
 * The far end was closed without a word: by the end of sb-init, or because it had no number for a
 * descriptor.
 */
static int no_answer(const sb_box *box)
{
	struct pollfd polled = { box->pidfd, POLLIN, 0 };

	return poll(&polled, 1, PATIENCE_MS) == 0 ? -EMFILE : -ESRCH;
}

static int converse(struct sbi_files *f, struct sbi_record *rec, int dir, int *fd, struct sbi_record *answer)
{
	size_t length = strlen(f->inside) + 1;
	int pair[2], fds[3], r;

	*fd = -EBADF;
	if (dir < 0 && pwrite(f->page, f->inside, length, 0) != (ssize_t)length)
		return errno ? -errno : -EIO;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	fds[0] = pair[1];
	fds[1] = f->page;
	fds[2] = dir;
	r = sbi_send_record(f->box->control, rec, fds, dir < 0 ? 2 : 3);
	close(pair[1]);
	if (r == 0)
		r = sbi_receive_or_end(pair[0], f->box->pidfd, answer, fd);
	else if (r == -EPIPE || r == -ECONNRESET || r == -ENOTCONN)
		r = -ESRCH;
	else
		r = r == -EAGAIN ? -EIO : r;
	if (r == 0)
		r = no_answer(f->box);
	close(pair[0]);
	if (r == 1 && answer->type != SBI_FILED) {
		sbi_close_fd(fd);
		r = -EPROTO;
	}
	return r < 0 ? r : 0;
}

int sbi_files_ask(struct sbi_files *f, enum sbi_file_call call, int flags, uint32_t mode, int dir, int *fd,
		  struct sbi_record *answer)
{
	struct sbi_record rec = { .type = SBI_FILE, .at = call, .detail = mode, .status = flags }, here;
	int mine, r;

	rec.args[0] = f->box->like.id.uid;
	rec.args[1] = f->box->like.id.gid;
	answer = answer ? answer : &here;
	r = converse(f, &rec, dir, fd ? fd : &mine, answer);
	if (!fd)
		sbi_close_fd(&mine);
	if (r < 0)
		return sbi_files_fail(f, -r, NULL);
	if (answer->error == ENOTEMPTY && fd && *fd >= 0) /* no failure: what comes next is to empty it */
		return -ENOTEMPTY;
	if (answer->error)
		return sbi_files_fail(f, answer->error > 0 && answer->error < 4096 ? answer->error : EPROTO,
				      answer);
	return 0;
}

int sbi_files_open(struct sbi_files *f, int flags, uint32_t mode)
{
	int fd, r = sbi_files_ask(f, SBI_FILE_OPEN, flags, mode, -EBADF, &fd, NULL);

	if (r < 0)
		return r;
	if (fd < 0)
		return sbi_files_fail(f, EPROTO, NULL);
	/*
	 * It was opened so that nobody has to wait for a lease; what remains of that is for the
	 * caller to say.
	 */
	fcntl(fd, F_SETFL, flags & O_APPEND);
	return fd;
}

int sb_box_open_file(sb_box *box, const char *path, int flags, uint32_t mode, sb_error *err)
{
	struct sbi_files f;
	int r;

	if ((flags & ~OPEN_FLAGS) || (flags & O_ACCMODE) == O_ACCMODE ||
	    ((flags & O_EXCL) && !(flags & O_CREAT)) ||
	    ((flags & O_TRUNC) && (flags & O_ACCMODE) == O_RDONLY) ||
	    ((flags & O_CREAT) && (flags & O_DIRECTORY)))
		return sbi_fail(err, SB_STEP_FILES, 0, EINVAL, "sb_box_open_file: flags 0x%x",
				(unsigned)flags);
	r = sbi_files_begin(&f, "open", box, path, flags & O_CREAT ? mode : 0, err);
	if (r == 0)
		r = sbi_files_open(&f, flags, flags & O_CREAT ? mode : 0);
	sbi_files_end(&f);
	return r;
}

int sb_box_mkdir(sb_box *box, const char *path, uint32_t mode, sb_error *err)
{
	struct sbi_files f;
	int r = sbi_files_begin(&f, "mkdir", box, path, mode, err);

	if (r == 0)
		r = sbi_files_ask(&f, SBI_FILE_MKDIR, 0, mode, -EBADF, NULL, NULL);
	sbi_files_end(&f);
	return r;
}
