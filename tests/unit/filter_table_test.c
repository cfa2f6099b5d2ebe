// SPDX-License-Identifier: MIT
/* The preset "default", call by call, as the kernel would see it. */
#include "filter_kit.h"

#include <asm/ioctls.h>
#include <linux/netlink.h>
#include <sched.h>
#include <sys/personality.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define CALL(name) #name, __NR_##name

static const struct row plain[] = {
	{ CALL(read), { 0 }, ALLOW },
	{ CALL(write), { 1, ONES, ONES }, ALLOW },
	{ CALL(openat), { (uint64_t)-100, 1, ONES }, ALLOW },
	{ CALL(execve), { 1, 2, 3 }, ALLOW },
	{ CALL(execveat), { 1, 2, 3 }, ALLOW },
	{ CALL(exit_group), { 0 }, ALLOW },
	{ CALL(mmap), { 0, 4096, 7, 0x22 }, ALLOW },
	{ CALL(mprotect), { 0, 4096, 7 }, ALLOW },
	{ CALL(futex), { 0 }, ALLOW },
	{ CALL(getpid), { 0 }, ALLOW },
	{ CALL(kill), { 1, 9 }, ALLOW },
	{ CALL(setuid), { 0 }, ALLOW },
	{ CALL(capset), { 0 }, ALLOW },
	{ CALL(prctl), { 22, 2 }, ALLOW },
	{ CALL(seccomp), { 1, 0 }, ALLOW },
	{ CALL(fcntl), { 3, 6 }, ALLOW },
	{ CALL(flock), { 3, 2 }, ALLOW },
	{ CALL(fchmod), { 3, 06755 }, ALLOW },
	{ CALL(fsetxattr), { 3 }, ALLOW },
	{ CALL(connect), { 3 }, ALLOW },
	{ CALL(accept4), { 3 }, ALLOW },
	{ CALL(shmget), { 0 }, ALLOW },
	{ CALL(mq_open), { 0 }, ALLOW },
	{ CALL(io_setup), { 0 }, ALLOW },
	{ CALL(inotify_init1), { 0 }, ALLOW },
	{ CALL(pidfd_open), { 1 }, ALLOW },
	{ CALL(pidfd_send_signal), { 1 }, ALLOW },
	{ CALL(prlimit64), { 0 }, ALLOW },
	{ CALL(getrandom), { 0 }, ALLOW },
	{ CALL(memfd_create), { 0 }, ALLOW },
	{ "landlock_create_ruleset", 444, { 0 }, ALLOW },
	{ "landlock_restrict_self", 446, { 0 }, ALLOW },
	{ "futex_waitv", 449, { 0 }, ALLOW },
	{ "cachestat", 451, { 0 }, ALLOW },
	{ "fchmodat2", 452, { 0, 0, 06755 }, ALLOW },
	{ "statmount", 457, { 0 }, ALLOW },
	{ "listmount", 458, { 0 }, ALLOW },
	{ "mseal", 462, { 0 }, ALLOW },
	{ "setxattrat", 463, { 0 }, ALLOW },
};

