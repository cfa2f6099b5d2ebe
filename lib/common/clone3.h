/* SPDX-License-Identifier: MIT */
/*
 * clone3 with a stack and a function for the child: libc has no wrapper, and
 * a child on a stack of its own cannot return through the caller's frames.
 */
#ifndef SBI_CLONE3_H
#define SBI_CLONE3_H

#include <linux/sched.h>

#include "sys.h"

/*
 * The child runs fn(arg) on the stack in @args and exits with its result. @word: what a filter
 * around us wants to see as sixth argument.
 */
#if defined(__x86_64__)
static inline long sys_clone3_pass(struct clone_args *args, unsigned long size, int (*fn)(void *), void *arg,
				   uint64_t word)
{
	register void *r8 __asm__("r8") = (void *)fn;
	register uint64_t r9 __asm__("r9") = word;
	register void *r10 __asm__("r10") = arg;
	long ret;

	__asm__ volatile("syscall\n\t"
			 "test %%rax, %%rax\n\t"
			 "jnz 1f\n\t"
			 "xor %%ebp, %%ebp\n\t"
			 "mov %%r10, %%rdi\n\t"
			 "call *%%r8\n\t"
			 "mov %%eax, %%edi\n\t"
			 "mov %[exit], %%eax\n\t"
			 "syscall\n\t"
			 "hlt\n"
			 "1:"
			 : "=a"(ret)
			 : "0"((long)__NR_clone3), "D"(args), "S"(size), "r"(r8), "r"(r9),
			   "r"(r10), [exit] "i"(__NR_exit)
			 : "rcx", "r11", "memory");
	return ret;
}
#elif defined(__aarch64__)
static inline long sys_clone3_pass(struct clone_args *args, unsigned long size, int (*fn)(void *), void *arg,
				   uint64_t word)
{
	register long x8 __asm__("x8") = __NR_clone3;
	register long x0 __asm__("x0") = (long)args;
	register long x1 __asm__("x1") = (long)size;
	register uint64_t x5 __asm__("x5") = word;
	register void *x9 __asm__("x9") = (void *)fn;
	register void *x10 __asm__("x10") = arg;

	__asm__ volatile("svc 0\n\t"
			 "cbnz x0, 1f\n\t"
			 "mov x29, xzr\n\t"
			 "mov x0, x10\n\t"
			 "blr x9\n\t"
			 "mov x8, %[exit]\n\t"
			 "svc 0\n"
			 "1:"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x5), "r"(x9), "r"(x10), [exit] "i"(__NR_exit)
			 : "x30", "memory");
	return x0;
}
#elif defined(__riscv)
static inline long sys_clone3_pass(struct clone_args *args, unsigned long size, int (*fn)(void *), void *arg,
				   uint64_t word)
{
	register long a7 __asm__("a7") = __NR_clone3;
	register long a0 __asm__("a0") = (long)args;
	register long a1 __asm__("a1") = (long)size;
	register uint64_t a5 __asm__("a5") = word;
	register void *t1 __asm__("t1") = (void *)fn;
	register void *t2 __asm__("t2") = arg;

	__asm__ volatile("ecall\n\t"
			 "bnez a0, 1f\n\t"
			 "mv s0, zero\n\t"
			 "mv a0, t2\n\t"
			 "jalr t1\n\t"
			 "li a7, %[exit]\n\t"
			 "ecall\n"
			 "1:"
			 : "+r"(a0)
			 : "r"(a7), "r"(a1), "r"(a5), "r"(t1), "r"(t2), [exit] "i"(__NR_exit)
			 : "ra", "memory");
	return a0;
}
#endif

static inline long sys_clone3(struct clone_args *args, unsigned long size, int (*fn)(void *), void *arg)
{
	return sys_clone3_pass(args, size, fn, arg, 0);
}

#endif
