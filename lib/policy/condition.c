/* SPDX-License-Identifier: MIT */
/* The part of a rule behind `if`: comparisons of arguments, and capabilities that are kept. */
#include <cap-ng.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "policy_internal.h"

static int read_operator(struct sbi_reader *r, struct sbi_compare *c)
{
	static const char *const signs[] = { "==", "!=", "<", "<=", ">", ">=" };
	char word[SBI_WORD];

	if (sbi_policy_token(r, word) == SBI_TOKEN_SIGN)
		for (uint8_t i = 0; i < 6; i++)
			if (!strcmp(word, signs[i])) {
				c->operator = i;
				return 0;
			}
	return sbi_policy_fail(r, EINVAL, "==, !=, <, <=, > or >= expected, found \"%.40s\"", word);
}

static int read_compare(struct sbi_reader *r, const char *argument, struct sbi_rule *rule)
{
	struct sbi_compare c = { .mask = UINT64_MAX };
	const char *digit = argument + (argument[0] == 'a' ? 3 : 4);
	uint64_t half = UINT32_MAX;
	int error;

	c.is_long = argument[0] == 'l';
	c.argument = (uint8_t)(*digit - '0');
	if (sbi_policy_accept(r, "&")) {
		error = sbi_policy_number(r, &c.mask);
		if (error < 0)
			return error;
	}
	error = read_operator(r, &c);
	if (error == 0)
		error = sbi_policy_number(r, &c.value);
	if (error < 0)
		return error;
	if (!c.is_long && (c.value > half || (c.mask > half && c.mask != UINT64_MAX)))
		return sbi_policy_fail(r, EINVAL, "%s is the lower 32 bits of the argument; all 64 are long%c",
				       argument, *digit);
	if (!c.is_long)
		c.mask &= half;
	if (c.value & ~c.mask)
		return sbi_policy_fail(
			r, EINVAL,
			"this can never hold or always does: the value has bits that the mask lacks");
	if (rule->count == SBI_POLICY_COMPARES)
		return sbi_policy_fail(r, E2BIG, "more than %d comparisons", SBI_POLICY_COMPARES);
	rule->count++;
	return sbi_policy_add_compare(r, &c);
}

static int read_cap(struct sbi_reader *r, struct sbi_rule *rule)
{
	char word[SBI_WORD];
	int cap;

	if (sbi_policy_token(r, word) != SBI_TOKEN_WORD)
		return sbi_policy_fail(r, EINVAL, "the name of a capability expected, found \"%.40s\"", word);
	cap = capng_name_to_capability(strncasecmp(word, "cap_", 4) ? word : word + 4);
	if (cap < 0)
		return sbi_policy_fail(r, EINVAL, "\"%.40s\" is not a capability", word);
	if (rule->cap >= 0)
		return sbi_policy_fail(r, EINVAL, "a line can depend on one capability only");
	rule->cap = (int8_t)cap;
	return 0;
}

static int is_argument(const char *word)
{
	size_t len = strlen(word);

	return ((len == 4 && !strncmp(word, "arg", 3)) || (len == 5 && !strncmp(word, "long", 4))) &&
	       word[len - 1] >= '0' && word[len - 1] <= '5';
}

int sbi_policy_conditions(struct sbi_reader *r, struct sbi_rule *rule)
{
	enum sbi_token token;
	char word[SBI_WORD];
	int error;

	rule->first = r->policy->compare_count;
	do {
		token = sbi_policy_token(r, word);
		if (token == SBI_TOKEN_WORD && !strcmp(word, "cap"))
			error = read_cap(r, rule);
		else if (token == SBI_TOKEN_WORD && is_argument(word))
			error = read_compare(r, word, rule);
		else
			error = sbi_policy_fail(r, EINVAL,
						"arg0 to arg5, long0 to long5 or cap expected, found \"%.40s\"",
						word);
		if (error < 0)
			return error;
		token = sbi_policy_token(r, word);
	} while (token == SBI_TOKEN_WORD && !strcmp(word, "and"));
	if (token != SBI_TOKEN_END)
		return sbi_policy_fail(r, EINVAL, "\"and\" or the end of the line expected, found \"%.40s\"",
				       word);
	return 0;
}
