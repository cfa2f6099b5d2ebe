/* SPDX-License-Identifier: MIT */
/* From the request to the library's description of the run: one setter a line. */
#include "isolate.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

void check(int r, const sb_config *cfg, const char *what)
{
	sb_error err = SB_INIT(sb_error);

	if (r >= 0)
		return;
	if (sb_config_check(cfg, &err) < 0)
		die("%s: %s%s%s", what, err.message, err.hint[0] ? ": " : "", err.hint);
	die("%s: %s", what, strerror(-r));
}

/* The program has the box's user id, seen from inside and, if we are root, from outside. */
static void set_identity(sb_config *cfg, const struct box *box)
{
	check(sb_set_user(cfg, box->uid, box->gid), cfg, "user");
	if (box->own_ids)
		return;
	check(sb_add_idmap(cfg, SB_ID_USER, box->uid, box->uid, 1), cfg, "user");
	check(sb_add_idmap(cfg, SB_ID_GROUP, box->gid, box->gid, 1), cfg, "group");
}

static void set_rlimit(sb_config *cfg, const char *name, uint64_t value)
{
	check(sb_set_rlimit(cfg, name, value, value), cfg, name);
}

/* "Unlimited" is what we may have ourselves. */
static uint64_t own_hard_limit(__rlimit_resource_t resource)
{
	struct rlimit limit;

	if (getrlimit(resource, &limit) < 0 || limit.rlim_max == RLIM_INFINITY)
		return NONE;
	return limit.rlim_max;
}

static uint64_t at_most(uint64_t value, uint64_t limit)
{
	return value < limit ? value : limit;
}

static void set_rlimits(sb_config *cfg, const struct request *req, const struct box *box)
{
	uint64_t files = req->open_files ? req->open_files : NONE;

	if (req->memory != NONE)
		set_rlimit(cfg, "as", req->memory);
	if (req->file_size != NONE)
		set_rlimit(cfg, "fsize", req->file_size);
	if (req->core)
		set_rlimit(cfg, "core", req->core);
	set_rlimit(cfg, "stack", at_most(req->stack, own_hard_limit(RLIMIT_STACK)));
	set_rlimit(cfg, "nofile", at_most(files, own_hard_limit(RLIMIT_NOFILE)));
	/* The sandbox's first process counts if it is the same user. */
	if (req->processes != NONE)
		set_rlimit(cfg, "nproc", req->processes + (box->own_ids ? 1 : 0));
}

static void set_limits(sb_config *cfg, const struct request *req)
{
	uint64_t grace = req->extra_ns == NONE || req->time_ns == NONE ? 0 : req->extra_ns;

	check(sb_set_limit(cfg, SB_LIMIT_CPU, req->time_ns, grace), cfg, "--time");
	check(sb_set_limit(cfg, SB_LIMIT_WALL, req->wall_ns, 0), cfg, "--wall-time");
	if (req->cg_memory != NONE)
		check(sb_set_limit(cfg, SB_LIMIT_MEMORY, req->cg_memory, 0), cfg, "--cg-mem");
}

static void set_cgroup(sb_config *cfg, const struct request *req, const struct settings *settings)
{
	if (settings->cpus)
		check(sb_set_affinity(cfg, settings->cpus), cfg, "cpus");
	if (!req->cg)
		return;
	check(sb_set_cgroup_flags(cfg, SB_CGROUP_MOVE_SELF | SB_CGROUP_ACCOUNT), cfg, "--cg");
	if (settings->mems)
		check(sb_set_cpuset(cfg, NULL, settings->mems), cfg, "mems");
	if (settings->cg_root)
		check(sb_set_cgroup_parent(cfg, settings->cg_root), cfg, "cg_root");
}

/* Best effort: what is not found now is in nobody's way. */
void clean_up_after_the_dead(const struct settings *settings)
{
	sb_config *cfg = must(sb_config_new());

	if (!settings->cg_root || sb_set_cgroup_parent(cfg, settings->cg_root) == 0)
		sb_gc(cfg, NULL);
	sb_config_free(cfg);
}

/* Relative names count from /box. */
static char *inner(const char *path)
{
	return path[0] == '/' ? must(strdup(path)) : text("/box/%s", path);
}

static void set_stream(sb_config *cfg, const struct request *req, int fd)
{
	int flags = fd == 0 ? O_RDONLY : O_WRONLY | O_CREAT | O_TRUNC;
	char *path;

	if (fd == 2 && req->stderr_to_stdout) {
		check(sb_set_stream_same(cfg, 2, 1), cfg, "--stderr-to-stdout");
	} else if (req->stream[fd]) {
		path = inner(req->stream[fd]);
		check(sb_set_stream_path(cfg, fd, path, flags, 0666), cfg, path);
		free(path);
	} else if (fcntl(fd, F_GETFD) >= 0) {
		check(sb_set_fd(cfg, fd, fd), cfg, "standard streams");
	}
}

/* What was open when we were started; all that we open ourselves is close-on-exec. */
static void inherit_fds(sb_config *cfg)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *found;

	if (!dir)
		die("/proc/self/fd: %s", strerror(errno));
	while ((found = readdir(dir)) != NULL) {
		int fd = atoi(found->d_name);
		int flags = fd > 2 ? fcntl(fd, F_GETFD) : -1;

		if (flags >= 0 && !(flags & FD_CLOEXEC))
			check(sb_set_fd(cfg, fd, fd), cfg, "--inherit-fds");
	}
	closedir(dir);
}

/* A name without a slash is a file in the box, if there is one; else PATH is searched. */
static void set_command(sb_config *cfg, const struct request *req, const struct box *box)
{
	char *in_box = text("%s/%s", box->files, req->argv[0]), *path = NULL;

	if (!strchr(req->argv[0], '/') && access(in_box, F_OK) == 0)
		path = text("/box/%s", req->argv[0]);
	check(sb_set_command(cfg, path, (const char *const *)req->argv), cfg, "program");
	free(path);
	free(in_box);
}

sb_config *describe(const struct request *req, const struct settings *settings, struct box *box)
{
	sb_config *cfg = must(sb_config_new());
	char *cwd =
		req->chdir ? text("%s%s", req->chdir[0] == '/' ? "" : "/", req->chdir) : must(strdup("/box"));

	if (req->share_net)
		check(sb_set_ns(cfg, SB_NS_ALL & ~SB_NS_NET), cfg, "--share-net");
	set_identity(cfg, box);
	rules_apply(req, box, cfg);
	check(sb_set_env(cfg, (const char *const *)req->env), cfg, "environment");
	set_rlimits(cfg, req, box);
	set_limits(cfg, req);
	set_cgroup(cfg, req, settings);
	for (int fd = 0; fd < 3; fd++)
		set_stream(cfg, req, fd);
	if (req->inherit_fds)
		inherit_fds(cfg);
	if (req->tight_calls)
		check(sb_set_seccomp(cfg, "judge"), cfg, "--syscalls");
	check(sb_set_cwd(cfg, cwd), cfg, "--chdir");
	set_command(cfg, req, box);
	free(cwd);
	return cfg;
}
