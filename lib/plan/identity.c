/* SPDX-License-Identifier: MIT */
/* Which ids the command gets, how they map to the host's, and who writes the maps. */
#include "plan_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"

#define NOBODY 65534
#define ORDINARY 1000 /* a command's id inside, unless set */

static int one_extent(struct sbi_extents *map, uint32_t inside, uint32_t outside, uint32_t count)
{
	struct sbi_extent *grown = realloc(map->list, (map->count + 1) * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	map->list = grown;
	map->list[map->count++] = (struct sbi_extent){ inside, outside, count };
	return 0;
}

static int copy_extents(struct sbi_extents *to, const struct sbi_extents *from)
{
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < from->count; i++)
		r = one_extent(to, from->list[i].inside, from->list[i].outside, from->list[i].count);
	return r;
}

/* Inside to outside; -1 if it is not mapped. */
static int64_t map_id(const struct sbi_extents *map, uint32_t id)
{
	for (uint32_t i = 0; i < map->count; i++)
		if (id >= map->list[i].inside && id - map->list[i].inside < map->list[i].count)
			return (int64_t)map->list[i].outside + (id - map->list[i].inside);
	return -1;
}

static int covers_host_root(const struct sbi_extents *map)
{
	for (uint32_t i = 0; i < map->count; i++)
		if (map->list[i].outside == 0)
			return 1;
	return 0;
}

static int refuse_host_root(sb_error *err, const char *what)
{
	sbi_fail(err, SB_STEP_IDMAP, 0, EPERM, "%s would be root of the host", what);
	sbi_hint(err, "map another id, or say so by name: sb_set_host_root(), sbx run --allow-host-root");
	return -EPERM;
}

/* Fill one map: the caller's ranges, subordinate ranges, or the one id of the command. */
static int fill_map(const sb_config *cfg, const struct sbi_view *view, const struct sbi_extents *given,
		    const struct sbi_extents *sub, uint32_t inside, uint32_t own, struct sbi_extents *map)
{
	uint32_t outside = own;
	int r = 0;

	if (given->count)
		return copy_extents(map, given);
	if (cfg->idmap_auto) {
		if (!view->privileged)
			r = one_extent(map, 0, own, 1);
		return r < 0 ? r
			     : one_extent(map, view->privileged ? 0 : 1, sub->list[0].outside,
					  sub->list[0].count);
	}
	/* Where 65534 is not mapped either (unshare -r by root) only root is left, which is refused below. */
	if (view->privileged && own == 0 && view->root_is_host && view->nobody_mapped && !cfg->host_root)
		outside = NOBODY;
	return one_extent(map, inside, outside, 1);
}

/* May the caller write @map itself without privilege (user_namespaces(7))? */
static int is_own_single(const struct sbi_extents *map, uint32_t own)
{
	return map->count == 1 && map->list[0].count == 1 && map->list[0].outside == own;
}

static int wants_idmapped_mount(const sb_config *cfg)
{
	if (cfg->rootfs_flags & SB_MOUNT_IDMAP)
		return 1;
	for (uint32_t i = 0; i < cfg->mount_count; i++)
		if (cfg->mounts[i].step == SB_STEP_BIND && (cfg->mounts[i].flags & SB_MOUNT_IDMAP))
			return 1;
	return 0;
}

