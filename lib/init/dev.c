/* SPDX-License-Identifier: MIT */
/* A minimal /dev: six devices, links, a private pts and shm; itself read-only. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "init.h"

static const struct {
	const char *name, *path;
	uint32_t major, minor;
} nodes[] = {
	{ "null", "/dev/null", 1, 3 },     { "zero", "/dev/zero", 1, 5 },       { "full", "/dev/full", 1, 7 },
	{ "random", "/dev/random", 1, 8 }, { "urandom", "/dev/urandom", 1, 9 }, { "tty", "/dev/tty", 5, 0 },
};

static const struct {
	const char *text, *name;
} links[] = {
	{ "/proc/self/fd", "fd" },      { "/proc/self/fd/0", "stdin" }, { "/proc/self/fd/1", "stdout" },
	{ "/proc/self/fd/2", "stderr" }, { "pts/ptmx", "ptmx" },
};

#define NO_BIND (-1)
#define LATE (-2) /* it is bound when its place is attached */
#define NODES (sizeof(nodes) / sizeof(nodes[0]))

/* Where the present root is kept, we have made its mounts nodev. What was nodev before us stays so. */
static int open_node(const char *path, int kept)
{
	struct mount_attr attr = { .attr_clr = MOUNT_ATTR_NODEV };
	long fd = SYS(open_tree, AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	if (fd >= 0 && kept)
		SYS(mount_setattr, fd, "", AT_EMPTY_PATH, &attr, sizeof(attr));
	return (int)fd;
}

/*
 * Devices may be made in the first user namespace only (mknod(2)); elsewhere the
 * host's are bound, opened @early where our /dev may cover the host's.
 */
static int make_nodes(int dev, int *binds, int early, const char *random, uint64_t count)
{
	int r = random ? make_random(dev, random, count) : 0, refused = 0;

	for (size_t i = 0; r == 0 && i < NODES; i++) {
		if (random && nodes[i].major == 1 && nodes[i].minor >= 8) /* random, urandom */
			continue;
		if (!refused)
			r = (int)SYS(mknodat, dev, nodes[i].name, S_IFCHR | 0666,
				     nodes[i].major << 8 | nodes[i].minor);
		refused |= r == -EPERM;
		if (!refused)
			continue;
		binds[i] = early ? open_node(nodes[i].path, keeps_root()) : LATE;
		r = binds[i] < 0 && early ? binds[i]
					  : (int)SYS(mknodat, dev, nodes[i].name, S_IFREG | 0444, 0);
	}
	for (size_t i = 0; r == 0 && i < sizeof(links) / sizeof(links[0]); i++)
		r = (int)SYS(symlinkat, links[i].text, dev, links[i].name);
	return r;
}

/*
 * Onto the places made for them, now that these are attached (before 6.15 nothing can be mounted in
 * a detached tree).
 * @here: where that is from our working directory; NULL: it is elsewhere.
 */
static int bind_nodes(int dev, const char *here, int *binds, int r)
{
	for (size_t i = 0; i < NODES; i++) {
		if (binds[i] == NO_BIND ||
		    (here && binds[i] == LATE && bind_here(nodes[i].path, below(here, nodes[i].name)) == 0))
			continue;
		if (r == 0 && binds[i] == LATE) {
			binds[i] = open_node(nodes[i].path, 0);
			r = binds[i] < 0 ? binds[i] : 0;
		}
		if (r == 0)
			r = (int)SYS(move_mount, binds[i], "", dev, nodes[i].name, MOVE_MOUNT_F_EMPTY_PATH);
		done_with(binds[i]);
	}
	return r;
}

/* @here: as above, and nobody will ask whose this is. */
static int mount_below(const struct run *run, int dev, const char *here, const char *name, const char *type,
		       const char *data, const char *const options[], uint64_t attributes)
{
	int fd;
	long r = SYS(mkdirat, dev, name, 0755);

	if (r < 0 || (here && mount_here(type, below(here, name), type, attributes, data) == 0))
		return (int)r;
	fd = new_fs(type, options, attributes);
	if (fd < 0)
		return fd;
	r = SYS(move_mount, fd, "", dev, name, MOVE_MOUNT_F_EMPTY_PATH);
	if (r == 0)
		remember_own(run, fd);
	done_with(fd);
	return (int)r;
}

/* What is mounted in it, and a place for sb_add_mqueue(), which cannot be made later. */
static int furnish(const struct run *run, int dev, const char *here)
{
	static const char *const pts_options[] = { "mode", "620", "ptmxmode", "666", NULL };
	int r = mount_below(run, dev, here, "pts", "devpts", "mode=620,ptmxmode=666", pts_options,
			    MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);

	if (r == 0)
		r = mount_below(run, dev, here, "shm", "tmpfs", NULL, NULL, /* whose mode is 1777 */
				MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	if (r == 0)
		r = (int)SYS(mkdirat, dev, "mqueue", 0755);
	return r;
}

/* DEV: text[1] target; at text[2] arg[1] bytes, if random and urandom are to be files of them. */
int do_dev(struct run *run, const struct sbi_op *op)
{
	static const char *const options[] = { "mode", "755", NULL };
	const uint64_t attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC;
	int binds[NODES] = { NO_BIND, NO_BIND, NO_BIND, NO_BIND, NO_BIND, NO_BIND };
	int may = may_leave(run), early = !may || keeps_root(), dev, r, bound;
	const char *path = op_text(run, op->text[1]), *here = NULL;

	if (new_fs_at_place(run, path, "tmpfs", options, attributes))
		here = path;
	dev = here ? (int)SYS(openat, AT_FDCWD, path, O_PATH | O_DIRECTORY | O_CLOEXEC, 0) :
		     new_fs("tmpfs", options, attributes);
	r = dev < 0 ? dev : make_nodes(dev, binds, early, op_text(run, op->text[2]), op->arg[1]);
	if (r == 0 && !here)
		r = mount_on_directory(run, dev, path);
	if (r == 0 && !here && may && leave_root(dev) == 0)
		here = "";
	bound = bind_nodes(dev, here, binds, r);
	if (r == 0)
		r = bound;
	if (r == 0)
		r = furnish(run, dev, here);
	if (r == 0)
		r = set_attributes(dev, MOUNT_ATTR_RDONLY, 0);
	done_with(dev);
	return r;
}
