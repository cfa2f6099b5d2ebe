/* SPDX-License-Identifier: MIT */
/* The device filter of a leaf: a BPF program that the kernel asks at every open and mknod. */
#ifndef SBI_CGROUP_DEVICE_H
#define SBI_CGROUP_DEVICE_H

#include "config/config_internal.h"

/** sbi_device_filter - attach it to the cgroup @dir; it goes with the cgroup. Return: 0 or -errno. */
int sbi_device_filter(int dir, const struct sbi_device *devices, uint32_t count, sb_error *err);

#endif
