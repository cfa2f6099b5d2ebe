// SPDX-License-Identifier: MIT
/* Landlock: each right is there without it, refused with it, and allowed again by its own word alone. */
#include "box_kit.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

static int abi(void)
{
	long r = syscall(SYS_landlock_create_ruleset, NULL, 0, 1 /* LANDLOCK_CREATE_RULESET_VERSION */);

	return r < 0 ? 0 : (int)r;
}

static void need_abi(int least)
{
	if (abi() < least)
		fx_skip("the kernel's Landlock has ABI %d, this is from ABI %d", abi(), least);
}

/* What is to be done, the word it takes beside @others, and what happens with and without. */
struct right {
	const char *word, *others, *verb, *key, *yes, *no;
	int abi;
};

static const struct right rights[] = {
	{"read_file", "", "cat=/w/file", "cat /w/file", "text", "EACCES", 1},
	{"read_dir", "", "ls=/w/dir", "ls /w/dir", "", "EACCES", 1},
	{"write_file", "", "append=/w/file", "append /w/file", "ok", "EACCES", 1},
	{"execute", "read_file", "run=/w/prog", "ran /w/prog", "0", "19712", 1},
	{"make_reg", "", "reg=/w/new", "reg /w/new", "ok", "EACCES", 1},
	{"make_dir", "", "mkdir=/w/new", "mkdir /w/new", "ok", "EACCES", 1},
	{"make_sym", "", "sym=/w/new", "sym /w/new", "ok", "EACCES", 1},
	{"make_fifo", "", "fifo=/w/new", "fifo /w/new", "ok", "EACCES", 1},
	{"make_sock", "", "sock=/w/new", "sock /w/new", "ok", "EACCES", 1},
	{"make_char", "", "chr=/w/new", "chr /w/new", "EPERM", "EACCES", 1},
	{"make_block", "", "blk=/w/new", "blk /w/new", "EPERM", "EACCES", 1},
	{"remove_file", "", "unlink=/w/file", "unlink /w/file", "ok", "EACCES", 1},
	{"remove_dir", "", "rmdir=/w/dir", "rmdir /w/dir", "ok", "EACCES", 1},
	{"refer", "make_reg remove_file", "rename=/w/file:/w/dir/file", "rename /w/file:/w/dir/file", "ok",
	 "EXDEV", 2},
	{"truncate", "", "truncate=/w/file", "truncate /w/file", "ok", "EACCES", 3},
	{"ioctl", "read_file", "ioctl=/w/null", "ioctl /w/null", "ENOTTY", "EACCES", 5},
};
#define RIGHTS (sizeof(rights) / sizeof(rights[0]))
#define LATE "refer truncate ioctl"

