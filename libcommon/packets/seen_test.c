/* Seen numbers against a plain array of flags. */
#include "packets/seen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_in_order(void **state)
{
	(void)state;
	struct seen seen = { 0 };

	assert_false(seen_has(&seen, 0));
	for (int64_t i = 0; i < 100; i++) {
		seen_add(&seen, i);
		assert_true(seen_has(&seen, i));
		assert_false(seen_has(&seen, i + 1));
	}
	assert_int_equal(seen.holes_count, 0);
}

static void test_far_ahead(void **state)
{
	(void)state;
	struct seen seen = { 0 };
	const int64_t far = INT64_MAX - 1;

	seen_add(&seen, far);
	assert_true(seen_has(&seen, far));
	assert_false(seen_has(&seen, far - 1));
	assert_false(seen_has(&seen, 0));
	assert_int_equal(seen.holes_count, 1);
	seen_add(&seen, 5);
	assert_true(seen_has(&seen, 5));
	assert_false(seen_has(&seen, 4));
	assert_false(seen_has(&seen, 6));
	assert_int_equal(seen.holes_count, 2);
}

static uint32_t random_below(uint64_t *seed, uint32_t limit)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*seed >> 33) % limit;
}

/* Few enough numbers that the holes never run out. */
static void test_like_an_array(void **state)
{
	(void)state;
	enum { NUMBERS = 2 * SEEN_HOLES_MAX };

	for (uint64_t seed = 1; seed <= 200; seed++) {
		struct seen seen = { 0 };
		char flags[NUMBERS] = { 0 };
		uint64_t random = seed;
		for (int step = 0; step < 3 * NUMBERS; step++) {
			uint32_t number = random_below(&random, NUMBERS);
			seen_add(&seen, number);
			flags[number] = 1;
			for (int64_t i = 0; i < NUMBERS; i++)
				if (seen_has(&seen, i) != (bool)flags[i])
					fail_msg("seed %d, step %d: %d", (int)seed, step, (int)i);
		}
	}
}

/* With too many holes the oldest count as seen; the newest are still known. */
static void test_oldest_holes_are_forgotten(void **state)
{
	(void)state;
	struct seen seen = { 0 };
	const int64_t odd = 2 * SEEN_HOLES_MAX + 21;

	for (int64_t i = 1; i <= odd; i += 2)
		seen_add(&seen, i);
	assert_int_equal(seen.holes_count, SEEN_HOLES_MAX);
	assert_true(seen_has(&seen, 0));
	assert_true(seen_has(&seen, 20));
	assert_false(seen_has(&seen, 22));
	assert_false(seen_has(&seen, odd - 1));
	for (int64_t i = 1; i <= odd; i += 2)
		assert_true(seen_has(&seen, i));
	/* Splitting the first hole while there is no room for another. */
	seen_add(&seen, odd + 100);
	assert_int_equal(seen.holes_count, SEEN_HOLES_MAX);
	seen_add(&seen, odd + 50);
	assert_true(seen_has(&seen, odd + 50));
	assert_false(seen_has(&seen, odd + 49));
	assert_false(seen_has(&seen, odd + 51));
	assert_int_equal(seen.holes_count, SEEN_HOLES_MAX);
	/* A hole that is split in the first place loses its lower half, which is then the oldest. */
	struct seen wide = { .next = 1000, .holes_count = 1, .holes = { { 0, 100 } } };
	for (int64_t i = 1001; wide.holes_count < SEEN_HOLES_MAX; i += 2)
		seen_add(&wide, i);
	seen_add(&wide, 50);
	assert_int_equal(wide.holes_count, SEEN_HOLES_MAX);
	assert_true(seen_has(&wide, 50));
	assert_true(seen_has(&wide, 49));
	assert_false(seen_has(&wide, 51));
	assert_false(seen_has(&wide, 99));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_order),
		cmocka_unit_test(test_far_ahead),
		cmocka_unit_test(test_like_an_array),
		cmocka_unit_test(test_oldest_holes_are_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
