// SPDX-License-Identifier: MIT
/* Files in and out of an open box: content, modes, sizes, flags, what cannot be. */
#include "files_box.h"

#include <pthread.h>
#include <sys/ioctl.h>

static void put_and_get(void **state)
{
	void *data = NULL;
	size_t len = 9;

	(void)state;
	begin();
	DONE(sb_box_put(box, "/work/a", "hello", 5, 0640, &err));
	HAS(box, "/work/a", "hello");
	HAS(box, "//work/.//a", "hello");
	DONE(sb_box_put(box, "/work/empty", NULL, 0, 0600, &err));
	DONE(sb_box_get(box, "/work/empty", 0, &data, &len, &err));
	assert_int_equal(len, 0);
	assert_int_equal(*(char *)data, 0);
	free(data);
	shell(box, cfg,
	      "test \"$(cat /work/a)\" = hello; test \"$(stat -c %a:%u:%g:%F /work/a)\" = '640:1000:1000:regular file'");
	shell(box, cfg, "echo more >> /work/a; test -w /work/empty");
	HAS(box, "/work/a", "hellomore\n");
	REFUSED(EEXIST, "put /work/a: File exists", "sb_box_remove",
		sb_box_put(box, "/work/a", "x", 1, 0600, &err));
	HAS(box, "/work/a", "hellomore\n");
	end();
}

static void modes_are_as_given(void **state)
{
	static const uint32_t modes[] = {0, 0777, 0755, 0711, 0666, 0400};
	char script[200], path[40];
	mode_t mask = umask(077);

	(void)state;
	begin();
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		snprintf(path, sizeof(path), "/work/m%zu", i);
		DONE(sb_box_put(box, path, "x", 1, modes[i], &err));
		snprintf(script, sizeof(script), "test $(stat -c %%a %s) = %o", path, modes[i]);
		shell(box, cfg, script);
		HAS(box, path, "x"); /* also without permission to read */
	}
	DONE(sb_box_mkdir(box, "/work/d", 01777, &err));
	shell(box, cfg, "test $(stat -c %a:%u /work/d) = 1777:1000; touch /work/d/x");
	DONE(sb_box_mkdir(box, "/work/d/e", 0, &err));
	DONE(sb_box_put(box, "/work/d/e/f", "deep", 4, 0, &err));
	HAS(box, "/work/d/e/f", "deep");
	REFUSED(EEXIST, "mkdir /work/d", "", sb_box_mkdir(box, "/work/d", 0700, &err));
	REFUSED(EEXIST, "mkdir /", "", sb_box_mkdir(box, "/", 0700, &err));
	end();
	umask(mask);
}

static void sizes(void **state)
{
	size_t len = 0, big = 5 << 20;
	char *data = malloc(big);
	void *back = NULL;

	(void)state;
	begin();
	for (size_t i = 0; i < big; i++)
		data[i] = (char)(i * 7 + i / 251);
	DONE(sb_box_put(box, "/work/big", data, big, 0600, &err));
	DONE(sb_box_get(box, "/work/big", big, &back, &len, &err));
	assert_int_equal(len, big);
	assert_memory_equal(back, data, big);
	free(back);
	back = &len;
	REFUSED(EFBIG, "get /work/big: it has more than 5242879 bytes", "",
		sb_box_get(box, "/work/big", big - 1, &back, &len, &err));
	assert_ptr_equal(back, &len);
	DONE(sb_box_put(box, "/work/one", "1", 1, 0600, &err));
	REFUSED(EFBIG, "more than 0 bytes", "", sb_box_get(box, "/work/one", 0, &back, NULL, &err));
	shell(box, cfg, "truncate -s 1T /work/sparse; truncate -s 100000 /work/hole");
	REFUSED(EFBIG, "more than 1000000 bytes", "",
		sb_box_get(box, "/work/sparse", 1000000, &back, NULL, &err));
	DONE(sb_box_get(box, "/work/hole", 100000, &back, &len, &err));
	assert_int_equal(len, 100000);
	for (size_t i = 0; i <= len; i++)
		assert_int_equal(((char *)back)[i], 0);
	free(back);
	free(data);
	end();
}

