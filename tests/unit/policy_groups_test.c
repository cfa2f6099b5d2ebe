// SPDX-License-Identifier: MIT
/* The names: every call in one group, the numbers that libseccomp knows, and docker's list beside ours. */
#include <seccomp.h>
#include <stdlib.h>

#include "policy_kit.h"
#include "policy_model.h"

/* The words behind `group @x` of groups.policy, with their `?`. */
struct member {
	char name[40], group[40];
};
static struct member member[1024];
static size_t members;

static int read_groups(void **state)
{
	char *text = model_source("groups"), *rest = text, *line, *word;

	(void)state;
	while ((line = strsep(&rest, "\n"))) {
		const char *group;

		line[strcspn(line, "#")] = '\0';
		word = strsep(&line, " ");
		if (!word[0])
			continue;
		assert_string_equal(word, "group");
		group = strsep(&line, " ");
		while ((word = strsep(&line, " ")))
			if (word[0]) {
				assert_true(members < COUNT(member) && strlen(word) < 40);
				strcpy(member[members].name, word);
				strcpy(member[members++].group, group);
			}
	}
	free(text);
	return 0;
}

static const struct member *find(const char *name)
{
	for (size_t i = 0; i < members; i++)
		if (!strcmp(member[i].name + (member[i].name[0] == '?'), name))
			return &member[i];
	return NULL;
}

static void every_name_is_in_one_group(void **state)
{
	(void)state;
	for (size_t i = 0; i < members; i++) {
		const char *name = member[i].name + (member[i].name[0] == '?');

		if (find(name) != &member[i])
			fail_msg("%s is in %s and in %s", name, find(name)->group, member[i].group);
		/* The one that libseccomp 2.5 has no name for, on any machine. */
		if (sbi_syscall_number(name) == SBI_SYSCALL_UNKNOWN &&
		    strcmp(member[i].name, "?riscv_hwprobe") != 0)
			fail_msg("%s in %s is no system call", name, member[i].group);
	}
	print_message("# %zu names\n", members);
	assert_true(members > 370);
}

/* No call of the three machines is forgotten, whichever of them this is. */
static void whatever_libseccomp_knows_is_in_a_group(void **state)
{
	static const struct {
		uint32_t arch;
		const char *name;
		int at_least;
	} arches[] = { { SCMP_ARCH_X86_64, "x86_64", 360 },
		       { SCMP_ARCH_AARCH64, "aarch64", 300 },
		       { SCMP_ARCH_RISCV64, "riscv64", 300 } };

	(void)state;
	for (size_t a = 0; a < COUNT(arches); a++) {
		int known = 0;

		for (int n = 0; n < SBI_SYSCALL_NUMBERS; n++) {
			char *name = seccomp_syscall_resolve_num_arch(arches[a].arch, n);

			if (name && !find(name))
				fail_msg("%s, %d of %s, is in no group", name, n, arches[a].name);
			known += name != NULL;
			free(name);
		}
		print_message("# %s: %d calls\n", arches[a].name, known);
		assert_true(known >= arches[a].at_least);
		for (int n = SBI_SYSCALL_NUMBERS; n < 4096; n++)
			assert_null(seccomp_syscall_resolve_num_arch(arches[a].arch, n));
	}
}

/*
 * `?` stands before what some machine lacks, and only there: a policy without it must compile on
 * all three.
 */
static void what_is_not_marked_exists_everywhere(void **state)
{
	static const uint32_t arches[] = { SCMP_ARCH_X86_64, SCMP_ARCH_AARCH64, SCMP_ARCH_RISCV64 };

	(void)state;
	for (size_t i = 0; i < members; i++)
		for (size_t a = 0; a < COUNT(arches) && member[i].name[0] != '?'; a++)
			if (seccomp_syscall_resolve_name_arch(arches[a], member[i].name) < 0 &&
			    sbi_syscall_number(member[i].name) < 424)
				fail_msg("%s in %s needs a \"?\"", member[i].name, member[i].group);
}

