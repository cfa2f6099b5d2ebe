/* SPDX-License-Identifier: MIT */
/* sb_config: new, copy, free, and the first failure that sticks. */
#include "config_internal.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "policy/filter.h"

static const char *const ns_names[SBI_NS_KINDS] = { "user", "pid", "mount",  "net",
						    "ipc",  "uts", "cgroup", "time" };
static const uint64_t ns_clone[SBI_NS_KINDS] = { 0x10000000, 0x20000000, 0x00020000, 0x40000000,
						 0x08000000, 0x04000000, 0x02000000, 0x00000080 };

int sbi_ns_number(uint64_t kind)
{
	if (!kind || (kind & (kind - 1)) || kind > SB_NS_ALL)
		return -EINVAL;
	return __builtin_ctzll(kind);
}

const char *sbi_ns_name(int number)
{
	return ns_names[number];
}

uint64_t sbi_ns_clone(int number)
{
	return ns_clone[number];
}

sb_config *sb_config_new(void)
{
	sb_config *cfg = calloc(1, sizeof(*cfg));

	if (!cfg)
		return NULL;
	cfg->init = sbi_initfd_new();
	cfg->place = sbi_place_new();
	cfg->filter = sbi_filter_cell_new();
	if (!cfg->init || !cfg->place || !cfg->filter) {
		sbi_initfd_unref(cfg->init);
		sbi_place_unref(cfg->place);
		sbi_filter_cell_unref(cfg->filter);
		free(cfg);
		return NULL;
	}
	sbi_caller_look(&cfg->caller);
	cfg->sticky.size = sizeof(cfg->sticky);
	cfg->umask = 022;
	cfg->session = 1;
	cfg->no_new_privs = 1;
	cfg->ns = SB_NS_ALL;
	cfg->loopback = 1;
	cfg->aslr = cfg->tsc = 1;
	cfg->ambient = 1;
	cfg->seccomp_preset = "default";
	cfg->landlock.is_auto = 1;
	for (int i = 0; i < SBI_NS_KINDS; i++)
		cfg->ns_fd[i] = -1;
	cfg->join_fd = -1;
	cfg->cgroup_parent_fd = -1;
	for (int i = 0; i < SBI_LIMITS; i++)
		cfg->limits[i] = (struct sbi_limit){ UINT64_MAX, 0, UINT64_MAX, 0 };
	return cfg;
}

void sbi_mount_clear(struct sbi_mount *m)
{
	free(m->source);
	free(m->target);
	free(m->work);
	free(m->list);
	free(m->data);
	memset(m, 0, sizeof(*m));
}

sb_config *sb_config_free(sb_config *cfg)
{
	if (!cfg)
		return NULL;
	for (uint32_t i = 0; i < cfg->mount_count; i++)
		sbi_mount_clear(&cfg->mounts[i]);
	for (uint32_t i = 0; i < cfg->pin_count; i++)
		free(cfg->pins[i].path);
	for (uint32_t i = 0; i < cfg->fd_count; i++)
		sbi_stream_clear(&cfg->fds[i]);
	for (uint32_t i = 0; i < cfg->landlock.count; i++)
		free(cfg->landlock.rules[i].path);
	free(cfg->landlock.rules);
	free(cfg->mounts);
	free(cfg->pins);
	free(cfg->path);
	free(cfg->cwd);
	free(cfg->argv);
	free(cfg->env);
	free(cfg->rlimits);
	free(cfg->fds);
	free(cfg->name);
	free(cfg->join_name);
	free(cfg->hostname);
	free(cfg->domainname);
	free(cfg->users.list);
	free(cfg->group_map.list);
	free(cfg->rootfs);
	free(cfg->root_lower);
	free(cfg->root_upper);
	free(cfg->root_work);
	free(cfg->cgroup);
	free(cfg->devices);
	free(cfg->affinity);
	free(cfg->cgroup_parent);
	sbi_net_clear(&cfg->net);
	sbi_policy_unref(cfg->policy);
	sbi_filter_cell_unref(cfg->filter);
	sbi_place_unref(cfg->place);
	sbi_initfd_unref(cfg->init);
	free(cfg);
	return NULL;
}

