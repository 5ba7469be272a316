#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <limits.h>
#include <string.h>

#include "core/clock.h"

/* 2026-11-23T14:02:11Z, by `date -u +%s`. */
static const int64_t day_s = 1795442531;

static void test_writing(void **state)
{
	(void)state;
	char to[CLOCK_TEXT_SIZE];
	assert_string_equal(clock_rfc3339_ms(to, day_s * 1000 + 123), "2026-11-23T14:02:11.123Z");
	assert_string_equal(clock_rfc3339_ms(to, day_s * 1000 + 7), "2026-11-23T14:02:11.007Z");
	assert_string_equal(clock_rfc3339_ns(to, day_s * 1000000000 + 45), "2026-11-23T14:02:11.000000045Z");
	assert_string_equal(clock_rfc3339_ms(to, 0), "1970-01-01T00:00:00.000Z");
	assert_string_equal(clock_rfc3339_ms(to, -1), "1969-12-31T23:59:59.999Z");
	assert_string_equal(clock_rfc3339_ns(to, -1), "1969-12-31T23:59:59.999999999Z");
	assert_ptr_equal(clock_rfc3339_ms(to, 0), to);
}

static void test_the_furthest_times_fit(void **state)
{
	(void)state;
	char to[CLOCK_TEXT_SIZE];
	assert_string_equal(clock_rfc3339_ms(to, INT64_MAX), "292278994-08-17T07:12:55.807Z");
	assert_string_equal(clock_rfc3339_ns(to, INT64_MAX), "2262-04-11T23:47:16.854775807Z");
	assert_true(strlen(clock_rfc3339_ms(to, INT64_MIN)) < CLOCK_TEXT_SIZE);
	assert_string_equal(clock_rfc3339_ns(to, INT64_MIN), "1677-09-21T00:12:43.145224192Z");
}

static void test_by_format(void **state)
{
	(void)state;
	char to[CLOCK_TEXT_SIZE];
	assert_string_equal(clock_format(to, "%Y-%m-%d", day_s * 1000 + 999), "2026-11-23");
	assert_string_equal(clock_format(to, "%Y%m%dT%H%M%SZ", day_s * 1000), "20261123T140211Z");
	assert_string_equal(clock_format(to, "%c %c %c %c", 0), "");
}

static void expect_read(const char *text, int64_t wanted_ns)
{
	int64_t wall_ns = 7;
	assert_int_equal(clock_from_rfc3339_ns(text, &wall_ns), 0);
	assert_true(wall_ns == wanted_ns);
}

static void test_reading(void **state)
{
	(void)state;
	const int64_t day_ns = day_s * 1000000000;
	expect_read("2026-11-23T14:02:11Z", day_ns);
	expect_read("2026-11-23t14:02:11z", day_ns);
	expect_read("2026-11-23T14:02:11.5Z", day_ns + 500000000);
	expect_read("2026-11-23T14:02:11.000000045Z", day_ns + 45);
	expect_read("2026-11-23T14:02:11.0000000459999Z", day_ns + 45);
	expect_read("2026-11-23T15:32:11+01:30", day_ns);
	expect_read("2026-11-23T06:02:11.25-08:00", day_ns + 250000000);
	expect_read("1969-12-31T23:59:59.75Z", -250000000);
	expect_read("2024-02-29T00:00:00Z", INT64_C(1709164800) * 1000000000);
	expect_read("2000-02-29T00:00:00Z", INT64_C(951782400) * 1000000000);
	expect_read("2016-12-31T23:59:60Z", INT64_C(1483228800) * 1000000000);
	expect_read("2262-04-11T23:47:16.854775807Z", INT64_MAX);
}

static void test_what_is_no_time(void **state)
{
	(void)state;
	static const char *const wrong[] = {
		"", "now", "2026-11-23", "2026-11-23T14:02:11", "2026-11-23 14:02:11Z", "2026-11-23T14:02:11Zx",
		"2026-11-23T14:02:11.Z", "2026-11-23T14:02Z", "2026-13-23T14:02:11Z", "2026-00-23T14:02:11Z",
		"2026-11-31T14:02:11Z", "2026-11-00T14:02:11Z", "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z",
		"2026-11-23T24:02:11Z", "2026-11-23T14:60:11Z", "2026-11-23T14:02:61Z", "2026-11-23T14:02:11+0100",
		"2026-11-23T14:02:11+24:00", "2026-11-23T14:02:11+01:60", "26-11-23T14:02:11Z",
		"-026-11-23T14:02:11Z", "2026-1-23T14:02:11Z", "2263-01-01T00:00:00Z", "1677-01-01T00:00:00Z",
		"2262-04-11T23:47:16.854775808Z",
	};
	int64_t wall_ns = 7;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		assert_int_equal(clock_from_rfc3339_ns(wrong[i], &wall_ns), -1);
	assert_int_equal(clock_from_rfc3339_ns(NULL, &wall_ns), -1);
	assert_int_equal(wall_ns, 7);
}

static void test_written_is_read_back(void **state)
{
	(void)state;
	static const int64_t times[] = { 0, -1, 1, 951782399999999999, 1795442531000000001, INT64_MAX };
	char text[CLOCK_TEXT_SIZE];
	for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
		expect_read(clock_rfc3339_ns(text, times[i]), times[i]);
}

static void test_poll_ms(void **state)
{
	(void)state;
	assert_int_equal(clock_poll_ms(INT64_MIN, 1000), 0);
	assert_int_equal(clock_poll_ms(clock_boot_ms(), 1000), 0);
	assert_int_equal(clock_poll_ms(INT64_MAX, 1000), 1000);
	assert_int_equal(clock_poll_ms(INT64_MAX, INT_MAX), INT_MAX);
	assert_int_equal(clock_poll_ms(INT64_MAX, -1), 0);
	/* An hour away: less than an hour, whatever was between the two calls. */
	int left_ms = clock_poll_ms(clock_boot_ms() + 3600000, INT_MAX);
	assert_true(left_ms > 0 && left_ms <= 3600000);
}

static void test_clocks_agree_with_themselves(void **state)
{
	(void)state;
	int64_t before = clock_boot_ms();
	assert_true(clock_boot_ms() >= before);
	int64_t wall_ms = clock_wall_ms();
	assert_true(wall_ms > day_s * 1000 - INT64_C(10) * 365 * 86400 * 1000);
	assert_true(clock_wall_ns() / 1000000 >= wall_ms);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_writing),
		cmocka_unit_test(test_the_furthest_times_fit),
		cmocka_unit_test(test_by_format),
		cmocka_unit_test(test_reading),
		cmocka_unit_test(test_what_is_no_time),
		cmocka_unit_test(test_written_is_read_back),
		cmocka_unit_test(test_poll_ms),
		cmocka_unit_test(test_clocks_agree_with_themselves),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
