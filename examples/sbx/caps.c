/* SPDX-License-Identifier: MIT */
/* --cap-add and --cap-drop: "everything but …" needs the names, which the library takes one by one. */
#include "sbx.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

/* By number, as in capabilities(7); every kernel the library runs on (5.14) has them all. */
static const char *const names[] = {
	"chown", "dac_override", "dac_read_search", "fowner", "fsetid", "kill", "setgid", "setuid",
	"setpcap", "linux_immutable", "net_bind_service", "net_broadcast", "net_admin", "net_raw",
	"ipc_lock", "ipc_owner", "sys_module", "sys_rawio", "sys_chroot", "sys_ptrace", "sys_pacct",
	"sys_admin", "sys_boot", "sys_nice", "sys_resource", "sys_time", "sys_tty_config", "mknod",
	"lease", "audit_write", "audit_control", "setfcap", "mac_override", "mac_admin", "syslog",
	"wake_alarm", "block_suspend", "audit_read", "perfmon", "bpf", "checkpoint_restore",
};

#define NAMES (sizeof(names) / sizeof(names[0]))

int caps_parse(const char *name, uint64_t *mask)
{
	if (strcasecmp(name, "all") == 0) {
		*mask = CAPS_ALL;
		return 0;
	}
	if (strncasecmp(name, "cap_", 4) == 0)
		name += 4;
	for (size_t i = 0; i < NAMES; i++) {
		if (strcasecmp(name, names[i]) == 0) {
			*mask = UINT64_C(1) << i;
			return 0;
		}
	}
	return -EINVAL;
}

/* As docker does: "drop all" speaks of the default (which is none here), a named drop has the last word. */
int caps_apply(struct run *run)
{
	uint64_t keep = run->caps_added & ~run->caps_dropped;
	int r;

	if (keep == CAPS_ALL)
		return sb_add_cap(run->cfg, "all");
	for (size_t i = 0; i < NAMES; i++) {
		if (!(keep & UINT64_C(1) << i))
			continue;
		r = sb_add_cap(run->cfg, names[i]);
		if (r < 0)
			return r;
	}
	return 0;
}