char **sbi_strv_copy(const char *const list[])
{
	size_t count = 0, bytes = 0;
	char **copy, *text;

	for (; list[count]; count++)
		bytes += strlen(list[count]) + 1;
	copy = malloc((count + 1) * sizeof(*copy) + bytes);
	if (!copy)
		return NULL;
	text = (char *)(copy + count + 1);
	for (size_t i = 0; i < count; i++) {
		size_t len = strlen(list[i]) + 1;

		copy[i] = memcpy(text, list[i], len);
		text += len;
	}
	copy[count] = NULL;
	return copy;
}

/* Duplicating what the copied struct still points to: each helper reports 0 or -1. */
int sbi_dup_string(char **field)
{
	return *field && !(*field = strdup(*field)) ? -1 : 0;
}

static int dup_list(char ***field)
{
	return *field && !(*field = sbi_strv_copy((const char *const *)*field)) ? -1 : 0;
}

int sbi_dup_block(void *field, size_t bytes)
{
	void **block = field, *from = *block;

	if (!from)
		return 0;
	*block = malloc(bytes ? bytes : 1);
	if (!*block)
		return -1;
	memcpy(*block, from, bytes);
	return 0;
}

int sbi_mount_copy(struct sbi_mount *to, const struct sbi_mount *from)
{
	int r = 0;

	*to = *from;
	r |= sbi_dup_string(&to->source);
	r |= sbi_dup_string(&to->target);
	r |= sbi_dup_string(&to->work);
	r |= dup_list(&to->list);
	r |= sbi_dup_block(&to->data, to->len);
	return r;
}

sb_config *sb_config_copy(const sb_config *cfg)
{
	sb_config *copy;
	int r = 0;

	if (!cfg)
		return NULL;
	copy = malloc(sizeof(*copy));
	if (!copy)
		return NULL;
	*copy = *cfg;
	sbi_initfd_ref(copy->init);
	sbi_place_ref(copy->place);
	sbi_policy_ref(copy->policy);
	sbi_filter_cell_ref(copy->filter);
	r |= sbi_net_copy(&copy->net);
	if (cfg->net.join_fd && cfg->ns_fd[3] == cfg->net.join_fd - 1)
		copy->ns_fd[3] = copy->net.join_fd - 1;
	r |= sbi_dup_block(&copy->cgroup, copy->cgroup_count * sizeof(*copy->cgroup));
	r |= sbi_dup_block(&copy->devices, copy->device_count * sizeof(*copy->devices));
	r |= sbi_dup_block(&copy->affinity, copy->affinity_bytes);
	r |= sbi_dup_string(&copy->cgroup_parent);
	r |= sbi_dup_string(&copy->path);
	r |= sbi_dup_string(&copy->cwd);
	r |= dup_list(&copy->argv);
	r |= dup_list(&copy->env);
	r |= sbi_dup_block(&copy->rlimits, copy->rlimit_count * sizeof(*copy->rlimits));
	r |= sbi_dup_block(&copy->fds, copy->fd_count * sizeof(*copy->fds));
	r |= sbi_dup_string(&copy->name);
	r |= sbi_dup_string(&copy->join_name);
	r |= sbi_dup_string(&copy->hostname);
	r |= sbi_dup_string(&copy->domainname);
	r |= sbi_dup_block(&copy->users.list, copy->users.count * sizeof(*copy->users.list));
	r |= sbi_dup_block(&copy->group_map.list, copy->group_map.count * sizeof(*copy->group_map.list));
	r |= sbi_dup_string(&copy->rootfs);
	r |= dup_list(&copy->root_lower);
	r |= sbi_dup_string(&copy->root_upper);
	r |= sbi_dup_string(&copy->root_work);
	r |= sbi_dup_block(&copy->mounts, copy->mount_count * sizeof(*copy->mounts));
	r |= sbi_dup_block(&copy->pins, copy->pin_count * sizeof(*copy->pins));
	r |= sbi_dup_block(&copy->landlock.rules, copy->landlock.count * sizeof(*copy->landlock.rules));
	for (uint32_t i = 0; copy->mounts && i < copy->mount_count; i++)
		r |= sbi_mount_copy(&copy->mounts[i], &cfg->mounts[i]);
	for (uint32_t i = 0; copy->pins && i < copy->pin_count; i++)
		r |= sbi_dup_string(&copy->pins[i].path);
	for (uint32_t i = 0; copy->landlock.rules && i < copy->landlock.count; i++)
		r |= sbi_dup_string(&copy->landlock.rules[i].path);
	for (uint32_t i = 0; copy->fds && i < copy->fd_count; i++)
		r |= sbi_stream_copy(&copy->fds[i], &cfg->fds[i]);
	if (!copy->fds)
		copy->fd_count = 0;
	if (!copy->mounts)
		copy->mount_count = 0;
	if (!copy->pins)
		copy->pin_count = 0;
	if (!copy->landlock.rules)
		copy->landlock.count = 0;
	return r ? sb_config_free(copy) : copy;
}