/* Rules are of inodes: the same file at another place would have the rights of its own line as well. */
static const char *another_inside(void)
{
	static char block[1 << 16];
	int from = open(fx_inside(), O_RDONLY | O_CLOEXEC), to;
	ssize_t n;

	to = open(fx_path("prog"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	while ((n = read(from, block, sizeof(block))) > 0)
		assert_int_equal(write(to, block, (size_t)n), n);
	close(from);
	fx_ok(close(to));
	return fx_path("prog");
}

static sb_config *place(const struct right *right)
{
	sb_config *cfg = fx_config(right->verb);

	fx_ok(sb_add_tmpfs(cfg, "/w", 0, 0, 0777));
	fx_ok(sb_add_file(cfg, "/w/file", "text", 4, 0666));
	fx_ok(sb_add_dir(cfg, "/w/dir", 0777));
	fx_ok(sb_add_bind(cfg, another_inside(), "/w/prog", SB_MOUNT_RO));
	fx_ok(sb_add_bind(cfg, "/dev/null", "/w/null", SB_MOUNT_DEV));
	fx_ok(sb_set_seccomp(cfg, "none"));
	return cfg;
}

static void expect(sb_config *cfg, const struct right *right, const char *want, const char *when)
{
	char out[4096];
	sb_result res = SB_INIT(sb_result);
	const char *got;

	fx_run(cfg, out, sizeof(out), &res);
	sb_config_free(cfg);
	got = fx_get(out, right->key);
	if (!got || strcmp(got, want))
		fail_msg("%s, %s: %s instead of %s", right->word, when, got ? got : out, want);
}

static void each_right_on_files(void **state)
{
	char words[512];

	(void)state;
	need_abi(1);
	for (size_t i = 0; i < RIGHTS; i++) {
		const struct right *right = &rights[i];
		sb_config *cfg;

		if (right->abi > abi())
			continue;
		expect(place(right), right, right->yes, "without Landlock");

		words[0] = '\0';
		for (size_t k = 0; k < RIGHTS; k++)
			if (k != i)
				strcat(strcat(words, rights[k].word), " ");
		cfg = place(right);
		fx_ok(sb_add_landlock_path(cfg, "/inside", "read execute"));
		fx_ok(sb_add_landlock_path(cfg, "/w", words));
		fx_ok(sb_set_landlock(cfg, NULL, LATE));
		expect(cfg, right, right->no, "with all other rights");

		cfg = place(right);
		snprintf(words, sizeof(words), "%s %s", right->word, right->others);
		fx_ok(sb_add_landlock_path(cfg, "/inside", "read execute"));
		fx_ok(sb_add_landlock_path(cfg, "/w", words));
		fx_ok(sb_set_landlock(cfg, NULL, LATE));
		expect(cfg, right, right->yes, "with this right");
	}
}

/* A file's line: the kernel takes none that speaks of what only directories have. */
static void a_line_for_a_file(void **state)
{
	static const struct right file = {.verb = "cat=/w/file"};
	sb_config *cfg = place(&file);
	const char *out;

	(void)state;
	need_abi(1);
	fx_command(cfg, "cat=/w/file", "unlink=/w/file", "ls=/w");
	fx_ok(sb_add_landlock_path(cfg, "/inside", "all"));
	fx_ok(sb_add_landlock_path(cfg, "/w/file", "read remove"));
	fx_ok(sb_add_landlock_path(cfg, "/w/null", "make"));
	fx_ok(sb_set_landlock(cfg, NULL, LATE));
	out = fx_output(cfg);
	fx_is(out, "cat /w/file", "text");
	fx_is(out, "unlink /w/file", "EACCES");
	fx_is(out, "ls /w", "EACCES");
}

static void ports(void **state)
{
	const char *out;
	sb_config *cfg;

	(void)state;
	need_abi(4);
	cfg = fx_config("bind=8001", "bind=8002", "connect=8001");
	fx_ok(sb_set_landlock(cfg, "none", NULL));
	out = fx_output(cfg);
	fx_is(out, "bind 8001", "ok");
	fx_is(out, "bind 8002", "ok");
	fx_is(out, "connect 8001", "ECONNREFUSED");

	cfg = fx_config("bind=8001", "bind=8002", "bind=0", "connect=8001");
	fx_ok(sb_add_landlock_port(cfg, "bind", 8001));
	out = fx_output(cfg);
	fx_is(out, "bind 8001", "ok");
	fx_is(out, "bind 8002", "EACCES");
	fx_is(out, "bind 0", "EACCES");
	fx_is(out, "connect 8001", "ECONNREFUSED"); /* no line spoke of it */

	cfg = fx_config("bind=8001", "connect=8001", "connect=8002");
	fx_ok(sb_add_landlock_port(cfg, "connect", 8002));
	fx_ok(sb_set_landlock(cfg, "net", NULL));
	out = fx_output(cfg);
	fx_is(out, "bind 8001", "EACCES");
	fx_is(out, "connect 8001", "EACCES");
	fx_is(out, "connect 8002", "ECONNREFUSED");
}

/* As this process, in its own namespaces but for those of @ns. */
static sb_config *beside_us(uint64_t ns, const char *first, const char *second)
{
	const char *argv[] = {"inside", first, second, NULL};
	sb_config *cfg = sb_config_new();

	fx_ok(sb_set_ns(cfg, ns));
	fx_ok(sb_set_command(cfg, fx_inside(), argv));
	if (fx_who() == FX_ROOT) { /* so that only Landlock is in the way */
		fx_ok(sb_set_user(cfg, 0, 0));
		fx_ok(sb_set_host_root(cfg, 1));
		fx_ok(sb_add_cap(cfg, "kill"));
	}
	return cfg;
}

static int listen_at(const char *name)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(at.sun_path + 1, sizeof(at.sun_path) - 1, "%s", name);
	fx_ok(bind(fd, (struct sockaddr *)&at,
		   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name))));
	fx_ok(listen(fd, 16));
	return fd;
}

