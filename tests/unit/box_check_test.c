// SPDX-License-Identifier: MIT
/* Each check of a box after its reset finds what it is there for. A process of ours stands in for sb-init. */
#include "../fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/box_check.h"
#include "host/cgroup_dir.h"

struct world {
	struct sbi_identity then, now;
	struct sbi_extent extent;
	struct sbi_held held;
	struct sbi_compared c;
	char *mounts;
	sb_error err;
};

/* @what is done in it first; what that returns is in @done. */
static pid_t start(int (*what)(void), int *done, int *pidfd)
{
	int p[2], r = 0;
	pid_t pid;

	fx_ok(pipe(p));
	pid = fork();
	if (pid == 0) {
		r = what ? what() : 0;
		if (write(p[1], &r, sizeof(r)) != sizeof(r))
			_exit(1);
		for (;;)
			pause();
	}
	assert_true(pid > 0);
	assert_int_equal(read(p[0], &r, sizeof(r)), sizeof(r));
	close(p[0]);
	close(p[1]);
	if (done)
		*done = r;
	*pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	assert_true(*pidfd >= 0);
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void begin(struct world *w, int (*what)(void), int *done)
{
	memset(w, 0, sizeof(*w));
	w->err = (sb_error)SB_INIT(sb_error);
	sbi_hold(&w->held, getpid(), 0);
	w->extent = (struct sbi_extent){1000, 65534, 1};
	w->then.uid = w->then.gid = 1000;
	w->then.users = w->then.groups = (struct sbi_extents){&w->extent, 1};
	w->now = w->then;
	w->c.then.pid = start(NULL, NULL, &w->c.then.pidfd);
	end(w->c.then.pid);
	w->c.now.pid = start(what, done, &w->c.now.pidfd);
	fx_ok(sbi_look_at_mounts(w->c.now.pid, &w->mounts));
	w->c.then.mounts = w->mounts;
	w->c.then.id = &w->then;
	w->c.now.id = &w->now;
	w->c.held = &w->held;
}

static void finish(struct world *w)
{
	end(w->c.now.pid);
	close(w->c.now.pidfd);
	close(w->c.then.pidfd);
	sbi_let_go(&w->held);
	free(w->mounts);
}

static void passes(struct world *w)
{
	if (sbi_check_box(&w->c, &w->err) < 0)
		fail_msg("%s", w->err.message);
}

static void fails(struct world *w, const char *check, const char *words)
{
	char name[40];

	assert_int_equal(sbi_check_box(&w->c, &w->err), -ENOTRECOVERABLE);
	snprintf(name, sizeof(name), "the check \"%s\"", check);
	fx_has(w->err.message, name);
	fx_has(w->err.message, words);
}

static void what_is_the_same_passes(void **state)
{
	struct world w;

	(void)state;
	begin(&w, NULL, NULL);
	passes(&w);
	w.c.then.mounts = NULL; /* never read */
	passes(&w);
	finish(&w);
}

static void who_has_not_ended_is_found(void **state)
{
	struct world w;
	int dead;

	(void)state;
	begin(&w, NULL, NULL);
	dead = w.c.then.pidfd;
	w.c.then.pidfd = w.c.now.pidfd;
	fails(&w, "ended", "has not ended");
	w.c.then.pidfd = dead;
	passes(&w);
	finish(&w);
}

static void a_namespace_of_ours_is_found(void **state)
{
	struct world w;

	(void)state;
	begin(&w, NULL, NULL);
	w.c.own = SB_NS_UTS;
	fails(&w, "namespaces", "its uts namespace is that of this process");
	finish(&w);
}

static int leave(void)
{
	return unshare(CLONE_NEWUSER) < 0 ? errno : 0;
}

static void a_namespace_of_before_is_found(void **state)
{
	struct world w;
	int code;

	(void)state;
	begin(&w, leave, &code);
	if (code) {
		finish(&w);
		fx_skip("no user namespace can be made: %s", strerror(code));
	}
	w.c.own = SB_NS_USER;
	passes(&w);
	sbi_let_go(&w.held);
	sbi_hold(&w.held, w.c.now.pid, SB_NS_USER);
	fails(&w, "namespaces", "its user namespace is that of before");
	finish(&w);
}

static int have_child(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		for (;;)
			pause();
	}
	return pid;
}

static void who_runs_in_it_is_found(void **state)
{
	struct world w;
	char words[40];
	int child;

	(void)state;
	begin(&w, have_child, &child);
	snprintf(words, sizeof(words), "process %d runs in it", child);
	fails(&w, "alone", words);
	kill(child, SIGKILL);
	finish(&w);
	assert_int_equal(waitpid(child, NULL, 0), child); /* it became ours: fx_begin() */
}

static void every_difference_of_mounts_is_found(void **state)
{
	char *more, *other, words[300], point[256] = "";
	struct world w;
	size_t last;

	(void)state;
	begin(&w, NULL, NULL);
	last = strlen(w.mounts) - 1;
	while (last && w.mounts[last - 1] != '\n')
		last--;
	assert_int_equal(sscanf(w.mounts + last, "%*s %*s %255s", point), 1);

	fx_ok(asprintf(&more, "%s0 / /more rw - tmpfs none rw\n", w.mounts) < 0);
	w.c.then.mounts = more;
	fails(&w, "mounts", "/more was mounted, and is not");
	more[last] = '\0';
	snprintf(words, sizeof(words), "%.90s is mounted, and was not", point);
	fails(&w, "mounts", words);
	other = strdup(w.mounts);
	assert_non_null(other);
	other[strlen(other) - 2] ^= 1;
	w.c.then.mounts = other;
	fails(&w, "mounts", "or it is not the same");
	free(more);
	free(other);
	finish(&w);
}

static void other_ids_are_found(void **state)
{
	struct sbi_extent moved = {1000, 4242, 1};
	struct world w;

	(void)state;
	begin(&w, NULL, NULL);
	w.now.uid = 0;
	fails(&w, "ids", "in another way");
	w.now = w.then;
	w.now.users.list = &moved;
	fails(&w, "ids", "mapped");
	w.now = w.then;
	w.now.groups.count = 0;
	fails(&w, "ids", "mapped");
	w.now = w.then;
	passes(&w);
	finish(&w);
}

static void a_layer_that_is_missing_is_found(void **state)
{
	struct world w;

	(void)state;
	begin(&w, NULL, NULL);
	w.c.then.applied = 3;
	w.c.now.applied = 1;
	fails(&w, "layers", "applied is 0x1, and was 0x3");
	finish(&w);
}

static void of_a_table_that_cannot_be_read_nothing_is_kept(void **state)
{
	char *text = (char *)state;

	assert_int_equal(sbi_cg_read_all(AT_FDCWD, "/proc/0/mountinfo", &text), -ENOENT);
	assert_null(text);
	assert_int_equal(sbi_look_at_mounts(0, &text), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(what_is_the_same_passes),
		FX_TEST(who_has_not_ended_is_found),
		FX_TEST(a_namespace_of_ours_is_found),
		FX_TEST(a_namespace_of_before_is_found),
		FX_TEST(who_runs_in_it_is_found),
		FX_TEST(every_difference_of_mounts_is_found),
		FX_TEST(other_ids_are_found),
		FX_TEST(a_layer_that_is_missing_is_found),
		FX_TEST(of_a_table_that_cannot_be_read_nothing_is_kept),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
