/* SPDX-License-Identifier: MIT */
/*
 * Instructions of classic BPF, as far as the kernel's own look-ahead for seccomp
 * understands them (seccomp_is_const_allow(), 5.11): a number whose way through
 * the program reads no argument and ends in "allow" costs next to nothing later.
 */
#include "filter_code.h"

#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>

#include "common/filter_run.h"

#define LOAD (BPF_LD | BPF_W | BPF_ABS)
#define EQUAL (BPF_JMP | BPF_JEQ | BPF_K)
#define GREATER (BPF_JMP | BPF_JGT | BPF_K)
#define AT_LEAST (BPF_JMP | BPF_JGE | BPF_K)
#define FAR 200 /* a jump over more is made by BPF_JA: conditional ones reach 255 */

static void emit(struct sbi_code *code, uint16_t op, uint8_t jt, uint8_t jf, uint32_t k)
{
	if (code->count == code->room) {
		uint32_t room = code->room ? 2 * code->room : 256;
		struct sock_filter *grown = code->failed ? NULL : realloc(code->list, room * sizeof(*grown));

		if (!grown) {
			code->failed = 1;
			return;
		}
		code->list = grown;
		code->room = room;
	}
	code->list[code->count++] = (struct sock_filter){ op, jt, jf, k };
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
		return action == SBI_KILL_UNTOLD ? SECCOMP_RET_KILL_PROCESS : SECCOMP_RET_USER_NOTIF | SBI_TELL_KILL;
	}
}

/* Half of an argument into the accumulator. */
static void load_half(struct sbi_code *code, const struct sbi_compare *c, int high)
{
	uint32_t at = (uint32_t)offsetof(struct seccomp_data, args) + 8U * c->argument;
	uint32_t mask = (uint32_t)(high ? c->mask >> 32 : c->mask);

	if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? high : !high)
		at += 4;
	emit(code, LOAD, 0, 0, at);
	if (mask != UINT32_MAX)
		emit(code, BPF_ALU | BPF_AND | BPF_K, 0, 0, mask);
}

/* Jumps of one branch that end behind it, because a comparison did not hold. */
struct jumps {
	uint32_t from[2 * SBI_POLICY_COMPARES], count;
	uint8_t if_true[2 * SBI_POLICY_COMPARES];
};

static void jump_fail(struct sbi_code *code, struct jumps *j, uint16_t op, uint32_t k, int if_true)
{
	j->if_true[j->count] = (uint8_t)if_true;
	j->from[j->count++] = code->count;
	emit(code, op, 0, 0, k);
}

static void land(struct sbi_code *code, const struct jumps *j)
{
	for (uint32_t i = 0; i < j->count && !code->failed; i++) {
		uint8_t distance = (uint8_t)(code->count - j->from[i] - 1);

		if (j->if_true[i])
			code->list[j->from[i]].jt = distance;
		else
			code->list[j->from[i]].jf = distance;
	}
}

/* The lower half decides, when the upper ones are equal or do not count. */
static void compare_low(struct sbi_code *code, const struct sbi_compare *c, struct jumps *j)
{
	static const struct {
		uint16_t op;
		uint8_t fails_if_true;
	} ways[] = {
		[SBI_EQ] = { EQUAL, 0 },   [SBI_NE] = { EQUAL, 1 },   [SBI_LT] = { AT_LEAST, 1 },
		[SBI_LE] = { GREATER, 1 }, [SBI_GT] = { GREATER, 0 }, [SBI_GE] = { AT_LEAST, 0 },
	};

	load_half(code, c, 0);
	jump_fail(code, j, ways[c->operator].op, (uint32_t)c->value, ways[c->operator].fails_if_true);
}

/* The upper half: it may fail, leave it to the lower one, or hold whatever that is. */
static uint32_t compare_high(struct sbi_code *code, const struct sbi_compare *c, struct jumps *j)
{
	uint32_t value = (uint32_t)(c->value >> 32);

	load_half(code, c, 1);
	if (c->operator == SBI_EQ) {
		jump_fail(code, j, EQUAL, value, 0);
		return 0;
	}
	if (c->operator == SBI_LT || c->operator == SBI_LE)
		jump_fail(code, j, GREATER, value, 1);
	else if (c->operator != SBI_NE) {
		emit(code, GREATER, 0, 1, value);
		emit(code, BPF_JMP | BPF_JA, 0, 0, 0);
		jump_fail(code, j, EQUAL, value, 0);
		return code->count - 2;
	}
	emit(code, EQUAL, 1, 0, value);
	emit(code, BPF_JMP | BPF_JA, 0, 0, 0);
	return code->count - 1;
}

static void compare(struct sbi_code *code, const struct sbi_compare *c, struct jumps *j)
{
	uint32_t holds = c->is_long ? compare_high(code, c, j) : 0;

	compare_low(code, c, j);
	if (holds && !code->failed)
		code->list[holds].k = code->count - holds - 1;
}

static void emit_leaf(struct sbi_code *code, const struct sbi_leaf_of *leaf, const struct sbi_branch *branches)
{
	for (uint32_t i = 0; i < leaf->count; i++) {
		const struct sbi_branch *branch = &branches[leaf->first + i];
		struct jumps j = { .count = 0 };

		for (uint32_t k = 0; k < branch->count; k++)
			compare(code, &branch->compares[k], &j);
		emit(code, BPF_RET | BPF_K, 0, 0, returned(branch->action));
		land(code, &j);
	}
	emit(code, BPF_RET | BPF_K, 0, 0, returned(leaf->action));
}

/* At most: a comparison takes eight instructions, a branch one more. */
static uint32_t leaf_size(const struct sbi_leaf_of *leaf, const struct sbi_branch *branches)
{
	uint32_t size = 1;

	for (uint32_t i = 0; i < leaf->count; i++)
		size += 1 + 8 * branches[leaf->first + i].count;
	return size;
}

static void tree(struct sbi_code *code, const struct sbi_range *ranges, uint32_t count, const struct sbi_branch *branches)
{
	uint32_t half = count / 2, size = 0, at;
	int far;

	if (count == 1) {
		emit_leaf(code, &ranges[0].leaf, branches);
		return;
	}
	for (uint32_t i = 0; i < half; i++)
		size += leaf_size(&ranges[i].leaf, branches) + 2;
	far = size > FAR;
	at = code->count;
	emit(code, AT_LEAST, 0, (uint8_t)far, ranges[half].start);
	if (far)
		emit(code, BPF_JMP | BPF_JA, 0, 0, 0);
	tree(code, ranges, half, branches);
	if (!code->failed && far)
		code->list[at + 1].k = code->count - at - 2;
	else if (!code->failed)
		code->list[at].jt = (uint8_t)(code->count - at - 1);
	tree(code, ranges + half, count - half, branches);
}

void sbi_code_tree(struct sbi_code *code, uint32_t arch, uint32_t foreign, const struct sbi_range *ranges,
		   uint32_t count, const struct sbi_branch *branches)
{
	emit(code, LOAD, 0, 0, (uint32_t)offsetof(struct seccomp_data, arch));
	emit(code, EQUAL, 1, 0, arch);
	emit(code, BPF_RET | BPF_K, 0, 0, returned(foreign));
	emit(code, LOAD, 0, 0, (uint32_t)offsetof(struct seccomp_data, nr));
	tree(code, ranges, count, branches);
}
