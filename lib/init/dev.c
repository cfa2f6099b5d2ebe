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

/* A bind of the host's node, where devices may not be made (any user namespace but the first). */
static int bind_node(int dev, const char *name, const char *path)
{
	int fd = (int)SYS(open_tree, AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	long r;

	if (fd < 0)
		return fd;
	r = SYS(mknodat, dev, name, S_IFREG | 0444, 0);
	if (r == 0)
		r = SYS(move_mount, fd, "", dev, name, MOVE_MOUNT_F_EMPTY_PATH);
	SYS(close, fd);
	return (int)r;
}

static int make_nodes(int dev)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(nodes) / sizeof(nodes[0]); i++) {
		r = (int)SYS(mknodat, dev, nodes[i].name, S_IFCHR | 0666, nodes[i].major << 8 | nodes[i].minor);
		if (r == -EPERM)
			r = bind_node(dev, nodes[i].name, nodes[i].path);
	}
	for (size_t i = 0; r == 0 && i < sizeof(links) / sizeof(links[0]); i++)
		r = (int)SYS(symlinkat, links[i].text, dev, links[i].name);
	return r;
}

static int mount_below(int dev, const char *name, uint32_t mode, const char *type, const char *const options[],
		       uint64_t attributes)
{
	int fd = new_fs(type, options, attributes);
	long r;

	if (fd < 0)
		return fd;
	r = SYS(mkdirat, dev, name, mode);
	if (r == 0)
		r = SYS(move_mount, fd, "", dev, name, MOVE_MOUNT_F_EMPTY_PATH);
	if (r == 0)
		remember_own(fd);
	SYS(close, fd);
	return (int)r;
}

/* DEV: text[1] target. */
int do_dev(struct run *run, const struct sbi_op *op)
{
	static const char *const dev_options[] = { "mode", "755", NULL };
	static const char *const shm_options[] = { "mode", "1777", NULL };
	static const char *const pts_options[] = { "mode", "620", "ptmxmode", "666", NULL };
	int target, dev, r;

	target = open_target(run, op_text(run, op->text[1]), 1, 0);
	if (target < 0)
		return target;
	dev = new_fs("tmpfs", dev_options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
	r = dev < 0 ? dev : mount_fd_on(dev, target);
	SYS(close, target);
	if (dev < 0)
		return dev;
	if (r == 0)
		r = make_nodes(dev);
	if (r == 0)
		r = mount_below(dev, "pts", 0755, "devpts", pts_options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
	if (r == 0)
		r = mount_below(dev, "shm", 01777, "tmpfs", shm_options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
	if (r == 0) /* a place for sb_add_mqueue(): the directory cannot be made later */
		r = (int)SYS(mkdirat, dev, "mqueue", 0755);
	if (r == 0)
		r = set_attributes(dev, MOUNT_ATTR_RDONLY, 0);
	SYS(close, dev);
	return r;
}