static ssize_t slurp(int fd, char *buf, size_t len)
{
	ssize_t n, at = 0;

	while ((n = read(fd, buf + at, len - (size_t)at)) > 0)
		at += n;
	return at;
}

static void by_descriptor(void **state)
{
	int p[2], fd;
	char buf[64];

	(void)state;
	begin();
	fd = open(fx_write("host", "0123456789"), O_RDWR | O_CLOEXEC);
	assert_int_equal(lseek(fd, 2, SEEK_SET), 2);
	DONE(sb_box_put_fd(box, "/work/a", fd, 0600, &err));
	HAS(box, "/work/a", "23456789");
	fx_ok(pipe2(p, O_CLOEXEC));
	assert_int_equal(write(p[1], "through a pipe", 14), 14);
	close(p[1]);
	DONE(sb_box_put_fd(box, "/work/p", p[0], 0600, &err));
	close(p[0]);
	HAS(box, "/work/p", "through a pipe");
	fx_ok(ftruncate(fd, 0));
	lseek(fd, 0, SEEK_SET);
	assert_int_equal(sb_box_get_fd(box, "/work/p", fd, 14, NULL), 14);
	lseek(fd, 0, SEEK_SET);
	assert_int_equal(slurp(fd, buf, sizeof(buf)), 14);
	REFUSED(EFBIG, "more than 13", "", sb_box_get_fd(box, "/work/p", fd, 13, &err));
	lseek(fd, 0, SEEK_SET);
	assert_int_equal(slurp(fd, buf, sizeof(buf)), 14); /* nothing was begun */
	REFUSED(EBADF, "reading the descriptor", "", sb_box_put_fd(box, "/work/bad", -1, 0600, &err));
	REFUSED(ENOENT, "/work/bad", "", sb_box_remove(box, "/work/bad", &err));
	REFUSED(EBADF, "get", "", sb_box_get_fd(box, "/work/p", -1, 14, &err));
	close(fd);
	end();
}

static void *get_into(void *pipe)
{
	return (void *)(intptr_t)sb_box_get_fd(box, "/work/a", *(int *)pipe, 131072, NULL);
}

/* It was no longer than the cap when it was begun, and has grown while nobody read the pipe. */
static void grows_behind_the_cap(void **state)
{
	char *buf = calloc(1, 200000);
	pthread_t thread;
	ssize_t at = 0, n;
	int p[2], fd, waiting = 0;
	void *r;

	(void)state;
	begin();
	DONE(sb_box_put(box, "/work/a", buf, 131072, 0600, &err));
	fx_ok(pipe2(p, O_CLOEXEC));
	fx_ok(pthread_create(&thread, NULL, get_into, &p[1]));
	while (waiting == 0)
		fx_ok(ioctl(p[0], FIONREAD, &waiting));
	fd = sb_box_open_file(box, "/work/a", O_WRONLY | O_APPEND, 0, NULL);
	assert_int_equal(write(fd, buf, 1000), 1000);
	close(fd);
	while (at < 131072 && (n = read(p[0], buf + at, 200000 - (size_t)at)) > 0)
		at += n;
	fx_ok(pthread_join(thread, &r));
	assert_int_equal((intptr_t)r, -EFBIG);
	fx_ok(ioctl(p[0], FIONREAD, &waiting));
	assert_int_equal(at + waiting, 131072);
	close(p[0]);
	close(p[1]);
	free(buf);
	end();
}

