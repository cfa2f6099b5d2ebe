// SPDX-License-Identifier: MIT
/* Files in and out of an open box: content, modes, owners, sizes, lists; while commands run; with little of everything. */
#include "files_kit.h"

#include <pthread.h>
#include <sys/resource.h>
#include <sys/wait.h>

static sb_config *cfg;
static sb_box *box;


static void begin(void)
{
	cfg = work_config();
	box = open_with(cfg);
}

static void end(void)
{
	sb_box_free(box);
	sb_config_free(cfg);
}

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
	shell(box, cfg, "test \"$(cat /work/a)\" = hello; test \"$(stat -c %a:%u:%g:%F /work/a)\" = '640:1000:1000:regular file'");
	shell(box, cfg, "echo more >> /work/a; test -w /work/empty");
	HAS(box, "/work/a", "hellomore\n");
	REFUSED(EEXIST, "put /work/a: File exists", "sb_box_remove", sb_box_put(box, "/work/a", "x", 1, 0600, &err));
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
	REFUSED(EFBIG, "get /work/big: it has more than 5242879 bytes", "", sb_box_get(box, "/work/big", big - 1, &back, &len, &err));
	assert_ptr_equal(back, &len);
	DONE(sb_box_put(box, "/work/one", "1", 1, 0600, &err));
	REFUSED(EFBIG, "more than 0 bytes", "", sb_box_get(box, "/work/one", 0, &back, NULL, &err));
	shell(box, cfg, "truncate -s 1T /work/sparse; truncate -s 100000 /work/hole");
	REFUSED(EFBIG, "more than 1000000 bytes", "", sb_box_get(box, "/work/sparse", 1000000, &back, NULL, &err));
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
	static const int bad[] = {O_ACCMODE, O_EXCL, O_TRUNC, O_CREAT | O_DIRECTORY, O_NONBLOCK, O_PATH, O_DIRECT, O_TMPFILE | O_RDWR};
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
	REFUSED(EEXIST, "open /work/a", "", sb_box_open_file(box, "/work/a", O_WRONLY | O_CREAT | O_EXCL, 0600, &err));
	REFUSED(EEXIST, "open /work", "", sb_box_open_file(box, "/work", O_WRONLY | O_CREAT | O_EXCL, 0600, &err));
	REFUSED(ENOTDIR, "open /work/a", "", sb_box_open_file(box, "/work/a", O_RDONLY | O_DIRECTORY, 0, &err));
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
	REFUSED(ENOENT, "its directory is not there", "sb_box_mkdir", sb_box_put(box, "/work/no/a", "", 0, 0600, &err));
	REFUSED(ENOENT, "its directory is not there", "sb_box_mkdir", sb_box_mkdir(box, "/work/no/a", 0700, &err));
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
	REFUSED(ENOSPC, "put /small/a", "sb_add_tmpfs", sb_box_put(box, "/small/a", data, sizeof(data), 0600, &err));
	assert_int_equal(sb_box_list(box, "/small", entries, 4, NULL), 0); /* no part of it */
	DONE(sb_box_put(box, "/few/a", "", 0, 0600, &err));
	REFUSED(ENOSPC, "put /few/b", "sb_add_tmpfs", sb_box_put(box, "/few/b", "", 0, 0600, &err));
	end();
}

/* A host that may not write so much gets an error, not SIGXFSZ. */
static const char *limited(void)
{
	struct rlimit limit = {100000, 100000};
	char data[100001] = {0};
	sb_error err = SB_INIT(sb_error);
	sb_dirent entry = SB_INIT(sb_dirent);
	int r;

	begin();
	if (setrlimit(RLIMIT_FSIZE, &limit) < 0)
		return "setrlimit";
	r = sb_box_put(box, "/work/a", data, sizeof(data), 0600, &err);
	if (r != -EFBIG)
		return "not EFBIG";
	if (sb_box_list(box, "/work", &entry, 1, NULL) != 0)
		return "a part was left";
	if (sb_box_put(box, "/work/a", data, sizeof(data) - 1, 0600, NULL) < 0)
		return "what fits";
	limit.rlim_cur = 1000;
	if (setrlimit(RLIMIT_FSIZE, &limit) < 0)
		return "setrlimit";
	if (sb_box_put(box, "/work/b", "", 0, 0600, NULL) != -EFBIG)
		return "not EFBIG for the page";
	end();
	return NULL;
}

