/* SPDX-License-Identifier: MIT */
/*
 * System calls that the filter of a command kills for or logs: the kernel asks
 * us, we note which it was, and then kill, or let it go on. A call that is not
 * answered is not made: if we die, it fails.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/ioctl.h>
#include <poll.h>
#include <signal.h>

#include "common/filter_run.h"
#include "init.h"

struct denied {
	uint32_t number, kind;
	uint64_t count, args[6];
};

static struct listener {
	int fd; /* 0 = free */
	int pid;
	int killed; /* the command itself */
	const struct sock_filter *code;
	uint32_t length, count;
	struct denied calls[SBI_MAX_DENIED];
} listeners[MAX_LISTENERS];

static int first_free(void)
{
	int i = 0;

	while (i < MAX_LISTENERS && listeners[i].fd)
		i++;
	return i;
}

int listeners_left(void)
{
	return first_free() < MAX_LISTENERS;
}

int take_listener(const struct run *run, const struct sbi_op *filter, int fd, int pid)
{
	int i = first_free();

	listeners[i].fd = fd; /* negative once nobody is left who could call */
	listeners[i].pid = pid;
	listeners[i].killed = 0;
	listeners[i].code = (const struct sock_filter *)(run->base + filter->text[2]);
	listeners[i].length = filter->count;
	listeners[i].count = 0;
	return i;
}

uint32_t poll_listeners(struct pollfd *polled)
{
	uint32_t count = 0;

	for (int i = 0; i < MAX_LISTENERS; i++)
		if (listeners[i].fd)
			polled[count++] = (struct pollfd){ listeners[i].fd, POLLIN, 0 };
	return count;
}

static void note(struct listener *l, const struct seccomp_data *data, uint32_t kind)
{
	struct denied *d = l->calls;

	while (d < l->calls + l->count && (d->number != (uint32_t)data->nr || d->kind != kind))
		d++;
	if (d == l->calls + SBI_MAX_DENIED)
		return;
	if (d == l->calls + l->count) {
		l->count++;
		d->number = (uint32_t)data->nr;
		d->kind = kind;
		d->count = 0;
		for (int i = 0; i < 6; i++)
			d->args[i] = data->args[i];
	}
	d->count++;
}

static void on_call(struct listener *l)
{
	union {
		struct seccomp_notif call;
		char room[512]; /* a younger kernel's may be longer (SECCOMP_GET_NOTIF_SIZES) */
	} u = { .room = { 0 } };
	struct seccomp_notif_resp answer = { .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE };
	uint32_t kind;

	if (SYS(ioctl, l->fd, SECCOMP_IOCTL_NOTIF_RECV, &u) < 0)
		return; /* it was killed meanwhile */
	kind = sbi_filter_run(l->code, l->length, &u.call.data) & SECCOMP_RET_DATA;
	note(l, &u.call.data, kind);
	if (kind == SBI_TELL_LOG) {
		answer.id = u.call.id;
		SYS(ioctl, l->fd, SECCOMP_IOCTL_NOTIF_SEND, &answer);
		return;
	}
	if (SYS(tgkill, l->pid, u.call.pid, 0) == 0)
		l->killed = 1;
	SYS(kill, u.call.pid, SIGKILL); /* a thread's number means its process */
}

void on_listeners(const struct pollfd *polled, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		for (int k = 0; k < MAX_LISTENERS && polled[i].revents; k++) {
			if (listeners[k].fd != polled[i].fd)
				continue;
			if (polled[i].revents & POLLIN)
				on_call(&listeners[k]);
			else
				listeners[k].fd = -listeners[k].fd; /* nobody is left who could call */
		}
}

void forget_listener(int listener)
{
	int fd = listeners[listener].fd;

	SYS(close, fd < 0 ? -fd : fd);
	listeners[listener].fd = 0;
}

int tell_denied(int listener, int channel)
{
	struct listener *l = &listeners[listener];

	for (uint32_t i = 0; i < l->count; i++) {
		struct sbi_record rec = { .type = SBI_DENIED, .at = l->calls[i].number, .detail = l->calls[i].kind };

		rec.count = l->calls[i].count;
		for (int k = 0; k < 6; k++)
			rec.args[k] = l->calls[i].args[k];
		send_record(channel, &rec, -1);
	}
	forget_listener(listener);
	return l->killed;
}