int sbi_cfg_fail(sb_config *cfg, int code, const char *format, ...)
{
	va_list args;

	if (cfg && !cfg->failed) {
		cfg->failed = code;
		cfg->sticky.code = code;
		cfg->sticky.step = SB_STEP_CONFIG;
		va_start(args, format);
		vsnprintf(cfg->sticky.message, sizeof(cfg->sticky.message), format, args);
		va_end(args);
	}
	return -code;
}

int sbi_cfg_switch(sb_config *cfg, const char *setter, int *field, int on)
{
	if (!cfg)
		return -EINVAL;
	if (on != 0 && on != 1)
		return sbi_cfg_fail(cfg, EINVAL, "%s: %d is neither 0 nor 1", setter, on);
	*field = on;
	return 0;
}

int sbi_cfg_string(sb_config *cfg, char **field, const char *value)
{
	char *copy = NULL;

	if (value) {
		copy = strdup(value);
		if (!copy)
			return sbi_cfg_fail(cfg, ENOMEM, "not enough memory for the configuration");
	}
	free(*field);
	*field = copy;
	return 0;
}

void *sbi_cfg_grow(sb_config *cfg, void *list_field, uint32_t count, size_t item)
{
	void **list = list_field;
	void *grown = realloc(*list, (count + 1) * item);

	if (!grown) {
		sbi_cfg_fail(cfg, ENOMEM, "not enough memory for the configuration");
		return NULL;
	}
	*list = grown;
	return memset((char *)grown + count * item, 0, item);
}

int sbi_cfg_inside(sb_config *cfg, const char *setter, const char *path)
{
	if (!path)
		return sbi_cfg_fail(cfg, EINVAL, "%s: no path given", setter);
	if (path[0] != '/')
		return sbi_cfg_fail(cfg, EINVAL, "%s: \"%.80s\" is not an absolute path", setter, path);
	if (strlen(path) >= PATH_MAX)
		return sbi_cfg_fail(cfg, ENAMETOOLONG, "%s: the path \"%.60s…\" is longer than %d bytes",
				    setter, path, PATH_MAX - 1);
	for (const char *p = path; (p = strstr(p, "/..")); p += 3)
		if (p[3] == '\0' || p[3] == '/')
			return sbi_cfg_fail(cfg, EINVAL, "%s: \"%.80s\" contains \"..\"", setter, path);
	return 0;
}

int sb_set_trace(sb_config *cfg, sb_trace *trace)
{
	if (!cfg)
		return -EINVAL;
	cfg->trace = trace;
	return 0;
}
