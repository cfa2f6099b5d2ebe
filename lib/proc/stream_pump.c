/* SPDX-License-Identifier: MIT */
/*
 * One stream: out of the command's pipe, into memory or on to others. Whoever cannot keep up makes
 * the command wait.
 */
#include "stream.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/auto.h"

#define FIRST_ROOM 4096

static int is_live(const struct sbi_sink *sink)
{
	return sink->fd >= 0 && !sink->over;
}

/* How far the slowest of them is. */
static uint64_t taken_by_all(const struct sbi_pump *pump)
{
	uint64_t least = pump->queued;

	for (int i = 0; i < 2; i++)
		if (is_live(&pump->sink[i]) && pump->sink[i].done < least)
			least = pump->sink[i].done;
	return least;
}

int sbi_pump_is_waiting(const struct sbi_pump *pump)
{
	return !pump->captures && taken_by_all(pump) < pump->queued;
}

uint64_t sbi_pump_left(const struct sbi_pump *pump)
{
	int n = 0;

	return pump->in >= 0 && !pump->in_over && ioctl(pump->in, FIONREAD, &n) == 0 && n > 0 ? (uint64_t)n
											      : 0;
}

static void fail_with(struct sbi_pump *pump, int code)
{
	if (!pump->error)
		pump->error = code;
}

/* The buffer doubles; what there is no memory for is lost, and the stream says so. */
static int grow(struct sbi_pump *pump)
{
	uint64_t room = pump->room ? (uint64_t)pump->room * 2 : FIRST_ROOM;
	char *grown;

	room = room < pump->cap ? room : pump->cap;
	grown = room <= SIZE_MAX / 2 ? realloc(pump->buf, (size_t)room) : NULL;
	if (!grown) {
		fail_with(pump, ENOMEM);
		return 0;
	}
	pump->buf = grown;
	pump->room = (size_t)room;
	return 1;
}

/*
 * Where the next bytes go; NULL: nowhere, they are only counted. 0 in *@len: there is no room for
 * them yet.
 */
static char *space(struct sbi_pump *pump, size_t *len)
{
	uint64_t free_bytes, most = pump->cap - pump->queued;
	size_t at = (size_t)(pump->queued % SBI_PUMP_BUFFER);

	if (!most || pump->error == ENOMEM)
		return NULL;
	if (pump->captures) {
		if (pump->queued == pump->room && !grow(pump))
			return NULL;
		*len = pump->room - (size_t)pump->queued;
		return pump->buf + pump->queued;
	}
	free_bytes = SBI_PUMP_BUFFER - (pump->queued - taken_by_all(pump));
	if (free_bytes > SBI_PUMP_BUFFER - at)
		free_bytes = SBI_PUMP_BUFFER - at; /* up to the end of the ring */
	*len = (size_t)(free_bytes < most ? free_bytes : most);
	return pump->buf + at;
}

static void end_reading(struct sbi_pump *pump)
{
	pump->in_over = 1;
	if (pump->wire && !pump->reader_gone_ns)
		pump->writer_gone_ns = sbi_now();
}

/* One read. Return: bytes; 0: no more at present. */
static size_t read_once(struct sbi_pump *pump, uint64_t budget, int *is_short)
{
	char counted[16384], *to;
	size_t len = sizeof(counted);
	ssize_t n;

	if (pump->in < 0 || pump->in_over)
		return 0;
	to = space(pump, &len);
	len = len < budget ? len : (size_t)budget;
	len = len < pump->rest ? len : (size_t)pump->rest;
	if (!len)
		return 0;
	do
		n = read(pump->in, to ? to : counted, len);
	while (n < 0 && errno == EINTR);
	if (n == 0 || (n < 0 && errno != EAGAIN))
		end_reading(pump);
	if (n <= 0)
		return 0;
	pump->bytes += (uint64_t)n;
	if (pump->rest != UINT64_MAX)
		pump->rest -= (uint64_t)n;
	if (to)
		pump->queued += (uint64_t)n;
	*is_short = (size_t)n < len;
	return (size_t)n;
}

static void feed(struct sbi_pump *pump, struct sbi_sink *sink, struct sbi_guard *guard)
{
	sink->blocked = 0;
	while (is_live(sink) && sink->done < pump->queued && !sink->blocked) {
		size_t at = (size_t)(sink->done % SBI_PUMP_BUFFER), len = SBI_PUMP_BUFFER - at;
		ssize_t n;

		if (len > pump->queued - sink->done)
			len = (size_t)(pump->queued - sink->done);
		n = sbi_sink_write(sink, pump->buf + at, len, guard);
		if (n < 0) {
			fail_with(pump, (int)-n);
			sink->over = 1;
		} else {
			sink->done += (uint64_t)n;
		}
	}
}

