/* SPDX-License-Identifier: MIT */
/* The end of a command's leaf: what is left in it is killed, its figures are read once, then it is removed. */
#include <errno.h>
#include <fcntl.h>
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
	res->pids_peak = stats->pids_peak;
	res->pids_refused = stats->pids_refused;
	res->io_read_bytes = stats->io_read_bytes;
	res->io_write_bytes = stats->io_write_bytes;
	res->has |= (stats->has & SB_STATS_PIDS_PEAK ? SB_HAS_PIDS_PEAK : 0) | (stats->has & SB_STATS_PIDS ? SB_HAS_PIDS_REFUSED : 0) |
		    (stats->has & SB_STATS_IO ? SB_HAS_IO : 0);
}

/* What is still charged to it before what it left behind is killed. */
static void note_memory(sb_proc *proc)
{
	sb_stats stats = { 0 };

	if (proc->result.has & SB_HAS_MEMORY_END)
		return;
	sbi_stats_read(proc->leaf.fd, proc->leaf.controllers, 1, proc->used_ns, &stats);
	if (!(stats.has & SB_STATS_MEMORY_DETAIL))
		return;
	proc->result.memory_anon = stats.memory_anon;
	proc->result.memory_file = stats.memory_file;
	proc->result.has |= SB_HAS_MEMORY_END;
}

/* At the first look, what the command left behind is killed; its end is news for whoever polls. */
static void clear_out(sb_proc *proc)
{
	struct epoll_event event = { .events = EPOLLPRI };

	proc->clearing = 1;
	note_memory(proc);
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
	note_memory(proc);
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
