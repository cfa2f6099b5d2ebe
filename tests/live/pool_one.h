/* SPDX-License-Identifier: MIT */
/* The pool that a test is about, and the config of its boxes and of their commands. */
#ifndef TESTS_POOL_ONE_H
#define TESTS_POOL_ONE_H

#include "pool_kit.h"

static sb_config *cfg;
static sb_pool *pool;

static void begin(uint32_t size)
{
	cfg = leaving();
	pool = new_pool(cfg, size);
}

static void end(void)
{
	assert_null(sb_pool_free(pool));
	sb_config_free(cfg);
}

#endif
