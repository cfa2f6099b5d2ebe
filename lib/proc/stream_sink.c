/* SPDX-License-Identifier: MIT */
/*
 * Writing to a descriptor of the host's: never waiting for a reader, never changing what the host
 * shares with others.
 */
#include "stream.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/auto.h"

/* A pipe that polls writable takes PIPE_BUF bytes (pipe(7)), unless somebody else is faster. */
#define POLLED_BYTES 4096
/* A terminal's buffer counts in units of 256 bytes, and a newline may become two. */
#define TTY_BYTES 128

/* Only a pipe: to open another device anew is to open another device. */
static int open_anew(int host_fd, const struct stat *st)
{
	sbi_autoclose int fd = -EBADF;
	struct stat found;
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", host_fd);
	fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &found) < 0 || found.st_dev != st->st_dev || found.st_ino != st->st_ino)
		return -EBADF;
	return sbi_take_fd(&fd);
}

int sbi_sink_open(struct sbi_sink *sink, int host_fd)
{
	int flags = fcntl(host_fd, F_GETFL);
	struct stat st;

	*sink = (struct sbi_sink){ .fd = -EBADF };
	if (flags < 0 || fstat(host_fd, &st) < 0 || (flags & O_ACCMODE) == O_RDONLY || (flags & O_PATH))
		return -EBADF;
	if (S_ISFIFO(st.st_mode)) {
		sink->fd = open_anew(host_fd, &st);
		sink->kind = sink->fd >= 0 ? SBI_SINK_OWN : SBI_SINK_POLLED;
	} else if (S_ISSOCK(st.st_mode)) {
		sink->kind = SBI_SINK_SOCKET;
	} else if (S_ISREG(st.st_mode) || S_ISBLK(st.st_mode)) {
		sink->kind = SBI_SINK_READY;
	} else {
		sink->kind = isatty(host_fd) ? SBI_SINK_TTY : SBI_SINK_POLLED;
	}
	if (sink->fd < 0) /* a number of our own: two streams may go to one descriptor */
		sink->fd = fcntl(host_fd, F_DUPFD_CLOEXEC, 3);
	return sink->fd < 0 ? -errno : 0;
}

/*
 * The signals of a write go to the thread that writes. One that is blocked
 * already may be pending for another reason, and then has to stay so.
 */
static void guard_begin(struct sbi_guard *guard)
{
	sigset_t set;

	if (guard->active)
		return;
	guard->active = 1;
	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	sigaddset(&set, SIGXFSZ);
	sigemptyset(&guard->pending);
	pthread_sigmask(SIG_BLOCK, &set, &guard->old);
	if (sigismember(&guard->old, SIGPIPE) || sigismember(&guard->old, SIGXFSZ))
		sigpending(&guard->pending);
}

void sbi_guard_end(struct sbi_guard *guard)
{
	const struct timespec now = { 0, 0 };
	sigset_t set;

	if (!guard->active)
		return;
	sigemptyset(&set);
	if (!sigismember(&guard->pending, SIGPIPE))
		sigaddset(&set, SIGPIPE);
	if (!sigismember(&guard->pending, SIGXFSZ))
		sigaddset(&set, SIGXFSZ);
	if (guard->failed)
		while (sigtimedwait(&set, NULL, &now) > 0 || errno == EINTR)
			;
	pthread_sigmask(SIG_SETMASK, &guard->old, NULL);
	guard->active = 0;
}

static ssize_t write_once(struct sbi_sink *sink, const char *data, size_t len, struct sbi_guard *guard)
{
	struct pollfd ready = { sink->fd, POLLOUT, 0 };
	size_t most = sink->kind == SBI_SINK_TTY ? TTY_BYTES : POLLED_BYTES;
	ssize_t n;

	if (sink->kind == SBI_SINK_SOCKET)
		return send(sink->fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (sink->kind == SBI_SINK_TTY || sink->kind == SBI_SINK_POLLED) {
		if (poll(&ready, 1, 0) != 1) {
			errno = EAGAIN;
			return -1;
		}
		len = len < most ? len : most;
	}
	guard_begin(guard);
	n = write(sink->fd, data, len);
	if (n < 0 && (errno == EPIPE || errno == EFBIG))
		guard->failed = 1;
	return n;
}

ssize_t sbi_sink_write(struct sbi_sink *sink, const char *data, size_t len, struct sbi_guard *guard)
{
	size_t done = 0;

	sink->blocked = 0;
	while (done < len) {
		ssize_t n = write_once(sink, data + done, len - done, guard);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN)
			return done ? (ssize_t)done : -errno; /* it will fail again */
		if (n <= 0) {
			sink->blocked = 1;
			break;
		}
		done += (size_t)n;
	}
	return (ssize_t)done;
}
