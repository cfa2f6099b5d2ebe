// SPDX-License-Identifier: MIT
/* What `inside` says about, and does to, files and mounts. */
#include "inside.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#define answer(verb, arg, ok) say(verb " %s=%s\n", arg, (ok) ? "ok" : strerrorname_np(errno))

static void do_cat(const char *path)
{
	char buf[16384];
	ssize_t n;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		say("cat %s=%s\n", path, strerrorname_np(errno));
		return;
	}
	say("cat %s=", path);
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		if (write(1, buf, (size_t)n) != n)
			break;
	say("\n");
	close(fd);
}

/* "write=PATH": creates or truncates it, and writes a word. */
static void do_write(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	answer("write", path, fd >= 0 && write(fd, "inside", 6) == 6);
	if (fd >= 0)
		close(fd);
}

/* "fill=PATH": how many bytes go in until the file system is full (at most 256 MiB). */
static void do_fill(const char *path)
{
	static char block[65536];
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	long total = 0;
	ssize_t n;

	while (fd >= 0 && total < 1L << 28 && (n = write(fd, block, sizeof(block))) > 0)
		total += n;
	say("fill %s=%ld\n", path, total);
	if (fd >= 0)
		close(fd);
}

/* "many=DIR": how many files can be made there, at most 10,000. */
static void do_many(const char *dir)
{
	char path[4200];
	int fd, n;

	for (n = 0; n < 10000; n++) {
		snprintf(path, sizeof(path), "%s/%d", dir, n);
		fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		if (fd < 0)
			break;
		close(fd);
	}
	say("many %s=%d\n", dir, n);
}

static void do_stat(const char *path)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		say("stat %s=%s\n", path, strerrorname_np(errno));
	else
		say("stat %s=%06o %u:%u %lld %u:%u\n", path, st.st_mode, st.st_uid, st.st_gid,
		    (long long)st.st_size, major_of(st.st_rdev), minor_of(st.st_rdev));
}

static void do_fs(const char *path)
{
	struct statvfs v;
	struct statfs f;

	if (statvfs(path, &v) < 0 || statfs(path, &f) < 0) {
		say("fs %s=%s\n", path, strerrorname_np(errno));
		return;
	}
	say("fs %s=%#lx%s%s%s%s\n", path, (unsigned long)f.f_type, v.f_flag & ST_RDONLY ? " ro" : " rw",
	    v.f_flag & ST_NOSUID ? " nosuid" : "", v.f_flag & ST_NODEV ? " nodev" : "",
	    v.f_flag & ST_NOEXEC ? " noexec" : "");
	say("size %s=%llu %llu\n", path, (unsigned long long)v.f_blocks * v.f_frsize,
	    (unsigned long long)v.f_files);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void do_ls(const char *path)
{
	struct dirent **list;
	int i, shown = 0, n = scandir(path, &list, NULL, by_name);

	say("ls %s=", path);
	if (n < 0)
		say("%s", strerrorname_np(errno));
	for (i = 0; i < n; i++)
		if (strcmp(list[i]->d_name, ".") && strcmp(list[i]->d_name, ".."))
			say(shown++ ? " %s" : "%s", list[i]->d_name);
	say("\n");
}

static void do_link(const char *path)
{
	char to[4096];
	ssize_t n = readlink(path, to, sizeof(to));

	if (n < 0)
		say("link %s=%s\n", path, strerrorname_np(errno));
	else
		say("link %s=%.*s\n", path, (int)n, to);
}

static void do_mkdir(const char *path)
{
	answer("mkdir", path, mkdir(path, 0755) == 0);
}

static void do_unlink(const char *path)
{
	answer("unlink", path, unlink(path) == 0);
}

static void do_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	answer("open", path, fd >= 0);
	if (fd >= 0)
		close(fd);
}

static void do_mount(const char *path)
{
	answer("mount", path, mount("t", path, "tmpfs", 0, NULL) == 0);
}

static void do_umount(const char *path)
{
	answer("umount", path, umount2(path, MNT_DETACH) == 0);
}

static void do_remount(const char *path)
{
	answer("remount", path, mount("", path, NULL, MS_REMOUNT | MS_BIND, NULL) == 0);
}

static void do_chroot(const char *path)
{
	answer("chroot", path, chroot(path) == 0);
}

/* "run=PATH": executes it with its ids as argument. */
static void do_run(const char *path)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		execl(path, path, "ids", "caps", NULL);
		say("run %s=%s\n", path, strerrorname_np(errno));
		_exit(77);
	}
	waitpid(pid, &status, 0);
	say("ran %s=%d\n", path, status);
}

static void do_names(const char *arg)
{
	static const char *const names[] = {"user", "pid", "mnt", "net", "ipc", "uts", "cgroup", "time"};
	char path[64], to[64];
	ssize_t n;
	size_t i;

	(void)arg;
	for (i = 0; i < 8; i++) {
		snprintf(path, sizeof(path), "/proc/self/ns/%s", names[i]);
		n = readlink(path, to, sizeof(to) - 1);
		to[n < 0 ? 0 : n] = '\0';
		say("ns %s=%s\n", names[i], to);
	}
}

/* "needle=TEXT": looks for it in the environment and the command line of every process in /proc. */
static void do_needle(const char *text)
{
	static const char *const files[] = {"environ", "cmdline", "comm"};
	static char buf[1 << 17];
	int pid, seen = 0, found = 0, fd;
	char path[64];
	size_t i;
	ssize_t n;

	for (pid = 1; pid < 500; pid++) {
		for (i = 0; i < 3; i++) {
			snprintf(path, sizeof(path), "/proc/%d/%s", pid, files[i]);
			fd = open(path, O_RDONLY | O_CLOEXEC);
			if (fd < 0)
				continue;
			seen += i == 2;
			while (pid != getpid() && (n = read(fd, buf, sizeof(buf))) > 0)
				found += memmem(buf, (size_t)n, text, strlen(text)) != NULL;
			close(fd);
		}
	}
	say("seen=%d\nfound=%d\n", seen, found);
}

const struct verb file_verbs[] = {
	{"cat", do_cat},       {"write", do_write},     {"fill", do_fill},     {"many", do_many},
	{"stat", do_stat},     {"fs", do_fs},           {"ls", do_ls},         {"link", do_link},
	{"mkdir", do_mkdir},   {"unlink", do_unlink},   {"open", do_open},     {"mount", do_mount},
	{"umount", do_umount}, {"remount", do_remount}, {"chroot", do_chroot}, {"run", do_run},
	{"ns", do_names},      {"needle", do_needle},   {NULL, NULL},
};
