// SPDX-License-Identifier: MIT
/* What mounts of an open box leave behind, after many of them, in many threads, and on the host: nothing. */
#include "box_mount_kit.h"

#include <pthread.h>

/* The source's mount is shared with others on the host; both directions are shut. */
static void nothing_travels(void **state)
{
	char *before, *after;

	(void)state;
	fx_mount("shared", "mode=777");
	fx_ok(mount(NULL, fx_path("shared"), NULL, MS_SHARED, NULL));
	fx_mkdir("shared/sub");
	fx_ok(chmod(fx_path("shared/sub"), 0777));
	begin();
	before = host_mounts();
	DONE(sb_box_bind(box, fx_path("shared"), "/in", 0, &err));
	DONE(sb_box_tmpfs(box, "/in/sub", 0, 0, 0777, &err));
	DONE(sb_box_bind(box, "/usr", "/in/sub/usr", SB_MOUNT_RECURSIVE, &err));
	after = host_mounts();
	assert_string_equal(before, after);
	free(after);
	shell(box, cfg, "test -e /in/sub/usr/bin/env");
	assert_int_equal(access(fx_path("shared/sub/usr"), F_OK), -1);
	DONE(sb_box_unmount(box, "/in/sub/usr", &err));
	DONE(sb_box_unmount(box, "/in/sub", &err));
	after = host_mounts();
	assert_string_equal(before, after);
	free(after);
	free(before);
	/* what the host mounts later does not come in */
	fx_ok(mount("t", fx_path("shared/sub"), "tmpfs", 0, NULL));
	fx_write("shared/sub/later", "");
	fx_is(SAID("ls=/in/sub"), "ls /in/sub", "");
	fx_umount("shared/sub");
	DONE(sb_box_unmount(box, "/in", &err));
	end();
	fx_umount("shared");
}

/* Numbers of descriptors and mounts are as before; the fixture looks for the rest. */
static void five_hundred_times(void **state)
{
	char dir[300], file[310];
	int lowest, r;

	(void)state;
	snprintf(dir, sizeof(dir), "%s", a_dir("d"));
	snprintf(file, sizeof(file), "%s/file", dir);
	begin();
	shell(box, cfg, "grep -c . /proc/self/mountinfo > /work/count");
	lowest = dup(0);
	close(lowest);
	for (int i = 0; i < 500; i++) {
		const char *target = i % 3 ? "/in" : "/file";

		DONE(i % 3 == 0 ? sb_box_bind(box, file, target, SB_MOUNT_RO, &err) :
		     i % 3 == 1 ? sb_box_bind(box, dir, target, 0, &err) :
				  sb_box_tmpfs(box, target, 0, 0, 0700, &err));
		DONE(sb_box_unmount(box, target, &err));
	}
	r = dup(0);
	close(r);
	assert_int_equal(r, lowest);
	shell(box, cfg, "test $(grep -c . /proc/self/mountinfo) = $(cat /work/count)");
	end();
}

static void *add_and_remove(void *arg)
{
	char path[40];

	snprintf(path, sizeof(path), "/work/%s", (const char *)arg);
	for (int i = 0; i < 50; i++) {
		if (sb_box_tmpfs(box, path, 0, 0, 0700, NULL) < 0)
			return arg;
		if (sb_box_unmount(box, path, NULL) < 0)
			return arg;
	}
	return NULL;
}

static void any_number_of_threads(void **state)
{
	static char names[4][2] = {"a", "b", "c", "d"};
	pthread_t threads[4];
	void *answer;

	(void)state;
	begin();
	for (int i = 0; i < 4; i++)
		fx_ok(pthread_create(&threads[i], NULL, add_and_remove, names[i]));
	for (int i = 0; i < 4; i++) {
		fx_ok(pthread_join(threads[i], &answer));
		assert_null(answer);
	}
	shell(box, cfg, "test $(ls /work | wc -l) = 4");
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST_IF("root", nothing_travels),
		FX_TEST(five_hundred_times),
		FX_TEST(any_number_of_threads),
	};

	fx_begin();
	return cmocka_run_group_tests_name("box_mount_left", tests, NULL, NULL);
}
