// SPDX-License-Identifier: MIT
/*
 * A pump alone, between pipes: what goes in comes out, in order and once, however slow and uneven
 * its sinks are.
 */
#include "../fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "proc/stream.h"

/* The linker leads allocations here (--wrap). */
void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size);
static size_t most = SIZE_MAX;

void *__wrap_realloc(void *old, size_t size)
{
	return size > most ? NULL : __real_realloc(old, size);
}

static char byte_at(uint64_t at)
{
	return (char)((at * 2654435761UL) >> 13);
}

struct rig {
	struct sbi_pump pump;
	int writer, readers[2];
	uint64_t put, got[2];
};

/* @kinds of its sinks, -1 = none. */
static void rig_begin(struct rig *rig, int captures, const int kinds[2])
{
	int p[2];

	memset(rig, 0, sizeof(*rig));
	fx_ok(pipe2(p, O_CLOEXEC | O_NONBLOCK));
	rig->writer = p[1];
	rig->pump.in = p[0];
	rig->pump.captures = captures;
	rig->pump.cap = rig->pump.rest = UINT64_MAX;
	rig->pump.buf = captures ? NULL : malloc(SBI_PUMP_BUFFER);
	for (int i = 0; i < 2; i++) {
		rig->readers[i] = rig->pump.sink[i].fd = -EBADF;
		if (kinds[i] < 0)
			continue;
		fx_ok(pipe2(p, O_CLOEXEC));
		fcntl(p[0], F_SETFL, O_NONBLOCK);
		rig->readers[i] = p[0];
		fx_ok(sbi_sink_open(&rig->pump.sink[i], p[1]));
		assert_int_equal(rig->pump.sink[i].kind, SBI_SINK_OWN);
		if (kinds[i] == SBI_SINK_OWN) {
			close(p[1]);
			continue;
		}
		/* as if it could not be opened anew: a description that blocks */
		close(rig->pump.sink[i].fd);
		rig->pump.sink[i].fd = p[1];
		rig->pump.sink[i].kind = (enum sbi_sink_kind)kinds[i];
	}
}

static void rig_end(struct rig *rig)
{
	sbi_pump_clear(&rig->pump);
	close(rig->writer);
	for (int i = 0; i < 2; i++)
		if (rig->readers[i] >= 0)
			close(rig->readers[i]);
}

/* As much of @len as the pipe takes. */
static void put(struct rig *rig, size_t len)
{
	char buf[70000];
	ssize_t n;

	for (size_t i = 0; i < len; i++)
		buf[i] = byte_at(rig->put + i);
	n = write(rig->writer, buf, len);
	rig->put += n > 0 ? (uint64_t)n : 0;
}

static size_t get(struct rig *rig, int which, size_t len)
{
	char buf[70000];
	ssize_t n = read(rig->readers[which], buf, len);

	for (ssize_t i = 0; i < n; i++)
		if (buf[i] != byte_at(rig->got[which]++))
			fail_msg("sink %d: byte %llu is wrong", which,
				 (unsigned long long)rig->got[which] - 1);
	return n > 0 ? (size_t)n : 0;
}

static uint64_t move(struct rig *rig, uint64_t budget)
{
	struct sbi_guard guard = { .active = 0 };
	uint64_t n = sbi_pump_move(&rig->pump, budget, &guard);

	sbi_guard_end(&guard);
	sbi_pump_settle(&rig->pump, -EBADF);
	return n;
}

/* Two readers of different moods; sizes that meet every place of the ring. */
static void uneven(int kind_a, int kind_b)
{
	const int kinds[2] = { kind_a, kind_b };
	struct rig rig;
	unsigned seed = 7;

	rig_begin(&rig, 0, kinds);
	while (rig.put < 2000000) {
		put(&rig, (size_t)rand_r(&seed) % 70000);
		move(&rig, 1 + (uint64_t)rand_r(&seed) % 200000);
		assert_true(rig.pump.queued - rig.pump.sink[0].done <= SBI_PUMP_BUFFER);
		get(&rig, 0, (size_t)rand_r(&seed) % 70000);
		if (rand_r(&seed) % 3 == 0)
			get(&rig, 1, 1 + (size_t)rand_r(&seed) % 70000);
	}
	close(rig.writer);
	rig.writer = -1;
	for (int i = 0; i < 100000 && rig.pump.sink[0].fd + rig.pump.sink[1].fd != -2 * EBADF; i++) {
		move(&rig, 100000);
		get(&rig, 0, 5000);
		get(&rig, 1, 5000);
	}
	assert_int_equal(rig.pump.sink[0].fd, -EBADF); /* closed: the readers see the end */
	assert_int_equal(rig.pump.sink[1].fd, -EBADF);
	while (get(&rig, 0, 70000) + get(&rig, 1, 70000))
		;
	assert_int_equal(rig.pump.bytes, rig.put);
	assert_int_equal(rig.got[0], rig.put);
	assert_int_equal(rig.got[1], rig.put);
	assert_int_equal(rig.pump.error, 0);
	rig_end(&rig);
}

