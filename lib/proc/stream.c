/* SPDX-License-Identifier: MIT */
/* A command's streams: made before its start, moved while the host looks, drained at its end. */
#include "stream.h"

#include <sandbox/limit.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/auto.h"
#include "config/stream_data.h"
#include "error.h"
#include "host/hints.h"
#include "proc_internal.h"

#define AT_ONCE (UINT64_C(1) << 20) /* bytes a call, of all streams together */
#define AT_LEAST (UINT64_C(1) << 16) /* … but so much of each */

static int cannot(const struct sbi_stream *stream, const char *what, int code, sb_error *err)
{
	sbi_fail(err, SB_STEP_STREAM, (uint32_t)stream->fd, code, "%s for descriptor %d: %s", what,
		 stream->fd, strerror(code));
	sbi_hint_limits(code, err);
	return -code;
}

static int make_data(const struct sbi_stream *stream, sb_error *err)
{
	int fd = sbi_data_open(stream->data);

	return fd < 0 ? cannot(stream, "memory", -fd, err) : fd;
}

static int open_sink(struct sbi_sink *sink, const struct sbi_stream *stream, int host_fd, sb_error *err)
{
	int r = host_fd < 0 ? 0 : sbi_sink_open(sink, host_fd);

	if (r != -EBADF)
		return r < 0 ? cannot(stream, "copy", -r, err) : 0;
	sbi_fail(err, SB_STEP_STREAM, (uint32_t)stream->fd, EBADF,
		 "descriptor %d of the host is not open for writing", host_fd);
	sbi_hint(err, "it was given to sb_set_stream_copy() and must stay open until the spawn");
	return -EBADF;
}

/* Its read end is ours; returns the other one. */
static int make_pipe(struct sbi_pump *pump, const struct sbi_stream *stream, sb_error *err)
{
	int ends[2], r = 0;

	if (stream->kind == SBI_STREAM_COPY) {
		pump->buf = malloc(SBI_PUMP_BUFFER);
		if (!pump->buf)
			return cannot(stream, "buffer", ENOMEM, err);
		r = open_sink(&pump->sink[0], stream, stream->host_fd, err);
		if (r == 0)
			r = open_sink(&pump->sink[1], stream, stream->copy_fd, err);
	}
	if (r < 0)
		return r;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return cannot(stream, "pipe", errno, err);
	pump->in = ends[0];
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	/* as /dev/stdout it is opened by the command's user, who may be another than ours */
	fchmod(ends[1], 0222);
	return ends[1];
}

static void start_pump(struct sbi_pump *pump, const struct sbi_stream *stream)
{
	pump->fd = stream->fd;
	pump->in = pump->sink[0].fd = pump->sink[1].fd = -EBADF;
	pump->captures = stream->kind == SBI_STREAM_CAPTURE;
	pump->has_host = stream->host_fd >= 0;
	pump->drops = stream->flags & SB_STREAM_DROP ? 1 : 0;
	pump->wire = stream->flags & SBI_STREAM_WIRE ? 1 : 0;
	pump->cap = stream->cap;
	pump->rest = UINT64_MAX;
}

static int fill_slots(struct sbi_launch *l, struct sbi_streams *streams, sb_error *err)
{
	for (uint32_t i = 0; i < l->plan.slot_count; i++) {
		const struct sbi_stream *stream;
		int fd;

		if (l->plan.slots[i] > SBI_SLOT_STREAM)
			continue;
		stream = &l->cfg->fds[SBI_SLOT_STREAM - l->plan.slots[i]];
		if (stream->kind == SBI_STREAM_DATA) {
			fd = make_data(stream, err);
		} else {
			struct sbi_pump *pump = &streams->pumps[streams->count++];

			start_pump(pump, stream);
			fd = make_pipe(pump, stream, err);
		}
		if (fd < 0)
			return fd;
		l->own[l->own_fds++] = fd;
		l->plan.slots[i] = fd;
	}
	return 0;
}

/* A plan without streams costs nothing more than the look at its slots. */
int sbi_streams_make(struct sbi_launch *l, struct sbi_streams **out, sb_error *err)
{
	struct sbi_streams *streams;
	uint32_t count = 0;
	uint64_t start;
	int r;

	for (uint32_t i = 0; i < l->plan.slot_count; i++)
		count += l->plan.slots[i] <= SBI_SLOT_STREAM;
	if (!count)
		return 0;
	start = sbi_now();
	streams = calloc(1, sizeof(*streams) + count * sizeof(streams->pumps[0]));
	if (!streams)
		return sbi_fail(err, SB_STEP_STREAM, 0, ENOMEM, "not enough memory for the streams");
	streams->limit = l->cfg->limits[SB_LIMIT_OUTPUT].value;
	r = fill_slots(l, streams, err);
	sbi_launch_event(l, SB_STEP_STREAM, start, r, "pipes, memory");
	if (r < 0 || !streams->count) {
		sbi_streams_free(streams);
		return r;
	}
	*out = streams;
	return 0;
}

