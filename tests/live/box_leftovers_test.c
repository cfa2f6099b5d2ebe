// SPDX-License-Identifier: MIT
/*
 * Whatever commands leave in a box is gone after a reset: each kind is planted, seen, and then not
 * found any more.
 */
#include "box_kit.h"

#include <stdlib.h>
#include <sys/mman.h>

/* commands have power over the namespaces of the sandbox: only where its user namespace owns them */
#define POWER 1
#define LATE 2    /* the kernel collects it behind the end of its last user */

struct row {
	struct fx_case test; /* first: it is the state */
	const char *name;
	int flags;
};

static sb_config *config_of(const struct row *row)
{
	const char *const lower[] = {fx_mkdir("lower"), NULL};
	sb_config *cfg = sb_config_new();

	fx_write("lower/base", "base");
	fx_mkdir("in");
	fx_write("in/file", "host's");
	fx_ok(sb_add_system_dirs(cfg));
	fx_ok(sb_add_bind(cfg, fx_beside("leftovers"), "/leftovers", SB_MOUNT_RO));
	fx_ok(sb_add_bind(cfg, fx_path("in"), "/in", SB_MOUNT_RO));
	fx_ok(sb_add_proc(cfg, "/proc", row->flags & POWER ? SB_PROC_WRITABLE : 0));
	fx_ok(sb_add_dev(cfg, "/dev"));
	fx_ok(sb_add_mqueue(cfg, "/mq"));
	fx_ok(sb_add_tmpfs(cfg, "/work", 0, 0, 0755));
	fx_ok(sb_add_tmpfs(cfg, "/small", 65536, 0, 0755));
	if (strstr(row->test.needs, "overlay"))
		fx_ok(sb_add_overlay(cfg, "/over", lower, NULL, NULL));
	fx_ok(sb_set_rootfs_writable(cfg, 1));
	fx_ok(sb_set_seccomp(cfg, "none"));
	if (row->flags & POWER) {
		fx_ok(sb_set_user(cfg, 0, 0));
		fx_ok(sb_add_cap(cfg, "all"));
	}
	return cfg;
}

/* The program's exit status; what it says in @said. */
static int run(sb_box *box, sb_config *cfg, const char *verb, const char *name, char said[256])
{
	const char *const argv[] = {"leftovers", verb, name, NULL};
	sb_result res = SB_INIT(sb_result);
	int out = memfd_create("said", MFD_CLOEXEC);
	ssize_t n;

	assert_true(out >= 0);
	fx_ok(sb_set_command(cfg, "/leftovers", argv));
	fx_ok(sb_set_fd(cfg, 1, out));
	fx_wait(start_in(box, cfg), &res);
	n = pread(out, said, 255, 0);
	said[n > 0 ? n : 0] = '\0';
	said[strcspn(said, "\n")] = '\0';
	close(out);
	assert_int_equal(res.verdict, SB_EXITED);
	return res.code;
}

static void is_found(sb_box *box, sb_config *cfg, const char *name, int found)
{
	char said[256];
	int code = run(box, cfg, "look", name, said);

	if (code != !found)
		fail_msg("%s: %s, %s (%d)", name, found ? "it was left and is not seen" : "it is still there",
			 said, code);
}

static void is_gone_after_a_reset(void **state)
{
	const struct row *row = *state;
	sb_config *cfg = config_of(row);
	sb_box *box = open_with(cfg);
	sb_error err = SB_INIT(sb_error);
	char said[256];
	int code;

	is_found(box, cfg, row->name, 0);
	if (!strcmp(row->name, "put-by-the-caller"))
		fx_ok(sb_box_put(box, "/work/put", "x", 1, 0644, &err));
	code = run(box, cfg, "plant", row->name, said);
	if (code == 0) {
		is_found(box, cfg, row->name, 1);
		reset(box);
		for (int i = 0;
		     (row->flags & LATE) && i < 1000 && run(box, cfg, "look", row->name, said) == 0; i++)
			poll(NULL, 0, 10);
		is_found(box, cfg, row->name, 0);
	}
	sb_box_free(box);
	sb_config_free(cfg);
	if (code)
		fail_msg("%s: %s", row->name, said);
}

#define ROW(name, needs, flags) {{is_gone_after_a_reset, needs}, name, flags}
static struct row rows[] = {
	ROW("file", "", 0),
	ROW("file-in-root", "", 0),
	ROW("deep-tree", "", 0),
	ROW("shut-directory", "", 0),
	ROW("deleted-file", "", 0),
	ROW("deleted-cwd", "", 0),
	ROW("socket-file", "", 0),
	ROW("fifo", "", 0),
	ROW("symlink", "", 0),
	ROW("device-node", "", 0),
	ROW("full-tmpfs", "", 0),
	ROW("overlay-file", "overlay", 0),
	ROW("overlay-whiteout", "overlay", 0),
	ROW("mode-of-tmpfs", "", 0),
	ROW("flock", "", 0),
	ROW("record-lock", "", 0),
	ROW("lease", "", 0),
	ROW("mount", "user", POWER),
	ROW("mount-over", "user", POWER),
	ROW("put-by-the-caller", "", 0),
	ROW("sysv-shm", "", 0),
	ROW("sysv-sem", "", 0),
	ROW("sysv-msg", "", 0),
	ROW("shm-removed-in-use", "", 0),
	ROW("posix-mqueue", "mqueue", 0),
	ROW("posix-shm", "", 0),
	ROW("memfd", "", 0),
	ROW("user-key", "keyring", 0),
	ROW("session-key", "keyring", LATE), /* /proc/keys shows those of all sandboxes with its host uid */
	ROW("hostname", "user", POWER),
	ROW("terminal", "", 0),
	ROW("ipc-sysctl", "user", POWER),
	ROW("daemon", "", 0),
	ROW("orphan", "", 0),
	ROW("deaf-process", "", 0),
	ROW("many-daemons", "", 0),
	ROW("stopped-process", "", 0),
	ROW("zombie", "", 0),
	ROW("threads", "", 0),
	ROW("without-first-thread", "", 0),
	ROW("traced-process", "ptrace", 0),
	ROW("timerfd", "", 0),
	ROW("posix-timer", "", 0),
	ROW("inotify", "", 0),
	ROW("oom-score", "", 0),
	ROW("nice-of-sb-init", "user", POWER),
	ROW("limit-of-sb-init", "user", POWER),
	ROW("abstract-socket", "", 0),
	ROW("listener", "", 0),
	ROW("address", "user", POWER),
	ROW("interface-down", "user", POWER),
	ROW("net-sysctl", "user", POWER),
};

int main(void)
{
	enum { ROWS = sizeof(rows) / sizeof(rows[0]) };
	struct CMUnitTest tests[ROWS];

	for (int i = 0; i < ROWS; i++)
		tests[i] =
			(struct CMUnitTest){ rows[i].name, fx_test_if, fx_setup, fx_teardown, &rows[i].test };
	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
