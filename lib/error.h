/* SPDX-License-Identifier: MIT */
/* Filling the caller's sb_error. */
#ifndef SBI_ERROR_H
#define SBI_ERROR_H

#include <sandbox/error.h>

/**
 * sbi_fail - explain a failure
 * @err: the caller's, or NULL
 * @code: errno value, positive
 *
 * Return: -@code, so that `return sbi_fail(…)` is one line.
 */
int sbi_fail(sb_error *err, uint32_t step, uint32_t index, int code, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
/** sbi_hint - add the way out to an error that sbi_fail() has filled. */
void sbi_hint(sb_error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** sbi_size_valid - may a public struct of this @size be written up to @size? */
int sbi_size_valid(const void *object, uint32_t least);
/** sbi_fail_as - fail with what was found out before. Return: -@why->code. */
int sbi_fail_as(sb_error *err, const sb_error *why);
/** sbi_copy_out - fill a caller's size-first struct with as much as it has room for. */
void sbi_copy_out(void *caller, const void *ours, uint32_t ours_size);

#endif
