/* SPDX-License-Identifier: MIT */
/*
 * The meaning of a policy, said as plainly as possible and without the library: a
 * list of lines, of which the last one that fits decides. It reads well-formed
 * text only. Slow, and meant to be; filters are held against it.
 */
#ifndef TESTS_POLICY_MODEL_H
#define TESTS_POLICY_MODEL_H

#include <cap-ng.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "filter_kit.h"

#define MODEL_RULES 4096
#define MODEL_COMPARES 8
#define MODEL_GROUPS 64
#define MODEL_MEMBERS 128

struct model_compare {
	int argument, is_long;
	char sign[3];
	uint64_t mask, value;
};

struct model_rule {
	int number, file, by_group, cap, compares;
	uint32_t action;
	struct model_compare compare[MODEL_COMPARES];
};

struct model_group {
	char name[40];
	int number[MODEL_MEMBERS], count;
};

struct model {
	uint32_t otherwise, unknown, foreign;
	int rules, groups, files;
	int contradicts; /* two lines of one file say different things of one call */
	struct model_rule rule[MODEL_RULES];
	struct model_group group[MODEL_GROUPS];
};

static inline uint64_t model_number(const char *word)
{
	static const struct {
		const char *name;
		uint64_t value;
	} names[] = {
		{ "CLONE_NEWANY", 0x7e020000 }, { "CLONE_NEWTIME", 0x80 }, { "CLONE_NEWUSER", CLONE_NEWUSER },
		{ "TIOCSTI", TIOCSTI }, { "TIOCLINUX", TIOCLINUX }, { "TIOCSETD", TIOCSETD },
		{ "S_IFMT", S_IFMT }, { "S_IFCHR", S_IFCHR }, { "S_IFBLK", S_IFBLK }, { "S_ISUID", S_ISUID },
		{ "S_ISGID", S_ISGID }, { "AF_UNIX", AF_UNIX }, { "AF_INET", AF_INET },
		{ "AF_INET6", AF_INET6 }, { "AF_NETLINK", AF_NETLINK }, { "AF_PACKET", AF_PACKET },
		{ "NETLINK_ROUTE", NETLINK_ROUTE }, { "F_SETLK", F_SETLK }, { "F_SETLKW", F_SETLKW },
		{ "F_OFD_SETLK", F_OFD_SETLK }, { "F_OFD_SETLKW", F_OFD_SETLKW },
		{ "F_SETLEASE", F_SETLEASE }, { "F_NOTIFY", F_NOTIFY }, { "O_CREAT", O_CREAT },
		{ "O_TMPFILE", 020000000 }, { "ADDR_NO_RANDOMIZE", ADDR_NO_RANDOMIZE },
		{ "KEYCTL_JOIN_SESSION_KEYRING", KEYCTL_JOIN_SESSION_KEYRING },
	};
	uint64_t all = 0;
	char copy[128], *rest = copy, *part;

	snprintf(copy, sizeof(copy), "%s", word);
	while ((part = strsep(&rest, "|"))) {
		size_t i = 0;

		if (part[0] >= '0' && part[0] <= '9') {
			all |= strtoull(part, NULL, 0);
			continue;
		}
		while (i < COUNT(names) && strcmp(names[i].name, part))
			i++;
		if (i == COUNT(names))
			fail_msg("the model does not know %s", part);
		all |= names[i].value;
	}
	return all;
}

static inline uint32_t model_action(const char *word)
{
	static const struct {
		const char *name;
		uint32_t action;
	} names[] = {
		{ "allow", ALLOW }, { "errno", E(EPERM) }, { "log", LOG }, { "trap", TRAP }, { "kill", KILL },
		{ "notify", NOTIFY }, { "errno(EPERM)", E(EPERM) }, { "errno(ENOSYS)", E(ENOSYS) },
		{ "errno(EACCES)", E(EACCES) }, { "errno(ENOTSUP)", E(ENOTSUP) },
		{ "errno(EAFNOSUPPORT)", E(EAFNOSUPPORT) },
	};

	for (size_t i = 0; i < COUNT(names); i++)
		if (!strcmp(names[i].name, word))
			return names[i].action;
	if (strncmp(word, "errno(", 6))
		fail_msg("the model does not know the action %s", word);
	return E(strtoul(word + 6, NULL, 10));
}

