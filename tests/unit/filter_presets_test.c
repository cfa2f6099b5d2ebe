// SPDX-License-Identifier: MIT
/* The other presets, kept capabilities, the pass word of sb-init, and what each action compiles to. */
#include "filter_kit.h"

#include <asm/ioctls.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <sys/personality.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define CALL(name) #name, __NR_##name

static const struct row judge[] = {
	{ CALL(read), { 0 }, ALLOW },
	{ CALL(execve), { 0 }, ALLOW },
	{ CALL(clone), { 0x3d0f00 }, ALLOW },
	{ CALL(clone), { CLONE_NEWUSER }, E(EPERM) },
	{ CALL(clone), { HIGH | CLONE_NEWNET | 17 }, E(EPERM) },
	{ CALL(clone3), { 0 }, E(ENOSYS) },
	{ CALL(unshare), { 0 }, E(EPERM) },
	{ CALL(unshare), { CLONE_FILES }, E(EPERM) },
	{ CALL(setns), { 3 }, E(EPERM) },
	{ CALL(mount), { 0 }, E(EPERM) },
	{ CALL(chroot), { 0 }, E(EPERM) },
	{ CALL(ptrace), { 0 }, E(EPERM) },
	{ CALL(keyctl), { 0 }, E(EPERM) },
	{ CALL(add_key), { 0 }, E(EPERM) },
	{ CALL(request_key), { 0 }, E(EPERM) },
	{ CALL(bpf), { 0 }, E(EPERM) },
	{ CALL(io_uring_setup), { 1 }, E(ENOSYS) },
	{ CALL(userfaultfd), { 0 }, E(ENOSYS) },
	{ CALL(io_setup), { 1 }, E(ENOSYS) },
	{ CALL(io_submit), { 1 }, E(ENOSYS) },
	{ CALL(seccomp), { 0 }, E(ENOSYS) },
	{ CALL(landlock_create_ruleset), { 0 }, E(ENOSYS) },
	{ "memfd_secret", 447, { 0 }, E(ENOSYS) },
	{ "statmount", 457, { 0 }, E(ENOSYS) },
	{ "listmount", 458, { 0 }, E(ENOSYS) },
	{ CALL(vmsplice), { 0 }, E(EPERM) },
	{ CALL(bind), { 0 }, E(EPERM) },
	{ CALL(connect), { 0 }, E(EPERM) },
	{ CALL(listen), { 0 }, E(EPERM) },
	{ CALL(accept), { 0 }, E(EPERM) },
	{ CALL(accept4), { 0 }, E(EPERM) },
	{ CALL(socketpair), { AF_UNIX, SOCK_STREAM }, ALLOW },
	{ CALL(socketpair), { AF_INET, SOCK_STREAM }, E(EAFNOSUPPORT) },
	{ CALL(sendmsg), { 3 }, ALLOW },
	{ CALL(flock), { 3, 2 }, E(EPERM) },
	{ CALL(fcntl), { 3, F_GETFL }, ALLOW },
	{ CALL(fcntl), { 3, F_DUPFD_CLOEXEC }, ALLOW },
	{ CALL(fcntl), { 3, F_GETLK }, ALLOW },
	{ CALL(fcntl), { 3, F_SETLK }, E(EPERM) },
	{ CALL(fcntl), { 3, F_SETLKW }, E(EPERM) },
	{ CALL(fcntl), { 3, HIGH | F_SETLKW }, E(EPERM) },
	{ CALL(fcntl), { 3, F_OFD_SETLK }, E(EPERM) },
	{ CALL(fcntl), { 3, F_OFD_SETLKW }, E(EPERM) },
	{ CALL(fcntl), { 3, F_SETLEASE }, E(EPERM) },
	{ CALL(fcntl), { 3, F_NOTIFY }, E(EPERM) },
	{ CALL(inotify_init1), { 0 }, E(EPERM) },
	{ CALL(inotify_add_watch), { 0 }, E(EPERM) },
	{ CALL(ioctl), { 0, HIGH | TIOCSTI }, E(EPERM) },
	{ CALL(personality), { 0 }, ALLOW },
	{ CALL(personality), { 0xffffffff }, ALLOW },
	{ CALL(personality), { 0x8 }, E(EPERM) },
	{ CALL(personality), { 0x20000 }, E(EPERM) },
	{ CALL(personality), { ADDR_NO_RANDOMIZE }, E(EPERM) },
	{ CALL(mbind), { 0 }, E(EPERM) },
	{ "hole", 511, { 0 }, E(ENOSYS) },
	{ "-1", UINT32_MAX, { 0 }, E(ENOSYS) },
};