static void names_and_numbers_belong_together(void **state)
{
	/* From the kernel's own tables: younger than some releases of libseccomp. */
	static const struct {
		const char *name;
		int number;
	} young[] = {
		{ "pidfd_send_signal", 424 }, { "io_uring_setup", 425 }, { "open_tree", 428 },
		{ "clone3", 435 }, { "close_range", 436 }, { "openat2", 437 }, { "pidfd_getfd", 438 },
		{ "faccessat2", 439 }, { "process_madvise", 440 }, { "epoll_pwait2", 441 },
		{ "mount_setattr", 442 }, { "quotactl_fd", 443 }, { "landlock_create_ruleset", 444 },
		{ "landlock_add_rule", 445 }, { "landlock_restrict_self", 446 }, { "memfd_secret", 447 },
		{ "process_mrelease", 448 }, { "futex_waitv", 449 }, { "set_mempolicy_home_node", 450 },
		{ "cachestat", 451 }, { "fchmodat2", 452 }, { "map_shadow_stack", 453 },
		{ "futex_wake", 454 }, { "futex_wait", 455 }, { "futex_requeue", 456 }, { "statmount", 457 },
		{ "listmount", 458 }, { "lsm_get_self_attr", 459 }, { "lsm_set_self_attr", 460 },
		{ "lsm_list_modules", 461 }, { "mseal", 462 }, { "setxattrat", 463 }, { "getxattrat", 464 },
		{ "listxattrat", 465 }, { "removexattrat", 466 }, { "open_tree_attr", 467 },
		{ "file_getattr", 468 }, { "file_setattr", 469 }, { "listns", 470 },
#ifdef __x86_64__
		{ "read", 0 }, { "rt_sigreturn", 15 }, { "execve", 59 }, { "rseq", 334 },
		{ "uretprobe", 335 }, { "uprobe", 336 },
#endif
	};
	char name[32];

	(void)state;
	for (size_t i = 0; i < COUNT(young); i++) {
		if (sbi_syscall_number(young[i].name) != young[i].number)
			fail_msg("%s is %d, not %d", young[i].name, young[i].number,
				 sbi_syscall_number(young[i].name));
		sbi_syscall_name((uint32_t)young[i].number, name, sizeof(name));
		assert_string_equal(name, young[i].name);
		assert_non_null(find(name));
	}
	for (uint32_t n = 0; n < 600; n++) {
		sbi_syscall_name(n, name, sizeof(name));
		if (name[0] < '0' || name[0] > '9') {
			assert_int_equal(sbi_syscall_number(name), n);
			assert_non_null(find(name));
		} else {
			assert_int_equal(atoi(name), n);
		}
	}
	sbi_syscall_name(UINT32_MAX, name, sizeof(name));
	assert_string_equal(name, "4294967295");
	assert_int_equal(sbi_syscall_number("socketcall"), SBI_SYSCALL_ELSEWHERE);
	assert_int_equal(sbi_syscall_number("no_such_call"), SBI_SYSCALL_UNKNOWN);
	assert_int_equal(sbi_syscall_number(""), SBI_SYSCALL_UNKNOWN);
}

/*
 * What docker's default profile allows whoever runs, whatever the arguments: the names,
 * moby/profiles 02e898b.
 */
