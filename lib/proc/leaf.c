/* SPDX-License-Identifier: MIT */
/* The end of a command's leaf: what is left in it is killed, its figures are read once, then it is removed. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "common/auto.h"
#include "host/cgroup_dir.h"
#include "proc_internal.h"

static void fill_result(sb_proc *proc)
{
	const sb_stats *stats = &proc->stats;
	sb_result *res = &proc->result;

	if (stats->has & SB_STATS_CPU) {
		res->user_ns = stats->user_ns;
		res->system_ns = stats->system_ns;
		res->has |= SB_HAS_CPU | SB_HAS_LEAF_CPU;
	}
	if (stats->has & SB_STATS_MEMORY_PEAK)
		res->has |= SB_HAS_MEMORY_PEAK;
	res->memory_peak = stats->memory_peak;
	if (stats->has & SB_STATS_MEMORY_EVENTS)
		res->has |= SB_HAS_OOM_KILLS;
	res->oom_kills = stats->oom_kills;
	if (res->verdict == SB_SIGNALED && res->code == SIGKILL && stats->oom_kills)
		res->verdict = SB_MEMORY_EXCEEDED;
}

/* At the first look, what the command left behind is killed; its end is news for whoever polls. */
static void clear_out(sb_proc *proc)
{
	struct epoll_event event = { .events = EPOLLPRI };

	proc->clearing = 1;
	sbi_cg_kill(proc->leaf.fd);
	if (proc->epoll >= 0)
		epoll_ctl(proc->epoll, EPOLL_CTL_ADD, proc->leaf_events, &event);
}

int sbi_leaf_is_over(sb_proc *proc)
{
	if (proc->leaf.fd < 0 || proc->leaf_over)
		return 1;
	if (proc->leaf_events < 0)
		proc->leaf_events = openat(proc->leaf.fd, "cgroup.events", O_RDONLY | O_CLOEXEC);
	if (proc->leaf_events >= 0 && sbi_cg_wait(proc->leaf_events, "populated", 0, 0) == 0) {
		if (!proc->clearing)
			clear_out(proc);
		return 0;
	}
	sbi_stats_read(proc->leaf.fd, proc->leaf.controllers, 0, proc->used_ns, &proc->stats);
	fill_result(proc);
	sbi_leaf_remove(proc->place, &proc->leaf);
	if (proc->epoll >= 0 && proc->clearing)
		epoll_ctl(proc->epoll, EPOLL_CTL_DEL, proc->leaf_events, NULL);
	sbi_close_fd(&proc->leaf_events);
	proc->clearing = 0;
	proc->leaf_over = 1;
	return 1;
}
