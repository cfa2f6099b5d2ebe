/* SPDX-License-Identifier: MIT */
/* What a command reads from memory: a sealed memfd, made once and shared by a config's copies. */
#ifndef SBI_STREAM_DATA_H
#define SBI_STREAM_DATA_H

#include <stddef.h>

struct sbi_data;

/** sbi_data_new - a copy of @data. Return: 0 or -errno. */
int sbi_data_new(const void *data, size_t len, struct sbi_data **out);
struct sbi_data *sbi_data_ref(struct sbi_data *data);
/** sbi_data_unref - accepts NULL. */
void sbi_data_unref(struct sbi_data *data);
/**
 * sbi_data_open - a descriptor with an offset of its own, at the start. Any thread. Return: it, or
 * -errno.
 */
int sbi_data_open(const struct sbi_data *data);

#endif