static inline struct model_group *model_group(struct model *m, const char *name)
{
	for (int i = 0; i < m->groups; i++)
		if (!strcmp(m->group[i].name, name))
			return &m->group[i];
	return NULL;
}

static inline void model_group_line(struct model *m, char **word, int words)
{
	struct model_group *g = model_group(m, word[1]), *other;

	if (!g) {
		g = &m->group[m->groups++];
		memset(g, 0, sizeof(*g));
		snprintf(g->name, sizeof(g->name), "%s", word[1]);
	}
	for (int i = 2; i < words; i++) {
		if (word[i][0] == '@') {
			other = model_group(m, word[i]);
			for (int k = 0, n = other->count; k < n; k++)
				g->number[g->count++] = other->number[k];
			continue;
		}
		g->number[g->count] = sbi_syscall_number(word[i] + (word[i][0] == '?'));
		g->count += g->number[g->count] >= 0;
	}
	assert_true(m->groups < MODEL_GROUPS && g->count < MODEL_MEMBERS);
}

static inline int model_same(const struct model_rule *a, const struct model_rule *b)
{
	if (a->cap != b->cap || a->compares != b->compares)
		return 0;
	for (int i = 0; i < a->compares; i++) {
		const struct model_compare *x = &a->compare[i], *y = &b->compare[i];

		if (x->argument != y->argument || x->is_long != y->is_long || strcmp(x->sign, y->sign) ||
		    x->mask != y->mask || x->value != y->value)
			return 0;
	}
	return 1;
}

static inline void model_add(struct model *m, const struct model_rule *like, int number, int by_group)
{
	struct model_rule *rule = &m->rule[m->rules];

	assert_true(m->rules < MODEL_RULES);
	*rule = *like;
	rule->number = number;
	rule->by_group = by_group;
	for (int i = 0; i < m->rules && !by_group; i++)
		m->contradicts |= m->rule[i].number == number && !m->rule[i].by_group &&
				  m->rule[i].file == like->file && m->rule[i].action != like->action &&
				  model_same(&m->rule[i], like);
	m->rules++;
}

/* The words behind "if". */
static inline void model_conditions(struct model_rule *rule, char **word, int words)
{
	for (int i = 0; i < words; i++) {
		struct model_compare *c = &rule->compare[rule->compares];

		if (!strcmp(word[i], "and"))
			continue;
		if (!strcmp(word[i], "cap")) {
			i++;
			rule->cap = capng_name_to_capability(word[i] + (strncmp(word[i], "cap_", 4) ? 0 : 4));
			assert_true(rule->cap >= 0);
			continue;
		}
		c->is_long = word[i][0] == 'l';
		c->argument = word[i][strlen(word[i]) - 1] - '0';
		c->mask = c->is_long ? UINT64_MAX : UINT32_MAX;
		if (!strcmp(word[i + 1], "&")) {
			c->mask &= model_number(word[i + 2]);
			i += 2;
		}
		snprintf(c->sign, sizeof(c->sign), "%s", word[i + 1]);
		c->value = model_number(word[i + 2]);
		i += 2;
		rule->compares++;
		assert_true(rule->compares < MODEL_COMPARES);
	}
}

static inline void model_rule_line(struct model *m, int file, char **word, int words)
{
	struct model_rule rule = { .file = file, .cap = -1, .action = model_action(word[0]) };
	int names = 1;

	while (names < words && strcmp(word[names], "if"))
		names++;
	if (names < words)
		model_conditions(&rule, word + names + 1, words - names - 1);
	for (int i = 1; i < names; i++) {
		const struct model_group *g = word[i][0] == '@' ? model_group(m, word[i]) : NULL;
		int number = g ? -1 : sbi_syscall_number(word[i] + (word[i][0] == '?'));

		for (int k = 0; g && k < g->count; k++)
			model_add(m, &rule, g->number[k], 1);
		if (number >= 0)
			model_add(m, &rule, number, 0);
	}
}

