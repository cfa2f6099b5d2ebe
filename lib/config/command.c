/* SPDX-License-Identifier: MIT */
/* What to run: program, arguments, environment, limits, descriptors. */
#include "config_internal.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>

#include "common/auto.h"

/* bytes of argv or environment; the kernel's own limit is a quarter of the stack */
#define MAX_STRINGS (UINT32_C(1) << 21)

static int check_strings(sb_config *cfg, const char *setter, const char *const list[])
{
	size_t bytes = 0;

	for (size_t i = 0; list[i]; i++) {
		bytes += strlen(list[i]) + 1;
		if (bytes > MAX_STRINGS)
			return sbi_cfg_fail(cfg, E2BIG, "%s: more than %u bytes of strings", setter,
					    MAX_STRINGS);
	}
	return 0;
}

int sb_set_command(sb_config *cfg, const char *path, const char *const argv[])
{
	const char *only[2] = { path, NULL };
	char **copy;
	int r;

	if (!cfg)
		return -EINVAL;
	if (!argv)
		argv = only;
	if (!path)
		path = argv[0];
	if (!path || !path[0])
		return sbi_cfg_fail(cfg, EINVAL, "sb_set_command: no program given");
	if (!argv[0])
		return sbi_cfg_fail(cfg, EINVAL, "sb_set_command: argv is empty (argv[0] must be there)");
	if (strlen(path) >= PATH_MAX)
		return sbi_cfg_fail(cfg, ENAMETOOLONG, "sb_set_command: the path is longer than %d bytes",
				    PATH_MAX - 1);
	r = check_strings(cfg, "sb_set_command", argv);
	if (r < 0)
		return r;
	copy = sbi_strv_copy(argv);
	if (!copy)
		return sbi_cfg_fail(cfg, ENOMEM, "not enough memory for the configuration");
	free(cfg->argv);
	cfg->argv = copy;
	return sbi_cfg_string(cfg, &cfg->path, path);
}

static int check_env_entry(sb_config *cfg, const char *setter, const char *entry, const char *equals)
{
	if (!equals || equals == entry)
		return sbi_cfg_fail(cfg, EINVAL, "%s: \"%.80s\" is not NAME=value", setter, entry);
	return 0;
}

int sb_set_env(sb_config *cfg, const char *const env[])
{
	const char *const none[] = { NULL };
	char **copy;
	int r;

	if (!cfg)
		return -EINVAL;
	if (!env)
		env = none;
	r = check_strings(cfg, "sb_set_env", env);
	for (size_t i = 0; r == 0 && env[i]; i++)
		r = check_env_entry(cfg, "sb_set_env", env[i], strchr(env[i], '='));
	if (r < 0)
		return r;
	copy = sbi_strv_copy(env);
	if (!copy)
		return sbi_cfg_fail(cfg, ENOMEM, "not enough memory for the configuration");
	free(cfg->env);
	cfg->env = copy;
	return 0;
}

int sb_add_env(sb_config *cfg, const char *entry)
{
	sbi_autofree const char **list = NULL;
	const char *equals, *value;
	sbi_autofree char *made = NULL;
	size_t count = 0, at, name;
	int r;

	if (!cfg)
		return -EINVAL;
	if (!entry || !entry[0])
		return sbi_cfg_fail(cfg, EINVAL, "sb_add_env: no variable given");
	equals = strchr(entry, '=');
	if (equals) {
		r = check_env_entry(cfg, "sb_add_env", entry, equals);
		if (r < 0)
			return r;
		name = (size_t)(equals - entry);
	} else {
		value = getenv(entry);
		if (!value)
			return 0;
		name = strlen(entry);
		made = malloc(name + strlen(value) + 2);
		if (!made)
			return sbi_cfg_fail(cfg, ENOMEM, "not enough memory for the configuration");
		memcpy(made, entry, name);
		made[name] = '=';
		strcpy(made + name + 1, value);
		entry = made;
	}
	while (cfg->env && cfg->env[count])
		count++;
	list = calloc(count + 2, sizeof(*list));
	if (!list)
		return sbi_cfg_fail(cfg, ENOMEM, "not enough memory for the configuration");
	for (at = 0; at < count; at++)
		list[at] = cfg->env[at];
	for (at = 0; at < count; at++)
		if (!strncmp(list[at], entry, name + 1))
			break;
	list[at] = entry;
	return sb_set_env(cfg, list);
}

int sb_set_cwd(sb_config *cfg, const char *dir)
{
	int r;

	if (!cfg)
		return -EINVAL;
	r = sbi_cfg_inside(cfg, "sb_set_cwd", dir);
	return r < 0 ? r : sbi_cfg_string(cfg, &cfg->cwd, dir);
}

