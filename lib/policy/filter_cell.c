/* SPDX-License-Identifier: MIT */
/* Compiled once, by whoever comes first, and shared: by a config with its copies, by all for a preset. */
#include <stdlib.h>
#include <string.h>

#include "filter.h"

/* Presets are compiled while the library is built, where that machine is of the kind it will run on. */
#ifdef SBI_PRECOMPILED
#include "precompiled.h"
#define PRESET(name) { #name, { .filter = &sbi_precompiled_##name, .warm = &sbi_precompiled_warm_##name } }
#else
#define PRESET(name) { #name, { .filter = NULL } }
#endif

struct sbi_filter_cell *sbi_filter_cell_new(void)
{
	struct sbi_filter_cell *cell = calloc(1, sizeof(*cell));

	if (cell)
		atomic_init(&cell->refs, 1);
	return cell;
}

struct sbi_filter_cell *sbi_filter_cell_preset(const char *preset)
{
	/* Immutable once filled; they live as long as the library. */
	static struct {
		const char *name;
		struct sbi_filter_cell cell;
	} cells[] = { PRESET(default), PRESET(judge), PRESET(build), PRESET(nested) };

	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++)
		if (!strcmp(cells[i].name, preset))
			return &cells[i].cell;
	return NULL;
}

struct sbi_filter_cell *sbi_filter_cell_ref(struct sbi_filter_cell *cell)
{
	if (cell)
		atomic_fetch_add(&cell->refs, 1);
	return cell;
}

void sbi_filter_cell_unref(struct sbi_filter_cell *cell)
{
	if (!cell || atomic_fetch_sub(&cell->refs, 1) > 1)
		return;
	sbi_filter_unref(atomic_load(&cell->filter));
	sbi_filter_unref(atomic_load(&cell->warm));
	free(cell);
}

struct sbi_filter *sbi_filter_cell_get(struct sbi_filter_cell *cell, int warm)
{
	return atomic_load(warm ? &cell->warm : &cell->filter);
}

struct sbi_filter *sbi_filter_cell_put(struct sbi_filter_cell *cell, int warm, struct sbi_filter *made)
{
	struct sbi_filter *first = NULL;

	if (atomic_compare_exchange_strong(warm ? &cell->warm : &cell->filter, &first, made))
		return made;
	sbi_filter_unref(made);
	return first;
}
