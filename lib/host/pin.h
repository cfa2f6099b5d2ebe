/* SPDX-License-Identifier: MIT */
/* Namespaces kept alive by a bind mount on a file. */
#ifndef SBI_PIN_H
#define SBI_PIN_H

#include "config/config_internal.h"

/** sbi_pin_all - pin what the config asks for, of process @pid; all or nothing. */
int sbi_pin_all(const sb_config *cfg, pid_t pid, sb_error *err);
/** sbi_pin_undo - take back the first @count pins of a spawn that failed. */
void sbi_pin_undo(const sb_config *cfg, uint32_t count);

#endif
