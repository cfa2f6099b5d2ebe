/* SPDX-License-Identifier: MIT */
/* Writing id maps: directly where the kernel lets us, else by the setuid helpers of shadow. */
#include "idmap.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/clone3.h"
#include "common/read_text.h"
#include "error.h"
#include "helper.h"

#define MAP_ROOM 4096 /* the kernel takes less than a page, in one write */
#define HELPER_ARGS (2 + 3 * SBI_MAX_EXTENTS + 1)

static int write_proc(pid_t pid, const char *file, const char *text, size_t len, sb_error *err)
{
	char path[64];
	sbi_autoclose int fd = -EBADF;
	int code;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd >= 0 && write(fd, text, len) == (ssize_t)len)
		return 0;
	code = errno;
	sbi_fail(err, SB_STEP_IDMAP, 0, code, "%s of the sandbox: %s", file, strerror(code));
	if (fd < 0 && code == ENOENT)
		sbi_hint(err, "/proc of this process's own pid namespace must be mounted");
	else if (code == EPERM)
		sbi_hint(err,
			 "an id of the map is not the caller's own: CAP_SETUID and CAP_SETGID, or newuidmap(1)");
	return -code;
}

static int write_map(pid_t pid, const char *file, const struct sbi_extents *map, sb_error *err)
{
	char text[MAP_ROOM];
	size_t used = 0;

	for (uint32_t i = 0; i < map->count; i++) {
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%u %u %u\n", map->list[i].inside,
					 map->list[i].outside, map->list[i].count);
		if (used >= sizeof(text) - 1)
			return sbi_fail(err, SB_STEP_IDMAP, i, E2BIG,
					"the id map is longer than the kernel takes (4095 bytes)");
	}
	return write_proc(pid, file, text, used, err);
}

/* newuidmap PID inside outside count… */
static void helper_arguments(const char *helper, pid_t pid, const struct sbi_extents *map, const char *argv[],
			     char numbers[][12])
{
	size_t n = 0;

	argv[n++] = helper;
	snprintf(numbers[n], sizeof(numbers[n]), "%d", pid);
	argv[n] = numbers[n];
	n++;
	for (uint32_t i = 0; i < map->count; i++) {
		const uint32_t values[3] = { map->list[i].inside, map->list[i].outside, map->list[i].count };

		for (int k = 0; k < 3; k++, n++) {
			snprintf(numbers[n], sizeof(numbers[n]), "%u", values[k]);
			argv[n] = numbers[n];
		}
	}
	argv[n] = NULL;
}

static int run_helper(const char *helper, pid_t pid, const struct sbi_extents *map, const char *file,
		      sb_error *err)
{
	const char *argv[HELPER_ARGS + 1];
	char numbers[HELPER_ARGS][12], check[64], path[64], words[160];
	int r;

	helper_arguments(helper, pid, map, argv, numbers);
	r = sbi_helper_run(argv, NULL, 2, words, sizeof(words));
	if (r < 0 && r != -ECHILD) {
		sbi_fail(err, SB_STEP_IDMAP, 0, -r, "%s: %s", helper, strerror(-r));
		if (r == -ENOENT)
			sbi_hint(err, "install the package uidmap (shadow-utils, shadow-uidmap)");
		return r;
	}
	/* A host with its own wait(-1) may have taken the status: the map itself tells. */
	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	sbi_read_text(path, check, sizeof(check));
	if (check[0])
		return 0;
	sbi_fail(err, SB_STEP_IDMAP, 0, EPERM, "%s refused the map%s%s", helper, words[0] ? ": " : "", words);
	sbi_hint(err, "the ranges must be in /etc/subuid and /etc/subgid, and %s must be set-user-ID root",
		 helper);
	return -EPERM;
}

int sbi_idmap_write(const struct sbi_identity *id, pid_t pid, sb_error *err)
{
	int r = 0;

	if (id->need_helper) {
		r = run_helper("newgidmap", pid, &id->groups, "gid_map", err);
		return r < 0 ? r : run_helper("newuidmap", pid, &id->users, "uid_map", err);
	}
	if (id->deny_setgroups)
		r = write_proc(pid, "setgroups", "deny", 4, err);
	if (r == 0)
		r = write_map(pid, "gid_map", &id->groups, err);
	return r < 0 ? r : write_map(pid, "uid_map", &id->users, err);
}

struct holder {
	int keep; /* the end of the pair whose other end is ours alone */
};

/* Holds a new user namespace open until it can be opened by its file; gone with the host. */
__attribute__((no_stack_protector, no_sanitize("address", "thread", "undefined"))) static int hold(void *arg)
{
	const struct holder *holder = arg;
	char byte;

	if (SYS(close_range, holder->keep + 1, ~0U, CLOSE_RANGE_UNSHARE) == 0 &&
	    (holder->keep == 0 || SYS(close_range, 0, holder->keep - 1, 0) == 0))
		while (SYS(read, holder->keep, &byte, 1) == -EINTR)
			;
	return 0;
}

int sbi_idmap_userns(const struct sbi_identity *id, sb_error *err)
{
	static const size_t stack_size = 16384;
	sbi_autofree char *stack = aligned_alloc(16, stack_size);
	struct holder holder;
	struct clone_args args = { .flags = CLONE_VM | CLONE_FILES | CLONE_NEWUSER,
				   .stack = (uint64_t)(uintptr_t)stack,
				   .stack_size = stack_size };
	int pair[2], r, fd = -EBADF;
	uint64_t all = ~UINT64_C(0), mask;
	char path[64];
	long pid;

	if (!stack || pipe2(pair, O_CLOEXEC) < 0)
		return sbi_fail(err, SB_STEP_IDMAP, 0, stack ? errno : ENOMEM,
				"user namespace for idmapped mounts: %s", strerror(stack ? errno : ENOMEM));
	holder.keep = pair[0];
	SYS(rt_sigprocmask, SIG_BLOCK, &all, &mask, sizeof(all)); /* its stack is no place for our handlers */
	pid = sys_clone3(&args, sizeof(args), hold, &holder);
	SYS(rt_sigprocmask, SIG_SETMASK, &mask, 0, sizeof(mask));
	if (pid < 0) {
		r = sbi_fail(err, SB_STEP_IDMAP, 0, (int)-pid, "user namespace for idmapped mounts: %s",
			     strerror((int)-pid));
	} else {
		r = sbi_idmap_write(id, (pid_t)pid, err);
		snprintf(path, sizeof(path), "/proc/%ld/ns/user", pid);
		if (r == 0)
			fd = open(path, O_RDONLY | O_CLOEXEC);
		if (r == 0 && fd < 0)
			r = sbi_fail(err, SB_STEP_IDMAP, 0, errno, "%s: %s", path, strerror(errno));
	}
	close(pair[0]);
	close(pair[1]);
	if (pid > 0)
		while (waitpid((pid_t)pid, NULL, __WALL) < 0 && errno == EINTR)
			;
	return r < 0 ? r : fd;
}
