/* SPDX-License-Identifier: MIT */
/*
 * Run a seccomp program as the kernel does: for sb-init and the host, who want to
 * know what a call was stopped for, and for the tests of policies.
 */
#ifndef SBI_FILTER_RUN_H
#define SBI_FILTER_RUN_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdint.h>

/*
 * What kill and log lines compile to: a listener is asked, and the data of the
 * return (SECCOMP_RET_DATA), which the kernel does not look at, says what for.
 * 0 there: a notify line. Without a listener sbi_filter_untold() is loaded instead.
 */
#define SBI_TELL_KILL 1U
#define SBI_TELL_LOG 2U

static inline uint32_t sbi_filter_untold(uint32_t k)
{
	if (k == (SECCOMP_RET_USER_NOTIF | SBI_TELL_KILL))
		return SECCOMP_RET_KILL_PROCESS;
	return k == (SECCOMP_RET_USER_NOTIF | SBI_TELL_LOG) ? SECCOMP_RET_LOG : k;
}

/* What @code returns for @data. The part of BPF that seccomp(2) takes; anything else is KILL_PROCESS. */
static inline uint32_t sbi_filter_run(const struct sock_filter *code, uint32_t count,
				      const struct seccomp_data *data)
{
	const uint32_t *words = (const uint32_t *)data;
	uint32_t a = 0;

	for (uint32_t at = 0; at < count; at++) {
		const struct sock_filter *i = &code[at];
		int jump;

		switch (i->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			if (i->k % 4 || i->k >= sizeof(*data))
				return SECCOMP_RET_KILL_PROCESS;
			a = words[i->k / 4];
			continue;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= i->k;
			continue;
		case BPF_RET | BPF_K:
			return i->k;
		case BPF_JMP | BPF_JA:
			at += i->k;
			continue;
		case BPF_JMP | BPF_JEQ | BPF_K:
			jump = a == i->k;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			jump = a > i->k;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			jump = a >= i->k;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			jump = (a & i->k) != 0;
			break;
		default:
			return SECCOMP_RET_KILL_PROCESS;
		}
		at += jump ? i->jt : i->jf;
	}
	return SECCOMP_RET_KILL_PROCESS;
}

#endif