static void file_size_limit(void **state)
{
	(void)state;
	fx_in_child(limited);
}

static void lists(void **state)
{
	static const char odd[] = "a\nb\t\"\\ \xff\xfe";
	sb_dirent some[8] = {SB_INIT(sb_dirent)};
	char name[256], path[300], odd_path[40];

	(void)state;
	begin();
	memset(name, 'n', 255);
	name[255] = '\0';
	snprintf(path, sizeof(path), "/work/%s", name);
	snprintf(odd_path, sizeof(odd_path), "/work/%s", odd);
	assert_int_equal(sb_box_list(box, "/work", NULL, 0, NULL), 0);
	DONE(sb_box_put(box, path, "long", 4, 0600, &err));
	DONE(sb_box_put(box, odd_path, "odd", 3, 0640, &err));
	HAS(box, path, "long");
	HAS(box, odd_path, "odd");
	shell(box, cfg, "cd /work; mkfifo fifo; ln -s /etc/passwd link; mkdir dir; touch -d @1000000000.5 .old; chmod 0 .old");
	assert_int_equal(sb_box_list(box, "/work", some, 8, NULL), 6);
	assert_string_equal(some[0].name, ".old");
	assert_int_equal(some[0].mode, S_IFREG);
	assert_true(some[0].mtime_ns == UINT64_C(1000000000500000000));
	assert_string_equal(some[1].name, odd);
	assert_int_equal(some[1].mode, S_IFREG | 0640);
	assert_int_equal(some[1].bytes, 3);
	assert_string_equal(some[2].name, "dir");
	assert_int_equal(some[2].mode & S_IFMT, S_IFDIR);
	assert_int_equal(some[2].bytes, 0);
	assert_string_equal(some[3].name, "fifo");
	assert_int_equal(some[3].mode & S_IFMT, S_IFIFO);
	assert_string_equal(some[4].name, "link");
	assert_int_equal(some[4].mode & S_IFMT, S_IFLNK);
	assert_int_equal(some[4].bytes, 0);
	assert_string_equal(some[5].name, name);
	memset(some, 0x55, sizeof(some));
	some[0].size = sizeof(some[0]);
	assert_int_equal(sb_box_list(box, "/work", some, 2, NULL), 6);
	assert_string_equal(some[1].name, odd);
	assert_int_equal(some[1].size, sizeof(some[0]));
	assert_int_equal(some[2].size, 0x55555555);
	REFUSED(ENOTDIR, "list", "", sb_box_list(box, path, NULL, 0, &err));
	DONE(sb_box_remove(box, path, &err));
	DONE(sb_box_remove(box, odd_path, &err));
	end();
}

/* A caller of another version: less room for each, or more. */
static void entries_of_another_size(void **state)
{
	struct {
		uint32_t size, mode;
		uint64_t bytes, mtime_ns;
		char name[8];
	} small[3] = {{.size = sizeof(small[0])}};
	struct {
		sb_dirent entry;
		uint64_t later;
	} large[3] = {{.entry.size = sizeof(large[0])}};

	(void)state;
	begin();
	for (int i = 0; i < 3; i++) {
		char path[20];

		snprintf(path, sizeof(path), "/work/f%d", i);
		DONE(sb_box_put(box, path, "abc", (size_t)i, 0600, &err));
		large[i].later = 7;
	}
	assert_int_equal(sb_box_list(box, "/work", (sb_dirent *)(void *)small, 3, NULL), 3);
	assert_int_equal(sb_box_list(box, "/work", &large[0].entry, 3, NULL), 3);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(small[i].bytes, i);
		assert_int_equal(small[i].size, sizeof(small[0]));
		assert_int_equal(small[i].name[1], '0' + i);
		assert_int_equal(large[i].entry.bytes, i);
		assert_int_equal(large[i].later, 0);
	}
	end();
}

