/* The offset to store never passes what is still needed, whatever ends first. */
#include "offsets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static struct offsets *offsets;

static int set_up(void **state)
{
	(void)state;
	offsets = offsets_new();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	offsets_free(offsets);
	return 0;
}

/* What is to be stored of the partition now; -1: nothing new, of no partition. */
static int64_t change(int32_t partition)
{
	int32_t which;
	int64_t next;
	if (!offsets_take_change(offsets, &which, &next))
		return -1;
	assert_int_equal(which, partition);
	return next;
}

static void nothing_read_nothing_stored(void **state)
{
	(void)state;
	assert_int_equal(change(0), -1);
}

static void without_holds_the_next_is_stored_once(void **state)
{
	(void)state;
	offsets_read(offsets, 3, 41);
	offsets_read(offsets, 3, 42);
	assert_int_equal(change(3), 43);
	assert_int_equal(change(3), -1);
}

static void the_oldest_hold_decides_in_any_order_of_ends(void **state)
{
	(void)state;
	for (int64_t offset = 10; offset < 14; offset++) {
		offsets_hold(offsets, 0, offset);
		offsets_read(offsets, 0, offset);
	}
	offsets_read(offsets, 0, 14);
	assert_int_equal(change(0), 10);
	offsets_release(offsets, 0, 12);
	offsets_release(offsets, 0, 11);
	assert_int_equal(change(0), -1);
	offsets_release(offsets, 0, 10);
	assert_int_equal(change(0), 13);
	offsets_release(offsets, 0, 13);
	assert_int_equal(change(0), 15);
}

static void held_twice_is_released_twice(void **state)
{
	(void)state;
	offsets_read(offsets, 0, 5);
	offsets_hold(offsets, 0, 5);
	offsets_hold(offsets, 0, 5);
	assert_int_equal(change(0), 5);
	offsets_release(offsets, 0, 5);
	assert_int_equal(change(0), -1);
	offsets_release(offsets, 0, 5);
	assert_int_equal(change(0), 6);
}

static void an_older_hold_may_come_later(void **state)
{
	(void)state;
	offsets_read(offsets, 0, 9);
	offsets_hold(offsets, 0, 9);
	offsets_hold(offsets, 0, 7);
	assert_int_equal(change(0), 7);
	offsets_release(offsets, 0, 7);
	assert_int_equal(change(0), 9);
}

static void partitions_do_not_touch_each_other(void **state)
{
	(void)state;
	offsets_read(offsets, 0, 1);
	offsets_hold(offsets, 0, 1);
	offsets_read(offsets, 1, 100);
	assert_int_equal(change(0), 1);
	assert_int_equal(change(1), 101);
	offsets_release(offsets, 1, 1);
	assert_int_equal(change(0), -1);
}

static void a_forgotten_partition_begins_anew(void **state)
{
	(void)state;
	offsets_read(offsets, 0, 8);
	offsets_hold(offsets, 0, 8);
	assert_int_equal(change(0), 8);
	offsets_forget(offsets, 0);
	assert_int_equal(change(0), -1);
	offsets_release(offsets, 0, 8);
	offsets_read(offsets, 0, 3);
	assert_int_equal(change(0), 4);
	offsets_forget(offsets, 7);
}

/* Against the plainest way to say the same. */
static void many_holds_at_random(void **state)
{
	(void)state;
	enum { RECORDS = 2000 };
	bool held[RECORDS] = { false };
	unsigned seed = 1;
	int64_t stored = -1;
	for (int64_t offset = 0; offset < RECORDS; offset++) {
		offsets_read(offsets, 0, offset);
		seed = seed * 1103515245 + 12345;
		if (seed >> 16 & 1) {
			held[offset] = true;
			offsets_hold(offsets, 0, offset);
		}
		int64_t some = (seed >> 17) % (offset + 1);
		if (held[some])
			offsets_release(offsets, 0, some);
		held[some] = false;
		int64_t oldest = 0;
		while (oldest <= offset && !held[oldest])
			oldest++;
		int64_t now = change(0);
		stored = now < 0 ? stored : now;
		assert_int_equal(stored, oldest);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(nothing_read_nothing_stored),
		TEST(without_holds_the_next_is_stored_once),
		TEST(the_oldest_hold_decides_in_any_order_of_ends),
		TEST(held_twice_is_released_twice),
		TEST(an_older_hold_may_come_later),
		TEST(partitions_do_not_touch_each_other),
		TEST(a_forgotten_partition_begins_anew),
		TEST(many_holds_at_random),
	};
	return cmocka_run_group_tests_name("offsets", tests, NULL, NULL);
}