/* A pipe without a reader is an error, and no signal: this process has the default for SIGPIPE. */
static void nobody_reads(void **state)
{
	int p[2];

	(void)state;
	begin();
	DONE(sb_box_put(box, "/work/a", "hello", 5, 0600, &err));
	fx_ok(pipe2(p, O_CLOEXEC));
	close(p[0]);
	REFUSED(EPIPE, "get /work/a", "", sb_box_get_fd(box, "/work/a", p[1], 100, &err));
	close(p[1]);
	end();
}

static void open_flags(void **state)
{
	static const int bad[] = { O_ACCMODE,  O_EXCL, O_TRUNC,  O_CREAT | O_DIRECTORY,
				   O_NONBLOCK, O_PATH, O_DIRECT, O_TMPFILE | O_RDWR };
	struct stat st;
	char buf[40];
	int fd;

	(void)state;
	begin();
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(sb_box_open_file(box, "/work/a", bad[i], 0600, NULL), -EINVAL);
	REFUSED(ENOENT, "open /work/a: No such file", "", sb_box_open_file(box, "/work/a", O_RDONLY, 0, &err));
	fd = sb_box_open_file(box, "/work/a", O_RDWR | O_CREAT, 0640, NULL);
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(fd, F_GETFL) & (O_ACCMODE | O_NONBLOCK | O_APPEND), O_RDWR);
	assert_int_equal(write(fd, "abc", 3), 3);
	close(fd);
	fd = sb_box_open_file(box, "/work/a", O_WRONLY | O_APPEND | O_CREAT, 0600, NULL);
	assert_int_equal(fcntl(fd, F_GETFL) & (O_ACCMODE | O_NONBLOCK | O_APPEND), O_WRONLY | O_APPEND);
	assert_int_equal(write(fd, "def", 3), 3);
	close(fd);
	HAS(box, "/work/a", "abcdef");
	fd = sb_box_open_file(box, "/work/a", O_RDONLY, 0, NULL);
	fx_ok(fstat(fd, &st));
	assert_int_equal(st.st_mode, S_IFREG | 0640);
	assert_int_equal(slurp(fd, buf, sizeof(buf)), 6);
	assert_int_equal(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
	close(fd);
	close(sb_box_open_file(box, "/work/a", O_WRONLY | O_TRUNC, 0, NULL));
	HAS(box, "/work/a", "");
	REFUSED(EEXIST, "open /work/a", "",
		sb_box_open_file(box, "/work/a", O_WRONLY | O_CREAT | O_EXCL, 0600, &err));
	REFUSED(EEXIST, "open /work", "",
		sb_box_open_file(box, "/work", O_WRONLY | O_CREAT | O_EXCL, 0600, &err));
	REFUSED(ENOTDIR, "open /work/a", "",
		sb_box_open_file(box, "/work/a", O_RDONLY | O_DIRECTORY, 0, &err));
	REFUSED(EISDIR, "open /work", "sb_box_list", sb_box_open_file(box, "/work", O_WRONLY, 0, &err));
	REFUSED(EISDIR, "open /work", "", sb_box_open_file(box, "/work", O_RDWR | O_CREAT, 0600, &err));
	REFUSED(EISDIR, "get /work", "", sb_box_get(box, "/work", 10, &(void *){NULL}, NULL, &err));
	fd = sb_box_open_file(box, "/", O_RDONLY | O_DIRECTORY, 0, NULL);
	assert_true(fd >= 0);
	assert_int_equal(faccessat(fd, "work", F_OK, 0), 0);
	close(fd);
	end();
}