static void many_files(void **state)
{
	sb_dirent *all = calloc(2001, sizeof(*all));
	char want[20];

	(void)state;
	begin();
	shell(box, cfg, "mkdir /work/m; cd /work/m; i=1000; while test $i -lt 3000; do : > $i; i=$((i + 1)); done");
	all[0].size = sizeof(*all);
	assert_int_equal(sb_box_list(box, "/work/m", all, 2001, NULL), 2000);
	for (int i = 0; i < 2000; i++) {
		snprintf(want, sizeof(want), "%d", 1000 + i);
		assert_string_equal(all[i].name, want);
	}
	free(all);
	DONE(sb_box_remove(box, "/work/m", &err));
	assert_int_equal(sb_box_list(box, "/work", NULL, 0, NULL), 0);
	end();
}

static void removing(void **state)
{
	(void)state;
	begin();
	shell(box, cfg, "cd /work; echo x > f; mkfifo p; ln -s nowhere l; mkdir d; mkdir -p t/a/b/c t/e; echo x > t/a/b/c/f; "
			"ln -s /usr t/usr; ln t/a/b/c/f t/hard; touch t/.sb-0 t/.sb-1; mkdir -p t/.sb-2/x; echo y > keep");
	for (const char *const *path = (const char *const[]){"/work/f", "/work/p", "/work/l", "/work/d", "/work/t", NULL}; *path; path++)
		DONE(sb_box_remove(box, *path, &err));
	shell(box, cfg, "test \"$(ls -A /work)\" = keep");
	shell(box, cfg, "test -e /usr/bin/env");
	REFUSED(ENOENT, "remove /work/f", "", sb_box_remove(box, "/work/f", &err));
	REFUSED(EBUSY, "mount point", "", sb_box_remove(box, "/work", &err));
	REFUSED(EBUSY, "mount point", "", sb_box_remove(box, "/", &err));
	REFUSED(ENOTDIR, "remove /work/keep/x", "", sb_box_remove(box, "/work/keep/x", &err));
	end();
}

static void undeletable(void **state)
{
	(void)state;
	begin();
	shell(box, cfg, "cd /work; mkdir -p t/a/b t/c t/sticky/d; chmod 1777 t/sticky; echo x > t/a/b/f; echo x > t/c/f; chmod 0 t/a/b/f; "
			"chmod 0 t/a/b; chmod 0500 t/c t/a; chmod 0 t/sticky/d; chmod 0 t");
	assert_int_equal(sb_box_list(box, "/work/t", NULL, 0, NULL), 3);
	assert_int_equal(sb_box_list(box, "/work/t/a/b", NULL, 0, NULL), 1);
	HAS(box, "/work/t/a/b/f", "x\n");
	DONE(sb_box_remove(box, "/work/t", &err));
	assert_int_equal(sb_box_list(box, "/work", NULL, 0, NULL), 0);
	end();
}

/* Ten thousand directories, each in the one before: longer than any path. */
static void deep(void **state)
{
	(void)state;
	begin();
	fx_command(cfg, "deep=/work/t:10000");
	fx_wait(start_in(box, cfg), NULL);
	shell(box, cfg, "test -d /work/t/d/d/d");
	DONE(sb_box_remove(box, "/work/t", &err));
	assert_int_equal(sb_box_list(box, "/work", NULL, 0, NULL), 0);
	end();
}

static void wide_and_deep(void **state)
{
	(void)state;
	begin();
	shell(box, cfg, "cd /work; for i in 0 1 2 3 4 5 6 7; do for j in 0 1 2 3 4 5 6 7; do mkdir -p t/$i/$j/x/y; : > t/$i/$j/f; "
			": > t/$i/$j/x/y/f; done; done");
	DONE(sb_box_remove(box, "/work/t", &err));
	assert_int_equal(sb_box_list(box, "/work", NULL, 0, NULL), 0);
	end();
}

