// SPDX-License-Identifier: MIT
/* Whose the files of a box are, and for whom sb-init opens them. */
#include "files_box.h"

#include <sys/syscall.h>

/* A bind of the caller's own directory: it is written to as the command would write. */
static void host_directory(void **state)
{
	const char *dir = fx_mkdir("shared");
	struct stat st;

	(void)state;
	chmod(dir, 0777);
	fx_write("shared/in", "from the host");
	cfg = work_config();
	fx_ok(sb_add_bind(cfg, dir, "/shared", 0));
	fx_ok(sb_add_bind(cfg, dir, "/ro", SB_MOUNT_RO));
	box = open_with(cfg);
	HAS(box, "/shared/in", "from the host");
	DONE(sb_box_put(box, "/shared/out", "x", 1, 0600, &err));
	fx_ok(stat(fx_path("shared/out"), &st));
	assert_int_equal(st.st_uid, fx_who() == FX_ROOT ? 65534 : geteuid());
	REFUSED(EROFS, "put /ro/x", "", sb_box_put(box, "/ro/x", "x", 1, 0600, &err));
	REFUSED(EROFS, "remove /ro/in", "", sb_box_remove(box, "/ro/in", &err));
	DONE(sb_box_remove(box, "/shared/out", &err));
	end();
}

/* Root's files that the box was shown are not the box's: sb-init's own id must not open them. */
static void files_of_the_hosts_root(void **state)
{
	const char *dir = fx_mkdir("roots");

	(void)state;
	fx_write("roots/secret", "s");
	chmod(fx_path("roots/secret"), 0600);
	cfg = work_config();
	fx_ok(sb_add_bind(cfg, dir, "/roots", 0));
	box = open_with(cfg);
	REFUSED(EACCES, "get /roots/secret", "an id that the box does not have",
		sb_box_get(box, "/roots/secret", 10, &(void *){ NULL }, NULL, &err));
	REFUSED(EACCES, "put /roots/x", "", sb_box_put(box, "/roots/x", "x", 1, 0600, &err));
	REFUSED(EACCES, "remove /roots/secret", "", sb_box_remove(box, "/roots/secret", &err));
	fx_ok(access(fx_path("roots/secret"), F_OK));
	shell(box, cfg, "! cat /roots/secret 2> /dev/null");
	end();
}

/* Many ids in the box: files of one are no obstacle, and what is made is the box's user's. */
static void of_several_ids(void)
{
	sb_config *other;

	fx_ok(sb_add_cap(cfg, "chown")); /* the most that its commands may keep */
	box = open_with(cfg);
	fx_ok(sb_drop_cap(cfg, "chown"));
	other = sb_config_copy(cfg);
	fx_ok(sb_set_user(cfg, 1000, 1000)); /* of commands; the box's user is what it was opened with */
	fx_ok(sb_set_user(other, 7, 8));
	fx_ok(sb_add_cap(other, "chown"));
	DONE(sb_box_mkdir(box, "/work/all", 01777, &err));
	shell(box, cfg, "cd /work/all; mkdir d; echo mine > d/f; chmod 0 d/f d");
	shell(box, other,
	      "cd /work/all; mkdir e; echo theirs > e/f; chmod 0 e/f e; touch t; chmod 1700 .  2> /dev/null || true");
	HAS(box, "/work/all/d/f", "mine\n");
	HAS(box, "/work/all/e/f", "theirs\n");
	DONE(sb_box_put(box, "/work/all/e/g", "x", 1, 0644, &err));
	shell(box, other,
	      "chmod 755 /work/all/e; test $(stat -c %u:%g /work/all/e/g /work/all/e/f | tr '\\n' ' ' | tr ' ' ,) = 5:6,7:8,");
	DONE(sb_box_remove(box, "/work/all", &err));
	assert_int_equal(sb_box_list(box, "/work", NULL, 0, NULL), 0);
	shell(box, cfg, "true"); /* sb-init is who it was: it still starts commands, as whom it should */
	shell(box, other, "test $(id -u) = 7");
	sb_config_free(other);
	end();
}

