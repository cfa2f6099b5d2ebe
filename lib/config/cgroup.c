/* SPDX-License-Identifier: MIT */
/* cgroup settings of a config: limits, devices, and where the leaf may be made. */
#include <sandbox/cgroup.h>
#include <sandbox/limit.h>
#include <sandbox/proc.h>

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "cgroup_units.h"
#include "cgroup_value.h"
#include "config_internal.h"

#define MAX_SETTINGS 256
#define MAX_DEVICES 64
#define FLAGS (SB_CGROUP_MOVE_SELF | SB_CGROUP_NO_SYSTEMD | SB_CGROUP_ACCOUNT)

/* Where the setting is, or would be put: one for each file, and device. */
static uint32_t place_of(const sb_config *cfg, const char *file, const char *key)
{
	uint32_t at = 0;

	while (at < cfg->cgroup_count &&
	       (strcmp(cfg->cgroup[at].file, file) || strcmp(cfg->cgroup[at].key, key)))
		at++;
	return at;
}

static void forget(sb_config *cfg, const char *file)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < cfg->cgroup_count; i++)
		if (strcmp(cfg->cgroup[i].file, file))
			cfg->cgroup[kept++] = cfg->cgroup[i];
	cfg->cgroup_count = kept;
}

static int set(sb_config *cfg, const char *setter, const char *file, const char *value)
{
	struct sbi_cgroup_value checked;
	struct sbi_cgroup_setting *setting;
	char why[160];
	uint32_t at;

	if (!cfg)
		return -EINVAL;
	if (!file || strlen(file) >= sizeof(setting->file))
		return sbi_cfg_fail(cfg, EINVAL, "%s: no file of a cgroup given", setter);
	if (!value && sbi_cgroup_file(file, why, sizeof(why)) == 0) {
		forget(cfg, file);
		return 0;
	}
	if (!value || sbi_cgroup_value(file, value, &checked, why, sizeof(why)) < 0)
		return sbi_cfg_fail(cfg, EINVAL, "%s: %s: %s", setter, file, why);
	if (checked.live)
		return sbi_cfg_fail(cfg, EINVAL, "%s: %s is not a setting: see sb_proc_set_cgroup()", setter,
				    file);
	at = place_of(cfg, file, checked.key);
	if (at == cfg->cgroup_count) {
		if (at == MAX_SETTINGS)
			return sbi_cfg_fail(cfg, E2BIG, "%s: more than %d settings", setter, MAX_SETTINGS);
		if (!sbi_cfg_grow(cfg, &cfg->cgroup, cfg->cgroup_count, sizeof(*cfg->cgroup)))
			return -ENOMEM;
		cfg->cgroup_count++;
	}
	setting = &cfg->cgroup[at];
	setting->controller = checked.controller;
	snprintf(setting->file, sizeof(setting->file), "%s", file);
	memcpy(setting->key, checked.key, sizeof(setting->key));
	memcpy(setting->text, checked.text, sizeof(setting->text));
	return 0;
}

int sb_set_cgroup(sb_config *cfg, const char *file, const char *value)
{
	return set(cfg, __func__, file, value);
}

static int set_number(sb_config *cfg, const char *setter, const char *file, uint64_t number)
{
	char text[24] = "max";

	if (number != UINT64_MAX)
		snprintf(text, sizeof(text), "%" PRIu64, number);
	return set(cfg, setter, file, text);
}

int sb_set_memory(sb_config *cfg, uint64_t bytes)
{
	return set_number(cfg, __func__, "memory.max", bytes);
}

int sb_set_swap(sb_config *cfg, uint64_t bytes)
{
	return set_number(cfg, __func__, "memory.swap.max", bytes);
}

int sb_set_pids(sb_config *cfg, uint64_t count)
{
	return set_number(cfg, __func__, "pids.max", count);
}

int sb_set_cpu_weight(sb_config *cfg, uint32_t weight)
{
	return set_number(cfg, __func__, "cpu.weight", weight);
}

int sb_set_cpu_shares(sb_config *cfg, uint64_t shares)
{
	if (!cfg)
		return -EINVAL;
	if (shares < 2 || shares > 262144)
		return sbi_cfg_fail(cfg, EINVAL, "sb_set_cpu_shares: %" PRIu64 " is not between 2 and 262144",
				    shares);
	return set_number(cfg, __func__, "cpu.weight", sbi_weight_of_shares(shares));
}

int sb_set_cpu_quota(sb_config *cfg, uint64_t quota_ns, uint64_t period_ns)
{
	uint64_t period = period_ns ? period_ns / 1000 : 100000;
	char text[64];

	if (quota_ns == UINT64_MAX)
		snprintf(text, sizeof(text), "max %" PRIu64, period);
	else
		snprintf(text, sizeof(text), "%" PRIu64 " %" PRIu64, quota_ns / 1000, period);
	return set(cfg, __func__, "cpu.max", text);
}

int sb_set_cpuset(sb_config *cfg, const char *cpus, const char *mems)
{
	int r = set(cfg, __func__, "cpuset.cpus", cpus);

	return r < 0 ? r : set(cfg, __func__, "cpuset.mems", mems);
}