/* The text of a file of the directory of policies, in memory of the caller's. */
static inline char *model_source(const char *name)
{
	static char path[4096];
	const char *dir = getenv("POLICY_DIR");
	char *text = calloc(1, 1 << 16);
	size_t len;
	FILE *file;

	assert_non_null(dir);
	assert_non_null(text);
	snprintf(path, sizeof(path), "%s/%s.policy", dir, name);
	file = fopen(path, "re");
	if (!file)
		fail_msg("%s: %s", path, strerror(errno));
	len = fread(text, 1, (1 << 16) - 1, file);
	assert_true(len > 0 && len < (1 << 16) - 1);
	fclose(file);
	return text;
}

static inline void model_read(struct model *m, const char *text)
{
	char *copy = strdup(text), *rest = copy, *line;
	int file = ++m->files;

	while ((line = strsep(&rest, "\n"))) {
		char *word[256], *included;
		int words = 0;

		line[strcspn(line, "#")] = '\0';
		while ((word[words] = strsep(&line, " \t\r")))
			words += word[words][0] != '\0';
		if (!words)
			continue;
		if (!strcmp(word[0], "default")) {
			m->otherwise = model_action(word[1]);
		} else if (!strcmp(word[0], "unknown")) {
			m->unknown = model_action(word[1]);
		} else if (!strcmp(word[0], "foreign")) {
			m->foreign = model_action(word[1]);
		} else if (!strcmp(word[0], "group")) {
			model_group_line(m, word, words);
		} else if (!strcmp(word[0], "include")) {
			included = model_source(word[1]);
			model_read(m, included);
			free(included);
		} else {
			model_rule_line(m, file, word, words);
		}
	}
	free(copy);
}

static inline struct model *model_new(void)
{
	static struct model first; /* with the groups, which are always the same */
	struct model *m = calloc(1, sizeof(*m));
	char *groups;

	assert_non_null(m);
	if (!first.groups) {
		groups = model_source("groups");
		model_read(&first, groups);
		free(groups);
	}
	memcpy(m->group, first.group, sizeof(m->group));
	m->groups = first.groups;
	m->files = first.files;
	m->otherwise = E(EPERM);
	m->unknown = E(ENOSYS);
	m->foreign = KILL;
	return m;
}

static inline int model_holds(const struct model_compare *c, uint64_t argument)
{
	uint64_t a = argument & c->mask;

	if (!strcmp(c->sign, "=="))
		return a == c->value;
	if (!strcmp(c->sign, "!="))
		return a != c->value;
	if (!strcmp(c->sign, "<"))
		return a < c->value;
	if (!strcmp(c->sign, "<="))
		return a <= c->value;
	return !strcmp(c->sign, ">") ? a > c->value : a >= c->value;
}

static inline int model_fits(const struct model_rule *rule, uint64_t caps, const uint64_t args[6])
{
	if (rule->cap >= 0 && !(caps >> rule->cap & 1))
		return 0;
	for (int i = 0; i < rule->compares; i++)
		if (!model_holds(&rule->compare[i], args[rule->compare[i].argument]))
			return 0;
	return 1;
}

static inline uint32_t model_call(const struct model *m, uint64_t caps, uint32_t arch, uint32_t number,
				  const uint64_t args[6])
{
	uint32_t foreign = m->foreign == KILL ? KILL_UNTOLD : m->foreign;

	if (arch != sbi_native_arch())
		return foreign;
#ifdef __x86_64__
	if (number >> 30 == 1)
		return foreign;
#endif
	for (int i = m->rules; i--;)
		if (m->rule[i].number == (int)number && model_fits(&m->rule[i], caps, args))
			return m->rule[i].action;
	for (int g = 0; g < m->groups; g++)
		for (int k = 0; k < m->group[g].count; k++)
			if (m->group[g].number[k] == (int)number)
				return m->otherwise;
	return m->unknown;
}

#endif
