/* SPDX-License-Identifier: MIT */
/* The units in which limits are given, turned into the numbers the kernel takes. */
#ifndef SBI_CGROUP_UNITS_H
#define SBI_CGROUP_UNITS_H

#include <stddef.h>
#include <stdint.h>

/*
 * Each reads the whole of @text. Return: 0, or -EINVAL. UINT64_MAX stands for
 * "max" where that may be said.
 */
int sbi_unit_count(const char *text, uint64_t *value);   /* "42" */
int sbi_unit_bytes(const char *text, uint64_t *value);   /* "268435456", "256M", "1.5G" */
int sbi_unit_percent(const char *text, uint64_t *value); /* "12.5%" -> 125000, in 1/10000 of a percent */
/* "0-2,7", and "0-31:4/8" for groups (bitmaps of the kernel). Return: 1 or 0. */
int sbi_unit_is_list(const char *text);
/* "8:0", or a block device's path, as "8:0". Return: 0, -ENOENT, -ENOTBLK, -EINVAL. */
int sbi_unit_device(const char *text, char *out, size_t len);

#endif
