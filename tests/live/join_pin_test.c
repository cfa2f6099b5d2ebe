// SPDX-License-Identifier: MIT
/* Existing namespaces are joined by descriptor; pinned ones outlive their sandbox until they are released. */
#include "../fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct kind {
	uint64_t bit;
	const char *name;
	int clone;
} kinds[] = {
	{SB_NS_USER, "user", CLONE_NEWUSER},       {SB_NS_PID, "pid", CLONE_NEWPID},
	{SB_NS_MOUNT, "mnt", CLONE_NEWNS},         {SB_NS_NET, "net", CLONE_NEWNET},
	{SB_NS_IPC, "ipc", CLONE_NEWIPC},          {SB_NS_UTS, "uts", CLONE_NEWUTS},
	{SB_NS_CGROUP, "cgroup", CLONE_NEWCGROUP}, {SB_NS_TIME, "time", 0x80},
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* A sandbox that stands still, with its namespaces open. */
struct standing {
	sb_proc *proc;
	int in;
	int ns[KINDS];
	char name[KINDS][64];
};

static void stand(struct standing *s)
{
	sb_config *cfg = fx_config("read=0");
	char path[64];
	int in[2];
	ssize_t n;
	size_t i;

	fx_ok(pipe2(in, O_CLOEXEC));
	fx_ok(sb_add_proc(cfg, "/proc", 0));
	fx_ok(sb_set_hostname(cfg, "standing"));
	fx_ok(sb_set_boottime(cfg, 1000000));
	fx_ok(sb_set_fd(cfg, 0, in[0]));
	s->proc = fx_spawn(cfg);
	s->in = in[1];
	close(in[0]);
	sb_config_free(cfg);
	for (i = 0; i < KINDS; i++) {
		snprintf(path, sizeof(path), "/proc/%d/ns/%s", sb_proc_pid(s->proc), kinds[i].name);
		s->ns[i] = open(path, O_RDONLY | O_CLOEXEC);
		n = readlink(path, s->name[i], sizeof(s->name[i]) - 1);
		s->name[i][n > 0 ? n : 0] = '\0';
	}
}

static void leave(struct standing *s)
{
	size_t i;

	close(s->in);
	fx_wait(s->proc, NULL);
	for (i = 0; i < KINDS; i++)
		if (s->ns[i] >= 0)
			close(s->ns[i]);
}

static void join_each(void **state)
{
	struct standing s;
	const char *out;
	char key[32];
	size_t i;

	(void)state;
	stand(&s);
	for (i = 0; i < KINDS; i++) {
		sb_config *cfg = sb_config_new();
		const char *argv[] = {"inside", "ns", "uts", "ids", "clock", NULL};

		assert_true(s.ns[i] >= 0);
		fx_ok(sb_set_command(cfg, "/inside", argv));
		fx_ok(sb_set_ns_fd(cfg, kinds[i].bit, s.ns[i]));
		if (kinds[i].bit == SB_NS_USER)
			fx_ok(sb_set_user(cfg, 1000, 1000));
		if (kinds[i].bit != SB_NS_MOUNT) {
			fx_ok(sb_add_bind(cfg, fx_inside(), "/inside", SB_MOUNT_RO));
			fx_ok(sb_add_proc(cfg, "/proc", 0));
		} else {
			/* Its /proc is that of its own processes: only they find themselves in it. */
			fx_ok(sb_set_ns_fd(cfg, SB_NS_PID, s.ns[1]));
		}
		out = fx_output(cfg);
		snprintf(key, sizeof(key), "ns %s", kinds[i].name);
		assert_string_equal(fx_get(out, key), s.name[i]);
		assert_string_equal(fx_get(out, "hostname"),
				    kinds[i].bit == SB_NS_UTS ? "standing" : "sandbox");
		if (kinds[i].bit == SB_NS_TIME)
			assert_true(atoll(fx_get(out, "boottime")) >= 1000000);
	}
	leave(&s);
}

static void join_all(void **state)
{
	const char *argv[] = {"inside", "ns", "uts", "ids", "pids", NULL};
	sb_config *cfg = sb_config_new();
	struct standing s;
	const char *out;
	char key[32];
	size_t i;

	(void)state;
	stand(&s);
	for (i = 0; i < KINDS; i++) {
		if (s.ns[i] < 0) {
			leave(&s);
			sb_config_free(cfg);
			fx_skip("/proc/PID/ns of the sandbox may not be opened by this caller");
		}
		fx_ok(sb_set_ns_fd(cfg, kinds[i].bit, s.ns[i]));
	}
	fx_ok(sb_set_user(cfg, 1000, 1000));
	fx_ok(sb_set_command(cfg, "/inside", argv));
	out = fx_output(cfg);
	for (i = 0; i < KINDS; i++) {
		snprintf(key, sizeof(key), "ns %s", kinds[i].name);
		assert_string_equal(fx_get(out, key), s.name[i]);
	}
	fx_is(out, "hostname", "standing");
	fx_is(out, "uid", "1000");
	leave(&s);
}

static void a_descriptor_that_is_no_namespace_is_refused(void **state)
{
	sb_config *cfg = fx_config("exit=0");
	const sb_error *err;
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	(void)state;
	fx_ok(sb_set_ns_fd(cfg, SB_NS_UTS, fd));
	err = fx_refused(cfg, EINVAL);
	assert_string_equal(sb_step_name(err->step), "join");
	close(fd);
}

static void a_namespace_of_another_kind_is_refused(void **state)
{
	sb_config *cfg = fx_config("exit=0");
	int fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

	(void)state;
	fx_ok(sb_set_ns_fd(cfg, SB_NS_IPC, fd));
	assert_string_equal(sb_step_name(fx_refused(cfg, EINVAL)->step), "join");
	close(fd);
}

static void a_closed_descriptor_is_refused(void **state)
{
	sb_config *cfg = fx_config("exit=0");

	(void)state;
	fx_ok(sb_set_ns_fd(cfg, SB_NS_NET, 999));
	fx_refused(cfg, EBADF);
}

static int is_nsfs(const char *path)
{
	struct statfs f;

	return statfs(path, &f) == 0 && f.f_type == 0x6e736673;
}

/* Enters the pinned namespace as nsenter(1) would, and compares what it finds with what was inside. */
static int enters(const char *path, const struct kind *kind, const char *name)
{
	char file[64], to[64] = "";
	int status, fd;
	pid_t pid;

#ifdef __SANITIZE_THREAD__ /* its own thread goes along, and with it there is no setns(2) into most */
	return 1;
#endif
	pid = fork();
	if (pid == 0) {
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || setns(fd, kind->clone) < 0)
			_exit(1);
		snprintf(file, sizeof(file), "/proc/self/ns/%s", kind->name);
		if (kind->bit == SB_NS_PID)
			snprintf(file, sizeof(file), "/proc/self/ns/pid_for_children");
		if (kind->bit == SB_NS_MOUNT) /* only what is in it can be seen there */
			_exit(access("/inside", F_OK) < 0);
		/* A pid namespace whose process 1 is gone cannot be read any more. */
		if (readlink(file, to, sizeof(to) - 1) < 0)
			_exit(kind->bit == SB_NS_PID ? 0 : 2);
		_exit(strcmp(to, name) ? 3 : 0);
	}
	return waitpid(pid, &status, 0) == pid && status == 0;
}

