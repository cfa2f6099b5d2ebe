/* SPDX-License-Identifier: MIT */
/* The seccomp policy: setters, and the filter it compiles to. */
#include "seccomp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config_internal.h"
#include "error.h"
#include "policy/syscalls.h"

static int fail(sb_config *cfg, const char *setter, const struct sbi_policy_error *error)
{
	return sbi_cfg_fail(cfg, error->code, "%s: %s", setter, error->message);
}

int sbi_seccomp_refilter(sb_config *cfg)
{
	struct sbi_filter_cell *cell = sbi_filter_cell_new();

	if (!cell)
		return sbi_cfg_fail(cfg, ENOMEM, "not enough memory for the configuration");
	sbi_filter_cell_unref(cfg->filter);
	cfg->filter = cell;
	return 0;
}

/* @policy (the config's from now on, or NULL) instead of what was there. */
static int replace(sb_config *cfg, const char *preset, struct sbi_policy *policy)
{
	int r = sbi_seccomp_refilter(cfg);

	if (r < 0) {
		sbi_policy_unref(policy);
		return r;
	}
	sbi_policy_unref(cfg->policy);
	cfg->policy = policy;
	cfg->seccomp_preset = preset;
	return 0;
}

int sb_set_seccomp(sb_config *cfg, const char *preset)
{
	const char *known;

	if (!cfg)
		return -EINVAL;
	known = preset ? sbi_policy_preset(preset) : NULL;
	if (!known)
		return sbi_cfg_fail(cfg, EINVAL,
				    "sb_set_seccomp: \"%.40s\" is not default, judge, build, nested or none",
				    preset ? preset : "");
	return replace(cfg, known, NULL);
}

int sb_set_seccomp_text(sb_config *cfg, const char *text, const char *name)
{
	struct sbi_policy_error error = { 0 };
	struct sbi_policy *policy;

	if (!cfg)
		return -EINVAL;
	if (!text)
		return sbi_cfg_fail(cfg, EINVAL, "sb_set_seccomp_text: no text given");
	policy = sbi_policy_new(NULL, &error);
	if (!policy || sbi_policy_add(policy, text, name ? name : "policy", NULL, &error) < 0) {
		sbi_policy_unref(policy);
		return fail(cfg, "sb_set_seccomp_text", &error);
	}
	return replace(cfg, NULL, policy);
}

int sb_set_seccomp_file(sb_config *cfg, const char *path)
{
	struct sbi_policy_error error = { 0 };
	struct sbi_policy *policy;

	if (!cfg)
		return -EINVAL;
	if (!path)
		return sbi_cfg_fail(cfg, EINVAL, "sb_set_seccomp_file: no path given");
	policy = sbi_policy_new(NULL, &error);
	if (!policy || sbi_policy_add_file(policy, path, &error) < 0) {
		sbi_policy_unref(policy);
		return fail(cfg, "sb_set_seccomp_file", &error);
	}
	return replace(cfg, NULL, policy);
}

int sb_add_seccomp(sb_config *cfg, const char *line)
{
	struct sbi_policy_error error = { 0 };
	struct sbi_policy *policy;

	if (!cfg)
		return -EINVAL;
	if (!line)
		return sbi_cfg_fail(cfg, EINVAL, "sb_add_seccomp: no line given");
	if (!cfg->policy && !strcmp(cfg->seccomp_preset, "none"))
		return sbi_cfg_fail(cfg, EINVAL, "sb_add_seccomp: \"none\" is no filter to add to");
	if (cfg->policy) {
		policy = sbi_policy_copy(cfg->policy);
		error.code = policy ? 0 : ENOMEM;
	} else {
		policy = sbi_policy_new(cfg->seccomp_preset, &error);
	}
	if (!policy || sbi_policy_add(policy, line, "line", NULL, &error) < 0) {
		sbi_policy_unref(policy);
		return fail(cfg, "sb_add_seccomp", &error);
	}
	return replace(cfg, NULL, policy);
}

