/* The fold: what counts, in whatever order it comes. */
#include "view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "core/text.h"

static struct view *view;
static struct view_capture *capture;

static int set_up(void **state)
{
	(void)state;
	view = view_new();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	view_free(view);
	return 0;
}

static struct event event_of(const char *request_id, const char *target, enum event_kind kind, int64_t version,
			     int64_t number)
{
	struct event event;
	record_init(&event_record, &event);
	TEXT_COPY(event.request_id, request_id);
	TEXT_FORMAT(event.capture_id, "%s-%s", request_id, target);
	TEXT_COPY(event.target, target);
	event.kind = kind;
	event.version = version;
	event.number = number;
	return event;
}

static bool fold(const struct event *event)
{
	bool counted = false;
	assert_non_null(view_event(view, event, 3, 1000, &capture, &counted));
	return counted;
}

static bool fold_event(const char *target, enum event_kind kind, int64_t version, int64_t number)
{
	struct event event = event_of("k7f3qa000000", target, kind, version, number);
	return fold(&event);
}

static struct result result_of(const char *target, int64_t version, enum outcome_state state)
{
	struct result result;
	record_init(&result_record, &result);
	TEXT_COPY(result.request_id, "k7f3qa000000");
	TEXT_FORMAT(result.capture_id, "k7f3qa000000-%s", target);
	TEXT_COPY(result.target, target);
	result.version = version;
	result.state = state;
	return result;
}

static bool fold_result(const char *target, int64_t version, enum outcome_state state)
{
	struct result result = result_of(target, version, state);
	bool counted = false;
	assert_non_null(view_result(view, &result, 2000, &counted));
	return counted;
}

static void test_a_capture_goes_its_way(void **state)
{
	(void)state;
	static const struct {
		enum event_kind kind;
		enum view_phase phase;
	} way[] = { { EVENT_QUEUED, VIEW_QUEUED },	 { EVENT_STARTING, VIEW_STARTING },
		    { EVENT_CAPTURING, VIEW_CAPTURING }, { EVENT_RECLAIMING, VIEW_RECLAIMING },
		    { EVENT_ENDED, VIEW_ENDED } };
	for (size_t i = 0; i < sizeof way / sizeof *way; i++) {
		assert_true(fold_event("slx1", way[i].kind, (int64_t)i + 1, 0));
		assert_int_equal(capture->phase, way[i].phase);
			}
	struct view_request *request = view_find(view, "k7f3qa000000");
	assert_int_equal(request->captures_count, 1);
	assert_int_equal(request->partition, 3);
	assert_false(view_is_finished(request));
	assert_true(fold_result("slx1", 1, OUTCOME_COMPLETE));
	assert_true(view_is_finished(request));
	assert_int_equal(view_outcome(capture), OUTCOME_COMPLETE);
	assert_int_equal(request->heard_boot_ms, 2000);
}

static void test_what_is_not_newer_does_not_count(void **state)
{
	(void)state;
	assert_true(fold_event("slx1", EVENT_CAPTURING, 3, 0));
	assert_true(fold_event("slx1", EVENT_PROGRESS, 3, 2));
	assert_false(fold_event("slx1", EVENT_PROGRESS, 3, 2));
	assert_false(fold_event("slx1", EVENT_PROGRESS, 3, 1));
	assert_false(fold_event("slx1", EVENT_QUEUED, 1, 0));
	assert_false(fold_event("slx1", EVENT_STARTING, 2, 9));
	assert_int_equal(capture->phase, VIEW_CAPTURING);
	assert_true(fold_event("slx1", EVENT_ENDED, 4, 0));
}

static void test_an_old_event_still_tells_what_was_asked(void **state)
{
	(void)state;
	fold_event("slx1", EVENT_STARTING, 2, 0);
	struct event queued = event_of("k7f3qa000000", "slx1", EVENT_QUEUED, 1, 0);
	queued.has_request = true;
	record_init(&request_record, &queued.request);
	TEXT_COPY(queued.request.filter, "port 179");
	assert_false(fold(&queued));
	struct view_request *request = view_first(view);
	assert_true(request->has_request);
	assert_string_equal(request->request.filter, "port 179");
	assert_int_equal(capture->phase, VIEW_STARTING);
}

static void test_a_result_stands_over_events(void **state)
{
	(void)state;
	fold_event("slx1", EVENT_CAPTURING, 3, 0);
	assert_true(fold_result("slx1", 1, OUTCOME_PARTIAL));
	assert_true(fold_event("slx1", EVENT_ENDED, 4, 0));
	assert_int_equal(capture->phase, VIEW_DONE);
	assert_int_equal(view_outcome(capture), OUTCOME_PARTIAL);
	assert_false(fold_result("slx1", 1, OUTCOME_COMPLETE));
	assert_true(fold_result("slx1", 2, OUTCOME_COMPLETE));
	assert_false(fold_result("slx1", 1, OUTCOME_LOST));
	assert_int_equal(view_outcome(capture), OUTCOME_COMPLETE);
}

static void test_a_result_of_nobody_is_left_alone(void **state)
{
	(void)state;
	struct result result = result_of("slx1", 1, OUTCOME_COMPLETE);
	bool counted = false;
	assert_null(view_result(view, &result, 0, &counted));
	fold_event("slx2", EVENT_QUEUED, 1, 0);
	assert_null(view_result(view, &result, 0, &counted));
	assert_int_equal(view_count(view), 1);
	assert_int_equal(view_first(view)->captures_count, 1);
}