/* Each class of security that a filter can close. */
static const struct row refused[] = {
	{ CALL(ptrace), { 0 }, E(EPERM) },
	{ CALL(ptrace), { 16, 1 }, E(EPERM) },
	{ CALL(process_vm_readv), { 1 }, E(EPERM) },
	{ CALL(process_vm_writev), { 1 }, E(EPERM) },
	{ CALL(pidfd_getfd), { 3, 0 }, E(EPERM) },
	{ CALL(kcmp), { 1, 1 }, E(EPERM) },
	{ "process_madvise", 440, { 3 }, E(EPERM) },
	{ CALL(keyctl), { 0 }, E(EPERM) },
	{ CALL(keyctl), { 1 }, E(EPERM) },
	{ CALL(add_key), { 0 }, E(EPERM) },
	{ CALL(request_key), { 0 }, E(EPERM) },
	{ CALL(bpf), { 0 }, E(EPERM) },
	{ CALL(perf_event_open), { 0 }, E(EPERM) },
	{ CALL(io_uring_setup), { 1 }, E(ENOSYS) },
	{ CALL(io_uring_enter), { 1 }, E(ENOSYS) },
	{ CALL(io_uring_register), { 1 }, E(ENOSYS) },
	{ CALL(userfaultfd), { 0 }, E(ENOSYS) },
	{ CALL(userfaultfd), { 1 }, E(ENOSYS) },
	{ CALL(kexec_load), { 0 }, E(EPERM) },
	{ CALL(init_module), { 0 }, E(EPERM) },
	{ CALL(finit_module), { 0 }, E(EPERM) },
	{ CALL(delete_module), { 0 }, E(EPERM) },
	{ CALL(syslog), { 3 }, E(EPERM) },
	{ CALL(swapon), { 0 }, E(EPERM) },
	{ CALL(swapoff), { 0 }, E(EPERM) },
	{ CALL(acct), { 0 }, E(EPERM) },
	{ CALL(reboot), { 0xfee1dead }, E(EPERM) },
	{ CALL(vhangup), { 0 }, E(EPERM) },
	{ CALL(open_by_handle_at), { 3 }, E(EPERM) },
	{ CALL(name_to_handle_at), { 3 }, E(EPERM) },
	{ CALL(mount), { 0 }, E(EPERM) },
	{ CALL(umount2), { 0, 2 }, E(EPERM) },
	{ CALL(pivot_root), { 0 }, E(EPERM) },
	{ CALL(chroot), { 0 }, E(EPERM) },
	{ CALL(setns), { 3, 0 }, E(EPERM) },
	{ CALL(open_tree), { 0 }, E(EPERM) },
	{ CALL(move_mount), { 0 }, E(EPERM) },
	{ CALL(fsopen), { 0 }, E(EPERM) },
	{ CALL(fsconfig), { 0 }, E(EPERM) },
	{ CALL(fsmount), { 0 }, E(EPERM) },
	{ CALL(fspick), { 0 }, E(EPERM) },
	{ "mount_setattr", 442, { 0 }, E(EPERM) },
	{ "open_tree_attr", 467, { 0 }, E(EPERM) },
	{ "listns", 470, { 0 }, E(EPERM) },
	{ CALL(sethostname), { 0 }, E(EPERM) },
	{ CALL(setdomainname), { 0 }, E(EPERM) },
	{ CALL(settimeofday), { 0 }, E(EPERM) },
	{ CALL(clock_settime), { 0 }, E(EPERM) },
	{ CALL(quotactl), { 0 }, E(EPERM) },
	{ CALL(fanotify_init), { 0 }, E(EPERM) },
	{ CALL(fanotify_mark), { 0 }, E(EPERM) },
	{ CALL(mbind), { 0 }, E(EPERM) },
	{ CALL(set_mempolicy), { 0 }, E(EPERM) },
	{ CALL(migrate_pages), { 0 }, E(EPERM) },
	{ CALL(move_pages), { 0 }, E(EPERM) },
	{ "nfsservctl", __NR_nfsservctl, { 0 }, E(EPERM) },
	{ "lsm_get_self_attr", 459, { 0 }, E(ENOSYS) },
	{ "lsm_set_self_attr", 460, { 0 }, E(ENOSYS) },
	{ "lsm_list_modules", 461, { 0 }, E(ENOSYS) },
	{ "file_getattr", 468, { 0 }, E(ENOSYS) },
	{ "file_setattr", 469, { 0 }, E(ENOSYS) },
};

