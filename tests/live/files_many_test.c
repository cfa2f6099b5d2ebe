// SPDX-License-Identifier: MIT
/* Files of a box while commands run, threads ask, and with little of everything. */
#include "files_box.h"

#include <poll.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* A host that may not write so much gets an error, not SIGXFSZ. */
static const char *limited(void)
{
	struct rlimit limit = {100000, 100000};
	char data[100001] = {0};
	sb_error err = SB_INIT(sb_error);
	sb_dirent entry = SB_INIT(sb_dirent);
	int r;

	begin();
	if (setrlimit(RLIMIT_FSIZE, &limit) < 0)
		return "setrlimit";
	r = sb_box_put(box, "/work/a", data, sizeof(data), 0600, &err);
	if (r != -EFBIG)
		return "not EFBIG";
	if (sb_box_list(box, "/work", &entry, 1, NULL) != 0)
		return "a part was left";
	if (sb_box_put(box, "/work/a", data, sizeof(data) - 1, 0600, NULL) < 0)
		return "what fits";
	limit.rlim_cur = 1000;
	if (setrlimit(RLIMIT_FSIZE, &limit) < 0)
		return "setrlimit";
	if (sb_box_put(box, "/work/b", "", 0, 0600, NULL) != -EFBIG)
		return "not EFBIG for the page";
	end();
	return NULL;
}

static void file_size_limit(void **state)
{
	(void)state;
	fx_in_child(limited);
}

static void while_it_runs(void **state)
{
	sb_proc *proc;
	sb_result res = SB_INIT(sb_result);
	int in[2];

	(void)state;
	begin();
	fx_ok(pipe2(in, O_CLOEXEC));
	fx_ok(sb_set_fd(cfg, 0, in[0]));
	fx_ok(sb_set_command(cfg, "/bin/sh",
			     (const char *const[]){ "sh", "-c", "read x; test \"$(cat /work/a)\" = now",
						    NULL }));
	proc = start_in(box, cfg);
	close(in[0]);
	DONE(sb_box_put(box, "/work/a", "now", 3, 0600, &err));
	assert_int_equal(write(in[1], "\n", 1), 1);
	close(in[1]);
	fx_wait(proc, &res);
	assert_int_equal(res.code, 0);
	fx_ok(sb_set_fd(cfg, 0, -1));
	fx_command(cfg, "pause");
	proc = start_in(box, cfg);
	fx_ok(sb_proc_signal(proc, SIGSTOP));
	HAS(box, "/work/a", "now");
	DONE(sb_box_remove(box, "/work/a", &err));
	sb_proc_free(proc);
	end();
}

static void after_its_end(void **state)
{
	sb_dirent entry = SB_INIT(sb_dirent);
	void *data;

	(void)state;
	begin();
	fx_ok(sb_box_kill(box));
	REFUSED(ESRCH, "put /work/a: the sandbox is gone", "", sb_box_put(box, "/work/a", "x", 1, 0600, &err));
	REFUSED(ESRCH, "gone", "", sb_box_get(box, "/work/a", 1, &data, NULL, &err));
	REFUSED(ESRCH, "gone", "", sb_box_open_file(box, "/work/a", O_RDONLY, 0, &err));
	REFUSED(ESRCH, "gone", "", sb_box_mkdir(box, "/work/a", 0700, &err));
	REFUSED(ESRCH, "gone", "", sb_box_list(box, "/work", &entry, 1, &err));
	REFUSED(ESRCH, "gone", "", sb_box_remove(box, "/work/a", &err));
	end();
}

static void *work(void *arg)
{
	char path[40], text[20];
	void *data;
	size_t len;
	long bad = 0;

	for (int i = 0; i < 100; i++) {
		snprintf(path, sizeof(path), "/work/%ld-%d", (long)(intptr_t)arg, i);
		snprintf(text, sizeof(text), "%d", i);
		data = NULL;
		bad += sb_box_put(box, path, text, strlen(text), 0600, NULL) != 0;
		bad += sb_box_get(box, path, 100, &data, &len, NULL) != 0 || strcmp(data, text) != 0;
		bad += sb_box_list(box, "/work", NULL, 0, NULL) < 1;
		bad += sb_box_remove(box, path, NULL) != 0;
		free(data);
	}
	return (void *)bad;
}

static void four_threads_and_commands(void **state)
{
	pthread_t threads[4];
	void *bad;

	(void)state;
	begin();
	for (intptr_t i = 0; i < 4; i++)
		fx_ok(pthread_create(&threads[i], NULL, work, (void *)i));
	for (int i = 0; i < 20; i++)
		shell(box, cfg, "true");
	for (int i = 0; i < 4; i++) {
		fx_ok(pthread_join(threads[i], &bad));
		assert_null(bad);
	}
	assert_int_equal(sb_box_list(box, "/work", NULL, 0, NULL), 0);
	end();
}

static int is_there(const char *path)
{
	void *data = NULL;
	int r = sb_box_get(box, path, 1, &data, NULL, NULL);

	free(data);
	return r == 0;
}

static void *remove_m(void *arg)
{
	(void)arg;
	return (void *)(intptr_t)sb_box_remove(box, "/work/m", NULL);
}