static void test_a_result_tells_what_was_asked(void **state)
{
	(void)state;
	fold_event("slx1", EVENT_STARTING, 2, 0);
	struct result result = result_of("slx1", 1, OUTCOME_EMPTY);
	TEXT_COPY(result.filter, "icmp");
	TEXT_COPY(result.requested_by, "alice");
	TEXT_COPY(result.requested_via, "capbus");
	result.count = 20;
	bool counted;
	struct view_request *request = view_result(view, &result, 0, &counted);
	assert_true(request->has_request);
	assert_string_equal(request->request.filter, "icmp");
	assert_string_equal(request->request.requested_by, "alice");
	assert_int_equal(request->request.count, 20);
}

static void test_targets_of_one_request(void **state)
{
	(void)state;
	fold_event("slx2", EVENT_QUEUED, 1, 0);
	fold_event("slx1", EVENT_QUEUED, 1, 0);
	fold_event("slx2", EVENT_STARTING, 2, 0);
	struct view_request *request = view_first(view);
	assert_int_equal(request->captures_count, 2);
	assert_string_equal(request->captures[0]->target, "slx2");
	assert_string_equal(request->captures[1]->target, "slx1");
	fold_event("slx3", EVENT_QUEUED, 1, 0);
	fold_result("slx1", 1, OUTCOME_COMPLETE);
	fold_result("slx2", 1, OUTCOME_COMPLETE);
	assert_false(view_is_finished(request));
	fold_result("slx3", 1, OUTCOME_COMPLETE);
	assert_true(view_is_finished(request));
}

static void test_refused_without_an_id(void **state)
{
	(void)state;
	struct event event = event_of("k7f3qa000000", "slx1", EVENT_REFUSED, 1, 0);
	event.capture_id[0] = '\0';
	assert_true(fold(&event));
	assert_int_equal(capture->phase, VIEW_DONE);
	assert_int_equal(view_outcome(capture), OUTCOME_REJECTED);
	TEXT_COPY(event.target, "slx2");
	assert_true(fold(&event));
	assert_false(fold(&event));
	assert_int_equal(view_first(view)->captures_count, 2);
	assert_true(view_is_finished(view_first(view)));
}

static void test_a_file_that_is_still_to_be_stored(void **state)
{
	(void)state;
	fold_event("slx1", EVENT_ENDED, 4, 0);
	struct view_request *request = view_first(view);
	assert_false(view_is_settled(request));
	struct result result = result_of("slx1", 1, OUTCOME_COMPLETE);
	bool counted;
	result.stores_count = 2;
	result.stores[0].state = STORE_STORED;
	result.stores[1].state = STORE_WAITING;
	view_result(view, &result, 0, &counted);
	assert_true(view_is_finished(request));
	assert_false(view_is_settled(request));
	result.version = 2;
	result.stores[1].state = STORE_FAILED;
	view_result(view, &result, 0, &counted);
	assert_true(view_is_settled(request));
}

static void test_a_check_is_no_capture(void **state)
{
	(void)state;
	struct event event = event_of("k7f3qa000000", "slx1", EVENT_CHECKED, 1, 0);
	bool counted;
	assert_null(view_event(view, &event, 0, 0, &capture, &counted));
	assert_int_equal(view_count(view), 0);
}

static void test_walking_and_forgetting(void **state)
{
	(void)state;
	static const char *const ids[] = { "a00000000000", "b00000000000", "c00000000000" };
	for (size_t i = 0; i < 3; i++) {
		struct event event = event_of(ids[i], "slx1", EVENT_QUEUED, 1, 0);
		fold(&event);
	}
	view_forget(view, view_find(view, "b00000000000"));
	assert_null(view_find(view, "b00000000000"));
	assert_int_equal(view_count(view), 2);
	struct view_request *request = view_first(view);
	assert_string_equal(request->request_id, "a00000000000");
	request = view_next(request);
	assert_string_equal(request->request_id, "c00000000000");
	assert_null(view_next(request));
}

static void assert_shown(const char *request_id, const char *wanted)
{
	char shown[RECORD_ID_SIZE];
	view_shown_id(view, view_find(view, request_id), shown);
	assert_string_equal(shown, wanted);
}

static void test_shown_ids_are_unique(void **state)
{
	(void)state;
	static const char *const ids[] = { "k7f3qa000000", "k7f3qa0x0000", "m2c8xd000000", "short" };
	for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
		struct event event = event_of(ids[i], "slx1", EVENT_QUEUED, 1, 0);
		fold(&event);
	}
	assert_shown("k7f3qa000000", "k7f3qa00");
	assert_shown("k7f3qa0x0000", "k7f3qa0x");
	assert_shown("m2c8xd000000", "m2c8xd");
	assert_shown("short", "short");
	/* Of another system's request: what stands in front of its capture's id. */
	struct event event = event_of("ticket-2026-0001", "slx1", EVENT_QUEUED, 1, 0);
	TEXT_COPY(event.capture_id, "p4q5r6s7t8u9-slx1");
	fold(&event);
	assert_shown("ticket-2026-0001", "p4q5r6");
	event = event_of("refused-0001", "slx1", EVENT_REFUSED, 1, 0);
	event.capture_id[0] = '\0';
	fold(&event);
	assert_shown("refused-0001", "refuse");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_a_capture_goes_its_way),
		TEST(test_what_is_not_newer_does_not_count),
		TEST(test_an_old_event_still_tells_what_was_asked),
		TEST(test_a_result_stands_over_events),
		TEST(test_a_result_of_nobody_is_left_alone),
		TEST(test_a_result_tells_what_was_asked),
		TEST(test_targets_of_one_request),
		TEST(test_refused_without_an_id),
		TEST(test_a_file_that_is_still_to_be_stored),
		TEST(test_a_check_is_no_capture),
		TEST(test_walking_and_forgetting),
		TEST(test_shown_ids_are_unique),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
