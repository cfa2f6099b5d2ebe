/* SPDX-License-Identifier: MIT */
/* Boxes that are reset. */
#ifndef TESTS_BOX_RESET_KIT_H
#define TESTS_BOX_RESET_KIT_H

#include "../fixture.h"

#include <poll.h>
#include <unistd.h>

static inline sb_box *open_with(const sb_config *cfg)
{
	sb_error err = SB_INIT(sb_error);
	sb_box *box = NULL;

	if (sb_box_open(cfg, &box, &err) < 0)
		fail_msg("sb_box_open: %s [step %s] hint: %s", err.message, sb_step_name(err.step), err.hint);
	return box;
}

static inline sb_proc *start_in(sb_box *box, const sb_config *cfg)
{
	sb_error err = SB_INIT(sb_error);
	sb_proc *proc = NULL;

	if (sb_box_spawn(box, cfg, &proc, &err) < 0)
		fail_msg("sb_box_spawn: %s [step %s] hint: %s", err.message, sb_step_name(err.step), err.hint);
	return proc;
}

static inline void reset(sb_box *box)
{
	sb_error err = SB_INIT(sb_error);

	if (sb_box_reset(box, &err) < 0)
		fail_msg("sb_box_reset: %s [step %s] hint: %s", err.message, sb_step_name(err.step), err.hint);
}

static inline int is_gone(sb_box *box)
{
	struct pollfd polled = {sb_box_pidfd(box), POLLIN, 0};

	assert_true(polled.fd >= 0);
	return poll(&polled, 1, 0) == 1;
}

/* A program that was built into the directory of `inside`. */
static inline const char *beside_inside(const char *name)
{
	static char path[512];
	const char *inside = fx_inside();

	snprintf(path, sizeof(path), "%.*s/%s", (int)(strrchr(inside, '/') - inside), inside, name);
	return path;
}

#endif
