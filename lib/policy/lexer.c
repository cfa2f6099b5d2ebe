/* SPDX-License-Identifier: MIT */
/* The words and signs of one line of a policy. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy_internal.h"
#include "syscalls.h"

static int is_word(char c)
{
	static const char in_words[256] = {
		['a' ... 'z'] = 1, ['A' ... 'Z'] = 1, ['0' ... '9'] = 1, ['_'] = 1, ['-'] = 1, ['@'] = 1,
		['?'] = 1,
	};

	return in_words[(unsigned char)c];
}

enum sbi_token sbi_policy_token(struct sbi_reader *r, char word[SBI_WORD])
{
	size_t len = 0;

	while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' || *r->at == '\r'))
		r->at++;
	word[0] = '\0';
	if (r->at == r->end || *r->at == '#')
		return SBI_TOKEN_END;
	if (!is_word(*r->at)) {
		word[len++] = *r->at++;
		if (r->at < r->end && *r->at == '=' && strchr("=!<>", word[0]))
			word[len++] = *r->at++;
		word[len] = '\0';
		return strchr("=!<>&|()", word[0]) && word[0] ? SBI_TOKEN_SIGN : SBI_TOKEN_BAD;
	}
	while (r->at < r->end && is_word(*r->at)) {
		if (len == SBI_WORD - 1)
			return SBI_TOKEN_BAD;
		word[len++] = *r->at++;
	}
	word[len] = '\0';
	return SBI_TOKEN_WORD;
}

int sbi_policy_accept(struct sbi_reader *r, const char *sign)
{
	const char *before = r->at;
	char word[SBI_WORD];

	if (sbi_policy_token(r, word) == SBI_TOKEN_SIGN && !strcmp(word, sign))
		return 1;
	r->at = before;
	return 0;
}

int sbi_policy_expect(struct sbi_reader *r, const char *sign)
{
	char word[SBI_WORD];

	if (sbi_policy_accept(r, sign))
		return 0;
	sbi_policy_token(r, word);
	return sbi_policy_fail(r, EINVAL, "\"%s\" expected, found \"%.40s\"", sign, word);
}

/* A number in C's notation, or the name of a constant; several joined by |. */
int sbi_policy_number(struct sbi_reader *r, uint64_t *value)
{
	char word[SBI_WORD], *end;
	uint64_t one;

	*value = 0;
	do {
		if (sbi_policy_token(r, word) != SBI_TOKEN_WORD)
			return sbi_policy_fail(r, EINVAL,
					       "a number or the name of a constant expected, found \"%.40s\"",
					       word);
		if (word[0] >= '0' && word[0] <= '9') {
			errno = 0;
			one = strtoull(word, &end, 0);
			if (*end || errno)
				return sbi_policy_fail(r, EINVAL,
						       "\"%.40s\" is not a number of at most 64 bits", word);
		} else if (sbi_constant(word, &one) < 0) {
			return sbi_policy_fail(r, EINVAL,
					       "\"%.40s\" is not a constant that is known here: give its number",
					       word);
		}
		*value |= one;
	} while (sbi_policy_accept(r, "|"));
	return 0;
}
