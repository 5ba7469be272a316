#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "core/text.h"

static void test_comparing(void **state)
{
	(void)state;
	assert_true(text_equal("a", "a"));
	assert_false(text_equal("a", "A"));
	assert_true(text_equal(NULL, NULL));
	assert_false(text_equal(NULL, ""));
	assert_false(text_equal("", NULL));
	assert_true(text_equal_nocase("SLX1-a", "slx1-A"));
	assert_false(text_equal_nocase("slx1", "slx11"));
	assert_false(text_equal_nocase("slx11", "slx1"));
	assert_false(text_equal_nocase(NULL, ""));
	assert_true(text_equal_nocase(NULL, NULL));
	/* '[' and '{' are as far apart as a letter's cases. */
	assert_false(text_equal_nocase("[", "{"));
	assert_true(text_starts("slx1", "slx"));
	assert_true(text_starts("slx", ""));
	assert_false(text_starts("slx", "slx1"));
}

static void test_copying_cuts_at_a_whole_character(void **state)
{
	(void)state;
	char to[6];
	assert_true(TEXT_COPY(to, "12345"));
	assert_string_equal(to, "12345");
	assert_false(TEXT_COPY(to, "123456"));
	assert_string_equal(to, "12345");
	assert_false(TEXT_COPY(to, "123\xe2\x82\xac"));
	assert_string_equal(to, "123");
	assert_true(TEXT_COPY(to, "12\xe2\x82\xac"));
	assert_string_equal(to, "12\xe2\x82\xac");
	assert_false(text_copy_bytes(to, 3, "abc", 3));
	assert_string_equal(to, "ab");
	assert_true(text_copy_bytes(to, 3, "abc", 2));
	assert_string_equal(to, "ab");
	to[0] = 'x';
	assert_false(text_copy(to, 0, "a"));
	assert_int_equal(to[0], 'x');
	/* Not UTF-8: nothing to spare, nothing lost but the cut. */
	assert_false(TEXT_COPY(to, "\x80\x80\x80\x80\x80\x80\x80"));
	assert_int_equal(strlen(to), 5);
}

static void test_formatting(void **state)
{
	(void)state;
	char to[6];
	assert_true(TEXT_FORMAT(to, "%d-%s", 12, "ab"));
	assert_string_equal(to, "12-ab");
	assert_false(TEXT_FORMAT(to, "%s", "1234\xc3\xa4"));
	assert_string_equal(to, "1234");
	assert_false(text_format(to, 0, "x"));
}

static void expect_printable(const char *from, size_t size, const char *wanted)
{
	char to[128];
	text_printable(to, sizeof to, from, size);
	assert_string_equal(to, wanted);
	bool same = strlen(wanted) == size && memcmp(from, wanted, size) == 0;
	assert_int_equal(text_is_printable(from, size), same);
}

#define EXPECT_PRINTABLE(from, wanted) expect_printable((from), sizeof(from) - 1, (wanted))

static void test_printable_text_stays(void **state)
{
	(void)state;
	EXPECT_PRINTABLE("", "");
	EXPECT_PRINTABLE("port 179 \\ ~", "port 179 \\ ~");
	EXPECT_PRINTABLE("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80");
	/* The neighbours of what is escaped. */
	EXPECT_PRINTABLE("\xc2\xa0\xe2\x80\xa9\xe2\x80\xaf\xe2\x81\xa5\xe2\x81\xaa",
			 "\xc2\xa0\xe2\x80\xa9\xe2\x80\xaf\xe2\x81\xa5\xe2\x81\xaa");
	EXPECT_PRINTABLE("\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf", "\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf");
}

static void test_control_characters_are_escaped(void **state)
{
	(void)state;
	EXPECT_PRINTABLE("a\0b", "a\\x00b");
	EXPECT_PRINTABLE("\x1b[2J\n\t\x1f\x7f", "\\x1b[2J\\x0a\\x09\\x1f\\x7f");
	EXPECT_PRINTABLE("\xc2\x80\xc2\x9b\xc2\x9f", "\\xc2\\x80\\xc2\\x9b\\xc2\\x9f");
	EXPECT_PRINTABLE("\xe2\x80\xaa\xe2\x80\xae", "\\xe2\\x80\\xaa\\xe2\\x80\\xae");
	EXPECT_PRINTABLE("\xe2\x81\xa6\xe2\x81\xa9", "\\xe2\\x81\\xa6\\xe2\\x81\\xa9");
}

