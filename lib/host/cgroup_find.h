/* SPDX-License-Identifier: MIT */
/* Where cgroups can be made: the tree, our own place in it, and the ladder of candidates. */
#ifndef SBI_CGROUP_FIND_H
#define SBI_CGROUP_FIND_H

#include <limits.h>
#include <sandbox/cgroup.h>
#include <stdint.h>
#include <sys/types.h>

#include "config/config_internal.h"

/* The cgroup v2 hierarchy as the calling process sees it. */
struct sbi_cg_tree {
	char mount[PATH_MAX]; /* where it is mounted; every path below starts with it */
	char own[PATH_MAX];   /* our own cgroup; "" if it lies outside of the mount */
	uint32_t v1;          /* controllers that are bound to a v1 hierarchy, SBI_CG_* */
};

/* A cgroup below which we may make others. */
struct sbi_parent {
	int fd;
	char path[PATH_MAX];
	int moved;   /* it was our own: we are in a child of it now, and must be released from it */
	int keeper;  /* pipe of the process that keeps a scope of systemd alive; -EBADF */
	int keeper_pidfd;
};

/* Why candidates were refused, one after another. */
struct sbi_reasons {
	char text[232];
	char hint[200]; /* the way out of the most promising one */
};

void sbi_reason(struct sbi_reasons *reasons, const char *format, ...) __attribute__((format(printf, 2, 3)));
void sbi_way_out(struct sbi_reasons *reasons, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** sbi_cg_tree_look - Return: 0, or -errno with words. */
int sbi_cg_tree_look(struct sbi_cg_tree *tree, sb_error *err);
/**
 * sbi_cg_path - where a cgroup of /proc/PID/cgroup, or a path below the mount, lies. Return: 0,
 * -ENAMETOOLONG.
 */
int sbi_cg_path(const struct sbi_cg_tree *tree, const char *name, char *path, size_t len);
/** sbi_cg_short - a path for messages: as in /proc/PID/cgroup, and of a long one the end. */
const char *sbi_cg_short(const struct sbi_cg_tree *tree, const char *path);
/** sbi_cg_enabled, sbi_cg_available - the SBI_CG_* of cgroup.subtree_control and cgroup.controllers. */
uint32_t sbi_cg_enabled(int dir);
uint32_t sbi_cg_available(int dir);
/**
 * sbi_cg_enable - enable controllers for the children of @dir
 * @missing: the first that could not be enabled
 *
 * Return: 0, -EBUSY if it holds processes, or -errno.
 */
int sbi_cg_enable(int dir, uint32_t controllers, uint32_t *missing);
/** sbi_cg_holds_processes - and may therefore not have children with controllers: the root cgroup may. */
int sbi_cg_holds_processes(int dir);
/** sbi_cg_missing - reason and way out for a controller that @path does not have. */
void sbi_cg_missing(const struct sbi_cg_tree *tree, const char *path, uint32_t missing, int code,
		    struct sbi_reasons *reasons);
/** sbi_cg_is_delegated - is it ours to manage, by its owner or by the mark of systemd (user.delegate)? */
int sbi_cg_is_delegated(const struct sbi_cg_tree *tree, const char *path);
/** sbi_cg_has_systemd - does systemd manage this machine's cgroups? */
int sbi_cg_has_systemd(void);

/**
 * sbi_cg_find - a parent whose children have the controllers @need, and @want where they are there
 *
 * Return: 0 with @out, or -errno with every reason in @err.
 */
int sbi_cg_find(const sb_config *cfg, uint32_t need, uint32_t want, struct sbi_parent *out, sb_error *err);
/** sbi_cg_release - give back what finding it took: the move, the scope. */
void sbi_cg_release(struct sbi_parent *parent);

/**
 * sbi_cg_gc - in cgroup_gc.c: remove the cgroups of died hosts, where @cfg would make its own.
 * Return: how many, -errno.
 */
int sbi_cg_gc(const sb_config *cfg, sb_error *err);

#endif
