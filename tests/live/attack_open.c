// SPDX-License-Identifier: MIT
/* For each attack a sandbox with one guard taken away, and what the host has for it to find. */
#include "attack_open.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* The arguments of the program `attack`, in static memory. */
static const char *const *arguments(const char *class, const char *way)
{
	static char text[7][600];
	static const char *argv[11];
	int n = 0;

	snprintf(text[n++], sizeof(text[0]), "pid=%d", host.victim);
	snprintf(text[n++], sizeof(text[0]), "port=%d", host.port);
	snprintf(text[n++], sizeof(text[0]), "key=%s", host.key);
	snprintf(text[n++], sizeof(text[0]), "name=%s", host.name);
	snprintf(text[n++], sizeof(text[0]), "shm=%s", host.shm_name);
	snprintf(text[n++], sizeof(text[0]), "path=%s", host.path);
	snprintf(text[n++], sizeof(text[0]), "device=/bait/new");
	argv[0] = "attack";
	argv[1] = class;
	argv[2] = way;
	for (int i = 0; i < n; i++)
		argv[3 + i] = text[i];
	return argv;
}

sb_config *attack_furnished(const char *class, const char *way, uint64_t proc_flags, uint64_t bait_flags)
{
	sb_config *cfg = attack_config("none");

	fx_ok(sb_add_proc(cfg, "/proc", proc_flags));
	fx_ok(sb_add_dev(cfg, "/dev"));
	fx_ok(sb_add_tmpfs(cfg, "/tmp", 1 << 20, 0, 0777));
	fx_ok(sb_add_bind(cfg, fx_path("bait"), "/bait", bait_flags));
	fx_ok(sb_set_command(cfg, "/attack", arguments(class, way)));
	if (!strcmp(class, "tiocsti"))
		fx_ok(sb_set_tty(cfg, 1));
	if (!strcmp(class, "core-pipe"))
		fx_ok(sb_set_cwd(cfg, "/tmp"));
	return cfg;
}

