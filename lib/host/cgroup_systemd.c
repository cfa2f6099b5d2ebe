/* SPDX-License-Identifier: MIT */
/*
 * Asking systemd for a delegated scope, by its own programs: nothing of systemd
 * is linked or loaded into the host. A scope lives as long as a process is in
 * it: the calling one if it may be moved, else a shell that reads from a pipe
 * whose other end dies with us.
 */
#include "cgroup_systemd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cgroup_dir.h"
#include "common/auto.h"
#include "common/read_text.h"
#include "helper.h"
#include "launch.h"

#define PATIENCE_MS 10000 /* for systemd to answer */
#define KEEPER "sb-keeper"

static atomic_uint scopes;

/* What the programs need to find the manager of a user. */
static char **bus_environment(void)
{
	static const char *const names[] = { "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS", "PATH" };
	char **env = calloc(4, sizeof(*env));
	size_t n = 0;

	for (size_t i = 0; env && i < 3; i++) {
		const char *value = getenv(names[i]);

		if (value && asprintf(&env[n], "%s=%s", names[i], value) < 0)
			env[n] = NULL;
		else if (value)
			n++;
	}
	return env;
}

static void free_environment(char **env)
{
	for (size_t i = 0; env && env[i]; i++)
		free(env[i]);
	free(env);
}

int sbi_unit_is_delegated(const char *unit)
{
	const char *show[] = { "systemctl", geteuid() ? "--user" : "--system", "show", "--property=Delegate",
			       "--value", unit, NULL };
	char **env = bus_environment(), answer[8] = "";
	int r = env ? sbi_helper_run(show, env, 1, answer, sizeof(answer)) : -ENOMEM;

	free_environment(env);
	return (r == 0 || r == -ECHILD) && !strcmp(answer, "yes");
}

static int path_of(const struct sbi_cg_tree *tree, pid_t pid, char *path, size_t len)
{
	char file[40], text[PATH_MAX + 64], *own;

	snprintf(file, sizeof(file), "/proc/%d/cgroup", pid);
	sbi_read_text(file, text, sizeof(text));
	own = strstr(text, "0::");
	if (!own)
		return -ENOENT;
	own[strcspn(own, "\n")] = '\0';
	return sbi_cg_path(tree, own + 3, path, len);
}

/* StartTransientUnit answers before the job is done; `systemctl start` joins the job and waits for it. */
static int move_into_scope(const char *name, char **env, struct sbi_reasons *reasons)
{
	char pid[16], words[100];
	const char *call[] = { "busctl", geteuid() ? "--user" : "--system", "--quiet", "call",
			 "org.freedesktop.systemd1", "/org/freedesktop/systemd1",
			 "org.freedesktop.systemd1.Manager", "StartTransientUnit", "ssa(sv)a(sa(sv))", name,
			 "fail", "4", "PIDs", "au", "1", pid, "Delegate", "b", "true", "CollectMode", "s",
			 "inactive-or-failed", "Description", "s", "Sandboxes of libsandbox", "0", NULL };
	const char *wait[] = { "systemctl", geteuid() ? "--user" : "--system", "--quiet", "start", name, NULL };
	int r;

	snprintf(pid, sizeof(pid), "%d", getpid());
	r = sbi_helper_run(call, env, 2, words, sizeof(words));
	if (r == 0 || r == -ECHILD)
		r = sbi_helper_run(wait, env, 2, words, sizeof(words));
	if (r == 0 || r == -ECHILD)
		return 0;
	sbi_reason(reasons, "systemd: %s", r < 0 ? strerror(-r) : words[0] ? words : "it refused a scope");
	return r < 0 ? r : -EPERM;
}

/* The keeper says when it is there; systemd-run has become it. */
static int wait_for_keeper(int said)
{
	struct pollfd polled = { said, POLLIN, 0 };
	char byte;
	int r;

	do
		r = poll(&polled, 1, PATIENCE_MS);
	while (r < 0 && errno == EINTR);
	return r > 0 && read(said, &byte, 1) == 1 ? 0 : -EPERM;
}

