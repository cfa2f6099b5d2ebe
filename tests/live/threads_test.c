// SPDX-License-Identifier: MIT
/* Many threads at once, beside some that malloc without pause: no hang, no loss, no mixed-up result. */
#include "../fixture.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#define SPAWNERS 8
#define RUNS 250 /* each: 2,000 in all */
#define EATERS 4

static atomic_int stop, done, wrong;
static sb_config *shared[SPAWNERS];

/* With MALLOC_ARENA_MAX=1 whoever clones finds the one arena's lock taken by one of these. */
static void *eat(void *arg)
{
	unsigned seed = (unsigned)(uintptr_t)arg;
	void *held[16] = {NULL};
	int i;

	while (!atomic_load(&stop)) {
		i = rand_r(&seed) % 16;
		free(held[i]);
		held[i] = malloc((size_t)rand_r(&seed) % 70000);
	}
	for (i = 0; i < 16; i++)
		free(held[i]);
	return NULL;
}

/* One exit status a config: an answer from another thread's sandbox is seen. */
static void *spawner(void *arg)
{
	size_t me = (size_t)(uintptr_t)arg;
	int i;

	for (i = 0; i < RUNS; i++) {
		size_t which = (me + (size_t)i) % SPAWNERS;
		sb_result res = SB_INIT(sb_result);
		sb_proc *proc = NULL;

		if (sb_spawn(shared[which], &proc, NULL) < 0 ||
		    sb_proc_wait(proc, UINT64_MAX, &res, NULL) != 1 || res.verdict != SB_EXITED ||
		    res.code != (int)which + 10)
			atomic_fetch_add(&wrong, 1);
		sb_proc_free(proc);
		atomic_fetch_add(&done, 1);
	}
	return NULL;
}

static void two_thousand_sandboxes_beside_malloc(void **state)
{
	pthread_t eaters[EATERS], spawners[SPAWNERS];
	char word[16];
	size_t i;

	(void)state;
	for (i = 0; i < SPAWNERS; i++) {
		snprintf(word, sizeof(word), "exit=%zu", i + 10);
		shared[i] = fx_config(word);
		/* What costs most is not what is tested here. */
		fx_ok(sb_set_ns(shared[i], SB_NS_USER | SB_NS_PID | SB_NS_MOUNT));
	}
	for (i = 0; i < EATERS; i++)
		fx_ok(pthread_create(&eaters[i], NULL, eat, (void *)(uintptr_t)(i + 1)));
	for (i = 0; i < SPAWNERS; i++)
		fx_ok(pthread_create(&spawners[i], NULL, spawner, (void *)(uintptr_t)i));
	for (i = 0; i < SPAWNERS; i++)
		pthread_join(spawners[i], NULL);
	atomic_store(&stop, 1);
	for (i = 0; i < EATERS; i++)
		pthread_join(eaters[i], NULL);
	for (i = 0; i < SPAWNERS; i++)
		sb_config_free(shared[i]);
	assert_int_equal(atomic_load(&done), SPAWNERS * RUNS);
	assert_int_equal(atomic_load(&wrong), 0);
}

struct lane {
	sb_config *cfg;
	int rounds;
};

static void *with_copies(void *arg)
{
	struct lane *lane = arg;
	int i;

	for (i = 0; i < lane->rounds; i++) {
		sb_config *copy = sb_config_copy(lane->cfg);
		sb_proc *proc = NULL;

		if (!copy || sb_set_umask(copy, 077) < 0 || sb_spawn(copy, &proc, NULL) < 0)
			atomic_fetch_add(&wrong, 1);
		sb_config_free(copy);
		/* Freed while it runs: the end of one must not be taken for the end of another. */
		sb_proc_free(proc);
	}
	return NULL;
}

static void copies_of_one_config_and_early_free(void **state)
{
	struct lane lane = {fx_config("pause"), 40};
	pthread_t t[4];
	size_t i;

	(void)state;
	atomic_store(&wrong, 0);
	for (i = 0; i < 4; i++)
		fx_ok(pthread_create(&t[i], NULL, with_copies, &lane));
	for (i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	sb_config_free(lane.cfg);
	assert_int_equal(atomic_load(&wrong), 0);
}

static void *traced(void *arg)
{
	sb_proc *proc = NULL;
	int i;

	for (i = 0; i < 20; i++) {
		if (sb_spawn(arg, &proc, NULL) < 0)
			atomic_fetch_add(&wrong, 1);
		else
			proc = sb_proc_free(proc);
	}
	return NULL;
}

/* The events of one spawn stand together, whoever else writes at the time. */
static void one_trace_for_all(void **state)
{
	sb_trace_event event = SB_INIT(sb_trace_event);
	sb_trace *trace = sb_trace_new();
	sb_config *cfg = fx_config("exit=0");
	uint32_t last = 0;
	pthread_t t[4];
	size_t i;

	(void)state;
	atomic_store(&wrong, 0);
	fx_ok(sb_set_trace(cfg, trace));
	for (i = 0; i < 4; i++)
		fx_ok(pthread_create(&t[i], NULL, traced, cfg));
	for (i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	sb_config_free(cfg);
	assert_int_equal(atomic_load(&wrong), 0);
	for (i = 0; sb_trace_get(trace, i, &event) == 0; i++) {
		assert_true(event.spawn == last || event.spawn == last + 1);
		last = event.spawn;
	}
	assert_int_equal(last, 79);
	sb_trace_free(trace);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(two_thousand_sandboxes_beside_malloc),
		FX_TEST(copies_of_one_config_and_early_free),
		FX_TEST(one_trace_for_all),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