static const char docker[] =
	" "
	"accept accept4 access adjtimex alarm arch_prctl bind brk cachestat capget capset chdir chmod chown "
	"clock_adjtime clock_getres clock_gettime clock_nanosleep close close_range connect copy_file_range "
	"creat dup dup2 dup3 epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 "
	"epoll_wait epoll_wait_old eventfd eventfd2 execve execveat exit exit_group faccessat faccessat2 "
	"fadvise64 fallocate fanotify_mark fchdir fchmod fchmodat fchmodat2 fchown fchownat fcntl fdatasync "
	"fgetxattr flistxattr flock fork fremovexattr fsetxattr fstat fstatfs fsync ftruncate futex "
	"futex_requeue futex_wait futex_waitv futex_wake futimesat get_robust_list get_thread_area getcpu "
	"getcwd getdents getdents64 getegid geteuid getgid getgroups getitimer getpeername getpgid getpgrp "
	"getpid getppid getpriority getrandom getresgid getresuid getrlimit getrusage getsid getsockname "
	"getsockopt gettid gettimeofday getuid getxattr getxattrat inotify_add_watch inotify_init "
	"inotify_init1 inotify_rm_watch io_cancel io_destroy io_getevents io_pgetevents io_setup io_submit "
	"ioctl ioprio_get ioprio_set ipc kill landlock_add_rule landlock_create_ruleset "
	"landlock_restrict_self lchown lgetxattr link linkat listen listmount listxattr listxattrat "
	"llistxattr lremovexattr lseek lsetxattr lstat madvise map_shadow_stack membarrier memfd_create "
	"memfd_secret mincore mkdir mkdirat mknod mknodat mlock mlock2 mlockall mmap modify_ldt mprotect "
	"mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedsend mq_unlink mremap mseal msgctl msgget "
	"msgrcv msgsnd msync munlock munlockall munmap name_to_handle_at nanosleep newfstatat open openat "
	"openat2 pause pidfd_open pidfd_send_signal pipe pipe2 pkey_alloc pkey_free pkey_mprotect poll ppoll "
	"prctl pread64 preadv preadv2 prlimit64 process_mrelease process_vm_readv process_vm_writev pselect6 "
	"ptrace pwrite64 pwritev pwritev2 read readahead readlink readlinkat readv recvfrom recvmmsg recvmsg "
	"remap_file_pages removexattr removexattrat rename renameat renameat2 restart_syscall "
	"riscv_flush_icache riscv_hwprobe rmdir rseq rt_sigaction rt_sigpending rt_sigprocmask "
	"rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_tgsigqueueinfo sched_get_priority_max "
	"sched_get_priority_min sched_getaffinity sched_getattr sched_getparam sched_getscheduler "
	"sched_rr_get_interval sched_setaffinity sched_setattr sched_setparam sched_setscheduler sched_yield "
	"seccomp select semctl semget semop semtimedop sendfile sendmmsg sendmsg sendto set_robust_list "
	"set_thread_area set_tid_address setfsgid setfsuid setgid setgroups setitimer setpgid setpriority "
	"setregid setresgid setresuid setreuid setrlimit setsid setsockopt setuid setxattr setxattrat shmat "
	"shmctl shmdt shmget shutdown sigaltstack signalfd signalfd4 socketpair splice stat statfs statmount "
	"statx symlink symlinkat sync sync_file_range syncfs sysinfo tee tgkill time timer_create "
	"timer_delete timer_getoverrun timer_gettime timer_settime timerfd_create timerfd_gettime "
	"timerfd_settime times tkill truncate umask uname unlink unlinkat uretprobe utime utimensat utimes "
	"vfork vmsplice wait4 waitid write writev ";

/* Ours and not docker's; each with its reason in default.policy. */
static const char beyond[] = " uprobe ";

static void nothing_is_allowed_that_docker_does_not(void **state)
{
	struct sbi_filter *filter = kit_preset("default", NULL);
	uint32_t plain = 0;

	(void)state;
	for (uint32_t n = 0; n < SBI_SYSCALL_NUMBERS; n++) {
		struct seccomp_data data = { .nr = (int)n, .arch = sbi_native_arch() };
		struct bpf_way way;
		char name[32], word[40];

		if (bpf_run(filter->code, filter->count, &data, &way) != ALLOW || way.looked)
			continue;
		sbi_syscall_name(n, name, sizeof(name));
		snprintf(word, sizeof(word), " %s ", name);
		if (!strstr(docker, word) && !strstr(beyond, word))
			fail_msg("%s (%u) is allowed here and not by docker", name, n);
		plain++;
	}
	print_message("# %u calls allowed without a condition\n", plain);
	assert_true(plain > 250);
	sbi_filter_unref(filter);
}