static int start_keeper(const char *name, char **env, struct sbi_scope *scope, struct sbi_reasons *reasons)
{
	char unit[64], words[100] = "";
	const char *argv[] = { "systemd-run", geteuid() ? "--user" : "--system", "--scope", "--quiet",
			 "--collect", unit, "--property=Delegate=yes", "--", "/bin/sh", "-c", "echo; read _",
			 NULL };
	int in[2] = { -1, -1 }, out[2] = { -1, -1 }, err[2] = { -1, -1 }, r = -EMFILE;
	ssize_t n;

	snprintf(unit, sizeof(unit), "--unit=%s", name);
	if (pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0 && pipe2(err, O_CLOEXEC) == 0)
		r = sbi_helper_start(argv, env, in[0], out[1], err[1], &scope->pid);
	sbi_close_fd(&in[0]);
	sbi_close_fd(&out[1]);
	sbi_close_fd(&err[1]);
	if (r == 0) {
		scope->keeper = sbi_take_fd(&in[1]);
		scope->pidfd = (int)syscall(SYS_pidfd_open, scope->pid, 0);
		r = scope->pidfd < 0 ? -errno : wait_for_keeper(out[0]);
		if (r < 0) {
			n = fcntl(err[0], F_SETFL, O_NONBLOCK) < 0 ? 0
								   : read(err[0], words, sizeof(words) - 1);
			words[n > 0 ? n : 0] = '\0';
			words[strcspn(words, "\n")] = '\0';
			sbi_scope_end(&scope->keeper, &scope->pidfd);
		}
	}
	sbi_close_fd(&in[1]);
	sbi_close_fd(&out[0]);
	sbi_close_fd(&err[0]);
	if (r < 0)
		sbi_reason(reasons, "systemd-run: %s", words[0] ? words : strerror(-r));
	return r;
}

int sbi_scope_start(const struct sbi_cg_tree *tree, int move_self, struct sbi_scope *scope,
		    struct sbi_reasons *reasons)
{
	char **env, name[48];
	int r;

	*scope = (struct sbi_scope){ .keeper = -EBADF, .pidfd = -EBADF };
	if (!sbi_cg_has_systemd()) {
		sbi_reason(reasons, "systemd does not run here");
		return -ENOENT;
	}
	if (geteuid() && !getenv("XDG_RUNTIME_DIR") && !getenv("DBUS_SESSION_BUS_ADDRESS")) {
		sbi_reason(reasons, "no systemd user session (XDG_RUNTIME_DIR is not set)");
		sbi_way_out(reasons, "log in by PAM, or loginctl enable-linger; or name a delegated cgroup: "
				     "sb_set_cgroup_parent()");
		return -ENOENT;
	}
	env = bus_environment();
	if (!env)
		return -ENOMEM;
	snprintf(name, sizeof(name), "libsandbox-%d-%u.scope", getpid(), atomic_fetch_add(&scopes, 1));
	scope->holds_us = move_self;
	r = move_self ? move_into_scope(name, env, reasons) : start_keeper(name, env, scope, reasons);
	free_environment(env);
	if (r < 0)
		return r;
	/*
	 * Where we are is what counts: a host's own wait(-1) may have taken the status of a program
	 * that failed.
	 */
	r = path_of(tree, move_self ? getpid() : scope->pid, scope->path, sizeof(scope->path));
	if (r == 0 && !strstr(scope->path, name))
		r = -EPERM;
	if (r < 0) {
		sbi_reason(reasons, "systemd has not put the process into the scope %s", name);
		sbi_scope_end(&scope->keeper, &scope->pidfd);
	}
	return r;
}

int sbi_scope_empty(const struct sbi_scope *scope, int fd, struct sbi_reasons *reasons)
{
	sbi_autoclose int child = -EBADF;
	char pid[16];
	int r = 0;

	snprintf(pid, sizeof(pid), "%d", scope->pid);
	if (mkdirat(fd, KEEPER, 0755) < 0)
		r = -errno;
	child = r < 0 ? r : sbi_cg_open(fd, KEEPER);
	if (r == 0)
		r = child < 0 ? child : sbi_cg_write(child, "cgroup.procs", pid);
	if (r < 0)
		sbi_reason(reasons, "a child of the scope %.70s: %s", scope->path, strerror(-r));
	return r;
}

void sbi_scope_end(int *keeper, int *pidfd)
{
	if (*keeper < 0)
		return;
	sbi_close_fd(keeper);
	if (*pidfd >= 0) {
		/* a fork of ours may hold the pipe open */
		syscall(SYS_pidfd_send_signal, *pidfd, SIGKILL, NULL, 0);
		sbi_reap(*pidfd);
	}
	sbi_close_fd(pidfd);
}
