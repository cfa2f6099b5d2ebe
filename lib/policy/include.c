/* SPDX-License-Identifier: MIT */
/* Where the text of a policy comes from: the caller, a preset, a file. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/auto.h"
#include "policy_internal.h"

extern const char sbi_preset_groups[], sbi_preset_default[], sbi_preset_judge[], sbi_preset_build[],
	sbi_preset_nested[];

static const struct {
	const char *name, *text;
} presets[] = {
	{ "default", sbi_preset_default }, { "judge", sbi_preset_judge }, { "build", sbi_preset_build },
	{ "nested", sbi_preset_nested },   { "none", NULL },
};
#define PRESETS (sizeof(presets) / sizeof(presets[0]))

const char *sbi_policy_preset(const char *name)
{
	for (size_t i = 0; i < PRESETS; i++)
		if (!strcmp(presets[i].name, name))
			return presets[i].name;
	return NULL;
}

static const char *preset_text(const char *name)
{
	for (size_t i = 0; i < PRESETS; i++)
		if (!strcmp(presets[i].name, name))
			return presets[i].text;
	return NULL;
}

static int is_open_above(const struct sbi_reader *r, uint64_t first, uint64_t second)
{
	for (; r; r = r->above)
		if (r->identity[0] == first && r->identity[1] == second && (first || second))
			return 1;
	return 0;
}

static struct sbi_reader below(struct sbi_policy *policy, const struct sbi_reader *above, const char *name,
			       struct sbi_policy_error *error)
{
	return (struct sbi_reader){ .policy = policy, .error = error, .above = above, .name = name,
				    .depth = above ? above->depth + 1 : 0, .file = ++policy->files };
}

/* The whole file; NULL with the reason in errno. */
static char *read_file(const char *path, struct stat *st)
{
	sbi_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char *text;
	ssize_t n;

	if (fd < 0 || fstat(fd, st) < 0)
		return NULL;
	if (!S_ISREG(st->st_mode)) {
		errno = S_ISDIR(st->st_mode) ? EISDIR : EINVAL;
		return NULL;
	}
	text = malloc(SBI_POLICY_BYTES + 1);
	if (!text)
		return NULL;
	for (size_t len = 0;; len += (size_t)n) {
		n = read(fd, text + len, SBI_POLICY_BYTES - len);
		if (n > 0)
			continue;
		if (n == 0 && memchr(text, '\0', len))
			errno = EILSEQ;
		else if (n == 0 && len == SBI_POLICY_BYTES)
			errno = EFBIG;
		if (n < 0 || len == SBI_POLICY_BYTES || memchr(text, '\0', len)) {
			free(text);
			return NULL;
		}
		text[len] = '\0';
		return text;
	}
}

/* Read @path into what @above reads, or into a policy for itself. */
static int read_path(struct sbi_policy *policy, struct sbi_reader *above, const char *path,
		     struct sbi_policy_error *error)
{
	struct sbi_reader r = below(policy, above, path, error);
	char dir[4096], *text, *slash;
	struct stat st = { 0 };
	int result;

	text = read_file(path, &st);
	if (!text) {
		result = errno;
		if (above)
			return sbi_policy_fail(above, result, "include %.100s: %s", path, strerror(result));
		error->code = result;
		snprintf(error->message, sizeof(error->message), "%.150s: %s", path, strerror(result));
		return -result;
	}
	r.identity[0] = st.st_dev;
	r.identity[1] = st.st_ino;
	if (is_open_above(above, st.st_dev, st.st_ino)) {
		free(text);
		return sbi_policy_fail(above, ELOOP, "%.100s includes itself", path);
	}
	snprintf(dir, sizeof(dir), "%s", path);
	slash = strrchr(dir, '/');
	if (slash)
		*slash = '\0';
	r.dir = slash ? dir[0] ? dir : "/" : above ? above->dir : NULL;
	result = sbi_policy_read(&r, text);
	free(text);
	return result;
}

int sbi_policy_include(struct sbi_reader *r, const char *name)
{
	const char *text = preset_text(name);
	char path[4096];
	struct sbi_reader preset;

	if (r->depth == SBI_POLICY_DEPTH)
		return sbi_policy_fail(r, ELOOP, "more than %d files include each other", SBI_POLICY_DEPTH);
	if (!strcmp(name, "none"))
		return sbi_policy_fail(
			r, EINVAL,
			"the preset \"none\" is no filter: \"default allow\" is one that allows everything");
	if (++r->policy->includes > SBI_POLICY_INCLUDES)
		return sbi_policy_fail(r, E2BIG, "more than %d files are included", SBI_POLICY_INCLUDES);
	if (text) {
		preset = below(r->policy, r, name, r->error);
		return sbi_policy_read(&preset, text);
	}
	if (snprintf(path, sizeof(path), "%s%s%s", name[0] != '/' && r->dir ? r->dir : "",
		     name[0] != '/' && r->dir ? "/" : "", name) >= (int)sizeof(path))
		return sbi_policy_fail(r, ENAMETOOLONG, "include %.60s...: the path is too long", name);
	return read_path(r->policy, r, path, r->error);
}

int sbi_policy_add(struct sbi_policy *policy, const char *text, const char *name, const char *dir,
		   struct sbi_policy_error *error)
{
	struct sbi_reader r = below(policy, NULL, name, error);

	policy->includes = 0;
	r.dir = dir;
	return sbi_policy_read(&r, text);
}

int sbi_policy_add_file(struct sbi_policy *policy, const char *path, struct sbi_policy_error *error)
{
	policy->includes = 0;
	return read_path(policy, NULL, path, error);
}

struct sbi_policy *sbi_policy_new(const char *preset, struct sbi_policy_error *error)
{
	struct sbi_policy *policy = calloc(1, sizeof(*policy));
	int r = -ENOMEM;

	if (policy) {
		atomic_init(&policy->refs, 1);
		policy->otherwise = SBI_ACTION(SB_SECCOMP_ERRNO, EPERM);
		policy->unknown = SBI_ACTION(SB_SECCOMP_ERRNO, ENOSYS);
		policy->foreign = SBI_ACTION(SB_SECCOMP_KILL, 0);
		r = sbi_policy_add(policy, sbi_preset_groups, "groups", NULL, error);
	}
	if (r == 0 && preset)
		r = sbi_policy_add(policy, preset_text(preset), preset, NULL, error);
	if (r == 0)
		return policy;
	if (!error->code) {
		error->code = -r;
		snprintf(error->message, sizeof(error->message), "not enough memory for the policy");
	}
	sbi_policy_unref(policy);
	return NULL;
}