static const struct row build[] = {
	{ CALL(read), { 0 }, ALLOW },
	{ CALL(fchmod), { 3, 0777 }, ALLOW },
	{ CALL(fchmod), { 3, 01777 }, ALLOW },
	{ CALL(fchmod), { 3, S_ISUID | 0755 }, E(EPERM) },
	{ CALL(fchmod), { 3, S_ISGID | 0755 }, E(EPERM) },
	{ CALL(fchmod), { 3, S_ISUID | S_ISGID }, E(EPERM) },
	{ CALL(fchmod), { 3, HIGH | S_ISUID }, E(EPERM) },
	{ CALL(fchmod), { S_ISUID, 0755 }, ALLOW },
	{ CALL(fchmodat), { 3, 1, 0755 }, ALLOW },
	{ CALL(fchmodat), { 3, S_ISUID, 0755 }, ALLOW },
	{ CALL(fchmodat), { 3, 1, S_ISUID }, E(EPERM) },
	{ CALL(fchmodat), { 3, 1, S_ISGID | 01000 }, E(EPERM) },
	{ "fchmodat2", 452, { 3, 1, 0755 }, ALLOW },
	{ "fchmodat2", 452, { 3, 1, S_ISUID | 0755 }, E(EPERM) },
	{ "fchmodat2", 452, { 3, 1, S_ISGID | 0755, HIGH }, E(EPERM) },
	{ CALL(openat), { 3, 1, O_RDONLY, S_ISUID }, ALLOW },
	{ CALL(openat), { 3, 1, O_CREAT | O_WRONLY, 0777 }, ALLOW },
	{ CALL(openat), { 3, 1, O_CREAT | O_WRONLY, S_ISUID | 0755 }, E(EPERM) },
	{ CALL(openat), { 3, 1, O_CREAT | O_EXCL, HIGH | S_ISGID }, E(EPERM) },
	{ CALL(openat), { 3, 1, O_TMPFILE | O_RDWR, 0600 }, ALLOW },
	{ CALL(openat), { 3, 1, O_TMPFILE | O_RDWR, S_ISUID | 0600 }, E(EPERM) },
	{ CALL(openat), { 3, 1, O_TMPFILE | O_RDWR, S_ISGID | 0600 }, E(EPERM) },
	{ CALL(openat), { 3, 1, O_DIRECTORY, S_ISGID | 0600 }, ALLOW },
	{ "openat2", 437, { 3, 1, 4096, 24 }, E(ENOSYS) },
	{ CALL(mknodat), { 3, 1, S_IFREG | 0755 }, ALLOW },
	{ CALL(mknodat), { 3, 1, S_IFREG | S_ISUID | 0755 }, E(EPERM) },
	{ CALL(mknodat), { 3, 1, S_ISGID | 0755 }, E(EPERM) },
	{ CALL(mknodat), { 3, 1, S_IFCHR }, E(EPERM) },
	{ CALL(setxattr), { 0 }, E(ENOTSUP) },
	{ CALL(fsetxattr), { 0 }, E(ENOTSUP) },
	{ CALL(lremovexattr), { 0 }, E(ENOTSUP) },
	{ "setxattrat", 463, { 0 }, E(ENOTSUP) },
	{ CALL(getxattr), { 0 }, ALLOW },
	{ CALL(listxattr), { 0 }, ALLOW },
	{ CALL(personality), { ADDR_NO_RANDOMIZE }, ALLOW },
	{ CALL(personality), { READ_IMPLIES_EXEC }, E(EPERM) },
	{ CALL(flock), { 3, 2 }, ALLOW },
	{ CALL(socket), { AF_UNIX }, ALLOW },
	{ CALL(socket), { AF_VSOCK }, E(EAFNOSUPPORT) },
	{ CALL(unshare), { CLONE_NEWUSER }, E(EPERM) },
#ifdef __x86_64__
	{ CALL(chmod), { 0, 0755 }, ALLOW },
	{ CALL(chmod), { 0, S_ISUID | 0755 }, E(EPERM) },
	{ CALL(chmod), { 0, S_ISGID | 0755 }, E(EPERM) },
	{ CALL(creat), { 0, 0755 }, ALLOW },
	{ CALL(creat), { 0, S_ISUID | 0755 }, E(EPERM) },
	{ CALL(creat), { 0, S_ISGID | 0755 }, E(EPERM) },
	{ CALL(open), { 0, O_RDWR, S_ISUID }, ALLOW },
	{ CALL(open), { 0, O_CREAT, 0755 }, ALLOW },
	{ CALL(open), { 0, O_CREAT, S_ISUID | 0755 }, E(EPERM) },
	{ CALL(open), { 0, O_TMPFILE, S_ISGID | 0755 }, E(EPERM) },
	{ CALL(mknod), { 0, S_ISUID | 0755 }, E(EPERM) },
#endif
};

