// SPDX-License-Identifier: MIT
/* Records that come from next to hostile code: only whole, known ones count. */
#include "../fixture.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/plan.h"
#include "common/wire.h"
#include "host/channel.h"

static struct sbi_record good(void)
{
	struct sbi_record rec;

	memset(&rec, 0, sizeof(rec));
	rec.magic = SBI_RECORD_MAGIC;
	rec.type = SBI_ENDED;
	return rec;
}

static void every_known_type_is_valid(void **state)
{
	struct sbi_record rec = good();

	(void)state;
	for (rec.type = 1; rec.type < SBI_RECORD_TYPES; rec.type++)
		assert_true(sbi_record_valid(&rec, sizeof(rec)));
}

static void unknown_types_are_not(void **state)
{
	struct sbi_record rec = good();

	(void)state;
	rec.type = 0;
	assert_false(sbi_record_valid(&rec, sizeof(rec)));
	rec.type = SBI_RECORD_TYPES;
	assert_false(sbi_record_valid(&rec, sizeof(rec)));
	rec.type = UINT16_MAX;
	assert_false(sbi_record_valid(&rec, sizeof(rec)));
}

static void other_sizes_are_not(void **state)
{
	struct sbi_record rec = good();
	long size;

	(void)state;
	for (size = -1; size < 200; size++)
		assert_int_equal(!!sbi_record_valid(&rec, size), size == sizeof(rec));
}

static void another_magic_or_reserved_bits_are_not(void **state)
{
	struct sbi_record rec = good();

	(void)state;
	rec.magic ^= 1;
	assert_false(sbi_record_valid(&rec, sizeof(rec)));
	rec = good();
	rec.reserved = 1;
	assert_false(sbi_record_valid(&rec, sizeof(rec)));
}

/* Noise of the right size is refused: the chance for it to pass is one in four billion. */
static void noise_is_not(void **state)
{
	union {
		struct sbi_record rec;
		uint32_t words[sizeof(struct sbi_record) / 4];
	} u;
	unsigned seed = 20240601;
	size_t i;
	int n;

	(void)state;
	for (n = 0; n < 100000; n++) {
		for (i = 0; i < sizeof(u.words) / 4; i++)
			u.words[i] = (uint32_t)rand_r(&seed) * 2654435761u;
		assert_false(sbi_record_valid(&u.rec, sizeof(u.rec)));
	}
}

/* Both programs are built together, but for three architectures: no padding anywhere. */
static void layouts_have_no_holes(void **state)
{
	(void)state;
	assert_int_equal(sizeof(struct sbi_record), 104);
	assert_int_equal(offsetof(struct sbi_record, time_ns), 32);
	assert_int_equal(sizeof(struct sbi_op), 64);
	assert_int_equal(offsetof(struct sbi_op, arg), 40);
	assert_int_equal(sizeof(struct sbi_mark), 32);
	assert_int_equal(sizeof(struct sbi_section), 12);
	assert_int_equal(sizeof(struct sbi_watch), 104);
	assert_int_equal(sizeof(struct sbi_plan), 160);
}

/* As an sb-init that fails early: it says why and ends, with the host's GO unread. */
static void the_last_words_of_a_peer_that_left_something_unread_are_heard(void **state)
{
	struct sbi_record rec;
	int pair[2], fd;

	(void)state;
	fx_ok(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair));
	fx_ok(sbi_send(pair[0], SBI_GO, NULL, 0));
	fx_ok(sbi_send(pair[1], SBI_SYNC, NULL, 0));
	fx_ok(sbi_send(pair[1], SBI_FAILED, NULL, 0));
	assert_int_equal(close(pair[1]), 0);
	assert_int_equal(sbi_receive(pair[0], &rec, &fd, 0), 1);
	assert_int_equal(rec.type, SBI_SYNC);
	assert_int_equal(sbi_receive(pair[0], &rec, &fd, 1), 1);
	assert_int_equal(rec.type, SBI_FAILED);
	assert_int_equal(sbi_receive(pair[0], &rec, &fd, 0), 0);
	assert_int_equal(sbi_receive(pair[0], &rec, &fd, 1), 0);
	close(pair[0]);
}

/* And without last words: that is its end, not an error. */
static void a_peer_that_left_something_unread_and_no_words_has_ended(void **state)
{
	struct sbi_record rec;
	int pair[2], fd;

	(void)state;
	fx_ok(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair));
	fx_ok(sbi_send(pair[0], SBI_GO, NULL, 0));
	assert_int_equal(close(pair[1]), 0);
	assert_int_equal(sbi_receive(pair[0], &rec, &fd, 1), 0);
	close(pair[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_known_type_is_valid),
		cmocka_unit_test(unknown_types_are_not),
		cmocka_unit_test(other_sizes_are_not),
		cmocka_unit_test(another_magic_or_reserved_bits_are_not),
		cmocka_unit_test(noise_is_not),
		cmocka_unit_test(layouts_have_no_holes),
		cmocka_unit_test(the_last_words_of_a_peer_that_left_something_unread_are_heard),
		cmocka_unit_test(a_peer_that_left_something_unread_and_no_words_has_ended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