int sb_set_umask(sb_config *cfg, uint32_t mask)
{
	if (!cfg)
		return -EINVAL;
	if (mask > 0777)
		return sbi_cfg_fail(cfg, EINVAL, "sb_set_umask: 0%o is more than 0777", mask);
	cfg->umask = mask;
	return 0;
}

static const struct {
	const char *name;
	int resource;
} rlimit_names[] = {
	{ "as", RLIMIT_AS },           { "core", RLIMIT_CORE },       { "cpu", RLIMIT_CPU },
	{ "data", RLIMIT_DATA },       { "fsize", RLIMIT_FSIZE },     { "locks", RLIMIT_LOCKS },
	{ "memlock", RLIMIT_MEMLOCK }, { "msgqueue", RLIMIT_MSGQUEUE }, { "nice", RLIMIT_NICE },
	{ "nofile", RLIMIT_NOFILE },   { "nproc", RLIMIT_NPROC },     { "rss", RLIMIT_RSS },
	{ "rtprio", RLIMIT_RTPRIO },   { "rttime", RLIMIT_RTTIME },   { "sigpending", RLIMIT_SIGPENDING },
	{ "stack", RLIMIT_STACK },
};

int sb_set_rlimit(sb_config *cfg, const char *name, uint64_t soft, uint64_t hard)
{
	struct sbi_rlimit *limit = NULL;
	int resource = -1;

	if (!cfg)
		return -EINVAL;
	for (size_t i = 0; name && i < sizeof(rlimit_names) / sizeof(rlimit_names[0]); i++)
		if (!strcasecmp(name, rlimit_names[i].name))
			resource = rlimit_names[i].resource;
	if (resource < 0)
		return sbi_cfg_fail(cfg, EINVAL, "sb_set_rlimit: \"%.40s\" is not a resource of getrlimit(2)",
				    name ? name : "");
	if (soft > hard)
		return sbi_cfg_fail(cfg, EINVAL, "sb_set_rlimit: %s: the soft limit is above the hard limit",
				    name);
	for (uint32_t i = 0; i < cfg->rlimit_count; i++)
		if (cfg->rlimits[i].resource == resource)
			limit = &cfg->rlimits[i];
	if (!limit) {
		limit = sbi_cfg_grow(cfg, &cfg->rlimits, cfg->rlimit_count, sizeof(*limit));
		if (!limit)
			return -ENOMEM;
		cfg->rlimit_count++;
	}
	*limit = (struct sbi_rlimit){ resource, soft, hard };
	return 0;
}

int sb_set_nice(sb_config *cfg, int nice)
{
	if (!cfg)
		return -EINVAL;
	if (nice < -20 || nice > 19)
		return sbi_cfg_fail(cfg, EINVAL, "sb_set_nice: %d is not between -20 and 19", nice);
	cfg->nice = nice;
	cfg->nice_set = 1;
	return 0;
}

int sb_set_session(sb_config *cfg, int on)
{
	return sbi_cfg_switch(cfg, __func__, cfg ? &cfg->session : NULL, on);
}

int sb_set_tty(sb_config *cfg, int on)
{
	return sbi_cfg_switch(cfg, __func__, cfg ? &cfg->tty : NULL, on);
}

int sb_set_tty_size(sb_config *cfg, uint32_t rows, uint32_t columns)
{
	if (!cfg)
		return -EINVAL;
	if (!rows || !columns || rows > UINT16_MAX || columns > UINT16_MAX)
		return sbi_cfg_fail(cfg, EINVAL, "sb_set_tty_size: %u by %u is not between 1 and 65535", rows,
				    columns);
	cfg->tty_rows = rows;
	cfg->tty_columns = columns;
	return 0;
}

int sb_set_no_new_privs(sb_config *cfg, int on)
{
	return sbi_cfg_switch(cfg, __func__, cfg ? &cfg->no_new_privs : NULL, on);
}

int sb_set_loopback(sb_config *cfg, int up)
{
	return sbi_cfg_switch(cfg, __func__, cfg ? &cfg->loopback : NULL, up);
}

int sb_set_host_root(sb_config *cfg, int allow)
{
	return sbi_cfg_switch(cfg, __func__, cfg ? &cfg->host_root : NULL, allow);
}

int sb_set_rootfs_writable(sb_config *cfg, int writable)
{
	return sbi_cfg_switch(cfg, __func__, cfg ? &cfg->root_writable : NULL, writable);
}
