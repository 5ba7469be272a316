#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "view/ids.h"

#define REQUEST "k7f3qab2c3d4"
#define CAPTURE REQUEST "-slx1"

static void what_typed_means(void **state)
{
	(void)state;
	assert_int_equal(ids_match(REQUEST, REQUEST, CAPTURE), IDS_REQUEST_WHOLE);
	assert_int_equal(ids_match("k7f3qa", REQUEST, CAPTURE), IDS_REQUEST);
	assert_int_equal(ids_match("k7f3q", REQUEST, CAPTURE), IDS_NOTHING);
	assert_int_equal(ids_match("k7f3qx", REQUEST, CAPTURE), IDS_NOTHING);
	assert_int_equal(ids_match(CAPTURE, REQUEST, CAPTURE), IDS_CAPTURE_WHOLE);
	assert_int_equal(ids_match("k7f3qa-slx1", REQUEST, CAPTURE), IDS_CAPTURE);
	assert_int_equal(ids_match("k7f3q-slx1", REQUEST, CAPTURE), IDS_NOTHING);
	assert_int_equal(ids_match("k7f3qa-slx", REQUEST, CAPTURE), IDS_NOTHING);
	assert_int_equal(ids_match("k7f3qa-slx10", REQUEST, CAPTURE), IDS_NOTHING);
	assert_int_equal(ids_match("k7f3qa-", REQUEST, CAPTURE), IDS_NOTHING);
}

static void ids_of_other_systems(void **state)
{
	(void)state;
	/* A request id with `-` is hashed into the capture id's front: both are known to people. */
	assert_int_equal(ids_match("job-17", "job-17", "z9y8x7w6v5t4-a"), IDS_REQUEST_WHOLE);
	assert_int_equal(ids_match("job-000", "job-00017", "z9y8x7w6v5t4-a"), IDS_REQUEST);
	assert_int_equal(ids_match("z9y8x7", "job-17", "z9y8x7w6v5t4-a"), IDS_REQUEST);
	assert_int_equal(ids_match("z9y8x7w6v5t4", "job-17", "z9y8x7w6v5t4-a"), IDS_REQUEST_WHOLE);
	assert_int_equal(ids_match("a1", "a1", "a1-slx1"), IDS_REQUEST_WHOLE);
	assert_int_equal(ids_match("a1-slx1", "a1", "a1-slx1"), IDS_CAPTURE_WHOLE);
}

static void shortest_that_is_unique(void **state)
{
	(void)state;
	static const char *const sorted[] = { "aaaaaaaa-x", "bbbbbbb1-x", "bbbbbbb1-y", "bbbbbbb2-x", "cc-x" };
	char shown[RECORD_ID_SIZE];
	assert_int_equal(ids_length(sorted, 5, 0), 6);
	assert_int_equal(ids_length(sorted, 5, 1), 8);
	assert_int_equal(ids_length(sorted, 5, 2), 8);
	assert_int_equal(ids_length(sorted, 5, 3), 8);
	assert_int_equal(ids_length(sorted, 1, 0), 6);
	ids_show(sorted[0], 6, true, shown);
	assert_string_equal(shown, "aaaaaa-x");
	ids_show(sorted[0], 6, false, shown);
	assert_string_equal(shown, "aaaaaa");
	ids_show(sorted[4], 6, true, shown);
	assert_string_equal(shown, "cc-x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_typed_means),
		cmocka_unit_test(ids_of_other_systems),
		cmocka_unit_test(shortest_that_is_unique),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
