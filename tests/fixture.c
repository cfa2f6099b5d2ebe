// SPDX-License-Identifier: MIT
/* What the tests share: leak checks around every test, and short ways to run a sandbox and read it. */
#include "fixture.h"
#include "fixture_state.h"
#include "fixture_tap.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static struct {
	int who;
	pid_t pid;
	int own_mounts; /* this process has a mount namespace to itself */
	char inside[4096];
	char tmp[256];
	char *before;
	sigset_t mask;
	char cwd[4096];
} fx;

static int who_am_i(void)
{
	unsigned long inside, outside, count;
	int who = FX_USER;
	FILE *f;

	if (geteuid() != 0)
		return FX_USER;
	f = fopen("/proc/self/uid_map", "re");
	if (f && fscanf(f, "%lu %lu %lu", &inside, &outside, &count) == 3)
		who = count == 4294967295 ? FX_ROOT : FX_USERNS;
	if (f)
		fclose(f);
	return who;
}

static void close_inherited(void)
{
	int fd;

	for (fd = 3; fd < 256; fd++)
		close(fd);
}

void fx_begin(void)
{
	struct rlimit core;
	sigset_t empty;
	char *slash;
	ssize_t n;

	fx.pid = getpid();
	fx_tap_begin();
	close_inherited();
	umask(022);
	sigemptyset(&empty);
	sigprocmask(SIG_SETMASK, &empty, NULL);
	signal(SIGCHLD, SIG_DFL);
	getrlimit(RLIMIT_CORE, &core);
	core.rlim_cur = 0;
	setrlimit(RLIMIT_CORE, &core);
	/* What a sandbox leaves behind then comes to us, where the leak check sees it. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	fx.who = who_am_i();
	/*
	 * Ours alone, so that nothing reaches the machine and other programs do not show in the
	 * leak check; and shared, so that a mount which travels back from a sandbox does.
	 */
	if (fx.who != FX_USER && unshare(CLONE_NEWNS) == 0 &&
	    mount("", "/", NULL, MS_REC | MS_SLAVE, NULL) == 0)
		fx.own_mounts = mount("", "/", NULL, MS_REC | MS_SHARED, NULL) == 0;
	n = readlink("/proc/self/exe", fx.inside, sizeof(fx.inside) - 16);
	if (n < 0)
		abort();
	fx.inside[n] = '\0';
	slash = strrchr(fx.inside, '/');
	strcpy(slash, "/inside");
	if (!getcwd(fx.cwd, sizeof(fx.cwd)))
		abort();
}

int fx_who(void)
{
	return fx.who;
}

int fx_setup(void **state)
{
	const char *dir = getenv("TMPDIR");

	(void)state;
	snprintf(fx.tmp, sizeof(fx.tmp), "%.200s/sandbox-test.XXXXXX", dir && *dir ? dir : "/tmp");
	if (!mkdtemp(fx.tmp) || chmod(fx.tmp, 0755) < 0)
		return -1;
	sigprocmask(SIG_BLOCK, NULL, &fx.mask);
	fx.before = fx_state_take(fx.own_mounts);
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path) < 0 && errno != ENOENT ? -1 : 0;
}

/* A leak fails one test, not those after it. */
static void clean_up(void)
{
	int fd;

	fx_kill_children();
	for (fd = 3; fd < 1024; fd++)
		close(fd);
	sigprocmask(SIG_SETMASK, &fx.mask, NULL);
	signal(SIGCHLD, SIG_DFL);
	umask(022);
	if (chdir(fx.cwd) < 0)
		abort();
}

int fx_teardown(void **state)
{
	char *after;
	int bad;

	(void)state;
	/* An assertion that failed in a fork has jumped out of it: its parent goes on with the tests. */
	if (getpid() != fx.pid)
		_exit(125);
	after = fx_state_take(fx.own_mounts);
	bad = fx_state_differs(fx.before, after);
	free(fx.before);
	free(after);
	if (bad)
		clean_up();
	if (nftw(fx.tmp, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT) < 0) {
		print_error("%s cannot be removed: %s\n", fx.tmp, strerror(errno));
		bad = 1;
	}
	return bad ? -1 : 0;
}

void fx_test_if(void **state)
{
	const struct fx_case *test = *state;
	char needs[128], *need, *save = NULL;

	snprintf(needs, sizeof(needs), "sandbox %s", test->needs);
	for (need = strtok_r(needs, " ", &save); need; need = strtok_r(NULL, " ", &save))
		fx_need(need);
	test->test(state);
}

const char *fx_inside(void)
{
	return fx.inside;
}

const char *fx_beside(const char *program)
{
	static char path[sizeof(fx.inside) + 64];

	snprintf(path, sizeof(path), "%.*s/%.60s", (int)(strrchr(fx.inside, '/') - fx.inside), fx.inside,
		 program);
	return path;
}

const char *fx_tmp(void)
{
	return fx.tmp;
}

const char *fx_path(const char *name)
{
	static char path[16][512];
	static unsigned turn;
	char *p = path[turn++ % 16];

	snprintf(p, sizeof(path[0]), "%s/%.200s", fx.tmp, name);
	return p;
}

