// SPDX-License-Identifier: MIT
/* Attacks on the kernel's own interfaces: mounts, namespaces, keys, what is seldom needed. */
#include "attack.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <linux/keyctl.h>
#include <linux/mount.h>
#include <linux/perf_event.h>
#include <linux/sched.h>
#include <linux/userfaultfd.h>
#include <signal.h>
#include <sys/personality.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <unistd.h>

int mount(const char *source, const char *target, const char *type, unsigned long flags, const void *data);

static int mount_tmpfs(void)
{
	return tried(mount("t", "/tmp", "tmpfs", 0, NULL) == 0, "mount");
}

static int mount_by_parts(void)
{
	int fs = (int)syscall(SYS_fsopen, "tmpfs", 0), made = -1;

	if (fs >= 0 && syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
		made = (int)syscall(SYS_fsmount, fs, 0, 0);
	return tried(made >= 0 && syscall(SYS_move_mount, made, "", -1, "/tmp", MOVE_MOUNT_F_EMPTY_PATH) == 0,
		     "fsopen, fsmount, move_mount");
}

static int mount_copy(void)
{
	return tried(syscall(SYS_open_tree, AT_FDCWD, "/", OPEN_TREE_CLONE) >= 0, "open_tree");
}

static int umount_one(void)
{
	return tried(syscall(SYS_umount2, "/tmp", 2 /* MNT_DETACH */) == 0, "umount");
}

static int pivot(void)
{
	return tried(syscall(SYS_pivot_root, "/tmp", "/tmp") == 0, "pivot_root");
}

static int chroot_away(void)
{
	return tried(chroot("/tmp") == 0, "chroot");
}

static int host_name(void)
{
	return tried(sethostname("attacked", 8) == 0, "sethostname");
}

static int domain_name(void)
{
	return tried(setdomainname("attacked", 8) == 0, "setdomainname");
}

static int unshare_user(void)
{
	return tried(syscall(SYS_unshare, CLONE_NEWUSER) == 0, "unshare(CLONE_NEWUSER)");
}

static int unshare_mount(void)
{
	return tried(syscall(SYS_unshare, CLONE_NEWNS) == 0, "unshare(CLONE_NEWNS)");
}

static int clone_user(void)
{
	long pid = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);

	if (pid == 0)
		_exit(0);
	return tried(pid > 0 && waitpid((pid_t)pid, NULL, __WALL) == pid, "clone(CLONE_NEWUSER)");
}

static int clone3_user(void)
{
	struct clone_args args = {.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};
	long pid = syscall(SYS_clone3, &args, sizeof(args));

	if (pid == 0)
		_exit(0);
	return tried(pid > 0 && waitpid((pid_t)pid, NULL, __WALL) == pid, "clone3(CLONE_NEWUSER)");
}

static int join(void)
{
	int fd = open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return refused("/proc/self/ns/uts");
	return tried(syscall(SYS_setns, fd, 0) == 0, "setns");
}

static int ring(void)
{
	struct io_uring_params params = {0};

	return tried(syscall(SYS_io_uring_setup, 1, &params) >= 0, "io_uring_setup");
}

static int faults(void)
{
	return tried(syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY) >= 0, "userfaultfd");
}

static int bpf_map(void)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1};

	return tried(syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr)) >= 0, "bpf");
}

static int perf(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE, .size = sizeof(attr), .config = PERF_COUNT_SW_TASK_CLOCK};

	attr.exclude_kernel = attr.exclude_hv = 1;
	return tried(syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0) >= 0, "perf_event_open");
}

static int exec_domain(void)
{
	return tried(personality(READ_IMPLIES_EXEC) >= 0, "personality");
}

static int modify_ldt(void)
{
#ifdef SYS_modify_ldt
	char buf[16];

	return tried(syscall(SYS_modify_ldt, 0, buf, sizeof(buf)) >= 0, "modify_ldt");
#else
	return not_here("this machine has no modify_ldt(2)");
#endif
}

/* On the process's own keyring: nothing is left of it. */
static int add_one(void)
{
	return tried(syscall(SYS_add_key, "user", "sandbox", "x", 1, KEY_SPEC_PROCESS_KEYRING) >= 0,
		     "add_key");
}

static int look_at_keys(void)
{
	return tried(syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0) >= 0, "keyctl");
}