static const struct row by_argument[] = {
	{ CALL(clone3), { 0 }, E(ENOSYS) },
	{ CALL(clone3), { 4096, 88 }, E(ENOSYS) },
	{ CALL(clone), { 0 }, ALLOW },
	{ CALL(clone), { 17 }, ALLOW },
	{ CALL(clone), { 0x3d0f00 }, ALLOW }, /* a thread of glibc */
	{ CALL(clone), { 0x4111 }, ALLOW },   /* vfork */
	{ CALL(clone), { CLONE_NEWNS }, E(EPERM) },
	{ CALL(clone), { CLONE_NEWCGROUP }, E(EPERM) },
	{ CALL(clone), { CLONE_NEWUTS }, E(EPERM) },
	{ CALL(clone), { CLONE_NEWIPC }, E(EPERM) },
	{ CALL(clone), { CLONE_NEWUSER }, E(EPERM) },
	{ CALL(clone), { CLONE_NEWPID }, E(EPERM) },
	{ CALL(clone), { CLONE_NEWNET }, E(EPERM) },
	{ CALL(clone), { CLONE_NEWUSER | 17 }, E(EPERM) },
	{ CALL(clone), { HIGH | CLONE_NEWUSER | 17 }, E(EPERM) },
	{ CALL(clone), { HIGH << 7 | CLONE_NEWNET }, E(EPERM) },
	{ CALL(clone), { ONES }, E(EPERM) },
	{ CALL(clone), { HIGH | 17 }, ALLOW },
	{ CALL(clone), { 0x80 }, ALLOW }, /* there it is part of the exit signal */
	{ CALL(unshare), { 0 }, ALLOW },
	{ CALL(unshare), { CLONE_FILES | CLONE_FS }, ALLOW },
	{ CALL(unshare), { CLONE_NEWNS }, E(EPERM) },
	{ CALL(unshare), { CLONE_NEWCGROUP }, E(EPERM) },
	{ CALL(unshare), { CLONE_NEWUTS }, E(EPERM) },
	{ CALL(unshare), { CLONE_NEWIPC }, E(EPERM) },
	{ CALL(unshare), { CLONE_NEWUSER }, E(EPERM) },
	{ CALL(unshare), { CLONE_NEWPID }, E(EPERM) },
	{ CALL(unshare), { CLONE_NEWNET }, E(EPERM) },
	{ CALL(unshare), { 0x80 }, E(EPERM) }, /* CLONE_NEWTIME */
	{ CALL(unshare), { HIGH | CLONE_NEWUSER }, E(EPERM) },
	{ CALL(unshare), { CLONE_NEWUSER | CLONE_FS }, E(EPERM) },
	{ CALL(ioctl), { 0, TCGETS }, ALLOW },
	{ CALL(ioctl), { 0, 0 }, ALLOW },
	{ CALL(ioctl), { 0, ONES }, ALLOW },
	{ CALL(ioctl), { TIOCSTI, 0, TIOCSTI }, ALLOW },
	{ CALL(ioctl), { 0, TIOCSTI }, E(EPERM) },
	{ CALL(ioctl), { 0, HIGH | TIOCSTI }, E(EPERM) },
	{ CALL(ioctl), { 0, HIGH << 31 | TIOCSTI }, E(EPERM) },
	{ CALL(ioctl), { 0, UINT64_C(0xffffffff00000000) | TIOCSTI }, E(EPERM) },
	{ CALL(ioctl), { 0, TIOCSTI + 1 }, ALLOW },
	{ CALL(ioctl), { 0, TIOCSTI - 1 }, ALLOW },
	{ CALL(ioctl), { 0, TIOCLINUX }, E(EPERM) },
	{ CALL(ioctl), { 0, HIGH | TIOCLINUX }, E(EPERM) },
	{ CALL(ioctl), { 0, TIOCSETD }, E(EPERM) },
	{ CALL(ioctl), { 0, HIGH | TIOCSETD }, E(EPERM) },
	{ CALL(mknodat), { 3, 1, S_IFREG | 0644 }, ALLOW },
	{ CALL(mknodat), { 3, 1, 0644 }, ALLOW },
	{ CALL(mknodat), { 3, 1, S_IFIFO | 0644 }, ALLOW },
	{ CALL(mknodat), { 3, 1, S_IFSOCK | 0644 }, ALLOW },
	{ CALL(mknodat), { 3, 1, S_IFCHR | 0644 }, E(EPERM) },
	{ CALL(mknodat), { 3, 1, S_IFBLK | 0644 }, E(EPERM) },
	{ CALL(mknodat), { 3, 1, HIGH | S_IFCHR }, E(EPERM) },
	{ CALL(mknodat), { 3, S_IFCHR, 0 }, ALLOW },
	{ CALL(personality), { 0 }, ALLOW },
	{ CALL(personality), { 0x8 }, ALLOW },
	{ CALL(personality), { 0x20000 }, ALLOW },
	{ CALL(personality), { 0x20008 }, ALLOW },
	{ CALL(personality), { 0xffffffff }, ALLOW },
	{ CALL(personality), { ONES }, ALLOW },
	{ CALL(personality), { READ_IMPLIES_EXEC }, E(EPERM) },
	{ CALL(personality), { HIGH | READ_IMPLIES_EXEC }, E(EPERM) },
	{ CALL(personality), { ADDR_NO_RANDOMIZE }, E(EPERM) },
	{ CALL(personality), { MMAP_PAGE_ZERO }, E(EPERM) },
	{ CALL(personality), { 1 }, E(EPERM) },
	{ CALL(personality), { 0x20009 }, E(EPERM) },
	{ CALL(socketpair), { AF_UNIX, SOCK_STREAM }, ALLOW },
	{ CALL(socketpair), { AF_INET, SOCK_STREAM }, E(EAFNOSUPPORT) },
	{ CALL(socketpair), { AF_TIPC, SOCK_STREAM }, E(EAFNOSUPPORT) },
};

