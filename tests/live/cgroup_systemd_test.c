/* SPDX-License-Identifier: MIT */
/*
 * Places that systemd gives: a scope of its own, made when nothing else is there,
 * and the scope or service that this program was started in. Runs where systemd
 * is process 1 (tests/vm/run --systemd).
 */
#include "../fixture_cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_MS 20000 /* for systemd to remove a scope */

static void need_systemd(void)
{
	if (access("/run/systemd/system", F_OK) < 0)
		fx_skip("systemd does not run here");
	if (fx_who() == FX_USER && !getenv("XDG_RUNTIME_DIR"))
		fx_skip("no systemd session of this user");
}

static sb_config *limited(uint64_t flags)
{
	sb_config *cfg = fx_config("cat=/proc/self/cgroup");

	fx_ok(sb_add_proc(cfg, "/proc", 0));
	fx_ok(sb_set_ns(cfg, SB_NS_ALL & ~SB_NS_CGROUP));
	fx_ok(sb_set_memory(cfg, 64 << 20));
	fx_ok(sb_set_cgroup_flags(cfg, flags));
	return cfg;
}

/* "…/NAME.scope/…" of the v2 line: the path of the scope below the mount point. */
static void scope_of(const char *text, char *path, size_t len)
{
	const char *own = strstr(text, "0::"), *scope = own ? strstr(own, ".scope/") : NULL;

	assert_non_null(own);
	assert_non_null(scope);
	snprintf(path, len, "%s%.*s", fx_cg_mount(), (int)(scope + 6 - own - 3), own + 3);
}

/* systemd removes a scope some time after its last process has gone: told by inotify, not by sleeping. */
static void wait_until_gone(const char *path)
{
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	struct pollfd polled = { fd, POLLIN, 0 };
	int watch = inotify_add_watch(fd, path, IN_DELETE_SELF | IN_ONLYDIR);

	while (watch >= 0 && access(path, F_OK) == 0)
		if (poll(&polled, 1, PATIENCE_MS) <= 0)
			break;
	close(fd);
	assert_int_equal(access(path, F_OK), -1);
}