/* Where a namespace would end them and there is none, Landlock does, unasked. */
static void scopes_stand_in_for_namespaces(void **state)
{
	char name[64], connect[96], kill[32], key[96], kill_key[32], out[4096];
	sb_result res = SB_INIT(sb_result);
	sb_config *cfg;
	int fd;

	(void)state;
	need_abi(6);
	snprintf(name, sizeof(name), "libsandbox-test-%d", (int)getpid());
	snprintf(connect, sizeof(connect), "abstract=%s", name);
	snprintf(key, sizeof(key), "abstract %s", name);
	snprintf(kill, sizeof(kill), "kill=%d", (int)getpid());
	snprintf(kill_key, sizeof(kill_key), "kill %d", (int)getpid());
	fd = listen_at(name);

	cfg = beside_us(0, connect, kill);
	fx_ok(sb_set_landlock(cfg, "none", NULL));
	fx_run(cfg, out, sizeof(out), &res);
	fx_is(out, key, "ok");
	fx_is(out, kill_key, "ok");
	assert_int_equal(res.landlock_abi, 0);
	assert_false(res.applied & SB_APPLIED_LANDLOCK);

	fx_ok(sb_set_landlock(cfg, NULL, NULL));
	fx_run(cfg, out, sizeof(out), &res);
	fx_is(out, key, "EPERM");
	fx_is(out, kill_key, "EPERM");
	assert_int_equal(res.landlock_abi, abi());
	assert_true(res.applied & SB_APPLIED_LANDLOCK);
	sb_config_free(cfg);

	cfg = beside_us(0, connect, kill);
	fx_ok(sb_set_landlock(cfg, "signal", NULL));
	fx_run(cfg, out, sizeof(out), &res);
	sb_config_free(cfg);
	fx_is(out, key, "ok");
	fx_is(out, kill_key, "EPERM");
	close(fd);
}

/* A command in a box: what counts is what the box shares, not what its own config says. */
static void scopes_in_a_box(void **state)
{
	sb_config *cfg = beside_us(0, "ids", NULL), *command;
	char kill[32], key[32], out[4096];
	sb_result res = SB_INIT(sb_result);
	sb_proc *proc;
	sb_box *box;
	ssize_t n;
	int p[2];

	(void)state;
	need_abi(6);
	snprintf(kill, sizeof(kill), "kill=%d", (int)getpid());
	snprintf(key, sizeof(key), "kill %d", (int)getpid());
	command = beside_us(SB_NS_ALL, kill, NULL);
	fx_ok(pipe(p));
	fx_ok(sb_set_fd(command, 1, p[1]));
	box = open_with(cfg);
	fx_ok(sb_box_spawn(box, command, &proc, NULL));
	fx_wait(proc, &res);
	close(p[1]);
	n = read(p[0], out, sizeof(out) - 1);
	out[n > 0 ? n : 0] = '\0';
	close(p[0]);
	sb_box_free(box);
	sb_config_free(command);
	sb_config_free(cfg);
	fx_is(out, key, "EPERM");
	assert_int_equal(res.landlock_abi, abi());
}

static void by_default_it_costs_nothing(void **state)
{
	sb_config *cfg = fx_config("exit=0");
	char text[16384], out[64];
	sb_result res = SB_INIT(sb_result);

	(void)state;
	assert_true(sb_config_dump(cfg, text, sizeof(text), NULL) > 0);
	fx_has_not(text, "command landlock");
	fx_run(cfg, out, sizeof(out), &res);
	sb_config_free(cfg);
	assert_int_equal(res.landlock_abi, 0);
	assert_false(res.applied & SB_APPLIED_LANDLOCK);
}

/* No namespace, no privilege: the host's files, of which it sees what a line shows. */
static void as_the_only_layer(void **state)
{
	const char *open = fx_mkdir("open"), *shut = fx_mkdir("shut");
	char one[4200], two[4200], one_key[4200], two_key[4200];
	sb_config *cfg;
	const char *out;

	(void)state;
	need_abi(1);
	fx_ok(chmod(open, 0777));
	fx_ok(chmod(shut, 0777));
	snprintf(one, sizeof(one), "write=%s/x", open);
	snprintf(two, sizeof(two), "write=%s/x", shut);
	snprintf(one_key, sizeof(one_key), "write %s/x", open);
	snprintf(two_key, sizeof(two_key), "write %s/x", shut);
	cfg = beside_us(0, one, two);
	out = fx_output(cfg);
	fx_is(out, one_key, "ok");
	fx_is(out, two_key, "ok");

	cfg = beside_us(0, one, two);
	fx_ok(sb_add_landlock_path(cfg, "/", "read execute"));
	fx_ok(sb_add_landlock_path(cfg, open, "write make remove"));
	fx_ok(sb_set_landlock(cfg, NULL, LATE));
	out = fx_output(cfg);
	fx_is(out, one_key, "ok");
	fx_is(out, two_key, "EACCES");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(each_right_on_files),
		FX_TEST(a_line_for_a_file),
		FX_TEST(ports),
		FX_TEST(scopes_stand_in_for_namespaces),
		FX_TEST(scopes_in_a_box),
		FX_TEST(by_default_it_costs_nothing),
		FX_TEST(as_the_only_layer),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
