/* SPDX-License-Identifier: MIT */
/* The options about who the command is: ids and their maps, groups, capabilities. */
#include "caps.h"
#include "parse.h"
#include "sbx.h"

#include <errno.h>
#include <string.h>

static int opt_user(struct run *run, const char *arg)
{
	AUTOFREE char *copy = strdup(arg);
	uint32_t uid, gid;
	char *rest = copy;

	if (!copy)
		return -ENOMEM;
	if (parse_id(strsep(&rest, ":"), &uid) < 0)
		return refuse(run, "the user is not an id; names of the host mean nothing inside");
	gid = uid;
	if (rest && parse_id(rest, &gid) < 0)
		return refuse(run, "the group is not an id; names of the host mean nothing inside");
	run->user_given = true;
	return sb_set_user(run->cfg, uid, gid);
}

static int opt_groups(struct run *run, const char *arg)
{
	AUTOFREE char *copy = strdup(arg);
	char *rest = copy, *word;
	uint32_t gids[64];
	size_t n = 0;

	if (!copy)
		return -ENOMEM;
	while ((word = next_word(&rest)) != NULL) {
		if (n == sizeof(gids) / sizeof(gids[0]))
			return refuse(run, "more than 64 groups");
		if (parse_id(word, &gids[n++]) < 0)
			return refuse(run, "expected group ids, with commas between them");
	}
	return sb_set_groups(run->cfg, gids, n);
}

static int opt_map_root(struct run *run, const char *arg)
{
	(void)arg;
	run->map_root = true;
	return 0;
}

static int opt_map_auto(struct run *run, const char *arg)
{
	(void)arg;
	return sb_set_idmap_auto(run->cfg);
}

static int add_map(struct run *run, uint64_t which, const char *arg)
{
	AUTOFREE char *copy = strdup(arg);
	char *rest = copy, *inside, *outside;
	uint32_t in, out;
	uint64_t count;

	if (!copy)
		return -ENOMEM;
	inside = strsep(&rest, ":");
	outside = strsep(&rest, ":");
	if (!outside || !rest || parse_id(inside, &in) < 0 || parse_id(outside, &out) < 0 ||
	    parse_u64(rest, &count) < 0 || count > UINT32_MAX)
		return refuse(run, "expected INSIDE:OUTSIDE:COUNT, three numbers");
	return sb_add_idmap(run->cfg, which, in, out, (uint32_t)count);
}

static int opt_uidmap(struct run *run, const char *arg)
{
	return add_map(run, SB_ID_USER, arg);
}

static int opt_gidmap(struct run *run, const char *arg)
{
	return add_map(run, SB_ID_GROUP, arg);
}

static int opt_allow_host_root(struct run *run, const char *arg)
{
	(void)arg;
	return sb_set_host_root(run->cfg, 1);
}

static int opt_cap_add(struct run *run, const char *arg)
{
	uint64_t mask;

	if (caps_parse(arg, &mask) < 0)
		return refuse(run, "there is no such capability");
	run->caps_added |= mask;
	return 0;
}

static int opt_cap_drop(struct run *run, const char *arg)
{
	uint64_t mask;

	if (caps_parse(arg, &mask) < 0)
		return refuse(run, "there is no such capability");
	if (mask != CAPS_ALL)
		run->caps_dropped |= mask;
	return 0;
}

/* As docker does: "drop all" speaks of the default (which is none here), a named drop has the last word. */
uint64_t caps_kept(const struct run *run)
{
	return run->caps_added & ~run->caps_dropped;
}

int caps_apply(struct run *run)
{
	bool all = run->caps_added == CAPS_ALL;
	int r = all ? sb_add_cap(run->cfg, "all") : 0;

	for (unsigned i = 0; i < caps_count() && r == 0; i++) {
		uint64_t bit = UINT64_C(1) << i;

		if (all && (run->caps_dropped & bit))
			r = sb_drop_cap(run->cfg, caps_name(i));
		else if (!all && (caps_kept(run) & bit))
			r = sb_add_cap(run->cfg, caps_name(i));
	}
	return r;
}

static int opt_no_new_privs(struct run *run, const char *arg)
{
	int on;

	if (parse_switch(arg, &on) < 0)
		return refuse(run, "expected 0 or 1");
	run->keep_suid = !on;
	return sb_set_no_new_privs(run->cfg, on);
}

const struct option_row identity_options[] = {
	{ "user", 'u', "UID[:GID]", ROW_LATE, opt_user, "who the command is inside (default 1000:1000)" },
	{ "groups", 0, "LIST", ROW_LATE, opt_groups, "supplementary group ids (default none)" },
	{ "map-root", 0, NULL, 0, opt_map_root, "be 0:0 inside: --user 0:0" },
	{ "map-auto", 0, NULL, 0, opt_map_auto, "map the ranges of /etc/subuid and /etc/subgid" },
	{ "uidmap", 0, "IN:OUT:COUNT", ROW_LATE, opt_uidmap, "map a range of user ids" },
	{ "gidmap", 0, "IN:OUT:COUNT", ROW_LATE, opt_gidmap, "map a range of group ids" },
	{ "allow-host-root", 0, NULL, 0, opt_allow_host_root, "ids 0 of the host may be mapped or used" },
	{ "cap-add", 0, "NAME", 0, opt_cap_add, "keep a capability, or \"all\" (default none)" },
	{ "cap-drop", 0, "NAME", 0, opt_cap_drop, "take one out of --cap-add all" },
	{ "no-new-privs", 0, "0|1", 0, opt_no_new_privs, "1: no program can gain privileges (default)" },
	{ 0 },
};
