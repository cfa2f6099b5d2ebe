// SPDX-License-Identifier: MIT
/* What a process may have got from the one that started it, and should not. */
#include "attack.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int environment(void)
{
	errno = ENOENT;
	return tried(getenv("SANDBOX_SECRET") != NULL, "the host's environment");
}

static int descriptor(void)
{
	int found = -1;

	for (int fd = 3; fd < 4096 && found < 0; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			found = fd;
	errno = EBADF;
	return tried(found >= 0, "a descriptor above 2");
}

/* Also 0, 1 and 2 may be one. */
static int directory(void)
{
	struct stat st;
	int found = 0;

	for (int fd = 0; fd < 4096; fd++)
		found |= fstat(fd, &st) == 0 && S_ISDIR(st.st_mode);
	errno = EBADF;
	return tried(found, "a directory's descriptor");
}

static int working_directory(void)
{
	char cwd[4096];

	if (access("bait.txt", F_OK) == 0)
		return tried(1, "the host's working directory");
	if (getcwd(cwd, sizeof(cwd)) && cwd[0] != '/')
		return tried(1, "an unreachable working directory");
	errno = ENOENT;
	return refused("the host's working directory");
}

/* The kernel's own numbers: libc hides two of them. */
static int dispositions(void)
{
	struct {
		void *handler;
		unsigned long flags, restorer, mask;
	} action;
	int ignored = 0;

	for (int i = 1; i <= 64; i++)
		ignored |= syscall(SYS_rt_sigaction, i, NULL, &action, 8) == 0 &&
			   action.handler == (void *)SIG_IGN;
	errno = ENOENT;
	return tried(ignored, "ignored signals");
}

static int blocked(void)
{
	unsigned long set = 0;

	syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &set, sizeof(set));
	errno = ENOENT;
	return tried(set != 0, "blocked signals");
}

static int mask_of_files(void)
{
	mode_t mask = umask(077);

	errno = ENOENT;
	return tried((mask & 022) != 022, "a umask that lets others write");
}

static int session(void)
{
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC);

	if (fd >= 0)
		return tried(1, "the controlling terminal");
	errno = ENOENT;
	return tried(getsid(0) != getpid() && getsid(0) != getppid(), "the host's session");
}

const struct probe inherited_probes[] = {
	{"env-leak", "environ", environment},
	{"fd-leak", "number", descriptor},
	{"dirfd-leak", "descriptor", directory},
	{"dirfd-leak", "cwd", working_directory},
	{"clean-state", "ignored", dispositions},
	{"clean-state", "blocked", blocked},
	{"clean-state", "umask", mask_of_files},
	{"clean-state", "session", session},
	{NULL, NULL, NULL},
};
