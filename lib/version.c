/* SPDX-License-Identifier: MIT */
/* Which library is this? */
#include <sandbox/version.h>

uint32_t sb_version(void)
{
	return SB_VERSION;
}