#ifdef __x86_64__
static const struct row x86_64[] = {
	{ CALL(open), { 0 }, ALLOW },
	{ CALL(fork), { 0 }, ALLOW },
	{ CALL(vfork), { 0 }, ALLOW },
	{ CALL(arch_prctl), { 0x1002 }, ALLOW },
	{ CALL(chmod), { 0, 06755 }, ALLOW },
	{ CALL(mknod), { 0, S_IFIFO }, ALLOW },
	{ CALL(mknod), { 0, S_IFCHR | 0666, 0x103 }, E(EPERM) },
	{ CALL(mknod), { 0, S_IFBLK | 0666 }, E(EPERM) },
	{ CALL(mknod), { 0, HIGH | S_IFBLK }, E(EPERM) },
	{ CALL(iopl), { 3 }, E(EPERM) },
	{ CALL(ioperm), { 0, 1024, 1 }, E(EPERM) },
	{ CALL(modify_ldt), { 1 }, E(EPERM) },
	{ CALL(kexec_file_load), { 0 }, E(EPERM) },
	{ CALL(uselib), { 0 }, E(EPERM) },
	{ CALL(ustat), { 0 }, E(EPERM) },
	{ CALL(sysfs), { 1 }, E(EPERM) },
	{ CALL(_sysctl), { 0 }, E(EPERM) },
	{ CALL(create_module), { 0 }, E(EPERM) },
	{ "uretprobe", 335, { 0 }, ALLOW },
	{ "first of the hole", 337, { 0 }, E(ENOSYS) },
	{ "hole", 400, { 0 }, E(ENOSYS) },
	{ "last of the hole", 423, { 0 }, E(ENOSYS) },
};
#endif

static const struct row nameless[] = {
	{ "none has it yet", 471, { 0 }, E(ENOSYS) },
	{ "last of the table", 511, { 0 }, E(ENOSYS) },
	{ "first behind it", 512, { 0 }, E(ENOSYS) },
	{ "547, x32's own", 547, { 0 }, E(ENOSYS) },
	{ "9999", 9999, { 0 }, E(ENOSYS) },
	{ "below x32", 0x3fffffff, { 0 }, E(ENOSYS) },
	{ "behind x32", 0x80000000, { 0 }, E(ENOSYS) },
	{ "with bit 31", 0x80000000 | __NR_read, { 0 }, E(ENOSYS) },
	{ "with both bits", 0xc0000000 | __NR_read, { 0 }, E(ENOSYS) },
	{ "-1", UINT32_MAX, { 0 }, E(ENOSYS) },
	{ "-2", UINT32_MAX - 1, { ONES, ONES, ONES, ONES, ONES, ONES }, E(ENOSYS) },
};

