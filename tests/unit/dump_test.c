// SPDX-License-Identifier: MIT
/*
 * Plans as text, against files that are read in review: the order of a creation changes
 * only on purpose. The caller is a fixed one, so that the texts depend on nobody's privileges.
 * With GOLDEN_UPDATE=1 the files are written anew.
 */
#include "../fixture.h"

#include <errno.h>
#include <stdlib.h>

#include "plan/plan_internal.h"

static const struct sbi_view root_view = {
	.privileged = 1,
	.may_setgroups = 1,
	.root_is_host = 1,
	.nobody_mapped = 1,
};

static const struct sbi_view user_view = {
	.euid = 1001,
	.egid = 1001,
};

static char *read_golden(const char *path)
{
	char *text = calloc(1, 65536);
	FILE *f = fopen(path, "re");

	if (!f)
		fail_msg("%s is missing: GOLDEN_UPDATE=1 writes it", path);
	assert_true(fread(text, 1, 65535, f) > 0);
	fclose(f);
	return text;
}

static void write_golden(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

/* The plan of @cfg for the caller of @view is the text of the file @name; frees @cfg. */
static void is_golden(sb_config *cfg, const struct sbi_view *view, const char *name)
{
	static char text[65536];
	struct sbi_compiled plan;
	sb_error err = SB_INIT(sb_error);
	const char *dir = getenv("GOLDEN_DIR");
	char path[4096], *want;

	assert_non_null(dir);
	memset(&plan, 0, sizeof(plan));
	if (sbi_compile(cfg, view, SBI_COMPILE_SETUP | SBI_COMPILE_COMMAND, NULL, &plan, &err) < 0)
		fail_msg("%s: %s", name, err.message);
	assert_in_range(sbi_dump(cfg, &plan, text, sizeof(text)), 1, sizeof(text) - 1);
	sbi_compiled_free(&plan);
	sb_config_free(cfg);
	snprintf(path, sizeof(path), "%s/%s.txt", dir, name);
	if (getenv("GOLDEN_UPDATE"))
		write_golden(path, text);
	want = read_golden(path);
	if (strcmp(text, want))
		print_error("the plan is\n%s", text);
	assert_string_equal(text, want);
	free(want);
}

static sb_config *least(void)
{
	sb_config *cfg = sb_config_new();

	fx_ok(sb_add_bind(cfg, "/usr/bin/true", "/true", SB_MOUNT_RO));
	fx_ok(sb_set_command(cfg, "/true", NULL));
	return cfg;
}

static void the_default(void **state)
{
	(void)state;
	is_golden(least(), &root_view, "default-root");
	is_golden(least(), &user_view, "default-user");
}

static sb_config *everything(void)
{
	const char *lower[] = {"/srv/a", "/srv/b", NULL};
	const char *argv[] = {"prog", "one argument", NULL};
	sb_config *cfg = sb_config_new();

	fx_ok(sb_add_bind(cfg, "/usr", "/usr", SB_MOUNT_RO | SB_MOUNT_RECURSIVE));
	fx_ok(sb_add_bind(cfg, "/srv/in", "/in",
			  SB_MOUNT_NOEXEC | SB_MOUNT_DEV | SB_MOUNT_SUID | SB_MOUNT_OPTIONAL));
	fx_ok(sb_add_symlink(cfg, "usr/bin", "/bin"));
	fx_ok(sb_add_tmpfs(cfg, "/tmp", 1 << 20, 100, 01777));
	fx_ok(sb_add_proc(cfg, "/proc", SB_PROC_SUBSET_PID | SB_PROC_HIDEPID));
	fx_ok(sb_add_dev(cfg, "/dev"));
	fx_ok(sb_add_mqueue(cfg, "/dev/mqueue"));
	fx_ok(sb_add_sysfs(cfg, "/sys"));
	fx_ok(sb_add_overlay(cfg, "/over", lower, NULL, NULL));
	fx_ok(sb_add_overlay(cfg, "/kept", lower, "/srv/up", "/srv/work"));
	fx_ok(sb_add_file(cfg, "/etc/hostname", "box\n", 4, 0644));
	fx_ok(sb_add_dir(cfg, "/work", 0700));
	fx_ok(sb_add_mask(cfg, "/usr/share"));
	fx_ok(sb_add_readonly(cfg, "/work"));
	fx_ok(sb_set_hostname(cfg, "box"));
	fx_ok(sb_set_domainname(cfg, "example.org"));
	fx_ok(sb_set_boottime(cfg, 300000000));
	fx_ok(sb_set_monotonic(cfg, -5));
	fx_ok(sb_set_command(cfg, "prog", argv));
	fx_ok(sb_add_env(cfg, "PATH=/usr/bin"));
	fx_ok(sb_set_cwd(cfg, "/work"));
	fx_ok(sb_set_umask(cfg, 077));
	fx_ok(sb_set_nice(cfg, 5));
	fx_ok(sb_set_rlimit(cfg, "nofile", 64, 128));
	fx_ok(sb_set_rlimit(cfg, "core", 0, UINT64_MAX));
	fx_ok(sb_set_fd(cfg, 7, -1));
	fx_ok(sb_set_tty(cfg, 1));
	fx_ok(sb_add_cap(cfg, "net_bind_service"));
	fx_ok(sb_add_cap(cfg, "chown"));
	return cfg;
}

static void everything_at_once(void **state)
{
	sb_config *cfg = everything();
	const uint32_t groups[] = {20, 30};

	(void)state;
	fx_ok(sb_add_idmap(cfg, SB_ID_USER | SB_ID_GROUP, 0, 100000, 65536));
	fx_ok(sb_set_user(cfg, 10, 20));
	fx_ok(sb_set_groups(cfg, groups, 2));
	is_golden(cfg, &root_view, "everything-root");
	is_golden(everything(), &user_view, "everything-user");
}

static void a_directory_as_root(void **state)
{
	sb_config *cfg = sb_config_new();

	(void)state;
	fx_ok(sb_set_rootfs(cfg, "/srv/image", SB_ROOT_OVERLAY));
	fx_ok(sb_set_command(cfg, "/bin/sh", NULL));
	is_golden(cfg, &root_view, "rootfs-overlay");
	cfg = sb_config_new();
	fx_ok(sb_set_rootfs(cfg, "/", SB_MOUNT_RO));
	fx_ok(sb_add_proc(cfg, "/proc", 0));
	fx_ok(sb_set_command(cfg, "/bin/sh", NULL));
	is_golden(cfg, &user_view, "rootfs-in-place");
}

static void idmapped(void **state)
{
	sb_config *cfg = least();

	(void)state;
	fx_ok(sb_add_bind(cfg, "/srv/in", "/in", SB_MOUNT_IDMAP));
	is_golden(cfg, &root_view, "idmapped");
}

static void few_namespaces(void **state)
{
	sb_config *cfg = sb_config_new();

	(void)state;
	fx_ok(sb_set_ns(cfg, 0));
	fx_ok(sb_set_session(cfg, 0));
	fx_ok(sb_set_no_new_privs(cfg, 0));
	fx_ok(sb_add_cap(cfg, "all"));
	fx_ok(sb_set_command(cfg, "/bin/true", NULL));
	is_golden(cfg, &root_view, "no-namespaces");
	cfg = sb_config_new();
	fx_ok(sb_set_ns(cfg, SB_NS_USER | SB_NS_UTS));
	fx_ok(sb_set_command(cfg, "/bin/true", NULL));
	is_golden(cfg, &user_view, "user-and-uts");
}

static void joined_and_pinned(void **state)
{
	sb_config *cfg = least();

	(void)state;
	fx_ok(sb_set_ns_fd(cfg, SB_NS_NET, 0));
	fx_ok(sb_add_pin(cfg, SB_NS_UTS, "/run/pins/uts"));
	is_golden(cfg, &root_view, "joined-and-pinned");
}

/* Every kind of setting of the leaf, in the order given. */
static sb_config *limited(void)
{
	static const char *const settings[][2] = {
		{"memory.max", "512M"}, {"memory.high", "max"}, {"pids.max", "64"},
		{"cpu.max", "150%"}, {"cpuset.cpus", "0-1"}, {"io.weight", "50"},
		{"io.max", "8:0 rbps=1M riops=100"}, {"io.max", "8:16 wbps=2M"},
		{"hugetlb.2MB.max", "0"}, {"cgroup.max.depth", "0"}, {"memory.oom.group", "1"},
	};
	const char *devices[] = {"c 1:3 rwm", "b *:* m", NULL};
	sb_config *cfg = least();

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		fx_ok(sb_set_cgroup(cfg, settings[i][0], settings[i][1]));
	fx_ok(sb_set_cpu_shares(cfg, 512));
	fx_ok(sb_set_devices(cfg, devices));
	return cfg;
}

static void a_cgroup_of_its_own(void **state)
{
	sb_config *cfg = limited();

	(void)state;
	fx_ok(sb_set_cgroup_parent(cfg, "/judge/workers"));
	fx_ok(sb_add_cgroupfs(cfg, "/sys/fs/cgroup", SB_MOUNT_RO));
	is_golden(cfg, &root_view, "limits-root");
	is_golden(limited(), &user_view, "limits-user");
	cfg = least();
	fx_ok(sb_set_cgroup_flags(cfg, SB_CGROUP_ACCOUNT));
	is_golden(cfg, &user_view, "account");
}

static void limits_of_a_run(void **state)
{
	sb_config *cfg = least(), *copy;

	(void)state;
	fx_ok(sb_set_limit(cfg, SB_LIMIT_CPU, 1000000000, 500000000));
	fx_ok(sb_set_soft_limit(cfg, SB_LIMIT_WALL, 2000000000, 15));
	fx_ok(sb_set_limit(cfg, SB_LIMIT_WALL, 3000000000, 0));
	fx_ok(sb_set_limit(cfg, SB_LIMIT_OUTPUT, 4096, 0));
	copy = sb_config_copy(cfg);
	fx_ok(sb_set_ns_fd(copy, SB_NS_CGROUP, 0)); /* no leaf can be had: the processes are added up */
	is_golden(copy, &user_view, "limits-sampled");
	fx_ok(sb_set_limit(cfg, SB_LIMIT_MEMORY, 64 << 20, 1 << 20));
	fx_ok(sb_set_limit(cfg, SB_LIMIT_PIDS, 16, 0));
	is_golden(cfg, &root_view, "limits-run");
}

/* All that holds back: the order is that of who still may. */
static sb_config *confined(void)
{
	sb_config *cfg = least();

	fx_ok(sb_set_ns(cfg, SB_NS_ALL & ~SB_NS_NET));
	fx_ok(sb_add_landlock_path(cfg, "/true", "execute read_file"));
	fx_ok(sb_add_landlock_path(cfg, "/", "read make remove"));
	fx_ok(sb_add_landlock_port(cfg, "connect", 443));
	fx_ok(sb_set_landlock(cfg, NULL, "truncate ioctl"));
	fx_ok(sb_add_cap(cfg, "all"));
	fx_ok(sb_drop_cap(cfg, "sys_admin"));
	fx_ok(sb_drop_cap(cfg, "mknod"));
	fx_ok(sb_set_ambient(cfg, 0));
	fx_ok(sb_set_securebits(cfg, 0xc0));
	fx_ok(sb_set_core_sched(cfg, 1));
	fx_ok(sb_set_no_new_userns(cfg, 1));
	fx_ok(sb_set_seccomp(cfg, "none"));
	return cfg;
}

static void layers_by_layers(void **state)
{
	sb_config *cfg = confined();

	(void)state;
	fx_ok(sb_set_no_new_privs(cfg, 0));
	is_golden(cfg, &root_view, "confined-root");
	is_golden(confined(), &user_view, "confined-user");
}

/* What the host does for a network stands around the clone, as it is done. */
static void a_network(void **state)
{
	sb_net_link link = SB_INIT(sb_net_link), lower = SB_INIT(sb_net_link), own = SB_INIT(sb_net_link);
	sb_config *cfg = least();

	(void)state;
	link.device = "br0";
	link.flags = SB_NET_MAKE_BRIDGE | SB_NET_MASQUERADE | SB_NET_FORWARD | SB_NET_ISOLATED;
	link.bridge_address = "10.0.0.1/24";
	link.bridge_address6 = "fd00::1/64";
	link.rate = 1250000;
	link.delay_ns = 20000000;
	fx_ok(sb_net_veth(cfg, &link));
	lower.device = "enp1s0";
	lower.address = "192.168.1.5/24";
	lower.gateway = "192.168.1.1";
	lower.mac = "02:42:0a:00:00:05";
	lower.mtu = 1400;
	fx_ok(sb_net_macvlan(cfg, &lower));
	own.name = "peer";
	own.host_name = "mine";
	own.address = "none";
	own.address6 = "fd01::2/64";
	own.flags = SB_NET_NO_GATEWAY;
	fx_ok(sb_net_veth(cfg, &own));
	fx_ok(sb_net_address(cfg, "eth0", "10.0.1.5/24"));
	fx_ok(sb_net_route(cfg, NULL, "10.1.0.0/16", "10.0.0.9"));
	fx_ok(sb_net_route(cfg, "peer", "fd02::/64", NULL));
	fx_ok(sb_net_publish(cfg, "tcp", NULL, 8080, 80, 1));
	fx_ok(sb_net_publish(cfg, "udp", "::1", 0, 53, 3));
	fx_ok(sb_net_allow(cfg, "tcp 10.0.0.0/8 443"));
	fx_ok(sb_net_allow(cfg, "any 1000-2000"));
	fx_ok(sb_set_dns(cfg, (const char *const[]){ "10.0.0.53", NULL }, NULL));
	fx_ok(sb_add_host(cfg, "db", "10.0.0.7"));
	is_golden(cfg, &root_view, "network-root");
	cfg = least();
	fx_ok(sb_net_user(cfg, "pasta"));
	fx_ok(sb_net_allow(cfg, NULL));
	is_golden(cfg, &user_view, "network-user");
}

/* Names from outside must not forge lines. */
static void text_is_one_line_a_step(void **state)
{
	sb_config *cfg = sb_config_new();

	(void)state;
	fx_ok(sb_add_dir(cfg, "/a\nexec /forged\x1b[31m", 0755));
	fx_ok(sb_set_command(cfg, "/bin/tr\nue", NULL));
	is_golden(cfg, &root_view, "odd-names");
}

static void the_length_is_told_and_the_text_cut(void **state)
{
	sb_config *cfg = least();
	char all[8192], cut[32];
	ssize_t n;

	(void)state;
	n = sb_config_dump(cfg, NULL, 0, NULL);
	assert_in_range(n, 100, sizeof(all) - 1);
	assert_int_equal(sb_config_dump(cfg, all, sizeof(all), NULL), n);
	assert_int_equal(strlen(all), n);
	memset(cut, 'x', sizeof(cut));
	assert_int_equal(sb_config_dump(cfg, cut, 20, NULL), n);
	assert_int_equal(strlen(cut), 19);
	assert_memory_equal(cut, all, 19);
	assert_int_equal(cut[20], 'x');
	assert_int_equal(all[n - 1], '\n');
	sb_config_free(cfg);
}

static void the_dump_of_a_bad_config_is_its_error(void **state)
{
	sb_config *cfg = least();
	sb_error err = SB_INIT(sb_error);

	(void)state;
	assert_int_equal(sb_set_umask(cfg, 07777), -EINVAL);
	assert_int_equal(sb_config_dump(cfg, NULL, 0, &err), -EINVAL);
	fx_has(err.message, "sb_set_umask");
	sb_config_free(cfg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_default),
		cmocka_unit_test(everything_at_once),
		cmocka_unit_test(a_directory_as_root),
		cmocka_unit_test(idmapped),
		cmocka_unit_test(few_namespaces),
		cmocka_unit_test(joined_and_pinned),
		cmocka_unit_test(a_cgroup_of_its_own),
		cmocka_unit_test(limits_of_a_run),
		cmocka_unit_test(layers_by_layers),
		cmocka_unit_test(a_network),
		cmocka_unit_test(text_is_one_line_a_step),
		cmocka_unit_test(the_length_is_told_and_the_text_cut),
		cmocka_unit_test(the_dump_of_a_bad_config_is_its_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
