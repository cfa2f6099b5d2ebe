/* SPDX-License-Identifier: MIT */
/* The filter of a config. */
#ifndef SBI_CONFIG_SECCOMP_H
#define SBI_CONFIG_SECCOMP_H

#include <sandbox/error.h>

#include "policy/filter.h"

/** sbi_has_filter - is there a policy other than "none"? */
int sbi_has_filter(const sb_config *cfg);
/**
 * sbi_filter_get - compiled now or before. @warm: as for sbi_filter_compile(). @out: a reference of
 * the caller's.
 */
int sbi_filter_get(const sb_config *cfg, int warm, struct sbi_filter **out, sb_error *err);
/** sbi_seccomp_refilter - setters call it when what a policy depends on has changed: the capabilities. */
int sbi_seccomp_refilter(sb_config *cfg);

#endif
