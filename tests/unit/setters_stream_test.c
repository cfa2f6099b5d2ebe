// SPDX-License-Identifier: MIT
/*
 * Where descriptors come from: what cannot be is refused, what was set last counts, copies are
 * independent.
 */
#include "setters.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "config/config_internal.h"
#include "config/stream_data.h"

static void no_config(void **state)
{
	(void)state;
	assert_int_equal(sb_set_stream_data(NULL, 0, "x", 1), -EINVAL);
	assert_int_equal(sb_set_stream_path(NULL, 0, "/x", O_RDONLY, 0), -EINVAL);
	assert_int_equal(sb_set_stream_same(NULL, 2, 1), -EINVAL);
	assert_int_equal(sb_set_stream_capture(NULL, 1, 0, 0), -EINVAL);
	assert_int_equal(sb_set_stream_copy(NULL, 1, -1, -1, 0, 0), -EINVAL);
}

static void what_cannot_be_is_refused(void **state)
{
	(void)state;
	BAD(EINVAL, "sb_set_stream_data", sb_set_stream_data(cfg, 0, NULL, 1));
	BAD(EINVAL, "-1", sb_set_stream_data(cfg, -1, "x", 1));
	BAD(EINVAL, "1024", sb_set_stream_data(cfg, 1024, "x", 1));
	GOOD(sb_set_stream_data(cfg, 1023, NULL, 0));
	BAD(EINVAL, "sb_set_stream_path", sb_set_stream_path(cfg, 0, NULL, O_RDONLY, 0));
	BAD(EINVAL, "relative", sb_set_stream_path(cfg, 0, "relative", O_RDONLY, 0));
	BAD(EINVAL, "..", sb_set_stream_path(cfg, 0, "/a/../b", O_RDONLY, 0));
	BAD(ENAMETOOLONG, "sb_set_stream_path", sb_set_stream_path(cfg, 0, long_path, O_RDONLY, 0));
	BAD(EINVAL, "1024", sb_set_stream_path(cfg, 1024, "/x", O_RDONLY, 0));
	BAD(EINVAL, "flags", sb_set_stream_path(cfg, 0, "/x", O_NONBLOCK, 0));
	BAD(EINVAL, "flags", sb_set_stream_path(cfg, 0, "/x", O_ACCMODE, 0));
	BAD(EINVAL, "flags", sb_set_stream_path(cfg, 0, "/x", -1, 0));
	BAD(EINVAL, "O_EXCL", sb_set_stream_path(cfg, 0, "/x", O_WRONLY | O_EXCL, 0));
	BAD(EINVAL, "O_TRUNC", sb_set_stream_path(cfg, 0, "/x", O_RDONLY | O_TRUNC, 0));
	BAD(EINVAL, "010000", sb_set_stream_path(cfg, 0, "/x", O_WRONLY | O_CREAT, 010000));
	GOOD(sb_set_stream_path(cfg, 0, "/x", O_RDWR | O_CREAT | O_EXCL | O_TRUNC | O_APPEND | O_NOFOLLOW,
				07777));
	BAD(EINVAL, "itself", sb_set_stream_same(cfg, 2, 2));
	BAD(EINVAL, "-1", sb_set_stream_same(cfg, 2, -1));
	BAD(EINVAL, "1024", sb_set_stream_same(cfg, 1024, 1));
	BAD(EINVAL, "1024", sb_set_stream_same(cfg, 1, 1024));
	GOOD(sb_set_stream_same(cfg, 2, 1));
	BAD(EINVAL, "0x2", sb_set_stream_capture(cfg, 1, 0, 2));
	BAD(EINVAL, "-1", sb_set_stream_capture(cfg, -1, 0, 0));
	GOOD(sb_set_stream_capture(cfg, 1, UINT64_MAX, SB_STREAM_DROP));
	BAD(EINVAL, "0x80", sb_set_stream_copy(cfg, 1, 1, -1, 0, 0x80));
	BAD(EINVAL, "-2", sb_set_stream_copy(cfg, 1, -2, -1, 0, 0));
	BAD(EINVAL, "-7", sb_set_stream_copy(cfg, 1, -1, -7, 0, 0));
	BAD(EINVAL, "4096", sb_set_stream_copy(cfg, 4096, -1, -1, 0, 0));
	GOOD(sb_set_stream_copy(cfg, 1, -1, -1, UINT64_MAX, 0));
}

