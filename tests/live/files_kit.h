/* SPDX-License-Identifier: MIT */
/* A box with a shell, and places to put files into. */
#ifndef TESTS_FILES_KIT_H
#define TESTS_FILES_KIT_H

#include "box_kit.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* /work is the command's; the root is not to be written to. */
static sb_config *work_config(void)
{
	sb_config *cfg = fx_config("pause");

	fx_ok(sb_add_system_dirs(cfg));
	fx_ok(sb_add_proc(cfg, "/proc", 0));
	fx_ok(sb_add_dev(cfg, "/dev"));
	fx_ok(sb_add_tmpfs(cfg, "/work", 0, 0, 0755));
	fx_ok(sb_set_env(cfg, (const char *const[]){"PATH=/usr/bin:/bin", NULL}));
	return cfg;
}

/* The call must fail with @code, and its words contain @words and its hint @hint. */
static __attribute__((unused)) void refused_at(const char *step, long r, int code, const sb_error *err,
					       const char *words, const char *hint, int line)
{
	if (r != -code || err->code != code)
		fail_msg("line %d: %ld, expected %d (%s)", line, r, -code, err->message);
	assert_string_equal(sb_step_name(err->step), step);
	if (!strstr(err->message, words) || !strstr(err->hint, hint))
		fail_msg("line %d: \"%s\", \"%s\" lacks \"%s\" or \"%s\"", line, err->message, err->hint,
			 words, hint);
}
#define REFUSED_BY(step, code, words, hint, call)                             \
	do {                                                                  \
		sb_error err = SB_INIT(sb_error);                             \
		long r_ = (long)(call);                                       \
		refused_at(step, r_, code, &err, words, hint, __LINE__);      \
	} while (0)
#define REFUSED(code, words, hint, call) REFUSED_BY("files", code, words, hint, call)

/* The file has this content. */
static __attribute__((unused)) void has_at(sb_box *box, const char *path, const char *text, int line)
{
	sb_error err = SB_INIT(sb_error);
	void *data = NULL;
	size_t len = 0;

	if (sb_box_get(box, path, 1 << 20, &data, &len, &err) < 0)
		fail_msg("line %d: %s (%s)", line, err.message, err.hint);
	if (len != strlen(text) || memcmp(data, text, len + 1))
		fail_msg("line %d: %s holds \"%s\"", line, path, (char *)data);
	free(data);
}
#define HAS(box, path, text) has_at(box, path, text, __LINE__)

#define DONE(call)                                                                   \
	do {                                                                         \
		sb_error err = SB_INIT(sb_error);                                    \
		long r_ = (long)(call);                                              \
		if (r_ < 0)                                                          \
			fail_msg("line %d: %s (%s)", __LINE__, err.message, err.hint); \
	} while (0)

#endif