/* What is mounted in a tree stops its removal, and nothing in the mount is touched. */
static void mounts_in_a_tree(void **state)
{
	const char *host = fx_mkdir("host");

	(void)state;
	chmod(host, 0777);
	fx_write("host/precious", "p");
	cfg = work_config();
	for (const char *const *path = (const char *const[]){"/work/t", "/work/u", "/work/u/v", NULL}; *path; path++)
		fx_ok(sb_add_dir(cfg, *path, 0755));
	fx_ok(sb_add_tmpfs(cfg, "/work/t/m", 0, 0, 0777));
	fx_ok(sb_add_bind(cfg, host, "/work/u/v/host", 0));
	box = open_with(cfg);
	DONE(sb_box_put(box, "/work/t/m/f", "x", 1, 0600, &err));
	HAS(box, "/work/u/v/host/precious", "p");
	REFUSED(EBUSY, "remove /work/u: it is, or holds, a mount point", "", sb_box_remove(box, "/work/u", &err));
	REFUSED(EBUSY, "mount point", "", sb_box_remove(box, "/work/u/v/host", &err));
	REFUSED(EBUSY, "mount point", "", sb_box_remove(box, "/work/t", &err));
	HAS(box, "/work/t/m/f", "x");
	fx_ok(access(fx_path("host/precious"), F_OK));
	end();
}

/* An overlay cannot rename a directory of its lower layer (EXDEV): they are emptied where they are. */
static void trees_of_an_overlay(void **state)
{
	static const char *const made[] = {"low",     "low/t",   "low/t/a",	"low/t/a/b",   "low/t/a/b/c",
					   "low/t/d", "low/rm",	 "low/rm/x",	NULL};
	const char *lower[] = {NULL, NULL};
	sb_result res = SB_INIT(sb_result);

	(void)state;
	for (int i = 0; made[i]; i++)
		chmod(fx_mkdir(made[i]), 0777);
	fx_write("low/t/a/b/c/f", "f");
	fx_write("low/t/d/g", "g");
	fx_write("low/rm/x/f", "f");
	cfg = work_config();
	lower[0] = fx_path("low");
	fx_ok(sb_add_overlay(cfg, "/over", lower, NULL, NULL));
	box = open_with(cfg);
	fx_ok(sb_set_command(cfg, "/bin/rm", (const char *const[]){"rm", "-rf", "/over/rm", NULL}));
	fx_wait(start_in(box, cfg), &res);
	if (res.code != 0) {
		end();
		fx_skip("in an overlay of this user nobody can remove a directory of a lower layer (EIO)");
	}
	HAS(box, "/over/t/a/b/c/f", "f");
	DONE(sb_box_remove(box, "/over/t", &err));
	assert_int_equal(sb_box_list(box, "/over", NULL, 0, NULL), 0);
	fx_ok(access(fx_path("low/t/a/b/c/f"), F_OK));
	end();
}

/* A bind of the caller's own directory: it is written to as the command would write. */
static void host_directory(void **state)
{
	const char *dir = fx_mkdir("shared");
	struct stat st;

	(void)state;
	chmod(dir, 0777);
	fx_write("shared/in", "from the host");
	cfg = work_config();
	fx_ok(sb_add_bind(cfg, dir, "/shared", 0));
	fx_ok(sb_add_bind(cfg, dir, "/ro", SB_MOUNT_RO));
	box = open_with(cfg);
	HAS(box, "/shared/in", "from the host");
	DONE(sb_box_put(box, "/shared/out", "x", 1, 0600, &err));
	fx_ok(stat(fx_path("shared/out"), &st));
	assert_int_equal(st.st_uid, fx_who() == FX_ROOT ? 65534 : geteuid());
	REFUSED(EROFS, "put /ro/x", "", sb_box_put(box, "/ro/x", "x", 1, 0600, &err));
	REFUSED(EROFS, "remove /ro/in", "", sb_box_remove(box, "/ro/in", &err));
	DONE(sb_box_remove(box, "/shared/out", &err));
	end();
}

