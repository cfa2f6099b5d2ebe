/* SPDX-License-Identifier: MIT */
/* Where the kernel enters the freestanding program: it needs neither argv nor a libc. */
#include "common/sys.h"

void sb_init_main(void) __attribute__((noreturn));

#if defined(__x86_64__)
__asm__(".globl _start\n_start:\n\txor %ebp, %ebp\n\tand $-16, %rsp\n\tcall sb_init_main\n\thlt\n");
#elif defined(__aarch64__)
__asm__(".globl _start\n_start:\n\tmov x29, xzr\n\tmov x30, xzr\n\tbl sb_init_main\n");
#elif defined(__riscv)
__asm__(".globl _start\n_start:\n\t.option push\n\t.option norelax\n\tlla gp, __global_pointer$\n\t.option pop\n"
	"\tmv s0, zero\n\tandi sp, sp, -16\n\tcall sb_init_main\n");
#endif
