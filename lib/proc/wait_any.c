/* SPDX-License-Identifier: MIT */
/* Waiting for one of many. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/auto.h"
#include "error.h"
#include "group.h"

#define MOST 1024

int sbi_poll(struct pollfd *polled, size_t count, uint64_t timeout_ns)
{
	struct timespec timeout = { (time_t)(timeout_ns / 1000000000), (long)(timeout_ns % 1000000000) };
	int n = ppoll(polled, count, timeout_ns == UINT64_MAX ? NULL : &timeout, NULL);

	return n < 0 ? (errno == EINTR ? 0 : -errno) : n;
}

static int prepare(sb_proc *const procs[], size_t count, struct pollfd *polled, sb_error *err)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++) {
		polled[i] = (struct pollfd){ -1, POLLIN, 0 };
		if (!procs[i])
			continue;
		polled[i].fd = sb_proc_fd(procs[i]);
		if (polled[i].fd < 0)
			return sbi_fail(err, SB_STEP_WAIT, (uint32_t)i, -polled[i].fd,
					"descriptor to poll: %s", strerror(-polled[i].fd));
		polled[i].revents = POLLIN; /* at first, all are looked at */
		found++;
	}
	return found ? 0
		     : sbi_fail(err, SB_STEP_WAIT, 0, ECHILD, "sb_wait_any: there is no command to wait for");
}

/* Those that have news; all of them, so that no stream waits for another. */
static int look(sb_proc *const procs[], size_t count, const struct pollfd *polled, size_t *index,
		sb_result *res, sb_error *err)
{
	size_t ended = count;

	for (size_t i = 0; i < count; i++) {
		int r = polled[i].fd >= 0 && polled[i].revents ? sb_proc_process(procs[i], NULL, err) : 0;

		if (r < 0)
			return r;
		if (r == 1 && ended == count)
			ended = i;
	}
	if (ended == count)
		return 0;
	*index = ended;
	return sb_proc_process(procs[ended], res, err);
}

int sb_wait_any(sb_proc *const procs[], size_t count, uint64_t timeout_ns, size_t *index, sb_result *res,
		sb_error *err)
{
	uint64_t start = sbi_now(), passed = 0;
	sbi_autofree struct pollfd *polled = NULL;
	int r;

	if (!procs || !index || count > MOST)
		return sbi_fail(err, SB_STEP_WAIT, 0, EINVAL,
				"sb_wait_any: at most %d commands, and a place for the number", MOST);
	polled = calloc(count + 1, sizeof(*polled));
	if (!polled)
		return sbi_fail(err, SB_STEP_WAIT, 0, ENOMEM, "not enough memory to wait");
	r = prepare(procs, count, polled, err);
	while (r == 0) {
		r = look(procs, count, polled, index, res, err);
		if (r != 0 || passed >= timeout_ns)
			return r;
		r = sbi_poll(polled, count, timeout_ns == UINT64_MAX ? UINT64_MAX : timeout_ns - passed);
		if (r < 0)
			return sbi_fail(err, SB_STEP_WAIT, 0, -r, "waiting: %s", strerror(-r));
		r = 0;
		passed = timeout_ns == UINT64_MAX ? 0 : sbi_now() - start;
	}
	return r;
}