/* Root's files that the box was shown are not the box's: sb-init's own id must not open them. */
static void files_of_the_hosts_root(void **state)
{
	const char *dir = fx_mkdir("roots");

	(void)state;
	fx_write("roots/secret", "s");
	chmod(fx_path("roots/secret"), 0600);
	cfg = work_config();
	fx_ok(sb_add_bind(cfg, dir, "/roots", 0));
	box = open_with(cfg);
	REFUSED(EACCES, "get /roots/secret", "an id that the box does not have", sb_box_get(box, "/roots/secret", 10, &(void *){NULL}, NULL, &err));
	REFUSED(EACCES, "put /roots/x", "", sb_box_put(box, "/roots/x", "x", 1, 0600, &err));
	REFUSED(EACCES, "remove /roots/secret", "", sb_box_remove(box, "/roots/secret", &err));
	fx_ok(access(fx_path("roots/secret"), F_OK));
	shell(box, cfg, "! cat /roots/secret 2> /dev/null");
	end();
}

/* Many ids in the box: files of one are no obstacle, and what is made is the box's user's. */
static void of_several_ids(void)
{
	sb_config *other;

	box = open_with(cfg);
	other = sb_config_copy(cfg);
	fx_ok(sb_set_user(cfg, 1000, 1000)); /* of commands; the box's user is what it was opened with */
	fx_ok(sb_set_user(other, 7, 8));
	fx_ok(sb_add_cap(other, "chown"));
	DONE(sb_box_mkdir(box, "/work/all", 01777, &err));
	shell(box, cfg, "cd /work/all; mkdir d; echo mine > d/f; chmod 0 d/f d");
	shell(box, other, "cd /work/all; mkdir e; echo theirs > e/f; chmod 0 e/f e; touch t; chmod 1700 .  2> /dev/null || true");
	HAS(box, "/work/all/d/f", "mine\n");
	HAS(box, "/work/all/e/f", "theirs\n");
	DONE(sb_box_put(box, "/work/all/e/g", "x", 1, 0644, &err));
	shell(box, other, "chmod 755 /work/all/e; test $(stat -c %u:%g /work/all/e/g /work/all/e/f | tr '\\n' ' ' | tr ' ' ,) = 5:6,7:8,");
	DONE(sb_box_remove(box, "/work/all", &err));
	assert_int_equal(sb_box_list(box, "/work", NULL, 0, NULL), 0);
	shell(box, cfg, "true"); /* sb-init is who it was: it still starts commands, as whom it should */
	shell(box, other, "test $(id -u) = 7");
	sb_config_free(other);
	end();
}

static void ids_of_a_map(void **state)
{
	(void)state;
	cfg = work_config();
	fx_ok(sb_add_idmap(cfg, SB_ID_USER | SB_ID_GROUP, 0, 300000, 65536));
	fx_ok(sb_set_user(cfg, 5, 6));
	of_several_ids();
}

static void ids_by_newuidmap(void **state)
{
	(void)state;
	cfg = work_config();
	fx_ok(sb_set_idmap_auto(cfg));
	fx_ok(sb_set_user(cfg, 5, 6));
	of_several_ids();
}

static void without_a_user_namespace(void **state)
{
	(void)state;
	cfg = work_config();
	fx_ok(sb_set_ns(cfg, SB_NS_ALL & ~SB_NS_USER));
	fx_ok(sb_set_user(cfg, 5, 6));
	of_several_ids();
}

