/* SPDX-License-Identifier: MIT */
/* From the text of an option to a number or a path: strict, nothing is guessed. */
#ifndef SBX_PARSE_H
#define SBX_PARSE_H

#include <stdint.h>

/*
 * All return 0 or -errno and write @out on success only. Numbers are decimal
 * digits and nothing else: no sign, no space, no trailing text.
 */
int parse_u64(const char *text, uint64_t *out);
/* With an optional leading minus. */
int parse_i64(const char *text, int64_t *out);
/* A user or group id; 4294967295 is the kernel's "no id" and refused. */
int parse_id(const char *text, uint32_t *out);
/* Octal digits, at most @max. */
int parse_octal(const char *text, uint32_t max, uint32_t *out);
/* A number of up to nine decimals, times @scale, rounded down. */
int parse_decimal(const char *text, uint64_t scale, uint64_t *out);
/* Bytes, as the library takes them: 4096, 4096b, 256M, 1.5GiB; k m g t p e in any case, powers of 1024. */
int parse_size(const char *text, uint64_t *out);
/* Nanoseconds: 2, 2.5s, 500ms, 1m; us ms s m h, seconds without one, decimals as in parse_decimal(). */
int parse_duration(const char *text, uint64_t *out);
/* A descriptor number, 0 to 2147483647. */
int parse_fd(const char *text, int *out);
/* "0" or "1". */
int parse_switch(const char *text, int *out);

/*
 * The next field of *@rest, which is cut up in place; NULL when none is left.
 * A backslash takes away the meaning of the character after it.
 */
char *next_field(char **rest, char separator);
/* As next_field(), but of a list of plain words. */
char *next_word(char **rest);

#endif