/* Contradictions are between settings, so the order in which they were made does not matter. */
static void check_says(int (*set)(sb_config *cfg), const char *part)
{
	sb_error err = SB_INIT(sb_error);
	sb_config *cfg = fresh();
	int r;

	fx_ok(set(cfg));
	r = sb_config_check(cfg, &err);
	if (!part)
		fx_ok(r);
	else if (r != -EINVAL || strcmp(sb_step_name(err.step), "fd") || !strstr(err.message, part))
		fail_msg("%d: %s: %s", r, sb_step_name(err.step), err.message);
	sb_config_free(cfg);
}

static int of_nothing(sb_config *cfg)
{
	return sb_set_stream_same(cfg, 5, 4);
}

static int of_nothing_by_way(sb_config *cfg)
{
	return sb_set_stream_same(cfg, 5, 6) | sb_set_stream_same(cfg, 6, 7);
}

static int of_default(sb_config *cfg)
{
	return sb_set_stream_same(cfg, 5, 1);
}

static int in_a_circle(sb_config *cfg)
{
	return sb_set_stream_same(cfg, 1, 2) | sb_set_stream_same(cfg, 2, 1);
}

static int into_a_circle(sb_config *cfg)
{
	return in_a_circle(cfg) | sb_set_stream_same(cfg, 9, 1);
}

static int in_a_long_line(sb_config *cfg)
{
	int r = sb_set_stream_capture(cfg, 100, 5, 0);

	for (int fd = 0; fd < 100; fd++)
		r |= sb_set_stream_same(cfg, fd, fd + 1);
	return r;
}

static int of_the_terminal(sb_config *cfg)
{
	return sb_add_dev(cfg, "/dev") | sb_set_tty(cfg, 1) | sb_set_stream_same(cfg, 5, 1);
}

static int terminal_of_itself(sb_config *cfg)
{
	return sb_add_dev(cfg, "/dev") | sb_set_tty(cfg, 1) | sb_set_stream_same(cfg, 2, 1);
}

static void duplicates_are_of_something(void **state)
{
	(void)state;
	check_says(of_nothing, "descriptor 5 is a duplicate of 4, which is not set");
	check_says(of_nothing_by_way, "descriptor 5 is a duplicate of 7, which is not set");
	check_says(of_default, NULL);
	check_says(in_a_circle, "descriptor 1 is a duplicate of itself, by way of 2");
	check_says(into_a_circle, "itself");
	check_says(in_a_long_line, NULL);
	check_says(of_the_terminal, "descriptor 5 is a duplicate of 1, which is the terminal");
	check_says(terminal_of_itself, NULL);
}

