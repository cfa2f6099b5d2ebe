/* SPDX-License-Identifier: MIT */
/* What `run` does unless told otherwise: a library has no business deciding this, so it is decided here. */
#include "sbx.h"

#include <errno.h>
#include <string.h>

int complain_config(const struct run *run, const char *what)
{
	sb_error err = SB_INIT(sb_error);
	char text[320];

	sb_config_check(run->cfg, &err);
	snprintf(text, sizeof(text), "%s: %s", what, err.code ? setter_message(&err) : "out of memory");
	complain(text, err.hint);
	return -EINVAL;
}

static int contradiction(const char *message, const char *hint)
{
	complain(message, hint);
	return -EINVAL;
}

static int default_env(struct run *run)
{
	static const char *const env[] = {
		"PATH=/usr/local/bin:/usr/bin:/bin",
		"HOME=/tmp",
		"LANG=C.UTF-8",
		NULL,
	};
	int r;

	if (run->clear_env)
		return 0;
	r = sb_set_env(run->cfg, env);
	if (r < 0)
		return r;
	return run->tty ? sb_add_env(run->cfg, "TERM") : 0;
}

static bool keeps_root(const struct run *run)
{
	return run->rootfs && strspn(run->rootfs, "/") == strlen(run->rootfs);
}

static int directory_root(struct run *run)
{
	uint64_t flags = 0;

	if (run->read_only)
		flags |= SB_MOUNT_RO;
	if (run->overlay)
		flags |= SB_ROOT_OVERLAY;
	/* The present root comes with the present /dev, which must go on working. */
	if (keeps_root(run))
		flags |= SB_MOUNT_DEV | (run->keep_suid ? SB_MOUNT_SUID : 0);
	return sb_set_rootfs(run->cfg, run->rootfs, flags);
}

bool brings_etc(const struct run *run)
{
	for (size_t i = 0; i < run->late_count; i++)
		if (run->late[i].arg && strstr(run->late[i].arg, "/etc"))
			return true;
	return false;
}

/* So that whoami, ls -l and a shell's prompt have names for the ids that occur. */
static int add_names(struct run *run)
{
	static const char users[] = "root:x:0:0:root:/tmp:/bin/sh\n"
				    "sandbox:x:1000:1000:sandbox:/tmp:/bin/sh\n"
				    "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n";
	static const char groups[] = "root:x:0:\nsandbox:x:1000:\nnogroup:x:65534:\n";
	int r;

	if (brings_etc(run))
		return 0;
	r = sb_add_file(run->cfg, "/etc/passwd", users, sizeof(users) - 1, 0644);
	return r < 0 ? r : sb_add_file(run->cfg, "/etc/group", groups, sizeof(groups) - 1, 0644);
}

static int composed_root(struct run *run)
{
	int r;

	r = sb_set_rootfs_writable(run->cfg, run->writable);
	if (r < 0)
		return r;
	if (run->system_dirs != CHOICE_NO) {
		r = sb_add_system_dirs(run->cfg);
		if (r == 0)
			r = add_names(run);
		if (r < 0)
			return r;
	}
	return sb_add_tmpfs(run->cfg, "/tmp", 0, 0, 01777);
}

/* The PIDs in /proc must be those the command sees; otherwise a root that is kept is left as it is. */
static int kernel_dirs(struct run *run)
{
	bool own_pids = (run->ns_new | run->ns_joined) & SB_NS_PID;
	bool proc = run->proc == CHOICE_YES, dev = run->dev == CHOICE_YES;
	int r = 0;

	if (run->proc == CHOICE_DEFAULT)
		proc = !keeps_root(run) || own_pids;
	if (run->dev == CHOICE_DEFAULT)
		dev = !keeps_root(run) || run->tty;
	if (proc)
		r = sb_add_proc(run->cfg, "/proc", run->proc_flags);
	if (r == 0 && dev)
		r = sb_add_dev(run->cfg, "/dev");
	return r;
}

static int check_root(const struct run *run)
{
	char text[128];

	if (!(run->ns_new & SB_NS_MOUNT)) {
		if (!run->mount_option)
			return 0;
		snprintf(text, sizeof(text), "--%s needs a new mount namespace, and this run has none",
			 run->mount_option);
		return contradiction(text, "add mount to --ns, or take it out of --share");
	}
	if (run->read_only && (run->writable || run->overlay))
		return contradiction("--read-only contradicts --rw and --overlay", NULL);
	if (run->overlay && !run->rootfs)
		return contradiction("--overlay needs --rootfs",
				     "--rw makes a root without --rootfs writable");
	if (run->system_dirs == CHOICE_NO && run->rootfs)
		return contradiction("--no-system contradicts --rootfs",
				     "a directory as root brings its own /usr");
	return 0;
}

/* A policy that was named has precedence over the profile's. */
static int apply_profile(struct run *run)
{
	if (!run->profile)
		return 0;
	if (!run->seccomp)
		run->seccomp = run->profile;
	if (strcmp(run->profile, "judge") == 0 && (run->ns_new & SB_NS_USER) && !run->joins)
		return sb_set_no_new_userns(run->cfg, 1);
	return 0;
}

/* Before the options that are applied in order: what they build on. */
int policy_defaults(struct run *run)
{
	int r;

	r = run->joins ? 0 : network_begin(run);
	if (r < 0)
		return r;
	run->ns_new &= ~run->ns_joined;
	r = check_root(run);
	if (r < 0)
		return r;
	if (sb_set_ns(run->cfg, run->ns_new) < 0 || default_env(run) < 0)
		return complain_config(run, "defaults");
	if (apply_profile(run) < 0)
		return complain_config(run, "--profile");
	if (caps_apply(run) < 0)
		return complain_config(run, "--cap-add");
	r = seccomp_apply(run);
	if (r < 0)
		return r;
	if (!(run->ns_new & SB_NS_MOUNT) || run->joins)
		return 0;
	r = run->rootfs ? directory_root(run) : composed_root(run);
	if (r < 0)
		return complain_config(run, "root");
	return kernel_dirs(run) < 0 ? complain_config(run, "defaults") : 0;
}

/* The library copies both, and a command with another name than its file has two. */
static int set_command(struct run *run)
{
	const char **argv;
	size_t n = 0;
	int r;

	if (!run->argv0)
		return sb_set_command(run->cfg, NULL, run->argv);
	while (run->argv[n++])
		;
	argv = calloc(n, sizeof(*argv));
	if (!argv)
		return -ENOMEM;
	memcpy(argv, run->argv, n * sizeof(*argv));
	argv[0] = run->argv0;
	r = sb_set_command(run->cfg, run->argv[0], argv);
	free(argv);
	return r;
}

/* After them: what depends on all options together. */
int policy_finish(struct run *run)
{
	int r;

	if (!run->argv[0])
		return contradiction("which command?",
				     run->joins ? "usage: " CLI_NAME
						  " exec NAME [OPTION]... [--] COMMAND [ARGUMENT]..."
						: "usage: " CLI_NAME
						  " run [OPTION]... [--] COMMAND [ARGUMENT]...");
	if (run->map_root && run->user_given)
		return contradiction("--map-root contradicts --user", "--map-root means --user 0:0");
	if (run->map_root && sb_set_user(run->cfg, 0, 0) < 0)
		return complain_config(run, "--map-root");
	if (cgroup_finish(run) < 0)
		return complain_config(run, "cgroup");
	if (set_command(run) < 0)
		return complain_config(run, "command");
	r = run->joins ? 0 : network_finish(run);
	if (r == 0)
		r = limits_finish(run);
	return r < 0 ? r : streams_finish(run);
}
