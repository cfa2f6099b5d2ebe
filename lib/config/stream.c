/* SPDX-License-Identifier: MIT */
/* Where each descriptor of the command comes from. The last setter that names a descriptor counts. */
#include <sandbox/stream.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "config_internal.h"
#include "stream_data.h"

#define OPEN_FLAGS (O_ACCMODE | O_CREAT | O_EXCL | O_TRUNC | O_APPEND | O_NOFOLLOW)

void sbi_stream_clear(struct sbi_stream *stream)
{
	free(stream->path);
	sbi_data_unref(stream->data);
	*stream = (struct sbi_stream){ .fd = stream->fd, .host_fd = -1, .copy_fd = -1 };
}

/* @to is filled also when it fails: it can be cleared. */
int sbi_stream_copy(struct sbi_stream *to, const struct sbi_stream *from)
{
	*to = *from;
	if (from->data)
		sbi_data_ref(from->data);
	if (from->path)
		to->path = strdup(from->path);
	return from->path && !to->path ? -1 : 0;
}

static int check_fd(sb_config *cfg, const char *setter, int fd)
{
	if (fd >= 0 && fd <= SBI_MAX_FD)
		return 0;
	return sbi_cfg_fail(cfg, EINVAL, "%s: descriptor %d is not between 0 and %d", setter, fd, SBI_MAX_FD);
}

int sbi_cfg_stream(sb_config *cfg, const char *setter, int fd, struct sbi_stream **stream)
{
	uint32_t at = 0;
	int r;

	r = check_fd(cfg, setter, fd);
	if (r < 0)
		return r;
	while (at < cfg->fd_count && cfg->fds[at].fd < fd)
		at++;
	if (at == cfg->fd_count || cfg->fds[at].fd != fd) {
		if (!sbi_cfg_grow(cfg, &cfg->fds, cfg->fd_count, sizeof(*cfg->fds)))
			return -ENOMEM;
		memmove(cfg->fds + at + 1, cfg->fds + at, (cfg->fd_count - at) * sizeof(*cfg->fds));
		memset(&cfg->fds[at], 0, sizeof(*cfg->fds));
		cfg->fds[at].fd = fd;
		cfg->fd_count++;
	}
	sbi_stream_clear(&cfg->fds[at]);
	*stream = &cfg->fds[at];
	return 0;
}

const struct sbi_stream *sbi_stream_find(const sb_config *cfg, int fd)
{
	for (uint32_t i = 0; i < cfg->fd_count; i++)
		if (cfg->fds[i].fd == fd)
			return &cfg->fds[i];
	return NULL;
}

const struct sbi_stream *sbi_stream_origin(const sb_config *cfg, const struct sbi_stream *stream, int *fd)
{
	*fd = stream->fd;
	for (uint32_t hops = 0; stream && stream->kind == SBI_STREAM_SAME && hops < cfg->fd_count; hops++) {
		*fd = stream->other;
		stream = sbi_stream_find(cfg, stream->other);
	}
	return stream;
}

static int check_host_fd(sb_config *cfg, const char *setter, int host_fd)
{
	return host_fd < -1 ? sbi_cfg_fail(cfg, EINVAL, "%s: %d is no descriptor of the host", setter, host_fd)
			    : 0;
}

int sb_set_fd(sb_config *cfg, int fd, int host_fd)
{
	struct sbi_stream *stream;
	int r;

	if (!cfg)
		return -EINVAL;
	r = check_host_fd(cfg, __func__, host_fd);
	if (r == 0)
		r = sbi_cfg_stream(cfg, __func__, fd, &stream);
	if (r == 0)
		stream->host_fd = host_fd;
	return r;
}

int sb_set_stream_data(sb_config *cfg, int fd, const void *data, size_t len)
{
	struct sbi_data *copy = NULL;
	struct sbi_stream *stream;
	int r;

	if (!cfg)
		return -EINVAL;
	if (len && !data)
		return sbi_cfg_fail(cfg, EINVAL, "%s: no data given", __func__);
	r = check_fd(cfg, __func__, fd);
	if (r < 0)
		return r;
	r = sbi_data_new(data, len, &copy);
	if (r < 0)
		return sbi_cfg_fail(cfg, -r, "%s: memfd of %zu bytes: %s", __func__, len, strerror(-r));
	r = sbi_cfg_stream(cfg, __func__, fd, &stream);
	if (r < 0) {
		sbi_data_unref(copy);
		return r;
	}
	stream->kind = SBI_STREAM_DATA;
	stream->data = copy;
	return 0;
}

