// SPDX-License-Identifier: MIT
/* "The last line that fits a call decides": what is compiled, against the plain reading of the same text. */
#include "policy_model.h"

static uint64_t seed = UINT64_C(0x9e3779b97f4a7c15);
static uint32_t calls_made, refusals;

static uint64_t any(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static uint32_t below(uint32_t limit)
{
	return (uint32_t)(any() >> 33) % limit;
}

static int one_in(uint32_t n)
{
	return below(n) == 0;
}

#define PICK(list) ((list)[below(COUNT(list))])

static const uint64_t edges[] = { 0,
				  1,
				  2,
				  3,
				  15,
				  16,
				  17,
				  255,
				  0x7fffffff,
				  0x80000000,
				  0x80000001,
				  0xfffffffe,
				  0xffffffff,
				  HIGH,
				  HIGH + 1,
				  HIGH + 0x7fffffff,
				  HIGH + 0xffffffff,
				  2 * HIGH,
				  2 * HIGH - 1,
				  UINT64_C(0x7fffffffffffffff),
				  UINT64_C(0x8000000000000000),
				  UINT64_C(0x8000000000000001),
				  UINT64_C(0xffffffff00000000),
				  UINT64_C(0xfffffffeffffffff),
				  ONES - 1,
				  ONES };
static const uint64_t masks[] = { 1,
				  0xf,
				  0xff00,
				  0x7fffffff,
				  0x80000000,
				  0xffffffff,
				  HIGH,
				  UINT64_C(0xff0000ff00),
				  UINT64_C(0xffffffff00000000),
				  UINT64_C(0x8000000000000000),
				  ONES };
static const char *const names[] = { "read",    "write",   "openat", "socket", "clone",  "ioctl",
				     "execve",  "sendmsg", "getpid", "?open",  "?fork",  "mount",
				     "unshare", "fcntl",   "prctl",  "kill",   "ptrace", "?listns" };
static const char *const groups[] = { "@mine", "@info", "@futex", "@aio", "@personality" };
static const char *const actions[] = { "allow", "errno", "errno(EACCES)", "errno(77)",
				       "log",   "trap",  "kill",          "notify" };
static const char *const settings[] = { "allow", "errno(ENOSYS)", "trap", "kill", "errno(7)" };
static const char *const caps[] = { "sys_admin", "net_raw", "cap_sys_ptrace", "mknod" };
static const char *const presets[] = { "default", "judge", "build", "nested" };

static char text[8192];
static size_t length;

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void say(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	length += (size_t)vsnprintf(text + length, sizeof(text) - length, format, list);
	va_end(list);
	assert_true(length < sizeof(text));
}

static void say_compare(void)
{
	static const char *const signs[] = { "==", "!=", "<", "<=", ">", ">=" };
	int is_long = one_in(2);
	uint64_t mask = ONES, value = one_in(4) ? any() : PICK(edges);
	const char *sign = PICK(signs);

	say("%s%u", is_long ? "long" : "arg", below(3) ? 0 : below(6));
	if (one_in(3)) {
		do
			mask = PICK(masks);
		while (!is_long && mask > UINT32_MAX);
		say(" & 0x%llx", (unsigned long long)mask);
	}
	value &= is_long ? mask : mask & UINT32_MAX;
	say(" %s ", sign);
	if (one_in(3))
		say("%llu", (unsigned long long)value);
	else if (one_in(6))
		say("0%llo", (unsigned long long)value);
	else
		say("0x%llx", (unsigned long long)value);
}

static void say_rule(void)
{
	uint32_t count = 1 + below(3);

	say("%s", PICK(actions));
	while (count--)
		say("%s%s", one_in(5) ? "\t " : " ", one_in(6) ? PICK(groups) : PICK(names));
	if (!one_in(4)) {
		say(" if ");
		say_compare();
		for (count = below(3); count; count--) {
			say(" and ");
			say_compare();
		}
		if (one_in(5))
			say(" and cap %s", PICK(caps));
	} else if (one_in(3)) {
		say(" if cap %s", PICK(caps));
	}
	say("%s\n", one_in(8) ? " # why" : "");
}

static void say_policy(void)
{
	length = 0;
	text[0] = '\0';
	if (one_in(4))
		say("include %s\n", PICK(presets));
	if (one_in(2))
		say("default %s\n", PICK(settings));
	if (one_in(3))
		say("unknown %s\n", PICK(settings));
	if (one_in(4))
		say("foreign %s\n", PICK(settings));
	say("group @mine %s %s @info\n", PICK(names), PICK(names));
	for (uint32_t lines = 1 + below(14); lines; lines--) {
		if (one_in(20))
			say("include %s\n", PICK(presets));
		say_rule();
	}
}

/* An argument near one that is compared with. */
static uint64_t likely(const struct model *m)
{
	const struct model_rule *rule = &m->rule[below((uint32_t)m->rules)];
	uint64_t value;

	if (!rule->compares || one_in(4))
		return one_in(3) ? any() : PICK(edges);
	value = rule->compare[below((uint32_t)rule->compares)].value;
	switch (below(6)) {
	case 0:
		return value + 1;
	case 1:
		return value - 1;
	case 2:
		return value | any() << 32;
	case 3:
		return value ^ UINT64_C(1) << below(64);
	default:
		return value;
	}
}

static uint32_t likely_number(const struct model *m)
{
	switch (below(16)) {
	case 0:
		return below(520);
	case 1:
		return one_in(2) ? X32 | below(520) : (uint32_t)any();
	default:
		return (uint32_t)m->rule[m->rules - 1 - (int)below(m->rules > 40 ? 40 : (uint32_t)m->rules)]
			.number;
	}
}

static void compare_calls(const struct model *m, const struct sbi_filter *filter, uint64_t kept,
			  uint32_t count)
{
	while (count--) {
		uint32_t arch = one_in(40) ? AUDIT_ARCH_I386 : sbi_native_arch(), number = likely_number(m),
			 want, got;
		uint64_t args[6];

		for (int i = 0; i < 6; i++)
			args[i] = likely(m);
		want = model_call(m, kept, arch, number, args);
		got = kit_call(filter, arch, number, args);
		calls_made++;
		if (got != want)
			fail_msg(
				"call %u (%#llx %#llx %#llx %#llx %#llx %#llx): %#x, expected %#x, under\n%s",
				number, (unsigned long long)args[0], (unsigned long long)args[1],
				(unsigned long long)args[2], (unsigned long long)args[3],
				(unsigned long long)args[4], (unsigned long long)args[5], got, want, text);
	}
}

static uint64_t keep_some(sb_config *cfg)
{
	uint64_t kept = 0;

	for (size_t i = 0; i < COUNT(caps); i++)
		if (one_in(3)) {
			fx_ok(sb_add_cap(cfg, caps[i]));
			kept |= UINT64_C(1)
				<< capng_name_to_capability(caps[i] + (strncmp(caps[i], "cap_", 4) ? 0 : 4));
		}
	return kept;
}

static void random_policies(void **state)
{
	(void)state;
	for (int i = 0; i < 700; i++) {
		sb_config *cfg = sb_config_new();
		struct model *m = model_new();
		int before = m->rules, r;
		sb_error err = SB_INIT(sb_error);

		say_policy();
		model_read(m, text);
		assert_true(m->rules > before || strstr(text, "?"));
		r = sb_set_seccomp_text(cfg, text, "random");
		sb_config_check(cfg, &err);
		if (r != (m->contradicts ? -EINVAL : 0))
			fail_msg("%d (%s) for\n%s", r, err.message, text);
		refusals += r != 0;
		if (r == 0 && m->rules) {
			uint64_t kept = keep_some(cfg);
			struct sbi_filter *filter = kit_filter(cfg);

			compare_calls(m, filter, kept, 60);
			sbi_filter_unref(filter);
		}
		free(m);
		sb_config_free(cfg);
	}
	print_message("# %u random calls, %u policies that contradict themselves\n", calls_made, refusals);
	assert_true(calls_made >= 20000);
	assert_true(refusals > 0);
}

static void presets_mean_what_they_say(void **state)
{
	(void)state;
	for (size_t p = 0; p < COUNT(presets); p++)
		for (int round = 0; round < 4; round++) {
			sb_config *cfg = sb_config_new();
			struct model *m = model_new();
			uint64_t kept = round ? keep_some(cfg) : 0, args[6];
			struct sbi_filter *filter;

			length = 0;
			say("include %s\n", presets[p]);
			model_read(m, text);
			fx_ok(sb_set_seccomp(cfg, presets[p]));
			filter = kit_filter(cfg);
			compare_calls(m, filter, kept, 500);
			for (uint32_t n = 0; n < 520; n++) {
				for (int i = 0; i < 6; i++)
					args[i] = round % 2 ? likely(m) : 0;
				if (kit_native(filter, n, args) !=
				    model_call(m, kept, sbi_native_arch(), n, args))
					fail_msg("%s: call %u", presets[p], n);
			}
			sbi_filter_unref(filter);
			free(m);
			sb_config_free(cfg);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(presets_mean_what_they_say),
		cmocka_unit_test(random_policies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
