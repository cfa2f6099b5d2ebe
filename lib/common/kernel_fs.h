/* SPDX-License-Identifier: MIT */
/*
 * File systems that belong to the kernel: what is in them is no file of a box, and nothing is
 * mounted on it later.
 */
#ifndef SBI_KERNEL_FS_H
#define SBI_KERNEL_FS_H

#include <linux/magic.h>

#define SBI_KERNEL_FS \
	{ \
		PROC_SUPER_MAGIC, SYSFS_MAGIC, CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC, DEVPTS_SUPER_MAGIC, \
		DEBUGFS_MAGIC, TRACEFS_MAGIC, SECURITYFS_MAGIC, BPF_FS_MAGIC, 0x19800202 /* mqueue */, \
		BINFMTFS_MAGIC, NSFS_MAGIC \
	}

#endif
