/* SPDX-License-Identifier: MIT */
/* Which sandbox to join, and the name that one is registered under. */
#include "config_internal.h"

#include <errno.h>
#include <sandbox/join.h>
#include <stdlib.h>
#include <string.h>

#include "name.h"

int sb_set_join(sb_config *cfg, int pidfd)
{
	if (!cfg)
		return -EINVAL;
	if (pidfd < -1)
		return sbi_cfg_fail(cfg, EINVAL, "sb_set_join: %d is no descriptor", pidfd);
	cfg->join_fd = pidfd;
	return sbi_cfg_string(cfg, &cfg->join_name, NULL);
}

static int check_name(sb_config *cfg, const char *setter, const char *name)
{
	if (sbi_name_valid(name))
		return 0;
	return sbi_cfg_fail(cfg, EINVAL,
			    "%s: \"%.70s\" is no name: 1 to 64 of A-Z a-z 0-9 . _ -, beginning with none of . and -",
			    setter, name);
}

/* "UID/NAME", or NAME of the caller's own. */
int sb_set_join_name(sb_config *cfg, const char *name)
{
	unsigned long uid = SBI_NAME_OWN;
	const char *slash;
	char *end;
	int r;

	if (!cfg)
		return -EINVAL;
	slash = name ? strchr(name, '/') : NULL;
	if (slash) {
		errno = 0;
		uid = strtoul(name, &end, 10);
		if (name[0] < '0' || name[0] > '9' || end != slash || errno || uid >= SBI_NAME_OWN)
			return sbi_cfg_fail(cfg, EINVAL,
					    "sb_set_join_name: \"%.70s\" does not begin with a user id", name);
	}
	r = name ? check_name(cfg, __func__, slash ? slash + 1 : name) : 0;
	if (r == 0)
		r = sbi_cfg_string(cfg, &cfg->join_name, slash ? slash + 1 : name);
	if (r < 0)
		return r;
	cfg->join_uid = (uint32_t)uid;
	cfg->join_fd = -1;
	return 0;
}

int sb_set_name(sb_config *cfg, const char *name)
{
	int r;

	if (!cfg)
		return -EINVAL;
	r = name ? check_name(cfg, __func__, name) : 0;
	return r < 0 ? r : sbi_cfg_string(cfg, &cfg->name, name);
}
