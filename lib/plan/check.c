/* SPDX-License-Identifier: MIT */
/* Rules between settings: what contradicts what, found before anything is made. */
#include "plan_internal.h"

#include <errno.h>
#include <sandbox/cgroup.h>
#include <sandbox/limit.h>
#include <string.h>

#include "error.h"

int sbi_contradiction(sb_error *err, const char *what, const char *hint)
{
	sbi_fail(err, SB_STEP_CONFIG, 0, EINVAL, "%s", what);
	sbi_hint(err, "%s", hint);
	return -EINVAL;
}

/* Namespaces that the sandbox has to itself or shares with one the caller named. */
static uint64_t separate(const sb_config *cfg)
{
	uint64_t ns = cfg->ns;

	for (int i = 0; i < SBI_NS_KINDS; i++)
		if (cfg->ns_fd[i] >= 0)
			ns |= UINT64_C(1) << i;
	return ns;
}

static int check_namespaces(const sb_config *cfg, sb_error *err)
{
	uint64_t joined = 0;

	for (int i = 0; i < SBI_NS_KINDS; i++)
		if (cfg->ns_fd[i] >= 0)
			joined |= UINT64_C(1) << i;
	if ((cfg->hostname || cfg->domainname) && !(cfg->ns & ~joined & SB_NS_UTS))
		return sbi_contradiction(err, "a host or domain name needs a new UTS namespace",
					 "add SB_NS_UTS");
	if ((cfg->boottime || cfg->monotonic) && !(cfg->ns & ~joined & SB_NS_TIME))
		return sbi_contradiction(err, "clock offsets need a new time namespace", "add SB_NS_TIME");
	if ((joined & SB_NS_USER) && (cfg->users.count || cfg->group_map.count || cfg->idmap_auto))
		return sbi_contradiction(err, "a joined user namespace has its id maps already",
					 "leave out the id maps");
	if (cfg->name && !(cfg->ns & ~joined & SB_NS_PID))
		return sbi_contradiction(err, "a name is for a sandbox with a new PID namespace",
					 "add SB_NS_PID, or leave out the name");
	if (cfg->idmap_auto && (cfg->users.count || cfg->group_map.count))
		return sbi_contradiction(err, "the id map is given and automatic at once",
				     "use sb_add_idmap() or sb_set_idmap_auto(), not both");
	for (uint32_t i = 0; i < cfg->pin_count; i++)
		if (!(separate(cfg) & cfg->pins[i].kind))
			return sbi_fail(err, SB_STEP_PIN, i, EINVAL,
					"pin %s: the sandbox has no %s namespace of its own",
					cfg->pins[i].path, sbi_ns_name(sbi_ns_number(cfg->pins[i].kind)));
	return 0;
}

static int check_mounts(const sb_config *cfg, sb_error *err)
{
	int fresh = (cfg->ns & SB_NS_MOUNT) && cfg->ns_fd[2] < 0;

	if (!fresh && (cfg->mount_count || cfg->rootfs || cfg->root_lower || cfg->root_writable))
		return sbi_contradiction(err, "mounts and a root file system need a new mount namespace",
				     "add SB_NS_MOUNT, or leave out the mounts");
	if ((cfg->rootfs_flags & SB_MOUNT_IDMAP) && !(cfg->ns & SB_NS_USER))
		return sbi_contradiction(err, "an idmapped root needs a new user namespace", "add SB_NS_USER");
	for (uint32_t i = 0; i < cfg->mount_count; i++) {
		const struct sbi_mount *m = &cfg->mounts[i];

		if (m->step == SB_STEP_MQUEUE && !(separate(cfg) & SB_NS_IPC))
			return sbi_fail(err, SB_STEP_MQUEUE, i, EINVAL,
					"mqueue on %s: needs an IPC namespace (SB_NS_IPC)", m->target);
		if (m->step == SB_STEP_SYSFS && !(separate(cfg) & SB_NS_NET))
			return sbi_fail(err, SB_STEP_SYSFS, i, EINVAL,
					"sysfs on %s: needs a network namespace (SB_NS_NET)", m->target);
		if (m->step == SB_STEP_PROC && (m->flags & (SB_PROC_SUBSET_PID | SB_PROC_HIDEPID)) &&
		    !((cfg->ns & SB_NS_PID) && cfg->ns_fd[1] < 0))
			return sbi_fail(err, SB_STEP_PROC, i, EINVAL,
					"proc on %s: SUBSET_PID and HIDEPID need a new PID namespace (SB_NS_PID)",
					m->target);
		if (m->step == SB_STEP_BIND && (m->flags & SB_MOUNT_IDMAP) && !(cfg->ns & SB_NS_USER))
			return sbi_fail(err, SB_STEP_BIND, i, EINVAL,
					"bind %s: an idmapped mount needs a new user namespace (SB_NS_USER)",
					m->source);
	}
	return 0;
}

