/* Who is silent is over; who could not be heard is not. */
#include "silence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static struct silence *silence;

static int set_up(void **state)
{
	(void)state;
	silence = silence_new();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	silence_free(silence);
	return 0;
}

static void others_go_on_for_two_minutes(void **state)
{
	(void)state;
	int64_t heard = silence_read(silence, 0, 1000000, 0);
	for (int64_t second = 20; second <= 100; second += 20)
		silence_read(silence, 0, 1000000 + second * 1000, 0);
	assert_false(silence_is_over(silence, 0, heard, 0));
	silence_read(silence, 0, 1119999, 0);
	assert_false(silence_is_over(silence, 0, heard, 0));
	silence_read(silence, 0, 1120000, 0);
	assert_true(silence_is_over(silence, 0, heard, 0));
}

static void a_pause_of_everybody_is_nobodys_silence(void **state)
{
	(void)state;
	int64_t heard = silence_read(silence, 0, 1000000, 0);
	int64_t later = silence_read(silence, 0, 1000000 + 10 * SILENCE_MS, 0);
	assert_int_equal(later - heard, SILENCE_PAUSE_MAX_MS);
	assert_false(silence_is_over(silence, 0, heard, 0));
}

static void timestamps_that_go_back_count_nothing(void **state)
{
	(void)state;
	int64_t heard = silence_read(silence, 0, 1000000, 0);
	assert_int_equal(silence_read(silence, 0, 0, 0), heard);
	assert_int_equal(silence_read(silence, 0, 1000000, 0), heard);
	assert_int_equal(silence_read(silence, 0, 1000001, 0), heard + 1);
}

static void a_partition_without_records_is_watched_by_the_clock(void **state)
{
	(void)state;
	int64_t heard = silence_read(silence, 0, 1000000, 5000);
	assert_false(silence_is_over(silence, 0, heard, 5000 + SILENCE_MS - 1));
	assert_true(silence_is_over(silence, 0, heard, 5000 + SILENCE_MS));
}

static void what_could_not_be_heard_is_excused(void **state)
{
	(void)state;
	int64_t heard = silence_read(silence, 0, 1000000, 5000);
	silence_excuse(silence, 100000);
	assert_false(silence_is_over(silence, 0, heard, 100000 + SILENCE_MS - 1));
	assert_true(silence_is_over(silence, 0, heard, 100000 + SILENCE_MS));
}

static void partitions_are_apart(void **state)
{
	(void)state;
	int64_t heard = silence_read(silence, 0, 1000000, 0);
	for (int64_t second = 0; second <= 200; second += 20)
		silence_read(silence, 1, 1000000 + second * 1000, second * 1000);
	assert_false(silence_is_over(silence, 0, heard, 100000));
	assert_false(silence_is_over(silence, 7, heard, 100000));
	silence_forget(silence, 0);
	assert_false(silence_is_over(silence, 0, heard, 10 * SILENCE_MS));
	assert_int_equal(silence_read(silence, 0, 5, 0), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(others_go_on_for_two_minutes),
		TEST(a_pause_of_everybody_is_nobodys_silence),
		TEST(timestamps_that_go_back_count_nothing),
		TEST(a_partition_without_records_is_watched_by_the_clock),
		TEST(what_could_not_be_heard_is_excused),
		TEST(partitions_are_apart),
	};
	return cmocka_run_group_tests_name("silence", tests, NULL, NULL);
}
