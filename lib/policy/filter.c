/* SPDX-License-Identifier: MIT */
/*
 * From the rules of a policy to what happens to each number, and from there to
 * a program: a binary tree over ranges of numbers, so that the kernel, which
 * runs it once for every number when it is loaded, needs few steps for each.
 */
#include "filter.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "common/filter_run.h"
#include "common/sys.h"
#include "filter_code.h"
#include "syscalls.h"

/* x32 calls are x86_64 calls with this bit; elsewhere such numbers are merely unknown. */
#define X32_FIRST UINT32_C(0x40000000)
#define X32_END UINT32_C(0x80000000)

/* What sb-init still has to do when the filter is there already. */
static const uint16_t own_calls[] = { __NR_execve, __NR_clock_gettime, __NR_sendmsg, __NR_faccessat,
				      __NR_statx, __NR_statfs, __NR_prctl, __NR_capset, __NR_capget,
				      __NR_exit };
/* … and for a warm start, where it is there before the rest of the command section. */
static const uint16_t warm_calls[] = { __NR_futex, __NR_clone3, __NR_rt_sigprocmask, __NR_unshare,
				       __NR_setsid, __NR_prlimit64, __NR_setpriority, __NR_umask,
				       __NR_setgroups, __NR_setresgid, __NR_setresuid, __NR_getresuid,
				       __NR_keyctl, __NR_dup3, __NR_fcntl, __NR_chdir, __NR_getcwd,
				       __NR_close_range, __NR_close, __NR_sched_setaffinity,
				       __NR_sched_getaffinity, __NR_personality };

struct compiler {
	const struct sbi_policy *policy;
	uint64_t caps;
	int warm;
	uint32_t foreign; /* action */
	struct sbi_branch *branches; /* of all numbers, one after the other */
	uint32_t branch_count, branch_room;
	struct sbi_leaf_of leaf[SBI_SYSCALL_NUMBERS];
	uint32_t newest[SBI_SYSCALL_NUMBERS]; /* rule that was read last, plus 1 */
	uint32_t *older;                      /* and the one of the same number before it, plus 1 */
};

static int counts(const struct compiler *c, const struct sbi_rule *rule)
{
	return rule->cap < 0 || (c->caps & (UINT64_C(1) << rule->cap));
}

static void index_rules(struct compiler *c)
{
	for (uint32_t i = 0; i < c->policy->rule_count; i++) {
		const struct sbi_rule *rule = &c->policy->rules[i];

		if (!counts(c, rule))
			continue;
		c->older[i] = c->newest[rule->number];
		c->newest[rule->number] = i + 1;
	}
}

