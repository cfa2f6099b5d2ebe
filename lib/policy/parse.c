/* SPDX-License-Identifier: MIT */
/* Policies line by line. The grammar is in sandbox/seccomp.h and docs/seccomp.md. */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy_internal.h"
#include "syscalls.h"

#define MAX_ERRNO 4095

int sbi_policy_fail(struct sbi_reader *r, int code, const char *format, ...)
{
	char *text = r->error->message;
	va_list args;
	int n;

	if (r->error->code)
		return -code; /* the first one counts */
	r->error->code = code;
	n = snprintf(text, sizeof(r->error->message), "%.80s:%u: ", r->name, r->line);
	va_start(args, format);
	vsnprintf(text + n, sizeof(r->error->message) - (size_t)n, format, args);
	va_end(args);
	/* One line of text, whatever bytes the policy is made of, and no halves of letters. */
	for (char *p = text; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f ||
		    ((unsigned char)*p > 0x7f && (p >= text + n || n > 80)))
			*p = '?';
	return -code;
}

static int read_errno(struct sbi_reader *r, int *error)
{
	char word[SBI_WORD], *end;
	long number;

	*error = EPERM;
	if (!sbi_policy_accept(r, "("))
		return 0;
	if (sbi_policy_token(r, word) != SBI_TOKEN_WORD)
		return sbi_policy_fail(r, EINVAL, "the name or number of an error expected, found \"%.40s\"",
				       word);
	if (word[0] >= '0' && word[0] <= '9') {
		number = strtol(word, &end, 10);
		*error = *end || number < 1 || number > MAX_ERRNO ? -1 : (int)number;
	} else {
		*error = sbi_errno_number(word);
	}
	if (*error < 0)
		return sbi_policy_fail(r, EINVAL, "\"%.40s\" is not an error: a name like EPERM, or 1 to %d",
				       word, MAX_ERRNO);
	return sbi_policy_expect(r, ")");
}

/* @word as an action; 0, -ENOENT if it is none, or another error. */
static int read_action(struct sbi_reader *r, const char *word, uint32_t *action)
{
	static const struct {
		const char *name;
		uint32_t kind;
	} kinds[] = {
		{ "allow", SB_SECCOMP_ALLOW }, { "errno", SB_SECCOMP_ERRNO }, { "log", SB_SECCOMP_LOG },
		{ "trap", SB_SECCOMP_TRAP },   { "kill", SB_SECCOMP_KILL },   { "notify", SB_SECCOMP_NOTIFY },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		int error = 0, result = 0;

		if (strcmp(word, kinds[i].name))
			continue;
		if (kinds[i].kind == SB_SECCOMP_ERRNO)
			result = read_errno(r, &error);
		*action = SBI_ACTION(kinds[i].kind, error);
		return result;
	}
	return -ENOENT;
}

/* default, unknown and foreign. */
static int read_setting(struct sbi_reader *r, const char *setting, uint32_t which, uint32_t *field)
{
	char word[SBI_WORD];
	uint32_t action;
	int error;

	sbi_policy_token(r, word);
	error = read_action(r, word, &action);
	if (error == -ENOENT)
		return sbi_policy_fail(r, EINVAL, "an action expected after \"%s\", found \"%.40s\"", setting,
				       word);
	if (error < 0)
		return error;
	if (sbi_policy_token(r, word) != SBI_TOKEN_END)
		return sbi_policy_fail(r, EINVAL, "\"%.40s\" behind the action", word);
	if (r->settings & which)
		return sbi_policy_fail(r, EINVAL, "\"%s\" was said before in this file", setting);
	if (SBI_ACTION_KIND(action) == SB_SECCOMP_NOTIFY ||
	    (which != 1 && SBI_ACTION_KIND(action) == SB_SECCOMP_LOG))
		return sbi_policy_fail(r, EINVAL, "\"%s\" cannot be \"%s\"", setting,
				       SBI_ACTION_KIND(action) == SB_SECCOMP_LOG ? "log" : "notify");
	r->settings |= which;
	*field = action;
	return 0;
}

/* The number of a system call; *@number is -1 for one that is to be left out. */
static int read_name(struct sbi_reader *r, const char *word, int *number)
{
	const char *name = word + (word[0] == '?');

	if (!name[0] || name[strspn(name, "abcdefghijklmnopqrstuvwxyz_0123456789")])
		return sbi_policy_fail(r, EINVAL, "\"%.40s\" is not the name of a system call", word);
	*number = sbi_syscall_number(name);
	if (*number >= 0)
		return 0;
	if (*number == SBI_SYSCALL_UNKNOWN && word[0] != '?')
		return sbi_policy_fail(r, EINVAL,
				       "\"%.40s\" is not a system call that is known here (?%.40s: if it is)",
				       name, name);
	if (*number == SBI_SYSCALL_ELSEWHERE && word[0] != '?')
		return sbi_policy_fail(r, EINVAL,
				       "this machine has no system call \"%.40s\" (?%.40s: if it has)", name,
				       name);
	*number = -1;
	return 0;
}

