/* SPDX-License-Identifier: MIT */
/*
 * libsandbox - run a command in isolation, from any program, without a daemon.
 *
 *	sb_config *cfg = sb_config_new();
 *	sb_add_system_dirs(cfg);
 *	sb_set_command(cfg, "/usr/bin/id", NULL);
 *	if (sb_spawn(cfg, &proc, &err) < 0)
 *		fprintf(stderr, "%s\n%s\n", err.message, err.hint);
 *
 * Returns: calls that can fail return 0 (or a count) or -errno, and explain
 * themselves in an sb_error that the caller owns.
 *
 * Threads: handles share nothing, so different handles need no locking. An
 * sb_config that nobody is changing may be used by any number of threads at
 * once. An sb_box and the sb_procs started in it belong to one thread at a
 * time, but for sb_proc_signal(), sb_proc_kill(), what names an
 * sb_notification, the files of a box (files.h) and its mounts (box.h), which any thread may call
 * while the handle lives. An sb_trace locks itself.
 *
 * The calling process: the library never exits, prints, starts a thread,
 * installs a signal handler, or changes cwd, umask, environment, credentials
 * or signal mask of its host. All its descriptors are close-on-exec. A sandbox
 * is a child process of its host: SIGCHLD is raised when it ends, and a host
 * that waits for any child may see a pid it does not know; results do not
 * depend on who reaps it.
 */
#ifndef SANDBOX_SANDBOX_H
#define SANDBOX_SANDBOX_H

#include <sandbox/box.h>
#include <sandbox/cgroup.h>
#include <sandbox/common.h>
#include <sandbox/config.h>
#include <sandbox/confine.h>
#include <sandbox/determinism.h>
#include <sandbox/error.h>
#include <sandbox/files.h>
#include <sandbox/limit.h>
#include <sandbox/group.h>
#include <sandbox/join.h>
#include <sandbox/net.h>
#include <sandbox/notify.h>
#include <sandbox/pool.h>
#include <sandbox/proc.h>
#include <sandbox/seccomp.h>
#include <sandbox/stream.h>
#include <sandbox/trace.h>
#include <sandbox/version.h>

#endif
