/* SPDX-License-Identifier: MIT */
/* The commands that run, and the end of all that they have started. */
#include "commands.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/prctl.h>
#include <signal.h>
#include <sys/wait.h>

struct command commands[MAX_COMMANDS];
uint32_t command_count;
int is_process_one;
int single;

static int children_fd; /* find_children() */

/* Orphans become ours where we are not process 1; the list of them must be opened before the root changes. */
void find_children(void)
{
	SYS(prctl, PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	children_fd = (int)SYS(openat, AT_FDCWD, "/proc/thread-self/children", O_RDONLY | O_CLOEXEC, 0);
}

/* Whoever is left has a child of ours above it. */
int others_run(void)
{
	return SYS(waitid, P_ALL, 0, 0, WEXITED | WNOHANG | WNOWAIT) == 0;
}

/* What a file of the kernel lists, one number after the other. */
void kill_listed(long fd)
{
	char buf[4096];
	long n = fd < 0 ? -1 : SYS(pread64, fd, buf, sizeof(buf), 0);
	int pid = 0;

	for (long i = 0; i < n; i++) {
		if (buf[i] >= '0' && buf[i] <= '9') {
			pid = pid * 10 + (buf[i] - '0');
		} else if (pid) {
			SYS(kill, pid, SIGKILL);
			pid = 0;
		}
	}
}

/* Where no pid namespace does it for us: end what is left, generation by generation. */
void kill_children(void)
{
	kill_listed(children_fd);
}

int kill_everything(void)
{
	if (is_process_one) {
		if (SYS(kill, -1, 0) == -ESRCH)
			return 0;
		/* who has joined us sees what ends its command */
		SYS(prctl, PR_SET_NAME, SBI_ENDING_NAME, 0, 0, 0);
		SYS(kill, -1, SIGKILL);
		while (SYS(waitid, P_ALL, 0, 0, WEXITED, 0) == 0)
			;
		return 1;
	}
	do
		kill_children();
	while (SYS(waitid, P_ALL, 0, 0, children_fd < 0 ? WEXITED | WNOHANG : WEXITED, 0) == 0 &&
	       children_fd >= 0);
	return 1;
}
