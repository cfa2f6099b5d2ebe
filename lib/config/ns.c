/* SPDX-License-Identifier: MIT */
/* Namespaces: which are new, which are joined, which are kept, and what is set in them. */
#include "config_internal.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

int sb_set_ns(sb_config *cfg, uint64_t flags)
{
	if (!cfg)
		return -EINVAL;
	if (flags & ~SB_NS_ALL)
		return sbi_cfg_fail(cfg, EINVAL, "sb_set_ns: unknown bits 0x%llx",
				    (unsigned long long)(flags & ~SB_NS_ALL));
	cfg->ns = flags;
	return 0;
}

int sb_set_ns_fd(sb_config *cfg, uint64_t kind, int fd)
{
	int number = sbi_ns_number(kind);

	if (!cfg)
		return -EINVAL;
	if (number < 0)
		return sbi_cfg_fail(cfg, EINVAL, "sb_set_ns_fd: 0x%llx is not one namespace",
				    (unsigned long long)kind);
	if (fd < -1)
		return sbi_cfg_fail(cfg, EINVAL, "sb_set_ns_fd: %d is no descriptor", fd);
	cfg->ns_fd[number] = fd;
	return 0;
}

int sb_add_pin(sb_config *cfg, uint64_t kind, const char *path)
{
	struct sbi_pin *pin;
	int r;

	if (!cfg)
		return -EINVAL;
	if (sbi_ns_number(kind) < 0)
		return sbi_cfg_fail(cfg, EINVAL, "sb_add_pin: 0x%llx is not one namespace",
				    (unsigned long long)kind);
	if (!path || !path[0])
		return sbi_cfg_fail(cfg, EINVAL, "sb_add_pin: no path given");
	if (strlen(path) >= PATH_MAX)
		return sbi_cfg_fail(cfg, ENAMETOOLONG, "sb_add_pin: the path is longer than %d bytes",
				    PATH_MAX - 1);
	for (uint32_t i = 0; i < cfg->pin_count; i++)
		if (!strcmp(cfg->pins[i].path, path))
			return sbi_cfg_fail(cfg, EEXIST, "sb_add_pin: %.120s is used twice", path);
	pin = sbi_cfg_grow(cfg, &cfg->pins, cfg->pin_count, sizeof(*pin));
	if (!pin)
		return -ENOMEM;
	pin->kind = kind;
	r = sbi_cfg_string(cfg, &pin->path, path);
	if (r == 0)
		cfg->pin_count++;
	return r;
}

static int set_name(sb_config *cfg, const char *setter, char **field, const char *name)
{
	if (!cfg)
		return -EINVAL;
	if (!name || !name[0])
		return sbi_cfg_fail(cfg, EINVAL, "%s: no name given", setter);
	if (strlen(name) > 64) /* __NEW_UTS_LEN */
		return sbi_cfg_fail(cfg, ENAMETOOLONG, "%s: \"%.40s…\" is longer than 64 bytes", setter, name);
	return sbi_cfg_string(cfg, field, name);
}

int sb_set_hostname(sb_config *cfg, const char *name)
{
	return set_name(cfg, __func__, cfg ? &cfg->hostname : NULL, name);
}

int sb_set_domainname(sb_config *cfg, const char *name)
{
	return set_name(cfg, __func__, cfg ? &cfg->domainname : NULL, name);
}

/* The kernel refuses offsets that reach KTIME_MAX / 2 (about 146 years). */
#define MAX_OFFSET INT64_C(4611686018)

static int set_offset(sb_config *cfg, const char *setter, int64_t *field, int64_t sec)
{
	if (!cfg)
		return -EINVAL;
	if (sec > MAX_OFFSET || sec < -MAX_OFFSET)
		return sbi_cfg_fail(cfg, EINVAL, "%s: %lld s is more than 146 years", setter, (long long)sec);
	*field = sec;
	return 0;
}

int sb_set_boottime(sb_config *cfg, int64_t sec)
{
	return set_offset(cfg, __func__, cfg ? &cfg->boottime : NULL, sec);
}

int sb_set_monotonic(sb_config *cfg, int64_t sec)
{
	return set_offset(cfg, __func__, cfg ? &cfg->monotonic : NULL, sec);
}
