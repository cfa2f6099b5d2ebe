/* SPDX-License-Identifier: MIT */
/* The level of one box: a directory in the place of its config, with the leaves of its commands. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup_dir.h"
#include "cgroup_place_internal.h"
#include "config/cgroup_value.h"

struct sbi_place *sbi_place_of_box(struct sbi_place *above)
{
	struct sbi_place *place = sbi_place_new();

	if (place)
		place->above = sbi_place_ref(above);
	return place;
}

/* The directory of a box: nobody else knows its name, and it goes with the place above. */
static int make_below(struct sbi_place *place, sb_error *err)
{
	int above = place->above->dir, r = 0;

	snprintf(place->name, sizeof(place->name), "b%u", atomic_fetch_add(&place->above->boxes, 1) + 1);
	if (mkdirat(above, place->name, 0755) < 0)
		r = -errno;
	place->dir = r < 0 ? r : sbi_cg_open(above, place->name);
	if (place->dir >= 0) {
		sbi_place_found(place);
		return 0;
	}
	if (r == 0)
		unlinkat(above, place->name, AT_REMOVEDIR);
	r = place->dir;
	return sbi_place_failed(place, "making the cgroup of a box", r, err);
}

/*
 * New and empty, it takes all of them in one write; what it refuses is asked for one by one, to
 * know which.
 */
static int enable_below(struct sbi_place *place, uint32_t more, sb_error *err)
{
	char words[96] = "";
	uint32_t missing;
	int r;

	for (int i = 0; i < SBI_CG_KINDS; i++)
		if (more & (UINT32_C(1) << i))
			snprintf(words + strlen(words), sizeof(words) - strlen(words), "+%s ",
				 sbi_controller_name(i));
	r = more ? sbi_cg_write(place->dir, "cgroup.subtree_control", words) : 0;
	if (r < 0)
		r = sbi_cg_enable(place->dir, more, &missing);
	if (r < 0)
		return sbi_place_failed(place, "enabling controllers for the commands of a box", r, err);
	atomic_fetch_or(&place->enabled, more);
	return 0;
}

/* A box's: one level below, with those controllers for its leaves that the level itself has. */
int sbi_place_get_below(struct sbi_place *place, const sb_config *cfg, uint32_t need, uint32_t want,
			sb_error *err)
{
	int r = sbi_place_get(place->above, cfg, err);

	if (r == 0 && !atomic_load(&place->found))
		r = make_below(place, err);
	if (r == 0)
		r = enable_below(place,
				 (need | want) & sbi_place_controllers(place->above) &
					 ~sbi_place_controllers(place),
				 err);
	if (r == 0)
		atomic_fetch_or(&place->tried, want);
	return r;
}

const struct sbi_place *sbi_place_above(const struct sbi_place *place)
{
	return place->above;
}

int sbi_place_box_dir(const struct sbi_place *place)
{
	return sbi_place_is_intact(place) ? place->dir : -ESTALE;
}