static void everything_in_order_and_once(void **state)
{
	(void)state;
	uneven(SBI_SINK_OWN, SBI_SINK_OWN);
	uneven(SBI_SINK_OWN, SBI_SINK_POLLED);
	uneven(SBI_SINK_POLLED, SBI_SINK_POLLED);
	uneven(SBI_SINK_POLLED, SBI_SINK_TTY);
}

/* Nobody waits, whatever the kind: this test would hang. */
static void nobody_reads(void **state)
{
	static const int kinds[] = { SBI_SINK_OWN, SBI_SINK_POLLED, SBI_SINK_TTY };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		const int both[2] = { kinds[i], -1 };
		struct rig rig;
		uint64_t before;

		rig_begin(&rig, 0, both);
		do {
			before = rig.put;
			put(&rig, 70000);
			move(&rig, UINT64_MAX);
		} while (rig.put > before);
		assert_int_equal(rig.pump.queued - rig.pump.sink[0].done, SBI_PUMP_BUFFER);
		assert_true(rig.pump.sink[0].blocked);
		assert_true(sbi_pump_is_waiting(&rig.pump));
		assert_true(sbi_pump_left(&rig.pump) > 60000);
		rig_end(&rig);
	}
}

static void a_call_moves_no_more_than_its_budget(void **state)
{
	const int none[2] = { -1, -1 };
	struct rig rig;

	(void)state;
	rig_begin(&rig, 1, none);
	put(&rig, 60000);
	assert_int_equal(move(&rig, 10000), 10000);
	assert_int_equal(move(&rig, 10000), 10000);
	rig.pump.rest = 500; /* the command has ended, somebody else writes on */
	assert_int_equal(move(&rig, UINT64_MAX), 500);
	assert_int_equal(move(&rig, UINT64_MAX), 0);
	assert_int_equal(rig.pump.queued, 20500);
	for (uint64_t i = 0; i < rig.pump.queued; i++)
		assert_int_equal(rig.pump.buf[i], byte_at(i));
	rig_end(&rig);
}

/* What there is no memory for is counted, the rest is kept, and the stream says so. */
static void memory_runs_out(void **state)
{
	const int none[2] = { -1, -1 };
	struct rig rig;

	(void)state;
	rig_begin(&rig, 1, none);
	most = 8192;
	put(&rig, 60000);
	move(&rig, UINT64_MAX);
	most = SIZE_MAX;
	put(&rig, 1000);
	move(&rig, UINT64_MAX);
	assert_int_equal(rig.pump.bytes, 61000);
	assert_int_equal(rig.pump.queued, 8192);
	assert_int_equal(rig.pump.error, ENOMEM);
	rig_end(&rig);
}

static void a_buffer_is_no_larger_than_its_cap(void **state)
{
	const int none[2] = { -1, -1 };
	struct rig rig;

	(void)state;
	rig_begin(&rig, 1, none);
	rig.pump.cap = 10001;
	most = 10001; /* asking for more would fail */
	put(&rig, 60000);
	move(&rig, UINT64_MAX);
	most = SIZE_MAX;
	assert_int_equal(rig.pump.queued, 10001);
	assert_int_equal(rig.pump.bytes, 60000);
	assert_int_equal(rig.pump.error, 0);
	rig_end(&rig);
}

/* A hang-up cannot be masked out, so a pipe that is full behind us must not be in the set. */
static void it_watches_only_what_can_go_on(void **state)
{
	const int one[2] = { SBI_SINK_OWN, -1 };
	struct epoll_event event;
	struct rig rig;
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	(void)state;
	rig_begin(&rig, 0, one);
	sbi_pump_settle(&rig.pump, epoll);
	assert_int_equal(epoll_wait(epoll, &event, 1, 0), 0);
	put(&rig, 10);
	assert_int_equal(epoll_wait(epoll, &event, 1, 0), 1);
	for (uint64_t before = UINT64_MAX; before != rig.put;) {
		struct sbi_guard guard = { .active = 0 };

		before = rig.put;
		put(&rig, 70000);
		sbi_pump_move(&rig.pump, UINT64_MAX, &guard);
		sbi_guard_end(&guard);
		sbi_pump_settle(&rig.pump, epoll);
	}
	close(rig.writer);
	rig.writer = -1;
	assert_int_equal(epoll_wait(epoll, &event, 1, 0), 0);
	get(&rig, 0, 70000);
	assert_int_equal(epoll_wait(epoll, &event, 1, 0), 1);
	assert_true(event.events & EPOLLOUT);
	close(epoll);
	rig_end(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_in_order_and_once),
		cmocka_unit_test(nobody_reads),
		cmocka_unit_test(a_call_moves_no_more_than_its_budget),
		cmocka_unit_test(memory_runs_out),
		cmocka_unit_test(a_buffer_is_no_larger_than_its_cap),
		cmocka_unit_test(it_watches_only_what_can_go_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
