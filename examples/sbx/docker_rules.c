/* SPDX-License-Identifier: MIT */
/* Rules of a docker profile: which of them count, and what they read like as a policy. */
#include "docker_rules.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define LINE 100 /* columns */

int docker_fail(struct docker_profile *p, const char *format, ...)
{
	va_list args;
	int n;

	if (p->error[0])
		return -EINVAL;
	n = snprintf(p->error, DOCKER_ERROR, "%.80s: ", p->name);
	va_start(args, format);
	vsnprintf(p->error + n, DOCKER_ERROR - (size_t)n, format, args);
	va_end(args);
	for (char *at = p->error; *at; at++)
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			*at = '?';
	return -EINVAL;
}

int docker_add_rule(struct docker_profile *p, const struct docker_rule *rule)
{
	struct docker_rule *grown;
	size_t room;

	if (p->count == RULES_MAX) {
		docker_fail(p, "more than %zu rules", RULES_MAX);
		return -E2BIG;
	}
	if (p->count == p->room) {
		room = p->room ? 2 * p->room : 256;
		grown = realloc(p->rules, room * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		p->rules = grown;
		p->room = room;
	}
	p->rules[p->count++] = *rule;
	return 0;
}

static bool same_action(struct docker_action a, struct docker_action b)
{
	return a.kind == b.kind && a.error == b.error;
}

static bool holds(const struct docker_compare *c, uint64_t value)
{
	switch (c->op) {
	case OP_NE:
		return value != c->value;
	case OP_LT:
		return value < c->value;
	case OP_LE:
		return value <= c->value;
	case OP_GE:
		return value >= c->value;
	case OP_GT:
		return value > c->value;
	default:
		return (value & c->mask) == c->value;
	}
}

static bool is_upper(const struct docker_compare *c)
{
	return c->op == OP_LT || c->op == OP_LE;
}

static bool is_lower(const struct docker_compare *c)
{
	return c->op == OP_GT || c->op == OP_GE;
}

/* Can one argument satisfy both? Only a sure "no" is told. */
static bool never_both(const struct docker_compare *a, const struct docker_compare *b)
{
	if (a->op == OP_EQ)
		return !holds(b, a->value);
	if (b->op == OP_EQ)
		return !holds(a, b->value);
	if (a->op == OP_MASKED_EQ && b->op == OP_MASKED_EQ)
		return (a->value ^ b->value) & a->mask & b->mask;
	if (is_upper(a) && is_lower(b))
		return a->value < b->value || (a->value == b->value && (a->op == OP_LT || b->op == OP_GT));
	return is_lower(a) && is_upper(b) && never_both(b, a);
}

static bool are_apart(const struct docker_rule *a, const struct docker_rule *b)
{
	for (size_t i = 0; i < a->count; i++)
		for (size_t k = 0; k < b->count; k++)
			if (a->compares[i].index == b->compares[k].index &&
			    never_both(&a->compares[i], &b->compares[k]))
				return true;
	return false;
}

/* Which rule of each call has no comparison, the first; such a rule decides alone, wherever it stands. */
static void find_deciding(const struct docker_profile *p, size_t deciding[CALL_NUMBERS])
{
	for (size_t n = 0; n < CALL_NUMBERS; n++)
		deciding[n] = SIZE_MAX;
	for (size_t i = p->count; i-- > 0;)
		if (p->rules[i].number >= 0 && !p->rules[i].count)
			deciding[p->rules[i].number] = i;
}

static void drop_ignored(struct docker_profile *p)
{
	size_t deciding[CALL_NUMBERS], kept = 0;

	find_deciding(p, deciding);
	for (size_t i = 0; i < p->count; i++) {
		const struct docker_rule *rule = &p->rules[i];

		if (rule->number < 0 || deciding[rule->number] == SIZE_MAX || deciding[rule->number] == i)
			p->rules[kept++] = *rule;
	}
	p->count = kept;
}

int docker_settle(struct docker_profile *p)
{
	drop_ignored(p);
	for (size_t i = 0; i < p->count; i++)
		for (size_t k = 0; k < i; k++) {
			const struct docker_rule *a = &p->rules[i], *b = &p->rules[k];

			if (a->number < 0 || a->number != b->number || same_action(a->action, b->action) ||
			    are_apart(a, b))
				continue;
			return docker_fail(p, "two rules of %s contradict each other for some arguments",
					   a->name);
		}
	return 0;
}

/* Errors that profiles use; any other is written as its number. */
static const struct {
	unsigned number;
	const char *name;
} errors[] = {
	{ EPERM, "EPERM" },   { EACCES, "EACCES" },   { ENOSYS, "ENOSYS" },
	{ EINVAL, "EINVAL" }, { ENOTSUP, "ENOTSUP" }, { EAFNOSUPPORT, "EAFNOSUPPORT" },
};

static void action_text(struct docker_action action, char buf[32])
{
	static const char *const words[] = {
		[KIND_KILL] = "kill",     [KIND_TRAP] = "trap", [KIND_ERRNO] = "errno",
		[KIND_NOTIFY] = "notify", [KIND_LOG] = "log",   [KIND_ALLOW] = "allow",
	};

	snprintf(buf, 32, "%s", words[action.kind]);
	if (action.kind == KIND_ERRNO)
		snprintf(buf, 32, "errno(%u)", action.error);
	for (size_t i = 0; action.kind == KIND_ERRNO && i < sizeof(errors) / sizeof(errors[0]); i++)
		if (errors[i].number == action.error)
			snprintf(buf, 32, "errno(%s)", errors[i].name);
}

/*
 * libseccomp compares all 64 bits; the kernel reads most such arguments as an int,
 * the lower half. Where the two differ the one is taken that lets less through.
 */
static bool is_whole(const struct docker_compare *c, bool opens)
{
	if (c->op == OP_MASKED_EQ)
		return c->mask > UINT32_MAX;
	if (c->value > UINT32_MAX)
		return true;
	return opens == (c->op == OP_EQ || is_upper(c));
}

static void write_compares(const struct docker_profile *p, const struct docker_rule *rule, FILE *to)
{
	static const char *const signs[] = {
		[OP_NE] = "!=", [OP_LT] = "<", [OP_LE] = "<=",       [OP_EQ] = "==",
		[OP_GE] = ">=", [OP_GT] = ">", [OP_MASKED_EQ] = "==",
	};

	for (size_t i = 0; i < rule->count; i++) {
		const struct docker_compare *c = &rule->compares[i];

		fprintf(to, " %s %s%u", i ? "and" : "if",
			is_whole(c, rule->action.kind > p->otherwise.kind) ? "long" : "arg", c->index);
		if (c->op == OP_MASKED_EQ)
			fprintf(to, " & 0x%" PRIx64, c->mask);
		fprintf(to, c->value < 1024 ? " %s %" PRIu64 : " %s 0x%" PRIx64, signs[c->op], c->value);
	}
}

static bool same_compares(const struct docker_rule *a, const struct docker_rule *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		const struct docker_compare *x = &a->compares[i], *y = &b->compares[i];

		if (x->index != y->index || x->op != y->op || x->mask != y->mask || x->value != y->value)
			return false;
	}
	return true;
}