static int open_fds(void)
{
	int n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void the_last_setter_counts(void **state)
{
	int before = open_fds();
	sb_config *cfg = fresh();

	(void)state;
	fx_ok(sb_set_stream_data(cfg, 4, "abc", 3));
	assert_int_equal(cfg->fds[0].kind, SBI_STREAM_DATA);
	assert_int_equal(open_fds(), before + 1);
	fx_ok(sb_set_fd(cfg, 4, 1));
	assert_int_equal(cfg->fds[0].kind, SBI_STREAM_HOST);
	assert_int_equal(cfg->fds[0].host_fd, 1);
	assert_null(cfg->fds[0].data);
	assert_int_equal(open_fds(), before);
	fx_ok(sb_set_stream_path(cfg, 4, "/tmp/x", O_WRONLY | O_CREAT, 0640));
	assert_int_equal(cfg->fds[0].kind, SBI_STREAM_PATH);
	assert_string_equal(cfg->fds[0].path, "/tmp/x");
	assert_int_equal(cfg->fds[0].open_flags, O_WRONLY | O_CREAT);
	assert_int_equal(cfg->fds[0].mode, 0640);
	assert_int_equal(cfg->fds[0].host_fd, -1);
	fx_ok(sb_set_stream_same(cfg, 4, 1));
	assert_int_equal(cfg->fds[0].kind, SBI_STREAM_SAME);
	assert_int_equal(cfg->fds[0].other, 1);
	assert_null(cfg->fds[0].path);
	fx_ok(sb_set_stream_capture(cfg, 4, 17, SB_STREAM_DROP));
	assert_int_equal(cfg->fds[0].kind, SBI_STREAM_CAPTURE);
	assert_int_equal(cfg->fds[0].cap, 17);
	assert_int_equal(cfg->fds[0].flags, SB_STREAM_DROP);
	fx_ok(sb_set_stream_copy(cfg, 4, 1, 2, 18, 0));
	assert_int_equal(cfg->fds[0].kind, SBI_STREAM_COPY);
	assert_int_equal(cfg->fds[0].flags, 0);
	assert_int_equal(cfg->fds[0].copy_fd, 2);
	/* A descriptor below it goes before it, and one setter that fails changes nothing. */
	fx_ok(sb_set_stream_same(cfg, 0, 4));
	assert_int_equal(sb_set_stream_copy(cfg, 4, -5, 2, 18, 0), -EINVAL);
	assert_int_equal(sb_set_stream_path(cfg, 4, "x", 0, 0), -EINVAL);
	assert_int_equal(cfg->fd_count, 2);
	assert_int_equal(cfg->fds[0].fd, 0);
	assert_int_equal(cfg->fds[1].fd, 4);
	assert_int_equal(cfg->fds[1].cap, 18);
	sb_config_free(cfg);
	assert_int_equal(open_fds(), before);
}

static void copies_share_data_and_nothing_else(void **state)
{
	int before = open_fds(), a, b;
	sb_config *cfg = fresh(), *copy;
	char text[8] = "";

	(void)state;
	fx_ok(sb_set_stream_data(cfg, 0, "abcdef", 6));
	fx_ok(sb_set_stream_path(cfg, 1, "/out", O_WRONLY, 0));
	copy = sb_config_copy(cfg);
	assert_non_null(copy);
	assert_int_equal(open_fds(), before + 1);
	sb_config_free(cfg);
	assert_string_equal(copy->fds[1].path, "/out");
	a = sbi_data_open(copy->fds[0].data);
	b = sbi_data_open(copy->fds[0].data);
	assert_true(a >= 0 && b >= 0);
	assert_int_equal(read(a, text, 4), 4);
	assert_int_equal(read(b, text, 7), 6);
	assert_string_equal(text, "abcdef");
	assert_int_equal(read(a, text, 7), 2);
	close(a);
	close(b);
	sb_config_free(copy);
	assert_int_equal(open_fds(), before);
}

static void data_cannot_be_changed(void **state)
{
	sb_config *cfg = fresh();
	char path[32];
	int fd;

	(void)state;
	fx_ok(sb_set_stream_data(cfg, 0, "abcdef", 6));
	fd = sbi_data_open(cfg->fds[0].data);
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	close(fd);
	fd = open(path, O_RDWR | O_CLOEXEC); /* the number is free: nothing is there */
	assert_int_equal(fd, -1);
	fd = sbi_data_open(cfg->fds[0].data);
	{
		int again = open(path, O_RDWR | O_CLOEXEC);

		if (again >= 0) {
			assert_int_equal(write(again, "x", 1), -1);
			assert_int_equal(ftruncate(again, 0), -1);
			close(again);
		}
	}
	close(fd);
	sb_config_free(cfg);
}

/* SIGXFSZ would be the end of the host. */
static void data_beyond_the_file_size_limit(void **state)
{
	struct rlimit old, small;

	(void)state;
	getrlimit(RLIMIT_FSIZE, &old);
	small = old;
	small.rlim_cur = 4;
	setrlimit(RLIMIT_FSIZE, &small);
	{
		sb_config *cfg = fresh();

		fx_ok(sb_set_stream_data(cfg, 0, "1234", 4));
		assert_int_equal(sb_set_stream_data(cfg, 0, "12345", 5), -EFBIG);
		sb_config_free(cfg);
	}
	setrlimit(RLIMIT_FSIZE, &old);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_config),
		cmocka_unit_test(what_cannot_be_is_refused),
		cmocka_unit_test(duplicates_are_of_something),
		cmocka_unit_test(the_last_setter_counts),
		cmocka_unit_test(copies_share_data_and_nothing_else),
		cmocka_unit_test(data_cannot_be_changed),
		cmocka_unit_test(data_beyond_the_file_size_limit),
	};

	return cmocka_run_group_tests(tests, make_long, NULL);
}