/* Nothing but files: no namespace, so the present root, and no capabilities for an ordinary user. */
static void without_any_namespace(void **state)
{
	const char *dir = fx_mkdir("plain");
	char path[4200];

	(void)state;
	chmod(dir, 0777);
	cfg = sb_config_new();
	fx_ok(sb_set_ns(cfg, 0));
	fx_ok(sb_set_env(cfg, (const char *const[]){"PATH=/usr/bin:/bin", NULL}));
	fx_ok(sb_set_command(cfg, "/bin/true", NULL));
	fx_ok(sb_set_cwd(cfg, dir));
	box = open_with(cfg);
	snprintf(path, sizeof(path), "%s/t", dir);
	shell(box, cfg, "mkdir -p t/a/b/c; echo x > t/a/b/f; chmod 0500 t/a/b; chmod 0 t/a t");
	DONE(sb_box_remove(box, path, &err));
	DONE(sb_box_put(box, path, "x", 1, 0600, &err));
	HAS(box, path, "x");
	end();
}

static void while_it_runs(void **state)
{
	sb_proc *proc;
	sb_result res = SB_INIT(sb_result);
	int in[2];

	(void)state;
	begin();
	fx_ok(pipe2(in, O_CLOEXEC));
	fx_ok(sb_set_fd(cfg, 0, in[0]));
	fx_ok(sb_set_command(cfg, "/bin/sh", (const char *const[]){"sh", "-c", "read x; test \"$(cat /work/a)\" = now", NULL}));
	proc = start_in(box, cfg);
	close(in[0]);
	DONE(sb_box_put(box, "/work/a", "now", 3, 0600, &err));
	assert_int_equal(write(in[1], "\n", 1), 1);
	close(in[1]);
	fx_wait(proc, &res);
	assert_int_equal(res.code, 0);
	fx_ok(sb_set_fd(cfg, 0, -1));
	fx_command(cfg, "pause");
	proc = start_in(box, cfg);
	fx_ok(sb_proc_signal(proc, SIGSTOP));
	HAS(box, "/work/a", "now");
	DONE(sb_box_remove(box, "/work/a", &err));
	sb_proc_free(proc);
	end();
}

static void after_its_end(void **state)
{
	sb_dirent entry = SB_INIT(sb_dirent);
	void *data;

	(void)state;
	begin();
	fx_ok(sb_box_kill(box));
	REFUSED(ESRCH, "put /work/a: the sandbox is gone", "", sb_box_put(box, "/work/a", "x", 1, 0600, &err));
	REFUSED(ESRCH, "gone", "", sb_box_get(box, "/work/a", 1, &data, NULL, &err));
	REFUSED(ESRCH, "gone", "", sb_box_open_file(box, "/work/a", O_RDONLY, 0, &err));
	REFUSED(ESRCH, "gone", "", sb_box_mkdir(box, "/work/a", 0700, &err));
	REFUSED(ESRCH, "gone", "", sb_box_list(box, "/work", &entry, 1, &err));
	REFUSED(ESRCH, "gone", "", sb_box_remove(box, "/work/a", &err));
	end();
}

static void *work(void *arg)
{
	char path[40], text[20];
	void *data;
	size_t len;
	long bad = 0;

	for (int i = 0; i < 100; i++) {
		snprintf(path, sizeof(path), "/work/%ld-%d", (long)(intptr_t)arg, i);
		snprintf(text, sizeof(text), "%d", i);
		data = NULL;
		bad += sb_box_put(box, path, text, strlen(text), 0600, NULL) != 0;
		bad += sb_box_get(box, path, 100, &data, &len, NULL) != 0 || strcmp(data, text) != 0;
		bad += sb_box_list(box, "/work", NULL, 0, NULL) < 1;
		bad += sb_box_remove(box, path, NULL) != 0;
		free(data);
	}
	return (void *)bad;
}

static void four_threads_and_commands(void **state)
{
	pthread_t threads[4];
	void *bad;

	(void)state;
	begin();
	for (intptr_t i = 0; i < 4; i++)
		fx_ok(pthread_create(&threads[i], NULL, work, (void *)i));
	for (int i = 0; i < 20; i++)
		shell(box, cfg, "true");
	for (int i = 0; i < 4; i++) {
		fx_ok(pthread_join(threads[i], &bad));
		assert_null(bad);
	}
	assert_int_equal(sb_box_list(box, "/work", NULL, 0, NULL), 0);
	end();
}

