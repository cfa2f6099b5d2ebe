/* SPDX-License-Identifier: MIT */
/*
 * Describe a run. A new config is closed: every namespace is new, the root is
 * an empty read-only tmpfs, the environment is empty, stdio is /dev/null, no
 * capability is kept. Every setter that opens something is a visible line.
 *
 * Setters copy what they are given and return 0 or -errno: -EINVAL for a value
 * that cannot be, -ENAMETOOLONG, -E2BIG, -EEXIST for a duplicate, -ENOMEM. The
 * first failure also sticks to the config, with its text, and
 * sb_config_check(), sb_box_open() and sb_spawn() report it: checking each
 * setter is optional. sb_set_X replaces, sb_add_X appends.
 */
#ifndef SANDBOX_CONFIG_H
#define SANDBOX_CONFIG_H

#include <sandbox/error.h>

SB_BEGIN_DECLS

/**
 * sb_config_new - the tightest sandbox that can run a program
 *
 * From its first spawn on, a config and its copies share one descriptor, the
 * program that runs inside; with a cgroup also the place of their leaves. It remembers how ids look
 * in the caller's user namespace: a process that enters another one makes a new config there.
 *
 * Return: NULL if memory is short.
 */
SB_API sb_config *sb_config_new(void) SB_MUST_CHECK;
/** sb_config_copy - an independent copy, to vary one template per run. NULL if memory is short. */
SB_API sb_config *sb_config_copy(const sb_config *cfg) SB_MUST_CHECK;
/** sb_config_free - accepts NULL; always returns NULL, for `cfg = sb_config_free(cfg)`. */
SB_API sb_config *sb_config_free(sb_config *cfg);
/**
 * sb_config_check - would sb_spawn() accept this description?
 *
 * Finds contradictions and what this caller may not ask for; makes nothing.
 * Return: 0, or -errno with @err filled.
 */
SB_API int sb_config_check(const sb_config *cfg, sb_error *err);
/**
 * sb_config_dump - the steps that sb_spawn() would take, as text, one a line
 * (without a command: those of sb_box_open())
 * @buf: may be NULL with @len 0, to ask for the length
 *
 * Return: the length without the final NUL, also when @buf was too short and
 * the text was cut; or -errno as sb_config_check().
 */
SB_API ssize_t sb_config_dump(const sb_config *cfg, char *buf, size_t len, sb_error *err);
/** sb_set_trace - record the steps of every spawn in @trace (borrowed; NULL = do not). */
SB_API int sb_set_trace(sb_config *cfg, sb_trace *trace);

/* --- the command ------------------------------------------------------------ */

/**
 * sb_set_command - the program and its arguments
 * @path: inside the sandbox; without a slash it is looked up in the PATH of the
 *	command's environment (else /usr/local/bin:/usr/bin:/bin); NULL = argv[0]
 * @argv: NULL-terminated; NULL = { path, NULL }
 */
SB_API int sb_set_command(sb_config *cfg, const char *path, const char *const argv[]);
/** sb_set_env - replaces the environment ("NAME=value" strings, NULL-terminated; NULL = empty). */
SB_API int sb_set_env(sb_config *cfg, const char *const env[]);
/**
 * sb_add_env - one variable: "NAME=value", or "NAME" to take over the caller's
 * present value (no effect if it has none). A second value for a name replaces the first.
 */
SB_API int sb_add_env(sb_config *cfg, const char *entry);
/** sb_set_cwd - where the command starts, an absolute path inside. Default "/". */
SB_API int sb_set_cwd(sb_config *cfg, const char *dir);
/** sb_set_umask - default 022. */
SB_API int sb_set_umask(sb_config *cfg, uint32_t mask);
/**
 * sb_set_rlimit - one resource limit
 * @name: as in getrlimit(2) without RLIMIT_, any case: "nofile", "core", "as"…
 * @soft: UINT64_MAX = unlimited; at most @hard
 *
 * Defaults: core is 1 byte (no core is written, and unlike with 0 no program
 * named in a piped core_pattern runs on the host: core(5)), or 0 where the host's
 * own hard limit is 0; the others are the host's. A hard limit above the host's own needs
 * CAP_SYS_RESOURCE.
 */
