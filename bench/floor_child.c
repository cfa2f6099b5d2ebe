/* SPDX-License-Identifier: MIT */
/*
 * The child's half of the floor: everything between clone and exec.
 *
 * Runs in the caller's memory, so only system calls: nothing that allocates,
 * locks or keeps state. The libc's wrappers for ids are avoided because they
 * would signal the threads of the caller.
 */
#include "floor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/futex.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef CLOSE_RANGE_UNSHARE
#define CLOSE_RANGE_UNSHARE 2
#endif

/*
 * The mount interface of 5.2 and 5.12 in names of our own: libc's <sys/mount.h> and the
 * kernel's <linux/mount.h> do not agree on who declares it.
 */
#define TREE_RECURSIVE 0x8000
#define ATTR_RDONLY 0x1
#define ATTR_NOSUID 0x2
#define ATTR_NODEV 0x4
#define FS_CLOEXEC 0x1
#define FS_SET_STRING 1
#define FS_CREATE 6
#define FS_MOVE_EMPTY_PATH 0x4

#define LOCKED_DOWN \
	(SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP | SECBIT_NO_SETUID_FIXUP_LOCKED | \
	 SECBIT_KEEP_CAPS_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED)

struct attr {
	uint64_t set, clear, propagation, userns;
};

static void must(struct floor *f, long ret, const char *what)
{
	if (ret >= 0)
		return;
	f->error = errno;
	f->failed = what;
	_exit(127);
}

static long set_attr(const char *path, unsigned int flags, uint64_t set, uint64_t clear, uint64_t propagation)
{
	struct attr attr = { .set = set, .clear = clear, .propagation = propagation };

	return syscall(SYS_mount_setattr, AT_FDCWD, path, flags, &attr, sizeof(attr));
}

static void write_file(struct floor *f, const char *path, const char *text)
{
	int fd;

	fd = open(path, O_WRONLY | O_CLOEXEC);
	must(f, fd, path);
	must(f, write(fd, text, strlen(text)), path);
	close(fd);
}

/* Decimal without stdio: "NAME VALUE TAIL" into @out. */
static void put_number(char *out, const char *before, unsigned long value, const char *after)
{
	char digits[24];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + value % 10);
	while (value /= 10);
	out = stpcpy(out, before);
	memcpy(out, digits + at, sizeof(digits) - at);
	strcpy(out + sizeof(digits) - at, after);
}

static void identity(struct floor *f)
{
	char text[64];

	if (f->parent_maps) {
		while (__atomic_load_n(&f->go, __ATOMIC_ACQUIRE) == 0)
			syscall(SYS_futex, &f->go, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
		if (f->go < 0)
			_exit(127);
		must(f, syscall(SYS_setgroups, 0, NULL), "setgroups");
	} else {
		write_file(f, "/proc/self/setgroups", "deny");
		put_number(text, "1000 ", f->outside_gid, " 1\n");
		write_file(f, "/proc/self/gid_map", text);
		put_number(text, "1000 ", f->outside, " 1\n");
		write_file(f, "/proc/self/uid_map", text);
	}
	must(f, syscall(SYS_setresgid, 1000, 1000, 1000), "setresgid");
	must(f, syscall(SYS_setresuid, 1000, 1000, 1000), "setresuid");
}

/* The offsets are written before the ids change: afterwards /proc/self is no longer the child's own. */
static void namespaces(struct floor *f)
{
	char text[64];

	must(f, unshare(CLONE_NEWCGROUP | CLONE_NEWTIME), "unshare");
	put_number(text, "boottime ", (unsigned long)f->boottime, " 0\n");
	write_file(f, "/proc/self/timens_offsets", text);
	must(f, sethostname("sandbox", 7), "sethostname");
	must(f, setdomainname("(none)", 6), "setdomainname");
}

static void loopback(struct floor *f)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd;

	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	must(f, fd, "socket");
	must(f, ioctl(fd, SIOCSIFFLAGS, &lo), "lo up");
	close(fd);
}

static void make_dir(struct floor *f, const char *path, mode_t mode)
{
	if (mkdir(path, mode) < 0 && errno != EEXIST)
		must(f, -1, path);
}

