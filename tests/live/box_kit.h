/* SPDX-License-Identifier: MIT */
/*
 * Boxes: opened, used, reset, stopped, waited for; if a call fails so does the test, with the
 * library's own words.
 */
#ifndef TESTS_BOX_KIT_H
#define TESTS_BOX_KIT_H

#include "../fixture.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

static inline sb_box *open_with(const sb_config *cfg)
{
	sb_error err = SB_INIT(sb_error);
	sb_box *box = NULL;

	if (sb_box_open(cfg, &box, &err) < 0)
		fail_msg("sb_box_open: %s [step %s] hint: %s", err.message, sb_step_name(err.step), err.hint);
	assert_non_null(box);
	return box;
}

static inline sb_proc *start_in(sb_box *box, const sb_config *cfg)
{
	sb_error err = SB_INIT(sb_error);
	sb_proc *proc = NULL;

	if (sb_box_spawn(box, cfg, &proc, &err) < 0)
		fail_msg("sb_box_spawn: %s [step %s] hint: %s", err.message, sb_step_name(err.step), err.hint);
	assert_non_null(proc);
	return proc;
}

/* A command in it whose fd 1 is a pipe, read at @out, which the caller closes. */
static inline sb_proc *start_printing(sb_box *box, sb_config *cfg, int *out)
{
	sb_proc *proc;
	int p[2];

	fx_ok(pipe2(p, O_CLOEXEC));
	fx_ok(sb_set_fd(cfg, 1, p[1]));
	proc = start_in(box, cfg);
	fx_ok(sb_set_fd(cfg, 1, -1));
	close(p[1]);
	*out = p[0];
	return proc;
}

/*
 * What a command in it prints; how it ends, in @res (NULL: of no interest). @cfg's fd 1 is changed.
 * In static memory.
 */
static inline const char *said_in(sb_box *box, sb_config *cfg, sb_result *res)
{
	static char buf[65536];
	size_t at = 0;
	ssize_t n;
	int out;
	sb_proc *proc = start_printing(box, cfg, &out);

	while ((n = read(out, buf + at, sizeof(buf) - 1 - at)) > 0)
		at += (size_t)n;
	buf[at] = '\0';
	close(out);
	fx_wait(proc, res);
	return buf;
}

/* `inside` with one word exits so in it. */
static inline void exits(sb_box *box, sb_config *cfg, int code)
{
	sb_result res = SB_INIT(sb_result);
	char word[32];

	snprintf(word, sizeof(word), "exit=%d", code);
	fx_command(cfg, word);
	fx_wait(start_in(box, cfg), &res);
	assert_int_equal(res.verdict, SB_EXITED);
	assert_int_equal(res.code, code);
}

/* A shell's work in it, as the user of @cfg, which has the system's directories. */
static inline void shell(sb_box *box, sb_config *cfg, const char *script)
{
	const char *const argv[] = {"sh", "-euc", script, NULL};
	sb_result res = SB_INIT(sb_result);

	fx_ok(sb_set_command(cfg, "/bin/sh", argv));
	fx_wait(start_in(box, cfg), &res);
	if (res.verdict != SB_EXITED || res.code != 0)
		fail_msg("%s: %u, %d", script, res.verdict, res.code);
}

static inline void reset(sb_box *box)
{
	sb_error err = SB_INIT(sb_error);

	if (sb_box_reset(box, &err) < 0)
		fail_msg("sb_box_reset: %s [step %s] hint: %s", err.message, sb_step_name(err.step), err.hint);
}

/* It stops, or goes on, and says so. */
static inline void freeze(sb_box *box, int frozen)
{
	sb_box_info info = SB_INIT(sb_box_info);
	sb_error err = SB_INIT(sb_error);

	if (sb_box_freeze(box, frozen, &err) < 0)
		fail_msg("sb_box_freeze(%d): %s [step %s] hint: %s", frozen, err.message,
			 sb_step_name(err.step), err.hint);
	fx_ok(sb_box_look(box, &info, NULL));
	assert_int_equal(info.frozen, frozen);
}

static inline int ends_within(sb_box *box, int timeout_ms)
{
	struct pollfd polled = {sb_box_pidfd(box), POLLIN, 0};

	assert_true(polled.fd >= 0);
	return poll(&polled, 1, timeout_ms) == 1;
}

static inline int is_gone(sb_box *box)
{
	return ends_within(box, 0);
}

/* Killed, and gone. */
static inline void kill_box(sb_box *box)
{
	fx_ok(sb_box_kill(box));
	assert_true(ends_within(box, -1));
}

#endif
