/* SPDX-License-Identifier: MIT */
/* A box that writes to directories of the host, which a reset replaces. */
#ifndef TESTS_OVERLAY_KIT_H
#define TESTS_OVERLAY_KIT_H

#include "box_kit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#define SHELF ".sb-reset-upper"

/* disk/lower with a file, disk/upper and disk/work, which anybody may write to; shown at /o. */
static inline sb_config *overlay_config(void)
{
	const char *lower[] = {NULL, NULL};
	sb_config *cfg = fx_config("exit=0");

	fx_mkdir("disk");
	lower[0] = fx_mkdir("disk/lower");
	fx_ok(chmod(lower[0], 0777));
	fx_ok(chmod(fx_write("disk/lower/base", "base"), 0666));
	fx_ok(chmod(fx_mkdir("disk/upper"), 0777));
	fx_mkdir("disk/work");
	fx_ok(sb_add_overlay(cfg, "/o", lower, fx_path("disk/upper"), fx_path("disk/work")));
	fx_ok(sb_set_overlay_reset(cfg, 1));
	return cfg;
}

/* How many names are in a directory; those that begin with @prefix. */
static inline int names_in(const char *dir, const char *prefix)
{
	DIR *stream = opendir(fx_path(dir));
	struct dirent *entry;
	int count = 0;

	assert_non_null(stream);
	while ((entry = readdir(stream)))
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			count += !strncmp(entry->d_name, prefix, strlen(prefix));
	closedir(stream);
	return count;
}

/* The upper directory is empty, and nothing lies beside it that was not there. */
static inline void is_fresh(void)
{
	assert_int_equal(names_in("disk/upper", ""), 0);
	assert_int_equal(names_in("disk", ""), 3);
}

/*
 * The box has ended. overlayfs keeps a whiteout in a directory that is shut, which only root would
 * get away.
 */
static inline void open_work(void)
{
	fx_ok(chmod(fx_path("disk/work/work"), 0700));
}

/* What a command finds at /o, and what it writes there. */
static inline void uses(sb_box *box, sb_config *cfg)
{
	const char *out;

	fx_command(cfg, "ls=/o", "cat=/o/base", "write=/o/new", "mkdir=/o/dir", "write=/o/dir/below",
		   "unlink=/o/base", "ls=/o");
	out = said_in(box, cfg, NULL);
	fx_is(out, "ls /o", "base");
	fx_is(out, "cat /o/base", "base");
	fx_is(out, "write /o/new", "ok");
	fx_is(out, "write /o/dir/below", "ok");
	fx_is(out, "unlink /o/base", "ok");
	fx_has(out, "ls /o=dir new\n");
	assert_int_equal(names_in("disk/upper", ""), 3);
}

/* The reset is, with these words. */
static inline void refused(sb_box *box, int code, const char *words, const char *hint)
{
	sb_error err = SB_INIT(sb_error);

	assert_int_equal(sb_box_reset(box, &err), -code);
	assert_string_equal(sb_step_name(err.step), "reset");
	fx_has(err.message, words);
	fx_has(err.hint, hint);
}

/* It is as it was, and ends. */
static inline void goes_on(sb_box *box, sb_config *cfg)
{
	assert_false(is_gone(box));
	exits(box, cfg, 0);
	sb_box_free(box);
	sb_config_free(cfg);
	open_work();
}

#endif
