/* SPDX-License-Identifier: MIT */
/* A process of its own that keeps a box, for tests of those who join it. */
#ifndef TESTS_KEEPER_H
#define TESTS_KEEPER_H

#include "../fixture.h"

struct keeper {
	pid_t process; /* that keeps it */
	pid_t init;    /* the box's sb-init, as the keeper sees it: no different from us */
	int pidfd;     /* of that, opened by us */
	int ask, answer;
	int code;      /* of sb_box_open(), if it failed: then there is no @init */
};

/**
 * keeper_begin - fork one that opens a box of @cfg, which it frees, as we do, and starts @command
 * (NULL: none) in it
 */
void keeper_begin(struct keeper *k, sb_config *cfg, sb_config *command);
/** keeper_go - without waiting until it has opened; keeper_opened() does that. */
void keeper_go(struct keeper *k, sb_config *cfg, sb_config *command);
void keeper_opened(struct keeper *k);
/** keeper_end - it closes the box and ends. */
void keeper_end(struct keeper *k);
/** keeper_die - it is killed; returns when its box is gone. */
void keeper_die(struct keeper *k);

/** joiner - a config whose command is `inside` with @args, in the box of @k */
sb_config *joiner_v(const struct keeper *k, const char *const args[]);
#define joiner(k, ...) joiner_v(k, (const char *const[]){__VA_ARGS__, NULL})

#endif
