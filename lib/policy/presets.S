/* SPDX-License-Identifier: MIT */
/* The policies travel inside the library, as text with a NUL behind each. */
	.section .rodata
	.macro preset name, file
	.global sbi_preset_\name
	.hidden sbi_preset_\name
sbi_preset_\name:
	.incbin "\file"
	.byte 0
	.endm
	preset groups, groups.policy
	preset default, default.policy
	preset judge, judge.policy
	preset build, build.policy
	preset nested, nested.policy
	.section .note.GNU-stack, "", %progbits
