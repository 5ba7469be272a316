/* Records for tests, and what becomes of them as text. */
#include "view_testing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "core/text.h"
#include "thread_view.h"

struct view *testing_view;
struct view_request *testing_request;
struct event testing_event;
struct result testing_result;
bool testing_is_verified;

int view_testing_set_up(void **state)
{
	(void)state;
	testing_view = view_new();
	testing_is_verified = true;
	return 0;
}

int view_testing_tear_down(void **state)
{
	(void)state;
	view_free(testing_view);
	return 0;
}

/* An event as the worker writes it, for the test to add to. */
void view_testing_begin(const char *target, enum event_kind kind, int64_t version)
{
	record_init(&event_record, &testing_event);
	TEXT_COPY(testing_event.request_id, "k7f3qa000000");
	TEXT_FORMAT(testing_event.capture_id, "k7f3qa000000-%s", target);
	TEXT_COPY(testing_event.target, target);
	testing_event.kind = kind;
	testing_event.version = version;
	testing_event.at_ms = TESTING_START_MS;
	testing_event.has_request = kind == EVENT_QUEUED || kind == EVENT_REFUSED;
	record_init(&request_record, &testing_event.request);
	testing_event.request.has_filter = true;
	TEXT_COPY(testing_event.request.filter, "port 179");
	TEXT_COPY(testing_event.request.requested_by, "alice");
	TEXT_COPY(testing_event.request.requested_via, "capbus");
	testing_event.request.timeout_s = 30;
	testing_event.request.count = 20;
}

void view_testing_fold(void)
{
	struct view_capture *capture;
	bool counted;
	testing_request = view_event(testing_view, &testing_event, 0, 0, &capture, &counted);
	assert_non_null(testing_request);
	assert_true(counted);
	testing_request->is_verified = testing_is_verified;
}

void view_testing_queue(const char *target)
{
	view_testing_begin(target, EVENT_QUEUED, 1);
	testing_event.position = 1;
	view_testing_fold();
}

/* A result as upload writes it, of a capture that ran for 11.2 s. */
void view_testing_begin_result(const char *target, enum outcome_state state)
{
	record_init(&result_record, &testing_result);
	TEXT_COPY(testing_result.request_id, "k7f3qa000000");
	TEXT_FORMAT(testing_result.capture_id, "k7f3qa000000-%s", target);
	TEXT_COPY(testing_result.target, target);
	TEXT_COPY(testing_result.filter, "port 179");
	testing_result.version = 1;
	testing_result.state = state;
	testing_result.armed_at_ns = TESTING_START_MS * 1000000;
	testing_result.disarmed_at_ns = testing_result.armed_at_ns + 11200 * (TESTING_SECOND_NS / 1000);
	testing_result.timeout_s = 30;
	testing_result.count = 20;
	testing_result.bytes_limit = 100000000;
}

void view_testing_fold_result(void)
{
	bool counted;
	assert_non_null(view_result(testing_view, &testing_result, 0, &counted));
	assert_true(counted);
}

void view_testing_captured(const char *target, int64_t packets, const char *link)
{
	view_testing_begin_result(target, OUTCOME_COMPLETE);
	testing_result.packets = packets;
	testing_result.dropped_kernel = 0;
	testing_result.stopped_by = STOPPED_BY_COUNT;
	testing_result.stores_count = 1;
	TEXT_COPY(testing_result.stores[0].store, "folder");
	TEXT_COPY(testing_result.stores[0].link, link);
	testing_result.stores[0].state = STORE_STORED;
	view_testing_fold_result();
}

/* One that never ran. */
void view_testing_ended(const char *target, enum outcome_state state, const char *reason, const char *detail)
{
	view_testing_begin_result(target, state);
	testing_result.armed_at_ns = testing_result.disarmed_at_ns = RECORD_UNSET;
	TEXT_COPY(testing_result.reason, reason);
	TEXT_COPY(testing_result.detail, detail);
	view_testing_fold_result();
}

void view_testing_assert_block(const char *wanted)
{
	char *text = thread_view_block(testing_request, "k7f3qa", &thread_style_plain);
	assert_string_equal(text, wanted);
	free(text);
}

void view_testing_assert_last_word(const char *wanted)
{
	char *text = thread_view_last_word(testing_request, "k7f3qa", &thread_style_plain);
	assert_string_equal(text, wanted);
	free(text);
}