static void test_what_is_not_utf8_is_escaped(void **state)
{
	(void)state;
	EXPECT_PRINTABLE("\x80" "a\xff\xfe", "\\x80a\\xff\\xfe");
	EXPECT_PRINTABLE("\xc0\xaf", "\\xc0\\xaf");                     /* overlong '/' */
	EXPECT_PRINTABLE("\xe0\x80\xaf", "\\xe0\\x80\\xaf");            /* the same in three */
	EXPECT_PRINTABLE("\xf0\x80\x80\xaf", "\\xf0\\x80\\x80\\xaf");
	EXPECT_PRINTABLE("\xed\xa0\x80", "\\xed\\xa0\\x80");            /* a surrogate */
	EXPECT_PRINTABLE("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80");   /* above U+10FFFF */
	EXPECT_PRINTABLE("\xe2\x82", "\\xe2\\x82");                     /* ends too soon */
	EXPECT_PRINTABLE("\xe2" "a", "\\xe2" "a");
}

static void test_printable_cuts_at_a_whole_character(void **state)
{
	(void)state;
	char to[6];
	text_printable(to, sizeof to, "ab\xe2\x82\xac", 5);
	assert_string_equal(to, "ab\xe2\x82\xac");
	text_printable(to, sizeof to, "abc\xe2\x82\xac", 6);
	assert_string_equal(to, "abc");
	text_printable(to, sizeof to, "a\n", 2);
	assert_string_equal(to, "a\\x0a");
	text_printable(to, sizeof to, "ab\n", 3);
	assert_string_equal(to, "ab");
	text_printable(to, 1, "a", 1);
	assert_string_equal(to, "");
	to[0] = 'x';
	text_printable(to, 0, "a", 1);
	assert_int_equal(to[0], 'x');
}

static void test_nearest(void **state)
{
	(void)state;
	static const char *const words[] = { "port", NULL, "timeout", "slx1", "vlan", "SLX2" };
	const size_t count = sizeof words / sizeof words[0];
	assert_string_equal(text_nearest("prot", words, count), "port");
	assert_string_equal(text_nearest("timout", words, count), "timeout");
	assert_string_equal(text_nearest("tiemuot", words, count), "timeout");
	assert_string_equal(text_nearest("slx11", words, count), "slx1");
	assert_string_equal(text_nearest("slx2", words, count), "SLX2");
	assert_string_equal(text_nearest("PORT", words, count), "port");
	assert_null(text_nearest("poxx", words, count));
	assert_null(text_nearest("wireshark", words, count));
	assert_null(text_nearest("", words, count));
	assert_null(text_nearest("port", words, 0));
	static const char *const letters[] = { "b", "ab" };
	assert_null(text_nearest("x", letters, 1));
	assert_string_equal(text_nearest("a", letters, 2), "ab");
	char endless[200];
	memset(endless, 'a', sizeof endless - 1);
	endless[sizeof endless - 1] = '\0';
	const char *const both[] = { endless, "port" };
	assert_null(text_nearest(endless, both, 2));
	assert_string_equal(text_nearest("port", both, 2), "port");
}

static void test_ids(void **state)
{
	(void)state;
	assert_true(text_is_id("a"));
	assert_true(text_is_id("k7f3qa-slx1.lab_2"));
	assert_true(text_is_id("0123456789012345678901234567890123456789012345678901234567890123"));
	assert_false(text_is_id("01234567890123456789012345678901234567890123456789012345678901234"));
	static const char *const wrong[] = { "", ".", "..", "-a", "_a", ".a", "a/b", "a b", "a\n", "\xc3\xa4", "a;" };
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		assert_false(text_is_id(wrong[i]));
	assert_false(text_is_id(NULL));
}

static void test_integers(void **state)
{
	(void)state;
	int64_t value = 7;
	assert_int_equal(text_to_integer("42", 0, 100, &value), 0);
	assert_int_equal(value, 42);
	assert_int_equal(text_to_integer("-42", -42, 100, &value), 0);
	assert_int_equal(value, -42);
	assert_int_equal(text_to_integer("007", 0, 100, &value), 0);
	assert_int_equal(value, 7);
	assert_int_equal(text_to_integer("9223372036854775807", 0, INT64_MAX, &value), 0);
	assert_true(value == INT64_MAX);
	static const char *const wrong[] = { "", "-", "+1", " 1", "1 ", "1a", "0x10", "1.0", "--1", "101", "-1",
					     "9223372036854775808", "99999999999999999999999" };
	value = 7;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		assert_int_equal(text_to_integer(wrong[i], 0, 100, &value), -1);
	assert_int_equal(text_to_integer("9223372036854775808", INT64_MIN, INT64_MAX, &value), -1);
	assert_int_equal(text_to_integer(NULL, 0, 100, &value), -1);
	assert_int_equal(value, 7);
}

