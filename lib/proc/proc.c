/* SPDX-License-Identifier: MIT */
/* sb_proc: one command, from its start to its result. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sandbox/limit.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/filter_run.h"
#include "common/read_text.h"
#include "error.h"
#include "host/cgroup_dir.h"
#include "host/channel.h"
#include "host/explain.h"
#include "proc_internal.h"

#define OF_THE_BOX (SB_NS_ALL | SB_APPLIED_ROOT | SB_APPLIED_ROOT_READONLY | SB_APPLIED_NO_NEW_USERNS)

sb_proc *sbi_proc_new(void)
{
	sb_proc *proc = calloc(1, sizeof(*proc));

	if (proc) {
		proc->channel = proc->pidfd = proc->tty = proc->listener = proc->epoll = -EBADF;
		proc->leaf = SBI_NO_LEAF;
	}
	return proc;
}

void sbi_proc_drop(sb_proc *proc)
{
	if (proc)
		sbi_streams_free(proc->streams);
	free(proc);
}

/* Which of its lines are told of, and by whom: sb-init, or us if there are notify lines. */
static void adopt_filter(sb_proc *proc, struct sbi_launch *l, const struct sbi_start *start)
{
	proc->listener = start->listener;
	if (!l->plan.filter)
		return;
	proc->result.filter_length = l->plan.filter->count;
	if (start->listener >= 0)
		proc->filter = sbi_filter_ref(l->plan.filter);
	if (start->told || start->listener >= 0) {
		l->plan.applied |= SB_APPLIED_SECCOMP_REPORT;
		proc->result.has |= SB_HAS_DENIED;
	}
}

static void keep_plan(sb_proc *proc, struct sbi_launch *l)
{
	proc->plan = malloc(sizeof(*proc->plan));
	if (!proc->plan)
		return;
	*proc->plan = l->plan;
	memset(&l->plan.arena, 0, sizeof(l->plan.arena));
	memset(&l->plan.id, 0, sizeof(l->plan.id));
	l->plan.filter = NULL;
}

void sbi_proc_adopt(sb_proc *proc, sb_box *box, int owns_box, int channel, struct sbi_launch *l,
		    const struct sbi_start *start)
{
	proc->box = box;
	proc->life = box->life;
	proc->life->refs++;
	proc->owns_box = owns_box;
	proc->channel = channel;
	proc->pidfd = start->pidfd;
	proc->tty = start->tty;
	adopt_filter(proc, l, start);
	if (l->leaf.fd >= 0) {
		proc->leaf = l->leaf;
		l->leaf = SBI_NO_LEAF;
		proc->place = sbi_place_ref(l->place);
		proc->used_ns = start->used_ns;
	}
	proc->result.size = sizeof(proc->result);
	proc->result.applied = sbi_launch_applied(l, start);
	sbi_box_note_start(box, proc->used_ns);
	if (!owns_box)
		proc->result.applied = (box->applied & OF_THE_BOX) | (proc->result.applied & ~OF_THE_BOX);
	if (!(proc->result.applied & SB_APPLIED_SECCOMP))
		proc->result.filter_length = 0;
	proc->result.caps = start->caps;
	proc->result.landlock_abi = (uint32_t)start->landlock_abi;
	proc->result.skipped = start->skipped + proc->leaf.skipped;
	proc->result.approximate = sbi_launch_approximate(l);
	if (start->opening)
		keep_plan(proc, l);
	memcpy(proc->limits, l->cfg->limits, sizeof(proc->limits));
	proc->started_ns = start->started_ns;
	proc->result.has |= SB_HAS_SETUP;
	proc->result.setup_ns = start->started_ns > l->began_ns ? start->started_ns - l->began_ns : 0;
}

