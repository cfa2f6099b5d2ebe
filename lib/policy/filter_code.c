/* SPDX-License-Identifier: MIT */
/*
 * Instructions of classic BPF, as far as the kernel's own look-ahead for seccomp
 * understands them (seccomp_is_const_allow(), 5.11): a number whose way through
 * the program reads no argument and ends in "allow" costs next to nothing later.
 *
 * Jumps lead forward only, so the program is written from its end: where a jump
 * leads is known when it is written. A place is counted from the end.
 */
#include "filter_code.h"

#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>

#include "common/filter_run.h"
#include "syscalls.h"

#define LOAD (BPF_LD | BPF_W | BPF_ABS)
#define EQUAL (BPF_JMP | BPF_JEQ | BPF_K)
#define GREATER (BPF_JMP | BPF_JGT | BPF_K)
#define AT_LEAST (BPF_JMP | BPF_JGE | BPF_K)
#define EXCEPTIONS 3
#define NEAR 250 /* a conditional jump reaches 255; BPF_JA reaches everything */

static uint32_t emit(struct sbi_code *code, uint16_t op, uint32_t jt, uint32_t jf, uint32_t k)
{
	if (code->count == code->room) {
		uint32_t room = code->room ? 2 * code->room : 256;
		struct sock_filter *grown = code->failed ? NULL : realloc(code->list, room * sizeof(*grown));

		if (!grown) {
			code->failed = 1;
			return 0;
		}
		code->list = grown;
		code->room = room;
	}
	code->list[code->count] = (struct sock_filter){ op, (uint8_t)jt, (uint8_t)jf, k };
	return code->count++;
}

/* How far the next instruction is from @place. */
static uint32_t distance(const struct sbi_code *code, uint32_t place)
{
	return code->count - place - 1;
}

/* @place, or a jump to it that is near. */
static uint32_t nearby(struct sbi_code *code, uint32_t place)
{
	return code->failed || distance(code, place) < NEAR
		       ? place
		       : emit(code, BPF_JMP | BPF_JA, 0, 0, distance(code, place));
}

static uint32_t jump(struct sbi_code *code, uint16_t op, uint32_t k, uint32_t if_true, uint32_t if_false)
{
	if_true = nearby(code, if_true);
	if_false = nearby(code, if_false);
	return code->failed ? 0 : emit(code, op, distance(code, if_true), distance(code, if_false), k);
}

static uint32_t returned(uint32_t action)
{
	switch (SBI_ACTION_KIND(action)) {
	case SB_SECCOMP_ALLOW:
		return SECCOMP_RET_ALLOW;
	case SB_SECCOMP_ERRNO:
		return SECCOMP_RET_ERRNO | SBI_ACTION_ERRNO(action);
	case SB_SECCOMP_LOG:
		return SECCOMP_RET_USER_NOTIF | SBI_TELL_LOG;
	case SB_SECCOMP_TRAP:
		return SECCOMP_RET_TRAP;
	case SB_SECCOMP_NOTIFY:
		return SECCOMP_RET_USER_NOTIF;
	default:
		return action == SBI_KILL_UNTOLD ? SECCOMP_RET_KILL_PROCESS
						 : SECCOMP_RET_USER_NOTIF | SBI_TELL_KILL;
	}
}

/* A return that is near already serves again. */
static uint32_t give(struct sbi_code *code, uint32_t action)
{
	uint32_t k = returned(action);

	for (uint32_t i = 0; i < code->count && i < NEAR; i++) {
		const struct sock_filter *old = &code->list[code->count - 1 - i];

		if (old->code == (BPF_RET | BPF_K) && old->k == k)
			return code->count - 1 - i;
	}
	return emit(code, BPF_RET | BPF_K, 0, 0, k);
}

/* What the accumulator holds: which half of which argument, and which bits of it. */
struct loaded {
	uint32_t at, mask;
};

static struct loaded half_of(const struct sbi_compare *c, int high)
{
	struct loaded l = { (uint32_t)offsetof(struct seccomp_data, args) + 8U * c->argument,
			    (uint32_t)(high ? c->mask >> 32 : c->mask) };

	if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? high : !high)
		l.at += 4;
	return l;
}

/* In front of what looks at it. */
static uint32_t load(struct sbi_code *code, struct loaded l)
{
	if (l.mask != UINT32_MAX)
		emit(code, BPF_ALU | BPF_AND | BPF_K, 0, 0, l.mask);
	return emit(code, LOAD, 0, 0, l.at);
}

/* @place, or what comes behind it if it would load what is loaded already. */
static uint32_t skip_load(const struct sbi_code *code, uint32_t place, struct loaded l)
{
	const struct sock_filter *i = &code->list[place];

	if (code->failed || place == 0 || i->code != LOAD || i->k != l.at)
		return place;
	i--;
	if (l.mask == UINT32_MAX)
		return i->code == (BPF_ALU | BPF_AND | BPF_K) ? place : place - 1;
	return i->code == (BPF_ALU | BPF_AND | BPF_K) && i->k == l.mask ? place - 2 : place;
}