int sbi_has_filter(const sb_config *cfg)
{
	return cfg->policy || strcmp(cfg->seccomp_preset, "none") != 0;
}

/* A preset for a command without capabilities is the same for every config. */
static struct sbi_filter_cell *find_cell(const sb_config *cfg)
{
	if (!cfg->policy && !cfg->keep_caps && !cfg->seeded)
		return sbi_filter_cell_preset(cfg->seccomp_preset);
	return cfg->filter;
}

/* With a seed libraries are to read the files: the line comes last, and so decides. */
static struct sbi_policy *effective_policy(const sb_config *cfg, struct sbi_policy_error *error)
{
	struct sbi_policy *policy =
		cfg->policy ? sbi_policy_ref(cfg->policy) : sbi_policy_new(cfg->seccomp_preset, error);
	struct sbi_policy *copy;

	if (!policy || !cfg->seeded)
		return policy;
	copy = sbi_policy_copy(policy);
	sbi_policy_unref(policy);
	error->code = copy ? 0 : ENOMEM;
	if (copy && sbi_policy_add(copy, "errno(ENOSYS) getrandom", "random seed", NULL, error) == 0)
		return copy;
	sbi_policy_unref(copy);
	return NULL;
}

/* A preset's, with a word of our own; or from the policy. */
static struct sbi_filter *make_filter(const sb_config *cfg, int warm, struct sbi_policy_error *error)
{
	struct sbi_filter_cell *preset = find_cell(cfg);
	struct sbi_policy *policy;
	struct sbi_filter *filter;

	if (warm && preset != cfg->filter && sbi_filter_cell_get(preset, 1))
		return sbi_filter_reword(sbi_filter_cell_get(preset, 1), error);
	policy = effective_policy(cfg, error);
	filter = policy ? sbi_filter_compile(policy, cfg->keep_caps, warm, 0, error) : NULL;
	sbi_policy_unref(policy);
	return filter;
}

int sbi_filter_get(const sb_config *cfg, int warm, struct sbi_filter **out, sb_error *err)
{
	struct sbi_filter_cell *cell = warm ? cfg->filter : find_cell(cfg);
	struct sbi_filter *filter = sbi_filter_cell_get(cell, warm);
	struct sbi_policy_error error = { 0 };

	if (!filter) {
		filter = make_filter(cfg, warm, &error);
		if (!filter)
			return sbi_fail(err, SB_STEP_FILTER, 0, error.code, "seccomp policy: %s",
					error.message);
		filter = sbi_filter_cell_put(cell, warm, filter);
	}
	*out = sbi_filter_ref(filter);
	return 0;
}

int sb_seccomp_test(const sb_config *cfg, const char *call, const uint64_t args[], int32_t *error,
		    sb_error *err)
{
	static const uint64_t none[6];
	struct sbi_filter *filter;
	uint32_t action;
	char *end;
	long number;
	int r;

	if (!cfg || !call || !call[0])
		return sbi_fail(err, SB_STEP_FILTER, 0, EINVAL,
				"sb_seccomp_test: a configuration and a system call are needed");
	if (cfg->failed)
		return sbi_fail_as(err, &cfg->sticky);
	number = strtol(call, &end, 0);
	if (*end)
		number = sbi_syscall_number(call);
	if (number < 0 || number > UINT32_MAX)
		return sbi_fail(err, SB_STEP_FILTER, 0, EINVAL,
				"\"%.40s\" is not a system call of this machine", call);
	if (!sbi_has_filter(cfg))
		return (int)SB_SECCOMP_ALLOW;
	r = sbi_filter_get(cfg, 0, &filter, err);
	if (r < 0)
		return r;
	action = sbi_filter_action(filter, sbi_native_arch(), (uint32_t)number, args ? args : none);
	sbi_filter_unref(filter);
	if (error && SBI_ACTION_KIND(action) == SB_SECCOMP_ERRNO)
		*error = (int32_t)SBI_ACTION_ERRNO(action);
	return (int)SBI_ACTION_KIND(action);
}