static int resolve_maps(const sb_config *cfg, const struct sbi_view *view, struct sbi_identity *id,
			sb_error *err)
{
	int64_t uid, gid;
	int r;

	r = fill_map(cfg, view, &cfg->users, &view->sub_users, id->uid, view->euid, &id->users);
	if (r == 0)
		r = fill_map(cfg, view, &cfg->group_map, &view->sub_groups, id->gid, view->egid, &id->groups);
	if (r < 0)
		return sbi_fail(err, SB_STEP_IDMAP, 0, ENOMEM, "not enough memory for the id maps");
	uid = map_id(&id->users, id->uid);
	gid = map_id(&id->groups, id->gid);
	if (uid < 0 || gid < 0) {
		sbi_fail(err, SB_STEP_IDMAP, 0, EINVAL, "the command's %s %u is not in the id map",
			 uid < 0 ? "user" : "group", uid < 0 ? id->uid : id->gid);
		sbi_hint(err, "add a range that holds it: sb_add_idmap(), sbx run --uidmap and --gidmap");
		return -EINVAL;
	}
	for (uint32_t i = 0; i < cfg->group_count; i++)
		if (map_id(&id->groups, cfg->groups[i]) < 0)
			return sbi_fail(err, SB_STEP_GROUPS, i, EINVAL,
					"the supplementary group %u is not in the id map", cfg->groups[i]);
	if (!cfg->host_root && view->root_is_host) {
		if (covers_host_root(&id->users))
			return refuse_host_root(err, "a user of the sandbox");
		if (covers_host_root(&id->groups) && (view->privileged || view->egid != 0))
			return refuse_host_root(err, "a group of the sandbox");
	}
	id->owner_uid = view->privileged ? (uint32_t)uid : id->uid;
	id->owner_gid = view->privileged ? (uint32_t)gid : id->gid;
	return 0;
}

static int resolve_new(const sb_config *cfg, const struct sbi_view *view, struct sbi_identity *id,
		       sb_error *err)
{
	int r;

	id->uid = cfg->user_set ? cfg->uid : ORDINARY;
	id->gid = cfg->user_set ? cfg->gid : ORDINARY;
	r = resolve_maps(cfg, view, id, err);
	if (r < 0)
		return r;
	id->fresh = map_id(&id->users, 0) < 0;
	if (view->privileged) {
		id->userns = wants_idmapped_mount(cfg) ? SBI_USERNS_READY : SBI_USERNS_LATE;
		id->set_groups = view->may_setgroups;
	} else {
		id->userns = SBI_USERNS_CLONE;
		id->need_helper =
			!is_own_single(&id->users, view->euid) || !is_own_single(&id->groups, view->egid);
		id->deny_setgroups = !id->need_helper;
		id->set_groups = id->need_helper;
	}
	if (cfg->group_count && !id->set_groups) {
		sbi_fail(err, SB_STEP_GROUPS, 0, EPERM,
			 "supplementary groups cannot be set in this user namespace");
		sbi_hint(err,
			 "the kernel denies setgroups(2) where an ordinary user writes the map: use ranges "
			 "(sb_set_idmap_auto(), sbx run --map-auto), or no groups");
		return -EPERM;
	}
	return 0;
}

/* The caller's own user namespace: ids are what they are. */
static int resolve_none(const sb_config *cfg, const struct sbi_view *view, struct sbi_identity *id,
			sb_error *err)
{
	int root = view->euid == 0 && view->root_is_host && view->privileged && !cfg->host_root;
	int other = root && view->nobody_mapped; /* else only root is left, which is refused below */

	id->uid = cfg->user_set ? cfg->uid : other ? NOBODY : view->euid;
	id->gid = cfg->user_set ? cfg->gid : other ? NOBODY : view->egid;
	id->owner_uid = id->uid;
	id->owner_gid = id->gid;
	id->set_groups = view->may_setgroups;
	if (cfg->users.count || cfg->group_map.count || cfg->idmap_auto)
		return sbi_fail(err, SB_STEP_CONFIG, 0, EINVAL,
				"id maps need a new user namespace (SB_NS_USER)");
	if ((id->uid == 0 || (id->gid == 0 && view->privileged)) && view->root_is_host && !cfg->host_root)
		return refuse_host_root(err, "the command");
	if (!view->privileged && (id->uid != view->euid || id->gid != view->egid)) {
		sbi_fail(err, SB_STEP_USER, 0, EPERM, "user %u:%u needs CAP_SETUID and CAP_SETGID", id->uid,
			 id->gid);
		sbi_hint(err, "add SB_NS_USER to the namespaces, or leave the user out");
		return -EPERM;
	}
	if (cfg->group_count && !id->set_groups)
		return sbi_fail(err, SB_STEP_GROUPS, 0, EPERM, "supplementary groups need CAP_SETGID");
	return 0;
}

