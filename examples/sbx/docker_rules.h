/* SPDX-License-Identifier: MIT */
/*
 * What a docker profile comes to once it has been read: rules in order, as runc would hand them to
 * libseccomp.
 */
#ifndef SBX_DOCKER_RULES_H
#define SBX_DOCKER_RULES_H

#include "calls.h"
#include "docker_seccomp.h"

#include <stdbool.h>
#include <stdio.h>

#define RULES_MAX ((size_t)8192)
#define COMPARES_MAX 6 /* of one rule: one for each argument */

/* From what allows least to what allows most, as the kernel orders them. */
enum docker_kind { KIND_KILL, KIND_TRAP, KIND_ERRNO, KIND_NOTIFY, KIND_LOG, KIND_ALLOW };

struct docker_action {
	enum docker_kind kind;
	unsigned error; /* of KIND_ERRNO */
};

enum docker_operator { OP_NE, OP_LT, OP_LE, OP_EQ, OP_GE, OP_GT, OP_MASKED_EQ };

struct docker_compare {
	unsigned index; /* of the argument */
	enum docker_operator op;
	uint64_t mask, value; /* the mask is that of OP_MASKED_EQ, else all bits */
};

struct docker_rule {
	char name[CALL_NAME];
	int number; /* -1: no call of this machine */
	struct docker_action action;
	struct docker_compare compares[COMPARES_MAX]; /* all must hold */
	size_t count;
};

struct docker_profile {
	struct docker_action otherwise;
	bool names_this_machine; /* in its list of architectures */
	int largest;             /* number that an entry names; 0 = none, as runc has it */
	struct docker_rule *rules;
	size_t count, room;
	const char *name; /* for errors */
	char *error;      /* DOCKER_ERROR bytes */
};

/* Say why, once. Return: -EINVAL. */
int docker_fail(struct docker_profile *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Return: 0, -E2BIG or -ENOMEM. */
int docker_add_rule(struct docker_profile *p, const struct docker_rule *rule);
/*
 * Leave out what libseccomp would ignore: the first rule of a call without a
 * comparison is the only one that counts. Return: 0, or -EINVAL if two rules
 * contradict each other and it is open which of them would count.
 */
int docker_settle(struct docker_profile *p);
/* As text, to @to. */
void docker_write(const struct docker_profile *p, FILE *to);

#endif
