/* SPDX-License-Identifier: MIT */
/*
 * For the tests of streams and groups: a pattern whose every byte can be told by its place, and
 * what came of it.
 */
#ifndef TESTS_STREAM_KIT_H
#define TESTS_STREAM_KIT_H

#include "../fixture.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* As inside_stream.c. */
static inline char byte_at(unsigned long at)
{
	return (char)((at * 2654435761UL) >> 13);
}

static inline char *pattern(size_t len)
{
	char *bytes = malloc(len);

	assert_non_null(bytes);
	for (size_t i = 0; i < len; i++)
		bytes[i] = byte_at(i);
	return bytes;
}

static inline void end(sb_proc *proc, int verdict, int code)
{
	sb_result res = SB_INIT(sb_result);

	assert_int_equal(sb_proc_wait(proc, UINT64_MAX, &res, NULL), 1);
	if (res.verdict != verdict || (code >= 0 && res.code != code))
		fail_msg("verdict %d code %d, expected %d code %d", res.verdict, res.code, verdict, code);
}

static inline void output_is(sb_proc *proc, int fd, const char *bytes, size_t len)
{
	const void *data = NULL;
	size_t n = 0;

	fx_ok(sb_proc_output(proc, fd, &data, &n));
	assert_int_equal(n, len);
	if (len)
		assert_memory_equal(data, bytes, len);
}

static inline void stream_is(sb_proc *proc, int fd, uint32_t flags, uint64_t bytes, uint64_t kept, int error)
{
	sb_stream st = SB_INIT(sb_stream);

	fx_ok(sb_proc_stream(proc, fd, &st));
	if (st.flags != flags || st.bytes != bytes || st.kept != kept || st.error != error)
		fail_msg("descriptor %d: flags %u bytes %llu kept %llu error %d", fd, st.flags,
			 (unsigned long long)st.bytes, (unsigned long long)st.kept, st.error);
}

static inline int new_file(const char *name)
{
	int fd = open(fx_write(name, ""), O_RDWR | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

/* @fd holds @len bytes of the pattern and no more; closes it. */
static inline void file_is(int fd, size_t len)
{
	char buf[8192];
	struct stat st;
	size_t at = 0;
	ssize_t n;

	fx_ok(fstat(fd, &st));
	assert_int_equal(st.st_size, len);
	while ((n = pread(fd, buf, sizeof(buf), (off_t)at)) > 0)
		for (ssize_t i = 0; i < n; i++)
			assert_int_equal(buf[i], byte_at(at++));
	assert_int_equal(at, len);
	close(fd);
}

static inline int open_fds(void)
{
	int n = 0;

	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

#endif