static const struct row nested[] = {
	{ CALL(clone), { CLONE_NEWUSER | CLONE_NEWNS }, ALLOW },
	{ CALL(clone3), { 0 }, ALLOW },
	{ CALL(unshare), { CLONE_NEWUSER }, ALLOW },
	{ CALL(setns), { 3 }, ALLOW },
	{ CALL(mount), { 0 }, ALLOW },
	{ CALL(pivot_root), { 0 }, ALLOW },
	{ CALL(fsopen), { 0 }, ALLOW },
	{ CALL(chroot), { 0 }, ALLOW },
	{ CALL(sethostname), { 0 }, ALLOW },
	{ CALL(pidfd_getfd), { 0 }, ALLOW },
	{ CALL(personality), { READ_IMPLIES_EXEC }, ALLOW },
	{ CALL(mknodat), { 3, 1, S_IFCHR }, ALLOW },
	{ CALL(keyctl), { KEYCTL_JOIN_SESSION_KEYRING }, ALLOW },
	{ CALL(keyctl), { KEYCTL_READ }, E(EPERM) },
	{ CALL(keyctl), { HIGH | KEYCTL_READ }, E(EPERM) },
	{ CALL(add_key), { 0 }, E(EPERM) },
	{ CALL(ptrace), { 0 }, E(EPERM) },
	{ CALL(bpf), { 0 }, E(EPERM) },
	{ CALL(io_uring_setup), { 0 }, E(ENOSYS) },
	{ CALL(ioctl), { 0, TIOCSTI }, E(EPERM) },
	{ CALL(socket), { AF_VSOCK }, E(EAFNOSUPPORT) },
	{ CALL(open_by_handle_at), { 0 }, E(EPERM) },
};

static void a_preset(const char *name, const char *caps, const struct row *rows, size_t count)
{
	struct sbi_filter *filter = kit_preset(name, caps);
	static const uint64_t none[6];

	kit_rows(filter, rows, count);
	assert_int_equal(kit_call(filter, AUDIT_ARCH_I386, __NR_read, none), KILL_UNTOLD);
#ifdef __x86_64__
	assert_int_equal(kit_native(filter, X32 | __NR_read, none), KILL_UNTOLD);
#endif
	sbi_filter_unref(filter);
}

