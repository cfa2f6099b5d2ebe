// SPDX-License-Identifier: MIT
/* Hosts that have little left: descriptors, files, a directory to be in, the right to be looked at. */
#include "../fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * What would break this process is done in a fork, from where cmocka's jumps do not reach the
 * test: the line of the check that failed is left in shared memory.
 */
static volatile int *failed_line;

#define CHECK(x)                                 \
	do {                                     \
		if (!(x)) {                      \
			*failed_line = __LINE__; \
			_exit(1);                \
		}                                \
	} while (0)

static void in_child(void (*part)(void))
{
	int status, line;
	pid_t pid;

	failed_line =
		mmap(NULL, sizeof(*failed_line), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(failed_line != MAP_FAILED);
	*failed_line = 0;
	pid = fork();
	if (pid == 0) {
		part();
		_exit(0);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	line = *failed_line;
	munmap((void *)failed_line, sizeof(*failed_line));
	if (WIFSIGNALED(status))
		fail_msg("the host was killed by signal %d", WTERMSIG(status));
	if (status)
		fail_msg("the check in line %d failed", line);
}

/* Runs @cfg and reads what it says from its fd 1, without cmocka. Returns the exit status or -1. */
static int talk(sb_config *cfg, char *buf, size_t len)
{
	sb_result res = SB_INIT(sb_result);
	sb_proc *proc = NULL;
	size_t at = 0;
	int fds[2];
	ssize_t n;

	if (pipe(fds) < 0 || sb_set_fd(cfg, 1, fds[1]) < 0 || sb_spawn(cfg, &proc, NULL) < 0)
		return -1;
	close(fds[1]);
	while (at < len - 1 && (n = read(fds[0], buf + at, len - 1 - at)) > 0)
		at += (size_t)n;
	buf[at] = '\0';
	close(fds[0]);
	sb_proc_wait(proc, UINT64_MAX, &res, NULL);
	sb_proc_free(proc);
	return res.verdict == SB_EXITED ? res.code : -1;
}

static void without_stdio(void)
{
	sb_config *cfg = fx_config("fds", "fd=0", "fd=1", "fd=2");
	char out[1024];

	close(0);
	close(1);
	close(2);
	/* The pipe of talk() is 0 and 1 now, and so may be descriptors of the library. */
	CHECK(talk(cfg, out, sizeof(out)) == 0);
	sb_config_free(cfg);
	CHECK(!strcmp(fx_get(out, "fds"), "0 1 2"));
	CHECK(!strcmp(fx_get(out, "fd0"), "20000 1:3 0") || !strcmp(fx_get(out, "fd0"), "20000 1:3 2"));
	CHECK(!strncmp(fx_get(out, "fd1"), "10000 ", 6));
	CHECK(!strncmp(fx_get(out, "fd2"), "20000 1:3 ", 10));
	CHECK(fcntl(0, F_GETFD) < 0 && fcntl(1, F_GETFD) < 0 && fcntl(2, F_GETFD) < 0);
}

static void fds_0_to_2_closed(void **state)
{
	(void)state;
	in_child(without_stdio);
}

static void crosswise(void)
{
	sb_config *cfg = fx_config("read=0", "fd=0", "fd=1");
	sb_result res = SB_INIT(sb_result);
	int a[2], b[2], n;
	char out[256] = "";
	sb_proc *proc;

	close(0);
	close(1);
	/* a is 0 and 1, and what the command is to have as 0 is the host's 0; its 1 the host's 3 or so. */
	CHECK(pipe(a) == 0 && pipe(b) == 0);
	CHECK(write(a[1], "x", 1) == 1);
	CHECK(sb_set_fd(cfg, 0, a[0]) == 0 && sb_set_fd(cfg, 1, b[1]) == 0 &&
	      sb_set_fd(cfg, b[1], a[0]) == 0);
	CHECK(sb_set_fd(cfg, b[0], a[1]) == 0);
	CHECK(sb_spawn(cfg, &proc, NULL) == 0);
	CHECK(sb_proc_wait(proc, UINT64_MAX, &res, NULL) == 1);
	CHECK(res.verdict == SB_EXITED && res.code == 0);
	sb_proc_free(proc);
	sb_config_free(cfg);
	n = (int)read(b[0], out, sizeof(out) - 1);
	CHECK(n > 0 && !strncmp(out, "read=1\n", 7));
}

static void descriptors_that_change_places(void **state)
{
	(void)state;
	in_child(crosswise);
}

static int free_fds(int limit)
{
	int fd, n = 0;

	for (fd = 0; fd < limit; fd++)
		n += fcntl(fd, F_GETFD) < 0;
	return n;
}

/*
 * So many that the socket is fetched rather than copied (host/clone.c), and then no number left for
 * what comes next.
 */
static void many_and_nearly_used_up(void)
{
	struct rlimit few;
	sb_config *cfg = fx_config("exit=7");
	int r, limit, last = 0, worked = 0;

	CHECK(getrlimit(RLIMIT_NOFILE, &few) == 0);
	while (last < 600)
		CHECK((last = dup(0)) >= 0);
	for (limit = last + 1; limit < last + 24; limit++) {
		sb_result res = SB_INIT(sb_result);
		sb_proc *proc = NULL;

		few.rlim_cur = (rlim_t)limit;
		CHECK(setrlimit(RLIMIT_NOFILE, &few) == 0);
		r = sb_spawn(cfg, &proc, NULL);
		CHECK(r == 0 || r == -EMFILE || r == -ETOOMANYREFS);
		worked += r == 0;
		if (r == 0) {
			CHECK(sb_proc_wait(proc, UINT64_MAX, &res, NULL) == 1 && res.code == 7);
			sb_proc_free(proc);
		}
		CHECK(waitpid(-1, NULL, __WALL | WNOHANG) < 0 && errno == ECHILD);
	}
	CHECK(worked > 0);
}

static void many_descriptors_and_few_left(void **state)
{
	(void)state;
	in_child(many_and_nearly_used_up);
}

/* From no free descriptor at all up to enough: an error that says so, or success, and nothing lost. */
static void descriptors_nearly_used_up(void **state)
{
	struct rlimit old, few;
	int limit, before, r, failed = 0, worked = 0;

	(void)state;
	getrlimit(RLIMIT_NOFILE, &old);
	few = old;
	for (limit = 3; limit < 64 && worked < 3; limit++) {
		sb_error err = SB_INIT(sb_error);
		sb_result res = SB_INIT(sb_result);
		sb_proc *proc = NULL;
		sb_config *cfg;

		before = free_fds(limit);
		cfg = fx_config("exit=7");
		few.rlim_cur = (rlim_t)limit;
		setrlimit(RLIMIT_NOFILE, &few);
		r = sb_spawn(cfg, &proc, &err);
		if (r == 0) {
			worked++;
			r = sb_proc_wait(proc, UINT64_MAX, &res, NULL);
			sb_proc_free(proc);
			if (r == 1)
				assert_int_equal(res.code, 7);
		} else {
			failed++;
			/*
			 * ETOOMANYREFS: other processes of this user have descriptors on their way
			 * (unix(7)).
			 */
			if (r != -EMFILE && r != -ETOOMANYREFS) {
				setrlimit(RLIMIT_NOFILE, &old);
				fail_msg("limit %d: %s: %s", limit, strerror(-r), err.message);
			}
			assert_true(err.message[0]);
			assert_null(proc);
		}
		sb_config_free(cfg);
		r = free_fds(limit);
		setrlimit(RLIMIT_NOFILE, &old);
		assert_int_equal(r, before);
	}
	assert_true(failed > 0);
	assert_int_equal(worked, 3);
}

static void undumpable(void)
{
	sb_config *cfg = fx_config("exit=7");
	char out[64];
	int i;

	/* Often: while sb-init is being executed its /proc files are not ours for a moment. */
	prctl(PR_SET_DUMPABLE, 0);
	for (i = 0; i < 400; i++)
		CHECK(talk(cfg, out, sizeof(out)) == 7);
	CHECK(prctl(PR_GET_DUMPABLE) == 0);
}

static void the_host_is_not_dumpable(void **state)
{
	(void)state;
	in_child(undumpable);
}

static void nowhere(void)
{
	sb_config *cfg = fx_config("where", "exit=7");
	const char *dir = fx_mkdir("gone");
	char out[64];

	CHECK(chdir(dir) == 0 && rmdir(dir) == 0);
	CHECK(talk(cfg, out, sizeof(out)) == 7);
	CHECK(!strcmp(fx_get(out, "cwd"), "/"));
}

static void the_cwd_was_removed(void **state)
{
	(void)state;
	in_child(nowhere);
}

static void tiny_files(void)
{
	struct rlimit none = {0, RLIM_INFINITY};
	sb_config *cfg = fx_config("exit=7");
	sb_proc *proc;
	int r;

	setrlimit(RLIMIT_FSIZE, &none);
	r = sb_spawn(cfg, &proc, NULL);
	CHECK(r == 0 || r == -EFBIG);
	if (r == 0)
		sb_proc_free(proc);
}

/* A memfd is a file too: writing to it must not end the host by SIGXFSZ. */
static void no_file_may_be_written(void **state)
{
	(void)state;
	in_child(tiny_files);
}

static void coreless(void)
{
	struct rlimit none = {0, 0};
	sb_config *cfg = fx_config("rlimit=4", "exit=7");
	char out[64];

	setrlimit(RLIMIT_CORE, &none);
	CHECK(talk(cfg, out, sizeof(out)) == 7);
	CHECK(!strcmp(fx_get(out, "rlimit4"), "0 0"));
}

/* The default limit must not ask for more than the host has. */
static void core_dumps_are_forbidden_already(void **state)
{
	(void)state;
	in_child(coreless);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(fds_0_to_2_closed),
		FX_TEST(descriptors_that_change_places),
		FX_TEST(many_descriptors_and_few_left),
		FX_TEST(descriptors_nearly_used_up),
		FX_TEST(the_host_is_not_dumpable),
		FX_TEST(the_cwd_was_removed),
		FX_TEST(no_file_may_be_written),
		FX_TEST(core_dumps_are_forbidden_already),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
