/* The schemas that are compiled in: ours all fit, and an older version is found by its fingerprint. */
#include "record/codec/known.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "record/codec/testing.h"
#include "record/codec/wire.h"

static void every_topic_has_one(void **state)
{
	(void)state;
	const struct known *known = known_ours();
	assert_ptr_equal(known, known_ours());
	for (size_t i = 0; testing_types[i]; i++) {
		const struct plan *plan = known_writer(known, testing_types[i]);
		assert_non_null(plan);
		assert_true(plan_is_complete(plan));
		assert_ptr_equal(known_reader(known, testing_types[i], plan->fingerprint), plan);
		assert_null(known_reader(known, testing_types[i], plan->fingerprint + 1));
		assert_null(known_reader(known, testing_types[i ? 0 : 1], plan->fingerprint));
	}
}

struct pair {
	int64_t a;
	int64_t b;
};
static const struct field pair_fields[] = { ROW_INTEGER(struct pair, "a", a, 0, 0),
					    ROW_INTEGER_OR_NULL(struct pair, "b", b, 0, 0) };
static const char now[] = "{\"type\":\"record\",\"name\":\"Pair\",\"fields\":[{\"name\":\"a\",\"type\":\"long\"},"
			  "{\"name\":\"b\",\"type\":[\"null\",\"long\"],\"default\":null}]}";
static const char before[] = "{\"type\":\"record\",\"name\":\"Pair\",\"fields\":[{\"name\":\"a\""
	",\"type\":\"long\"}]}";
static const char foreign[] = "{\"type\":\"record\",\"name\":\"Other\",\"fields\":[]}";
static const struct record_type pair_record = RECORD_TYPE("Pair", struct pair, pair_fields, now);

static void old_versions_are_read(void **state)
{
	(void)state;
	static const struct record_type *const types[] = { &pair_record, NULL };
	static const char *const texts[] = { before, foreign, now, NULL };
	struct known *known = known_new(types, texts);
	CLEANUP(plan_freep) struct plan *old = plan_new(before, sizeof before - 1, &pair_record, NULL);
	const struct plan *writer = known_writer(known, &pair_record);
	assert_true(plan_is_complete(writer));
	assert_true(writer->fingerprint != old->fingerprint);
	const struct plan *reader = known_reader(known, &pair_record, old->fingerprint);
	assert_non_null(reader);
	struct pair pair;
	assert_int_equal(wire_decode(reader, "\x0e", 1, &pair, NULL), 0);
	assert_int_equal(pair.a, 7);
	assert_true(pair.b == RECORD_UNSET);
	known_free(known);
	known_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_topic_has_one),
		cmocka_unit_test(old_versions_are_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