static void test_bytes_and_durations(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t bytes;
	} bytes[] = { { "0", 0 }, { "900000", 900000 }, { "100k", 100000 }, { "100M", 100000000 },
		      { "1g", 1000000000 }, { "9223372036G", 9223372036000000000 } };
	int64_t value;
	for (size_t i = 0; i < sizeof bytes / sizeof bytes[0]; i++) {
		assert_int_equal(text_to_bytes(bytes[i].text, &value), 0);
		assert_true(value == bytes[i].bytes);
	}
	static const struct {
		const char *text;
		int64_t ms;
	} durations[] = { { "30", 30000 },   { "30s", 30000 },   { "500ms", 500 },     { "10m", 600000 },
			  { "2h", 7200000 }, { "30d", 2592000000 }, { "0", 0 } };
	for (size_t i = 0; i < sizeof durations / sizeof durations[0]; i++) {
		assert_int_equal(text_to_duration_ms(durations[i].text, &value), 0);
		assert_true(value == durations[i].ms);
	}
	static const char *const wrong[] = { "", "M", "-1", "1.5G", "1 G", "1GB", "10000000000000G", "1w" };
	value = 7;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		assert_int_equal(text_to_bytes(wrong[i], &value), -1);
		assert_int_equal(text_to_duration_ms(wrong[i], &value), -1);
	}
	assert_int_equal(text_to_duration_ms("9223372036854775807", &value), -1);
	assert_int_equal(value, 7);
}

static void test_counts_for_people(void **state)
{
	(void)state;
	char to[40];
	assert_string_equal(text_count(to, sizeof to, 0), "0");
	assert_string_equal(text_count(to, sizeof to, 999), "999");
	assert_string_equal(text_count(to, sizeof to, 48211), "48,211");
	assert_string_equal(text_count(to, sizeof to, 1000000), "1,000,000");
	assert_string_equal(text_count(to, sizeof to, -1204), "-1,204");
	assert_string_equal(text_count(to, sizeof to, INT64_MIN), "-9,223,372,036,854,775,808");
	assert_string_equal(text_count(to, 3, 48211), "48");
}

static void test_bytes_for_people(void **state)
{
	(void)state;
	static const struct {
		int64_t bytes;
		const char *text;
	} cases[] = { { 0, "0 B" },
		      { 999, "999 B" },
		      { 1000, "1 kB" },
		      { 4000, "4 kB" },
		      { 4249, "4.2 kB" },
		      { 9949, "9.9 kB" },
		      { 9950, "10 kB" },
		      { 999499, "999 kB" },
		      { 999500, "1 MB" },
		      { 312000000, "312 MB" },
		      { 1200000000, "1.2 GB" },
		      { -4000, "-4 kB" },
		      { INT64_MAX, "9.2 EB" } };
	char to[40];
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_string_equal(text_bytes(to, sizeof to, cases[i].bytes), cases[i].text);
}

static void test_durations_for_people(void **state)
{
	(void)state;
	static const struct {
		int64_t ms;
		const char *text;
	} cases[] = { { 0, "0.0 s" },
		      { 11200, "11.2 s" },
		      { 59999, "59.9 s" },
		      { 60000, "1:00 min" },
		      { 3599999, "59:59 min" },
		      { 3723000, "1:02:03 h" },
		      { 360000000, "100:00:00 h" },
		      { -500, "-0.5 s" } };
	char to[40];
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_string_equal(text_duration(to, sizeof to, cases[i].ms), cases[i].text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_comparing),
		cmocka_unit_test(test_copying_cuts_at_a_whole_character),
		cmocka_unit_test(test_formatting),
		cmocka_unit_test(test_printable_text_stays),
		cmocka_unit_test(test_control_characters_are_escaped),
		cmocka_unit_test(test_what_is_not_utf8_is_escaped),
		cmocka_unit_test(test_printable_cuts_at_a_whole_character),
		cmocka_unit_test(test_nearest),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_integers),
		cmocka_unit_test(test_bytes_and_durations),
		cmocka_unit_test(test_counts_for_people),
		cmocka_unit_test(test_bytes_for_people),
		cmocka_unit_test(test_durations_for_people),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
