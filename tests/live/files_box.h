/* SPDX-License-Identifier: MIT */
/* The box that a test is about, and the config that it was opened with. */
#ifndef TESTS_FILES_BOX_H
#define TESTS_FILES_BOX_H

#include "files_kit.h"

static sb_config *cfg;
static sb_box *box;

static void begin(void)
{
	cfg = work_config();
	box = open_with(cfg);
}

static void end(void)
{
	sb_box_free(box);
	sb_config_free(cfg);
}

#endif
