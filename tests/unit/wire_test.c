// SPDX-License-Identifier: MIT
/* Records that come from next to hostile code: only whole, known ones count. */
#include "../fixture.h"

#include <stdlib.h>

#include "common/plan.h"
#include "common/wire.h"

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
	assert_int_equal(sizeof(struct sbi_record), 64);
	assert_int_equal(offsetof(struct sbi_record, time_ns), 32);
	assert_int_equal(sizeof(struct sbi_op), 64);
	assert_int_equal(offsetof(struct sbi_op, arg), 40);
	assert_int_equal(sizeof(struct sbi_mark), 32);
	assert_int_equal(sizeof(struct sbi_section), 12);
	assert_int_equal(sizeof(struct sbi_plan), 56);
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
