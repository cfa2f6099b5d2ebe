// SPDX-License-Identifier: MIT
/*
 * What is left in file systems. /work is a tmpfs, /small one of 64 KiB, /over an overlay, /in/file
 * is the host's.
 */
#include "leftovers.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#define DEPTH 300

static int make(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0644);

	return fd < 0 ? -1 : close(fd);
}

static int plant_file(void) { return make("/work/left"); }
static int look_file(void) { return is_path("/work/left"); }

static int plant_in_root(void) { return make("/left"); }
static int look_in_root(void) { return is_path("/left"); }

static int plant_tree(void)
{
	if (mkdir("/work/deep", 0755) < 0 || chdir("/work/deep") < 0)
		return -1;
	for (int i = 0; i < DEPTH; i++)
		if (mkdir("a-directory-that-makes-the-path-long", 0755) < 0 ||
		    chdir("a-directory-that-makes-the-path-long") < 0)
			return -1;
	return make("leaf");
}
static int look_tree(void) { return is_path("/work/deep"); }

static int plant_shut(void)
{
	if (mkdir("/work/shut", 0755) < 0 || make("/work/shut/in") < 0)
		return -1;
	return chmod("/work/shut", 0);
}
static int look_shut(void) { return is_path("/work/shut"); }

static int hold_deleted(void)
{
	return open("/work/gone", O_RDWR | O_CREAT, 0600) < 0 ? -1 : unlink("/work/gone");
}
static int plant_deleted(void) { return stay(hold_deleted); }
static int look_deleted(void) { return is_held("/work/gone (deleted)"); }

static int sit(void)
{
	if (mkdir("/work/seat", 0755) < 0 || chdir("/work/seat") < 0 || open(".", O_PATH) < 0)
		return -1;
	return rmdir("/work/seat");
}
static int plant_seat(void) { return stay(sit); }
static int look_seat(void) { return is_held("/work/seat (deleted)"); }

static int plant_socket(void)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "/work/socket"};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	return fd < 0 ? -1 : bind(fd, (struct sockaddr *)&name, sizeof(name));
}
static int look_socket(void) { return is_path("/work/socket"); }

static int plant_fifo(void) { return mkfifo("/work/fifo", 0600); }
static int look_fifo(void) { return is_path("/work/fifo"); }

static int plant_link(void) { return symlink("/proc/1/root", "/work/link"); }
static int look_link(void) { return is_path("/work/link"); }

/* The one device node that everybody may make (5.8). */
static int plant_node(void) { return mknod("/work/node", S_IFCHR | 0600, makedev(0, 0)); }
static int look_node(void) { return is_path("/work/node"); }

static int plant_full(void)
{
	static char page[4096];
	int fd = open("/small/all", O_WRONLY | O_CREAT, 0600);

	if (fd < 0)
		return -1;
	while (write(fd, page, sizeof(page)) > 0)
		;
	return errno == ENOSPC ? 0 : -1;
}
static int look_full(void)
{
	int fd = open("/small/more", O_WRONLY | O_CREAT, 0600), full;

	if (fd < 0)
		return errno == ENOSPC ? 1 : -1;
	full = write(fd, "x", 1) < 0 && errno == ENOSPC;
	close(fd);
	unlink("/small/more");
	return full;
}

static int plant_over(void) { return make("/over/new"); }
static int look_over(void) { return is_path("/over/new"); }

static int plant_whiteout(void) { return unlink("/over/base"); }
static int look_whiteout(void) { return !is_path("/over/base"); }

static int plant_mode(void) { return chmod("/work", 0700); }
static int look_mode(void)
{
	struct stat st;

	return stat("/work", &st) < 0 ? -1 : (st.st_mode & 07777) == 0700;
}

/* On a file of the host, which is there afterwards as before. */
static int take_lock(void)
{
	int fd = open("/in/file", O_RDONLY);

	return fd < 0 ? -1 : flock(fd, LOCK_EX | LOCK_NB);
}
static int plant_flock(void) { return stay(take_lock); }
static int look_flock(void)
{
	int fd = open("/in/file", O_RDONLY);

	if (fd < 0)
		return -1;
	return flock(fd, LOCK_EX | LOCK_NB) == 0 ? 0 : errno == EWOULDBLOCK ? 1 : -1;
}

static int take_record(void)
{
	struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
	int fd = open("/in/file", O_RDONLY);

	return fd < 0 ? -1 : fcntl(fd, F_SETLK, &lock);
}
static int plant_record(void) { return stay(take_record); }
static int look_record(void)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int fd = open("/in/file", O_RDONLY);

	if (fd < 0 || fcntl(fd, F_GETLK, &lock) < 0)
		return -1;
	return lock.l_type != F_UNLCK;
}

static int take_lease(void)
{
	int fd = open("/work/leased", O_RDONLY | O_CREAT, 0600);

	return fd < 0 ? -1 : fcntl(fd, F_SETLEASE, F_RDLCK);
}
static int plant_lease(void) { return stay(take_lease); }
static int look_lease(void)
{
	return is_path("/work/leased") && open("/work/leased", O_WRONLY | O_NONBLOCK) < 0 &&
	       errno == EWOULDBLOCK;
}

static int plant_mount(void)
{
	if (mkdir("/work/mounted", 0755) < 0)
		return -1;
	return mount("none", "/work/mounted", "tmpfs", 0, "size=64k");
}
static int look_mount(void)
{
	char text[32768];
	int fd = open("/proc/self/mountinfo", O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (n < 0)
		return -1;
	text[n] = '\0';
	return strstr(text, " /work/mounted ") != NULL;
}

static int plant_hidden(void) { return mount("none", "/usr", "tmpfs", 0, NULL); }
static int look_hidden(void) { return !is_path("/usr/bin"); }

static int plant_nothing(void) { return 0; } /* the caller has put it there */
static int look_put(void) { return is_path("/work/put"); }

const struct leftover file_leftovers[] = {
	{"file", plant_file, look_file},
	{"file-in-root", plant_in_root, look_in_root},
	{"deep-tree", plant_tree, look_tree},
	{"shut-directory", plant_shut, look_shut},
	{"deleted-file", plant_deleted, look_deleted},
	{"deleted-cwd", plant_seat, look_seat},
	{"socket-file", plant_socket, look_socket},
	{"fifo", plant_fifo, look_fifo},
	{"symlink", plant_link, look_link},
	{"device-node", plant_node, look_node},
	{"full-tmpfs", plant_full, look_full},
	{"overlay-file", plant_over, look_over},
	{"overlay-whiteout", plant_whiteout, look_whiteout},
	{"mode-of-tmpfs", plant_mode, look_mode},
	{"flock", plant_flock, look_flock},
	{"record-lock", plant_record, look_record},
	{"lease", plant_lease, look_lease},
	{"mount", plant_mount, look_mount},
	{"mount-over", plant_hidden, look_hidden},
	{"put-by-the-caller", plant_nothing, look_put},
	{NULL, NULL, NULL},
};