static void pin_each(void **state)
{
	char key[32], name[64], pin[512];
	struct stat st;
	size_t i;

	(void)state;
	for (i = 0; i < KINDS; i++) {
		sb_config *cfg = fx_config("ns");
		sb_error err = SB_INIT(sb_error);

		snprintf(pin, sizeof(pin), "%s", fx_path(kinds[i].name));
		fx_ok(sb_add_proc(cfg, "/proc", 0));
		fx_ok(sb_add_pin(cfg, kinds[i].bit, pin));
		snprintf(key, sizeof(key), "ns %s", kinds[i].name);
		snprintf(name, sizeof(name), "%s", fx_get(fx_output(cfg), key));
		if (!is_nsfs(pin))
			fail_msg("%s is not pinned", kinds[i].name);
		if (fx_who() == FX_ROOT && !enters(pin, &kinds[i], name))
			fail_msg("the pinned %s cannot be entered", kinds[i].name);
		if (sb_unpin(pin, &err) < 0)
			fail_msg("unpin %s: %s", kinds[i].name, err.message);
		assert_int_equal(stat(pin, &st), -1);
		assert_int_equal(errno, ENOENT);
	}
}

static void pins_of_all_kinds_at_once(void **state)
{
	sb_config *cfg = fx_config("exit=0");
	size_t i;

	(void)state;
	for (i = 0; i < KINDS; i++)
		fx_ok(sb_add_pin(cfg, kinds[i].bit, fx_path(kinds[i].name)));
	fx_wait(fx_spawn(cfg), NULL);
	sb_config_free(cfg);
	for (i = 0; i < KINDS; i++) {
		assert_true(is_nsfs(fx_path(kinds[i].name)));
		fx_ok(sb_unpin(fx_path(kinds[i].name), NULL));
	}
}

