/* SPDX-License-Identifier: MIT */
/* Landlock's rights and their names. */
#ifndef SBI_CONFIG_LANDLOCK_H
#define SBI_CONFIG_LANDLOCK_H

#include <stddef.h>

#include "common/landlock.h"

/**
 * sbi_landlock_words - "read execute": as few words as say it, each with @before in front
 *
 * Return: the length; cut as by snprintf(3).
 */
size_t sbi_landlock_words(uint64_t rights, const char *before, char *buf, size_t len);

#endif
