/* SPDX-License-Identifier: MIT */
/* Memory that commands read from. */
#include "stream_data.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/auto.h"
#include "memfd.h"

#ifndef MFD_ALLOW_SEALING
#define MFD_ALLOW_SEALING 2U
#endif
#ifndef MFD_NOEXEC_SEAL /* 6.3 */
#define MFD_NOEXEC_SEAL 0x0008U
#endif

struct sbi_data {
	atomic_int refs;
	int fd;
	size_t len;
	dev_t dev; /* what the descriptor was: a host may close it, and the number is used again */
	ino_t ino;
};

static int make(const void *bytes, size_t len)
{
	sbi_autoclose int fd = sbi_memfd("sb-data", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL,
					 MFD_CLOEXEC | MFD_ALLOW_SEALING, bytes, len);

	if (fd < 0)
		return fd;
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
		return -errno;
	return sbi_take_fd(&fd);
}

int sbi_data_new(const void *bytes, size_t len, struct sbi_data **out)
{
	struct sbi_data *data = calloc(1, sizeof(*data));
	struct stat st;
	int r;

	if (!data)
		return -ENOMEM;
	r = make(bytes, len);
	data->fd = r;
	if (r >= 0)
		r = fstat(data->fd, &st) < 0 ? -errno : 0;
	if (r < 0) {
		sbi_close_fd(&data->fd);
		free(data);
		return r;
	}
	atomic_init(&data->refs, 1);
	data->len = len;
	data->dev = st.st_dev;
	data->ino = st.st_ino;
	*out = data;
	return 0;
}

struct sbi_data *sbi_data_ref(struct sbi_data *data)
{
	atomic_fetch_add(&data->refs, 1);
	return data;
}

static int is_ours(const struct sbi_data *data, int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_dev == data->dev && st.st_ino == data->ino;
}

void sbi_data_unref(struct sbi_data *data)
{
	if (!data || atomic_fetch_sub(&data->refs, 1) != 1)
		return;
	if (is_ours(data, data->fd))
		close(data->fd);
	free(data);
}

/* Where /proc does not lead to our own descriptors, another memfd with the same content. */
static int make_again(const struct sbi_data *data)
{
	sbi_autoclose int fd = -EBADF;
	void *bytes = NULL;

	if (data->len)
		bytes = mmap(NULL, data->len, PROT_READ, MAP_PRIVATE, data->fd, 0);
	if (bytes == MAP_FAILED)
		return -errno;
	fd = make(bytes, data->len);
	if (data->len)
		munmap(bytes, data->len);
	if (fd >= 0 && lseek(fd, 0, SEEK_SET) < 0)
		return -errno;
	return sbi_take_fd(&fd);
}

int sbi_data_open(const struct sbi_data *data)
{
	sbi_autoclose int fd = -EBADF;
	char path[32];

	if (!is_ours(data, data->fd))
		return -EBADF;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", data->fd);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && is_ours(data, fd))
		return sbi_take_fd(&fd);
	return fd < 0 && (errno == EMFILE || errno == ENFILE) ? -errno : make_again(data);
}