static void judge_and_sockets(void **state)
{
	struct sbi_filter *filter = kit_preset("judge", NULL);

	(void)state;
	for (uint64_t family = 0; family < 64; family++) {
		uint64_t args[6] = { family, SOCK_STREAM };

		assert_int_equal(kit_native(filter, __NR_socket, args), E(EACCES));
	}
	sbi_filter_unref(filter);
	a_preset("judge", NULL, judge, COUNT(judge));
}

static void build_leaves_no_privilege_behind(void **state)
{
	(void)state;
	a_preset("build", NULL, build, COUNT(build));
}

static void nested_can_make_a_sandbox(void **state)
{
	(void)state;
	a_preset("nested", NULL, nested, COUNT(nested));
}

/* With this capability, that call is allowed; without it, it is not. */
static const struct {
	const char *cap;
	struct row row; /* want: what it is without */
} of_caps[] = {
	{ "sys_chroot", { CALL(chroot), { 0 }, E(EPERM) } },
	{ "sys_admin", { CALL(mount), { 0 }, E(EPERM) } },
	{ "sys_admin", { CALL(umount2), { 0 }, E(EPERM) } },
	{ "sys_admin", { CALL(setns), { 0 }, E(EPERM) } },
	{ "sys_admin", { CALL(unshare), { CLONE_NEWUSER }, E(EPERM) } },
	{ "sys_admin", { CALL(clone), { CLONE_NEWNS }, E(EPERM) } },
	{ "sys_admin", { CALL(clone3), { 0 }, E(ENOSYS) } },
	{ "sys_admin", { CALL(sethostname), { 0 }, E(EPERM) } },
	{ "sys_admin", { CALL(quotactl), { 0 }, E(EPERM) } },
	{ "sys_admin", { CALL(fanotify_init), { 0 }, E(EPERM) } },
	{ "sys_admin", { CALL(mknodat), { 3, 1, S_IFBLK }, E(EPERM) } },
	{ "sys_admin", { CALL(bpf), { 0 }, E(EPERM) } },
	{ "net_raw", { CALL(socket), { AF_PACKET, SOCK_RAW }, E(EAFNOSUPPORT) } },
	{ "net_admin", { CALL(socket), { AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER }, E(EAFNOSUPPORT) } },
	{ "sys_ptrace", { CALL(ptrace), { 0 }, E(EPERM) } },
	{ "sys_ptrace", { CALL(pidfd_getfd), { 0 }, E(EPERM) } },
	{ "sys_nice", { CALL(mbind), { 0 }, E(EPERM) } },
	{ "sys_time", { CALL(clock_settime), { 0 }, E(EPERM) } },
	{ "sys_module", { CALL(finit_module), { 0 }, E(EPERM) } },
	{ "syslog", { CALL(syslog), { 0 }, E(EPERM) } },
	{ "bpf", { CALL(bpf), { 0 }, E(EPERM) } },
	{ "perfmon", { CALL(perf_event_open), { 0 }, E(EPERM) } },
	{ "sys_pacct", { CALL(acct), { 0 }, E(EPERM) } },
	{ "sys_boot", { CALL(reboot), { 0 }, E(EPERM) } },
	{ "sys_boot", { CALL(kexec_load), { 0 }, E(EPERM) } },
	{ "sys_tty_config", { CALL(vhangup), { 0 }, E(EPERM) } },
	{ "dac_read_search", { CALL(open_by_handle_at), { 0 }, E(EPERM) } },
	{ "mknod", { CALL(mknodat), { 3, 1, S_IFCHR }, E(EPERM) } },
#ifdef __x86_64__
	{ "sys_rawio", { CALL(iopl), { 3 }, E(EPERM) } },
#endif
};

