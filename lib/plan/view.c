/* SPDX-License-Identifier: MIT */
/* Who is calling: ids, privilege, and what its user namespace maps. */
#include "plan_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/read_text.h"
#include "error.h"

#define BIT(cap) (UINT64_C(1) << (cap))
#define SUB_MAX 65536 /* ids taken from one subordinate range */

static uint64_t effective_caps(void)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data) < 0)
		return 0;
	return (uint64_t)data[1].effective << 32 | data[0].effective;
}

/* The first range of the caller in /etc/subuid or /etc/subgid: "name-or-uid:first:count". */
static int read_sub_range(const char *file, uint32_t uid, const char *name, struct sbi_extents *out,
			  sb_error *err)
{
	char line[512], number[16];
	unsigned long first, count;
	char owner[256];
	FILE *in = fopen(file, "re");
	int found = 0;

	snprintf(number, sizeof(number), "%u", uid);
	while (in && !found && fgets(line, sizeof(line), in))
		found = sscanf(line, "%255[^:]:%lu:%lu", owner, &first, &count) == 3 && count > 0 &&
			first < UINT32_MAX && (!strcmp(owner, number) || (name && !strcmp(owner, name)));
	if (in)
		fclose(in);
	if (!found) {
		sbi_fail(err, SB_STEP_IDMAP, 0, ENOENT, "%s has no range for user %s", file,
			 name ? name : number);
		sbi_hint(err, "add one: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 %s",
			 name ? name : number);
		return -ENOENT;
	}
	out->list = calloc(1, sizeof(*out->list));
	if (!out->list)
		return sbi_fail(err, SB_STEP_IDMAP, 0, ENOMEM, "not enough memory");
	out->list[0] =
		(struct sbi_extent){ 0, (uint32_t)first, (uint32_t)(count < SUB_MAX ? count : SUB_MAX) };
	out->count = 1;
	return 0;
}

static int read_sub_ranges(struct sbi_view *view, sb_error *err)
{
	struct passwd entry, *found = NULL;
	sbi_autofree char *buf = malloc(16384);
	int r;

	if (!buf)
		return sbi_fail(err, SB_STEP_IDMAP, 0, ENOMEM, "not enough memory");
	getpwuid_r(view->euid, &entry, buf, 16384, &found);
	r = read_sub_range("/etc/subuid", view->euid, found ? found->pw_name : NULL, &view->sub_users, err);
	if (r == 0)
		r = read_sub_range("/etc/subgid", view->euid, found ? found->pw_name : NULL,
				   &view->sub_groups, err);
	return r;
}

int sbi_view_get(const sb_config *cfg, struct sbi_view *view, sb_error *err)
{
	const uint64_t needed = BIT(CAP_SYS_ADMIN) | BIT(CAP_SETUID) | BIT(CAP_SETGID);

	memset(view, 0, sizeof(*view));
	view->euid = (uint32_t)geteuid();
	view->egid = (uint32_t)getegid();
	view->privileged = (effective_caps() & needed) == needed;
	view->may_setgroups = view->privileged && !cfg->caller.denies_setgroups;
	view->root_is_host = cfg->caller.root_is_host;
	view->nobody_mapped = cfg->caller.nobody_mapped;
	return cfg->idmap_auto && (cfg->ns & SB_NS_USER) ? read_sub_ranges(view, err) : 0;
}

void sbi_view_free(struct sbi_view *view)
{
	free(view->sub_users.list);
	free(view->sub_groups.list);
}
