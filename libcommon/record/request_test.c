/* The ids of requests and captures. */
#include "record/request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "core/text.h"

static const char *capture_id(const char *request_id, const char *target, const char *place)
{
	static char id[RECORD_ID_SIZE];
	struct request request;
	record_init(&request_record, &request);
	TEXT_COPY(request.request_id, request_id);
	TEXT_COPY(request.target, target);
	request_capture_id(&request, place, id);
	assert_true(text_is_id(id));
	assert_true(strlen(id) <= 40);
	return id;
}

static void short_ids_stand(void **state)
{
	(void)state;
	assert_string_equal(capture_id("k7f3qa000000", "slx1", "p"), "k7f3qa000000-slx1");
	assert_string_equal(capture_id("CHG0012.7", "slx1", "p"), "CHG0012.7-slx1");
	/* 40 characters in all. */
	assert_string_equal(capture_id("123456789012345", "abcdefghijklmnopqrstuvwx", "p"),
			    "123456789012345-abcdefghijklmnopqrstuvwx");
}

/* The expected hashes were made with sha256sum and a base32 of their own. */
static void others_are_hashed(void **state)
{
	(void)state;
	assert_string_equal(capture_id("a-b", "slx1", "p"), "th1p5nkxj889-slx1");
	assert_string_equal(capture_id("", "slx1", "capbus.requests-3-17-1763906531123"), "w8mhk7k1wady-slx1");
	assert_string_equal(capture_id("1234567890123456", "abcdefghijklmnopqrstuvwx", "p"),
			    "f98x0s51m8ba-abcdefghijklmnopqrstuvwx");
	/* The place matters only where there is no id. */
	assert_string_equal(capture_id("a-b", "slx1", "q"), "th1p5nkxj889-slx1");
}

static void new_ids_differ(void **state)
{
	(void)state;
	char ids[1000][RECORD_ID_SIZE];
	for (size_t i = 0; i < 1000; i++) {
		request_new_id(ids[i]);
		assert_int_equal(strlen(ids[i]), 12);
		assert_int_equal(strspn(ids[i], "0123456789abcdefghjkmnpqrstvwxyz"), 12);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(ids[i], ids[k]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(short_ids_stand),
		cmocka_unit_test(others_are_hashed),
		cmocka_unit_test(new_ids_differ),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
