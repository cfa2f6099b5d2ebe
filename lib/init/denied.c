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
	int pid; /* of the command; 0 once it has ended */
	int killed; /* … itself */
	void *map; /* its plan, if it is in the way otherwise; NULL */
	uint64_t map_size;
	const struct sock_filter *code;
	uint32_t length, count;
	struct denied calls[SBI_MAX_DENIED];
} listeners[MAX_LISTENERS];

/* How many were ever in use: each is a page that is not there before it is looked at. */
static int used;

static int first_free(void)
{
	int i = 0;

	while (i < used && listeners[i].fd)
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

	if (i == used)
		used++;
	listeners[i].fd = fd;
	listeners[i].pid = pid;
	listeners[i].killed = 0;
	listeners[i].map = NULL;
	listeners[i].code = (const struct sock_filter *)(run->base + filter->text[2]);
	listeners[i].length = filter->count;
	listeners[i].count = 0;
	return i;
}

uint32_t poll_listeners(struct pollfd *polled)
{
	uint32_t count = 0;

	for (int i = 0; i < used; i++)
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
	if (l->pid && SYS(tgkill, l->pid, u.call.pid, 0) == 0)
		l->killed = 1;
	/* else it is dead, its number maybe another's */
	if (SYS(ioctl, l->fd, SECCOMP_IOCTL_NOTIF_ID_VALID, &u.call.id) == 0)
		SYS(kill, u.call.pid, SIGKILL); /* a thread's number means its process */
}

void keep_plan(int listener, void *map, uint64_t size)
{
	listeners[listener].map = map;
	listeners[listener].map_size = size;
}

void forget_listener(int listener)
{
	struct listener *l = &listeners[listener];

	SYS(close, l->fd < 0 ? -l->fd : l->fd);
	if (l->map)
		SYS(munmap, l->map, l->map_size);
	l->fd = 0;
}

/* Who could call is gone: all that is left to do is to tell, if there is still somebody to be told. */
static void nobody_left(int listener)
{
	struct listener *l = &listeners[listener];

	if (!l->pid)
		forget_listener(listener);
	else
		l->fd = -l->fd;
}

void on_listeners(const struct pollfd *polled, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		for (int k = 0; k < used && polled[i].revents; k++) {
			if (listeners[k].fd != polled[i].fd)
				continue;
			if (polled[i].revents & POLLIN)
				on_call(&listeners[k]);
			else
				nobody_left(k);
		}
}

int tell_denied(int listener, int channel)
{
	struct listener *l = &listeners[listener];

	for (uint32_t i = 0; i < l->count; i++) {
		struct sbi_record rec = { .type = SBI_DENIED,
					  .at = l->calls[i].number,
					  .detail = l->calls[i].kind };

		rec.count = l->calls[i].count;
		for (int k = 0; k < 6; k++)
			rec.args[k] = l->calls[i].args[k];
		send_record(channel, &rec, -1);
	}
	/* What has outlived the command is held to its policy as before. */
	l->pid = 0;
	if (l->fd < 0)
		forget_listener(listener);
	return l->killed;
}
