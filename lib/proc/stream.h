/* SPDX-License-Identifier: MIT */
/*
 * Streams that the library carries: a pump reads what a command writes, keeps
 * it or passes it on. A pump knows nothing of the command; stream.c does.
 */
#ifndef SBI_STREAM_H
#define SBI_STREAM_H

#include <poll.h>
#include <sandbox/stream.h>
#include <signal.h>

#include "host/launch.h"

#define SBI_PUMP_BUFFER 65536 /* bytes that wait for a sink; a power of two */

/* How to write without ever waiting, by what is behind the descriptor. */
enum sbi_sink_kind {
	SBI_SINK_READY,  /* a file, or a device that takes everything: it does not wait for anybody */
	SBI_SINK_OWN,    /* a description of our own that is O_NONBLOCK */
	SBI_SINK_SOCKET, /* MSG_DONTWAIT */
	SBI_SINK_POLLED, /* somebody else's description: as much as a writable one is sure to take */
	SBI_SINK_TTY,    /* the same, and that is less */
};

/* Where a stream goes to. */
struct sbi_sink {
	int fd; /* ours; -EBADF = none, or no longer */
	enum sbi_sink_kind kind;
	uint64_t done;  /* bytes that it has taken */
	int blocked;    /* it took less than there was */
	int over;       /* nothing more goes there: to be closed */
	int watched;    /* it is in the epoll set */
	uint32_t events; /* … for these */
};

struct sbi_pump {
	int fd; /* the command's number */
	int in; /* read end of its pipe; -EBADF = no longer */
	int captures, drops; /* kinds */
	int has_host;  /* @sink[0] was given */
	int wire;      /* to another command: a reader that is gone is the writer's EPIPE */
	uint64_t writer_gone_ns, reader_gone_ns; /* of a wire: when we noticed; 0 = not yet */
	int in_over;   /* nothing more comes: to be closed */
	int watched;
	int error;
	uint64_t cap, bytes; /* most to keep or pass on; what the command wrote */
	uint64_t rest; /* what may still be read: all, until the command has ended */
	uint64_t queued; /* bytes that were kept, or put into the ring for the sinks */
	char *buf;     /* captured; or a ring of SBI_PUMP_BUFFER bytes */
	size_t room;
	struct sbi_sink sink[2]; /* host_fd, copy_fd */
};

/*
 * SIGPIPE and SIGXFSZ of our own writes must not reach the host: it may have no use for the default
 * action.
 */
struct sbi_guard {
	int active, failed;
	sigset_t old, pending;
};

/* All of one command. */
struct sbi_streams {
	uint64_t limit; /* SB_LIMIT_OUTPUT */
	uint64_t bytes; /* of all together */
	int exceeded;   /* a cap, or the limit */
	int draining;   /* the command has ended: what is left in the pipes is all */
	uint32_t count;
	struct sbi_pump pumps[];
};

/** sbi_sink_open - to write to the caller's @host_fd. Return: 0 or -errno. */
int sbi_sink_open(struct sbi_sink *sink, int host_fd);
/** sbi_sink_write - as much as it takes now. Return: that, 0 if nothing, -errno. */
ssize_t sbi_sink_write(struct sbi_sink *sink, const char *data, size_t len, struct sbi_guard *guard);
void sbi_guard_end(struct sbi_guard *guard);

/** sbi_pump_move - read and pass on at most @budget bytes, without waiting. Return: bytes read. */
uint64_t sbi_pump_move(struct sbi_pump *pump, uint64_t budget, struct sbi_guard *guard);
/** sbi_pump_settle - close what is over, and watch in @epoll (-EBADF: nowhere) for what can go on. */
void sbi_pump_settle(struct sbi_pump *pump, int epoll);
#define SBI_PUMP_POLLED 3
/** sbi_pump_poll - what can go on, as for an epoll set. Return: how many of SBI_PUMP_POLLED. */
uint32_t sbi_pump_poll(struct sbi_pump *pump, struct pollfd *polled);
/** sbi_pump_is_waiting - is there something that a sink has yet to take? */
int sbi_pump_is_waiting(const struct sbi_pump *pump);
/** sbi_pump_left - bytes in the pipe now. */
uint64_t sbi_pump_left(const struct sbi_pump *pump);
void sbi_pump_clear(struct sbi_pump *pump);

/**
 * sbi_streams_make - step STREAM: what the config asks for goes into the plan's slots, our side
 * into *@out.
 */
int sbi_streams_make(struct sbi_launch *l, struct sbi_streams **out, sb_error *err);
/** sbi_streams_free - accepts NULL. */
void sbi_streams_free(struct sbi_streams *streams);
/** sbi_streams_move - carry what there is, end the run that wrote too much. */
void sbi_streams_move(sb_proc *proc);
/** sbi_streams_watch - all of them, in an epoll set that is new. */
void sbi_streams_watch(sb_proc *proc);
/** sbi_streams_find - the one of the command's descriptor @fd, or NULL. */
struct sbi_pump *sbi_streams_find(const sb_proc *proc, int fd);
/** sbi_streams_are_over - once the command has ended: has all been carried? Without waiting. */
int sbi_streams_are_over(sb_proc *proc);

#endif
