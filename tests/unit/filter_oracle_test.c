// SPDX-License-Identifier: MIT
/* An outside judge: the same rules compiled by libseccomp give the same answers. */
#include <errno.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <unistd.h>

#include "policy_model.h"

struct judged {
	struct sock_filter code[BPF_MAXINSNS];
	uint32_t count;
};

static uint64_t seed = UINT64_C(0x2545f4914f6cdd1d);
static uint32_t compared;

static uint64_t any(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* The program that libseccomp makes of @ctx. */
static void take(scmp_filter_ctx ctx, struct judged *to)
{
	int fd = memfd_create("filter", MFD_CLOEXEC);
	ssize_t n;

	assert_true(fd >= 0);
	fx_ok(seccomp_export_bpf(ctx, fd));
	n = pread(fd, to->code, sizeof(to->code), 0);
	close(fd);
	assert_true(n > 0 && n % (ssize_t)sizeof(to->code[0]) == 0);
	to->count = (uint32_t)((size_t)n / sizeof(to->code[0]));
	seccomp_release(ctx);
}

/* libseccomp's word for what a filter returns. */
static uint32_t scmp_action(uint32_t k)
{
	return (k & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO ? SCMP_ACT_ERRNO(k & SECCOMP_RET_DATA) : k;
}

static void same_answers(const struct sbi_filter *ours, const struct judged *theirs, uint32_t number,
			 const uint64_t args[6], const char *text)
{
	struct seccomp_data data = { .nr = (int)number, .arch = sbi_native_arch() };
	uint32_t want, got = kit_native(ours, number, args);

	memcpy(data.args, args, sizeof(data.args));
	want = bpf_run(theirs->code, theirs->count, &data, NULL);
	compared++;
	if (want != got)
		fail_msg("call %u (%#llx): %#x, libseccomp %#x, under %s", number,
			 (unsigned long long)args[0], got, want, text);
}

static const uint64_t edges[] = { 0,
				  1,
				  2,
				  0x7fffffff,
				  0x80000000,
				  0x80000001,
				  0xfffffffe,
				  0xffffffff,
				  HIGH,
				  HIGH + 1,
				  HIGH + 0x80000000,
				  2 * HIGH - 1,
				  2 * HIGH,
				  UINT64_C(0x7fffffffffffffff),
				  UINT64_C(0x8000000000000000),
				  UINT64_C(0x8000000000000001),
				  UINT64_C(0xffffffff00000000),
				  UINT64_C(0xfffffffeffffffff),
				  ONES - 1,
				  ONES };
static const uint64_t masks[] = { 0xf0, 0xffff, 0x80000000, 0xffffffff, HIGH, UINT64_C(0xff0000ff00),
				  UINT64_C(0xffffffff00000000), UINT64_C(0x8000000000000000), ONES };

/* What of a preset does not depend on arguments: -1 for a number that does. */
static int64_t unconditional(const struct model *m, int number)
{
	static const uint64_t none[6];

	for (int i = m->rules; i--;)
		if (m->rule[i].number == number && m->rule[i].cap < 0) {
			if (m->rule[i].compares)
				return -1;
			break;
		}
	return model_call(m, 0, sbi_native_arch(), (uint32_t)number, none);
}

static void presets_without_conditions(void **state)
{
	static const char *const presets[] = { "default", "judge", "build", "nested" };
	static struct judged theirs;

	(void)state;
	for (size_t p = 0; p < COUNT(presets); p++) {
		struct sbi_filter *ours = kit_preset(presets[p], NULL);
		scmp_filter_ctx ctx = seccomp_init(scmp_action(E(EPERM)));
		struct model *m = model_new();
		char line[64];
		int64_t fate[SBI_SYSCALL_NUMBERS];

		snprintf(line, sizeof(line), "include %s", presets[p]);
		model_read(m, line);
		fx_ok(seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, p % 2 ? 2 : 1));
		for (int n = 0; n < SBI_SYSCALL_NUMBERS; n++) {
			fate[n] = unconditional(m, n);
			if (fate[n] >= 0 && fate[n] != E(EPERM))
				fx_ok(seccomp_rule_add(ctx, scmp_action((uint32_t)fate[n]), n, 0));
		}
		take(ctx, &theirs);
		for (uint32_t n = 0; n < SBI_SYSCALL_NUMBERS; n++)
			for (int round = 0; round < 4 && fate[n] >= 0; round++) {
				uint64_t args[6];

				for (int i = 0; i < 6; i++)
					args[i] = round == 0 ? 0 : round == 1 ? ONES : any();
				same_answers(ours, &theirs, n, args, presets[p]);
			}
		print_message("# %s: %u instructions of libseccomp's, %u of ours\n", presets[p], theirs.count,
			      ours->count);
		sbi_filter_unref(ours);
		free(m);
	}
}

/* The comparisons of libseccomp are those of all 64 bits; its only mask goes with "==". */
static const struct {
	const char *sign;
	enum scmp_compare op;
} signs[] = {
	{ "==", SCMP_CMP_EQ }, { "!=", SCMP_CMP_NE }, { "<", SCMP_CMP_LT },
	{ "<=", SCMP_CMP_LE }, { ">", SCMP_CMP_GT },  { ">=", SCMP_CMP_GE },
};

static struct scmp_arg_cmp comparison(unsigned int argument, enum scmp_compare op, uint64_t a, uint64_t b)
{
	return (struct scmp_arg_cmp){ .arg = argument, .op = op, .datum_a = a, .datum_b = b };
}

static uint64_t one_edge(void)
{
	return edges[any() % COUNT(edges)];
}

/* Hold one line against one rule: over arguments at, beside and far from @value, none above @limit. */
static void one_comparison(const char *condition, struct scmp_arg_cmp rule, uint64_t value, uint64_t limit)
{
	static struct judged theirs;
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	struct sbi_filter *ours;
	char text[256];

	snprintf(text, sizeof(text), "default allow\nunknown allow\nerrno(33) ioctl if %s\n", condition);
	ours = kit_text(text);
	fx_ok(seccomp_rule_add_array(ctx, SCMP_ACT_ERRNO(33), SCMP_SYS(ioctl), 1, &rule));
	take(ctx, &theirs);
	for (size_t i = 0; i < COUNT(edges) + 12; i++) {
		uint64_t args[6] = { any(), any(), any(), any(), any(), any() };
		uint64_t at = i < COUNT(edges) ? edges[i] : value;

		if (i >= COUNT(edges))
			at = i % 4 == 0   ? value
			     : i % 4 == 1 ? value + 1
			     : i % 4 == 2 ? value - 1
					  : value ^ UINT64_C(1) << any() % 64;
		args[rule.arg] = at & limit;
		same_answers(ours, &theirs, __NR_ioctl, args, text);
	}
	sbi_filter_unref(ours);
}

static void comparisons_of_64_bits(void **state)
{
	char text[128];

	(void)state;
	for (size_t s = 0; s < COUNT(signs); s++)
		for (size_t i = 0; i < COUNT(edges); i++) {
			unsigned int argument = (unsigned int)(any() % 6);

			snprintf(text, sizeof(text), "long%u %s 0x%llx", argument, signs[s].sign,
				 (unsigned long long)edges[i]);
			one_comparison(text, comparison(argument, signs[s].op, edges[i], 0), edges[i], ONES);
		}
}

static void masks_of_64_bits(void **state)
{
	char text[128];

	(void)state;
	for (size_t k = 0; k < COUNT(masks); k++)
		for (int i = 0; i < 12; i++) {
			unsigned int argument = (unsigned int)(any() % 6);
			uint64_t value = (i % 3 ? one_edge() : any()) & masks[k];

			snprintf(text, sizeof(text), "long%u & 0x%llx == 0x%llx", argument,
				 (unsigned long long)masks[k], (unsigned long long)value);
			one_comparison(text, comparison(argument, SCMP_CMP_MASKED_EQ, masks[k], value), value,
				       ONES);
		}
}

/* argN is the masked comparison of the lower half; the other operators where the upper half is 0. */
static void comparisons_of_32_bits(void **state)
{
	char text[128];

	(void)state;
	for (size_t i = 0; i < COUNT(edges); i++) {
		unsigned int argument = (unsigned int)(any() % 6);
		uint64_t value = edges[i] & UINT32_MAX, mask = masks[i % 4], part = value & mask;

		snprintf(text, sizeof(text), "arg%u == %llu", argument, (unsigned long long)value);
		one_comparison(text, comparison(argument, SCMP_CMP_MASKED_EQ, UINT32_MAX, value), value,
			       ONES);
		snprintf(text, sizeof(text), "arg%u & %llu == %llu", argument, (unsigned long long)mask,
			 (unsigned long long)part);
		one_comparison(text, comparison(argument, SCMP_CMP_MASKED_EQ, mask, part), part, ONES);
		for (size_t s = 0; s < COUNT(signs); s++) {
			snprintf(text, sizeof(text), "arg%u %s %llu", argument, signs[s].sign,
				 (unsigned long long)value);
			one_comparison(text, comparison(argument, signs[s].op, value, 0), value, UINT32_MAX);
		}
	}
}

/* All of a line must hold. */
static void two_comparisons(void **state)
{
	static struct judged theirs;
	char text[256];

	(void)state;
	for (int i = 0; i < 60; i++) {
		const size_t a = any() % COUNT(signs), b = any() % COUNT(signs);
		uint64_t x = one_edge(), y = one_edge();
		struct scmp_arg_cmp rule[] = { comparison(1, signs[a].op, x, 0),
					       comparison(4, signs[b].op, y, 0) };
		scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
		struct sbi_filter *ours;

		snprintf(text, sizeof(text),
			 "default allow\nunknown allow\ntrap read if long1 %s %llu and long4 %s %llu\n",
			 signs[a].sign, (unsigned long long)x, signs[b].sign, (unsigned long long)y);
		ours = kit_text(text);
		fx_ok(seccomp_rule_add_array(ctx, SCMP_ACT_TRAP, SCMP_SYS(read), 2, rule));
		take(ctx, &theirs);
		for (int k = 0; k < 40; k++) {
			uint64_t args[6] = { any(), k % 2 ? x + any() % 3 - 1 : one_edge(), 0,
					     0,     k % 3 ? y + any() % 3 - 1 : one_edge(), any() };

			same_answers(ours, &theirs, __NR_read, args, text);
		}
		sbi_filter_unref(ours);
	}
	print_message("# %u calls compared with libseccomp's filters\n", compared);
	assert_true(compared > 15000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(presets_without_conditions),
		cmocka_unit_test(comparisons_of_64_bits),
		cmocka_unit_test(masks_of_64_bits),
		cmocka_unit_test(comparisons_of_32_bits),
		cmocka_unit_test(two_comparisons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