SB_API int sb_set_rlimit(sb_config *cfg, const char *name, uint64_t soft, uint64_t hard);
/** sb_set_nice - -20 to 19; default 0. Less than the host's own needs CAP_SYS_NICE. */
SB_API int sb_set_nice(sb_config *cfg, int nice);
/**
 * sb_set_fd - the command finds a duplicate of @host_fd as @fd
 * @fd: 0 to 1023
 * @host_fd: must be open when sb_spawn() is called; -1 = /dev/null
 *
 * All others are closed. 0, 1 and 2 are /dev/null unless set.
 */
SB_API int sb_set_fd(sb_config *cfg, int fd, int host_fd);
/** sb_set_session - 1 (default): the command leads a new session (setsid(2)); 0: it stays in sb-init's. */
SB_API int sb_set_session(sb_config *cfg, int on);
/**
 * sb_set_tty - 1: give the command a new controlling terminal of the sandbox's
 * own /dev/pts on those of fds 0, 1 and 2 that are not set otherwise; the
 * caller gets the master, sb_proc_tty(). Needs sb_add_dev() and a new session.
 */
SB_API int sb_set_tty(sb_config *cfg, int on);
/** sb_set_tty_size - of that terminal, 1 to 65535 each; unset it is the kernel's 0 by 0 (ioctl_tty(2)). */
SB_API int sb_set_tty_size(sb_config *cfg, uint32_t rows, uint32_t columns);
/** sb_set_no_new_privs - default 1; 0 lets set-user-ID programs work where the mounts do. */
SB_API int sb_set_no_new_privs(sb_config *cfg, int on);
/**
 * sb_add_cap - keep one capability: "net_bind_service", with or without "cap_",
 * any case, or "all". In the bounding, permitted, effective, inheritable and
 * ambient set. Default: none is kept.
 */
SB_API int sb_add_cap(sb_config *cfg, const char *name);

/* --- namespaces --------------------------------------------------------------- */

#define SB_NS_USER (UINT64_C(1) << 0)
#define SB_NS_PID (UINT64_C(1) << 1)
#define SB_NS_MOUNT (UINT64_C(1) << 2)
#define SB_NS_NET (UINT64_C(1) << 3)
#define SB_NS_IPC (UINT64_C(1) << 4)
#define SB_NS_UTS (UINT64_C(1) << 5)
#define SB_NS_CGROUP (UINT64_C(1) << 6)
#define SB_NS_TIME (UINT64_C(1) << 7)
#define SB_NS_ALL UINT64_C(0xff)

/** sb_set_ns - namespaces to create; the others are the caller's own. Default SB_NS_ALL. */
SB_API int sb_set_ns(sb_config *cfg, uint64_t flags);
/**
 * sb_set_ns_fd - join an existing namespace instead of creating one
 * @kind: one SB_NS_* bit
 * @fd: of a namespace file (/proc/PID/ns/…); must be open until sb_spawn(); -1 = do not join
 *
 * In a joined user namespace its own map decides what an id is on the host:
 * 0 may be the host's root there. Joining a user namespace needs to be its
 * owner, the others CAP_SYS_ADMIN in the one that owns them (setns(2)).
 */
SB_API int sb_set_ns_fd(sb_config *cfg, uint64_t kind, int fd);
/**
 * sb_add_pin - keep a namespace alive by a bind mount on @path after the
 * sandbox has ended (`unshare --net=FILE`)
 *
 * @path is a file in the caller's own mount namespace; it is created if it is
 * missing. For a mount namespace the file is first bound to itself and made
 * private, so that the pin cannot propagate into the namespace it pins
 * (unshare(1), mount_namespaces(7)). Needs CAP_SYS_ADMIN. A spawn that fails takes its pins back.
 * Release with sb_unpin().
 */
SB_API int sb_add_pin(sb_config *cfg, uint64_t kind, const char *path);
/**
 * sb_unpin - release a namespace pinned at @path, and remove the file
 *
 * Return: 0, -EINVAL if nothing is pinned there, or -errno.
 */
