/* SPDX-License-Identifier: MIT */
/* Id maps of user namespaces, written from outside. */
#ifndef SBI_IDMAP_H
#define SBI_IDMAP_H

#include "plan/plan_internal.h"

/** sbi_idmap_write - setgroups, gid_map and uid_map of process @pid, by us or by newuidmap and newgidmap. */
int sbi_idmap_write(const struct sbi_identity *id, pid_t pid, sb_error *err);
/** sbi_idmap_userns - a user namespace with these maps and nobody in it; its descriptor. Needs privilege. */
int sbi_idmap_userns(const struct sbi_identity *id, sb_error *err);

#endif