static int read_group_line(struct sbi_reader *r)
{
	char name[SBI_WORD], word[SBI_WORD];
	int number, error = 0, members = 0;
	struct sbi_group *group;

	if (sbi_policy_token(r, name) != SBI_TOKEN_WORD || name[0] != '@' || strlen(name) > 31 || !name[1])
		return sbi_policy_fail(r, EINVAL,
				       "a group is called @ and at most 30 characters, not \"%.40s\"", name);
	if (!sbi_policy_group(r->policy, name + 1)) /* even if all its members are of other machines */
		error = sbi_policy_add_group(r, name + 1);
	group = sbi_policy_group(r->policy, name + 1);
	while (error == 0) {
		const struct sbi_group *other;
		enum sbi_token token = sbi_policy_token(r, word);

		if (token == SBI_TOKEN_END)
			break;
		if (token != SBI_TOKEN_WORD)
			return sbi_policy_fail(r, EINVAL,
					       "the name of a system call expected, found \"%.40s\"", word);
		members++;
		if (word[0] == '@') {
			other = sbi_policy_group(r->policy, word + 1);
			if (!other)
				return sbi_policy_fail(r, EINVAL,
						       "there is no group \"%.40s\" above this line", word);
			for (uint32_t i = 0; error == 0 && i < other->count; i++)
				error = sbi_policy_add_member(r, group, other->numbers[i]);
			continue;
		}
		error = read_name(r, word, &number);
		if (error == 0 && number >= 0)
			error = sbi_policy_add_member(r, group, (uint16_t)number);
	}
	if (error == 0 && !members)
		return sbi_policy_fail(r, EINVAL, "the group \"%.40s\" has no members", name);
	return error;
}

/* Names of a rule, which are gone through twice: for its condition, and for its rules. */
static int apply_names(struct sbi_reader *r, const struct sbi_rule *like)
{
	struct sbi_rule rule = *like;
	char word[SBI_WORD];
	int number, error = 0;

	while (error == 0 && sbi_policy_token(r, word) == SBI_TOKEN_WORD && strcmp(word, "if")) {
		const struct sbi_group *group = word[0] == '@' ? sbi_policy_group(r->policy, word + 1) : NULL;

		rule.by_group = word[0] == '@';
		if (rule.by_group && !group)
			return sbi_policy_fail(r, EINVAL, "there is no group \"%.40s\"", word);
		for (uint32_t i = 0; group && error == 0 && i < group->count; i++) {
			rule.number = group->numbers[i];
			error = sbi_policy_add_rule(r, &rule);
		}
		if (rule.by_group)
			continue;
		error = read_name(r, word, &number);
		rule.number = (uint16_t)number;
		if (error == 0 && number >= 0)
			error = sbi_policy_add_rule(r, &rule);
	}
	return error;
}

static int read_rule(struct sbi_reader *r, uint32_t action)
{
	struct sbi_rule rule = { .action = action, .line = r->line, .file = r->file, .cap = -1 };
	const char *names = r->at, *behind;
	enum sbi_token token;
	char word[SBI_WORD];
	int count = 0, error = 0;

	while ((token = sbi_policy_token(r, word)) == SBI_TOKEN_WORD && strcmp(word, "if"))
		count++;
	if (token == SBI_TOKEN_SIGN || token == SBI_TOKEN_BAD)
		return sbi_policy_fail(r, EINVAL, "the name of a system call expected, found \"%.40s\"", word);
	if (!count)
		return sbi_policy_fail(r, EINVAL, "no system call is named");
	if (token == SBI_TOKEN_WORD)
		error = sbi_policy_conditions(r, &rule);
	if (error < 0)
		return error;
	behind = r->at;
	r->at = names;
	error = apply_names(r, &rule);
	r->at = behind;
	return error;
}

static int read_line(struct sbi_reader *r)
{
	char word[SBI_WORD], name[512];
	uint32_t action;
	size_t len;
	int error;
	enum sbi_token token = sbi_policy_token(r, word);

	if (token == SBI_TOKEN_END)
		return 0;
	if (token != SBI_TOKEN_WORD)
		return sbi_policy_fail(r, EINVAL, "an action expected, found \"%.40s\"", word);
	if (!strcmp(word, "default"))
		return read_setting(r, word, 1, &r->policy->otherwise);
	if (!strcmp(word, "unknown"))
		return read_setting(r, word, 2, &r->policy->unknown);
	if (!strcmp(word, "foreign"))
		return read_setting(r, word, 4, &r->policy->foreign);
	if (!strcmp(word, "group"))
		return read_group_line(r);
	if (!strcmp(word, "include")) {
		while (r->at < r->end && isspace((unsigned char)*r->at))
			r->at++;
		for (len = 0;
		     r->at + len < r->end && r->at[len] != '#' && !isspace((unsigned char)r->at[len]); len++)
			;
		if (!len || len >= sizeof(name))
			return sbi_policy_fail(r, EINVAL, "include what? A preset, or a file");
		memcpy(name, r->at, len);
		name[len] = '\0';
		r->at += len;
		if (sbi_policy_token(r, word) != SBI_TOKEN_END)
			return sbi_policy_fail(r, EINVAL, "\"%.40s\" behind the name of the file", word);
		return sbi_policy_include(r, name);
	}
	error = read_action(r, word, &action);
	if (error == -ENOENT)
		return sbi_policy_fail(r, EINVAL,
				       "\"%.40s\" is not an action: allow, errno(NAME), log, trap, kill, notify; nor default, unknown, "
				       "foreign, group, include",
				       word);
	return error < 0 ? error : read_rule(r, action);
}

int sbi_policy_read(struct sbi_reader *r, const char *text)
{
	int error = 0;

	if (strnlen(text, SBI_POLICY_BYTES) == SBI_POLICY_BYTES)
		return sbi_policy_fail(r, E2BIG, "more than %u bytes", SBI_POLICY_BYTES - 1);
	for (r->line = 1; error == 0 && *text; r->line++) {
		r->at = text;
		r->end = strchrnul(text, '\n');
		text = *r->end ? r->end + 1 : r->end;
		error = read_line(r);
	}
	return error;
}
