/* SPDX-License-Identifier: MIT */
/* Pinning: the file of a namespace, bound onto a path of the host, and released again. */
#include "pin.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/stat.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "error.h"

static const char *const files[SBI_NS_KINDS] = { "user", "pid", "mnt", "net", "ipc", "uts", "cgroup", "time" };

static int pin_fail(sb_error *err, uint32_t index, const struct sbi_pin *pin, const char *what)
{
	int code = errno;

	sbi_fail(err, SB_STEP_PIN, index, code, "pin %s namespace on %s: %s: %s",
		 sbi_ns_name(sbi_ns_number(pin->kind)), pin->path, what, strerror(code));
	if (code == EPERM || code == EACCES)
		sbi_hint(err, "pinning mounts on the host: it needs CAP_SYS_ADMIN there");
	if (code == EINVAL && pin->kind == SB_NS_MOUNT)
		sbi_hint(err,
			 "the kernel refuses to bind a mount namespace that it takes for older than this process's own; "
			 "6.18 can be wrong about that for one made moments ago: pin from an older mount namespace");
	return -code;
}

/*
 * A mount namespace cannot be bound where the bind would propagate into it: a
 * file bound to itself and made private gives it a parent that does not propagate.
 */
static int make_private(const char *path)
{
	if (mount(path, path, NULL, MS_BIND, NULL) < 0)
		return -1;
	if (mount(NULL, path, NULL, MS_PRIVATE, NULL) == 0)
		return 0;
	umount2(path, MNT_DETACH);
	return -1;
}

static int pin_one(const struct sbi_pin *pin, uint32_t index, pid_t pid, sb_error *err)
{
	char from[64];
	int fd = open(pin->path, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0444),
	    created = fd >= 0;
	int private_first = pin->kind == SB_NS_MOUNT;

	if (fd < 0 && errno != EEXIST)
		return pin_fail(err, index, pin, "file");
	if (fd >= 0)
		close(fd);
	snprintf(from, sizeof(from), "/proc/%d/ns/%s", pid, files[sbi_ns_number(pin->kind)]);
	if (!private_first || make_private(pin->path) == 0) {
		if (mount(from, pin->path, NULL, MS_BIND, NULL) == 0)
			return 0;
		pin_fail(err, index, pin, "bind");
		if (private_first)
			umount2(pin->path, MNT_DETACH);
	} else {
		pin_fail(err, index, pin, "private bind");
	}
	if (created)
		unlink(pin->path);
	return err ? -err->code : -EPERM;
}

int sbi_pin_all(const sb_config *cfg, pid_t pid, sb_error *err)
{
	sb_error own = SB_INIT(sb_error), *used = err ? err : &own;

	for (uint32_t i = 0; i < cfg->pin_count; i++) {
		int r = pin_one(&cfg->pins[i], i, pid, used);

		if (r < 0) {
			sbi_pin_undo(cfg, i);
			return r;
		}
	}
	return 0;
}

void sbi_pin_undo(const sb_config *cfg, uint32_t count)
{
	while (count--)
		sb_unpin(cfg->pins[count].path, NULL);
}

static int is_mount_point(const char *path)
{
	struct statx st;

	return statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_TYPE, &st) == 0 &&
	       (st.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

int sb_unpin(const char *path, sb_error *err)
{
	struct statfs fs;

	if (!path || !path[0])
		return sbi_fail(err, SB_STEP_PIN, 0, EINVAL, "sb_unpin: no path given");
	if (statfs(path, &fs) < 0)
		return sbi_fail(err, SB_STEP_PIN, 0, errno, "%s: %s", path, strerror(errno));
	if (fs.f_type != NSFS_MAGIC)
		return sbi_fail(err, SB_STEP_PIN, 0, EINVAL, "%s: no namespace is pinned there", path);
	if (umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) < 0)
		return sbi_fail(err, SB_STEP_PIN, 0, errno, "release %s: %s", path, strerror(errno));
	if (is_mount_point(path)) /* the private bind below a pinned mount namespace */
		umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW);
	if (unlink(path) < 0 && errno != ENOENT)
		return sbi_fail(err, SB_STEP_PIN, 0, errno, "remove %s: %s", path, strerror(errno));
	return 0;
}