/* With every number of descriptors that is too small: an error that says so, and none lost. */
static const char *few_descriptors(void)
{
	struct rlimit old, limit;
	sb_error err = SB_INIT(sb_error);
	int low, spare, r = -1, tries = 0;

	begin();
	if (sb_box_put(box, "/work/a", "x", 1, 0600, NULL) < 0)
		return "put";
	getrlimit(RLIMIT_NOFILE, &old);
	low = dup(0);
	close(low);
	for (spare = 0; spare < 12 && r < 0; spare++) {
		void *data = NULL;

		limit = old;
		limit.rlim_cur = (rlim_t)(low + spare);
		setrlimit(RLIMIT_NOFILE, &limit);
		err = (sb_error)SB_INIT(sb_error);
		r = sb_box_get(box, "/work/a", 1, &data, NULL, &err);
		setrlimit(RLIMIT_NOFILE, &old);
		free(data);
		if (r < 0 && (r != -EMFILE || !strstr(err.hint, "RLIMIT_NOFILE")))
			return "another error";
		tries += r < 0;
		if (dup(0) != low)
			return "a descriptor was lost";
		close(low);
	}
	if (r < 0 || tries < 3)
		return "no success, or too early";
	end();
	return NULL;
}

static void scarce_descriptors(void **state)
{
	(void)state;
	fx_in_child(few_descriptors);
}

/* The box has no numbers left: sb-init's own limit. */
static const char *few_in_the_box(void)
{
	struct rlimit old, limit;
	sb_error err = SB_INIT(sb_error);
	int r = -1, failed = 0;

	getrlimit(RLIMIT_NOFILE, &old);
	begin();
	for (rlim_t n = 4; n < 40 && r < 0; n++) {
		limit = (struct rlimit){n, old.rlim_max};
		if (prlimit(sb_box_pid(box), RLIMIT_NOFILE, &limit, NULL) < 0) {
			end();
			return "skip: prlimit of sb-init is not allowed";
		}
		err = (sb_error)SB_INIT(sb_error);
		r = sb_box_put(box, "/work/a", "x", 1, 0600, &err);
		failed += r < 0;
		if (r < 0 && r != -EMFILE)
			return strdup(err.message);
	}
	if (r < 0 || !failed)
		return "no success, or too early";
	prlimit(sb_box_pid(box), RLIMIT_NOFILE, &old, NULL);
	end();
	return NULL;
}

static void scarce_descriptors_inside(void **state)
{
	(void)state;
	fx_in_child(few_in_the_box);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(put_and_get), FX_TEST(modes_are_as_given), FX_TEST(sizes), FX_TEST(by_descriptor), FX_TEST(nobody_reads),
		FX_TEST(open_flags), FX_TEST(arguments), FX_TEST(full), FX_TEST(file_size_limit), FX_TEST(lists),
		FX_TEST(entries_of_another_size), FX_TEST(many_files), FX_TEST(removing), FX_TEST(undeletable), FX_TEST(deep),
		FX_TEST(wide_and_deep), FX_TEST(mounts_in_a_tree), FX_TEST_IF("overlay", trees_of_an_overlay), FX_TEST(host_directory),
		FX_TEST_IF("root", files_of_the_hosts_root), FX_TEST_IF("root", ids_of_a_map), FX_TEST_IF("newuidmap", ids_by_newuidmap),
		FX_TEST_IF("root", without_a_user_namespace), FX_TEST_IF("user", without_any_namespace),
		FX_TEST(while_it_runs), FX_TEST(after_its_end), FX_TEST(four_threads_and_commands), FX_TEST(scarce_descriptors),
		FX_TEST(scarce_descriptors_inside),
	};

	fx_begin();
	return cmocka_run_group_tests_name("files", tests, NULL, NULL);
}
