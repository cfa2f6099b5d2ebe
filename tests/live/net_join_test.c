// SPDX-License-Identifier: MIT
/*
 * Networks that are somebody else's: joined by path, the host's; who may have one of his own; boxes
 * with one.
 */
#include "net_kit.h"
#include "box_kit.h"

static const char *addresses_of(sb_config *cfg)
{
	fx_ok(sb_add_system_dirs(cfg));
	fx_ok(sb_add_bind(cfg, "/proc", "/proc", SB_MOUNT_RECURSIVE));
	fx_ok(sb_set_command(cfg, "/bin/sh", (const char *const[]){"sh", "-c", "ip -br addr", NULL}));
	return fx_output(cfg);
}

static void a_network_is_joined_by_its_path(void **state)
{
	sb_config *owner, *guest = fx_config("exit=0"), *copy;
	sb_proc *proc;
	char path[64];

	(void)state;
	net_bridge();
	owner = net_with_veth(fx_config("pause"), "10.0.0.5");
	proc = fx_spawn(owner);
	snprintf(path, sizeof(path), "/proc/%d/ns/net", sb_proc_pid(proc));
	fx_ok(sb_net_join(guest, path));
	copy = sb_config_copy(guest);
	sb_config_free(guest); /* a copy needs nothing of it */
	fx_has(addresses_of(copy), "10.0.0.5/24");
	sb_proc_free(proc);
	sb_config_free(owner);
	net_no_bridge();
}

static void what_is_no_network_is_not_joined(void **state)
{
	static const struct {
		const char *path, *words;
		int code;
	} files[] = {
		{"/proc/self/ns/mnt", "is no network namespace", EINVAL},
		{"/etc/passwd", "is no network namespace", EINVAL},
		{"/nowhere/net", "No such file", ENOENT},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		sb_config *cfg = fx_config("exit=0");

		assert_int_equal(sb_net_join(cfg, files[i].path), -files[i].code);
		fx_has(fx_refused(cfg, files[i].code)->message, files[i].words);
	}
}

static void the_host_is_asked_for_by_name(void **state)
{
	sb_config *cfg = fx_config("ns");
	char mine[64];
	ssize_t n = readlink("/proc/self/ns/net", mine, sizeof(mine) - 1);

	(void)state;
	assert_true(n > 0);
	mine[n] = '\0';
	fx_ok(sb_net_host(cfg));
	fx_ok(sb_add_proc(cfg, "/proc", 0));
	fx_is(fx_output(cfg), "ns net", mine);
}

static void interfaces_need_a_network_of_ones_own(void **state)
{
	sb_config *cfg = fx_config("exit=0");

	(void)state;
	fx_ok(sb_net_host(cfg));
	fx_ok(sb_net_veth(cfg, NULL));
	fx_has(fx_refused(cfg, EINVAL)->message, "need a new network namespace");
}

static void an_ordinary_user_is_told_the_way_out(void **state)
{
	sb_config *cfg = fx_config("exit=0");
	const sb_error *err;

	(void)state;
	fx_ok(sb_net_veth(cfg, NULL));
	err = fx_refused(cfg, EPERM);
	fx_has(err->message, "Operation not permitted");
	fx_has(err->hint, "sb_net_user()");
}

static void a_box_has_its_network_until_it_ends(void **state)
{
	sb_config *cfg = fx_config("exit=0");
	sb_net_info info = SB_INIT(sb_net_info);
	sb_error err = SB_INIT(sb_error);
	sb_box *box = NULL;
	sb_proc *proc[2];

	(void)state;
	net_bridge();
	net_with_veth(cfg, "10.0.0.5");
	box = open_with(cfg);
	fx_command(cfg, "pause");
	for (int i = 0; i < 2; i++) {
		fx_ok(sb_box_spawn(box, cfg, &proc[i], &err));
		assert_int_equal(sb_proc_net(proc[i], 0, &info, &err), 1);
		assert_string_equal(info.address, "10.0.0.5/24");
		assert_int_equal(sb_proc_net(proc[i], 1, &info, &err), 0);
	}
	sb_proc_free(proc[0]);
	assert_int_equal(sb_proc_net(proc[1], 0, &info, &err), 1);
	sb_proc_free(proc[1]);
	fx_has(net_says("ip -br link"), info.host_name);
	sb_box_free(box);
	net_until("! ip -br link | grep -q master");
	sb_config_free(cfg);
	net_no_bridge();
}

static void low_ports_are_for_everybody_inside(void **state)
{
	sb_config *cfg, *low;
	const char *out;
	sb_proc *proc;
	int fd;

	(void)state;
	net_bridge();
	low = net_with_veth(fx_config("serve=80"), "10.0.0.5");
	proc = net_serving(low, &fd);
	cfg = net_config("tcp=10.0.0.5,80");
	out = fx_output(cfg);
	fx_has(out, "tcp=ok 10.0.0.");
	net_stop(proc, fd);
	sb_config_free(low);
	net_no_bridge();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST_IF("privilege", a_network_is_joined_by_its_path),
		FX_TEST(what_is_no_network_is_not_joined),
		FX_TEST(the_host_is_asked_for_by_name),
		FX_TEST(interfaces_need_a_network_of_ones_own),
		FX_TEST_IF("user", an_ordinary_user_is_told_the_way_out),
		FX_TEST_IF("privilege", a_box_has_its_network_until_it_ends),
		FX_TEST_IF("privilege", low_ports_are_for_everybody_inside),
	};

	net_begin();
	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
