// SPDX-License-Identifier: MIT
/* Memory that runs out while a policy is read, copied or compiled: -ENOMEM, and no leak. */
#include "policy_kit.h"

#include <stdlib.h>

/* The linker leads every allocation of this program here (--wrap). */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

static long until_failure; /* 0: none is to fail */
static long allocations;

static int is_the_one(void)
{
	allocations++;
	if (!until_failure || --until_failure)
		return 0;
	errno = ENOMEM;
	return 1;
}

void *__wrap_malloc(size_t size)
{
	return is_the_one() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return is_the_one() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return is_the_one() ? NULL : __real_realloc(old, size);
}

static int compiled(const sb_config *cfg)
{
	struct sbi_filter *filter = NULL;
	int r = sbi_filter_get(cfg, 0, &filter, NULL);

	sbi_filter_unref(filter);
	return r;
}

static int everything(sb_config *cfg)
{
	sb_config *copy;
	int r;

	r = sb_set_seccomp_text(
		cfg, "include default\ngroup @g read @io\nkill @g if arg0 == 1 and long1 > 5\nlog ptrace\n",
		NULL);
	if (r == 0)
		r = sb_add_seccomp(cfg, "allow ptrace");
	if (r == 0)
		r = sb_set_seccomp_file(cfg, fx_path("a.policy"));
	if (r == 0)
		r = sb_add_cap(cfg, "sys_admin");
	copy = r == 0 ? sb_config_copy(cfg) : NULL;
	if (r == 0 && !copy)
		return -ENOMEM;
	if (r == 0)
		r = compiled(copy);
	sb_config_free(copy);
	if (r == 0)
		r = sb_set_seccomp(cfg, "judge");
	return r == 0 ? compiled(cfg) : r;
}

static void each_allocation_fails_once(void **state)
{
	sb_config *cfg = sb_config_new();
	long all;

	(void)state;
	fx_write("b.policy", "trap read\n");
	fx_write("a.policy", "include b.policy\nkill write\n");
	allocations = 0;
	fx_ok(everything(cfg));
	all = allocations;
	sb_config_free(cfg);
	assert_true(all > 100);
	for (long n = 1; n <= all; n++) {
		int r;

		cfg = sb_config_new();
		until_failure = n;
		r = everything(cfg);
		if (until_failure || r != -ENOMEM) {
			until_failure = 0;
			fail_msg("allocation %ld of %ld: %d, %s", n, all, r, kit_error(cfg)->message);
		}
		sb_config_free(cfg);
	}
	print_message("# %ld allocations\n", all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_allocation_fails_once, fx_setup, fx_teardown),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