/* A leaf and its namespace go with the command. */
static int is_set(const sb_config *cfg, const char *file)
{
	for (uint32_t i = 0; i < cfg->cgroup_count; i++)
		if (!strcmp(cfg->cgroup[i].file, file))
			return 1;
	return 0;
}

static int check_limits(const sb_config *cfg, sb_error *err)
{
	if (cfg->limits[SB_LIMIT_MEMORY].value != UINT64_MAX &&
	    (is_set(cfg, "memory.max") || is_set(cfg, "memory.oom.group") || is_set(cfg, "memory.swap.max")))
		return sbi_contradiction(
			err, "SB_LIMIT_MEMORY sets memory.max, memory.swap.max and memory.oom.group itself",
			"leave out sb_set_memory() and the like, or the limit");
	if (cfg->limits[SB_LIMIT_PIDS].value != UINT64_MAX && is_set(cfg, "pids.max"))
		return sbi_contradiction(err, "SB_LIMIT_PIDS sets pids.max itself",
					 "leave out sb_set_pids(), or the limit");
	return 0;
}

static int check_cgroup(const sb_config *cfg, int what, sb_error *err)
{
	for (uint32_t i = 0; i < cfg->mount_count; i++) {
		if (cfg->mounts[i].step != SB_STEP_CGROUPFS)
			continue;
		if (!sbi_wants_leaf(cfg))
			return sbi_contradiction(err, "a cgroup file system needs a cgroup to show",
					     "set a limit, or SB_CGROUP_ACCOUNT by sb_set_cgroup_flags()");
		if (!sbi_has_new_cgroupns(cfg))
			return sbi_contradiction(err, "a cgroup file system needs a new cgroup namespace",
						 "add SB_NS_CGROUP");
		if (!(what & SBI_COMPILE_COMMAND))
			return sbi_contradiction(
				err,
				"a cgroup file system in a box: each of its commands has a leaf of its own",
				"leave it out, or use sb_spawn()");
	}
	if (!sbi_wants_leaf(cfg))
		return 0;
	if (cfg->ns_fd[6] >= 0)
		return sbi_contradiction(err,
					 "a cgroup of its own and a joined cgroup namespace contradict each other",
					 "leave out the settings of the cgroup, or the namespace");
	for (uint32_t i = 0; i < cfg->pin_count; i++)
		if (cfg->pins[i].kind == SB_NS_CGROUP)
			return sbi_contradiction(
				err,
				"a cgroup namespace that is rooted at the command's own cgroup cannot be pinned",
				"it ends with the command: leave out the settings of the cgroup, or the pin");
	return 0;
}

static int check_confine(const sb_config *cfg, int what, sb_error *err)
{
	const struct sbi_landlock *landlock = &cfg->landlock;
	uint64_t handled = sbi_landlock_handled(cfg);

	if ((what & SBI_COMPILE_SETUP) && cfg->no_new_userns &&
	    !((cfg->ns & SB_NS_USER) && cfg->ns_fd[0] < 0))
		return sbi_contradiction(err,
					 "a limit of user namespaces needs a new user namespace to be the limit of",
					 "add SB_NS_USER, or leave out sb_set_no_new_userns()");
	for (uint32_t i = 0; (what & SBI_COMPILE_COMMAND) && handled && i < landlock->count; i++) {
		if (landlock->rules[i].rights & handled)
			continue;
		sbi_fail(err, SB_STEP_LANDLOCK, i, EINVAL,
			 "Landlock line %u (%s) allows nothing that is refused", i,
			 landlock->rules[i].path ? landlock->rules[i].path : "port");
		sbi_hint(err, "name its rights in sb_set_landlock(), or give NULL there");
		return -EINVAL;
	}
	return 0;
}

