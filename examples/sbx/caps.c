/* SPDX-License-Identifier: MIT */
/* Capabilities by name and number, for options, reports and docker profiles. */
#include "caps.h"

#include <errno.h>
#include <stddef.h>
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

const char *caps_name(unsigned number)
{
	return number < NAMES ? names[number] : NULL;
}

unsigned caps_count(void)
{
	return NAMES;
}
