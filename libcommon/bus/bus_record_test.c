#include "bus/bus_record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct bus_record record = {
	.headers_count = 5,
	.headers = { { "a", "first", 5 }, { "b", NULL, 0 }, { "a", "last", 4 }, { "n", "x\0y", 3 }, { "e", "", 0 } },
};

static void test_the_last_of_a_name_counts(void **state)
{
	(void)state;
	const struct bus_header *header = bus_record_header(&record, "a");
	assert_non_null(header);
	assert_int_equal(header->size, 4);
	assert_memory_equal(header->value, "last", 4);
	assert_null(bus_record_header(&record, "A"));
	assert_null(bus_record_header(&record, "none"));
	assert_null(bus_record_header(&record, "b")->value);
}

static void test_texts(void **state)
{
	(void)state;
	char text[5] = "old";
	assert_true(bus_record_header_text(&record, "a", text, sizeof text));
	assert_string_equal(text, "last");
	assert_false(bus_record_header_text(&record, "a", text, 4)); /* no room for the NUL */
	assert_string_equal(text, "");
	assert_false(bus_record_header_text(&record, "b", text, sizeof text));
	assert_false(bus_record_header_text(&record, "n", text, sizeof text));
	assert_false(bus_record_header_text(&record, "none", text, sizeof text));
	assert_true(bus_record_header_text(&record, "e", text, sizeof text));
	assert_string_equal(text, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_last_of_a_name_counts),
		cmocka_unit_test(test_texts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
