// SPDX-License-Identifier: MIT
/* Files of names: /etc/hosts, /etc/hostname, /etc/resolv.conf. */
#include "net_kit.h"

#include <sys/mount.h>

static const char *file_of(sb_config *cfg, const char *path)
{
	char word[64];
	char *out;

	snprintf(word, sizeof(word), "cat=%s", path);
	fx_command(cfg, word);
	out = strchr(fx_output(cfg), '=');
	assert_non_null(out);
	out[strlen(out) - 1] = '\0'; /* `inside` ends its answer with a line's end of its own */
	return out + 1;
}

static void hosts_knows_localhost_and_the_host_name(void **state)
{
	sb_config *cfg = fx_config("exit=0");
	const char *out;

	(void)state;
	fx_ok(sb_set_hostname(cfg, "judge7"));
	fx_ok(sb_add_host(cfg, "db.example", "192.0.2.7"));
	fx_ok(sb_add_host(cfg, "db.example", "2001:db8::7"));
	out = file_of(sb_config_copy(cfg), "/etc/hosts");
	fx_has(out, "127.0.0.1\tlocalhost\n::1\tlocalhost");
	fx_has(out, "127.0.1.1\tjudge7\n192.0.2.7\tdb.example\n2001:db8::7\tdb.example\n");
	assert_string_equal(file_of(cfg, "/etc/hostname"), "judge7\n");
}

static void a_given_address_is_the_host_names(void **state)
{
	sb_config *cfg;

	(void)state;
	net_bridge();
	cfg = net_with_veth(fx_config("exit=0"), "10.0.0.5");
	fx_ok(sb_add_host(cfg, NULL, NULL));
	fx_has(file_of(cfg, "/etc/hosts"), "\n10.0.0.5\tsandbox\n");
	net_no_bridge();
}

static void servers_are_those_that_were_given(void **state)
{
	const char *servers[] = { "192.0.2.53", "2001:db8::53", NULL },
		   *search[] = { "a.example", "b.example", NULL };
	sb_config *cfg = fx_config("exit=0");

	(void)state;
	fx_ok(sb_set_dns(cfg, servers, search));
	assert_string_equal(file_of(cfg, "/etc/resolv.conf"),
			    "nameserver 192.0.2.53\nnameserver 2001:db8::53\nsearch a.example b.example\n");
}

/* Over /etc/resolv.conf of this process's own mount namespace. */
static void host_file(const char *text)
{
	assert_int_equal(mount(fx_write("resolv", text), "/etc/resolv.conf", NULL, MS_BIND, NULL), 0);
}

static void no_host_file(void)
{
	assert_int_equal(umount("/etc/resolv.conf"), 0);
}

static void of_the_hosts_servers_those_that_can_be_reached_are_copied(void **state)
{
	sb_config *cfg = fx_config("exit=0");

	(void)state;
	host_file("# by hand\nnameserver 127.0.0.53\nnameserver 192.0.2.53\noptions edns0\n");
	fx_ok(sb_set_dns(cfg, NULL, NULL));
	no_host_file();
	assert_string_equal(file_of(cfg, "/etc/resolv.conf"),
			    "# by hand\nnameserver 192.0.2.53\noptions edns0\n");
}

static void with_the_hosts_network_all_are_copied(void **state)
{
	sb_config *cfg = fx_config("exit=0");

	(void)state;
	host_file("nameserver 127.0.0.53\n");
	fx_ok(sb_set_dns(cfg, NULL, NULL));
	no_host_file();
	fx_ok(sb_net_host(cfg));
	assert_string_equal(file_of(cfg, "/etc/resolv.conf"), "nameserver 127.0.0.53\n");
}

static void no_server_that_can_be_reached_is_an_error(void **state)
{
	sb_config *cfg = fx_config("exit=0");
	const sb_error *err;

	(void)state;
	host_file("nameserver 127.0.0.53\nnameserver ::1\n");
	fx_ok(sb_set_dns(cfg, NULL, NULL));
	no_host_file();
	err = fx_refused(cfg, EINVAL);
	fx_has(err->message, "no server that can be reached");
	fx_has(err->hint, "sb_set_dns()");
}

static void files_of_an_image_are_covered(void **state)
{
	const char *servers[] = {"192.0.2.53", NULL};
	sb_config *cfg = fx_config("exit=0");

	(void)state;
	fx_mkdir("image");
	fx_mkdir("image/etc");
	fx_write("image/inside", "");
	fx_write("image/etc/resolv.conf", "nameserver 203.0.113.1\n");
	fx_ok(sb_set_rootfs(cfg, fx_path("image"), 0));
	fx_ok(sb_set_dns(cfg, servers, NULL));
	assert_string_equal(file_of(cfg, "/etc/resolv.conf"), "nameserver 192.0.2.53\n");
	assert_string_equal(net_says("cat %s", fx_path("image/etc/resolv.conf")), "nameserver 203.0.113.1\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(hosts_knows_localhost_and_the_host_name),
		FX_TEST_IF("privilege", a_given_address_is_the_host_names),
		FX_TEST(servers_are_those_that_were_given),
		FX_TEST_IF("privilege", of_the_hosts_servers_those_that_can_be_reached_are_copied),
		FX_TEST_IF("privilege", with_the_hosts_network_all_are_copied),
		FX_TEST_IF("privilege", no_server_that_can_be_reached_is_an_error),
		FX_TEST(files_of_an_image_are_covered),
	};

	net_begin();
	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
