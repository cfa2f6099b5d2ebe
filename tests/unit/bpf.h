/* SPDX-License-Identifier: MIT */
/*
 * A second opinion on filters: an interpreter written from bpf(4)'s description and
 * the kernel's list of what seccomp takes, not from lib/common/filter_run.h. It
 * takes codes apart by class, checks every step, and counts them.
 */
#ifndef TESTS_BPF_H
#define TESTS_BPF_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <string.h>

#define BPF_BROKEN UINT32_C(0xdeadbeef) /* what no filter of ours returns */
#define BPF_WORDS 16                    /* of struct seccomp_data */

/* May the kernel be given this? What its check of filters asks for, and no jump out of the program. */
static inline int bpf_valid(const struct sock_filter *code, uint32_t count)
{
	if (!count || count > BPF_MAXINSNS || BPF_CLASS(code[count - 1].code) != BPF_RET)
		return 0;
	for (uint32_t at = 0; at < count; at++) {
		uint32_t left = count - at - 1, k = code[at].k;

		switch (BPF_CLASS(code[at].code)) {
		case BPF_LD:
			if (code[at].code != (BPF_LD | BPF_W | BPF_ABS) || k % 4 || k / 4 >= BPF_WORDS)
				return 0;
			break;
		case BPF_ALU:
			if (code[at].code != (BPF_ALU | BPF_AND | BPF_K))
				return 0;
			break;
		case BPF_JMP:
			if (BPF_SRC(code[at].code) != BPF_K || BPF_OP(code[at].code) > BPF_JSET)
				return 0;
			if (BPF_OP(code[at].code) == BPF_JA ? k >= left
							    : code[at].jt >= left || code[at].jf >= left)
				return 0;
			break;
		case BPF_RET:
			if (code[at].code != (BPF_RET | BPF_K))
				return 0;
			break;
		default:
			return 0;
		}
	}
	return 1;
}

/* One jump: how far beyond the next instruction. */
static inline uint32_t bpf_jump(const struct sock_filter *i, uint32_t accumulator)
{
	uint32_t op = BPF_OP(i->code);

	if (op == BPF_JA)
		return i->k;
	if (op == BPF_JEQ)
		return accumulator == i->k ? i->jt : i->jf;
	if (op == BPF_JGT)
		return accumulator > i->k ? i->jt : i->jf;
	if (op == BPF_JGE)
		return accumulator < i->k ? i->jf : i->jt;
	return accumulator & i->k ? i->jt : i->jf;
}

/* What a run was like. */
struct bpf_way {
	uint32_t steps; /* instructions */
	int looked;     /* at anything but the number and the architecture */
};

/* What @code returns for @data; @way may be NULL. */
static inline uint32_t bpf_run(const struct sock_filter *code, uint32_t count,
			       const struct seccomp_data *data, struct bpf_way *way)
{
	uint32_t accumulator = 0, next = 0, word[BPF_WORDS];
	struct bpf_way taken = { 0 };

	if (!bpf_valid(code, count))
		return BPF_BROKEN;
	memcpy(word, data, sizeof(word));
	while (next < count) {
		const struct sock_filter *i = code + next++;

		taken.steps++;
		if (BPF_CLASS(i->code) == BPF_RET) {
			if (way)
				*way = taken;
			return i->k;
		}
		if (BPF_CLASS(i->code) == BPF_LD) {
			accumulator = word[i->k / sizeof(uint32_t)];
			taken.looked |= i->k / sizeof(uint32_t) > 1;
		} else if (BPF_CLASS(i->code) == BPF_ALU) {
			accumulator = accumulator & i->k;
		} else {
			next += bpf_jump(i, accumulator);
		}
	}
	return BPF_BROKEN;
}

#endif