/* What sb-init tells; the kernel's word on signal and core comes with it. */
static void take_report(sb_proc *proc, const struct sbi_record *rec)
{
	sb_result *res = &proc->result;

	proc->reported = 1;
	proc->cause = rec->at < SBI_CAUSES ? rec->at : SBI_CAUSE_NONE;
	proc->cause_ns = rec->cause_ns;
	proc->noted = (rec->detail & SBI_ENDED_NOTED) != 0;
	res->code = rec->status;
	res->core_dumped = (rec->detail & ~SBI_ENDED_NOTED) == CLD_DUMPED;
	res->signaled = (rec->detail & ~SBI_ENDED_NOTED) != CLD_EXITED;
	res->wall_ns = rec->time_ns;
	res->user_ns = rec->user_ns;
	res->system_ns = rec->system_ns;
	res->max_rss = rec->max_rss;
	res->minor_faults = rec->minor_faults;
	res->major_faults = rec->major_faults;
	res->voluntary = rec->voluntary;
	res->involuntary = rec->involuntary;
	res->has |= SB_HAS_CODE | SB_HAS_WALL | SB_HAS_CPU | SB_HAS_RSS | SB_HAS_FAULTS | SB_HAS_SWITCHES;
}

/* After sb_spawn() had returned: its streams could not be opened, or it could not be executed. */
static void take_failure(sb_proc *proc, const struct sbi_record *rec)
{
	sb_error why = SB_INIT(sb_error);

	if (!proc->plan || proc->not_started)
		return;
	sbi_explain_failed((const struct sbi_plan *)proc->plan->arena.base, &proc->plan->id, rec,
			   proc->leaf.fd, &why);
	proc->not_started = malloc(sizeof(why));
	if (proc->not_started)
		*proc->not_started = why;
}

/* sb-init ended first: without a pid namespace the command may still be there. */
static void take_loss(sb_proc *proc)
{
	syscall(SYS_pidfd_send_signal, proc->pidfd, SIGKILL, NULL, 0);
	proc->reported = 1;
	proc->lost = 1;
}

/* From now on only the end of sb-init is news: an ended channel stays readable. */
static void leave_channel(sb_proc *proc)
{
	if (!proc->silent && proc->epoll >= 0)
		epoll_ctl(proc->epoll, EPOLL_CTL_DEL, proc->channel, NULL);
	proc->silent = 1;
}

/* One look at the channel; 1 if there may be more. */
static int look(sb_proc *proc)
{
	/* before the look: what it said last is then in the channel */
	int gone = sbi_life_is_gone(proc->life);
	struct sbi_record rec;
	int r, fd;

	r = sbi_receive(proc->channel, &rec, &fd, 0);
	if (fd >= 0)
		close(fd);
	if (r == 1 && rec.type == SBI_ENDED)
		take_report(proc, &rec);
	else if (r == 1 && rec.type == SBI_DENIED)
		sbi_denied_note(proc, rec.detail == SBI_TELL_LOG ? SB_SECCOMP_LOG : SB_SECCOMP_KILL, rec.at,
				rec.count, rec.args);
	else if (r == 1 && rec.type == SBI_FAILED)
		take_failure(proc, &rec);
	else if (r == 1 && rec.type == SBI_SOFT && rec.at < SBI_LIMITS)
		proc->result.soft |= SB_LIMIT_BIT(rec.at);
	else if (r != 1 && gone)
		take_loss(proc);
	if (r == 0 || proc->reported)
		leave_channel(proc);
	return r == 1;
}

int sb_proc_process(sb_proc *proc, sb_result *res, sb_error *err)
{
	if (!proc)
		return sbi_fail(err, SB_STEP_WAIT, 0, EINVAL, "sb_proc_process: no command given");
	if (proc->streams)
		sbi_streams_move(proc);
	while (!proc->reported && look(proc))
		;
	if (!proc->reported || (!proc->ended && proc->owns_box && !sbi_life_is_gone(proc->life)))
		return 0;
	if (!sbi_leaf_is_over(proc) || (proc->streams && !sbi_streams_are_over(proc)))
		return 0;
	if (!proc->ended) {
		sbi_verdict(proc);
		sbi_box_note_end(proc->box, &proc->stats);
	}
	proc->ended = 1;
	if (res)
		sbi_copy_out(res, &proc->result, sizeof(proc->result));
	return 1;
}

