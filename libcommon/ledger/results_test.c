/* The fold of results: who counts, what shadows, and whose a store's slot is. */
#include "ledger/results.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "core/text.h"
#include "record/frame.h"

static struct results *results;
static struct results_news news;

static int set_up(void **state)
{
	(void)state;
	results = results_new();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	results_free(results);
	return 0;
}

static struct result result_of(const char *id, int64_t version, int64_t packets)
{
	struct result result;
	record_init(&result_record, &result);
	TEXT_COPY(result.capture_id, id);
	TEXT_COPY(result.request_id, "r");
	TEXT_COPY(result.target, "here");
	result.state = OUTCOME_COMPLETE;
	result.version = version;
	result.packets = packets;
	return result;
}

static struct bus_record record_of(const char *id, const void *value, size_t size)
{
	return (struct bus_record){ .topic = "results", .key = (const uint8_t *)id, .key_size = strlen(id),
				    .value = value, .value_size = size };
}

static int apply(struct bus_record *record, const struct results_headers *headers)
{
	struct error error = { 0 };
	for (size_t i = 0; headers && i < RESULTS_HEADERS; i++)
		record->headers[record->headers_count++] = headers->headers[i];
	int answer = results_apply(results, record, &news, &error);
	assert_int_equal(answer < 0, error.kind == ERROR_INPUT);
	return answer;
}

/* True where it counted. `incarnation` NULL: without a stamp, as somebody else's program writes it. */
static bool put(const char *id, int64_t version, int64_t packets, const char *incarnation, int64_t nonce)
{
	struct result result = result_of(id, version, packets);
	struct results_headers headers;
	struct error error = { 0 };
	void *data;
	size_t size;
	assert_int_equal(frame_encode_new(&result_record, &result, &data, &size, &error), 0);
	struct bus_record record = record_of(id, data, size);
	if (incarnation)
		results_stamp(&headers, &result, "upload", incarnation, nonce);
	assert_int_equal(apply(&record, incarnation ? &headers : NULL), 0);
	assert_true(news.has_body);
	assert_string_equal(news.capture_id, id);
	free(data);
	return news.verdict == RESULTS_COUNTED;
}

/* A body of a newer release (stamped), garbage, or a tombstone (value NULL). */
static int put_other(const char *id, const void *value, size_t size, int64_t version)
{
	struct result result = result_of(id, version, 0);
	struct results_headers headers;
	struct bus_record record = record_of(id, value, size);
	if (version > 0)
		results_stamp(&headers, &result, "upload", "newer", 1);
	return apply(&record, version > 0 ? &headers : NULL);
}

static int64_t packets_of(const char *id)
{
	struct result result;
	assert_true(results_find(results, id, &result));
	return result.packets;
}

static const char garbage[] = "\xc3\x01garbage";

static void the_first_of_two_rivals_counts(void **state)
{
	(void)state;
	assert_true(put("r-here", 1, 10, "one", 7));
	assert_true(news.is_stamped);
	assert_string_equal(news.stamp.incarnation, "one");
	assert_int_equal(news.stamp.nonce, 7);
	assert_false(put("r-here", 1, 20, "two", 3));
	assert_int_equal(packets_of("r-here"), 10);
	assert_int_equal(results_version(results, "r-here"), 1);
	assert_true(put("r-here", 2, 20, "two", 4));
	assert_int_equal(packets_of("r-here"), 20);
}

static void a_loser_shadows_until_it_is_written_again(void **state)
{
	(void)state;
	put("a-here", 1, 1, "one", 1);
	put("r-here", 3, 10, "one", 2);
	assert_null(results_shadowed(results));
	put("r-here", 2, 20, "two", 1);
	assert_string_equal(results_shadowed(results), "r-here");
	assert_int_equal(results_shadowed_count(results), 1);
	put("r-here", 4, 10, "report", 1);
	assert_null(results_shadowed(results));
	assert_int_equal(results_shadowed_count(results), 0);
}

static void a_compacted_log_begins_anywhere(void **state)
{
	(void)state;
	assert_true(put("r-here", 17, 10, "one", 1));
	assert_true(put("r-here", 19, 11, "one", 2));
	assert_int_equal(packets_of("r-here"), 11);
}

static void a_record_without_a_stamp_counts_by_its_body(void **state)
{
	(void)state;
	assert_true(put("r-here", 1, 10, NULL, 0));
	assert_false(news.is_stamped);
	assert_false(put("r-here", 1, 20, NULL, 0));
	assert_true(put("r-here", 2, 20, NULL, 0));
}

static void a_tombstone_counts_by_its_stamp(void **state)
{
	(void)state;
	put("r-here", 5, 10, "one", 1);
	assert_int_equal(put_other("r-here", NULL, 0, 5), 0);
	assert_int_equal(news.verdict, RESULTS_IGNORED);
	assert_string_equal(results_shadowed(results), "r-here");
	assert_int_equal(put_other("r-here", NULL, 0, 0), 0);
	assert_int_equal(news.verdict, RESULTS_IGNORED);
	assert_int_equal(packets_of("r-here"), 10);
	assert_int_equal(put_other("r-here", NULL, 0, 6), 0);
	assert_int_equal(news.verdict, RESULTS_COUNTED);
	assert_null(results_shadowed(results));
	struct result result;
	assert_false(results_find(results, "r-here", &result));
	assert_true(put("r-here", 1, 30, "two", 1)); /* a new life, as for a reader of the compacted log */
}

