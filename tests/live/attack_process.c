// SPDX-License-Identifier: MIT
/* Attacks on other processes, and on what this one may become. */
#include "attack.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

/* A process of the host, by the number that it has there; else the first one here. */
static pid_t victim(void)
{
	int pid = atoi(given("pid"));

	return pid > 0 && kill(pid, 0) == 0 ? pid : 1;
}

static int trace(void)
{
	return tried(ptrace(PTRACE_SEIZE, victim(), 0, 0) == 0, "ptrace");
}

static int trace_me(void)
{
	return tried(ptrace(PTRACE_TRACEME, 0, 0, 0) == 0, "ptrace(PTRACE_TRACEME)");
}

/* Where there is nothing to read is soon enough known. */
static int read_memory(void)
{
	char buf[8];
	struct iovec here = {buf, sizeof(buf)}, there = {(void *)0x1000, sizeof(buf)};

	return tried(process_vm_readv(victim(), &here, 1, &there, 1, 0) >= 0 || errno == EFAULT,
		     "process_vm_readv");
}

static int write_memory(void)
{
	char buf[8] = "";
	struct iovec here = {buf, sizeof(buf)}, there = {(void *)0x1000, sizeof(buf)};

	return tried(process_vm_writev(victim(), &here, 1, &there, 1, 0) >= 0 || errno == EFAULT,
		     "process_vm_writev");
}

static int compare(void)
{
	return tried(syscall(SYS_kcmp, victim(), victim(), 1 /* KCMP_VM */, 0, 0) >= 0, "kcmp");
}

static int take_descriptor(void)
{
	int pidfd = (int)syscall(SYS_pidfd_open, victim(), 0);

	if (pidfd < 0)
		return refused("pidfd_open");
	return tried(syscall(SYS_pidfd_getfd, pidfd, 0, 0) >= 0, "pidfd_getfd");
}

static int signal_host(void)
{
	int pid = atoi(given("pid"));

	if (pid <= 0)
		return not_here("no process of the host was given");
	return tried(kill(pid, SIGWINCH) == 0, "kill of a process of the host");
}

/* If it dies, so do we. Signals that can be caught it passes on to us. */
static int signal_first(void)
{
	if (getpid() > 300 || victim() != 1) /* process 1 would be the machine's */
		return not_here("there is no first process of a sandbox");
	kill(1, SIGKILL);
	kill(1, SIGSTOP);
	errno = EPERM;
	return refused("process 1 lives");
}

static int higher(void)
{
	return tried(setpriority(PRIO_PROCESS, 0, -5) == 0, "setpriority");
}

static int real_time(void)
{
	struct sched_param param = {.sched_priority = 1};

	return tried(sched_setscheduler(0, SCHED_RR, &param) == 0, "sched_setscheduler");
}

static int has_caps(void)
{
	struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct d[2] = {{0, 0, 0}, {0, 0, 0}};
	uint32_t any = 0;

	syscall(SYS_capget, &h, d);
	for (int i = 0; i < 2; i++)
		any |= d[i].effective | d[i].permitted | d[i].inheritable;
	for (int i = 0; i < 64; i++)
		any |= prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, i, 0, 0) == 1;
	errno = EPERM;
	return tried(any != 0, "effective, permitted, inheritable, ambient capabilities");
}

static int another_user(void)
{
	return tried(setresuid(getuid() + 1, getuid() + 1, getuid() + 1) == 0, "setresuid");
}

static int keeps_caps(void)
{
	return tried(prctl(PR_SET_SECUREBITS, SECBIT_KEEP_CAPS) == 0, "PR_SET_SECUREBITS");
}

static int has_bounding(void)
{
	int any = 0;

	for (int i = 0; i < 64; i++)
		any |= prctl(PR_CAPBSET_READ, i, 0, 0, 0) == 1;
	errno = EPERM;
	return tried(any, "bounding set");
}

