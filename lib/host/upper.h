/* SPDX-License-Identifier: MIT */
/* Directories of the host that the overlays of a box are written to, and new ones in their place. */
#ifndef SBI_UPPER_H
#define SBI_UPPER_H

#include <sandbox/error.h>

#include "config/config_internal.h"

struct sbi_uppers;

/**
 * sbi_upper_find - the upper and work directory of the next overlay that has some, from @at on.
 * Return: 0 if there is none.
 */
int sbi_upper_find(const sb_config *cfg, uint32_t *at, const char **upper, const char **work);
/**
 * sbi_uppers_look - what they are like before the box is made
 * @uppers: NULL if @cfg has none, or a reset is not to replace them
 *
 * What cannot be replaced is no failure until it is to be. Return: 0, -ENOMEM.
 */
int sbi_uppers_look(const sb_config *cfg, struct sbi_uppers **uppers);
/** sbi_uppers_free - accepts NULL. */
struct sbi_uppers *sbi_uppers_free(struct sbi_uppers *uppers);
/**
 * sbi_uppers_replace - empty directories like the first ones take their place
 *
 * The old ones are beside them, on a shelf that is locked until sbi_uppers_clear().
 * Return: 0, or -errno with words; then nothing has changed.
 */
int sbi_uppers_replace(struct sbi_uppers *uppers, sb_error *err);
/**
 * sbi_uppers_clear - remove the shelves with what is on them; accepts NULL
 * @help: empties a directory that we are not allowed to, all or some of it (1: call again); NULL: nobody can
 *
 * Return: 0, or -errno with words; what is left is found by the next reset and by sbi_uppers_gc().
 */
int sbi_uppers_clear(struct sbi_uppers *uppers, int (*help)(void *arg, int dir), void *arg, sb_error *err);
/**
 * sbi_uppers_gc - shelves that a dead host has left beside the uppers of @cfg. Return: how many, or
 * -errno with words.
 */
int sbi_uppers_gc(const sb_config *cfg, sb_error *err);

#endif