/* The lower half decides, when the upper ones are equal or do not count. */
static uint32_t compare_low(struct sbi_code *code, const struct sbi_compare *c, uint32_t holds,
			    uint32_t fails)
{
	static const struct {
		uint16_t op;
		int holds_if_false;
	} ways[] = {
		[SBI_EQ] = { EQUAL, 0 },   [SBI_NE] = { EQUAL, 1 },   [SBI_LT] = { AT_LEAST, 1 },
		[SBI_LE] = { GREATER, 1 }, [SBI_GT] = { GREATER, 0 }, [SBI_GE] = { AT_LEAST, 0 },
	};
	int swap = ways[c->operator].holds_if_false;
	struct loaded low = half_of(c, 0);

	holds = skip_load(code, holds, low);
	fails = skip_load(code, fails, low);
	jump(code, ways[c->operator].op, (uint32_t)c->value, swap ? fails : holds, swap ? holds : fails);
	return load(code, low);
}

static uint32_t compare(struct sbi_code *code, const struct sbi_compare *c, uint32_t holds, uint32_t fails)
{
	uint32_t high = (uint32_t)(c->value >> 32), low = compare_low(code, c, holds, fails), equal;

	if (!c->is_long)
		return low;
	switch (c->operator) {
	case SBI_EQ:
		jump(code, EQUAL, high, low, fails);
		break;
	case SBI_NE:
		jump(code, EQUAL, high, low, holds);
		break;
	case SBI_LT:
	case SBI_LE:
		equal = jump(code, EQUAL, high, low, holds);
		jump(code, GREATER, high, fails, equal);
		break;
	default:
		equal = jump(code, EQUAL, high, low, fails);
		jump(code, GREATER, high, holds, equal);
		break;
	}
	return load(code, half_of(c, 1));
}

static uint32_t decide(struct sbi_code *code, const struct sbi_leaf_of *leaf,
		       const struct sbi_branch *branches)
{
	uint32_t place = give(code, leaf->action);

	for (uint32_t i = leaf->count; i--;) {
		const struct sbi_branch *branch = &branches[leaf->first + i];
		uint32_t next = place;

		place = give(code, branch->action);
		for (uint32_t k = branch->count; k--;)
			place = compare(code, &branch->compares[k], place, next);
	}
	return place;
}

/*
 * Single numbers among others that all have the same fate are exceptions, asked
 * for by one instruction where a range of its own would take two. Few at a time: they are asked one by one.
 */
static uint32_t exceptions(const struct sbi_range *ranges, uint32_t count)
{
	uint32_t n = 0;

	while (n < EXCEPTIONS && 2 * n + 2 < count && !ranges[0].leaf.count &&
	       !ranges[2 * n + 2].leaf.count && ranges[2 * n + 2].start == ranges[2 * n + 1].start + 1 &&
	       ranges[2 * n + 2].leaf.action == ranges[0].leaf.action)
		n++;
	return n;
}

/* A range, with its exceptions. */
static uint32_t with_exceptions(struct sbi_code *code, const struct sbi_range *ranges,
				const struct sbi_branch *branches, uint32_t count)
{
	uint32_t place = decide(code, &ranges[0].leaf, branches);

	for (uint32_t i = count; i--;) {
		uint32_t other = decide(code, &ranges[2 * i + 1].leaf, branches);

		place = jump(code, EQUAL, ranges[2 * i + 1].start, other, place);
	}
	return place;
}

/* @at: where those with their exceptions begin in @ranges. */
static uint32_t tree(struct sbi_code *code, const struct sbi_range *ranges, const uint16_t *at,
		     uint32_t count, const struct sbi_branch *branches)
{
	uint32_t half = count / 2, left, right;

	if (count == 1)
		return with_exceptions(code, ranges + at[0], branches, (at[1] - at[0] - 1U) / 2);
	right = tree(code, ranges, at + half, count - half, branches);
	left = tree(code, ranges, at, half, branches);
	return jump(code, AT_LEAST, ranges[at[half]].start, right, left);
}

/* Straight on to @place: nothing to do if that is what was written last. */
static void lead_to(struct sbi_code *code, uint32_t place)
{
	if (!code->failed && distance(code, place))
		emit(code, BPF_JMP | BPF_JA, 0, 0, distance(code, place));
}

void sbi_code_tree(struct sbi_code *code, uint32_t arch, uint32_t foreign, const struct sbi_range *ranges,
		   uint32_t count, const struct sbi_branch *branches)
{
	uint16_t at[SBI_SYSCALL_NUMBERS + 4];
	uint32_t native, groups = 0;

	for (uint32_t i = 0; i < count; i += 1 + 2 * exceptions(ranges + i, count - i))
		at[groups++] = (uint16_t)i;
	at[groups] = (uint16_t)count;
	lead_to(code, tree(code, ranges, at, groups, branches));
	native = emit(code, LOAD, 0, 0, (uint32_t)offsetof(struct seccomp_data, nr));
	jump(code, EQUAL, arch, native, give(code, foreign));
	emit(code, LOAD, 0, 0, (uint32_t)offsetof(struct seccomp_data, arch));
	for (uint32_t i = 0; i < code->count / 2; i++) {
		struct sock_filter first = code->list[i];

		code->list[i] = code->list[code->count - 1 - i];
		code->list[code->count - 1 - i] = first;
	}
}
