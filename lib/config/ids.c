/* SPDX-License-Identifier: MIT */
/* Identity: the command's ids and capabilities, and how ids inside map to ids outside. */
#include "config_internal.h"
#include "seccomp.h"

#include <cap-ng.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#define NO_ID UINT32_MAX

int sb_set_user(sb_config *cfg, uint32_t uid, uint32_t gid)
{
	if (!cfg)
		return -EINVAL;
	if (uid == NO_ID || gid == NO_ID)
		return sbi_cfg_fail(cfg, EINVAL, "sb_set_user: 4294967295 is not an id");
	cfg->user_set = 1;
	cfg->uid = uid;
	cfg->gid = gid;
	return 0;
}

int sb_set_groups(sb_config *cfg, const uint32_t *gids, size_t count)
{
	if (!cfg)
		return -EINVAL;
	if (count > SBI_MAX_GROUPS)
		return sbi_cfg_fail(cfg, E2BIG, "sb_set_groups: %zu groups, more than %d", count,
				    SBI_MAX_GROUPS);
	if (count && !gids)
		return sbi_cfg_fail(cfg, EINVAL, "sb_set_groups: no list given");
	for (size_t i = 0; i < count; i++)
		if (gids[i] == NO_ID)
			return sbi_cfg_fail(cfg, EINVAL, "sb_set_groups: 4294967295 is not an id");
	if (count)
		memcpy(cfg->groups, gids, count * sizeof(*gids));
	cfg->group_count = (uint32_t)count;
	return 0;
}

static int overlap(uint32_t a, uint32_t b, uint32_t a_count, uint32_t b_count)
{
	return a <= b ? b - a < a_count : a - b < b_count;
}

static int add_extent(sb_config *cfg, struct sbi_extents *map, const char *what, struct sbi_extent extent)
{
	struct sbi_extent *slot;

	for (uint32_t i = 0; i < map->count; i++) {
		const struct sbi_extent *e = &map->list[i];

		if (overlap(e->inside, extent.inside, e->count, extent.count) ||
		    overlap(e->outside, extent.outside, e->count, extent.count))
			return sbi_cfg_fail(cfg, EEXIST, "sb_add_idmap: %s range %u %u %u overlaps %u %u %u",
					    what, extent.inside, extent.outside, extent.count, e->inside,
					    e->outside, e->count);
	}
	if (map->count == SBI_MAX_EXTENTS)
		return sbi_cfg_fail(cfg, E2BIG, "sb_add_idmap: more than %d %s ranges", SBI_MAX_EXTENTS, what);
	slot = sbi_cfg_grow(cfg, &map->list, map->count, sizeof(*slot));
	if (!slot)
		return -ENOMEM;
	*slot = extent;
	map->count++;
	return 0;
}

int sb_add_idmap(sb_config *cfg, uint64_t which, uint32_t inside, uint32_t outside, uint32_t count)
{
	struct sbi_extent extent = { inside, outside, count };
	int r = 0;

	if (!cfg)
		return -EINVAL;
	if (!which || (which & ~(SB_ID_USER | SB_ID_GROUP)))
		return sbi_cfg_fail(cfg, EINVAL, "sb_add_idmap: 0x%llx is neither users nor groups",
				    (unsigned long long)which);
	if (!count)
		return sbi_cfg_fail(cfg, EINVAL, "sb_add_idmap: an empty range");
	if (count > NO_ID - inside || count > NO_ID - outside)
		return sbi_cfg_fail(cfg, EINVAL, "sb_add_idmap: range %u %u %u reaches beyond 4294967294",
				    inside, outside, count);
	if (which & SB_ID_USER)
		r = add_extent(cfg, &cfg->users, "user", extent);
	if (r == 0 && (which & SB_ID_GROUP))
		r = add_extent(cfg, &cfg->group_map, "group", extent);
	return r;
}

int sb_set_idmap_auto(sb_config *cfg)
{
	if (!cfg)
		return -EINVAL;
	cfg->idmap_auto = 1;
	return 0;
}

int sb_add_cap(sb_config *cfg, const char *name)
{
	int cap;

	if (!cfg)
		return -EINVAL;
	if (!name || !name[0])
		return sbi_cfg_fail(cfg, EINVAL, "sb_add_cap: no capability given");
	if (!strcasecmp(name, "all")) {
		cfg->keep_caps = UINT64_MAX;
		return sbi_seccomp_refilter(cfg);
	}
	cap = capng_name_to_capability(!strncasecmp(name, "cap_", 4) ? name + 4 : name);
	if (cap < 0 || cap > 63)
		return sbi_cfg_fail(cfg, EINVAL, "sb_add_cap: \"%.40s\" is not a capability", name);
	cfg->keep_caps |= UINT64_C(1) << cap;
	return sbi_seccomp_refilter(cfg);
}