/* The seed's `unshare --mount=FILE` and `nsenter --mount=FILE`, with our own second sandbox. */
static void what_was_pinned_can_be_joined(void **state)
{
	sb_config *cfg = fx_config("exit=0");
	const char *pin = fx_path("uts");
	int fd;

	(void)state;
	fx_ok(sb_set_hostname(cfg, "pinned"));
	fx_ok(sb_add_pin(cfg, SB_NS_UTS, pin));
	fx_wait(fx_spawn(cfg), NULL);
	sb_config_free(cfg);
	fd = open(pin, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	cfg = fx_config("uts");
	fx_ok(sb_set_ns_fd(cfg, SB_NS_UTS, fd));
	fx_is(fx_output(cfg), "hostname", "pinned");
	close(fd);
	fx_ok(sb_unpin(pin, NULL));
}

static void a_failed_spawn_takes_its_pins_back(void **state)
{
	sb_config *cfg = fx_config("exit=0");
	size_t i;

	(void)state;
	for (i = 0; i < KINDS; i++)
		fx_ok(sb_add_pin(cfg, kinds[i].bit, fx_path(kinds[i].name)));
	fx_ok(sb_set_command(cfg, "/nothing", NULL));
	fx_refused(cfg, ENOENT);
	for (i = 0; i < KINDS; i++)
		assert_int_equal(access(fx_path(kinds[i].name), F_OK), -1);
}

static void an_existing_file_is_pinned_on(void **state)
{
	sb_config *cfg = fx_config("exit=0");
	const char *pin = fx_write("net", "");

	(void)state;
	fx_ok(sb_add_pin(cfg, SB_NS_NET, pin));
	fx_wait(fx_spawn(cfg), NULL);
	sb_config_free(cfg);
	assert_true(is_nsfs(pin));
	fx_ok(sb_unpin(pin, NULL));
}

static void unpin_touches_nothing_but_pins(void **state)
{
	sb_error err = SB_INIT(sb_error);
	const char *file = fx_write("file", "precious");

	(void)state;
	assert_int_equal(sb_unpin(file, &err), -EINVAL);
	fx_has(err.message, file);
	assert_int_equal(access(file, F_OK), 0);
	assert_int_equal(sb_unpin(fx_tmp(), NULL), -EINVAL);
	assert_int_equal(sb_unpin(fx_path("nothing"), NULL), -ENOENT);
	assert_int_equal(sb_unpin(NULL, NULL), -EINVAL);
}

static void a_pin_nobody_may_make_names_its_path(void **state)
{
	sb_config *cfg = fx_config("exit=0");
	const sb_error *err;

	(void)state;
	fx_ok(sb_add_pin(cfg, SB_NS_NET, fx_path("no/such/dir")));
	err = fx_refused(cfg, ENOENT);
	assert_string_equal(sb_step_name(err->step), "pin");
	fx_has(err->message, "no/such/dir");
}

static void an_ordinary_user_is_told_that_pins_need_privilege(void **state)
{
	sb_config *cfg = fx_config("exit=0");
	const sb_error *err;

	(void)state;
	fx_ok(sb_add_pin(cfg, SB_NS_NET, fx_path("net")));
	err = fx_refused(cfg, EPERM);
	assert_string_equal(sb_step_name(err->step), "pin");
	fx_has(err->hint, "CAP_SYS_ADMIN");
}

/*
 * A mount namespace may be bound only in an older one, and the kernel tells age by numbers that
 * each cpu hands out in batches (seen in 6.18): the one that fx_begin() makes must have its
 * number from the same cpu as those of the sandboxes, or one in three pins is EINVAL.
 */
static void one_cpu(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)sched_getcpu(), &set);
	sched_setaffinity(0, sizeof(set), &set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST_IF("root", join_each),
		FX_TEST(join_all),
		FX_TEST(a_descriptor_that_is_no_namespace_is_refused),
		FX_TEST(a_namespace_of_another_kind_is_refused),
		FX_TEST(a_closed_descriptor_is_refused),
		FX_TEST_IF("privilege", pin_each),
		FX_TEST_IF("privilege", pins_of_all_kinds_at_once),
		FX_TEST_IF("privilege", what_was_pinned_can_be_joined),
		FX_TEST_IF("privilege", a_failed_spawn_takes_its_pins_back),
		FX_TEST_IF("privilege", an_existing_file_is_pinned_on),
		FX_TEST(unpin_touches_nothing_but_pins),
		FX_TEST_IF("privilege", a_pin_nobody_may_make_names_its_path),
		FX_TEST_IF("user", an_ordinary_user_is_told_that_pins_need_privilege),
	};

	one_cpu();
	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
