/* SPDX-License-Identifier: MIT */
/* The content of files of a box: put and get. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/auto.h"
#include "error.h"
#include "files.h"

#define BLOCK 65536

static ssize_t read_some(int fd, void *buf, size_t len)
{
	ssize_t n;

	do
		n = read(fd, buf, len);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

/* Behind the caller's RLIMIT_FSIZE a write would be the caller's death by SIGXFSZ, and not an error. */
static int fits(int fd, size_t len)
{
	struct rlimit limit;
	struct stat st;
	off_t at;

	if (getrlimit(RLIMIT_FSIZE, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY || fstat(fd, &st) < 0 ||
	    !S_ISREG(st.st_mode))
		return 1;
	at = fcntl(fd, F_GETFL) & O_APPEND ? st.st_size : lseek(fd, 0, SEEK_CUR);
	return at < 0 || ((uint64_t)at <= limit.rlim_cur && len <= limit.rlim_cur - (uint64_t)at);
}

static int write_all(int fd, const char *data, size_t len)
{
	if (!fits(fd, len))
		return -EFBIG;
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

/* What was made of a file goes again: the first failure is the one to be told. */
static int take_back(struct sbi_files *f, int code)
{
	sb_error *err = f->err;

	f->err = NULL;
	sbi_files_ask(f, SBI_FILE_UNLINK, 0, 0, -EBADF, NULL, NULL);
	f->err = err;
	return sbi_files_fail(f, code, NULL);
}

int sb_box_put(sb_box *box, const char *path, const void *data, size_t len, uint32_t mode, sb_error *err)
{
	sbi_autoclose int fd = -EBADF;
	struct sbi_files f;
	int r;

	if (!data && len)
		return sbi_fail(err, SB_STEP_FILES, 0, EINVAL, "put: no data given");
	r = sbi_files_begin(&f, "put", box, path, mode, err);
	if (r == 0)
		r = fd = sbi_files_open(&f, O_WRONLY | O_CREAT | O_EXCL, mode);
	if (r >= 0) {
		r = write_all(fd, data, len);
		if (r < 0)
			r = take_back(&f, -r);
	}
	sbi_files_end(&f);
	return r;
}

static int cannot_read(struct sbi_files *f, int code)
{
	return sbi_fail(f->err, SB_STEP_FILES, 0, code,
			"put %.80s: reading the descriptor that was given: error %d", f->path, code);
}

/* The first block is read before the file is made: then most that can be wrong with @host_fd is known. */
static int put_fd(struct sbi_files *f, int host_fd, uint32_t mode, char *buf)
{
	sbi_autoclose int fd = -EBADF;
	ssize_t n = read_some(host_fd, buf, BLOCK);
	int r = 0;

	if (n < 0)
		return cannot_read(f, (int)-n);
	fd = sbi_files_open(f, O_WRONLY | O_CREAT | O_EXCL, mode);
	if (fd < 0)
		return fd;
	for (; r == 0 && n > 0; n = r < 0 ? n : read_some(host_fd, buf, BLOCK))
		r = write_all(fd, buf, (size_t)n);
	if (r < 0)
		return take_back(f, -r);
	if (n < 0) {
		take_back(f, (int)-n);
		return cannot_read(f, (int)-n);
	}
	return 0;
}

int sb_box_put_fd(sb_box *box, const char *path, int host_fd, uint32_t mode, sb_error *err)
{
	sbi_autofree char *buf = malloc(BLOCK);
	struct sbi_files f;
	int r = sbi_files_begin(&f, "put", box, path, mode, err);

	if (r == 0)
		r = buf ? put_fd(&f, host_fd, mode, buf) : sbi_files_fail(&f, ENOMEM, NULL);
	sbi_files_end(&f);
	return r;
}

static int too_big(struct sbi_files *f, uint64_t max)
{
	return sbi_fail(f->err, SB_STEP_FILES, 0, EFBIG, "get %.80s: it has more than %llu bytes", f->path,
			(unsigned long long)max);
}

/* A regular file, to be read, and not known to be longer than @max. */
static int open_to_get(struct sbi_files *f, uint64_t max)
{
	int fd = sbi_files_open(f, O_RDONLY, 0);
	struct stat st = { 0 };

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (uint64_t)st.st_size <= max)
		return fd;
	close(fd);
	return S_ISREG(st.st_mode) ? too_big(f, max) : sbi_files_fail(f, EISDIR, NULL);
}

/* Until the end or one byte more than @max. The size that fstat tells may be any by the time it is read. */
static ssize_t get_all(int fd, size_t max, char **data)
{
	size_t room = 0, used = 0;

	for (;;) {
		ssize_t n;

		if (room - used < 2) {
			size_t more = room ? room / 2 : BLOCK;
			char *grown = room > SIZE_MAX / 2 ? NULL : realloc(*data, room + more);

			if (!grown)
				return -ENOMEM;
			*data = grown;
			room += more;
		}
		n = read_some(fd, *data + used, room - used - 1);
		if (n < 0)
			return n;
		if (n == 0)
			break;
		used += (size_t)n;
		if (used > max)
			return -EFBIG;
	}
	(*data)[used] = '\0';
	return (ssize_t)used;
}

int sb_box_get(sb_box *box, const char *path, size_t max, void **data, size_t *len, sb_error *err)
{
	sbi_autofree char *text = NULL;
	sbi_autoclose int fd = -EBADF;
	struct sbi_files f;
	ssize_t r;

	if (!data)
		return sbi_fail(err, SB_STEP_FILES, 0, EINVAL, "get: no place for the data given");
	r = sbi_files_begin(&f, "get", box, path, 0, err);
	if (r == 0)
		r = fd = open_to_get(&f, max);
	if (r >= 0) {
		r = get_all(fd, max, &text);
		if (r == -EFBIG)
			too_big(&f, max);
		else if (r < 0)
			sbi_files_fail(&f, (int)-r, NULL);
	}
	sbi_files_end(&f);
	if (r < 0)
		return (int)r;
	if (len)
		*len = (size_t)r;
	*data = text;
	text = NULL;
	return 0;
}

/* Return: how many bytes, -EFBIG with the first @max of them written, -errno. */
static ssize_t copy_out(int fd, int host_fd, uint64_t max, char *buf)
{
	uint64_t total = 0;
	ssize_t n;
	int r;

	while ((n = read_some(fd, buf, BLOCK)) > 0) {
		size_t take = (uint64_t)n > max - total ? (size_t)(max - total) : (size_t)n;

		r = write_all(host_fd, buf, take);
		if (r < 0)
			return r;
		total += take;
		if (take < (size_t)n)
			return -EFBIG;
	}
	return n < 0 ? n : (ssize_t)total;
}

/*
 * A pipe that nobody reads any more is an error here and no signal: one that was not pending before
 * is taken away.
 */
static ssize_t without_sigpipe(int fd, int host_fd, uint64_t max, char *buf)
{
	struct timespec none = { 0, 0 };
	sigset_t broken, before, pending;
	ssize_t r;

	sigemptyset(&broken);
	sigaddset(&broken, SIGPIPE);
	sigpending(&pending);
	pthread_sigmask(SIG_BLOCK, &broken, &before);
	r = copy_out(fd, host_fd, max, buf);
	if (r == -EPIPE && !sigismember(&pending, SIGPIPE))
		while (sigtimedwait(&broken, NULL, &none) < 0 && errno == EINTR)
			;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return r;
}

ssize_t sb_box_get_fd(sb_box *box, const char *path, int host_fd, uint64_t max, sb_error *err)
{
	sbi_autofree char *buf = malloc(BLOCK);
	sbi_autoclose int fd = -EBADF;
	struct sbi_files f;
	ssize_t r = sbi_files_begin(&f, "get", box, path, 0, err);

	if (r == 0 && !buf)
		r = sbi_files_fail(&f, ENOMEM, NULL);
	if (r == 0)
		r = fd = open_to_get(&f, max);
	if (r >= 0) {
		r = without_sigpipe(fd, host_fd, max, buf);
		if (r == -EFBIG)
			too_big(&f, max);
		else if (r < 0)
			sbi_files_fail(&f, (int)-r, NULL);
	}
	sbi_files_end(&f);
	return r;
}
