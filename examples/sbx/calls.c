/* SPDX-License-Identifier: MIT */
/*
 * System calls by number and name: libseccomp's table, and the calls that are younger than some
 * releases of it.
 */
#include "calls.h"

#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Since Linux 5.0 a new call has one number on every machine. */
#define FIRST_YOUNG 451U
static const char *const young[] = {
	"cachestat", "fchmodat2", "map_shadow_stack", "futex_wake", "futex_wait", "futex_requeue",
	"statmount", "listmount", "lsm_get_self_attr", "lsm_set_self_attr", "lsm_list_modules", "mseal",
	"setxattrat", "getxattrat", "listxattrat", "removexattrat", "open_tree_attr", "file_getattr",
	"file_setattr", "listns",
};
#define YOUNG (sizeof(young) / sizeof(young[0]))

/* Those that only x86_64 has, out of the order. */
static const struct {
	const char *name;
	unsigned number;
} odd[] = {
#ifdef __x86_64__
	{ "uretprobe", 335 },
	{ "uprobe", 336 },
#endif
	{ NULL, 0 },
};

bool call_name(unsigned number, char buf[CALL_NAME])
{
	char *known = number < CALL_NUMBERS ? seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, (int)number)
					    : NULL;
	const char *name = known;

	if (!name && number >= FIRST_YOUNG && number - FIRST_YOUNG < YOUNG)
		name = young[number - FIRST_YOUNG];
	for (size_t i = 0; !name && odd[i].name; i++)
		if (odd[i].number == number)
			name = odd[i].name;
	snprintf(buf, CALL_NAME, "%s", name ? name : "");
	free(known);
	return buf[0] != '\0';
}

int call_number(const char *name)
{
	int number = seccomp_syscall_resolve_name(name);

	if (number >= 0 && number < CALL_NUMBERS)
		return number;
	for (size_t i = 0; i < YOUNG; i++)
		if (strcmp(young[i], name) == 0)
			return (int)(FIRST_YOUNG + i);
	for (size_t i = 0; odd[i].name; i++)
		if (strcmp(odd[i].name, name) == 0)
			return (int)odd[i].number;
	return -1;
}
