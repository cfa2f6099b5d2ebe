/* SPDX-License-Identifier: MIT */
/* The file system: what the root is, and what is mounted or made in it, in order. */
#include "config_internal.h"

#include <sandbox/cgroup.h>

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_MOUNTS 512
#define MAX_LOWER 64
#define BIND_FLAGS \
	(SB_MOUNT_RO | SB_MOUNT_NOEXEC | SB_MOUNT_DEV | SB_MOUNT_SUID | SB_MOUNT_RECURSIVE | \
	 SB_MOUNT_OPTIONAL | SB_MOUNT_IDMAP)
#define ROOT_FLAGS \
	(SB_MOUNT_RO | SB_MOUNT_NOEXEC | SB_MOUNT_DEV | SB_MOUNT_SUID | SB_MOUNT_IDMAP | SB_ROOT_OVERLAY)
#define PROC_FLAGS (SB_PROC_SUBSET_PID | SB_PROC_HIDEPID | SB_PROC_WRITABLE)

static int check_outside(sb_config *cfg, const char *setter, const char *path)
{
	if (!path || !path[0])
		return sbi_cfg_fail(cfg, EINVAL, "%s: no path of the host given", setter);
	if (strlen(path) >= PATH_MAX)
		return sbi_cfg_fail(cfg, ENAMETOOLONG, "%s: the path \"%.60s…\" is longer than %d bytes",
				    setter, path, PATH_MAX - 1);
	return 0;
}

/* Append a copy of @m, whose strings are the caller's. */
static int add(sb_config *cfg, const char *setter, const struct sbi_mount *m)
{
	struct sbi_mount *slot;
	int r;

	if (!cfg)
		return -EINVAL;
	r = sbi_cfg_inside(cfg, setter, m->target);
	if (r < 0)
		return r;
	if (m->target[strspn(m->target, "/")] == '\0')
		return sbi_cfg_fail(cfg, EINVAL, "%s: the root itself is not a target: see sb_set_rootfs()",
				    setter);
	if (m->mode > 07777)
		return sbi_cfg_fail(cfg, EINVAL, "%s: %.80s: mode 0%o is more than 07777", setter, m->target,
				    m->mode);
	if (cfg->mount_count == MAX_MOUNTS)
		return sbi_cfg_fail(cfg, E2BIG, "%s: more than %d mounts", setter, MAX_MOUNTS);
	slot = sbi_cfg_grow(cfg, &cfg->mounts, cfg->mount_count, sizeof(*slot));
	if (!slot)
		return -ENOMEM;
	if (sbi_mount_copy(slot, m) < 0) {
		sbi_mount_clear(slot);
		return sbi_cfg_fail(cfg, ENOMEM, "not enough memory for the configuration");
	}
	cfg->mount_count++;
	return 0;
}

int sb_set_rootfs(sb_config *cfg, const char *dir, uint64_t flags)
{
	int r;

	if (!cfg)
		return -EINVAL;
	if (flags & ~ROOT_FLAGS)
		return sbi_cfg_fail(cfg, EINVAL, "sb_set_rootfs: unknown flags 0x%llx",
				    (unsigned long long)(flags & ~ROOT_FLAGS));
	if ((flags & SB_MOUNT_RO) && (flags & SB_ROOT_OVERLAY))
		return sbi_cfg_fail(cfg, EINVAL, "sb_set_rootfs: RO and OVERLAY contradict each other");
	if ((flags & SB_MOUNT_IDMAP) && (flags & SB_ROOT_OVERLAY))
		return sbi_cfg_fail(cfg, EINVAL, "sb_set_rootfs: IDMAP and OVERLAY cannot be had together");
	if (!dir && flags)
		return sbi_cfg_fail(cfg, EINVAL, "sb_set_rootfs: flags without a directory");
	if (dir) {
		r = check_outside(cfg, "sb_set_rootfs", dir);
		if (r < 0)
			return r;
	}
	free(cfg->root_lower);
	cfg->root_lower = NULL;
	cfg->rootfs_flags = flags;
	return sbi_cfg_string(cfg, &cfg->rootfs, dir);
}

