/* SPDX-License-Identifier: MIT */
/* Capabilities by name and number. */
#ifndef SBX_CAPS_H
#define SBX_CAPS_H

#include <stdint.h>

#define CAPS_ALL UINT64_MAX
/* "net_raw" with or without "cap_", any case, or "all": bit N = capability N. Return: 0 or -EINVAL. */
int caps_parse(const char *name, uint64_t *mask);
/* NULL from caps_count() on. */
const char *caps_name(unsigned number);
unsigned caps_count(void);

#endif
