// SPDX-License-Identifier: MIT
/* Run inside by the tests: says what it finds, and does what its arguments ask, in their order. */
#include "inside.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <mqueue.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static void do_ids(const char *arg)
{
	uid_t u[3];
	gid_t g[3], list[128];
	int n, i;

	(void)arg;
	getresuid(&u[0], &u[1], &u[2]);
	getresgid(&g[0], &g[1], &g[2]);
	say("uid=%u\neuid=%u\nsuid=%u\ngid=%u\negid=%u\nsgid=%u\n", u[0], u[1], u[2], g[0], g[1], g[2]);
	n = getgroups(128, list);
	say("groups=");
	for (i = 0; i < n; i++)
		say(i ? " %u" : "%u", list[i]);
	say("\n");
}

static void do_pids(const char *arg)
{
	(void)arg;
	say("pid=%d\nppid=%d\nsid=%d\npgrp=%d\n", getpid(), getppid(), getsid(0), getpgrp());
}

static void do_caps(const char *arg)
{
	struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct d[2] = {{0, 0, 0}, {0, 0, 0}};
	uint64_t bounding = 0, ambient = 0;
	int i;

	(void)arg;
	syscall(SYS_capget, &h, d);
	for (i = 0; i < 64; i++) {
		bounding |= (uint64_t)(prctl(PR_CAPBSET_READ, i, 0, 0, 0) == 1) << i;
		ambient |= (uint64_t)(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, i, 0, 0) == 1) << i;
	}
	say("effective=%08x%08x\n", d[1].effective, d[0].effective);
	say("permitted=%08x%08x\n", d[1].permitted, d[0].permitted);
	say("inheritable=%08x%08x\n", d[1].inheritable, d[0].inheritable);
	say("bounding=%016llx\nambient=%016llx\n", (unsigned long long)bounding, (unsigned long long)ambient);
	say("no_new_privs=%d\nsecurebits=%#x\n", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0),
	    prctl(PR_GET_SECUREBITS));
}

static void do_rlimit(const char *arg)
{
	struct rlimit rl = {0, 0};

	getrlimit(atoi(arg), &rl);
	say("rlimit%s=%llu %llu\n", arg, (unsigned long long)rl.rlim_cur, (unsigned long long)rl.rlim_max);
}

static void do_nice(const char *arg)
{
	(void)arg;
	say("nice=%d\n", getpriority(PRIO_PROCESS, 0));
}

/* Without /proc: asks for each number. */
static void do_fds(const char *arg)
{
	int fd, n = 0;

	(void)arg;
	say("fds=");
	for (fd = 0; fd < 65536; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			say(n++ ? " %d" : "%d", fd);
	say("\n");
}

static void do_fd(const char *arg)
{
	struct stat st;
	int fd = atoi(arg);

	if (fstat(fd, &st) < 0)
		say("fd%d=%s\n", fd, strerrorname_np(errno));
	else
		say("fd%d=%o %u:%u %d\n", fd, st.st_mode & S_IFMT, major_of(st.st_rdev), minor_of(st.st_rdev),
		    fcntl(fd, F_GETFL) & O_ACCMODE);
}

static void do_uts(const char *arg)
{
	struct utsname u;

	(void)arg;
	uname(&u);
	say("hostname=%s\ndomainname=%s\n", u.nodename, u.domainname);
}

static void do_env(const char *arg)
{
	char **e;
	int n = 0;

	(void)arg;
	for (e = environ; *e; e++, n++)
		say("env%d=%s\n", n, *e);
	say("envc=%d\n", n);
}

static void do_where(const char *arg)
{
	char cwd[4096];
	mode_t old = umask(0);

	(void)arg;
	umask(old);
	say("cwd=%s\numask=%04o\n", getcwd(cwd, sizeof(cwd)) ? cwd : strerrorname_np(errno), old);
}

static void do_clock(const char *arg)
{
	struct timespec b, m;

	(void)arg;
	clock_gettime(CLOCK_BOOTTIME, &b);
	clock_gettime(CLOCK_MONOTONIC, &m);
	say("boottime=%lld\nmonotonic=%lld\n", (long long)b.tv_sec, (long long)m.tv_sec);
}

static void do_signals(const char *arg)
{
	struct sigaction sa;
	sigset_t set;
	int i;

	(void)arg;
	sigprocmask(SIG_BLOCK, NULL, &set);
	say("blocked=");
	for (i = 1; i < 65; i++)
		if (sigismember(&set, i) == 1)
			say("%d ", i);
	say("\nignored=");
	for (i = 1; i < 65; i++)
		if (sigaction(i, NULL, &sa) == 0 && sa.sa_handler == SIG_IGN)
			say("%d ", i);
	say("\n");
}

static void do_interfaces(const char *arg)
{
	struct if_nameindex *list = if_nameindex(), *i;
	struct ifreq req;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)arg;
	say("interfaces=");
	for (i = list; i && i->if_name; i++) {
		memset(&req, 0, sizeof(req));
		snprintf(req.ifr_name, sizeof(req.ifr_name), "%.15s", i->if_name);
		ioctl(fd, SIOCGIFFLAGS, &req);
		say("%s%s:%s", i == list ? "" : " ", i->if_name, req.ifr_flags & IFF_UP ? "up" : "down");
	}
	say("\n");
	close(fd);
}

