/* SPDX-License-Identifier: MIT */
/* Names of system calls: libseccomp's tables, and the calls that are younger than some releases of it. */
#include "syscalls.h"

#include <linux/audit.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/sys.h"

/*
 * Since 5.0 a new call has one number on every machine (424 to 511, asm-generic/unistd.h);
 * those below are the exceptions of x86_64 that came later.
 */
static const struct {
	const char *name;
	int number;
} young[] = {
	{ "cachestat", 451 },         { "fchmodat2", 452 },      { "map_shadow_stack", 453 },
	{ "futex_wake", 454 },        { "futex_wait", 455 },     { "futex_requeue", 456 },
	{ "statmount", 457 },         { "listmount", 458 },      { "lsm_get_self_attr", 459 },
	{ "lsm_set_self_attr", 460 }, { "lsm_list_modules", 461 }, { "mseal", 462 },
	{ "setxattrat", 463 },        { "getxattrat", 464 },     { "listxattrat", 465 },
	{ "removexattrat", 466 },     { "open_tree_attr", 467 }, { "file_getattr", 468 },
	{ "file_setattr", 469 },      { "listns", 470 },
#ifdef __x86_64__
	{ "uretprobe", 335 },         { "uprobe", 336 },
#endif
};
#define YOUNG (sizeof(young) / sizeof(young[0]))

uint32_t sbi_native_arch(void)
{
#if defined(__x86_64__)
	return AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
	return AUDIT_ARCH_AARCH64;
#elif defined(__riscv) && __riscv_xlen == 64
	return AUDIT_ARCH_RISCV64;
#endif
}

static int exists_elsewhere(const char *name)
{
#if !defined(__x86_64__)
	if (!strcmp(name, "uretprobe") || !strcmp(name, "uprobe"))
		return 1;
#endif
	/* A call of no native number still has one of libseccomp's own, negative and not its error value. */
	return seccomp_syscall_resolve_name_arch(SCMP_ARCH_NATIVE, name) != __NR_SCMP_ERROR;
}

int sbi_syscall_number(const char *name)
{
	int number = seccomp_syscall_resolve_name_arch(sbi_native_arch(), name);

	if (number >= 0 && number < SBI_SYSCALL_NUMBERS)
		return number;
	for (size_t i = 0; i < YOUNG; i++)
		if (!strcmp(young[i].name, name))
			return young[i].number;
	return exists_elsewhere(name) ? SBI_SYSCALL_ELSEWHERE : SBI_SYSCALL_UNKNOWN;
}

void sbi_syscall_name(uint32_t number, char *buf, size_t len)
{
	char *name = number < SBI_SYSCALL_NUMBERS
			     ? seccomp_syscall_resolve_num_arch(sbi_native_arch(), (int)number)
			     : NULL;

	if (name) {
		snprintf(buf, len, "%s", name);
		free(name);
		return;
	}
	for (size_t i = 0; i < YOUNG; i++)
		if (young[i].number == (int)number) {
			snprintf(buf, len, "%s", young[i].name);
			return;
		}
	snprintf(buf, len, "%u", number);
}
