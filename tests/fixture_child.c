// SPDX-License-Identifier: MIT
/* A host of its own for a test: a child that changes something for itself alone. */
#include "fixture.h"

#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

void fx_in_child(const char *(*part)(void))
{
	char text[1024] = "";
	int p[2], status;
	pid_t pid;

	fx_ok(pipe(p));
	pid = fork();
	if (pid == 0) {
		const char *said = part();

		if (said && write(p[1], said, strlen(said)) < 0)
			_exit(2);
		_exit(said ? 1 : 0);
	}
	close(p[1]);
	while (read(p[0], text + strlen(text), sizeof(text) - 1 - strlen(text)) > 0)
		;
	close(p[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!strncmp(text, "skip:", 5))
		fx_skip("%s", text + 6);
	if (status)
		fail_msg("%s (status %#x)", text, (unsigned)status);
}

/* Also from the bounding set: root gets at exec what is in that. */
int fx_drop_cap(int cap)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct sets[2];

	if (geteuid() != 0)
		return 0;
	if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0 || syscall(SYS_capget, &header, sets) < 0)
		return -errno;
	sets[CAP_TO_INDEX(cap)].effective &= ~CAP_TO_MASK(cap);
	sets[CAP_TO_INDEX(cap)].permitted &= ~CAP_TO_MASK(cap);
	sets[CAP_TO_INDEX(cap)].inheritable &= ~CAP_TO_MASK(cap);
	return syscall(SYS_capset, &header, sets) < 0 ? -errno : 0;
}

const char *fx_judge(sb_config *cfg, int code, const char *step, const char *hint)
{
	static char said[1024];
	sb_error err = SB_INIT(sb_error);
	sb_proc *proc = NULL;
	int r = sb_spawn(cfg, &proc, &err);

	if (r == -code && !strcmp(sb_step_name(err.step), step) && strstr(err.hint, hint))
		return NULL;
	snprintf(said, sizeof(said), "%d, step %s: %s. hint: %s", r, sb_step_name(err.step), err.message,
		 err.hint);
	return said;
}