static void do_keyring(const char *arg)
{
	char text[256] = "";
	long id = syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0);

	(void)arg;
	if (id >= 0)
		syscall(SYS_keyctl, KEYCTL_DESCRIBE, id, text, sizeof(text) - 1);
	say("keyring=%ld %s\n", id, text);
}

/* Processes that outlive their parent; "orphans=N". */
static void do_orphans(const char *arg)
{
	int n = atoi(arg);

	while (n-- > 0) {
		if (fork())
			continue;
		if (!fork()) {
			setsid();
			signal(SIGTERM, SIG_IGN);
			for (;;)
				pause();
		}
		_exit(0);
	}
	while (wait(NULL) > 0)
		;
}

static void do_setuid(const char *arg)
{
	say("setuid=%s\n",
	    setresuid((uid_t)atol(arg), (uid_t)-1, (uid_t)-1) < 0 ? strerrorname_np(errno) : "ok");
}

static void do_setgroups(const char *arg)
{
	gid_t g = (gid_t)strtoul(arg, NULL, 10);

	say("setgroups=%s\n", setgroups(1, &g) < 0 ? strerrorname_np(errno) : "ok");
}

static void do_unshare(const char *arg)
{
	say("unshare=%s\n", unshare(atoi(arg)) < 0 ? strerrorname_np(errno) : "ok");
}

/* So much cpu time from now on: what the process used before is not the command's. */
static void do_spin(const char *arg)
{
	struct timespec from, t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
	do
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	while ((t.tv_sec - from.tv_sec) * 1000 + (t.tv_nsec - from.tv_nsec) / 1000000 < atol(arg));
}

static void do_touch(const char *arg)
{
	size_t n = strtoul(arg, NULL, 10) << 20;
	volatile char *p = malloc(n);
	size_t i;

	for (i = 0; p && i < n; i += 4096)
		p[i] = 1;
}

/* Waits until a byte comes or the other side is closed: the tests' way to hold the program still. */
static void do_read(const char *arg)
{
	char c;
	ssize_t n = read(atoi(arg), &c, 1);

	say("read=%d\n", (int)n);
}

static void do_mqueue(const char *arg)
{
	mqd_t q = mq_open("/test", O_RDWR | O_CREAT, 0600, NULL);

	(void)arg;
	say("mqueue=%s\n", q < 0 ? strerrorname_np(errno) : "ok");
}

/* Processes, and not threads of one, which kill(2) takes as well. */
static void do_open_pids(const char *arg)
{
	int pid, n = 0;

	(void)arg;
	say("processes=");
	for (pid = 1; pid < 300; pid++)
		if (syscall(SYS_tgkill, pid, pid, 0) == 0 || errno == EPERM)
			say(n++ ? " %d" : "%d", pid);
	say("\n");
}

static void do_end(const char *arg)
{
	exit(atoi(arg));
}

static void do_signal(const char *arg)
{
	raise(atoi(arg));
}

static void do_abort(const char *arg)
{
	(void)arg;
	abort();
}

static void do_pause(const char *arg)
{
	(void)arg;
	for (;;)
		pause();
}

/* Whoever runs beside it as the same user is stopped, over and over. */
static void do_stop_others(const char *arg)
{
	(void)arg;
	say("stopping\n");
	for (;;)
		kill(-1, SIGSTOP);
}

static void do_say(const char *arg)
{
	say("%s\n", arg);
}

static const struct verb verbs[] = {
	{"ids", do_ids},
	{"pids", do_pids},
	{"caps", do_caps},
	{"rlimit", do_rlimit},
	{"nice", do_nice},
	{"fds", do_fds},
	{"fd", do_fd},
	{"uts", do_uts},
	{"env", do_env},
	{"where", do_where},
	{"clock", do_clock},
	{"signals", do_signals},
	{"ifaces", do_interfaces},
	{"keyring", do_keyring},
	{"orphans", do_orphans},
	{"setuid", do_setuid},
	{"setgroups", do_setgroups},
	{"unshare", do_unshare},
	{"spin", do_spin},
	{"touch", do_touch},
	{"read", do_read},
	{"mqueue", do_mqueue},
	{"processes", do_open_pids},
	{"exit", do_end},
	{"signal", do_signal},
	{"abort", do_abort},
	{"pause", do_pause},
	{"say", do_say},
	{"stop-others", do_stop_others},
	{NULL, NULL},
};

static int act(const struct verb *list, const char *word)
{
	size_t n = strcspn(word, "=");

	for (; list->name; list++) {
		if (strlen(list->name) != n || strncmp(list->name, word, n))
			continue;
		list->act(word[n] ? word + n + 1 : "");
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "argv")) {
			say("argc=%d\nargv0=%s\n", argc, argv[0]);
			for (i++; i < argc; i++)
				say("argv%d=%s\n", i, argv[i]);
			break;
		}
		if (!act(verbs, argv[i]) && !act(file_verbs, argv[i]) && !act(cgroup_verbs, argv[i]) &&
		    !act(confine_verbs, argv[i]) && !act(stream_verbs, argv[i]) &&
		    !act(determinism_verbs, argv[i]) && !act(hostile_verbs, argv[i]) &&
		    !act(net_verbs, argv[i]) && !act(socket_verbs, argv[i])) {
			say("inside: what is %s?\n", argv[i]);
			return 99;
		}
	}
	return 0;
}