static int exec_of(const char *path)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		execl(path, "attack", "gained", NULL);
		_exit(refused(path));
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : DENIED;
}

int gained(void)
{
	struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct d[2] = {{0, 0, 0}, {0, 0, 0}};

	syscall(SYS_capget, &h, d);
	errno = EPERM;
	return tried(geteuid() != getuid() || getegid() != getgid() || d[0].permitted || d[1].permitted,
		     "more than before the exec");
}

static int set_user_id(void)
{
	return exec_of("/bait/suid");
}

static int file_capability(void)
{
	return exec_of("/bait/fcap");
}

static int new_privileges(void)
{
	errno = EPERM;
	return tried(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0, "new privileges by exec");
}

/* Bytes put into the input of the terminal, which the caller may read from its other side. */
static int put_in(unsigned long number)
{
	if (!isatty(0))
		return not_here("there is no terminal");
	return heard(syscall(SYS_ioctl, 0, number, "x"), "ioctl");
}

static int tiocsti(void)
{
	return put_in(TIOCSTI);
}

static int tiocsti_high(void)
{
	return put_in(TIOCSTI | 0x123400000000);
}

static int tioclinux(void)
{
	return put_in(TIOCLINUX);
}

static int discipline(void)
{
	return put_in(TIOCSETD);
}

/* The kernel says whether it has written (or piped) one, whatever the pattern is. */
static int crash(void)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		signal(SIGSEGV, SIG_DFL);
		prctl(PR_SET_DUMPABLE, 1);
		raise(SIGSEGV);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	errno = EPERM;
	return tried(WIFSIGNALED(status) && WCOREDUMP(status), "a core dump");
}

static int file_of_process(const char *name, int bytes)
{
	char path[64], buf[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)victim(), name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return refused(path);
	return tried(!bytes || read(fd, buf, sizeof(buf)) > 0, path);
}

static int its_memory(void)
{
	return file_of_process("mem", 0);
}

static int its_environment(void)
{
	return file_of_process("environ", 1);
}

static int its_maps(void)
{
	return file_of_process("maps", 1);
}

/* Their numbers alone are nothing of the host's: can one be followed? */
static int its_descriptors(void)
{
	char name[32];
	char to[256];

	for (int fd = 0; fd < 64; fd++) {
		snprintf(name, sizeof(name), "/proc/%d/fd/%d", (int)victim(), fd);
		if (readlink(name, to, sizeof(to)) > 0 || open(name, O_RDONLY | O_CLOEXEC) >= 0)
			return tried(1, name);
	}
	return refused("descriptors of another process");
}

static int its_root(void)
{
	return file_of_process("root", 0);
}

const struct probe process_probes[] = {
	{"ptrace", "seize", trace},
	{"ptrace", "me", trace_me},
	{"ptrace", "read", read_memory},
	{"ptrace", "write", write_memory},
	{"ptrace", "kcmp", compare},
	{"pidfd-getfd", "take", take_descriptor},
	{"kill", "host", signal_host},
	{"kill", "first", signal_first},
	{"priority", "nice", higher},
	{"priority", "real-time", real_time},
	{"caps", "sets", has_caps},
	{"caps", "setuid", another_user},
	{"caps", "securebits", keeps_caps},
	{"bounding", "set", has_bounding},
	{"setuid-binary", "suid", set_user_id},
	{"setuid-binary", "fcaps", file_capability},
	{"no-new-privs", "off", new_privileges},
	{"tiocsti", "plain", tiocsti},
	{"tiocsti", "high", tiocsti_high},
	{"tiocsti", "linux", tioclinux},
	{"tiocsti", "discipline", discipline},
	{"core-pipe", "crash", crash},
	{"host-memory", "mem", its_memory},
	{"host-memory", "environ", its_environment},
	{"host-memory", "maps", its_maps},
	{"host-memory", "fd", its_descriptors},
	{"host-memory", "root", its_root},
	{NULL, NULL, NULL},
};
