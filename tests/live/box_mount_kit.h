/* SPDX-License-Identifier: MIT */
/* A box that mounts are added to, and what its commands see of them. */
#ifndef TESTS_BOX_MOUNT_KIT_H
#define TESTS_BOX_MOUNT_KIT_H

#include "files_box.h"

#include <sys/mount.h>
#include <sys/wait.h>

#define NOT_MOUNTED(code, words, hint, call) REFUSED_BY("mount", code, words, hint, call)
/* What a command of the box prints. */
#define SAID(...) (fx_command(cfg, __VA_ARGS__), said_in(box, cfg, NULL))

/* A directory that anybody may write to, with a file in it. */
static __attribute__((unused)) const char *a_dir(const char *name)
{
	const char *dir = fx_mkdir(name);
	char file[300];

	fx_ok(chmod(dir, 0777));
	snprintf(file, sizeof(file), "%s/file", name);
	fx_ok(chmod(fx_write(file, "text"), 0666));
	return dir;
}

/* What this process has mounted, in memory of the caller's. */
static __attribute__((unused)) char *host_mounts(void)
{
	char *text = NULL;
	size_t room = 0;
	FILE *f = fopen("/proc/self/mountinfo", "re");

	assert_non_null(f);
	assert_true(getdelim(&text, &room, '\0', f) > 0);
	fclose(f);
	return text;
}

#endif
