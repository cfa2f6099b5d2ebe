/* SPDX-License-Identifier: MIT */
/* Removing the cgroups of hosts that have died. */
#include <sandbox/cgroup.h>

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup_dir.h"
#include "cgroup_find.h"
#include "cgroup_self.h"
#include "common/auto.h"
#include "error.h"

/* "sb-PID-N" */
static int is_own_name(const char *name)
{
	if (strncmp(name, "sb-", 3) || !isdigit((unsigned char)name[3]))
		return 0;
	name += 3 + strspn(name + 3, "0123456789");
	return *name == '-' && name[1] && !name[1 + strspn(name + 1, "0123456789")];
}

/* 1 removed, 0 not ours to remove, -errno. */
static int collect(int parent, const char *name)
{
	sbi_autoclose int dir = -EBADF;
	int moved = sbi_self_is_name(name);
	struct stat st;

	if (!moved && !is_own_name(name))
		return 0;
	dir = sbi_cg_open(parent, name);
	if (dir < 0 || fstat(dir, &st) < 0 || (geteuid() && st.st_uid != geteuid()))
		return 0;
	if (flock(dir, LOCK_EX | LOCK_NB) < 0) /* its owner lives */
		return 0;
	/*
	 * Ours has a cgroup for sb-init. Who is in another one of that name, or in one we moved
	 * into, was not started by us.
	 */
	if (moved || faccessat(dir, "init/cgroup.procs", F_OK, 0) < 0) {
		return unlinkat(parent, name, AT_REMOVEDIR) == 0 && !moved;
	}
	return sbi_cg_remove(parent, name) < 0 ? -EBUSY : 1;
}

static int scan(const char *path, sb_error *err)
{
	sbi_autoclose int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int again = dir < 0 ? -1 : fcntl(dir, F_DUPFD_CLOEXEC, 3), count = 0, failed = 0, r;
	DIR *stream = again < 0 ? NULL : fdopendir(again);
	struct dirent *entry;

	if (!stream) {
		sbi_close_fd(&again);
		return sbi_fail(err, SB_STEP_CGROUP, 0, errno, "%.180s: %s", path, strerror(errno));
	}
	while ((entry = readdir(stream))) {
		r = entry->d_type == DT_DIR ? collect(dir, entry->d_name) : 0;
		count += r > 0;
		if (r < 0)
			failed = sbi_fail(err, SB_STEP_CGROUP, 0, -r,
					  "%.120s/%.60s, whose owner is dead, cannot be removed", path,
					  entry->d_name);
	}
	closedir(stream);
	return failed ? failed : count;
}

/* The candidates of the ladder that a spawn of ours could have used. */
static int scan_own(const struct sbi_cg_tree *tree, sb_error *err)
{
	char path[PATH_MAX];
	int r, above;

	if (!tree->own[0])
		return 0;
	snprintf(path, sizeof(path), "%s", tree->own);
	r = scan(path, err);
	if (r < 0 || strlen(path) <= strlen(tree->mount))
		return r;
	*strrchr(path, '/') = '\0';
	above = scan(path, err);
	return above < 0 ? above : r + above;
}

int sbi_cg_gc(const sb_config *cfg, sb_error *err)
{
	sbi_autofree struct sbi_cg_tree *tree = calloc(1, sizeof(*tree));
	int named = cfg && (cfg->cgroup_parent || cfg->cgroup_parent_fd >= 0);
	char path[PATH_MAX];
	int r;

	if (!tree)
		return sbi_fail(err, SB_STEP_CGROUP, 0, ENOMEM, "not enough memory");
	r = sbi_cg_tree_look(tree, named ? err : NULL);
	if (r == -ENOENT && !named) /* without cgroup v2 there is nothing of it to remove */
		return 0;
	if (r < 0)
		return named ? r
			     : sbi_fail(err, SB_STEP_CGROUP, 0, -r, "looking for cgroup v2: %s", strerror(-r));
	if (cfg && cfg->cgroup_parent_fd >= 0) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", cfg->cgroup_parent_fd);
		return scan(path, err);
	}
	if (!cfg || !cfg->cgroup_parent)
		return scan_own(tree, err);
	if (sbi_cg_path(tree, cfg->cgroup_parent, path, sizeof(path)) < 0)
		return sbi_fail(err, SB_STEP_CGROUP, 0, ENAMETOOLONG, "the path of the parent is too long");
	return scan(path, err);
}
