/* SPDX-License-Identifier: MIT */
/* A pool, what it counts, and sandboxes with it. */
#ifndef TESTS_NET_POOL_KIT_H
#define TESTS_NET_POOL_KIT_H

#include "net_kit.h"

static inline sb_netpool *new_pool(uint32_t size)
{
	sb_error err = SB_INIT(sb_error);
	sb_netpool *pool = NULL;

	if (sb_netpool_new(size, &pool, &err) < 0)
		fail_msg("%s", err.message);
	return pool;
}

static inline sb_netpool_info figures(sb_netpool *pool)
{
	sb_netpool_info info = SB_INIT(sb_netpool_info);

	fx_ok(sb_netpool_look(pool, &info));
	return info;
}

/* Once all have rested, a minute at most. */
static inline void expect(sb_netpool *pool, uint32_t ready, uint32_t lent, uint64_t made, uint64_t discarded)
{
	sb_netpool_info info = figures(pool);

	for (int i = 0; info.resting && i < 6000; i++) {
		poll(NULL, 0, 10);
		assert_int_equal(sb_netpool_fill(pool, 0, NULL), 0);
		info = figures(pool);
	}
	assert_int_equal(info.resting, 0);

	if (info.ready != ready || info.lent != lent || info.made != made || info.discarded != discarded)
		fail_msg("ready %u, lent %u, made %ju, discarded %ju", info.ready, info.lent,
			 (uintmax_t)info.made, (uintmax_t)info.discarded);
}

#define pooled(pool, ...) with_pool(fx_config(__VA_ARGS__), pool)
static inline sb_config *with_pool(sb_config *cfg, sb_netpool *pool)
{
	fx_ok(sb_set_netpool(cfg, pool));
	return cfg;
}

static inline void run(sb_config *cfg)
{
	sb_result res = SB_INIT(sb_result);

	fx_wait(fx_spawn(cfg), &res);
	assert_int_equal(res.verdict, SB_EXITED);
	sb_config_free(cfg);
}

#endif
