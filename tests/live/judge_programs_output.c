// SPDX-License-Identifier: MIT
/* Programs that write: more than is wanted, by all calls there are, or exactly as much. */
#include "judge_programs.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static char block[65536];

static char *filled(void)
{
	memset(block, 'x', sizeof(block));
	return block;
}

static int flood(int fd)
{
	filled();
	for (;;)
		if (put(fd, block, sizeof(block)))
			broken("write");
}

static int act_stdout(long number)
{
	(void)number;
	return flood(1);
}

static int act_stderr(long number)
{
	(void)number;
	return flood(2);
}

static void many(int fd, size_t len)
{
	filled();
	for (size_t n; len; len -= n) {
		n = len < 5000 ? len : 5000;
		if (put(fd, block, n))
			broken("write");
	}
}

/* Exactly so many bytes. */
static int act_bytes(long number)
{
	many(1, (size_t)number);
	return 0;
}

/* Each of the two stays below what one may have. */
static int act_both(long number)
{
	for (long i = 0; i < number; i += 5000) {
		many(1, 5000);
		many(2, 5000);
	}
	return 0;
}

/* Whatever write(2) says. */
static int act_stubborn(long number)
{
	(void)number;
	filled();
	for (int i = 1; i < 65; i++)
		signal(i, SIG_IGN);
	for (;;)
		if (write(1, block, sizeof(block)) < 0 && errno == EBADF)
			return BROKEN;
}

static int act_writev(long number)
{
	struct iovec parts[64];

	(void)number;
	for (int i = 0; i < 64; i++)
		parts[i] = (struct iovec){ filled(), 1000 };
	for (;;)
		if (writev(1, parts, 64) < 0)
			broken("writev");
}

static int one_byte_each(long number)
{
	(void)number;
	for (;;)
		if (put(1, "x", 1))
			broken("write");
}

static int act_small(long number)
{
	return one_byte_each(number);
}

static int file_of(size_t len)
{
	int fd = open("/tmp/file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		broken("/tmp/file");
	many(fd, len);
	return fd;
}

static int act_sendfile(long number)
{
	int fd = file_of((size_t)number);

	for (;;) {
		off_t at = 0;

		if (sendfile(1, fd, &at, (size_t)number) <= 0)
			broken("sendfile");
	}
}

static int act_splice(long number)
{
	int fd = file_of((size_t)number);

	for (;;) {
		off_t at = 0;

		if (splice(fd, &at, 1, NULL, (size_t)number, 0) <= 0)
			broken("splice");
	}
}

static int act_vmsplice(long number)
{
	struct iovec part = { filled(), sizeof(block) };

	(void)number;
	for (;;)
		if (vmsplice(1, &part, 1, 0) <= 0)
			broken("vmsplice");
}

/* The same pages again and again, which are never copied. */
static int act_tee(long number)
{
	int p[2];

	(void)number;
	if (pipe2(p, O_CLOEXEC) < 0 || put(p[1], filled(), 60000))
		broken("pipe");
	for (;;)
		if (tee(p[0], 1, 60000, 0) <= 0)
			broken("tee");
}

static int act_children(long number)
{
	while (number-- > 0)
		child(act_stdout, 0);
	hold();
}

/* It is still far from the cap when the command ends. */
static int act_orphan_writes(long number)
{
	orphan(one_byte_each, 0);
	return (int)number;
}

/* A file with a hole, larger than anything here. */
static int act_sparse(long number)
{
	int fd = open("/tmp/file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	struct stat st;

	if (fd < 0 || ftruncate(fd, number * (off_t)MIB) < 0 ||
	    pwrite(fd, "x", 1, number * (off_t)MIB - 1) != 1)
		broken("sparse");
	return fstat(fd, &st) < 0 || st.st_blocks > 64 ? BROKEN : 0;
}

static int act_file(long number)
{
	file_of((size_t)number * MIB);
	return 0;
}

/* What is refused is known to whoever asks. */
static int act_file_ignored(long number)
{
	int fd = open("/tmp/file", O_RDWR | O_CREAT | O_CLOEXEC, 0600), r = 0;
	off_t at;

	signal(SIGXFSZ, SIG_IGN);
	filled();
	for (long i = 0; i < number * 16 && !r; i++)
		r = put(fd, block, sizeof(block));
	at = lseek(fd, 0, SEEK_CUR);
	dprintf(1, "%s %lld\n", r ? strerrorname_np(r) : "all", (long long)at);
	return 0;
}

static int act_inodes(long number)
{
	char name[32];
	int i;

	for (i = 0; i < number; i++) {
		snprintf(name, sizeof(name), "/tmp/%d", i);
		if (mknod(name, S_IFREG | 0600, 0) < 0)
			break;
	}
	dprintf(1, "%s %d\n", i < number ? strerrorname_np(errno) : "all", i);
	return 0;
}

/* The same inode under many names. */
static int act_links(long number)
{
	char name[32];
	int i, fd = open("/tmp/file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		broken("/tmp/file");
	for (i = 0; i < number; i++) {
		snprintf(name, sizeof(name), "/tmp/%d", i);
		if (link("/tmp/file", name) < 0)
			break;
	}
	dprintf(1, "%s %d\n", i < number ? strerrorname_np(errno) : "all", i);
	return 0;
}

const struct judged output_programs[] = {
	{ "out-stdout", act_stdout },
	{ "out-stderr", act_stderr },
	{ "out-bytes", act_bytes },
	{ "out-both", act_both },
	{ "out-stubborn", act_stubborn },
	{ "out-writev", act_writev },
	{ "out-small", act_small },
	{ "out-sendfile", act_sendfile },
	{ "out-splice", act_splice },
	{ "out-vmsplice", act_vmsplice },
	{ "out-tee", act_tee },
	{ "out-children", act_children },
	{ "out-orphan", act_orphan_writes },
	{ "file-sparse", act_sparse },
	{ "file-big", act_file },
	{ "file-ignored", act_file_ignored },
	{ "file-inodes", act_inodes },
	{ "file-links", act_links },
	{ NULL, NULL },
};