static void make_point(struct floor *f, const struct floor_entry *e)
{
	char parent[sizeof(e->target)];
	char *slash;

	strcpy(parent, e->target);
	slash = strrchr(parent, '/');
	if (slash) {
		*slash = '\0';
		make_dir(f, parent, 0755);
	}
	if (e->kind == FLOOR_BIND_DIR)
		make_dir(f, e->target, 0755);
	else if (e->kind == FLOOR_BIND_FILE)
		must(f, mknod(e->target, S_IFREG | 0444, 0), e->target);
	else
		must(f, symlink(e->source, e->target), e->target);
}

/*
 * An empty tmpfs over the old root, filled, and made read-only by one recursive
 * call before anything writable is mounted in it.
 */
static void compose_root(struct floor *f)
{
	size_t i;
	int fs, root;

	fs = (int)syscall(SYS_fsopen, "tmpfs", FS_CLOEXEC);
	must(f, fs, "fsopen");
	must(f, syscall(SYS_fsconfig, fs, FS_SET_STRING, "mode", "0755", 0), "fsconfig");
	must(f, syscall(SYS_fsconfig, fs, FS_CREATE, NULL, NULL, 0), "fsconfig");
	root = (int)syscall(SYS_fsmount, fs, FS_CLOEXEC, 0);
	must(f, root, "fsmount");
	must(f, syscall(SYS_move_mount, root, "", AT_FDCWD, "/", FS_MOVE_EMPTY_PATH), "move_mount");
	must(f, fchdir(root), "fchdir");
	close(fs);
	close(root);
	for (i = 0; i < f->n_entries; i++) {
		make_point(f, &f->entry[i]);
		if (f->entry[i].kind != FLOOR_LINK)
			must(f, mount(f->entry[i].source, f->entry[i].target, NULL, MS_BIND, NULL), "bind");
	}
	make_dir(f, "proc", 0755);
	make_dir(f, "dev", 0755);
	make_dir(f, "tmp", 0755);
	must(f, set_attr(".", TREE_RECURSIVE, ATTR_RDONLY | ATTR_NOSUID | ATTR_NODEV, 0, 0),
	     "read-only root");
}

static void device_nodes(struct floor *f)
{
	static const char *const nodes[][2] = {
		{ "/dev/null", "null" },     { "/dev/zero", "zero" },       { "/dev/full", "full" },
		{ "/dev/random", "random" }, { "/dev/urandom", "urandom" }, { "/dev/tty", "tty" },
	};
	size_t i;

	for (i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
		must(f, mknod(nodes[i][1], S_IFREG | 0666, 0), nodes[i][1]);
		must(f, mount(nodes[i][0], nodes[i][1], NULL, MS_BIND, NULL), nodes[i][0]);
	}
}