static int check_overlay(sb_config *cfg, const char *setter, const char *const lower[], const char *upper,
			 const char *work)
{
	size_t count = 0;
	int r = 0;

	if (!lower || !lower[0])
		return sbi_cfg_fail(cfg, EINVAL, "%s: no lower directory given", setter);
	for (; r == 0 && lower[count]; count++)
		r = check_outside(cfg, setter, lower[count]);
	if (r == 0 && count > MAX_LOWER)
		return sbi_cfg_fail(cfg, E2BIG, "%s: %zu lower directories, more than %d", setter, count,
				    MAX_LOWER);
	if (r == 0 && !upper != !work)
		return sbi_cfg_fail(cfg, EINVAL, "%s: upper and work directory go together", setter);
	if (r == 0 && upper)
		r = check_outside(cfg, setter, upper);
	if (r == 0 && work)
		r = check_outside(cfg, setter, work);
	return r;
}

int sb_set_rootfs_overlay(sb_config *cfg, const char *const lower[], const char *upper, const char *work)
{
	char **copy;
	int r;

	if (!cfg)
		return -EINVAL;
	r = check_overlay(cfg, "sb_set_rootfs_overlay", lower, upper, work);
	if (r < 0)
		return r;
	copy = sbi_strv_copy(lower);
	if (!copy)
		return sbi_cfg_fail(cfg, ENOMEM, "not enough memory for the configuration");
	r = sb_set_rootfs(cfg, NULL, 0);
	cfg->root_lower = copy;
	if (r == 0)
		r = sbi_cfg_string(cfg, &cfg->root_upper, upper);
	if (r == 0)
		r = sbi_cfg_string(cfg, &cfg->root_work, work);
	return r;
}

int sb_add_bind(sb_config *cfg, const char *source, const char *target, uint64_t flags)
{
	struct sbi_mount m = {
		.step = SB_STEP_BIND, .source = (char *)source, .target = (char *)target, .flags = flags
	};
	int r;

	if (!cfg)
		return -EINVAL;
	r = check_outside(cfg, "sb_add_bind", source);
	if (r < 0)
		return r;
	if (flags & ~BIND_FLAGS)
		return sbi_cfg_fail(cfg, EINVAL, "sb_add_bind: unknown flags 0x%llx",
				    (unsigned long long)(flags & ~BIND_FLAGS));
	return add(cfg, "sb_add_bind", &m);
}

int sb_add_system_dirs(sb_config *cfg)
{
	static const char *const dirs[] = { "/usr",   "/bin",    "/sbin", "/lib",
					    "/lib32", "/lib64",  "/libx32", "/etc/alternatives",
					    "/etc/ld.so.cache" };
	char link[PATH_MAX];
	struct stat st;
	ssize_t len;
	int r = cfg ? 0 : -EINVAL;

	for (size_t i = 0; r == 0 && i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		if (lstat(dirs[i], &st) < 0)
			continue;
		if (!S_ISLNK(st.st_mode)) {
			r = sb_add_bind(cfg, dirs[i], dirs[i], SB_MOUNT_RO | SB_MOUNT_RECURSIVE);
			if (r == 0)
				cfg->mounts[cfg->mount_count - 1].type = st.st_mode & S_IFMT;
			continue;
		}
		len = readlink(dirs[i], link, sizeof(link) - 1);
		if (len < 0)
			continue;
		link[len] = '\0';
		r = sb_add_symlink(cfg, link, dirs[i]);
	}
	return r;
}

int sb_add_tmpfs(sb_config *cfg, const char *target, uint64_t bytes, uint64_t inodes, uint32_t mode)
{
	struct sbi_mount m = { .step = SB_STEP_TMPFS,
			       .target = (char *)target,
			       .bytes = bytes,
			       .inodes = inodes,
			       .mode = mode };

	return add(cfg, "sb_add_tmpfs", &m);
}

int sb_add_proc(sb_config *cfg, const char *target, uint64_t flags)
{
	struct sbi_mount m = { .step = SB_STEP_PROC, .target = (char *)target, .flags = flags };

	if (cfg && (flags & ~PROC_FLAGS))
		return sbi_cfg_fail(cfg, EINVAL, "sb_add_proc: unknown flags 0x%llx",
				    (unsigned long long)(flags & ~PROC_FLAGS));
	return add(cfg, "sb_add_proc", &m);
}

