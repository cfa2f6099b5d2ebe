/* SPDX-License-Identifier: MIT */
/* Which function carries out which step of the set-up. */
#include "init.h"

operation *find_setup(uint16_t step)
{
	static const struct {
		uint16_t step;
		operation *carry;
	} table[] = {
		{ SB_STEP_JOIN, do_join },
		{ SB_STEP_SYNC, do_sync },
		{ SB_STEP_HOSTNAME, do_hostname },
		{ SB_STEP_DOMAINNAME, do_domainname },
		{ SB_STEP_CGROUPNS, do_cgroupns },
		{ SB_STEP_TIMENS, do_timens },
		{ SB_STEP_LOOPBACK, do_loopback },
		{ SB_STEP_NETSOCK, do_netsock },
		{ SB_STEP_PRIVATE, do_private },
		{ SB_STEP_ROOT, do_root },
		{ SB_STEP_DIR, do_dir },
		{ SB_STEP_BIND, do_bind },
		{ SB_STEP_TMPFS, do_tmpfs },
		{ SB_STEP_PROC, do_proc },
		{ SB_STEP_SAMPLE, do_sample },
		{ SB_STEP_DEV, do_dev },
		{ SB_STEP_MQUEUE, do_mqueue },
		{ SB_STEP_SYSFS, do_sysfs },
		{ SB_STEP_CGROUPFS, do_cgroupfs },
		{ SB_STEP_OVERLAY, do_overlay },
		{ SB_STEP_FILE, do_file },
		{ SB_STEP_SYMLINK, do_symlink },
		{ SB_STEP_MASK, do_mask },
		{ SB_STEP_READONLY, do_readonly },
		{ SB_STEP_PIVOT, do_pivot },
		{ SB_STEP_RLIMIT, do_rlimit },
		{ SB_STEP_BOUNDING, do_bounding },
		{ SB_STEP_NICE, do_nice },
		{ SB_STEP_USERNS, do_userns },
		{ SB_STEP_NO_NEW_USERNS, do_no_new_userns },
		{ SB_STEP_NAME, do_name },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].step == step)
			return table[i].carry;
	return NULL;
}
