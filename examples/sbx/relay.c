/* SPDX-License-Identifier: MIT */
/* Signals sent to sbx are meant for the command: they are taken from a signalfd and passed on. */
#include "sbx.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef PIDFD_SIGNAL_PROCESS_GROUP
#define PIDFD_SIGNAL_PROCESS_GROUP (1U << 2) /* Linux 6.9 */
#endif

static const int relayed[] = {
	SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH, SIGCONT, SIGTSTP,
};

/* Return: the signalfd, or -errno. */
int relay_open(void)
{
	struct sigaction present;
	sigset_t relay, blocked;
	int fd;

	sigemptyset(&relay);
	for (size_t i = 0; i < sizeof(relayed) / sizeof(relayed[0]); i++) {
		/* What our caller had us ignore (nohup, a background job) stays ignored. */
		if (sigaction(relayed[i], NULL, &present) == 0 && present.sa_handler != SIG_IGN)
			sigaddset(&relay, relayed[i]);
	}
	blocked = relay;
	/* A reader of the terminal's output that goes away is an error of write(), not our end. */
	sigaddset(&blocked, SIGPIPE);
	if (sigprocmask(SIG_BLOCK, &blocked, NULL) < 0)
		return -errno;
	fd = signalfd(-1, &relay, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

/* A key of the terminal is meant for the whole job, which leads a process group of its own inside. */
static void signal_job(sb_proc *proc, int signal)
{
	if (syscall(SYS_pidfd_send_signal, sb_proc_pidfd(proc), signal, NULL, PIDFD_SIGNAL_PROCESS_GROUP) ==
	    0)
		return;
	if (errno == EINVAL)
		sb_proc_signal(proc, signal);
}

/*
 * ^Z: the command's process group is orphaned (its session is new), so that the
 * kernel ignores SIGTSTP for it (setpgid(2)). SIGSTOP it is, for both of us; the
 * shell's SIGCONT wakes us first, and is passed on like the others.
 */
static void stop_job(sb_proc *proc)
{
	signal_job(proc, SIGSTOP);
	raise(SIGSTOP);
}

/* Return: false when nothing was pending. */
bool relay_signal(sb_proc *proc, int signal_fd, int tty_fd)
{
	struct signalfd_siginfo info;
	bool from_key;
	int signal;

	if (read(signal_fd, &info, sizeof(info)) != sizeof(info))
		return false;
	signal = (int)info.ssi_signo;
	from_key = info.ssi_code == SI_KERNEL;
	if (signal == SIGWINCH && tty_fd >= 0)
		terminal_resize(tty_fd);
	else if (signal == SIGTSTP && from_key)
		stop_job(proc);
	else if (from_key || signal == SIGCONT)
		signal_job(proc, signal);
	else
		sb_proc_signal(proc, signal);
	return true;
}