/* Rules from @at on that differ in the name only, on a line as long as it may be. Return: the next rule. */
static size_t write_line(const struct docker_profile *p, size_t at, FILE *to)
{
	const struct docker_rule *first = &p->rules[at];
	size_t column = 0, count = 0;
	char action[32];

	action_text(first->action, action);
	column += (size_t)fprintf(to, "%s", action);
	for (; at < p->count; at++, count++) {
		const struct docker_rule *rule = &p->rules[at];

		if (!same_action(rule->action, first->action) || !same_compares(rule, first) ||
		    (count && column + strlen(rule->name) + 2 > LINE))
			break;
		column += (size_t)fprintf(to, " %s%s", rule->number < 0 ? "?" : "", rule->name);
	}
	write_compares(p, first, to);
	fputc('\n', to);
	return at;
}

/* runc: behind the largest number that a profile names its author knew of no call. */
static void write_younger(const struct docker_profile *p, FILE *to)
{
	char name[CALL_NAME];
	size_t column = 0;

	for (int n = p->largest + 1; n < CALL_NUMBERS; n++) {
		if (!call_name((unsigned)n, name))
			continue;
		if (column == 0)
			fputs("\n# Younger than the profile.", to);
		if (column == 0 || column + strlen(name) + 2 > LINE) {
			fputs("\nerrno(ENOSYS)", to);
			column = strlen("errno(ENOSYS)");
		}
		column += (size_t)fprintf(to, " ?%s", name);
	}
	if (column)
		fputc('\n', to);
}

void docker_write(const struct docker_profile *p, FILE *to)
{
	bool opens = p->otherwise.kind >= KIND_LOG;
	bool stub = !opens && p->names_this_machine && p->largest > 0;
	char otherwise[32];

	action_text(p->otherwise, otherwise);
	fprintf(to, "default %s\nunknown %s\nforeign kill\n\n", otherwise,
		stub ? "errno(ENOSYS)" : opens ? "allow" : otherwise);
	for (size_t at = 0; at < p->count;)
		at = write_line(p, at, to);
	if (stub && !(p->otherwise.kind == KIND_ERRNO && p->otherwise.error == ENOSYS))
		write_younger(p, to);
}
