/* SPDX-License-Identifier: MIT */
/*
 * Walks over what a hostile command left: of any depth, with any modes and names.
 * Nothing is running in it any more. No link is followed, and the way up is
 * checked, so that the worst tree costs time and memory, never another file.
 */
#include "isolate.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct walk {
	/* For everything but directories, and for directories before their content. Return: 0, or -errno. */
	int (*enter)(const struct walk *walk, int dir, const char *name, const struct stat *st);
	/* For directories, after their content. */
	int (*leave)(int dir, const char *name);
	uid_t uid;
	gid_t gid;
	bool keep_special;
	int need;  /* to do with a directory what must be done: access(2) */
	int error; /* the first */
};

/* One directory on the way down: what is still to be entered in it. */
struct level {
	char **names;
	size_t count, at;
	dev_t dev;
	ino_t ino;
};

static void note(struct walk *walk, int r)
{
	if (r < 0 && walk->error == 0)
		walk->error = r;
}

/* An ordinary owner needs the permissions that root does not. Return: the descriptor, or -errno. */
static int open_dir(int dir, const char *name, int need)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 && errno == EACCES && fchmodat(dir, name, 0700, 0) == 0)
		fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	/* To be listed is not enough: "." is looked up in it. */
	if (fd >= 0 && faccessat(fd, ".", need, AT_EACCESS) < 0)
		fchmod(fd, 0700);
	return fd < 0 ? -errno : fd;
}

static void entry(struct walk *walk, struct level *level, int fd, const char *name)
{
	struct stat st;

	if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		note(walk, -errno);
		return;
	}
	note(walk, walk->enter(walk, fd, name, &st));
	if (!S_ISDIR(st.st_mode))
		return;
	level->names = must(reallocarray(level->names, level->count + 1, sizeof(*level->names)));
	level->names[level->count++] = must(strdup(name));
}

/* Everything in the directory @fd; its directories are left for later. */
static struct level list(struct walk *walk, int fd)
{
	struct level level = { .names = NULL };
	struct dirent *found;
	struct stat st;
	DIR *dir;

	if (fstat(fd, &st) == 0) {
		level.dev = st.st_dev;
		level.ino = st.st_ino;
	}
	dir = fdopendir(dup(fd));
	if (!dir) {
		note(walk, -errno);
		return level;
	}
	while ((found = readdir(dir)) != NULL)
		if (strcmp(found->d_name, ".") != 0 && strcmp(found->d_name, "..") != 0)
			entry(walk, &level, fd, found->d_name);
	closedir(dir);
	return level;
}

/* Return: a descriptor of the directory above, which must be @level's. */
static int go_up(int fd, const struct level *level)
{
	int up = openat(fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	if (up < 0 || fstat(up, &st) < 0 || st.st_dev != level->dev || st.st_ino != level->ino)
		die("the directory tree of the box changed while it was walked");
	close(fd);
	return up;
}

static void walk_below(struct walk *walk, int fd)
{
	struct level *levels = must(malloc(sizeof(*levels)));
	size_t depth = 1;

	levels[0] = list(walk, fd);
	while (depth > 0) {
		struct level *top = &levels[depth - 1];
		int below;

		if (top->at < top->count) {
			below = open_dir(fd, top->names[top->at], walk->need);
			if (below < 0) {
				note(walk, below);
				free(top->names[top->at++]);
				continue;
			}
			close(fd);
			fd = below;
			levels = must(reallocarray(levels, depth + 1, sizeof(*levels)));
			levels[depth++] = list(walk, fd);
			continue;
		}
		free(top->names);
		if (--depth == 0)
			break;
		top = &levels[depth - 1];
		fd = go_up(fd, top);
		if (walk->leave)
			note(walk, walk->leave(fd, top->names[top->at]));
		free(top->names[top->at++]);
	}
	close(fd);
	free(levels);
}

static int enter_remove(const struct walk *walk, int dir, const char *name, const struct stat *st)
{
	(void)walk;
	if (S_ISDIR(st->st_mode))
		return 0;
	return unlinkat(dir, name, 0) < 0 ? -errno : 0;
}

static int leave_remove(int dir, const char *name)
{
	return unlinkat(dir, name, AT_REMOVEDIR) < 0 ? -errno : 0;
}

int tree_remove(const char *path)
{
	struct walk walk = { .enter = enter_remove, .leave = leave_remove, .need = X_OK | W_OK };
	int fd = open_dir(AT_FDCWD, path, walk.need);

	if (fd == -ENOENT)
		return 0;
	if (fd < 0)
		return fd;
	walk_below(&walk, fd);
	if (rmdir(path) < 0)
		note(&walk, -errno);
	return walk.error;
}

/* Links, devices, FIFOs and sockets are traps for whoever fetches the output. */
static int enter_own(const struct walk *walk, int dir, const char *name, const struct stat *st)
{
	bool plain = S_ISREG(st->st_mode) || S_ISDIR(st->st_mode);

	if (!plain && !walk->keep_special) {
		if (unlinkat(dir, name, 0) == 0)
			return 0;
		if (errno != EACCES || fchmod(dir, 0700) < 0)
			return -errno;
		return unlinkat(dir, name, 0) < 0 ? -errno : 0;
	}
	if (st->st_uid == walk->uid && st->st_gid == walk->gid)
		return 0;
	/* The kernel takes set-user-ID bits of files away with it. */
	return fchownat(dir, name, walk->uid, walk->gid, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

int tree_own(const char *path, uid_t uid, gid_t gid, bool keep_special)
{
	struct walk walk = {
		.enter = enter_own, .uid = uid, .gid = gid, .keep_special = keep_special, .need = X_OK
	};
	int fd = open_dir(AT_FDCWD, path, walk.need);

	if (fd < 0)
		return fd;
	if (fchown(fd, uid, gid) < 0)
		note(&walk, -errno);
	walk_below(&walk, fd);
	return walk.error;
}