/*
 * Of ten thousand files some are removed and some are not, when others are served in between: seen
 * at least once.
 */
static void others_have_their_turn(void **state)
{
	int seen = 0;

	(void)state;
	begin();
	fx_command(cfg, "mkdir=/work/m", "many=/work/m");
	for (int i = 0; i < 50 && !seen; i++) {
		pthread_t thread;
		void *r;
		int first, last, again;

		fx_wait(start_in(box, cfg), NULL);
		fx_ok(pthread_create(&thread, NULL, remove_m, NULL));
		do {
			first = is_there("/work/m/0");
			last = is_there("/work/m/9999");
			again = is_there("/work/m/0");
			/* one is gone, and then another is not */
			seen |= (!first && last) || (!last && again);
		} while (last || again);
		fx_ok(pthread_join(thread, &r));
		assert_null(r);
	}
	assert_true(seen);
	end();
}

/* With every number of descriptors that is too small: an error that says so, and none lost. */
static const char *few_descriptors(void)
{
	struct rlimit old, limit;
	sb_error err = SB_INIT(sb_error);
	int low, spare, r = -1, tries = 0;

	begin();
	if (sb_box_put(box, "/work/a", "x", 1, 0600, NULL) < 0)
		return "put";
	getrlimit(RLIMIT_NOFILE, &old);
	low = dup(0);
	close(low);
	for (spare = 0; spare < 12 && r < 0; spare++) {
		void *data = NULL;

		limit = old;
		limit.rlim_cur = (rlim_t)(low + spare);
		setrlimit(RLIMIT_NOFILE, &limit);
		err = (sb_error)SB_INIT(sb_error);
		r = sb_box_get(box, "/work/a", 1, &data, NULL, &err);
		setrlimit(RLIMIT_NOFILE, &old);
		free(data);
		if (r < 0 && (r != -EMFILE || !strstr(err.hint, "RLIMIT_NOFILE")))
			return "another error";
		tries += r < 0;
		if (dup(0) != low)
			return "a descriptor was lost";
		close(low);
	}
	if (r < 0 || tries < 3)
		return "no success, or too early";
	end();
	return NULL;
}

static void scarce_descriptors(void **state)
{
	(void)state;
	fx_in_child(few_descriptors);
}

/* A little of everything; 0 if all of it went as it should. */
static int once_more(void)
{
	void *data = NULL;
	int r;

	sb_box_remove(box, "/work/d", NULL); /* of an attempt that went wrong */
	r = sb_box_get(box, "/work/a", 1, &data, NULL, NULL);
	free(data);
	r |= sb_box_put(box, "/work/a", "x", 1, 0600, NULL) != -EEXIST;
	r |= sb_box_mkdir(box, "/work/d", 0700, NULL) | sb_box_mkdir(box, "/work/d/e", 0700, NULL);
	r |= sb_box_list(box, "/work", NULL, 0, NULL) != 2;
	r |= sb_box_get(box, "/work/d", 1, &data, NULL, NULL) != -EISDIR;
	r |= sb_box_get(box, "/proc/version", 1, &data, NULL, NULL) != -EACCES;
	return r | sb_box_remove(box, "/work/d", NULL);
}

/*
 * The box has no numbers left: sb-init's own limit. Against it the kernel also counts what all
 * processes of the user have in flight (ETOOMANYREFS: unix(7)), so what goes wrong once may be
 * others' doing; what is lost stays lost.
 */
static const char *few_in_the_box(void)
{
	struct rlimit old, limit;
	sb_error err = SB_INIT(sb_error);
	int r = -1, failed = 0;

	getrlimit(RLIMIT_NOFILE, &old);
	begin();
	for (rlim_t n = 4; n < 40 && r < 0; n++) {
		limit = (struct rlimit){n, old.rlim_max};
		if (prlimit(sb_box_pid(box), RLIMIT_NOFILE, &limit, NULL) < 0) {
			end();
			return "skip: prlimit of sb-init is not allowed";
		}
		err = (sb_error)SB_INIT(sb_error);
		r = sb_box_put(box, "/work/a", "x", 1, 0600, &err);
		failed += r < 0;
		if (r < 0 && r != -EMFILE)
			return strdup(err.message);
	}
	if (r < 0 || !failed)
		return "no success, or too early";
	for (int i = 0; i < 100; i++) { /* none of sb-init's is lost, whatever comes of it */
		for (int tries = 0; (r = once_more()) != 0 && tries < 1000; tries++)
			poll(NULL, 0, 2);
		if (r)
			return "a descriptor of sb-init was lost";
	}
	prlimit(sb_box_pid(box), RLIMIT_NOFILE, &old, NULL);
	end();
	return NULL;
}

static void scarce_descriptors_inside(void **state)
{
	(void)state;
	fx_in_child(few_in_the_box);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(file_size_limit),
		FX_TEST(while_it_runs),
		FX_TEST(after_its_end),
		FX_TEST(four_threads_and_commands),
		FX_TEST(others_have_their_turn),
		FX_TEST(scarce_descriptors),
		FX_TEST(scarce_descriptors_inside),
	};

	fx_begin();
	return cmocka_run_group_tests_name("files_many", tests, NULL, NULL);
}