static int check_open(sb_config *cfg, const char *setter, int flags, uint32_t mode)
{
	int access = flags & O_ACCMODE;

	if ((flags & ~OPEN_FLAGS) || access == O_ACCMODE)
		return sbi_cfg_fail(cfg, EINVAL, "%s: unknown flags in 0%o", setter, (unsigned)flags);
	if ((flags & O_EXCL) && !(flags & O_CREAT))
		return sbi_cfg_fail(cfg, EINVAL, "%s: O_EXCL is nothing without O_CREAT", setter);
	if ((flags & O_TRUNC) && access == O_RDONLY)
		return sbi_cfg_fail(cfg, EINVAL, "%s: O_TRUNC is for writing", setter);
	if (mode > 07777)
		return sbi_cfg_fail(cfg, EINVAL, "%s: mode 0%o is more than 07777", setter, mode);
	return 0;
}

int sb_set_stream_path(sb_config *cfg, int fd, const char *path, int flags, uint32_t mode)
{
	struct sbi_stream *stream;
	char *copy = NULL;
	int r;

	if (!cfg)
		return -EINVAL;
	r = sbi_cfg_inside(cfg, __func__, path);
	if (r == 0)
		r = check_open(cfg, __func__, flags, mode);
	if (r == 0)
		r = check_fd(cfg, __func__, fd);
	if (r == 0)
		r = sbi_cfg_string(cfg, &copy, path);
	if (r == 0)
		r = sbi_cfg_stream(cfg, __func__, fd, &stream);
	if (r < 0) {
		free(copy);
		return r;
	}
	stream->kind = SBI_STREAM_PATH;
	stream->path = copy;
	stream->open_flags = flags;
	stream->mode = mode;
	return 0;
}

int sb_set_stream_same(sb_config *cfg, int fd, int other)
{
	struct sbi_stream *stream;
	int r;

	if (!cfg)
		return -EINVAL;
	r = check_fd(cfg, __func__, other);
	if (r == 0 && fd == other)
		r = sbi_cfg_fail(cfg, EINVAL, "%s: descriptor %d cannot be a duplicate of itself", __func__,
				 fd);
	if (r == 0)
		r = sbi_cfg_stream(cfg, __func__, fd, &stream);
	if (r < 0)
		return r;
	stream->kind = SBI_STREAM_SAME;
	stream->other = other;
	return 0;
}

/* @like has all but the number. */
static int set_carried(sb_config *cfg, const char *setter, int fd, const struct sbi_stream *like)
{
	struct sbi_stream *stream;
	int r;

	if (like->flags & ~SB_STREAM_DROP)
		return sbi_cfg_fail(cfg, EINVAL, "%s: unknown flags in 0x%llx", setter,
				    (unsigned long long)like->flags);
	r = sbi_cfg_stream(cfg, setter, fd, &stream);
	if (r < 0)
		return r;
	*stream = *like;
	stream->fd = fd;
	return 0;
}

int sb_set_stream_capture(sb_config *cfg, int fd, uint64_t cap, uint64_t flags)
{
	const struct sbi_stream like = {
		.kind = SBI_STREAM_CAPTURE, .host_fd = -1, .copy_fd = -1, .cap = cap, .flags = flags
	};

	return cfg ? set_carried(cfg, __func__, fd, &like) : -EINVAL;
}

int sb_set_stream_copy(sb_config *cfg, int fd, int host_fd, int copy_fd, uint64_t cap, uint64_t flags)
{
	const struct sbi_stream like = {
		.kind = SBI_STREAM_COPY, .host_fd = host_fd, .copy_fd = copy_fd, .cap = cap, .flags = flags
	};
	int r;

	if (!cfg)
		return -EINVAL;
	r = check_host_fd(cfg, __func__, host_fd);
	if (r == 0)
		r = check_host_fd(cfg, __func__, copy_fd);
	return r < 0 ? r : set_carried(cfg, __func__, fd, &like);
}