int attack_outside(const char *class, const char *way, char *said, size_t len)
{
	int p[2], status = 0;
	size_t at = 0;
	ssize_t n;
	pid_t pid;

	fx_ok(pipe2(p, O_CLOEXEC));
	pid = fork();
	if (pid == 0) {
		dup2(p[1], 1);
		execv(fx_beside("attack"), (char *const *)arguments(class, way));
		_exit(99);
	}
	close(p[1]);
	while (at < len - 1 && (n = read(p[0], said + at, len - 1 - at)) > 0)
		at += (size_t)n;
	said[at] = '\0';
	close(p[0]);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static sb_config *plain(const struct way *w)
{
	return attack_furnished(w->class, w->way, 0, 0);
}

static sb_config *no_filter(const struct way *w)
{
	sb_config *cfg = plain(w);

	fx_ok(sb_set_seccomp(cfg, "none"));
	return cfg;
}

/* Where a privileged caller's sandbox has a user namespace, the others belong to the one outside. */
static void leave_out(sb_config *cfg, uint64_t ns)
{
	fx_ok(sb_set_ns(cfg, SB_NS_ALL & ~ns));
}

static void with_capability(sb_config *cfg, const char *name)
{
	if (fx_who() != FX_USER)
		leave_out(cfg, SB_NS_USER);
	fx_ok(sb_add_cap(cfg, name));
}

/* The filter as well, for it knows which capabilities there are. */
static sb_config *cap(const struct way *w)
{
	sb_config *cfg = plain(w);

	with_capability(cfg, w->detail);
	return cfg;
}

static sb_config *cap_no_filter(const struct way *w)
{
	sb_config *cfg = no_filter(w);

	with_capability(cfg, w->detail);
	return cfg;
}

/* One capability kept, all else as it is. */
static sb_config *kept(const struct way *w)
{
	sb_config *cfg = plain(w);

	fx_ok(sb_add_cap(cfg, "chown"));
	return cfg;
}

static sb_config *share_net(const struct way *w)
{
	sb_config *cfg = plain(w);

	leave_out(cfg, SB_NS_NET);
	fx_ok(sb_set_landlock(cfg, "none", NULL));
	return cfg;
}

static sb_config *share_pid(const struct way *w)
{
	sb_config *cfg = plain(w);

	leave_out(cfg, SB_NS_PID);
	fx_ok(sb_set_landlock(cfg, "none", NULL));
	return cfg;
}

static sb_config *share_ipc(const struct way *w)
{
	sb_config *cfg = plain(w);

	leave_out(cfg, SB_NS_IPC);
	return cfg;
}

static sb_config *host_shm(const struct way *w)
{
	sb_config *cfg = plain(w);

	fx_ok(sb_add_bind(cfg, "/dev/shm", "/dev/shm", 0));
	return cfg;
}

/* Its pid namespace and credentials are the victim's own; an ordinary user then has no namespace at all. */
static sb_config *beside_the_victim(const struct way *w)
{
	sb_config *cfg;

	if (fx_who() == FX_USER) {
		cfg = sb_config_new();
		fx_ok(sb_set_ns(cfg, 0));
		fx_ok(sb_set_command(cfg, fx_beside("attack"), arguments(w->class, w->way)));
	} else {
		cfg = plain(w);
		leave_out(cfg, SB_NS_PID | SB_NS_USER);
		if (fx_who() == FX_USERNS)
			fx_ok(sb_add_cap(cfg, "all"));
	}
	fx_ok(sb_set_seccomp(cfg, "none"));
	fx_ok(sb_set_landlock(cfg, "none", NULL));
	return cfg;
}

static sb_config *new_privileges(const struct way *w)
{
	sb_config *cfg = attack_furnished(w->class, w->way, 0, SB_MOUNT_SUID);

	fx_ok(sb_set_no_new_privs(cfg, 0));
	if (strcmp(w->class, "setuid-binary"))
		return cfg;
	leave_out(cfg, SB_NS_USER);
	if (!strcmp(w->way, "fcaps")) {
		fx_ok(sb_add_cap(cfg, "chown"));
		fx_ok(sb_set_ambient(cfg, 0));
	}
	return cfg;
}

static sb_config *devices(const struct way *w)
{
	sb_config *cfg = attack_furnished(w->class, w->way, 0, SB_MOUNT_DEV);

	if (w->detail) {
		with_capability(cfg, w->detail);
		fx_ok(sb_set_seccomp(cfg, "none"));
	}
	return cfg;
}

static sb_config *as_host_root(const struct way *w)
{
	sb_config *cfg = attack_furnished(w->class, w->way, SB_PROC_WRITABLE, 0);

	leave_out(cfg, SB_NS_USER);
	fx_ok(sb_set_host_root(cfg, 1));
	fx_ok(sb_set_user(cfg, 0, 0));
	if (w->detail && w->detail[0] == '/')
		fx_ok(sb_add_bind(cfg, w->detail, w->detail, SB_MOUNT_RECURSIVE));
	else if (w->detail)
		fx_ok(sb_add_cap(cfg, w->detail));
	return cfg;
}

static sb_config *host_directory(const struct way *w)
{
	sb_config *cfg = plain(w);

	fx_ok(sb_add_bind(cfg, fx_tmp(), fx_tmp(), SB_MOUNT_RO));
	if (!strcmp(w->way, "cwd"))
		fx_ok(sb_set_cwd(cfg, fx_tmp()));
	return cfg;
}

static sb_config *given_descriptor(const struct way *w)
{
	sb_config *cfg = plain(w);

	fx_ok(sb_set_fd(cfg, 9, host.number));
	return cfg;
}

static sb_config *given_environment(const struct way *w)
{
	sb_config *cfg = plain(w);

	fx_ok(sb_add_env(cfg, "SANDBOX_SECRET"));
	return cfg;
}

static sb_config *given_state(const struct way *w)
{
	sb_config *cfg = plain(w);

	fx_ok(!strcmp(w->way, "umask") ? sb_set_umask(cfg, 0) : sb_set_session(cfg, 0));
	return cfg;
}

static sb_config *dumps_core(const struct way *w)
{
	struct rlimit limit;
	sb_config *cfg = plain(w);

	getrlimit(RLIMIT_CORE, &limit);
	fx_ok(sb_set_rlimit(cfg, "core", limit.rlim_max, limit.rlim_max));
	return cfg;
}

static sb_config *nothing_more(const struct way *w)
{
	return plain(w);
}

const struct way ways[] = {
	{"mount", "mount", cap, "sys_admin", "run", 0},
	{"mount", "parts", cap, "sys_admin", "run", 0},
	{"mount", "copy", cap, "sys_admin", "run", 0},
	{"mount", "umount", cap, "sys_admin", "run", 0},
	{"mount", "pivot", cap, "sys_admin", "run", 0},
	{"chroot", "chroot", cap, "sys_chroot", "run", 0},
	{"hostname", "host", cap, "sys_admin", "run", 0},
	{"hostname", "domain", cap, "sys_admin", "run", 0},
	{"namespaces", "unshare", no_filter, NULL, "", 1},
	{"namespaces", "clone", no_filter, NULL, "", 1},
	{"namespaces", "clone3", no_filter, NULL, "", 1},
	{"namespaces", "unshare-mount", cap, "sys_admin", "run", 0},
	{"namespaces", "setns", cap, "sys_admin", "run", 0},
	{"io-uring", "setup", no_filter, NULL, "", 1},
	{"userfaultfd", "make", no_filter, NULL, "", 1},
	{"kernel-api", "bpf", cap, "bpf", "", 1},
	{"kernel-api", "perf", cap_no_filter, "sys_admin", "", 1},
	{"kernel-api", "personality", no_filter, NULL, "run", 1},
	{"kernel-api", "ldt", no_filter, NULL, "", 1},
	{"keyring", "add", no_filter, NULL, "", 1},
	{"keyring", "keyctl", no_filter, NULL, "", 1},
	{"keyring", "request", no_filter, NULL, "", 1},
	{"foreign-abi", "int80", no_filter, NULL, "", 1},
	{"foreign-abi", "x32", no_filter, NULL, "", 1},
	{"handle-at", "open", cap, "dac_read_search", "r", 0},
	{"system", "reboot", cap, "sys_boot", "run", 0},
	{"system", "module", cap, "sys_module", "", 1},
	{"system", "unload", cap, "sys_module", "", 1},
	{"system", "kexec", cap, "sys_boot", "", 1},
	{"system", "swap", cap_no_filter, "sys_admin", "", 1},
	{"system", "acct", cap, "sys_pacct", "", 1},
	{"system", "syslog", cap, "syslog", "", 1},
	{"clock", "zone", cap, "sys_time", "r", 0},
	{"clock", "tick", cap, "sys_time", "r", 0},
	{"tiocsti", "plain", no_filter, NULL, "run", 0},
	{"tiocsti", "high", no_filter, NULL, "run", 0},
	{"tiocsti", "linux", no_filter, NULL, "run", 0},
	{"tiocsti", "discipline", no_filter, NULL, "run", 0},
	{"ptrace", "seize", beside_the_victim, NULL, "", 1},
	{"ptrace", "me", no_filter, NULL, "", 1},
	{"ptrace", "read", beside_the_victim, NULL, "", 1},
	{"ptrace", "write", beside_the_victim, NULL, "", 1},
	{"ptrace", "kcmp", beside_the_victim, NULL, "", 1},
	{"pidfd-getfd", "take", beside_the_victim, NULL, "", 1},
	{"kill", "host", share_pid, NULL, "run", 0},
	{"priority", "nice", cap, "sys_nice", "r", 0},
	{"priority", "real-time", cap, "sys_nice", "", 1},
	{"caps", "sets", kept, NULL, "run", 0},
	{"caps", "setuid", cap, "setuid", "r", 0},
	{"caps", "securebits", cap, "setpcap", "run", 0},
	{"bounding", "set", kept, NULL, "run", 0},
	{"setuid-binary", "suid", new_privileges, NULL, "r", 0},
	{"setuid-binary", "fcaps", new_privileges, NULL, "r", 0},
	{"no-new-privs", "off", new_privileges, NULL, "run", 0},
	{"mknod", "make", devices, "mknod", "r", 0},
	{"mknod", "open", devices, NULL, "r", 0},
	{"read-host", "path", host_directory, NULL, "run", 0},
	{"read-host", "owner", as_host_root, NULL, "r", 0},
	{"proc-sys", "settings", as_host_root, NULL, "r", 0},
	{"proc-sys", "sysrq", as_host_root, NULL, "", 1},
	{"proc-sys", "sys", as_host_root, "/sys", "", 1},
	{"proc-sys", "memory", as_host_root, "sys_rawio", "", 1},
	{"cgroup", "files", as_host_root, "/sys/fs/cgroup", "", 1},
	{"cgroup", "mount", cap, "sys_admin", "r", 0},
	{"locks", "flock", nothing_more, NULL, "run", 0},
	{"locks", "posix", nothing_more, NULL, "run", 0},
	{"locks", "wait", nothing_more, NULL, "run", 0},
	{"locks", "description", nothing_more, NULL, "run", 0},
	{"locks", "lease", cap, "lease", "run", 0},
	{"net-raw", "raw", cap_no_filter, "net_raw", "run", 0},
	{"net-raw", "packet", cap, "net_raw", "", 1},
	{"net-raw", "netfilter", no_filter, NULL, "", 1},
	{"vsock", "socket", no_filter, NULL, "", 1},
	{"alg", "socket", no_filter, NULL, "", 1},
	{"net-abstract", "connect", share_net, NULL, "run", 0},
	{"net-connect", "loopback", share_net, NULL, "run", 0},
	{"ipc", "sysv", share_ipc, NULL, "run", 0},
	{"ipc", "shm", host_shm, NULL, "", 1},
	{"env-leak", "environ", given_environment, NULL, "run", 0},
	{"fd-leak", "number", given_descriptor, NULL, "run", 0},
	{"dirfd-leak", "descriptor", given_descriptor, NULL, "run", 0},
	{"dirfd-leak", "cwd", host_directory, NULL, "run", 0},
	{"clean-state", "ignored", NULL, NULL, "run", 1},
	{"clean-state", "blocked", NULL, NULL, "run", 1},
	{"clean-state", "umask", given_state, NULL, "run", 0},
	{"clean-state", "session", given_state, NULL, "run", 0},
	{"host-memory", "mem", beside_the_victim, NULL, "", 1},
	{"host-memory", "environ", beside_the_victim, NULL, "", 1},
	{"host-memory", "maps", beside_the_victim, NULL, "", 1},
	{"host-memory", "fd", beside_the_victim, NULL, "", 1},
	{"host-memory", "root", beside_the_victim, NULL, "", 1},
	{"core-pipe", "crash", dumps_core, NULL, "run", 0},
	{NULL, NULL, NULL, NULL, NULL, 0},
};