/* "c 1:3 rwm": kind, numbers or *, what may be done. */
static int check_device(sb_config *cfg, const char *rule, struct sbi_device *device)
{
	char kind = '\0', numbers[48], access[8];
	char *colon;
	uint64_t number[2];
	int end = 0;

	if (sscanf(rule, " %c %47s %7s %n", &kind, numbers, access, &end) != 3 || rule[end] ||
	    !strchr("abc", kind) || !(colon = strchr(numbers, ':')))
		return sbi_cfg_fail(cfg, EINVAL, "sb_set_devices: \"%.60s\" is not like \"c 1:3 rwm\"", rule);
	*colon = '\0';
	for (int i = 0; i < 2; i++) {
		const char *text = i ? colon + 1 : numbers;

		if (!strcmp(text, "*"))
			number[i] = UINT32_MAX;
		else if (sbi_unit_count(text, &number[i]) < 0 || number[i] >= UINT32_MAX)
			return sbi_cfg_fail(cfg, EINVAL,
					    "sb_set_devices: \"%.40s\" is neither a device number nor *",
					    text);
	}
	*device = (struct sbi_device){
		.kind = kind, .major = (uint32_t)number[0], .minor = (uint32_t)number[1]
	};
	for (const char *p = access; *p; p++) {
		const char *letter = strchr("mrw", *p); /* BPF_DEVCG_ACC_MKNOD 1, READ 2, WRITE 4 */

		if (!letter)
			return sbi_cfg_fail(cfg, EINVAL, "sb_set_devices: \"%s\" is not made of r, w and m",
					    access);
		device->access |= UINT32_C(1) << (letter - "mrw");
	}
	return 0;
}

int sb_set_devices(sb_config *cfg, const char *const rules[])
{
	struct sbi_device list[MAX_DEVICES];
	uint32_t count = 0;
	int r = 0;

	if (!cfg)
		return -EINVAL;
	for (; rules && rules[count] && r == 0; count++) {
		if (count == MAX_DEVICES)
			return sbi_cfg_fail(cfg, E2BIG, "sb_set_devices: more than %d rules", MAX_DEVICES);
		r = check_device(cfg, rules[count], &list[count]);
	}
	if (r < 0)
		return r;
	cfg->device_count = 0;
	cfg->device_filter = rules ? 1 : 0;
	for (uint32_t i = 0; i < count; i++) {
		if (!sbi_cfg_grow(cfg, &cfg->devices, i, sizeof(*cfg->devices)))
			return -ENOMEM;
		cfg->devices[i] = list[i];
		cfg->device_count++;
	}
	return 0;
}

/* Another place than the one that copies of this config share. */
static int elsewhere(sb_config *cfg)
{
	struct sbi_place *place = sbi_place_new();

	if (!place)
		return sbi_cfg_fail(cfg, ENOMEM, "not enough memory for the configuration");
	sbi_place_unref(cfg->place);
	cfg->place = place;
	return 0;
}

int sb_set_cgroup_flags(sb_config *cfg, uint64_t flags)
{
	if (!cfg)
		return -EINVAL;
	if (flags & ~FLAGS)
		return sbi_cfg_fail(cfg, EINVAL, "sb_set_cgroup_flags: unknown bits 0x%llx",
				    (unsigned long long)(flags & ~FLAGS));
	if ((flags ^ cfg->cgroup_flags) & ~SB_CGROUP_ACCOUNT) {
		int r = elsewhere(cfg);

		if (r < 0)
			return r;
	}
	cfg->cgroup_flags = flags;
	return 0;
}

int sb_set_cgroup_parent(sb_config *cfg, const char *path)
{
	int r;

	if (!cfg)
		return -EINVAL;
	if (path) {
		r = sbi_cfg_inside(cfg, "sb_set_cgroup_parent", path);
		if (r < 0)
			return r;
		if (strchr(path, '\n'))
			return sbi_cfg_fail(cfg, EINVAL,
					    "sb_set_cgroup_parent: no cgroup has a line break in its name");
	}
	r = elsewhere(cfg);
	if (r < 0)
		return r;
	cfg->cgroup_parent_fd = -1;
	return sbi_cfg_string(cfg, &cfg->cgroup_parent, path);
}

int sb_set_cgroup_parent_fd(sb_config *cfg, int fd)
{
	int r;

	if (!cfg)
		return -EINVAL;
	if (fd < -1)
		return sbi_cfg_fail(cfg, EINVAL, "sb_set_cgroup_parent_fd: %d is no descriptor", fd);
	r = elsewhere(cfg);
	if (r < 0)
		return r;
	cfg->cgroup_parent_fd = fd;
	return sbi_cfg_string(cfg, &cfg->cgroup_parent, NULL);
}

static const char *setting_of(const sb_config *cfg, const char *file)
{
	for (uint32_t i = 0; i < cfg->cgroup_count; i++)
		if (!strcmp(cfg->cgroup[i].file, file))
			return cfg->cgroup[i].text;
	return NULL;
}

int sbi_forbids_swap(const sb_config *cfg)
{
	const char *memory = setting_of(cfg, "memory.max");

	return memory && strcmp(memory, "max") && !setting_of(cfg, "memory.swap.max");
}

static int needs_leaf(const sb_config *cfg)
{
	return cfg->cgroup_count || cfg->device_filter || (cfg->cgroup_flags & SB_CGROUP_ACCOUNT);
}

int sbi_leaf_is_expendable(const sb_config *cfg)
{
	return !needs_leaf(cfg) && (!sbi_limit_controllers(cfg) || (cfg->optional & SB_APPLIED_CGROUP));
}

/* The cgroup namespace is somebody else's, or is to outlive the command. */
static int has_foreign_cgroupns(const sb_config *cfg)
{
	for (uint32_t i = 0; i < cfg->pin_count; i++)
		if (cfg->pins[i].kind == SB_NS_CGROUP)
			return 1;
	return cfg->ns_fd[6] >= 0;
}

int sbi_wants_leaf(const sb_config *cfg)
{
	if (needs_leaf(cfg))
		return 1;
	if (!sbi_has_limit(cfg, SB_LIMIT_CPU) && !sbi_limit_controllers(cfg))
		return 0;
	return !sbi_leaf_is_expendable(cfg) || !has_foreign_cgroupns(cfg);
}
