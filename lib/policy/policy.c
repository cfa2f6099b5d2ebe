/* SPDX-License-Identifier: MIT */
/* What a policy is made of: rules, comparisons, groups; and lines that contradict each other. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy_internal.h"

/* Room for one more: lists grow by doubling, and their length tells when. */
static void *grow(struct sbi_reader *r, void *list_field, uint32_t count, size_t item)
{
	void **list = list_field, *grown;

	if (count & (count - 1) || count >= SBI_POLICY_RULES)
		return count >= SBI_POLICY_RULES ? NULL : (char *)*list + count * item;
	grown = realloc(*list, (count ? 2 * (size_t)count : 1) * item);
	if (!grown) {
		sbi_policy_fail(r, ENOMEM, "not enough memory for the policy");
		return NULL;
	}
	*list = grown;
	return (char *)grown + count * item;
}

static int no_room(struct sbi_reader *r)
{
	return sbi_policy_fail(r, E2BIG, "more than %u rules", SBI_POLICY_RULES);
}

static int same_condition(const struct sbi_policy *policy, const struct sbi_rule *a, const struct sbi_rule *b)
{
	return a->count == b->count && a->cap == b->cap &&
	       (!a->count || !memcmp(policy->compares + a->first, policy->compares + b->first,
				     a->count * sizeof(struct sbi_compare)));
}

int sbi_policy_add_rule(struct sbi_reader *r, const struct sbi_rule *rule)
{
	struct sbi_policy *policy = r->policy;
	struct sbi_rule *room;

	for (uint32_t i = policy->rule_count; i-- && !rule->by_group;) {
		const struct sbi_rule *old = &policy->rules[i];

		if (old->number == rule->number && old->file == rule->file && !old->by_group &&
		    old->action != rule->action && same_condition(policy, old, rule))
			return sbi_policy_fail(r, EINVAL, "line %u says something else of the same call",
					       old->line);
	}
	room = grow(r, &policy->rules, policy->rule_count, sizeof(*room));
	if (!room)
		return no_room(r);
	*room = *rule;
	policy->rule_count++;
	return 0;
}

int sbi_policy_add_compare(struct sbi_reader *r, const struct sbi_compare *compare)
{
	struct sbi_policy *policy = r->policy;
	struct sbi_compare *room = grow(r, &policy->compares, policy->compare_count, sizeof(*room));

	if (!room)
		return no_room(r);
	*room = *compare;
	policy->compare_count++;
	return 0;
}

struct sbi_group *sbi_policy_group(struct sbi_policy *policy, const char *name)
{
	for (uint32_t i = 0; i < policy->group_count; i++)
		if (!strcmp(policy->groups[i].name, name))
			return &policy->groups[i];
	return NULL;
}

int sbi_policy_add_group(struct sbi_reader *r, const char *name)
{
	struct sbi_group *group = grow(r, &r->policy->groups, r->policy->group_count, sizeof(*group));

	if (!group)
		return no_room(r);
	memset(group, 0, sizeof(*group));
	memcpy(group->name, name, strlen(name));
	r->policy->group_count++;
	return 0;
}

int sbi_policy_add_member(struct sbi_reader *r, struct sbi_group *group, uint16_t number)
{
	uint16_t *room;

	for (uint32_t i = 0; i < group->count; i++)
		if (group->numbers[i] == number)
			return 0;
	room = grow(r, &group->numbers, group->count, sizeof(*room));
	if (!room)
		return no_room(r);
	*room = number;
	group->count++;
	return 0;
}

/* A copy with the room that grow() expects: the next power of two. */
static void *copy_list(const void *list, uint32_t count, size_t item)
{
	size_t room = 1;
	void *copy;

	while (room < count)
		room *= 2;
	copy = malloc(room * item);
	if (copy && count)
		memcpy(copy, list, count * item);
	return copy;
}

struct sbi_policy *sbi_policy_copy(const struct sbi_policy *policy)
{
	struct sbi_policy *copy = malloc(sizeof(*copy));
	int failed;

	if (!copy)
		return NULL;
	*copy = *policy;
	atomic_init(&copy->refs, 1);
	copy->rules = copy_list(policy->rules, policy->rule_count, sizeof(*policy->rules));
	copy->compares = copy_list(policy->compares, policy->compare_count, sizeof(*policy->compares));
	copy->groups = copy_list(policy->groups, policy->group_count, sizeof(*policy->groups));
	failed = !copy->rules || !copy->compares || !copy->groups;
	if (!copy->groups)
		copy->group_count = 0;
	for (uint32_t i = 0; i < copy->group_count; i++) {
		copy->groups[i].numbers =
			copy_list(policy->groups[i].numbers, policy->groups[i].count, sizeof(uint16_t));
		failed |= !copy->groups[i].numbers;
	}
	if (failed) {
		sbi_policy_unref(copy);
		return NULL;
	}
	return copy;
}

struct sbi_policy *sbi_policy_ref(struct sbi_policy *policy)
{
	if (policy)
		atomic_fetch_add(&policy->refs, 1);
	return policy;
}

void sbi_policy_unref(struct sbi_policy *policy)
{
	if (!policy || atomic_fetch_sub(&policy->refs, 1) > 1)
		return;
	for (uint32_t i = 0; i < policy->group_count; i++)
		free(policy->groups[i].numbers);
	free(policy->groups);
	free(policy->compares);
	free(policy->rules);
	free(policy);
}
