/* SPDX-License-Identifier: MIT */
/* System calls of the native machine by name, and what policies call arguments by. */
#ifndef SBI_SYSCALLS_H
#define SBI_SYSCALLS_H

#include <stddef.h>
#include <stdint.h>

#define SBI_SYSCALL_UNKNOWN (-1)
#define SBI_SYSCALL_ELSEWHERE (-2) /* of other machines */
#define SBI_SYSCALL_NUMBERS 512    /* native numbers are below */

/* AUDIT_ARCH_* of the machine this library runs on. */
uint32_t sbi_native_arch(void);
/** sbi_syscall_number - the native number of @name, or SBI_SYSCALL_*. */
int sbi_syscall_number(const char *name);
/** sbi_syscall_name - into @buf; the number itself where no name is known. */
void sbi_syscall_name(uint32_t number, char *buf, size_t len);

/** sbi_constant - AF_UNIX, CLONE_NEWUSER, TIOCSTI…; 0 or -1. */
int sbi_constant(const char *name, uint64_t *value);
/** sbi_errno_number - of EPERM…; -1 for another name. */
int sbi_errno_number(const char *name);

#endif
