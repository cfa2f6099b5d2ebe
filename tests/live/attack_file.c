// SPDX-License-Identifier: MIT
/* Attacks by files: devices, files of the host, the kernel's control files, locks. */
#include "attack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static int opened(const char *path, int flags)
{
	return tried(open(path, flags | O_CLOEXEC) >= 0, path);
}

/* /dev/full by its number, at a place that can be written to. */
static int make_device(void)
{
	const char *path = given("device");

	if (!*path)
		path = "/tmp/device";
	if (mknod(path, S_IFCHR | 0666, makedev(1, 7)) < 0)
		return refused("mknod");
	return opened(path, O_RDONLY);
}

static int open_device(void)
{
	return opened("/bait/device", O_RDONLY);
}

static int host_file(void)
{
	return opened(given("path"), O_RDONLY);
}

static int roots_file(void)
{
	return opened("/bait/secret", O_RDONLY);
}

/* To open is enough: nothing is written. */
static int writable(const char *const *paths)
{
	int r = DENIED;

	for (; *paths && r != WORKED; paths++)
		r = opened(*paths, O_WRONLY);
	return r;
}

static int settings(void)
{
	static const char *const paths[] = {
		"/proc/sys/kernel/core_pattern",  "/proc/sys/kernel/modprobe",
		"/proc/sys/vm/overcommit_memory", "/proc/sys/kernel/randomize_va_space",
		"/proc/sys/fs/pipe-max-size",     NULL};

	return writable(paths);
}

static int sysrq(void)
{
	return opened("/proc/sysrq-trigger", O_WRONLY);
}

static int devices(void)
{
	static const char *const paths[] = {"/sys/kernel/uevent_helper", "/sys/power/state",
					    "/sys/kernel/mm/ksm/run",    "/sys/class/net/lo/mtu",
					    "/sys/kernel/profiling",     NULL};

	return writable(paths);
}

static int kernel_memory(void)
{
	return opened("/proc/kcore", O_RDONLY);
}

static int cgroup_files(void)
{
	static const char *const paths[] = {
		"/sys/fs/cgroup/cgroup.procs", "/sys/fs/cgroup/unified/cgroup.procs",
		"/sys/fs/cgroup/memory/cgroup.procs", "/sys/fs/cgroup/memory/release_agent", NULL};

	return writable(paths);
}

static int cgroup_mount(void)
{
	return tried(mount("c", "/tmp", "cgroup2", 0, NULL) == 0, "mount of cgroup2");
}

static int flocked(void)
{
	int fd = open("/bait/shared", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return refused("/bait/shared");
	return tried(flock(fd, LOCK_EX | LOCK_NB) == 0, "flock");
}

static int record_locked(int command)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1};
	int fd = open("/bait/shared", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return refused("/bait/shared");
	return tried(fcntl(fd, command, &lock) == 0, "fcntl");
}

static int posix_locked(void)
{
	return record_locked(F_SETLK);
}

static int waited_for(void)
{
	return record_locked(F_SETLKW);
}

static int description_locked(void)
{
	return record_locked(F_OFD_SETLK);
}

static int leased(void)
{
	int fd = open("/bait/shared", O_RDONLY | O_CLOEXEC);

	return tried(fd >= 0 && fcntl(fd, F_SETLEASE, F_RDLCK) == 0, "lease");
}

const struct probe file_probes[] = {
	{"mknod", "make", make_device},     {"mknod", "open", open_device},
	{"read-host", "path", host_file},   {"read-host", "owner", roots_file},
	{"proc-sys", "settings", settings}, {"proc-sys", "sysrq", sysrq},
	{"proc-sys", "sys", devices},       {"proc-sys", "memory", kernel_memory},
	{"cgroup", "files", cgroup_files},  {"cgroup", "mount", cgroup_mount},
	{"locks", "flock", flocked},        {"locks", "posix", posix_locked},
	{"locks", "wait", waited_for},      {"locks", "description", description_locked},
	{"locks", "lease", leased},         {NULL, NULL, NULL},
};