static void arguments(void **state)
{
	char *path = malloc(PATH_MAX + 1);
	sb_dirent entry = {0};
	void *data;

	(void)state;
	begin();
	memset(path, 'a', PATH_MAX);
	path[0] = '/';
	path[PATH_MAX] = '\0';
	REFUSED(EINVAL, "a box and a path", "", sb_box_put(NULL, "/work/a", "", 0, 0600, &err));
	REFUSED(EINVAL, "a box and a path", "", sb_box_put(box, NULL, "", 0, 0600, &err));
	REFUSED(EINVAL, "no data", "", sb_box_put(box, "/work/a", NULL, 1, 0600, &err));
	REFUSED(EINVAL, "04755", "", sb_box_put(box, "/work/a", "", 0, 04755, &err));
	REFUSED(EINVAL, "01666", "", sb_box_open_file(box, "/work/a", O_CREAT | O_RDWR, 01666, &err));
	REFUSED(EINVAL, "02777", "", sb_box_mkdir(box, "/work/a", 02777, &err));
	REFUSED(EINVAL, "absolute", "", sb_box_put(box, "work/a", "", 0, 0600, &err));
	REFUSED(EINVAL, "absolute", "", sb_box_put(box, "", "", 0, 0600, &err));
	REFUSED(EINVAL, "\"..\"", "", sb_box_put(box, "/work/../work/a", "", 0, 0600, &err));
	REFUSED(EINVAL, "\"..\"", "", sb_box_remove(box, "/work/..", &err));
	REFUSED(ENAMETOOLONG, "4095", "", sb_box_put(box, path, "", 0, 0600, &err));
	path[300] = '\0';
	REFUSED(ENAMETOOLONG, "put", "", sb_box_put(box, path, "", 0, 0600, &err));
	REFUSED(EINVAL, "place for the data", "", sb_box_get(box, "/work", 1, NULL, NULL, &err));
	REFUSED(EINVAL, "room for 1", "", sb_box_list(box, "/work", &entry, 1, &err));
	REFUSED(EINVAL, "room for 1", "", sb_box_list(box, "/work", NULL, 1, &err));
	assert_int_equal(sb_box_get(box, "/nothing", 1, &data, NULL, NULL), -ENOENT);
	DONE(sb_box_put(box, "/work/..a", "dots", 4, 0600, &err));
	HAS(box, "/work/..a", "dots");
	REFUSED(ENOENT, "its directory is not there", "sb_box_mkdir",
		sb_box_put(box, "/work/no/a", "", 0, 0600, &err));
	REFUSED(ENOENT, "its directory is not there", "sb_box_mkdir",
		sb_box_mkdir(box, "/work/no/a", 0700, &err));
	REFUSED(ENOTDIR, "put /work/..a/b", "", sb_box_put(box, "/work/..a/b", "", 0, 0600, &err));
	REFUSED(EROFS, "put /a", "sb_set_rootfs_writable", sb_box_put(box, "/a", "", 0, 0600, &err));
	REFUSED(EROFS, "mkdir /a", "sb_add_tmpfs", sb_box_mkdir(box, "/a", 0700, &err));
	free(path);
	end();
}

static void full(void **state)
{
	char data[65536] = {1};
	sb_dirent entries[4] = {SB_INIT(sb_dirent)};

	(void)state;
	cfg = work_config();
	fx_ok(sb_add_tmpfs(cfg, "/small", 32768, 0, 0755));
	fx_ok(sb_add_tmpfs(cfg, "/few", 0, 2, 0755));
	box = open_with(cfg);
	REFUSED(ENOSPC, "put /small/a", "sb_add_tmpfs",
		sb_box_put(box, "/small/a", data, sizeof(data), 0600, &err));
	assert_int_equal(sb_box_list(box, "/small", entries, 4, NULL), 0); /* no part of it */
	DONE(sb_box_put(box, "/few/a", "", 0, 0600, &err));
	REFUSED(ENOSPC, "put /few/b", "sb_add_tmpfs", sb_box_put(box, "/few/b", "", 0, 0600, &err));
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(put_and_get),
		FX_TEST(modes_are_as_given),
		FX_TEST(sizes),
		FX_TEST(by_descriptor),
		FX_TEST(grows_behind_the_cap),
		FX_TEST(nobody_reads),
		FX_TEST(open_flags),
		FX_TEST(arguments),
		FX_TEST(full),
	};

	fx_begin();
	return cmocka_run_group_tests_name("files", tests, NULL, NULL);
}
