/* SPDX-License-Identifier: MIT */
/*
 * The end of a command's leaf: what is left in it is killed, its figures are read once, then it is
 * removed.
 */
#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "common/auto.h"
#include "config/cgroup_value.h"
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
	res->has |= (stats->has & SB_STATS_PIDS_PEAK ? SB_HAS_PIDS_PEAK : 0) |
		    (stats->has & SB_STATS_PIDS ? SB_HAS_PIDS_REFUSED : 0) |
		    (stats->has & SB_STATS_IO ? SB_HAS_IO : 0);
}

/* What is still charged to it before what it left behind is killed. */
static void note_memory(sb_proc *proc)
{
	sb_stats stats = { 0 };

	if ((proc->result.has & SB_HAS_MEMORY_END) || !(proc->leaf.controllers & SBI_CG_MEMORY))
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
		epoll_ctl(proc->epoll, EPOLL_CTL_ADD, proc->leaf.files[SBI_LEAF_EVENTS], &event);
}

int sbi_leaf_is_over(sb_proc *proc)
{
	int events;

	if (proc->leaf.fd < 0 || proc->leaf_over)
		return 1;
	events = sbi_leaf_file(&proc->leaf, SBI_LEAF_EVENTS);
	if (events >= 0 && sbi_cg_wait(events, "populated", 0, 0) == 0) {
		if (!proc->clearing)
			clear_out(proc);
		return 0;
	}
	note_memory(proc);
	sbi_stats_end(&proc->leaf, proc->used_ns, &proc->stats);
	fill_result(proc);
	if (proc->epoll >= 0 && proc->clearing)
		epoll_ctl(proc->epoll, EPOLL_CTL_DEL, events, NULL);
	if (proc->owns_box) { /* in a box others may come, and meanwhile there is time */
		sbi_stats_pressure(proc->leaf.fd, &proc->stats);
		sbi_leaf_remove(proc->place, &proc->leaf);
	}
	proc->clearing = 0;
	proc->leaf_over = 1;
	return 1;
}

void sbi_leaf_end(sb_proc *proc)
{
	if (proc->leaf.fd >= 0 && !proc->leaf_over)
		sbi_leaf_remove(proc->place, &proc->leaf);
	else if (proc->leaf.fd >= 0 && !proc->owns_box)
		sbi_leaf_retire(proc->place, &proc->leaf);
	sbi_leaf_close(&proc->leaf);
}