static int request_one(void)
{
	return tried(syscall(SYS_request_key, "keyring", "_ses", NULL, 0) >= 0 || errno == ENOKEY,
		     "request_key");
}

static int by_interrupt(void)
{
#ifdef __x86_64__
	long r = 20; /* getpid of i386 */

	__asm__ volatile("int $0x80" : "+a"(r) : : "memory", "r8", "r9", "r10", "r11");
	errno = (int)-r;
	return tried(r == getpid(), "int 0x80");
#else
	return not_here("this machine has one ABI");
#endif
}

static int by_x32(void)
{
#ifdef __x86_64__
	return tried(syscall(0x40000000 | SYS_getpid) == getpid(), "x32");
#else
	return not_here("this machine has one ABI");
#endif
}

static int by_handle(void)
{
	union {
		struct file_handle handle;
		char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} u = {.handle = {.handle_bytes = MAX_HANDLE_SZ}};
	int at = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC), id;

	if (syscall(SYS_name_to_handle_at, AT_FDCWD, "/tmp", &u.handle, &id, 0) < 0)
		return refused("name_to_handle_at");
	return tried(syscall(SYS_open_by_handle_at, at, &u.handle, O_RDONLY) >= 0, "open_by_handle_at");
}

static int restart(void)
{
	return heard(syscall(SYS_reboot, 0, 0, 0, NULL), "reboot");
}

static int load_module(void)
{
	return heard(syscall(SYS_init_module, NULL, 0, NULL), "init_module");
}

static int unload_module(void)
{
	return heard(syscall(SYS_delete_module, "no_such_module", O_NONBLOCK), "delete_module");
}

static int load_kernel(void)
{
	return heard(syscall(SYS_kexec_load, 0, 0, NULL, ~0UL), "kexec_load");
}

static int swap(void)
{
	return heard(swapoff("/no/such/file"), "swapoff");
}

static int account(void)
{
	return heard(acct("/no/such/file"), "acct");
}

static int kernel_log(void)
{
	return tried(syscall(SYS_syslog, 10 /* SIZE_BUFFER */, NULL, 0) >= 0, "syslog");
}

/* The time zone that it has. */
static int set_zone(void)
{
	struct timezone zone = {0, 0};

	if (syscall(SYS_gettimeofday, NULL, &zone) == 0 && zone.tz_minuteswest)
		return not_here("the kernel's time zone would have to be changed");
	return tried(syscall(SYS_settimeofday, NULL, &zone) == 0, "settimeofday");
}

/* To the speed that it has. */
static int set_tick(void)
{
	struct timex t = {0};

	if (adjtimex(&t) < 0)
		return refused("adjtimex");
	t.modes = ADJ_TICK;
	return tried(adjtimex(&t) >= 0, "adjtimex");
}

const struct probe kernel_probes[] = {
	{"mount", "mount", mount_tmpfs},
	{"mount", "parts", mount_by_parts},
	{"mount", "copy", mount_copy},
	{"mount", "umount", umount_one},
	{"mount", "pivot", pivot},
	{"chroot", "chroot", chroot_away},
	{"hostname", "host", host_name},
	{"hostname", "domain", domain_name},
	{"namespaces", "unshare", unshare_user},
	{"namespaces", "unshare-mount", unshare_mount},
	{"namespaces", "clone", clone_user},
	{"namespaces", "clone3", clone3_user},
	{"namespaces", "setns", join},
	{"io-uring", "setup", ring},
	{"userfaultfd", "make", faults},
	{"kernel-api", "bpf", bpf_map},
	{"kernel-api", "perf", perf},
	{"kernel-api", "personality", exec_domain},
	{"kernel-api", "ldt", modify_ldt},
	{"keyring", "add", add_one},
	{"keyring", "keyctl", look_at_keys},
	{"keyring", "request", request_one},
	{"foreign-abi", "int80", by_interrupt},
	{"foreign-abi", "x32", by_x32},
	{"handle-at", "open", by_handle},
	{"system", "reboot", restart},
	{"system", "module", load_module},
	{"system", "unload", unload_module},
	{"system", "kexec", load_kernel},
	{"system", "swap", swap},
	{"system", "acct", account},
	{"system", "syslog", kernel_log},
	{"clock", "zone", set_zone},
	{"clock", "tick", set_tick},
	{NULL, NULL, NULL},
};