static struct sbi_filter *standard;

static int compile_default(void **state)
{
	(void)state;
	standard = kit_preset("default", NULL);
	return 0;
}

static int let_go(void **state)
{
	(void)state;
	sbi_filter_unref(standard);
	return 0;
}

static void what_programs_need_is_allowed(void **state)
{
	(void)state;
	kit_rows(standard, plain, COUNT(plain));
}

static void what_reaches_past_a_sandbox_is_refused(void **state)
{
	(void)state;
	kit_rows(standard, refused, COUNT(refused));
}

static void arguments_are_looked_at(void **state)
{
	(void)state;
	kit_rows(standard, by_argument, COUNT(by_argument));
#ifdef __x86_64__
	kit_rows(standard, x86_64, COUNT(x86_64));
#endif
}

static void numbers_without_a_name_do_not_exist(void **state)
{
	(void)state;
	kit_rows(standard, nameless, COUNT(nameless));
}

/* 46 and above do not exist; the kernel reads an int, so the upper half must not matter. */
static void four_socket_families_and_no_other(void **state)
{
	static const uint64_t upper[] = { 0, HIGH, UINT64_C(0xffffffff00000000) };

	(void)state;
	for (uint64_t family = 0; family < 256; family++)
		for (size_t u = 0; u < COUNT(upper); u++)
			for (uint64_t protocol = 0; protocol < 23; protocol++) {
				uint64_t args[6] = { upper[u] | family, SOCK_DGRAM, upper[u] | protocol };
				uint32_t got = kit_native(standard, __NR_socket, args);
				int ok = family == AF_UNIX || family == AF_INET || family == AF_INET6 ||
					 (family == AF_NETLINK && protocol == NETLINK_ROUTE);

				rows_seen++;
				if (got != (ok ? ALLOW : E(EAFNOSUPPORT)))
					fail_msg("socket(%#llx, 2, %#llx): %#x", (unsigned long long)args[0],
						 (unsigned long long)args[2], got);
			}
}

static void foreign_abis_are_killed_for(void **state)
{
	static const uint32_t foreign[] = { AUDIT_ARCH_I386, AUDIT_ARCH_ARM,         0,
					    UINT32_MAX,      AUDIT_ARCH_X86_64 ^ 1U, AUDIT_ARCH_PPC64LE };
	static const uint64_t none[6];

	(void)state;
	for (size_t i = 0; i < COUNT(foreign); i++)
		for (uint32_t n = 0; n < 1024; n++)
			assert_int_equal(kit_call(standard, foreign[i], n, none), KILL_UNTOLD);
#ifdef __x86_64__
	for (uint32_t n = 0; n < 1024; n++)
		assert_int_equal(kit_native(standard, X32 | n, none), KILL_UNTOLD);
	assert_int_equal(kit_native(standard, X32 | 0x3fffffff, none), KILL_UNTOLD);
	/* The number of a call that is allowed, with the other machine's name on it. */
	assert_int_equal(kit_call(standard, AUDIT_ARCH_AARCH64, __NR_read, none), KILL_UNTOLD);
#endif
	rows_seen += 1024 * (uint32_t)COUNT(foreign);
}

static void the_table_is_not_short(void **state)
{
	(void)state;
	print_message("# %u calls of the default policy looked at, %zu of them by hand\n", rows_seen,
		      COUNT(plain) + COUNT(refused) + COUNT(by_argument) + COUNT(nameless));
	assert_true(COUNT(plain) + COUNT(refused) + COUNT(by_argument) + COUNT(nameless) >= 150);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_programs_need_is_allowed),
		cmocka_unit_test(what_reaches_past_a_sandbox_is_refused),
		cmocka_unit_test(arguments_are_looked_at),
		cmocka_unit_test(numbers_without_a_name_do_not_exist),
		cmocka_unit_test(four_socket_families_and_no_other),
		cmocka_unit_test(foreign_abis_are_killed_for),
		cmocka_unit_test(the_table_is_not_short),
	};

	return cmocka_run_group_tests(tests, compile_default, let_go);
}
