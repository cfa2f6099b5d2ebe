/* SPDX-License-Identifier: MIT */
/* --seccomp: a preset, a policy as text, or a profile of docker's. */
#include "caps.h"
#include "docker_seccomp.h"
#include "sbx.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char named[] = "the policies that have a name: default, judge, build, nested, none";
static const char *const presets[] = { "default", "judge", "build", "nested", "none" };

/* A file of at most DOCKER_BYTES; NULL with errno, which is 0 for one that is larger. */
static char *read_whole(const char *path, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char *text = malloc(DOCKER_BYTES + 1);
	struct stat st;
	ssize_t n = -1;

	*len = 0;
	if (text && fd >= 0 && fstat(fd, &st) == 0) {
		errno = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
		while (S_ISREG(st.st_mode) && (n = read(fd, text + *len, DOCKER_BYTES + 1 - *len)) > 0)
			*len += (size_t)n;
	}
	if (fd >= 0)
		close(fd);
	if (n < 0) {
		free(text);
		return NULL;
	}
	return text;
}

static bool is_json(const char *text, size_t len)
{
	size_t at = 0;

	while (at < len && strchr(" \t\r\n", text[at]) && text[at])
		at++;
	return at < len && text[at] == '{';
}

static int complain_policy(const char *name, const char *why, const char *hint)
{
	char text[512];

	snprintf(text, sizeof(text), "seccomp policy %.150s: %.300s", name, why);
	complain(text, hint);
	return -EINVAL;
}

/* The last setter was refused: its words are in the configuration. */
static int complain_setter(const struct run *run)
{
	sb_error err = SB_INIT(sb_error);

	sb_config_check(run->cfg, &err);
	return complain_policy(run->seccomp, setter_message(&err), err.hint);
}

int seccomp_docker_text(const char *path, const struct run *run, char **text)
{
	struct docker_target target = { path, caps_kept(run) };
	char error[DOCKER_ERROR];
	AUTOFREE char *json = NULL;
	size_t len;

	json = read_whole(path, &len);
	if (!json)
		return complain_policy(path, strerror(errno), NULL);
	if (docker_seccomp_text(json, len, &target, text, error) < 0) {
		complain(error, NULL);
		return -EINVAL;
	}
	return 0;
}

int seccomp_apply(struct run *run)
{
	AUTOFREE char *text = NULL, *json = NULL;
	size_t len;

	if (!run->seccomp)
		return 0;
	for (size_t i = 0; i < sizeof(presets) / sizeof(presets[0]); i++)
		if (strcmp(run->seccomp, presets[i]) == 0)
			return sb_set_seccomp(run->cfg, presets[i]) < 0 ? complain_setter(run) : 0;
	text = read_whole(run->seccomp, &len);
	if (!text)
		return complain_policy(run->seccomp, strerror(errno), errno == ENOENT ? named : NULL);
	if (!is_json(text, len))
		return sb_set_seccomp_file(run->cfg, run->seccomp) < 0 ? complain_setter(run) : 0;
	if (seccomp_docker_text(run->seccomp, run, &json) < 0)
		return -EINVAL;
	return sb_set_seccomp_text(run->cfg, json, run->seccomp) < 0 ? complain_setter(run) : 0;
}
