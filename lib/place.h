/* SPDX-License-Identifier: MIT */
/* The cgroup in which leaves are made: found at the first spawn, one for a config and its copies. */
#ifndef SBI_PLACE_H
#define SBI_PLACE_H

struct sbi_place;

/* host/cgroup_place.c. Any thread. */
struct sbi_place *sbi_place_new(void);
struct sbi_place *sbi_place_ref(struct sbi_place *place);
/** sbi_place_unref - the last one removes what was made; accepts NULL. */
void sbi_place_unref(struct sbi_place *place);

#endif