SB_API int sb_unpin(const char *path, sb_error *err);
/** sb_set_hostname - in the new UTS namespace. 1 to 64 bytes. Default "sandbox". */
SB_API int sb_set_hostname(sb_config *cfg, const char *name);
/** sb_set_domainname - NIS domain name in the new UTS namespace. Default "(none)". */
SB_API int sb_set_domainname(sb_config *cfg, const char *name);
/** sb_set_boottime - shift CLOCK_BOOTTIME inside by @sec seconds (time_namespaces(7)). */
SB_API int sb_set_boottime(sb_config *cfg, int64_t sec);
/** sb_set_monotonic - shift CLOCK_MONOTONIC inside by @sec seconds. */
SB_API int sb_set_monotonic(sb_config *cfg, int64_t sec);
/** sb_set_loopback - 1 (default): `lo` is up in a new network namespace; 0: it stays down. */
SB_API int sb_set_loopback(sb_config *cfg, int up);

/* --- identity --------------------------------------------------------------------- */

/**
 * sb_set_user - ids of the command, as seen inside
 *
 * Default 1000:1000 in a new user namespace, 0:0 in a joined one, else the
 * caller's own ids, and 65534:65534 for a caller that is root. 0:0 in a new one
 * is the sandbox's root, an ordinary id of the host. 4294967295 is invalid.
 */
SB_API int sb_set_user(sb_config *cfg, uint32_t uid, uint32_t gid);
/** sb_set_groups - supplementary groups, as seen inside; @count at most 64. Default none. */
SB_API int sb_set_groups(sb_config *cfg, const uint32_t *gids, size_t count);

#define SB_ID_USER UINT64_C(1)
#define SB_ID_GROUP UINT64_C(2)

/**
 * sb_add_idmap - map @count ids from @inside on to those from @outside on
 * @which: SB_ID_USER, SB_ID_GROUP or both
 *
 * Default: one id, the command's, on the caller's own, or on 65534 for a caller
 * that is root (on 0 after sb_set_host_root()). Several ranges are written by the caller where it may
 * (CAP_SETUID and CAP_SETGID), else by newuidmap(1) and newgidmap(1).
 */
SB_API int sb_add_idmap(sb_config *cfg, uint64_t which, uint32_t inside, uint32_t outside, uint32_t count);
/**
 * sb_set_idmap_auto - take the ranges from /etc/subuid and /etc/subgid
 *
 * For an ordinary caller 0 inside is the caller itself and 1, 2… its
 * subordinate ids; for root 0, 1… are root's subordinate ids.
 */
SB_API int sb_set_idmap_auto(sb_config *cfg);
/**
 * sb_set_host_root - 1: ids 0 of the host may be mapped, or used
 *
 * Without this a map that covers host uid or gid 0, or a command that would run
 * as such, is -EPERM.
 */
SB_API int sb_set_host_root(sb_config *cfg, int allow);

/* --- file system: applied in the order added; targets lie below the new root ------- */

#define SB_MOUNT_RO (UINT64_C(1) << 0)
#define SB_MOUNT_NOEXEC (UINT64_C(1) << 1)
#define SB_MOUNT_DEV (UINT64_C(1) << 2)       /* device nodes work; off by default         */
#define SB_MOUNT_SUID (UINT64_C(1) << 3)      /* set-user-ID files work; off by default    */
#define SB_MOUNT_RECURSIVE (UINT64_C(1) << 4) /* with the mounts below the source          */
#define SB_MOUNT_OPTIONAL (UINT64_C(1) << 5)  /* a missing source or target leaves it out  */
#define SB_MOUNT_IDMAP (UINT64_C(1) << 6)     /* show owners through the sandbox's id map (5.12) */
#define SB_ROOT_OVERLAY (UINT64_C(1) << 7)    /* sb_set_rootfs only: writes go to a tmpfs  */

/**
 * sb_set_rootfs - use a directory as root instead of an empty tmpfs
 * @dir: NULL = the empty tmpfs again
 * @flags: SB_MOUNT_RO, SB_MOUNT_NOEXEC, SB_MOUNT_DEV, SB_MOUNT_SUID, SB_MOUNT_IDMAP,
 *	SB_ROOT_OVERLAY; without RO and OVERLAY the command may write to @dir
 *
 * Mounts below @dir come along, but not below an overlay. With "/" and no
 * overlay the present root is kept, in place.
 */
SB_API int sb_set_rootfs(sb_config *cfg, const char *dir, uint64_t flags);
/** sb_set_rootfs_overlay - root is an overlay, as sb_add_overlay() at "/". */
SB_API int sb_set_rootfs_overlay(sb_config *cfg, const char *const lower[], const char *upper,
				 const char *work);
