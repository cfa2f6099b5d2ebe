// SPDX-License-Identifier: MIT
/* How long the programs are, and how long a call's way through them is: what loading and each call cost. */
#include "filter_kit.h"

/* The way of @number, when it is allowed whatever the arguments are: the program reads none. */
static int plainly_allowed(const struct sbi_filter *filter, uint32_t number, struct bpf_way *way)
{
	struct seccomp_data data = { .nr = (int)number, .arch = sbi_native_arch() };

	return bpf_run(filter->code, filter->count, &data, way) == ALLOW && !way->looked;
}

/* Instructions when this was written, and a quarter more. */
static void presets_stay_short(void **state)
{
	static const struct {
		const char *name;
		uint32_t count;
	} was[] = { { "default", 129 }, { "judge", 145 }, { "build", 195 }, { "nested", 99 } };

	(void)state;
	for (size_t i = 0; i < COUNT(was); i++) {
		struct sbi_filter *filter = kit_preset(was[i].name, NULL);

		print_message("# %s: %u instructions\n", was[i].name, filter->count);
		if (filter->count > was[i].count + was[i].count / 4)
			fail_msg("%s: %u instructions, was %u", was[i].name, filter->count, was[i].count);
		sbi_filter_unref(filter);
	}
}

static void the_way_of_an_allowed_call_is_short(void **state)
{
	static const char *const presets[] = { "default", "judge", "build", "nested" };

	(void)state;
	for (size_t i = 0; i < COUNT(presets); i++) {
		struct sbi_filter *filter = kit_preset(presets[i], NULL);
		uint32_t longest = 0, sum = 0, allowed = 0;
		struct bpf_way way;

		for (uint32_t n = 0; n < SBI_SYSCALL_NUMBERS; n++) {
			if (!plainly_allowed(filter, n, &way))
				continue;
			/* Without the four that every way has: load arch, compare, load nr, return. */
			allowed++;
			sum += way.steps - 4;
			if (way.steps - 4 > longest)
				longest = way.steps - 4;
		}
		print_message("# %s: %u calls plainly allowed, %u.%u comparisons each, at most %u\n",
			      presets[i], allowed, sum / allowed, sum * 10 / allowed % 10, longest);
		assert_true(allowed > 200);
		if (longest > 12)
			fail_msg("%s: %u comparisons to find an allowed call", presets[i], longest);
		sbi_filter_unref(filter);
	}
}

/* The kernel caches what is allowed without a look at the arguments: of these it must find it out. */
static void frequent_calls_are_plainly_allowed(void **state)
{
	static const uint32_t calls[] = { __NR_read,       __NR_write,         __NR_close,   __NR_openat,
					  __NR_newfstatat, __NR_mmap,          __NR_munmap,  __NR_futex,
					  __NR_getpid,     __NR_lseek,         __NR_sendmsg, __NR_ppoll,
					  __NR_execve,     __NR_clock_gettime, __NR_wait4 };
	struct sbi_filter *filter = kit_preset("default", NULL);
	struct bpf_way way;

	(void)state;
	for (size_t i = 0; i < COUNT(calls); i++)
		if (!plainly_allowed(filter, calls[i], &way))
			fail_msg("%u reads its arguments", calls[i]);
	assert_false(plainly_allowed(filter, __NR_clone, &way));
	assert_false(plainly_allowed(filter, __NR_ioctl, &way));
	assert_false(plainly_allowed(filter, __NR_socket, &way));
	sbi_filter_unref(filter);
}

/* As many comparisons as one line takes, all of the longest kind: every jump must still reach. */
static void the_longest_line_works(void **state)
{
	char text[4096];
	size_t len = (size_t)snprintf(text, sizeof(text), "default allow\nkill read if ");
	uint64_t args[6];

	(void)state;
	for (int i = 0; i < SBI_POLICY_COMPARES; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					"%slong%d & 0xfffffffffffffff0 %s 0x%x00000010", i ? " and " : "",
					i % 6, i % 2 ? ">=" : ">", i % 3 + 1);
	for (int n = 0; n < 7; n++) {
		struct sbi_filter *filter = kit_text(text);

		for (int k = 0; k < 6; k++)
			args[k] = k == n ? 0 : UINT64_C(0x300000020);
		assert_int_equal(kit_native(filter, __NR_read, args), n == 6 ? KILL : ALLOW);
		sbi_filter_unref(filter);
	}
}

/* Long ones make the tree jump far: each number must still find its own leaf. */
static void every_leaf_of_a_big_tree_is_found(void **state)
{
	static char text[1 << 17];
	struct sbi_filter *filter;
	uint32_t calls[16], count = 0;
	size_t len = 0;
	char name[32];

	(void)state;
	for (uint32_t n = 20; count < COUNT(calls) && n < 200; n += 11) {
		sbi_syscall_name(n, name, sizeof(name));
		if (name[0] >= '0' && name[0] <= '9')
			continue;
		calls[count++] = n;
		for (unsigned int i = 0; i < 40; i++)
			len += (size_t)snprintf(text + len, sizeof(text) - len,
						"errno(%u) %s if long%u == %u\n", n * 10 + i % 10, name,
						i % 6, 1000 * n + i);
	}
	filter = kit_text(text);
	print_message("# %u instructions\n", filter->count);
	assert_true(filter->count > 2500);
	for (uint32_t c = 0; c < count; c++)
		for (unsigned int i = 0; i < 40; i++) {
			uint64_t args[6] = { 0 };

			args[i % 6] = 1000 * calls[c] + i;
			assert_int_equal(kit_native(filter, calls[c], args), E(calls[c] * 10 + i % 10));
			args[i % 6] |= HIGH;
			assert_int_equal(kit_native(filter, calls[c], args), E(EPERM));
		}
	sbi_filter_unref(filter);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(presets_stay_short),
		cmocka_unit_test(the_way_of_an_allowed_call_is_short),
		cmocka_unit_test(frequent_calls_are_plainly_allowed),
		cmocka_unit_test(the_longest_line_works),
		cmocka_unit_test(every_leaf_of_a_big_tree_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