static void a_kept_capability_opens_its_calls_only(void **state)
{
	struct sbi_filter *bare = kit_preset("default", NULL);

	(void)state;
	for (size_t i = 0; i < COUNT(of_caps); i++) {
		struct sbi_filter *kept = kit_preset("default", of_caps[i].cap);
		struct row row = of_caps[i].row;

		kit_rows(bare, &row, 1);
		row.want = ALLOW;
		kit_rows(kept, &row, 1);
		for (size_t k = 0; k < COUNT(of_caps); k++) {
			int twice = 0;

			for (size_t j = 0; j < COUNT(of_caps); j++)
				twice |= !strcmp(of_caps[j].cap, of_caps[i].cap) &&
					 of_caps[j].row.number == of_caps[k].row.number;
			if (!twice)
				kit_rows(kept, &of_caps[k].row, 1);
		}
		sbi_filter_unref(kept);
	}
	sbi_filter_unref(bare);
}

/* What a capability opens stays within its condition. */
static void capabilities_and_arguments(void **state)
{
	static const struct row raw[] = {
		{ CALL(socket), { AF_PACKET }, ALLOW },
		{ CALL(socket), { AF_VSOCK }, E(EAFNOSUPPORT) },
		{ CALL(socket), { AF_ALG }, E(EAFNOSUPPORT) },
		{ CALL(socket), { 44 }, E(EAFNOSUPPORT) },
		{ CALL(socket), { AF_NETLINK, 3, NETLINK_ROUTE }, ALLOW },
		{ CALL(socket), { AF_NETLINK, 3, NETLINK_NETFILTER }, E(EAFNOSUPPORT) },
	};
	static const struct row strict[] = {
		{ CALL(socket), { AF_PACKET }, E(EACCES) },
		{ CALL(chroot), { 0 }, E(EPERM) },
		{ CALL(unshare), { CLONE_NEWUSER }, E(EPERM) },
		{ CALL(clone), { CLONE_NEWUSER | 17 }, E(EPERM) },
		{ CALL(clone), { 17 }, ALLOW },
		{ CALL(clone3), { 0 }, E(ENOSYS) },
		{ CALL(ptrace), { 0 }, E(EPERM) },
		{ CALL(ioctl), { 0, TIOCSTI }, E(EPERM) },
	};

	(void)state;
	a_preset("default", "net_raw", raw, COUNT(raw));
	a_preset("judge", "net_raw sys_chroot sys_admin sys_ptrace", strict, COUNT(strict));
}

/* The calls that sb-init still makes pass with the word in the sixth argument, and only with it. */
static void the_pass_word(void **state)
{
	static const uint32_t own[] = { __NR_execve, __NR_clock_gettime, __NR_sendmsg, __NR_faccessat,
					__NR_statx,  __NR_statfs,        __NR_prctl,   __NR_capset,
					__NR_capget, __NR_exit };
	static const uint64_t none[6];
	struct sbi_filter *filter = kit_text("default kill\n"), *other = kit_text("default kill\n");
	uint64_t with[6] = { 1, 2, 3, 4, 5, filter->pass };

	(void)state;
	assert_true(filter->pass != other->pass && filter->pass && other->pass);
	for (size_t i = 0; i < COUNT(own); i++) {
		assert_int_equal(kit_native(filter, own[i], with), ALLOW);
		assert_int_equal(kit_native(filter, own[i], none), KILL);
		assert_int_equal(kit_native(other, own[i], with), KILL);
		for (int bit = 0; bit < 64; bit++) {
			uint64_t wrong[6] = { 1, 2, 3, 4, 5, filter->pass ^ UINT64_C(1) << bit };

			assert_int_equal(kit_native(filter, own[i], wrong), KILL);
		}
	}
	for (uint32_t n = 0, passed = 0; n < 600; n++) {
		passed += kit_native(filter, n, with) == ALLOW;
		if (n == 599)
			assert_int_equal(passed, COUNT(own));
	}
	/* Of another machine, it is no word. */
	assert_int_equal(kit_call(filter, AUDIT_ARCH_I386, own[0], with), KILL_UNTOLD);
	sbi_filter_unref(other);
	sbi_filter_unref(filter);
}