static void groups_of_ones_own(void **state)
{
	static const struct {
		const char *text;
		int code;
		const char *message;
	} bad[] = {
		{ "group", EINVAL, "1: a group is called @ and at most 30 characters, not \"\"" },
		{ "group mine read", EINVAL, "1: a group is called @ and at most 30 characters, not \"mine\"" },
		{ "group @ read", EINVAL, "1: a group is called @ and at most 30 characters, not \"@\"" },
		{ "group == read", EINVAL, "1: a group is called @ and at most 30 characters, not \"==\"" },
		{ "group @mine", EINVAL, "1: the group \"@mine\" has no members" },
		{ "group @mine # read", EINVAL, "1: the group \"@mine\" has no members" },
		{ "group @mine reed", EINVAL,
		  "1: \"reed\" is not a system call that is known here (?reed: if it is)" },
		{ "group @mine @yours", EINVAL, "1: there is no group \"@yours\" above this line" },
		{ "group @mine read = 1", EINVAL, "1: the name of a system call expected, found \"=\"" },
		{ "allow @mine\ngroup @mine read", EINVAL, "1: there is no group \"@mine\"" },
		{ "group @mine read if arg0 == 1", EINVAL,
		  "1: \"if\" is not a system call that is known here (?if: if it is)" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		kit_bad_text(bad[i].text, bad[i].code, bad[i].message);
}

static void what_a_group_can_be_made_of(void **state)
{
	static const struct {
		const char *text;
		int read, write, getpid;
	} rows[] = {
		{ "group @g read\nkill @g", SB_SECCOMP_KILL, REFUSED(EPERM), REFUSED(EPERM) },
		{ "group @g read\ngroup @g write\nkill @g", SB_SECCOMP_KILL, SB_SECCOMP_KILL, REFUSED(EPERM) },
		{ "group @g read write read\nkill @g", SB_SECCOMP_KILL, SB_SECCOMP_KILL, REFUSED(EPERM) },
		{ "group @g @io\nkill @g", SB_SECCOMP_KILL, SB_SECCOMP_KILL, REFUSED(EPERM) },
		{ "group @g read\ngroup @h @g getpid\nkill @h", SB_SECCOMP_KILL, REFUSED(EPERM),
		  SB_SECCOMP_KILL },
		{ "group @g read\ngroup @g @g getpid\nkill @g", SB_SECCOMP_KILL, REFUSED(EPERM),
		  SB_SECCOMP_KILL },
		{ "group @g @g read\nkill @g", SB_SECCOMP_KILL, REFUSED(EPERM), REFUSED(EPERM) },
		{ "group @io getpid\nkill @io", SB_SECCOMP_KILL, SB_SECCOMP_KILL, SB_SECCOMP_KILL },
		{ "group @g ?no_such_call\nkill @g read", SB_SECCOMP_KILL, REFUSED(EPERM), REFUSED(EPERM) },
		{ "group @g ?no_such_call read\nkill @g", SB_SECCOMP_KILL, REFUSED(EPERM), REFUSED(EPERM) },
		{ "kill ?read ?no_such_call", SB_SECCOMP_KILL, REFUSED(EPERM), REFUSED(EPERM) },
		{ "kill @io\nallow write", SB_SECCOMP_KILL, SB_SECCOMP_ALLOW, REFUSED(EPERM) },
		{ "kill write\nallow @io", SB_SECCOMP_ALLOW, SB_SECCOMP_ALLOW, REFUSED(EPERM) },
		{ "kill @io if arg0 == 0\nallow write", SB_SECCOMP_KILL, SB_SECCOMP_ALLOW, REFUSED(EPERM) },
		{ "group @g read\nkill @g\ngroup @g write", SB_SECCOMP_KILL, REFUSED(EPERM), REFUSED(EPERM) },
		{ "group @-_9 read\nkill @-_9", SB_SECCOMP_KILL, REFUSED(EPERM), REFUSED(EPERM) },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		sb_config *cfg = sb_config_new();

		if (sb_set_seccomp_text(cfg, rows[i].text, NULL) < 0)
			fail_msg("%s\n%s", kit_error(cfg)->message, rows[i].text);
		assert_int_equal(kit_test(cfg, "read", 0), rows[i].read);
		assert_int_equal(kit_test(cfg, "write", 0), rows[i].write);
		assert_int_equal(kit_test(cfg, "getpid", 0), rows[i].getpid);
		sb_config_free(cfg);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_name_is_in_one_group),
		cmocka_unit_test(whatever_libseccomp_knows_is_in_a_group),
		cmocka_unit_test(what_is_not_marked_exists_everywhere),
		cmocka_unit_test(names_and_numbers_belong_together),
		cmocka_unit_test(nothing_is_allowed_that_docker_does_not),
		cmocka_unit_test(groups_of_ones_own),
		cmocka_unit_test(what_a_group_can_be_made_of),
	};

	return cmocka_run_group_tests(tests, read_groups, NULL);
}