/* What a program says that is started in a scope of its own: this one, with one argument more. */
static int in_scope(const char *part, int delegate, char *said, size_t len)
{
	char self[4096], command[8192];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	size_t used = 0;
	FILE *f;
	int status;

	self[n > 0 ? n : 0] = '\0';
	snprintf(command, sizeof(command), "systemd-run %s --scope --quiet --property=Delegate=%s %s %s 2>&1",
		 geteuid() ? "--user" : "--system", delegate ? "yes" : "no", self, part);
	f = popen(command, "re");
	assert_non_null(f);
	while (used < len - 1 && (n = (ssize_t)fread(said + used, 1, len - 1 - used, f)) > 0)
		used += (size_t)n;
	said[used] = '\0';
	status = pclose(f);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static const char *spawn_with_a_keeper(void)
{
	sb_config *cfg = limited(0);
	sb_error err = SB_INIT(sb_error);
	static char text[512];
	char scope[4096], buf[4096];
	sb_result res = SB_INIT(sb_result);
	char before[4096];

	snprintf(before, sizeof(before), "%s", fx_cg_of(0));
	if (geteuid() != 0) { /* the way there leads over cgroups that are not the user's: docs/cgroups.md */
		sb_proc *proc;
		int r = sb_spawn(cfg, &proc, &err);

		sb_config_free(cfg);
		snprintf(text, sizeof(text), "%d %s", r, err.message);
		return r == -EPERM && strstr(err.message, "not delegated") &&
				       strstr(err.message, "the way from our own")
			       ? NULL
			       : text;
	}
	fx_run(cfg, buf, sizeof(buf), &res);
	scope_of(buf, scope, sizeof(scope));
	if (!strstr(scope, "/libsandbox-") || strcmp(before, fx_cg_of(0)))
		return "not in a scope of its own, or the caller was moved";
	if (access(scope, F_OK) < 0)
		return "the scope has not outlived the command";
	sb_config_free(cfg);
	wait_until_gone(scope);
	return NULL;
}

static void a_scope_is_made_and_goes_with_the_config(void **state)
{
	(void)state;
	need_systemd();
	fx_in_child(spawn_with_a_keeper);
}

static const char *spawn_by_moving(void)
{
	sb_config *cfg = limited(SB_CGROUP_MOVE_SELF), *other;
	char scope[4096], buf[4096];
	sb_result res = SB_INIT(sb_result);

	fx_run(cfg, buf, sizeof(buf), &res);
	scope_of(buf, scope, sizeof(scope));
	if (!strstr(scope, "/libsandbox-") || strncmp(fx_cg_of(0), scope, strlen(scope)))
		return "the caller is not in the scope";
	other = limited(SB_CGROUP_MOVE_SELF); /* no second scope for a second config */
	fx_run(other, buf, sizeof(buf), &res);
	if (!strstr(buf, strrchr(scope, '/')))
		return "another scope was made";
	sb_config_free(cfg);
	sb_config_free(other);
	return strcmp(fx_cg_of(0), scope) ? "the caller is still in a child of the scope" : NULL;
}

static void the_caller_is_moved_into_a_scope_if_it_allows_that(void **state)
{
	(void)state;
	need_systemd();
	fx_in_child(spawn_by_moving);
}

/* The same program again, inside systemd-run: prints the leaf's path, or the error. */
static int part_spawn(uint64_t flags)
{
	sb_config *cfg = limited(flags);
	sb_error err = SB_INIT(sb_error);
	sb_result res = SB_INIT(sb_result);
	sb_proc *proc;

	sb_set_fd(cfg, 1, 1);
	printf("own %s\n", fx_cg_of(0));
	fflush(stdout);
	if (sb_spawn(cfg, &proc, &err) < 0) {
		printf("%s\n%s\n", err.message, err.hint);
		sb_config_free(cfg);
		return 1;
	}
	sb_proc_wait(proc, UINT64_MAX, &res, NULL);
	sb_proc_free(proc);
	sb_config_free(cfg);
	printf("after %s\n", fx_cg_of(0));
	return res.verdict == SB_EXITED ? res.code : 1;
}

static void a_delegated_scope_is_used_by_moving_inside_it(void **state)
{
	char said[8192], own[4096] = "", after[4096] = "";

	(void)state;
	need_systemd();
	assert_int_equal(in_scope("--move", 1, said, sizeof(said)), 0);
	sscanf(said, "own %4095s", own);
	if (strstr(said, "after "))
		sscanf(strstr(said, "after "), "after %4095s", after);
	assert_string_equal(own, after);
	assert_true(strlen(own) > strlen(fx_cg_mount()));
	fx_has(strstr(said, "0::"), own + strlen(fx_cg_mount()));
}

static void a_delegated_scope_needs_leave_to_move(void **state)
{
	char said[8192];

	(void)state;
	need_systemd();
	assert_int_equal(in_scope("--stay", 1, said, sizeof(said)), 1);
	fx_has(said, "holds this process itself");
	fx_has(said, "SB_CGROUP_MOVE_SELF");
}

static void a_scope_that_is_not_delegated_is_left_alone(void **state)
{
	char said[8192];

	(void)state;
	need_systemd();
	assert_int_equal(in_scope("--stay", 0, said, sizeof(said)), 1);
	fx_has(said, "systemd's, not delegated");
}

int main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
		FX_TEST(a_scope_is_made_and_goes_with_the_config),
		FX_TEST(the_caller_is_moved_into_a_scope_if_it_allows_that),
		FX_TEST(a_delegated_scope_is_used_by_moving_inside_it),
		FX_TEST(a_delegated_scope_needs_leave_to_move),
		FX_TEST(a_scope_that_is_not_delegated_is_left_alone),
	};

	fx_begin();
	if (argc == 2)
		return part_spawn(strcmp(argv[1], "--move") ? SB_CGROUP_NO_SYSTEMD
							    : SB_CGROUP_NO_SYSTEMD | SB_CGROUP_MOVE_SELF);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
