/* The expected numbers are those of Avro's own test data (share/test/data/schema-tests.txt), and for the larger
 * schema of python3-avro's canonical form. */
#include "record/codec/fingerprint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void same(const char *text, uint64_t expected, const char *canonical)
{
	CLEANUP(schema_freep) struct schema_node *root = schema_parse(text, strlen(text), NULL);
	assert_non_null(root);
	CLEANUP_FREE char *form = fingerprint_canonical(root);
	assert_string_equal(form, canonical);
	assert_true(fingerprint_of(root) == expected);
}

static void known_ones(void **state)
{
	(void)state;
	same(" {\"fields\":[], \"type\":\"record\", \"name\":\"foo\", \"doc\":\"...\"}",
	     (uint64_t)-4824392279771201922,
	     "{\"name\":\"foo\",\"type\":\"record\",\"fields\":[]}");
	same("{\"fields\":[{\"type\":{\"type\":\"boolean\"}, \"name\":\"f1\", \"default\":true, \"doc\":\"d\"}],"
	     " \"type\":\"record\", \"name\":\"foo\"}", 7843277075252814651,
	     "{\"name\":\"foo\",\"type\":\"record\",\"fields\":[{\"name\":\"f1\",\"type\":\"boolean\"}]}");
}

static void names_are_full_and_written_out_once(void **state)
{
	(void)state;
	same("{\"type\":\"record\",\"name\":\"foo\",\"namespace\":\"x.y\",\"fields\":["
	     "{\"name\":\"e\",\"type\":{\"type\":\"enum\",\"name\":\"k\",\"symbols\":[\"a\",\"b\"]}},"
	     "{\"name\":\"g\",\"type\":\"k\"},{\"name\":\"h\",\"type\":{\"type\":\"fixed\",\"name\":\"z.f\""
		",\"size\":16}},"
	     "{\"name\":\"i\",\"type\":{\"type\":\"array\",\"items\":[\"null\",\"x.y.k\"]}},"
	     "{\"name\":\"j\",\"type\":{\"type\":\"map\",\"values\":\"long\"},\"doc\":\"d\",\"default\":{}}]}",
	     0x4705c6b238aad72d,
	     "{\"name\":\"x.y.foo\",\"type\":\"record\",\"fields\":[{\"name\":\"e\",\"type\":{\"name\":\"x.y.k\""
		",\"type\":"
	     "\"enum\",\"symbols\":[\"a\",\"b\"]}},{\"name\":\"g\""
		",\"type\":\"x.y.k\"},{\"name\":\"h\",\"type\":{\"name\":"
	     "\"z.f\",\"type\":\"fixed\",\"size\":16}},{\"name\":\"i\",\"type\":{\"type\":\"array\""
		",\"items\":[\"null\","
	     "\"x.y.k\"]}},{\"name\":\"j\",\"type\":{\"type\":\"map\",\"values\":\"long\"}}]}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_ones),
		cmocka_unit_test(names_are_full_and_written_out_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