/* The id that a sandbox gives its command unless told otherwise, or else the first that it has. */
static uint32_t usual_id(const struct sbi_extents *map)
{
	return map_id(map, ORDINARY) >= 0 ? ORDINARY : map->list[0].inside;
}

/* The user namespace of a sandbox, whose maps are known. */
static int resolve_joined(const sb_config *cfg, const struct sbi_view *view, struct sbi_identity *id,
			  sb_error *err)
{
	const struct sbi_joined *joined = view->joined;
	int r = copy_extents(&id->users, &joined->users);

	if (r == 0)
		r = copy_extents(&id->groups, &joined->groups);
	if (r < 0)
		return sbi_fail(err, SB_STEP_IDMAP, 0, ENOMEM, "not enough memory for the id maps");
	id->uid = id->owner_uid = cfg->user_set ? cfg->uid : usual_id(&id->users);
	id->gid = id->owner_gid = cfg->user_set ? cfg->gid : usual_id(&id->groups);
	id->set_groups = joined->may_setgroups;
	if (map_id(&id->users, id->uid) < 0 || map_id(&id->groups, id->gid) < 0)
		return sbi_fail(err, SB_STEP_USER, 0, EINVAL,
				"user %u:%u is not in the id map of the sandbox that is joined", id->uid,
				id->gid);
	if (!cfg->host_root && view->root_is_host &&
	    (map_id(&id->users, id->uid) == 0 || map_id(&id->groups, id->gid) == 0))
		return refuse_host_root(err, "the command");
	if (cfg->group_count && !id->set_groups)
		return sbi_fail(err, SB_STEP_GROUPS, 0, EPERM,
				"supplementary groups cannot be set in the sandbox that is joined");
	for (uint32_t i = 0; i < cfg->group_count; i++)
		if (map_id(&id->groups, cfg->groups[i]) < 0)
			return sbi_fail(err, SB_STEP_GROUPS, i, EINVAL,
					"the supplementary group %u is not in the id map", cfg->groups[i]);
	return 0;
}

int sbi_identity_resolve(const sb_config *cfg, const struct sbi_view *view, struct sbi_identity *id,
			 sb_error *err)
{
	memset(id, 0, sizeof(*id));
	if (cfg->ns_fd[0] >= 0) {
		id->userns = SBI_USERNS_JOIN;
		if (view->joined && view->joined->users.count)
			return resolve_joined(cfg, view, id, err);
		id->uid = id->owner_uid = cfg->user_set ? cfg->uid : 0;
		id->gid = id->owner_gid = cfg->user_set ? cfg->gid : 0;
		id->set_groups = view->may_setgroups;
		return 0;
	}
	return cfg->ns & SB_NS_USER ? resolve_new(cfg, view, id, err) : resolve_none(cfg, view, id, err);
}

int sbi_identity_for_box(const sb_config *cfg, const struct sbi_identity *box, struct sbi_identity *id,
			 sb_error *err)
{
	*id = *box;
	memset(&id->users, 0, sizeof(id->users));
	memset(&id->groups, 0, sizeof(id->groups));
	if (cfg->user_set) {
		id->uid = cfg->uid;
		id->gid = cfg->gid;
	}
	if (box->users.count && (map_id(&box->users, id->uid) < 0 || map_id(&box->groups, id->gid) < 0))
		return sbi_fail(err, SB_STEP_USER, 0, EINVAL, "user %u:%u is not in the id map of the box",
				id->uid, id->gid);
	if (box->userns == SBI_USERNS_NONE && !cfg->host_root &&
	    ((id->uid == 0 && box->uid != 0) || (id->gid == 0 && box->gid != 0)))
		return refuse_host_root(err, "the command");
	if (cfg->group_count && !id->set_groups)
		return sbi_fail(err, SB_STEP_GROUPS, 0, EPERM,
				"supplementary groups cannot be set in this box");
	return 0;
}
