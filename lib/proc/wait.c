/* SPDX-License-Identifier: MIT */
/* Waiting for one command: until there is something to look at, or it is over. */
#include <poll.h>
#include <string.h>

#include "error.h"
#include "group.h"
#include "stream.h"

#define FEW 8 /* streams that are polled one by one: an epoll set costs ten calls more */

/*
 * With a sandbox of its own the end of sb-init is the end; to wake up for its report as well costs
 * a switch. A long report, of calls that were denied, may have to be read before sb-init can go on.
 */
static int needs_channel(const sb_proc *proc)
{
	return !proc->silent && (!proc->owns_box || (proc->result.has & SB_HAS_DENIED));
}

/* Return: 0 or more, also when a signal came; -errno. */
static int wait_for_news(sb_proc *proc, uint64_t timeout_ns)
{
	struct pollfd polled[2 + FEW * SBI_PUMP_POLLED];
	nfds_t count = 0;

	if (proc->clearing) {
		polled[count++] = (struct pollfd){ proc->leaf.files[SBI_LEAF_EVENTS], POLLPRI, 0 };
	} else if (proc->streams && (proc->epoll >= 0 || proc->streams->count > FEW)) {
		polled[count++] = (struct pollfd){ sb_proc_fd(proc), POLLIN, 0 };
		if (polled[0].fd < 0)
			return polled[0].fd;
	} else {
		if (!proc->without_box)
			polled[count++] = (struct pollfd){ proc->life->pidfd, POLLIN, 0 };
		if (needs_channel(proc))
			polled[count++] = (struct pollfd){ proc->channel, POLLIN, 0 };
		for (uint32_t i = 0; proc->streams && i < proc->streams->count; i++)
			count += sbi_pump_poll(&proc->streams->pumps[i], polled + count);
	}
	return sbi_poll(polled, count, timeout_ns);
}

/* Most likely it runs: without anything of ours to do, waiting says the same as a look, and more. */
static int is_quiet(const sb_proc *proc)
{
	return proc && !proc->reported && !proc->life->gone && (!proc->streams || proc->epoll < 0);
}

int sb_proc_wait(sb_proc *proc, uint64_t timeout_ns, sb_result *res, sb_error *err)
{
	uint64_t start = timeout_ns == UINT64_MAX ? 0 : sbi_now(), passed = 0;
	int r, quiet = timeout_ns && is_quiet(proc);

	for (;; quiet = 0) {
		r = quiet ? 0 : sb_proc_process(proc, res, err);
		if (r != 0 || passed >= timeout_ns)
			return r;
		r = wait_for_news(proc, timeout_ns - passed); /* for ever, nothing has passed */
		if (r < 0)
			return sbi_fail(err, SB_STEP_WAIT, 0, -r, "waiting: %s", strerror(-r));
		if (timeout_ns != UINT64_MAX)
			passed = sbi_now() - start;
	}
}