static int has_dev(const sb_config *cfg)
{
	for (uint32_t i = 0; i < cfg->mount_count; i++)
		if (cfg->mounts[i].step == SB_STEP_DEV)
			return 1;
	return 0;
}

/* Duplicates of what is not there, or of each other. */
static int check_streams(const sb_config *cfg, sb_error *err)
{
	for (uint32_t i = 0; i < cfg->fd_count; i++) {
		const struct sbi_stream *stream = &cfg->fds[i], *origin;
		int fd;

		origin = sbi_stream_origin(cfg, stream, &fd);
		if (origin && origin->kind == SBI_STREAM_SAME)
			return sbi_fail(err, SB_STEP_FD, (uint32_t)stream->fd, EINVAL,
					"descriptor %d is a duplicate of itself, by way of %d", stream->fd,
					stream->other);
		if (!origin && fd >= 3)
			return sbi_fail(err, SB_STEP_FD, (uint32_t)stream->fd, EINVAL,
					"descriptor %d is a duplicate of %d, which is not set", stream->fd,
					fd);
		if (!origin && cfg->tty && stream->fd >= 3)
			return sbi_fail(err, SB_STEP_FD, (uint32_t)stream->fd, EINVAL,
					"descriptor %d is a duplicate of %d, which is the terminal",
					stream->fd, fd);
	}
	return 0;
}

/* A seed that reaches only some of those who ask would be none. */
static int check_seed(const sb_config *cfg, int what, sb_error *err)
{
	if ((what & SBI_COMPILE_SETUP) && !has_dev(cfg))
		return sbi_contradiction(err, "a random seed needs a /dev whose random and urandom it is for",
				     "call sb_add_dev(cfg, \"/dev\")");
	if ((what & SBI_COMPILE_COMMAND) && !sbi_has_filter(cfg))
		return sbi_contradiction(
			err, "a random seed needs a system call filter: getrandom(2) would give other bytes",
			"use another policy than \"none\"");
	return 0;
}

static int check_command(const sb_config *cfg, int what, sb_error *err)
{
	if (!cfg->path)
		return sbi_contradiction(err, "there is no command", "call sb_set_command()");
	if (cfg->tty && !cfg->session)
		return sbi_contradiction(err, "a terminal needs a new session", "leave sb_set_session() at 1");
	if (cfg->tty && (what & SBI_COMPILE_SETUP) && (cfg->ns & SB_NS_MOUNT) && cfg->ns_fd[2] < 0 &&
	    !has_dev(cfg) && !cfg->rootfs)
		return sbi_contradiction(err, "a terminal needs a /dev/pts in the sandbox",
					 "call sb_add_dev(cfg, \"/dev\")");
	return 0;
}

int sbi_check(const sb_config *cfg, int what, sb_error *err)
{
	int r = 0;

	if (cfg->failed)
		return sbi_fail_as(err, &cfg->sticky);
	if (what & SBI_COMPILE_SETUP) {
		r = check_namespaces(cfg, err);
		if (r == 0)
			r = check_mounts(cfg, err);
		if (r == 0)
			r = sbi_check_net(cfg, what, err);
		if (r == 0)
			r = check_cgroup(cfg, what, err);
	}
	if (r == 0)
		r = check_confine(cfg, what, err);
	if (r == 0)
		r = check_limits(cfg, err);
	if (r == 0 && cfg->seeded)
		r = check_seed(cfg, what, err);
	if (r == 0 && (what & SBI_COMPILE_COMMAND))
		r = check_command(cfg, what, err);
	if (r == 0 && (what & SBI_COMPILE_COMMAND))
		r = check_streams(cfg, err);
	return r;
}