/* In a kept root /dev must not cover the nodes it is made from: there it is built on /tmp and moved. */
static void minimal_dev(struct floor *f)
{
	const char *where = f->composed ? "dev" : "tmp";

	must(f, mount("tmpfs", where, "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=0755"), "dev");
	must(f, chdir(where), "dev");
	device_nodes(f);
	must(f, symlink("/proc/self/fd", "fd"), "dev/fd");
	must(f, symlink("fd/0", "stdin"), "dev/stdin");
	must(f, symlink("fd/1", "stdout"), "dev/stdout");
	must(f, symlink("fd/2", "stderr"), "dev/stderr");
	must(f, symlink("pts/ptmx", "ptmx"), "dev/ptmx");
	make_dir(f, "pts", 0755);
	make_dir(f, "shm", 0755);
	make_dir(f, "mqueue", 0755);
	must(f, set_attr(".", TREE_RECURSIVE, ATTR_RDONLY | ATTR_NOSUID, ATTR_NODEV, 0), "read-only dev");
	must(f,
	     mount("devpts", "pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620"),
	     "dev/pts");
	must(f, mount("tmpfs", "shm", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=1777"), "dev/shm");
	must(f, chdir(".."), "chdir");
	if (!f->composed)
		must(f, mount("tmp", "dev", NULL, MS_MOVE, NULL), "move of dev");
}

/* A mount on each path, then all of /proc read-only and /proc itself back: two calls instead of five. */
static void new_proc(struct floor *f)
{
	static const char *const paths[] = { "proc/sys", "proc/sysrq-trigger", "proc/irq", "proc/bus",
					     "proc/fs" };
	size_t i;

	must(f, mount("proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL), "proc");
	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (mount(paths[i], paths[i], NULL, MS_BIND, NULL) < 0 && errno != ENOENT)
			must(f, -1, paths[i]);
	must(f, set_attr("proc", TREE_RECURSIVE, ATTR_RDONLY, 0, 0), "read-only proc");
	must(f, set_attr("proc", 0, 0, ATTR_RDONLY, 0), "writable proc");
}

static void file_system(struct floor *f)
{
	if (f->composed) {
		must(f, set_attr("/", TREE_RECURSIVE, 0, 0, MS_PRIVATE), "private");
		compose_root(f);
	} else {
		must(f, chdir("/"), "chdir");
		must(f, set_attr("/", TREE_RECURSIVE, ATTR_RDONLY | ATTR_NOSUID | ATTR_NODEV, 0, MS_PRIVATE),
		     "read-only root");
	}
	minimal_dev(f);
	must(f, mount("tmpfs", "tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777"), "tmp");
	new_proc(f);
	if (!f->composed)
		return;
	must(f, syscall(SYS_pivot_root, ".", "."), "pivot_root");
	must(f, umount2(".", MNT_DETACH), "umount of the old root");
	must(f, chdir("/"), "chdir");
}

/* An exec resets handlers; what the caller ignores stays ignored. */
static void default_signals(void)
{
	static char text[4096]; /* one floor at a time */
	static const struct kernel_action {
		void *handler;
		unsigned long flags;
		void *restorer;
		uint64_t mask;
	} action;
	uint64_t ignored = ~UINT64_C(0);
	ssize_t n = -1;
	char *at;
	int fd;

	fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, text, sizeof(text) - 1);
		close(fd);
	}
	text[n > 0 ? n : 0] = '\0';
	at = strstr(text, "\nSigIgn:\t");
	if (at)
		ignored = strtoul(at + 9, NULL, 16);
	for (int i = 1; i <= 64; i++)
		if (ignored >> (i - 1) & 1)
			syscall(SYS_rt_sigaction, i, &action, NULL, sizeof(action.mask));
}

static void load_filter(struct floor *f)
{
	struct {
		unsigned short count;
		const void *code;
	} program = { f->filter_length, f->filter };

	if (f->filter)
		must(f, syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program), "seccomp");
}

static void no_core(struct floor *f)
{
	struct rlimit limit, wanted = { 1, 1 }; /* as small a one: none, and no core_pattern program either */

	must(f, getrlimit(RLIMIT_CORE, &limit), "getrlimit");
	if (limit.rlim_max < wanted.rlim_max)
		wanted = (struct rlimit){ 0, 0 };
	must(f, setrlimit(RLIMIT_CORE, &wanted), "setrlimit");
}

static void confine(struct floor *f)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = { { 0 } };
	unsigned long cap;

	for (cap = 0; prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == 0; cap++)
		;
	must(f, prctl(PR_SET_SECUREBITS, LOCKED_DOWN, 0, 0, 0), "securebits");
	must(f, prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0), "ambient set");
	must(f, syscall(SYS_capset, &head, none), "capset");
	must(f, prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs");
}

static void standard_fds(struct floor *f)
{
	int fd;

	if (f->keep_stdio)
		return;
	fd = open("/dev/null", O_RDWR);
	must(f, fd, "/dev/null");
	for (int i = 0; i < 3; i++)
		if (fd != i)
			must(f, dup2(fd, i), "dup2");
	if (fd > 2)
		close(fd);
}

int floor_child(void *arg)
{
	struct floor *f = arg;
	static char *const no_env[] = { NULL };
	sigset_t none;

	/* The table is shared: this copies the part below the cut and never sees the rest. */
	must(f, syscall(SYS_close_range, f->keep_stdio ? 3 : 0, ~0U, CLOSE_RANGE_UNSHARE), "close_range");
	umask(022);
	default_signals();
	namespaces(f);
	identity(f);
	if (f->network)
		loopback(f);
	file_system(f);
	must(f, setsid(), "setsid");
	no_core(f);
	syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
	standard_fds(f);
	confine(f);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	load_filter(f);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &f->before);
	execve(f->path, f->argv, no_env);
	must(f, -1, "execve");
	return 127;
}
