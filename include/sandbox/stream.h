/* SPDX-License-Identifier: MIT */
/*
 * Where the command reads from and writes to, beyond a descriptor of the host
 * (sb_set_fd()): memory, a file inside, a capture, a copy on the way.
 *
 * A stream that the library carries (a capture, a copy) moves while the host is
 * in sb_proc_process(), sb_proc_wait() or a group's; sb_proc_fd() is readable
 * when there is something to move. A host that does not look makes the command
 * wait, never the other way round. docs/streams.md
 */
#ifndef SANDBOX_STREAM_H
#define SANDBOX_STREAM_H

#include <sandbox/config.h>
#include <sandbox/error.h>

SB_BEGIN_DECLS

/*
 * Each of these replaces what was set for @fd (0 to 1023) before, also by sb_set_fd(), and the
 * other way round.
 */

/**
 * sb_set_stream_data - the command reads @data from @fd
 *
 * Copied now, once; every spawn reads it from the start. A read-only file that cannot be changed
 * (sealed memfd).
 */
SB_API int sb_set_stream_data(sb_config *cfg, int fd, const void *data, size_t len);

/**
 * sb_set_stream_path - a file inside, opened by the command's own user
 * @path: absolute, inside
 * @flags: of open(2): O_RDONLY, O_WRONLY or O_RDWR, with O_CREAT, O_EXCL, O_TRUNC, O_APPEND, O_NOFOLLOW
 * @mode: of a file that is created, less the umask
 *
 * It may be a FIFO: the open waits for the other side, so sb_spawn() returns
 * before it, and the limits run already. What fails after that is the verdict
 * SB_NOT_STARTED, sb_proc_error() says why.
 */
SB_API int sb_set_stream_path(sb_config *cfg, int fd, const char *path, int flags, uint32_t mode);

/**
 * sb_set_stream_same - @fd is a duplicate of @other, as 2>&1 makes one: whatever that is set to in
 * the end.
 */
SB_API int sb_set_stream_same(sb_config *cfg, int fd, int other);

/* what exceeds the cap is counted and dropped; else it ends the run: SB_OUTPUT_EXCEEDED */
#define SB_STREAM_DROP UINT64_C(1)

/**
 * sb_set_stream_capture - keep what the command writes to @fd
 * @cap: bytes that are kept at most; UINT64_MAX = all
 * @flags: SB_STREAM_*
 */
SB_API int sb_set_stream_capture(sb_config *cfg, int fd, uint64_t cap, uint64_t flags);

/**
 * sb_set_stream_copy - pass what the command writes to @fd on to @host_fd, and a copy to @copy_fd (tee(1))
 * @host_fd, @copy_fd: must be open for writing when sb_spawn() is called; -1 = none
 * @cap: bytes that are passed on and copied at most; UINT64_MAX = all
 *
 * Neither can make the host wait: what they do not take yet waits in a buffer of 64 KiB, then the command
 * waits. A reader that is gone (EPIPE) ends the passing on, not the run and not the copy. The
 * command has ended (sb_proc_wait()) when all is passed on; after sb_proc_kill() what would have to
 * wait is dropped. Flags such as O_NONBLOCK of what others share stay as they are, and no SIGPIPE
 * reaches the host.
 */
SB_API int sb_set_stream_copy(sb_config *cfg, int fd, int host_fd, int copy_fd, uint64_t cap, uint64_t flags);

/**
 * sb_proc_output - what was captured from @fd so far
 * @data: borrowed; valid until the next call on @proc. NULL if nothing was
 *
 * Return: 0, -ENOENT if @fd is not captured, -errno.
 */
SB_API int sb_proc_output(sb_proc *proc, int fd, const void **data, size_t *len);

/* sb_stream.flags */
#define SB_STREAM_ENDED UINT32_C(1)   /* nobody can write to it any more, and all was carried */
#define SB_STREAM_EXCEEDED UINT32_C(2) /* it was more than the cap                          */
#define SB_STREAM_BROKEN UINT32_C(4)  /* passing on, copying or keeping it failed: @error */

/** sb_stream - one stream that the library carries. */
typedef struct sb_stream {
	uint32_t size;  /* SB_INIT(sb_stream)                          */
	uint32_t flags; /* SB_STREAM_ENDED…                            */
	uint64_t bytes; /* the command wrote                           */
	uint64_t kept;  /* of them captured, or taken by @host_fd (without one, by @copy_fd) */
	int32_t error;  /* errno of what failed first; 0 = none        */
	uint32_t reserved; /* 0                                        */
} sb_stream;

/**
 * sb_proc_stream - figures of @fd, now or at the end. Return: 0, -ENOENT if the library does not
 * carry it.
 */
SB_API int sb_proc_stream(sb_proc *proc, int fd, sb_stream *stream);

SB_END_DECLS
#endif
