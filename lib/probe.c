/* SPDX-License-Identifier: MIT */
/* What can this machine do? Found out by doing it. */
#include <sandbox/sandbox.h>

#include <errno.h>
#include <string.h>

#include "error.h"

/* A setting of each controller: a box has it enabled, and writes nothing. */
static int describe_cgroup(sb_config *cfg, const char *feature)
{
	static const struct {
		const char *name, *file, *value;
	} kinds[] = {
		{ "cgroup.cpu", "cpu.max", "max" },          { "cgroup.cpuset", "cpuset.mems", "0" },
		{ "cgroup.io", "io.weight", "100" },         { "cgroup.memory", "memory.max", "max" },
		{ "cgroup.hugetlb", "hugetlb.2MB.max", "max" }, { "cgroup.pids", "pids.max", "max" },
		{ "cgroup.rdma", "rdma.max", "any hca_handle=max" }, { "cgroup.misc", "misc.max", "any max" },
	};

	sb_set_ns(cfg, SB_NS_USER);
	if (!strcmp(feature, "cgroup"))
		return sb_set_cgroup(cfg, "cgroup.max.depth", "max") == 0;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(feature, kinds[i].name))
			return sb_set_cgroup(cfg, kinds[i].file, kinds[i].value) == 0;
	return 0;
}

/* Enough to open a box for each feature; a box needs a root only with a mount namespace. */
static int describe(sb_config *cfg, const char *feature)
{
	static const struct {
		const char *name;
		uint64_t ns;
	} kinds[] = {
		{ "ns.user", SB_NS_USER },
		{ "ns.pid", SB_NS_PID | SB_NS_USER },
		{ "ns.mount", SB_NS_MOUNT | SB_NS_USER },
		{ "ns.net", SB_NS_NET | SB_NS_USER },
		{ "ns.ipc", SB_NS_IPC | SB_NS_USER },
		{ "ns.uts", SB_NS_UTS | SB_NS_USER },
		{ "ns.cgroup", SB_NS_CGROUP | SB_NS_USER },
		{ "ns.time", SB_NS_TIME | SB_NS_USER },
		{ "mount.proc", SB_NS_MOUNT | SB_NS_USER | SB_NS_PID },
		{ "mount.overlay", SB_NS_MOUNT | SB_NS_USER },
		{ "mount.idmap", SB_NS_MOUNT | SB_NS_USER },
		{ "idmap.ranges", SB_NS_USER },
		{ "net.veth", SB_NS_NET | SB_NS_USER },
		{ "net.nat", SB_NS_NET | SB_NS_USER },
		{ "net.allow", SB_NS_NET | SB_NS_USER },
		{ "all", SB_NS_ALL },
	};
	const char *const lower[] = { "/usr", NULL };
	sb_net_link link = SB_INIT(sb_net_link); /* without an address: nobody's network is chosen for it */
	int known = 0;

	if (!strncmp(feature, "cgroup", 6))
		return describe_cgroup(cfg, feature);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(feature, kinds[i].name)) {
			sb_set_ns(cfg, kinds[i].ns);
			known = 1;
		}
	if (!strcmp(feature, "mount.proc") || !strcmp(feature, "all"))
		sb_add_proc(cfg, "/proc", 0);
	if (!strcmp(feature, "all")) {
		sb_add_dev(cfg, "/dev");
		sb_add_tmpfs(cfg, "/tmp", 0, 0, 01777);
	}
	if (!strcmp(feature, "mount.overlay"))
		sb_add_overlay(cfg, "/overlay", lower, NULL, NULL);
	if (!strcmp(feature, "mount.idmap"))
		sb_add_bind(cfg, "/usr", "/usr", SB_MOUNT_RO | SB_MOUNT_IDMAP);
	if (!strcmp(feature, "idmap.ranges"))
		sb_set_idmap_auto(cfg);
	if (!strcmp(feature, "net.nat"))
		link.flags = SB_NET_MASQUERADE;
	if (!strcmp(feature, "net.veth") || !strcmp(feature, "net.nat"))
		sb_net_veth(cfg, &link);
	if (!strcmp(feature, "net.allow"))
		sb_net_allow(cfg, NULL);
	return known;
}

/*
 * What a command does to itself is tried by one that cannot be executed: the
 * root directory. If the failure is that of the exec, all before it was done.
 */
static int probe_command(sb_config *cfg, const char *feature, sb_error *why)
{
	static const struct {
		const char *name, *refused, *line; /* for Landlock, for the filter */
	} kinds[] = {
		{ "landlock", "execute", NULL },     { "landlock.refer", "refer", NULL },
		{ "landlock.truncate", "truncate", NULL }, { "landlock.ports", "net", NULL },
		{ "landlock.ioctl", "ioctl", NULL },   { "landlock.scope", "scope", NULL },
		{ "core_sched", "none", NULL },        { "seccomp", "none", "log unshare" },
		{ "seccomp.notify", "none", "notify unshare" },
	};
	sb_error err = SB_INIT(sb_error);
	sb_proc *proc;
	size_t i = 0;
	int r;

	while (i < sizeof(kinds) / sizeof(kinds[0]) && strcmp(feature, kinds[i].name))
		i++;
	if (i == sizeof(kinds) / sizeof(kinds[0]))
		return -ENOENT;
	sb_set_ns(cfg, 0);
	sb_set_landlock(cfg, kinds[i].refused, NULL);
	sb_set_core_sched(cfg, !strcmp(feature, "core_sched"));
	if (kinds[i].line)
		sb_add_seccomp(cfg, kinds[i].line);
	else
		sb_set_seccomp(cfg, "none");
	sb_set_command(cfg, "/", NULL);
	r = sb_spawn(cfg, &proc, &err);
	if (r < 0 && err.step == SB_STEP_EXEC)
		return 1;
	if (r == 0)
		sb_proc_free(proc);
	if (r < 0)
		sbi_fail_as(why, &err);
	return r == 0;
}

int sb_probe(const char *feature, sb_error *why)
{
	sb_config *cfg;
	sb_box *box;
	int r;

	cfg = sb_config_new();
	if (!cfg)
		return sbi_fail(why, SB_STEP_CONFIG, 0, ENOMEM, "not enough memory");
	r = feature ? probe_command(cfg, feature, why) : -ENOENT;
	if (r >= 0) {
		sb_config_free(cfg);
		return r;
	}
	if (!feature || !describe(cfg, feature)) {
		sb_config_free(cfg);
		return sbi_fail(why, SB_STEP_CONFIG, 0, EINVAL,
				"sb_probe: \"%.40s\" is not a feature it knows", feature ? feature : "");
	}
	r = sb_box_open(cfg, &box, why);
	if (r == 0)
		sb_box_free(box);
	sb_config_free(cfg);
	return r == 0 ? 1 : 0;
}