static void ids_of_a_map(void **state)
{
	(void)state;
	cfg = work_config();
	fx_ok(sb_add_idmap(cfg, SB_ID_USER | SB_ID_GROUP, 0, 300000, 65536));
	fx_ok(sb_set_user(cfg, 5, 6));
	of_several_ids();
}

static void ids_by_newuidmap(void **state)
{
	(void)state;
	cfg = work_config();
	fx_ok(sb_set_idmap_auto(cfg));
	fx_ok(sb_set_user(cfg, 5, 6));
	of_several_ids();
}

static void without_a_user_namespace(void **state)
{
	(void)state;
	cfg = work_config();
	fx_ok(sb_set_ns(cfg, SB_NS_ALL & ~SB_NS_USER));
	fx_ok(sb_set_user(cfg, 5, 6));
	of_several_ids();
}

/* Nothing but files: no namespace, so the present root, and no capabilities for an ordinary user. */
static void without_any_namespace(void **state)
{
	const char *dir = fx_mkdir("plain");
	char path[4200];

	(void)state;
	chmod(dir, 0777);
	cfg = sb_config_new();
	fx_ok(sb_set_ns(cfg, 0));
	fx_ok(sb_set_env(cfg, (const char *const[]){"PATH=/usr/bin:/bin", NULL}));
	fx_ok(sb_set_command(cfg, "/bin/true", NULL));
	fx_ok(sb_set_cwd(cfg, dir));
	box = open_with(cfg);
	snprintf(path, sizeof(path), "%s/t", dir);
	shell(box, cfg,
	      "mkdir -p t/a/b/c t/e; echo x > t/a/b/f; echo x > t/e/f; chmod 0500 t/a/b t/e; chmod 0 t/a t");
	/* before 6.6 its owner must do it */
	if (syscall(452 /* fchmodat2 */, -1, "", 0, 0) < 0 && errno == ENOSYS) {
		REFUSED(EACCES, "remove", "", sb_box_remove(box, path, &err));
		shell(box, cfg, "chmod 700 t t/a");
	}
	DONE(sb_box_remove(box, path, &err));
	DONE(sb_box_put(box, path, "x", 1, 0600, &err));
	HAS(box, path, "x");
	end();
}

/* Ids and capabilities of sb-init, as the kernel sees them. */
static void credentials(char *text, size_t len)
{
	char path[40], line[256];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)sb_box_pid(box));
	f = fopen(path, "re");
	assert_non_null(f);
	text[0] = '\0';
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, "Uid:", 4) || !strncmp(line, "Gid:", 4) || !strncmp(line, "Cap", 3))
			snprintf(text + strlen(text), len - strlen(text), "%s", line);
	fclose(f);
}

/* It acts as the box's user, and is itself again before it does anything else. */
static void sb_init_stays_who_it_is(void **state)
{
	char before[1000], after[1000];

	(void)state;
	begin();
	credentials(before, sizeof(before));
	DONE(sb_box_put(box, "/work/a", "x", 1, 0600, &err));
	assert_int_equal(sb_box_remove(box, "/work/b", NULL), -ENOENT);
	credentials(after, sizeof(after));
	assert_string_equal(before, after);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(host_directory),
		FX_TEST_IF("root", files_of_the_hosts_root),
		FX_TEST_IF("root", ids_of_a_map),
		FX_TEST_IF("user newuidmap", ids_by_newuidmap),
		FX_TEST_IF("root", without_a_user_namespace),
		FX_TEST_IF("user", without_any_namespace),
		FX_TEST(sb_init_stays_who_it_is),
	};

	fx_begin();
	return cmocka_run_group_tests_name("files_who", tests, NULL, NULL);
}