static void garbage_shadows_and_changes_nothing(void **state)
{
	(void)state;
	assert_int_equal(put_other("r-here", garbage, sizeof garbage, 0), -1);
	assert_null(results_shadowed(results)); /* nothing stands that could be written again */
	put("r-here", 1, 10, "one", 1);
	assert_int_equal(put_other("r-here", garbage, sizeof garbage, 0), -1);
	assert_string_equal(results_shadowed(results), "r-here");
	assert_int_equal(packets_of("r-here"), 10);
	struct bus_record record = record_of("../x", garbage, sizeof garbage);
	assert_int_equal(apply(&record, NULL), -1);
}

static void an_unreadable_body_counts_by_its_stamp(void **state)
{
	(void)state;
	struct result result;
	assert_int_equal(put_other("r-here", garbage, sizeof garbage, 4), 0);
	assert_int_equal(news.verdict, RESULTS_COUNTED);
	assert_false(news.has_body);
	assert_int_equal(results_version(results, "r-here"), 4);
	assert_false(results_find(results, "r-here", &result));

	put("s-here", 1, 10, "one", 1);
	put_other("s-here", garbage, sizeof garbage, 3);
	assert_int_equal(packets_of("s-here"), 10);
	assert_false(put("s-here", 2, 20, "one", 2));
	assert_false(put("s-here", 3, 30, NULL, 0));
	assert_int_equal(packets_of("s-here"), 10);
	assert_null(results_shadowed(results)); /* what stands can be written again only by who can read it */
	put_other("s-here", garbage, sizeof garbage, 2);
	assert_int_equal(news.verdict, RESULTS_IGNORED);
	assert_true(put("s-here", 4, 40, "one", 3));
	assert_int_equal(packets_of("s-here"), 40);
	assert_int_equal(results_version(results, "s-here"), 4);
}

/* ---- slots ---- */

static struct result_store store_of(const char *store, enum store_state store_state, const char *name)
{
	struct result_store made = { .state = store_state };
	TEXT_COPY(made.store, store);
	TEXT_COPY(made.name, name);
	TEXT_COPY(made.link, name);
	return made;
}

static void a_slot_is_free_the_same_or_taken(void **state)
{
	(void)state;
	const struct result_store mine = store_of("s3", STORE_STORED, "mine");
	const struct { enum store_state state; const char *name; enum results_slot slot; } rows[] = {
		{ STORE_WAITING, "", RESULTS_SLOT_FREE },      { STORE_STORING, "", RESULTS_SLOT_FREE },
		{ STORE_FAILED, "", RESULTS_SLOT_FREE },       { STORE_STORED, "mine", RESULTS_SLOT_SAME },
		{ STORE_STORED, "other", RESULTS_SLOT_TAKEN }, { STORE_DELETING, "mine", RESULTS_SLOT_SAME },
		{ STORE_DELETING, "other", RESULTS_SLOT_TAKEN }, { STORE_DELETED, "mine", RESULTS_SLOT_TAKEN },
	};
	struct result standing = result_of("r-here", 1, 1);
	assert_int_equal(results_slot(&standing, &mine), RESULTS_SLOT_FREE);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		standing.stores[0] = store_of("folder", STORE_STORED, "mine");
		standing.stores[1] = store_of("s3", rows[i].state, rows[i].name);
		standing.stores_count = 2;
		assert_int_equal(results_slot(&standing, &mine), rows[i].slot);
	}
}

static void what_stands_is_kept_in_the_slots(void **state)
{
	(void)state;
	struct result standing = result_of("r-here", 1, 1), mine = result_of("r-here", 0, 1);
	standing.stores[0] = store_of("cloudshark", STORE_STORED, "theirs");
	standing.stores[1] = store_of("folder", STORE_WAITING, "");
	standing.stores[2] = store_of("old", STORE_DELETED, "gone");
	standing.stores_count = 3;
	mine.stores[0] = store_of("folder", STORE_STORED, "mine");
	mine.stores[1] = store_of("cloudshark", STORE_STORED, "mine too");
	mine.stores_count = 2;
	results_keep_slots(&standing, &mine);
	assert_int_equal(mine.stores_count, 3);
	assert_string_equal(mine.stores[0].name, "mine");
	assert_int_equal(mine.stores[0].state, STORE_STORED);
	assert_string_equal(mine.stores[1].name, "theirs");
	assert_string_equal(mine.stores[2].store, "old");
	assert_true(results_is_settled(&mine));
	assert_false(results_is_settled(&standing));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_first_of_two_rivals_counts),
		TEST(a_loser_shadows_until_it_is_written_again),
		TEST(a_compacted_log_begins_anywhere),
		TEST(a_record_without_a_stamp_counts_by_its_body),
		TEST(a_tombstone_counts_by_its_stamp),
		TEST(garbage_shadows_and_changes_nothing),
		TEST(an_unreadable_body_counts_by_its_stamp),
		TEST(a_slot_is_free_the_same_or_taken),
		TEST(what_stands_is_kept_in_the_slots),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
