/* SPDX-License-Identifier: MIT */
/* The cgroup v2 tree: where it is mounted, where we are in it, which controllers are where. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "cgroup_dir.h"
#include "cgroup_find.h"
#include "cgroup_systemd.h"
#include "common/auto.h"
#include "config/cgroup_value.h"
#include "error.h"

#define SHORT 72 /* the end of a long path says more than its beginning */

/* mountinfo writes blanks and the like as \040 (proc(5)). */
static void unescape(char *text)
{
	char *to = text;

	for (const char *from = text; *from; to++) {
		unsigned code;

		if (from[0] == '\\' && sscanf(from + 1, "%3o", &code) == 1) {
			*to = (char)code;
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
}

static uint32_t controller(const char *name)
{
	for (int i = 0; i < SBI_CG_KINDS; i++)
		if (!strcmp(name, sbi_controller_name(i)) || (i == 2 && !strcmp(name, "blkio")))
			return UINT32_C(1) << i;
	return 0;
}

/* "0::/user.slice/…" is our place in v2; "4:memory:/…" a hierarchy of v1 with its controllers. */
static int read_own(struct sbi_cg_tree *tree, char *own, size_t len)
{
	sbi_autofree char *line = NULL;
	FILE *file = fopen("/proc/self/cgroup", "re");
	size_t room = 0;

	if (!file)
		return -errno;
	own[0] = '\0';
	while (getline(&line, &room, file) > 0) {
		char *save = NULL, *names = strchr(line, ':'), *path = names ? strchr(names + 1, ':') : NULL;

		line[strcspn(line, "\n")] = '\0';
		if (!path)
			continue;
		*path++ = '\0';
		if (!names[1])
			snprintf(own, len, "%s", path);
		for (char *name = strtok_r(names + 1, ",", &save); name; name = strtok_r(NULL, ",", &save))
			tree->v1 |= controller(name);
	}
	fclose(file);
	return 0;
}

/* What lies below @root of the hierarchy: "" and "/…", or NULL for what does not. */
static const char *below(const char *path, const char *root)
{
	size_t n = strcmp(root, "/") ? strlen(root) : 0;

	if (strncmp(path, root, n) || (path[n] && path[n] != '/') || !strncmp(path, "/..", 3))
		return NULL;
	return strcmp(path + n, "/") ? path + n : "";
}

int sbi_cg_tree_look(struct sbi_cg_tree *tree, sb_error *err)
{
	sbi_autofree char *line = NULL;
	char own[PATH_MAX], root[PATH_MAX], mount[PATH_MAX];
	const char *rest;
	size_t room = 0;
	FILE *file;
	int r;

	memset(tree, 0, sizeof(*tree));
	r = read_own(tree, own, sizeof(own));
	file = r < 0 ? NULL : fopen("/proc/self/mountinfo", "re");
	if (!file)
		return sbi_fail(err, SB_STEP_CGROUP, 0, r < 0 ? -r : errno,
				"/proc/self/cgroup and mountinfo: %s", strerror(r < 0 ? -r : errno));
	while (!tree->own[0] && getline(&line, &room, file) > 0) {
		char *type = strstr(line, " - ");

		if (!type || strncmp(type + 3, "cgroup2 ", 8) ||
		    sscanf(line, "%*s %*s %*s %4095s %4095s", root, mount) != 2)
			continue;
		unescape(root);
		unescape(mount);
		rest = below(own, root);
		if (!tree->mount[0] || rest)
			snprintf(tree->mount, sizeof(tree->mount), "%s", mount);
		if (rest &&
		    snprintf(tree->own, sizeof(tree->own), "%s%s", mount, rest) >= (int)sizeof(tree->own))
			tree->own[0] = '\0';
	}
	fclose(file);
	if (tree->mount[0])
		return 0;
	sbi_fail(err, SB_STEP_CGROUP, 0, ENOENT, "no cgroup v2 file system is mounted here");
	sbi_hint(err, tree->v1 ? "the machine uses cgroup v1: boot with systemd.unified_cgroup_hierarchy=1" :
				 "mount -t cgroup2 none /sys/fs/cgroup, or let the container have it");
	return -ENOENT;
}

int sbi_cg_path(const struct sbi_cg_tree *tree, const char *name, char *path, size_t len)
{
	size_t n = strlen(tree->mount);
	int inside = !strncmp(name, tree->mount, n) && (!name[n] || name[n] == '/');

	return snprintf(path, len, "%s%s", inside ? "" : tree->mount, name) >= (int)len ? -ENAMETOOLONG : 0;
}

const char *sbi_cg_short(const struct sbi_cg_tree *tree, const char *path)
{
	size_t n = strlen(tree->mount);

	if (!strncmp(path, tree->mount, n) && path[n] == '/')
		path += n;
	return strlen(path) > SHORT ? path + strlen(path) - SHORT : path;
}

static uint32_t controllers_in(int dir, const char *file)
{
	char text[512], *save = NULL;
	uint32_t found = 0;

	sbi_cg_read(dir, file, text, sizeof(text));
	for (char *name = strtok_r(text, " \n", &save); name; name = strtok_r(NULL, " \n", &save))
		found |= controller(name);
	return found;
}

uint32_t sbi_cg_enabled(int dir)
{
	return controllers_in(dir, "cgroup.subtree_control");
}

uint32_t sbi_cg_available(int dir)
{
	return controllers_in(dir, "cgroup.controllers");
}

/*
 * Asked before anything is enabled: the kernel lets cpu, cpuset and pids be
 * enabled in a cgroup with processes, but makes it the root of a threaded
 * subtree by that, whose children take no processes of their own.
 */
int sbi_cg_holds_processes(int dir)
{
	char text[16];

	return faccessat(dir, "cgroup.type", F_OK, 0) == 0 /* not the root cgroup */ &&
	       sbi_cg_read(dir, "cgroup.procs", text, sizeof(text)) > 0;
}

int sbi_cg_enable(int dir, uint32_t controllers, uint32_t *missing)
{
	uint32_t left = controllers & ~sbi_cg_enabled(dir);
	char word[24];
	int r;

	*missing = controllers;
	if (controllers && sbi_cg_holds_processes(dir))
		return -EBUSY;
	for (int i = 0; i < SBI_CG_KINDS; i++) {
		if (!(left & (UINT32_C(1) << i)))
			continue;
		snprintf(word, sizeof(word), "+%s", sbi_controller_name(i));
		r = sbi_cg_write(dir, "cgroup.subtree_control", word);
		if (r < 0) {
			*missing = UINT32_C(1) << i;
			return r;
		}
	}
	return 0;
}

static int is_marked(const char *path)
{
	char value[2];

	return (getxattr(path, "user.delegate", value, sizeof(value)) == 1 && value[0] == '1') ||
	       (getxattr(path, "trusted.delegate", value, sizeof(value)) == 1 && value[0] == '1');
}

/* A cgroup that systemd made for a unit; others were made by whom it was delegated to. */
static int is_unit(const char *name)
{
	static const char *const kinds[] = { ".slice", ".scope", ".service", ".socket", ".mount", ".swap" };
	size_t n = strlen(name);

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (n > strlen(kinds[i]) && !strcmp(name + n - strlen(kinds[i]), kinds[i]))
			return 1;
	return 0;
}

static int any_is_marked(const struct sbi_cg_tree *tree, char *path)
{
	while (strlen(path) > strlen(tree->mount)) {
		if (is_marked(path))
			return 1;
		*strrchr(path, '/') = '\0';
	}
	return 0;
}

/*
 * In a tree of systemd the nearest unit tells, whoever owns it: the whole of
 * user@UID.service belongs to the user, but it is the user's manager that may
 * make cgroups in it. That one leaves no mark (252), so it is asked.
 */
static int unit_is_delegated(const struct sbi_cg_tree *tree, char *path, int owned)
{
	char *name;

	for (; strlen(path) > strlen(tree->mount); *name = '\0') {
		name = strrchr(path, '/');
		if (!strncmp(name + 1, "user@", 5))
			return 0;
		if (is_marked(path))
			return 1;
		if (is_unit(name + 1))
			return owned && sbi_unit_is_delegated(name + 1);
	}
	return owned;
}

int sbi_cg_is_delegated(const struct sbi_cg_tree *tree, const char *path)
{
	char above[PATH_MAX];
	struct stat st;
	int owned = geteuid() != 0 && stat(path, &st) == 0 && st.st_uid == geteuid();

	snprintf(above, sizeof(above), "%s", path);
	if (sbi_cg_has_systemd())
		return unit_is_delegated(tree, above, owned);
	return owned || any_is_marked(tree, above);
}

int sbi_cg_has_systemd(void)
{
	return faccessat(AT_FDCWD, "/run/systemd/system", F_OK, AT_SYMLINK_NOFOLLOW) == 0; /* sd_booted(3) */
}