static void every_action_has_its_return(void **state)
{
	struct sbi_filter *filter =
		kit_text("allow read\nerrno write\nerrno(ENOENT) ?open openat\nerrno(4095) close\n"
			 "errno(1) dup\nlog getpid\ntrap getppid\nkill getuid\nnotify getgid\n");
	static const struct row rows[] = {
		{ CALL(read), { 0 }, ALLOW },       { CALL(write), { 0 }, E(EPERM) },
		{ CALL(openat), { 0 }, E(ENOENT) }, { CALL(close), { 0 }, E(4095) },
		{ CALL(dup), { 0 }, E(EPERM) },     { CALL(getpid), { 0 }, LOG },
		{ CALL(getppid), { 0 }, TRAP },     { CALL(getuid), { 0 }, KILL },
		{ CALL(getgid), { 0 }, NOTIFY },    { CALL(getegid), { 0 }, E(EPERM) },
	};

	(void)state;
	kit_rows(filter, rows, COUNT(rows));
	assert_int_equal(filter->notifies, 1);
	assert_int_equal(filter->tells, 1);
	assert_int_equal(sbi_filter_untold(KILL), SECCOMP_RET_KILL_PROCESS);
	assert_int_equal(sbi_filter_untold(LOG), SECCOMP_RET_LOG);
	assert_int_equal(sbi_filter_untold(NOTIFY), SECCOMP_RET_USER_NOTIF);
	assert_int_equal(sbi_filter_untold(ALLOW), SECCOMP_RET_ALLOW);
	assert_int_equal(sbi_filter_untold(E(2)), E(2));
	sbi_filter_unref(filter);
}

/* default, unknown and foreign: what each of them is about. */
static void the_three_settings(void **state)
{
	static const struct {
		const char *text;
		uint32_t named, unknown, foreign;
	} rows[] = {
		{ "", E(EPERM), E(ENOSYS), KILL_UNTOLD },
		{ "default allow", ALLOW, E(ENOSYS), KILL_UNTOLD },
		{ "default log\nunknown kill", LOG, KILL, KILL_UNTOLD },
		{ "default trap\nunknown trap\nforeign trap", TRAP, TRAP, TRAP },
		{ "foreign allow", E(EPERM), E(ENOSYS), ALLOW },
		{ "foreign errno(ENOSYS)", E(EPERM), E(ENOSYS), E(ENOSYS) },
		{ "unknown errno(EINVAL)\ndefault kill", KILL, E(EINVAL), KILL_UNTOLD },
		{ "include default\ndefault allow", ALLOW, E(ENOSYS), KILL_UNTOLD },
	};
	static const uint64_t none[6];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct sbi_filter *filter = kit_text(rows[i].text);

		assert_int_equal(kit_native(filter, __NR_ptrace, none), rows[i].named);
		assert_int_equal(kit_native(filter, 511, none), rows[i].unknown);
		assert_int_equal(kit_native(filter, UINT32_MAX, none), rows[i].unknown);
		assert_int_equal(kit_native(filter, 100000, none), rows[i].unknown);
		assert_int_equal(kit_call(filter, AUDIT_ARCH_I386, __NR_ptrace, none), rows[i].foreign);
#ifdef __x86_64__
		assert_int_equal(kit_native(filter, X32 | __NR_ptrace, none), rows[i].foreign);
#endif
		sbi_filter_unref(filter);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judge_and_sockets),
		cmocka_unit_test(build_leaves_no_privilege_behind),
		cmocka_unit_test(nested_can_make_a_sandbox),
		cmocka_unit_test(a_kept_capability_opens_its_calls_only),
		cmocka_unit_test(capabilities_and_arguments),
		cmocka_unit_test(the_pass_word),
		cmocka_unit_test(every_action_has_its_return),
		cmocka_unit_test(the_three_settings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
