/* SPDX-License-Identifier: MIT */
/* The program sb-init, carried inside the library. */
	.section .rodata
	.globl sbi_init_start, sbi_init_end
	.hidden sbi_init_start, sbi_init_end
	.balign 16
sbi_init_start:
	.incbin SBI_INIT_FILE
sbi_init_end:
	.byte 0
	.section .note.GNU-stack, "", %progbits
