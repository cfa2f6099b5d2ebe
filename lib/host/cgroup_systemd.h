/* SPDX-License-Identifier: MIT */
/* A transient scope of systemd: a cgroup that systemd leaves to us. */
#ifndef SBI_CGROUP_SYSTEMD_H
#define SBI_CGROUP_SYSTEMD_H

#include "cgroup_find.h"

struct sbi_scope {
	char path[PATH_MAX];
	int holds_us; /* the calling process is in it, and keeps it alive */
	int keeper;   /* else: pipe; a process that waits at its other end keeps it alive */
	pid_t pid;    /* that process, a child of ours */
	int pidfd;
};

/** sbi_unit_is_delegated - asks the manager of the calling user about a scope or service. */
int sbi_unit_is_delegated(const char *unit);
/** sbi_scope_start - @move_self: the calling process may go into it. Return: 0, or -errno with a reason. */
int sbi_scope_start(const struct sbi_cg_tree *tree, int move_self, struct sbi_scope *scope,
		    struct sbi_reasons *reasons);
/**
 * sbi_scope_empty - put the keeper into a child of the scope (open as @fd), so that it can have
 * children with controllers.
 */
int sbi_scope_empty(const struct sbi_scope *scope, int fd, struct sbi_reasons *reasons);
/** sbi_scope_end - let the keeper go; systemd removes the scope. */
void sbi_scope_end(int *keeper, int *pidfd);

#endif