static int add_branch(struct compiler *c, const struct sbi_compare *compares, uint32_t count, uint32_t action)
{
	if (c->branch_count == c->branch_room) {
		uint32_t room = c->branch_room ? 2 * c->branch_room : 64;
		struct sbi_branch *grown = realloc(c->branches, room * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		c->branches = grown;
		c->branch_room = room;
	}
	c->branches[c->branch_count++] = (struct sbi_branch){ compares, count, action };
	return 0;
}

static int is_in(const uint16_t *calls, size_t count, uint32_t number)
{
	while (count && calls[count - 1] != number)
		count--;
	return count > 0;
}

#define IS_IN(calls, number) is_in(calls, sizeof(calls) / sizeof((calls)[0]), number)

/* The decision for one number: conditions in the order in which they are asked, and what is left. */
static int decide(struct compiler *c, uint32_t number, const struct sbi_compare *pass)
{
	struct sbi_leaf_of *leaf = &c->leaf[number];
	int r = 0;

	*leaf = (struct sbi_leaf_of){ .first = c->branch_count, .action = c->policy->otherwise };
	if (IS_IN(own_calls, number) || (c->warm && IS_IN(warm_calls, number)))
		r = add_branch(c, pass, 1, SBI_ACTION(SB_SECCOMP_ALLOW, 0));
	for (uint32_t at = c->newest[number]; r == 0 && at; at = c->older[at - 1]) {
		const struct sbi_rule *rule = &c->policy->rules[at - 1];

		if (!rule->count) {
			leaf->action = rule->action;
			break;
		}
		r = add_branch(c, c->policy->compares + rule->first, rule->count, rule->action);
	}
	/* A last condition that leads to what comes without it is none. */
	while (c->branch_count > leaf->first && c->branches[c->branch_count - 1].action == leaf->action)
		c->branch_count--;
	leaf->count = c->branch_count - leaf->first;
	return r;
}

/* Every call that has a name is in a group; the other numbers are unknown. */
static void find_named(const struct sbi_policy *policy, uint8_t named[SBI_SYSCALL_NUMBERS])
{
	for (uint32_t i = 0; i < policy->group_count; i++)
		for (uint32_t k = 0; k < policy->groups[i].count; k++)
			named[policy->groups[i].numbers[k]] = 1;
}

static int decide_all(struct compiler *c, const struct sbi_compare *pass)
{
	uint8_t named[SBI_SYSCALL_NUMBERS] = { 0 };
	int r = 0;

	find_named(c->policy, named);
	for (uint32_t n = 0; r == 0 && n < SBI_SYSCALL_NUMBERS; n++) {
		if (c->newest[n] || named[n])
			r = decide(c, n, pass);
		else
			c->leaf[n] = (struct sbi_leaf_of){ .action = c->policy->unknown };
	}
	return r;
}

static int same(const struct sbi_leaf_of *a, const struct sbi_leaf_of *b)
{
	return !a->count && !b->count && a->action == b->action;
}

/* Neighbours with the same fate become one range; behind the last number there are three more. */
static uint32_t make_ranges(const struct compiler *c, struct sbi_range *ranges)
{
	const struct sbi_leaf_of unknown = { .action = c->policy->unknown },
				 foreign = { .action = c->foreign };
	uint32_t count = 0;

	for (uint32_t n = 0; n < SBI_SYSCALL_NUMBERS; n++)
		if (!count || !same(&ranges[count - 1].leaf, &c->leaf[n]))
			ranges[count++] = (struct sbi_range){ n, c->leaf[n] };
	if (!same(&ranges[count - 1].leaf, &unknown))
		ranges[count++] = (struct sbi_range){ SBI_SYSCALL_NUMBERS, unknown };
#ifdef __x86_64__
	ranges[count++] = (struct sbi_range){ X32_FIRST, foreign };
	ranges[count++] = (struct sbi_range){ X32_END, unknown };
#else
	(void)foreign;
#endif
	return count;
}

static struct sbi_filter *finish(const struct sbi_code *code, uint64_t pass)
{
	struct sbi_filter *filter = malloc(sizeof(*filter) + code->count * sizeof(code->list[0]));

	if (!filter)
		return NULL;
	filter->code = memcpy(filter + 1, code->list, code->count * sizeof(code->list[0]));
	atomic_init(&filter->refs, 1);
	filter->count = code->count;
	filter->pass = pass;
	filter->notifies = filter->tells = 0;
	for (uint32_t i = 0; i < code->count; i++)
		if (filter->code[i].code == (BPF_RET | BPF_K)) {
			filter->notifies |= filter->code[i].k == SECCOMP_RET_USER_NOTIF;
			filter->tells |= sbi_filter_untold(filter->code[i].k) != filter->code[i].k;
		}
	return filter;
}

static int draw(uint64_t *word, struct sbi_policy_error *error)
{
	if (getrandom(word, sizeof(*word), 0) == sizeof(*word))
		return 0;
	error->code = errno;
	snprintf(error->message, sizeof(error->message), "getrandom: %s", strerror(errno));
	return -error->code;
}

static struct sbi_filter *compile(struct compiler *c, uint64_t word, struct sbi_policy_error *error)
{
	struct sbi_range ranges[SBI_SYSCALL_NUMBERS + 3];
	struct sbi_compare pass = {
		.argument = 5, .is_long = 1, .operator = SBI_EQ, .mask = UINT64_MAX, .value = word
	};
	struct sbi_code code = { 0 };
	struct sbi_filter *filter = NULL;

	index_rules(c);
	if (decide_all(c, &pass) == 0) {
		sbi_code_tree(&code, sbi_native_arch(), c->foreign, ranges, make_ranges(c, ranges),
			      c->branches);
		if (code.count > SBI_FILTER_MAX) {
			error->code = E2BIG;
			snprintf(error->message, sizeof(error->message),
				 "the policy compiles to %u instructions, the kernel takes %u", code.count,
				 SBI_FILTER_MAX);
			goto out;
		}
		filter = code.failed ? NULL : finish(&code, pass.value);
	}
	if (!filter) {
		error->code = ENOMEM;
		snprintf(error->message, sizeof(error->message), "not enough memory for the filter");
	}
out:
	free(code.list);
	return filter;
}

struct sbi_filter *sbi_filter_compile(const struct sbi_policy *policy, uint64_t caps, int warm, uint64_t word,
				      struct sbi_policy_error *error)
{
	struct compiler *c;
	struct sbi_filter *filter = NULL;

	if (!word && draw(&word, error) < 0)
		return NULL;
	c = calloc(1, sizeof(*c));
	if (c)
		c->older = calloc(policy->rule_count + 1, sizeof(*c->older));
	if (c && c->older) {
		c->policy = policy;
		c->caps = caps;
		c->warm = warm;
		c->foreign = SBI_ACTION_KIND(policy->foreign) == SB_SECCOMP_KILL ? SBI_KILL_UNTOLD
										 : policy->foreign;
		filter = compile(c, word, error);
	} else {
		error->code = ENOMEM;
		snprintf(error->message, sizeof(error->message), "not enough memory for the filter");
	}
	if (c) {
		free(c->older);
		free(c->branches);
	}
	free(c);
	return filter;
}

struct sbi_filter *sbi_filter_reword(const struct sbi_filter *filter, struct sbi_policy_error *error)
{
	struct sbi_code code = { .count = filter->count };
	struct sbi_filter *copy = NULL;
	uint64_t word;

	if (draw(&word, error) < 0)
		return NULL;
	code.list = malloc(code.count * sizeof(*code.list));
	if (code.list) {
		memcpy(code.list, filter->code, code.count * sizeof(*code.list));
		for (uint32_t i = 0; i < code.count; i++) {
			if (code.list[i].code == (BPF_JMP | BPF_JEQ | BPF_K) &&
			    code.list[i].k == (uint32_t)SBI_PLACEHOLDER)
				code.list[i].k = (uint32_t)word;
			else if (code.list[i].code == (BPF_JMP | BPF_JEQ | BPF_K) &&
				 code.list[i].k == (uint32_t)(SBI_PLACEHOLDER >> 32))
				code.list[i].k = (uint32_t)(word >> 32);
		}
		copy = finish(&code, word);
	}
	if (!copy) {
		error->code = ENOMEM;
		snprintf(error->message, sizeof(error->message), "not enough memory for the filter");
	}
	free(code.list);
	return copy;
}

struct sbi_filter *sbi_filter_ref(struct sbi_filter *filter)
{
	if (filter)
		atomic_fetch_add(&filter->refs, 1);
	return filter;
}

void sbi_filter_unref(struct sbi_filter *filter)
{
	if (filter && atomic_fetch_sub(&filter->refs, 1) == 1)
		free(filter);
}

uint32_t sbi_filter_action(const struct sbi_filter *filter, uint32_t arch, uint32_t number,
			   const uint64_t args[6])
{
	struct seccomp_data data = { .nr = (int)number, .arch = arch };
	uint32_t r;

	memcpy(data.args, args, sizeof(data.args));
	r = sbi_filter_untold(sbi_filter_run(filter->code, filter->count, &data));
	switch (r & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
		return SBI_ACTION(SB_SECCOMP_ALLOW, 0);
	case SECCOMP_RET_ERRNO:
		return SBI_ACTION(SB_SECCOMP_ERRNO, r & SECCOMP_RET_DATA);
	case SECCOMP_RET_LOG:
		return SBI_ACTION(SB_SECCOMP_LOG, 0);
	case SECCOMP_RET_TRAP:
		return SBI_ACTION(SB_SECCOMP_TRAP, 0);
	case SECCOMP_RET_USER_NOTIF:
		return SBI_ACTION(SB_SECCOMP_NOTIFY, 0);
	default:
		return SBI_ACTION(SB_SECCOMP_KILL, 0);
	}
}