int sb_proc_fd(sb_proc *proc)
{
	sbi_autoclose int fd = -EBADF;
	struct epoll_event event = { .events = EPOLLIN };

	if (!proc)
		return -EINVAL;
	if (proc->epoll >= 0)
		return proc->epoll;
	fd = epoll_create1(EPOLL_CLOEXEC);
	if (fd >= 0 && proc->clearing) {
		event.events = EPOLLPRI;
		if (epoll_ctl(fd, EPOLL_CTL_ADD, proc->leaf.files[SBI_LEAF_EVENTS], &event) < 0)
			return -errno;
		event.events = EPOLLIN;
	}
	if (fd < 0 || (!proc->silent && epoll_ctl(fd, EPOLL_CTL_ADD, proc->channel, &event) < 0) ||
	    (!proc->without_box && epoll_ctl(fd, EPOLL_CTL_ADD, proc->life->pidfd, &event) < 0))
		return -errno;
	proc->epoll = sbi_take_fd(&fd);
	if (proc->streams)
		sbi_streams_watch(proc);
	return proc->epoll;
}

int sb_proc_signal(sb_proc *proc, int number)
{
	if (!proc || number < 0 || number > 64)
		return -EINVAL;
	return syscall(SYS_pidfd_send_signal, proc->pidfd, number, NULL, 0) < 0 ? -errno : 0;
}

static int kill_all(sb_proc *proc)
{
	int r;

	/* all at once, so that a fork bomb has no time; of a leaf that is gone nothing is left */
	if (proc->leaf.fd >= 0)
		sbi_cg_kill(proc->leaf.fd);
	r = sb_proc_signal(proc, SIGKILL);
	if (proc->owns_box && !proc->box->has_pidns) /* somebody in there may have stopped sb-init */
		syscall(SYS_pidfd_send_signal, proc->life->pidfd, SIGCONT, NULL, 0);
	return r == -ESRCH ? 0 : r;
}

int sb_proc_kill(sb_proc *proc)
{
	if (!proc)
		return -EINVAL;
	if (!atomic_load(&proc->killed_ns))
		atomic_store(&proc->killed_ns, sbi_now());
	return kill_all(proc);
}

void sbi_proc_exceeded(sb_proc *proc)
{
	unsigned long long never = 0;

	if (atomic_compare_exchange_strong(&proc->exceeded_ns, &never, sbi_now()))
		kill_all(proc);
}

int sb_proc_pidfd(const sb_proc *proc)
{
	return proc ? proc->pidfd : -EINVAL;
}

pid_t sb_proc_pid(const sb_proc *proc)
{
	char path[48], text[512], *line;
	int pid;

	if (!proc)
		return -EINVAL;
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", proc->pidfd);
	sbi_read_text(path, text, sizeof(text));
	line = strstr(text, "\nPid:");
	pid = line ? atoi(line + 5) : -1;
	return pid > 0 ? pid : -ESRCH;
}

uint32_t sb_proc_soft(const sb_proc *proc)
{
	return proc ? proc->result.soft : 0;
}

int sb_proc_error(const sb_proc *proc, sb_error *err)
{
	if (!proc)
		return -EINVAL;
	if (!proc->not_started)
		return -ENOENT;
	sbi_fail_as(err, proc->not_started);
	return 0;
}

int sb_proc_tty(const sb_proc *proc)
{
	if (!proc)
		return -EINVAL;
	return proc->tty >= 0 ? proc->tty : -ENOTTY;
}

sb_proc *sb_proc_free(sb_proc *proc)
{
	if (!proc)
		return NULL;
	if (proc->owns_box) {
		sbi_box_close(proc->box);
	} else if (!proc->ended) {
		sb_proc_kill(proc);
		sb_proc_wait(proc, UINT64_MAX, NULL, NULL);
	}
	if (!proc->owns_box)
		sbi_close_fd(&proc->channel);
	sbi_close_fd(&proc->pidfd);
	sbi_close_fd(&proc->tty);
	sbi_close_fd(&proc->listener);
	sbi_filter_unref(proc->filter);
	free(proc->denied);
	free(proc->not_started);
	if (proc->plan)
		sbi_compiled_free(proc->plan);
	free(proc->plan);
	sbi_close_fd(&proc->epoll);
	sbi_streams_free(proc->streams);
	sbi_leaf_end(proc);
	sbi_place_unref(proc->place);
	sbi_life_unref(proc->life);
	free(proc);
	return NULL;
}
