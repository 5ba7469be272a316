/* What counts in the threads ledger, and what is known of a request after it. */
#include "ledger/threads.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "core/text.h"
#include "record/frame.h"

static struct threads *threads;
static struct thread told, claim, last;

static int set_up(void **state)
{
	(void)state;
	threads = threads_new();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	threads_free(threads);
	return 0;
}

/* A record of request r by `writer`, who reads it back at `now`. */
static bool put_at(int64_t now_boot_ms, const char *writer, int64_t version, enum thread_change change,
		   const char *said)
{
	struct thread thread;
	struct error error = { 0 };
	void *data;
	size_t size;
	bool counted;
	record_init(&thread_record, &thread);
	TEXT_COPY(thread.request_id, "r");
	TEXT_COPY(thread.writer, writer);
	thread.version = version;
	thread.change = change;
	thread.said.count = 1;
	TEXT_COPY(thread.said.items[0], said);
	assert_int_equal(frame_encode_new(&thread_record, &thread, &data, &size, &error), 0);
	const struct bus_record record = { .topic = "threads", .key = (const uint8_t *)"r", .key_size = 1,
					   .value = data, .value_size = size, .timestamp_ms = 1000 + version };
	assert_int_equal(threads_apply(threads, &record, now_boot_ms, &last, &counted, &error), 0);
	free(data);
	assert_string_equal(last.writer, writer);
	return counted;
}

static bool put(const char *writer, int64_t version, enum thread_change change, const char *said)
{
	return put_at(0, writer, version, change, said);
}

static const struct threads_entry *entry(void)
{
	return threads_find(threads, "r");
}

static void nothing_is_known_at_first(void **state)
{
	(void)state;
	assert_null(entry());
	assert_int_equal(threads_version(NULL), 0);
	assert_false(threads_told(NULL, &told));
	assert_int_equal(told.said.count, 0);
	assert_false(threads_claim(NULL, &claim));
}

static void of_two_claims_the_first_counts(void **state)
{
	(void)state;
	assert_true(put("a", 1, THREAD_CLAIMED, "x"));
	assert_false(put("b", 1, THREAD_CLAIMED, "y"));
	assert_true(threads_claim(entry(), &claim));
	assert_string_equal(claim.writer, "a");
	assert_false(threads_told(entry(), &told));
}

static void a_claim_does_not_change_what_was_told(void **state)
{
	(void)state;
	assert_true(put("a", 1, THREAD_CLAIMED, "x"));
	assert_true(put("a", 2, THREAD_POSTED, "x"));
	assert_false(threads_claim(entry(), &claim));
	assert_true(put("a", 3, THREAD_CLAIMED, "y"));
	assert_true(threads_told(entry(), &told));
	assert_string_equal(told.said.items[0], "x");
	assert_true(threads_claim(entry(), &claim));
	assert_string_equal(claim.said.items[0], "y");
	assert_true(put("a", 4, THREAD_SAID, "y"));
	assert_true(threads_told(entry(), &told));
	assert_string_equal(told.said.items[0], "y");
}

/* a was paused between its claim and what it told; b took over. */
static void who_lost_his_claim_settles_nothing(void **state)
{
	(void)state;
	assert_true(put("a", 1, THREAD_CLAIMED, "x"));
	assert_true(put("b", 2, THREAD_CLAIMED, "x"));
	assert_false(put("a", 2, THREAD_POSTED, "x"));
	assert_true(put("b", 3, THREAD_POSTED, "x"));
	assert_true(threads_told(entry(), &told));
	assert_string_equal(told.writer, "b");
	assert_false(threads_claim(entry(), &claim));
}

static void the_gateways_record_is_the_first_or_nothing(void **state)
{
	(void)state;
	assert_true(put("gateway", 1, THREAD_OPENED, "x"));
	assert_false(put("a", 1, THREAD_CLAIMED, "x"));
	assert_false(put("gateway", 5, THREAD_OPENED, "x"));
	assert_true(put("a", 2, THREAD_CLAIMED, "x"));
	assert_true(threads_told(entry(), &told));
	assert_int_equal(told.change, THREAD_OPENED);
}

/* Retention cut the log: the first record seen is the base, whatever it is. */
static void a_cut_log_begins_where_it_begins(void **state)
{
	(void)state;
	assert_true(put("a", 7, THREAD_SAID, "x"));
	assert_false(put("a", 7, THREAD_CLAIMED, "x"));
	assert_true(put("a", 8, THREAD_CLAIMED, "x"));
}

static void a_claims_age_counts_from_its_reading(void **state)
{
	(void)state;
	put_at(50, "a", 1, THREAD_CLAIMED, "x");
	put_at(90, "b", 1, THREAD_CLAIMED, "x");
	assert_int_equal(threads_heard_boot_ms(entry()), 50);
}

static void unreadable_records_change_nothing(void **state)
{
	(void)state;
	struct error error = { 0 };
	bool counted = true;
	struct bus_record record = { .key = (const uint8_t *)"r", .key_size = 1, .value = (const uint8_t *)"garbage",
				     .value_size = 7 };
	put("a", 1, THREAD_CLAIMED, "x");
	assert_int_equal(threads_apply(threads, &record, 0, &last, &counted, &error), -1);
	assert_int_equal(error.kind, ERROR_INPUT);
	record.value = NULL;
	assert_int_equal(threads_apply(threads, &record, 0, &last, &counted, &error), 0);
	assert_false(counted);
	assert_int_equal(threads_version(entry()), 1);
}

static void a_key_that_is_another_is_refused(void **state)
{
	(void)state;
	struct thread thread;
	struct error error = { 0 };
	void *data;
	size_t size;
	bool counted;
	record_init(&thread_record, &thread);
	TEXT_COPY(thread.request_id, "other");
	thread.version = 1;
	assert_int_equal(frame_encode_new(&thread_record, &thread, &data, &size, &error), 0);
	const struct bus_record record = { .key = (const uint8_t *)"r", .key_size = 1, .value = data,
					   .value_size = size };
	assert_int_equal(threads_apply(threads, &record, 0, &last, &counted, &error), -1);
	assert_int_equal(error.word, WORD_record_invalid);
	assert_int_equal(threads_count(threads), 0);
	free(data);
}

static void old_requests_are_forgotten(void **state)
{
	(void)state;
	put("a", 5, THREAD_SAID, "x");
	threads_forget(threads, 1005);
	assert_int_equal(threads_count(threads), 1);
	threads_forget(threads, 1006);
	assert_int_equal(threads_count(threads), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(nothing_is_known_at_first),
		TEST(of_two_claims_the_first_counts),
		TEST(a_claim_does_not_change_what_was_told),
		TEST(who_lost_his_claim_settles_nothing),
		TEST(the_gateways_record_is_the_first_or_nothing),
		TEST(a_cut_log_begins_where_it_begins),
		TEST(a_claims_age_counts_from_its_reading),
		TEST(unreadable_records_change_nothing),
		TEST(a_key_that_is_another_is_refused),
		TEST(old_requests_are_forgotten),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
