/* The catalog keeps what counts, decodes what it kept, and survives what it is given. */
#include "ledger/catalog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "core/text.h"
#include "record/frame.h"

static struct catalog *catalog;

static int set_up(void **state)
{
	(void)state;
	catalog = catalog_new();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	catalog_free(catalog);
	return 0;
}

static bool put(const char *id, int64_t version, int64_t packets)
{
	struct result result;
	struct error error = { 0 };
	void *data;
	size_t size;
	bool counted;
	record_init(&result_record, &result);
	TEXT_COPY(result.capture_id, id);
	TEXT_COPY(result.request_id, "r");
	TEXT_COPY(result.target, "here");
	result.state = OUTCOME_COMPLETE;
	result.version = version;
	result.packets = packets;
	assert_int_equal(frame_encode_new(&result_record, &result, &data, &size, &error), 0);
	const struct bus_record record = { .topic = "results", .key = (const uint8_t *)id, .key_size = strlen(id),
					   .value = data, .value_size = size };
	assert_int_equal(catalog_apply(catalog, &record, NULL, &counted, &error), 0);
	free(data);
	return counted;
}

static int64_t packets_of(const char *id)
{
	struct result result;
	const struct catalog_entry *entry = catalog_find(catalog, id);
	assert_non_null(entry);
	assert_string_equal(catalog_id(entry), id);
	catalog_read(entry, &result);
	assert_string_equal(result.capture_id, id);
	return result.packets;
}

static void the_greatest_version_counts_and_the_first_of_two(void **state)
{
	(void)state;
	assert_true(put("a-here", 2, 20));
	assert_false(put("a-here", 1, 10));
	assert_false(put("a-here", 2, 99));
	assert_int_equal(packets_of("a-here"), 20);
	assert_true(put("a-here", 3, 30));
	assert_int_equal(packets_of("a-here"), 30);
	assert_int_equal(catalog_version(catalog_find(catalog, "a-here")), 3);
	assert_int_equal(catalog_count(catalog), 1);
}

static void a_tombstone_forgets(void **state)
{
	(void)state;
	bool counted;
	put("a-here", 1, 1);
	const struct bus_record record = { .topic = "results", .key = (const uint8_t *)"a-here", .key_size = 6 };
	assert_int_equal(catalog_apply(catalog, &record, NULL, &counted, NULL), 0);
	assert_true(counted);
	assert_null(catalog_find(catalog, "a-here"));
	assert_int_equal(catalog_apply(catalog, &record, NULL, &counted, NULL), 0);
	assert_false(counted);
}

static void many_are_found_and_walked(void **state)
{
	(void)state;
	enum { MANY = 2000 };
	for (int i = 0; i < MANY; i++) {
		char id[32];
		TEXT_FORMAT(id, "r%d-here", i);
		put(id, 1, i);
		put(id, 2, i + 1);
	}
	assert_int_equal(catalog_count(catalog), MANY);
	int walked = 0;
	for (const struct catalog_entry *entry = catalog_first(catalog); entry; entry = catalog_next(entry))
		walked++;
	assert_int_equal(walked, MANY);
	assert_int_equal(packets_of("r1234-here"), 1235);
}

static void garbage_changes_nothing(void **state)
{
	(void)state;
	bool counted;
	struct error error = { 0 };
	put("a-here", 1, 1);
	static const uint8_t garbage[] = { 0xc3, 0x01, 0, 1, 2 };
	struct bus_record record = { .topic = "results", .key = (const uint8_t *)"a-here", .key_size = 6,
				     .value = garbage, .value_size = sizeof garbage };
	assert_int_equal(catalog_apply(catalog, &record, NULL, &counted, &error), -1);
	assert_int_equal(error.kind, ERROR_INPUT);
	record.key = NULL;
	assert_int_equal(catalog_apply(catalog, &record, NULL, &counted, &error), -1);
	record.key = (const uint8_t *)"../../x";
	record.key_size = 7;
	assert_int_equal(catalog_apply(catalog, &record, NULL, &counted, &error), -1);
	assert_int_equal(packets_of("a-here"), 1);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_greatest_version_counts_and_the_first_of_two),
		TEST(a_tombstone_forgets),
		TEST(many_are_found_and_walked),
		TEST(garbage_changes_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