int sb_add_dev(sb_config *cfg, const char *target)
{
	struct sbi_mount m = { .step = SB_STEP_DEV, .target = (char *)target };

	return add(cfg, "sb_add_dev", &m);
}

int sb_add_mqueue(sb_config *cfg, const char *target)
{
	struct sbi_mount m = { .step = SB_STEP_MQUEUE, .target = (char *)target };

	return add(cfg, "sb_add_mqueue", &m);
}

int sb_add_sysfs(sb_config *cfg, const char *target)
{
	struct sbi_mount m = { .step = SB_STEP_SYSFS, .target = (char *)target };

	return add(cfg, "sb_add_sysfs", &m);
}

int sb_add_cgroupfs(sb_config *cfg, const char *target, uint64_t flags)
{
	struct sbi_mount m = { .step = SB_STEP_CGROUPFS, .target = (char *)target, .flags = flags };

	if (cfg && (flags & ~SB_MOUNT_RO))
		return sbi_cfg_fail(cfg, EINVAL, "sb_add_cgroupfs: unknown flags 0x%llx",
				    (unsigned long long)(flags & ~SB_MOUNT_RO));
	return add(cfg, "sb_add_cgroupfs", &m);
}

int sb_add_overlay(sb_config *cfg, const char *target, const char *const lower[], const char *upper,
		   const char *work)
{
	struct sbi_mount m = { .step = SB_STEP_OVERLAY,
			       .target = (char *)target,
			       .list = (char **)lower,
			       .source = (char *)upper,
			       .work = (char *)work };
	int r;

	if (!cfg)
		return -EINVAL;
	r = check_overlay(cfg, "sb_add_overlay", lower, upper, work);
	return r < 0 ? r : add(cfg, "sb_add_overlay", &m);
}

int sb_set_overlay_reset(sb_config *cfg, int allow)
{
	return cfg ? sbi_cfg_switch(cfg, "sb_set_overlay_reset", &cfg->overlay_reset, allow) : -EINVAL;
}

int sb_add_file(sb_config *cfg, const char *target, const void *data, size_t len, uint32_t mode)
{
	struct sbi_mount m = {
		.step = SB_STEP_FILE, .target = (char *)target, .data = (void *)data, .len = len, .mode = mode
	};
	int r;

	if (!cfg)
		return -EINVAL;
	if (len && !data)
		return sbi_cfg_fail(cfg, EINVAL, "sb_add_file: no content given");
	if (len > SBI_MAX_FILES - cfg->file_bytes)
		return sbi_cfg_fail(cfg, E2BIG, "sb_add_file: more than %u bytes of files", SBI_MAX_FILES);
	r = add(cfg, "sb_add_file", &m);
	if (r == 0)
		cfg->file_bytes += len;
	return r;
}

int sb_add_symlink(sb_config *cfg, const char *text, const char *target)
{
	struct sbi_mount m = { .step = SB_STEP_SYMLINK, .source = (char *)text, .target = (char *)target };

	if (!cfg)
		return -EINVAL;
	if (!text || !text[0])
		return sbi_cfg_fail(cfg, EINVAL, "sb_add_symlink: no text given");
	if (strlen(text) >= PATH_MAX)
		return sbi_cfg_fail(cfg, ENAMETOOLONG, "sb_add_symlink: the text is longer than %d bytes",
				    PATH_MAX - 1);
	return add(cfg, "sb_add_symlink", &m);
}

int sb_add_dir(sb_config *cfg, const char *target, uint32_t mode)
{
	struct sbi_mount m = { .step = SB_STEP_DIR, .target = (char *)target, .mode = mode };

	return add(cfg, "sb_add_dir", &m);
}

int sb_add_mask(sb_config *cfg, const char *path)
{
	struct sbi_mount m = { .step = SB_STEP_MASK, .target = (char *)path };

	return add(cfg, "sb_add_mask", &m);
}

int sb_add_readonly(sb_config *cfg, const char *path)
{
	struct sbi_mount m = { .step = SB_STEP_READONLY, .target = (char *)path };

	return add(cfg, "sb_add_readonly", &m);
}
