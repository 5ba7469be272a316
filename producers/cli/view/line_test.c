#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "view/line.h"

static void columns_are_what_is_seen(void **state)
{
	(void)state;
	assert_int_equal(line_columns(""), 0);
	assert_int_equal(line_columns("abc"), 3);
	assert_int_equal(line_columns("\u2588\u00e9"), 2);
	assert_int_equal(line_columns("e\u0301"), 1);
	assert_int_equal(line_columns("\u6f22\U0001f600"), 4);
}

static void cut_at_whole_characters(void **state)
{
	(void)state;
	struct line line;
	line_clear(&line);
	line_add(&line, "a\u6f22b");
	line_cut(&line, 4, 1);
	assert_string_equal(line.text, "a\u6f22b");
	line_cut(&line, 3, 1);
	assert_string_equal(line.text, "a\u2026");
	line_cut(&line, 1, 0);
	assert_string_equal(line.text, "~");
	line_cut(&line, 0, 0);
	assert_string_equal(line.text, "");
}

static void too_much_is_left_out(void **state)
{
	(void)state;
	struct line line;
	line_clear(&line);
	for (int i = 0; i < LINE_SIZE; i++)
		line_add(&line, "\u00e9");
	assert_int_equal(line.size, strlen(line.text));
	assert_int_equal(line.size, LINE_SIZE - 2); /* whole characters and the NUL */
	line_pad(&line, 10);
	line_clear(&line);
	line_add_text(&line, "a\nb\xff");
	assert_string_equal(line.text, "a\\x0ab\\xff");
	line_pad(&line, 12);
	assert_string_equal(line.text, "a\\x0ab\\xff  ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_are_what_is_seen),
		cmocka_unit_test(cut_at_whole_characters),
		cmocka_unit_test(too_much_is_left_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