void sbi_streams_free(struct sbi_streams *streams)
{
	for (uint32_t i = 0; streams && i < streams->count; i++)
		sbi_pump_clear(&streams->pumps[i]);
	free(streams);
}

void sbi_streams_move(sb_proc *proc)
{
	struct sbi_streams *streams = proc->streams;
	struct sbi_guard guard = { .active = 0 };
	uint64_t each = AT_ONCE / streams->count;

	for (uint32_t i = 0; i < streams->count; i++) {
		struct sbi_pump *pump = &streams->pumps[i];

		streams->bytes += sbi_pump_move(pump, each < AT_LEAST ? AT_LEAST : each, &guard);
		sbi_pump_settle(pump, proc->epoll);
		streams->exceeded |= pump->bytes > pump->cap && !pump->drops;
	}
	sbi_guard_end(&guard);
	streams->exceeded |= streams->bytes > streams->limit;
	if (streams->exceeded && !proc->reported)
		sbi_proc_exceeded(proc);
}

void sbi_streams_watch(sb_proc *proc)
{
	for (uint32_t i = 0; i < proc->streams->count; i++)
		sbi_pump_settle(&proc->streams->pumps[i], proc->epoll);
}

/* What is in the pipes by now is the command's; in a box others may hold them open, and go on. */
static void begin_draining(sb_proc *proc)
{
	struct sbi_streams *streams = proc->streams;

	streams->draining = 1;
	for (uint32_t i = 0; i < streams->count; i++)
		streams->pumps[i].rest = sbi_pump_left(&streams->pumps[i]);
	/* its end stays readable; what we wait for now is a reader */
	if (proc->epoll >= 0 && !proc->without_box)
		epoll_ctl(proc->epoll, EPOLL_CTL_DEL, proc->life->pidfd, NULL);
	proc->without_box = 1;
}

/* Who is killed by the caller keeps nobody waiting for a reader. */
static void drop_what_waits(sb_proc *proc)
{
	for (uint32_t i = 0; i < proc->streams->count; i++)
		for (int k = 0; k < 2; k++)
			if (proc->streams->pumps[i].sink[k].blocked)
				proc->streams->pumps[i].sink[k].over = 1;
	sbi_streams_move(proc);
}

static int is_over(const sb_proc *proc, struct sbi_pump *pump)
{
	if (pump->in >= 0 && pump->rest)
		return 0;
	pump->in_over = 1;
	if (sbi_pump_is_waiting(pump))
		return 0;
	pump->sink[0].over = pump->sink[1].over = 1;
	sbi_pump_settle(pump, proc->epoll);
	return 1;
}

static void finish(sb_proc *proc)
{
	proc->result.has |= SB_HAS_OUTPUT;
	proc->result.output_bytes = proc->streams->bytes;
}

int sbi_streams_are_over(sb_proc *proc)
{
	struct sbi_streams *streams = proc->streams;
	int over = 1;

	if (proc->ended)
		return 1;
	if (!streams->draining)
		begin_draining(proc);
	sbi_streams_move(proc);
	if (atomic_load(&proc->killed_ns) || atomic_load(&proc->life->killed_ns))
		drop_what_waits(proc);
	for (uint32_t i = 0; i < streams->count; i++)
		over &= is_over(proc, &streams->pumps[i]);
	if (over)
		finish(proc);
	return over;
}

struct sbi_pump *sbi_streams_find(const sb_proc *proc, int fd)
{
	for (uint32_t i = 0; proc->streams && i < proc->streams->count; i++)
		if (proc->streams->pumps[i].fd == fd)
			return &proc->streams->pumps[i];
	return NULL;
}

int sb_proc_output(sb_proc *proc, int fd, const void **data, size_t *len)
{
	struct sbi_pump *pump;

	if (!proc || !data || !len)
		return -EINVAL;
	pump = sbi_streams_find(proc, fd);
	if (!pump || !pump->captures)
		return -ENOENT;
	*data = pump->buf;
	*len = (size_t)pump->queued;
	return 0;
}

static uint64_t kept(const struct sbi_pump *pump, int which)
{
	return pump->captures ? pump->queued : pump->sink[which].done;
}

int sb_proc_stream(sb_proc *proc, int fd, sb_stream *stream)
{
	struct sbi_pump *pump;
	sb_stream now = { .size = sizeof(now) };

	if (!proc || !stream || !sbi_size_valid(stream, offsetof(sb_stream, flags)))
		return -EINVAL;
	pump = sbi_streams_find(proc, fd);
	if (!pump)
		return -ENOENT;
	if (pump->in < 0 && pump->sink[0].fd < 0 && pump->sink[1].fd < 0)
		now.flags |= SB_STREAM_ENDED;
	if (pump->bytes > pump->cap)
		now.flags |= SB_STREAM_EXCEEDED;
	if (pump->error)
		now.flags |= SB_STREAM_BROKEN;
	now.bytes = pump->bytes;
	now.kept = kept(pump, pump->has_host ? 0 : 1);
	now.error = pump->error;
	sbi_copy_out(stream, &now, sizeof(now));
	return 0;
}
