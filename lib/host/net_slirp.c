/* SPDX-License-Identifier: MIT */
/* Where the socket lies by which slirp4netns is asked for ports. */
#include "net_slirp.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/auto.h"
#include "error.h"

#define PLACE "/tmp"
#define NAME "sandbox-slirp-"

static int open_dir(int at, const char *path)
{
	return openat(at, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static int lock(int dir)
{
	return flock(dir, LOCK_EX | LOCK_NB) < 0 ? -errno : 0;
}

int sbi_slirp_socket_make(struct sbi_slirp_socket *sock, sb_error *err)
{
	int code;

	strcpy(sock->path, PLACE "/" NAME "XXXXXX");
	if (mkdtemp(sock->path)) {
		sock->dir = open_dir(AT_FDCWD, sock->path);
		if (sock->dir >= 0 && lock(sock->dir) == 0)
			return 0;
		code = errno;
		sbi_close_fd(&sock->dir);
		rmdir(sock->path);
	} else {
		code = errno;
	}
	sock->path[0] = '\0';
	return sbi_fail(err, SB_STEP_OUTLET, 0, code,
			"a directory in " PLACE " for the socket of slirp4netns: %s", strerror(code));
}

void sbi_slirp_socket_remove(struct sbi_slirp_socket *sock)
{
	if (!sock->path[0])
		return;
	unlinkat(sock->dir, "api", 0);
	rmdir(sock->path);
	sbi_close_fd(&sock->dir);
	sock->path[0] = '\0';
}

/* One that is being made, and not locked yet, is removed as well; its maker then fails, and is told so. */
static int collect(int place, const char *name)
{
	sbi_autoclose int dir = open_dir(place, name);
	struct stat st;

	if (dir < 0 || fstat(dir, &st) < 0 || st.st_uid != geteuid() || lock(dir) < 0)
		return 0;
	unlinkat(dir, "api", 0);
	return unlinkat(place, name, AT_REMOVEDIR) == 0;
}

int sbi_slirp_gc(void)
{
	struct dirent *entry;
	DIR *stream = opendir(PLACE);
	int count = 0;

	while (stream && (entry = readdir(stream)))
		if (!strncmp(entry->d_name, NAME, strlen(NAME)))
			count += collect(dirfd(stream), entry->d_name);
	if (stream)
		closedir(stream);
	return count;
}
