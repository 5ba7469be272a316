#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/text.h"
#include "view/listing.h"

static const int64_t now_ms = 1795442531000; /* 2026-11-23T14:02:11Z */

static void add_result(struct listing *listing, const char *id, int64_t version, enum outcome_state outcome,
		       int64_t ended_at_ms)
{
	struct result result;
	record_init(&result_record, &result);
	TEXT_COPY(result.capture_id, id);
	TEXT_COPY(result.request_id, "r");
	TEXT_COPY(result.target, "slx1");
	TEXT_COPY(result.filter, "port 179");
	TEXT_COPY(result.requested_by, "anna");
	result.version = version;
	result.state = outcome;
	result.packets = 1204;
	result.dropped_kernel = 0;
	result.ended_at_ms = ended_at_ms;
	listing_result(listing, &result);
}

static void add_event(struct listing *listing, const char *id, int64_t number, enum run_state run)
{
	struct event event;
	record_init(&event_record, &event);
	TEXT_COPY(event.capture_id, id);
	TEXT_COPY(event.request_id, "r");
	TEXT_COPY(event.target, "slx1");
	event.version = 1;
	event.number = number;
	event.kind = EVENT_PROGRESS;
	event.state = run;
	event.at_ms = now_ms;
	listing_event(listing, &event);
}

/* Not inlined: gcc 12 then takes what open_memstream allocates for the local variable that it fills in. */
__attribute__((noinline)) static char *printed(struct listing *listing)
{
	char *text = NULL;
	size_t size = 0;
	FILE *memory = open_memstream(&text, &size);
	listing_print(listing, memory);
	fclose(memory);
	return text;
}

static void rows_in_order_of_time(void **state)
{
	(void)state;
	CLEANUP(listing_freep) struct listing *listing = listing_new(&(struct listing_wanted){ .since_ms = 1 });
	add_event(listing, "bbbbbbbb2-slx1", 1, RUN_CAPTURING);
	add_result(listing, "bbbbbbbb1-slx1", 1, OUTCOME_PARTIAL, now_ms - 1000);
	add_result(listing, "cccccccc-slx1", 1, OUTCOME_COMPLETE, now_ms - 2000);
	CLEANUP_FREE char *text = printed(listing);
	assert_string_equal(
		text,
		"ID              STATE      TARGET  PACKETS  DROPPED  WHEN                  BY    FILTER    LINK\n"
		"cccccc-slx1     complete   slx1      1,204        0  2026-11-23 14:02:09Z  anna  port 179  -\n"
		"bbbbbbbb1-slx1  partial    slx1      1,204        0  2026-11-23 14:02:10Z  anna  port 179  -\n"
		"bbbbbbbb2-slx1  capturing  slx1          0        -  2026-11-23 14:02:11Z  -     -         -\n");
}

/* Only the first events of a capture bear its request. */
static void a_running_one_keeps_who_asked_for_what(void **state)
{
	(void)state;
	const struct listing_wanted wanted = { .state = "capturing", .since_ms = 1 };
	CLEANUP(listing_freep) struct listing *listing = listing_new(&wanted);
	struct event queued;
	record_init(&event_record, &queued);
	TEXT_COPY(queued.capture_id, "a-slx1");
	TEXT_COPY(queued.target, "slx1");
	queued.version = 1;
	queued.kind = EVENT_QUEUED;
	queued.at_ms = now_ms;
	queued.has_request = true;
	memset(queued.request.requested_by, 'w', sizeof queued.request.requested_by - 1);
	TEXT_COPY(queued.request.filter, "port 179");
	listing_event(listing, &queued);
	assert_int_equal(listing_count(listing), 0);
	add_event(listing, "a-slx1", 1, RUN_CAPTURING);
	add_event(listing, "a-slx1", 2, RUN_CAPTURING);
	CLEANUP_FREE char *text = printed(listing);
	assert_non_null(strstr(text, "  wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww…  port 179  -\n"));
}

static void only_what_is_wanted(void **state)
{
	(void)state;
	const struct listing_wanted wanted = { .state = "complete", .target = "slx1", .since_ms = now_ms - 10 };
	CLEANUP(listing_freep) struct listing *listing = listing_new(&wanted);
	add_result(listing, "a-slx1", 1, OUTCOME_COMPLETE, now_ms);
	add_result(listing, "b-slx1", 1, OUTCOME_COMPLETE, now_ms - 11);
	add_result(listing, "c-slx1", 1, OUTCOME_PARTIAL, now_ms);
	assert_int_equal(listing_count(listing), 1);
	add_result(listing, "a-slx1", 2, OUTCOME_PARTIAL, now_ms);
	assert_int_equal(listing_count(listing), 0);
	add_result(listing, "a-slx1", 1, OUTCOME_COMPLETE, now_ms); /* older: read again */
	assert_int_equal(listing_count(listing), 0);
}

static void the_newest_of_a_capture(void **state)
{
	(void)state;
	CLEANUP(listing_freep) struct listing *listing = listing_new(&(struct listing_wanted){ .since_ms = 1 });
	add_event(listing, "a-slx1", 2, RUN_CAPTURING);
	add_event(listing, "a-slx1", 1, RUN_QUEUED);
	CLEANUP_FREE char *running = printed(listing);
	assert_non_null(strstr(running, "capturing"));
	add_result(listing, "a-slx1", 1, OUTCOME_EMPTY, now_ms);
	add_event(listing, "a-slx1", 3, RUN_ENDED);
	CLEANUP_FREE char *ended = printed(listing);
	assert_non_null(strstr(ended, "empty"));
	assert_int_equal(listing_count(listing), 1);
	listing_deleted(listing, "a-slx1");
	assert_int_equal(listing_count(listing), 0);
}

static void json_is_a_line_each(void **state)
{
	(void)state;
	CLEANUP(listing_freep) struct listing *listing =
		listing_new(&(struct listing_wanted){ .since_ms = 1, .as_json = true });
	add_result(listing, "a-slx1", 1, OUTCOME_EMPTY, now_ms);
	add_event(listing, "b-slx1", 1, RUN_QUEUED);
	CLEANUP_FREE char *text = printed(listing);
	const char *second = strchr(text, '\n');
	assert_true(text_starts(text, "{\"record\":\"result\",\"capture_id\":\"a-slx1\","));
	assert_non_null(second);
	assert_true(text_starts(second + 1, "{\"record\":\"event\",\"request_id\":\"r\","));
	assert_null(strchr(strchr(second + 1, '\n') + 1, '\n'));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_in_order_of_time),
		cmocka_unit_test(a_running_one_keeps_who_asked_for_what),
		cmocka_unit_test(only_what_is_wanted),
		cmocka_unit_test(the_newest_of_a_capture),
		cmocka_unit_test(json_is_a_line_each),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