/* The reader may have left without a write of ours to notice it: then the writer is to notice it. */
static void look_for_reader(struct sbi_pump *pump)
{
	struct pollfd reader = { pump->sink[0].fd, 0, 0 };

	if (is_live(&pump->sink[0]) && poll(&reader, 1, 0) == 1 && (reader.revents & POLLERR)) {
		fail_with(pump, EPIPE);
		pump->sink[0].over = 1;
	}
	if (pump->sink[0].over && pump->in >= 0 && !pump->in_over) {
		pump->reader_gone_ns = sbi_now();
		pump->in_over = 1;
	}
}

static void pass_on(struct sbi_pump *pump, struct sbi_guard *guard)
{
	for (int i = 0; i < 2; i++)
		feed(pump, &pump->sink[i], guard);
}

uint64_t sbi_pump_move(struct sbi_pump *pump, uint64_t budget, struct sbi_guard *guard)
{
	uint64_t before = pump->bytes;
	int is_short = 0;
	size_t n;

	pass_on(pump, guard); /* makes room */
	do {
		n = read_once(pump, budget, &is_short);
		budget -= n;
		if (n)
			pass_on(pump, guard);
	} while (n && !is_short);
	if (pump->wire)
		look_for_reader(pump);
	if ((pump->in < 0 || pump->in_over) && !pump->captures)
		for (int i = 0; i < 2; i++)
			if (pump->sink[i].done == pump->queued)
				pump->sink[i].over = 1;
	return pump->bytes - before;
}

/* A description that somebody else has as well stays in the set when we close it. */
static void leave(int *fd, int *watched, int epoll)
{
	if (*watched && epoll >= 0)
		epoll_ctl(epoll, EPOLL_CTL_DEL, *fd, NULL);
	*watched = 0;
}

/* Hanging up is always told of, so what we do not want to hear of must not be in the set. */
static int wants_more(struct sbi_pump *pump)
{
	size_t len = 1;

	space(pump, &len);
	return len > 0;
}

static int is_watched(const struct sbi_pump *pump, const struct sbi_sink *sink)
{
	return sink->blocked || (pump->wire && sink == &pump->sink[0]);
}

uint32_t sbi_pump_poll(struct sbi_pump *pump, struct pollfd *polled)
{
	uint32_t count = 0;

	if (pump->in >= 0 && wants_more(pump))
		polled[count++] = (struct pollfd){ pump->in, POLLIN, 0 };
	for (int i = 0; i < 2; i++)
		if (pump->sink[i].fd >= 0 && is_watched(pump, &pump->sink[i]))
			polled[count++] = (struct pollfd){ pump->sink[i].fd,
							   pump->sink[i].blocked ? POLLOUT : 0, 0 };
	return count;
}

static void settle_in(struct sbi_pump *pump, int epoll)
{
	struct epoll_event event = { .events = EPOLLIN };

	if (pump->in >= 0 && pump->in_over) {
		leave(&pump->in, &pump->watched, epoll);
		sbi_close_fd(&pump->in);
	}
	if (pump->in < 0 || epoll < 0)
		return;
	if (!wants_more(pump))
		leave(&pump->in, &pump->watched, epoll);
	else if (!pump->watched)
		pump->watched = epoll_ctl(epoll, EPOLL_CTL_ADD, pump->in, &event) == 0;
}

static void settle_sink(struct sbi_pump *pump, struct sbi_sink *sink, int epoll)
{
	struct epoll_event event = { .events = sink->blocked ? EPOLLOUT : 0 };

	if (sink->fd >= 0 && sink->over) {
		leave(&sink->fd, &sink->watched, epoll);
		sbi_close_fd(&sink->fd);
	}
	if (sink->fd < 0 || epoll < 0)
		return;
	if (!is_watched(pump, sink))
		leave(&sink->fd, &sink->watched, epoll);
	else if (!sink->watched)
		sink->watched = epoll_ctl(epoll, EPOLL_CTL_ADD, sink->fd, &event) == 0;
	else if (sink->events != event.events)
		epoll_ctl(epoll, EPOLL_CTL_MOD, sink->fd, &event);
	sink->events = event.events;
}

void sbi_pump_settle(struct sbi_pump *pump, int epoll)
{
	settle_in(pump, epoll);
	for (int i = 0; i < 2; i++)
		settle_sink(pump, &pump->sink[i], epoll);
}

void sbi_pump_clear(struct sbi_pump *pump)
{
	sbi_close_fd(&pump->in);
	for (int i = 0; i < 2; i++)
		sbi_close_fd(&pump->sink[i].fd);
	free(pump->buf);
	pump->buf = NULL;
}
