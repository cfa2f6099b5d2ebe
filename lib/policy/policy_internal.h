/* SPDX-License-Identifier: MIT */
/* What reading a policy keeps in mind: where it is, and how it got there. */
#ifndef SBI_POLICY_INTERNAL_H
#define SBI_POLICY_INTERNAL_H

#include "policy.h"

/* One text being read; the one that includes it lies behind @above. */
struct sbi_reader {
	struct sbi_policy *policy;
	struct sbi_policy_error *error;
	const struct sbi_reader *above;
	const char *name;
	const char *dir;   /* of included files; NULL = the current directory */
	uint64_t identity[2]; /* device and inode, or 0 and the text of a preset */
	uint32_t depth;
	uint32_t file;
	uint32_t line;
	uint32_t settings; /* which of default, unknown and foreign this text has said */
	const char *at;    /* what is left of the line */
	const char *end;
};

/* Remember why, with name and line; returns -@code. */
int sbi_policy_fail(struct sbi_reader *r, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* parse.c */
int sbi_policy_read(struct sbi_reader *r, const char *text);
/* include.c: @name is a preset, or a file beside this one. */
int sbi_policy_include(struct sbi_reader *r, const char *name);

/* lexer.c: words and signs of a line */
#define SBI_WORD 128
enum sbi_token { SBI_TOKEN_END, SBI_TOKEN_WORD, SBI_TOKEN_SIGN, SBI_TOKEN_BAD };
/* The next one into @word; a sign is at most two characters. */
enum sbi_token sbi_policy_token(struct sbi_reader *r, char word[SBI_WORD]);
/* The next one must be this sign: 0 or an error. */
int sbi_policy_expect(struct sbi_reader *r, const char *sign);
/* Is the next one this sign? Then it is taken. */
int sbi_policy_accept(struct sbi_reader *r, const char *sign);
int sbi_policy_number(struct sbi_reader *r, uint64_t *value);
/* condition.c: what follows `if`, appended to the policy's comparisons. */
int sbi_policy_conditions(struct sbi_reader *r, struct sbi_rule *rule);

/* policy.c */
int sbi_policy_add_rule(struct sbi_reader *r, const struct sbi_rule *rule);
int sbi_policy_add_compare(struct sbi_reader *r, const struct sbi_compare *compare);
struct sbi_group *sbi_policy_group(struct sbi_policy *policy, const char *name);
int sbi_policy_add_group(struct sbi_reader *r, const char *name);
int sbi_policy_add_member(struct sbi_reader *r, struct sbi_group *group, uint16_t number);

#endif