/** sb_set_rootfs_writable - 1: the empty tmpfs root may be written to by its owner; default 0. */
SB_API int sb_set_rootfs_writable(sb_config *cfg, int writable);

/** sb_add_bind - show the host's @source (file or directory) as @target. */
SB_API int sb_add_bind(sb_config *cfg, const char *source, const char *target, uint64_t flags);
/**
 * sb_add_system_dirs - what the host's programs need, read-only: /usr, and /bin,
 * /sbin, /lib* (links where the host has links), /etc/alternatives, /etc/ld.so.cache
 */
SB_API int sb_add_system_dirs(sb_config *cfg);
/** sb_add_tmpfs - @bytes and @inodes 0 = half of the memory (tmpfs(5)); owned by the command. */
SB_API int sb_add_tmpfs(sb_config *cfg, const char *target, uint64_t bytes, uint64_t inodes, uint32_t mode);

#define SB_PROC_SUBSET_PID (UINT64_C(1) << 0) /* only /proc/PID (5.8)                       */
#define SB_PROC_HIDEPID (UINT64_C(1) << 1)    /* processes of other users are invisible     */
#define SB_PROC_WRITABLE (UINT64_C(1) << 2)   /* do not make /proc/sys and the like read-only */
/**
 * sb_add_proc - /proc of the sandbox's PID namespace
 *
 * sys, sysrq-trigger, irq, bus and fs are read-only in it. Without SB_NS_PID it
 * is the caller's /proc, and SUBSET_PID and HIDEPID are errors.
 */
SB_API int sb_add_proc(sb_config *cfg, const char *target, uint64_t flags);
/**
 * sb_add_dev - a minimal /dev: null zero full random urandom tty, fd stdin stdout
 * stderr, its own pts and ptmx, shm (noexec), an empty mqueue; read-only but for
 * shm and pts
 */
SB_API int sb_add_dev(sb_config *cfg, const char *target);
/** sb_add_mqueue - POSIX message queues; needs SB_NS_IPC. */
SB_API int sb_add_mqueue(sb_config *cfg, const char *target);
/** sb_add_sysfs - /sys, read-only; needs SB_NS_NET. */
SB_API int sb_add_sysfs(sb_config *cfg, const char *target);
/**
 * sb_add_overlay - an overlay of host directories
 * @lower: uppermost first, NULL-terminated, at most 64
 * @upper: where writes are kept, for one sandbox at a time; NULL = a tmpfs that goes with the sandbox
 * @work: an empty directory on the file system of @upper; NULL without @upper
 */
SB_API int sb_add_overlay(sb_config *cfg, const char *target, const char *const lower[], const char *upper,
			  const char *work);
/**
 * sb_set_overlay_reset - 1: the upper and work directories of all overlays are the box's alone; default 0
 *
 * Then sb_box_reset() may put new, empty directories in their place, and removes the old ones with
 * all that is in them. It does so only if they were empty at sb_box_open(); the new ones have their
 * mode, owner, ACL and extended attributes. Without it a box with an upper directory is not reset
 * (-EOPNOTSUPP). The caller must be able to write to the directories that they are in: a reset
 * makes ".sb-reset-NAME" beside the upper directory NAME, and removes it. If the host is killed
 * meanwhile, sb_gc() does.
 */
SB_API int sb_set_overlay_reset(sb_config *cfg, int allow);
/** sb_add_file - a file with the given content (at most 1 MiB in all), owned by the command. */
SB_API int sb_add_file(sb_config *cfg, const char *target, const void *data, size_t len, uint32_t mode);
/** sb_add_symlink - @target becomes a symbolic link that says @text. */
SB_API int sb_add_symlink(sb_config *cfg, const char *text, const char *target);
/** sb_add_dir - a directory, and those above it that are missing; owned by the command. */
SB_API int sb_add_dir(sb_config *cfg, const char *target, uint32_t mode);
/** sb_add_mask - hide a path: a file reads as empty, a directory as an empty one. */
SB_API int sb_add_mask(sb_config *cfg, const char *path);
/** sb_add_readonly - make what is mounted at or below @path by now read-only. */
SB_API int sb_add_readonly(sb_config *cfg, const char *path);

SB_END_DECLS
#endif