const char *fx_write(const char *name, const char *text)
{
	const char *path = fx_path(name);
	FILE *f;

	f = fopen(path, "we");
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
	assert_int_equal(fclose(f), 0);
	return path;
}

const char *fx_mkdir(const char *name)
{
	const char *path = fx_path(name);

	assert_int_equal(mkdir(path, 0755), 0);
	return path;
}

const char *fx_mount(const char *name, const char *options)
{
	const char *path = fx_mkdir(name);

	fx_ok(mount("t", path, "tmpfs", 0, options));
	return path;
}

void fx_umount(const char *name)
{
	fx_ok(umount2(fx_path(name), MNT_DETACH));
}

sb_config *fx_config_v(const char *const args[])
{
	sb_config *cfg;

	cfg = sb_config_new();
	assert_non_null(cfg);
	fx_ok(sb_add_bind(cfg, fx.inside, "/inside", SB_MOUNT_RO));
	fx_command_v(cfg, args);
	return cfg;
}

void fx_command_v(sb_config *cfg, const char *const args[])
{
	const char *argv[64] = {"inside"};
	size_t i;

	for (i = 0; args[i] && i < 62; i++)
		argv[i + 1] = args[i];
	fx_ok(sb_set_command(cfg, "/inside", argv));
}

sb_proc *fx_spawn(const sb_config *cfg)
{
	sb_error err = SB_INIT(sb_error);
	sb_proc *proc = NULL;
	int r;

	r = sb_spawn(cfg, &proc, &err);
	if (r < 0)
		fail_msg("sb_spawn: %s (%s) [step %s %u] hint: %s", err.message, strerror(-r),
			 sb_step_name(err.step), err.index, err.hint);
	assert_int_equal(r, 0);
	assert_non_null(proc);
	return proc;
}

void fx_wait(sb_proc *proc, sb_result *res)
{
	sb_error err = SB_INIT(sb_error);
	int r;

	r = sb_proc_wait(proc, UINT64_MAX, res, &err);
	sb_proc_free(proc);
	if (r != 1)
		fail_msg("sb_proc_wait: %d %s", r, err.message);
}

void fx_run(sb_config *cfg, char *buf, size_t len, sb_result *res)
{
	sb_proc *proc;
	size_t at = 0;
	int fds[2];
	ssize_t n;

	fx_ok(pipe2(fds, O_CLOEXEC));
	fx_ok(sb_set_fd(cfg, 1, fds[1]));
	proc = fx_spawn(cfg);
	close(fds[1]);
	while (at < len - 1 && (n = read(fds[0], buf + at, len - 1 - at)) > 0)
		at += (size_t)n;
	buf[at] = '\0';
	close(fds[0]);
	fx_wait(proc, res);
}

const char *fx_output(sb_config *cfg)
{
	static char buf[262144];
	sb_result res = SB_INIT(sb_result);

	fx_run(cfg, buf, sizeof(buf), &res);
	sb_config_free(cfg);
	if (res.verdict != SB_EXITED || res.code != 0)
		fail_msg("verdict %d code %d, it said:\n%s", res.verdict, res.code, buf);
	return buf;
}

const sb_error *fx_refused(sb_config *cfg, int code)
{
	static sb_error err;
	sb_proc *proc = NULL;
	int r;

	memset(&err, 0, sizeof(err));
	err.size = (uint32_t)sizeof(err);
	r = sb_spawn(cfg, &proc, &err);
	sb_config_free(cfg);
	if (r == 0) {
		sb_proc_free(proc);
		fail_msg("the spawn worked, expected %s", strerror(code));
	}
	assert_null(proc);
	if (r != -code)
		fail_msg("expected %s, got %s: %s", strerror(code), strerror(-r), err.message);
	assert_int_equal(err.code, code);
	assert_true(err.message[0]);
	return &err;
}

const char *fx_get(const char *text, const char *key)
{
	static char value[8][4096];
	static unsigned turn;
	char *v = value[turn++ % 8];
	size_t n = strlen(key), len;
	const char *p;

	for (p = text; *p; p = strchrnul(p, '\n'), p += *p == '\n') {
		if (strncmp(p, key, n) || p[n] != '=')
			continue;
		len = strcspn(p + n + 1, "\n");
		snprintf(v, sizeof(value[0]), "%.*s", (int)len, p + n + 1);
		return v;
	}
	return NULL;
}

void fx_is_at(const char *text, const char *key, const char *value, const char *file, int line)
{
	const char *got = fx_get(text, key);

	if (got && !strcmp(got, value))
		return;
	print_error("%s is \"%s\", expected \"%s\"\n", key, got ? got : "(absent)", value);
	_fail(file, line);
}

void fx_has_at(const char *text, const char *part, int want, const char *file, int line)
{
	if (!!strstr(text, part) == want)
		return;
	print_error("%s \"%s\" in:\n%s\n", want ? "no" : "unexpected", part, text);
	_fail(file, line);
}
