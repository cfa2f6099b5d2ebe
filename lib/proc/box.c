/* SPDX-License-Identifier: MIT */
/* sb_box: the life of a sandbox after its creation, and its end. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/auto.h"
#include "pool.h"
#include "proc_internal.h"

#define PATIENCE_MS 2000 /* for sb-init to end what no pid namespace ends for it */

sb_box *sbi_box_new(void)
{
	sb_box *box = calloc(1, sizeof(*box));

	if (!box)
		return NULL;
	box->control = box->pidfd = box->sent.fd = box->joined = -EBADF;
	box->life = calloc(1, sizeof(*box->life));
	if (!box->life) {
		free(box);
		return NULL;
	}
	box->life->refs = 1;
	box->life->pidfd = -EBADF;
	return box;
}

void sbi_box_drop(sb_box *box)
{
	if (box) {
		sbi_mounts_free(box->mounts);
		sbi_uppers_free(box->uppers);
		free(box->life);
	}
	free(box);
}

void sbi_box_adopt(sb_box *box, struct sbi_launch *l, const struct sbi_start *start)
{
	const struct sbi_plan *plan = (const struct sbi_plan *)l->plan.arena.base;

	box->control = sbi_take_fd(&l->control);
	box->pidfd = box->life->pidfd = sbi_take_fd(&l->boot.pidfd);
	box->pid = l->boot.pid;
	sbi_close_fd(&box->joined); /* of the sandbox that this handle was before */
	if (l->joined)
		box->joined = sbi_take_fd(&l->joined->pidfd);
	box->has_pidns = plan->flags & SBI_PLAN_PIDNS ? 1 : 0;
	box->applied = sbi_launch_applied(l, start);
	box->like = (struct sbi_boxed){ l->plan.id, l->plan.has_leaf, sbi_has_new_cgroupns(l->cfg),
					l->plan.separate, l->cfg->keep_caps };
	box->life->net = l->net;
	l->net = NULL;
	box->life->lease = l->lease;
	l->lease = (struct sbi_lease){ 0 };
	box->place = l->place ? sbi_place_ref(l->place) : NULL;
	memset(&l->plan.id.users, 0, sizeof(l->plan.id.users));
	memset(&l->plan.id.groups, 0, sizeof(l->plan.id.groups));
}

static int signal_box(const sb_box *box, int number)
{
	return syscall(SYS_pidfd_send_signal, box->pidfd, number, NULL, 0) < 0 ? -errno : 0;
}

static int wait_gone(const struct sbi_life *life, int timeout_ms)
{
	struct pollfd polled = { life->pidfd, POLLIN, 0 };
	int n;

	do
		n = poll(&polled, 1, timeout_ms);
	while (n < 0 && errno == EINTR);
	return n > 0;
}

/* Reaped, by us or by somebody else (ECHILD). */
static int has_ended(const struct sbi_life *life)
{
	siginfo_t info = { 0 };
	int r;

	do
		r = waitid((idtype_t)3 /* P_PIDFD */, (id_t)life->pidfd, &info, WEXITED | WNOHANG | __WALL);
	while (r < 0 && errno == EINTR);
	return r < 0 || info.si_pid;
}

/* Its processes are gone. */
static void bury(struct sbi_life *life)
{
	life->gone = 1;
	sbi_net_end(life->net);
	sbi_lease_end(&life->lease);
}

int sbi_life_is_gone(struct sbi_life *life)
{
	if (!life->gone && has_ended(life))
		bury(life);
	return life->gone;
}

void sbi_life_unref(struct sbi_life *life)
{
	if (!life || --life->refs)
		return;
	sbi_net_free(life->net);
	sbi_close_fd(&life->pidfd);
	free(life);
}

void sbi_box_end(sb_box *box)
{
	if (box->life->gone)
		return;
	/* only sb-init can find its descendants: let it, even if somebody stopped it */
	if (!box->has_pidns) {
		shutdown(box->control, SHUT_RDWR);
		signal_box(box, SIGCONT);
		wait_gone(box->life, PATIENCE_MS);
	}
	signal_box(box, SIGKILL);
	sbi_reap(box->life->pidfd);
	bury(box->life);
}

void sbi_box_close(sb_box *box)
{
	sbi_box_end(box);
	sbi_life_unref(box->life);
	sbi_close_fd(&box->control);
	sbi_close_fd(&box->joined);
	free(box->like.id.users.list);
	free(box->like.id.groups.list);
	sbi_place_unref(box->place);
	sbi_sent_forget(&box->sent);
	sbi_whole_free(box->whole);
	sbi_mounts_free(box->mounts);
	sb_config_free(box->cfg);
	sbi_uppers_free(box->uppers);
	free(box->table);
	free(box);
}

int sb_box_pidfd(const sb_box *box)
{
	return box ? box->pidfd : -EINVAL;
}

pid_t sb_box_pid(const sb_box *box)
{
	return box ? box->pid : -EINVAL;
}

int sb_box_kill(sb_box *box)
{
	int r;

	if (!box)
		return -EINVAL;
	if (!atomic_load(&box->life->killed_ns))
		atomic_store(&box->life->killed_ns, sbi_now());
	if (!box->has_pidns) {
		shutdown(box->control, SHUT_RDWR);
		return signal_box(box, SIGCONT) == -EPERM ? -EPERM : 0;
	}
	r = signal_box(box, SIGKILL);
	return r == -ESRCH ? 0 : r;
}

sb_box *sb_box_free(sb_box *box)
{
	struct sbi_seat *seat = box ? box->seat : NULL;

	if (box)
		sbi_box_close(box);
	if (seat)
		sbi_seat_freed(seat);
	return NULL;
}
