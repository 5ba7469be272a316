/* What is told and what is not, over restarts and repetitions. */
#include "due.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "core/text.h"

static struct view *view;
static struct view_request *request;
static struct view_capture *capture;
static struct event event;
static struct view_place place;

static int set_up(void **state)
{
	(void)state;
	view = view_new();
	request = NULL;
	place = (struct view_place){ 0, 0 };
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	view_free(view);
	return 0;
}

/* As the follower does. */
static void fold(enum event_kind kind, int64_t version, int64_t number, int64_t packets)
{
	bool counted;
	record_init(&event_record, &event);
	TEXT_COPY(event.request_id, "k7f3qa000000");
	TEXT_COPY(event.capture_id, "k7f3qa000000-slx1");
	TEXT_COPY(event.target, "slx1");
	event.kind = kind;
	event.version = version;
	event.number = number;
	event.packets = packets;
	event.outcome = kind == EVENT_ENDED ? OUTCOME_COMPLETE : OUTCOME_NONE;
	request = view_event(view, &event, place, 0, &capture, &counted);
	assert_non_null(request);
}

/* As the group does: an event at a place of its own. */
static void hand_out(int64_t offset, enum event_kind kind, int64_t version, int64_t number)
{
	place.offset = offset;
	fold(kind, version, number, 0);
	due_heard(request, capture, &event, place);
}

static void fold_result(int64_t version, enum store_state store, int64_t late_packets)
{
	struct result result;
	bool counted;
	record_init(&result_record, &result);
	TEXT_COPY(result.request_id, "k7f3qa000000");
	TEXT_COPY(result.capture_id, "k7f3qa000000-slx1");
	TEXT_COPY(result.target, "slx1");
	result.version = version;
	result.state = OUTCOME_COMPLETE;
	result.stores_count = 1;
	result.stores[0].state = store;
	result.late_packets = late_packets;
	view_result(view, &result, 0, &counted);
}

static unsigned tell(int64_t now_boot_ms)
{
	unsigned what = due_now(request, now_boot_ms);
	if (what)
		due_told(request, what, now_boot_ms);
	return what;
}

static void test_each_change_is_told_once(void **state)
{
	(void)state;
	hand_out(0, EVENT_QUEUED, 1, 0);
	assert_int_equal(tell(1), DUE_CHANGE);
	assert_int_equal(tell(2), 0);
	hand_out(1, EVENT_STARTING, 2, 0);
	assert_int_equal(tell(3), DUE_CHANGE);
	hand_out(2, EVENT_CAPTURING, 3, 0);
	assert_int_equal(tell(4), DUE_CHANGE);
	hand_out(3, EVENT_ENDED, 4, 0);
	assert_int_equal(tell(5), DUE_CHANGE);
	fold_result(1, STORE_STORED, 0);
	assert_int_equal(tell(6), DUE_CHANGE | DUE_LAST_WORD);
	assert_int_equal(tell(7), 0);
}

static void test_many_changes_are_told_together(void **state)
{
	(void)state;
	hand_out(0, EVENT_QUEUED, 1, 0);
	hand_out(1, EVENT_STARTING, 2, 0);
	hand_out(2, EVENT_CAPTURING, 3, 0);
	assert_int_equal(tell(1), DUE_CHANGE);
	assert_int_equal(tell(2), 0);
}

static void test_a_link_a_lost_file_and_late_packets_are_changes(void **state)
{
	(void)state;
	hand_out(0, EVENT_ENDED, 4, 0);
	fold_result(1, STORE_WAITING, 0);
	assert_int_equal(tell(1), DUE_CHANGE | DUE_LAST_WORD);
	fold_result(2, STORE_STORING, 0);
	assert_int_equal(tell(2), 0);
	fold_result(3, STORE_STORED, 0);
	assert_int_equal(tell(3), DUE_CHANGE);
	fold_result(4, STORE_STORED, 7);
	assert_int_equal(tell(4), DUE_CHANGE);
	fold_result(5, STORE_DELETED, 7);
	assert_int_equal(tell(5), DUE_CHANGE);
}

static void test_progress_waits(void **state)
{
	(void)state;
	hand_out(0, EVENT_CAPTURING, 3, 0);
	assert_int_equal(tell(1000), DUE_CHANGE);
	fold(EVENT_PROGRESS, 3, 1, 12);
	assert_int_equal(tell(1000 + DUE_PROGRESS_MS - 1), 0);
	assert_int_equal(tell(1000 + DUE_PROGRESS_MS), DUE_PROGRESS);
	assert_int_equal(tell(1000 + 2 * DUE_PROGRESS_MS), 0); /* the same number */
	fold(EVENT_PROGRESS, 3, 2, 13);
	assert_int_equal(tell(1000 + 2 * DUE_PROGRESS_MS), DUE_PROGRESS);
}

static void test_what_was_told_before_a_restart_is_not_told_again(void **state)
{
	(void)state;
	fold(EVENT_QUEUED, 1, 0, 0);
	place.offset = 1;
	fold(EVENT_CAPTURING, 3, 0, 0);
	due_settle(request);
	assert_int_equal(tell(1), 0);
	/* Written again, by a worker that took the partition over: behind what counted. */
	hand_out(2, EVENT_CAPTURING, 3, 0);
	assert_int_equal(tell(2), 0);
	hand_out(3, EVENT_ENDED, 4, 0);
	assert_int_equal(tell(3), DUE_CHANGE);
}

static void test_what_was_not_told_before_a_restart_is_told(void **state)
{
	(void)state;
	fold(EVENT_QUEUED, 1, 0, 0);
	place.offset = 1;
	fold(EVENT_CAPTURING, 3, 0, 0);
	due_settle(request);
	hand_out(1, EVENT_CAPTURING, 3, 0);
	assert_int_equal(tell(1), DUE_CHANGE);
	hand_out(1, EVENT_CAPTURING, 3, 0);
	assert_int_equal(tell(2), 0);
}

/* The newest event is a progress; the one that arms lies before it and was not told. */
static void test_an_overtaken_change_is_told_after_a_restart(void **state)
{
	(void)state;
	fold(EVENT_QUEUED, 1, 0, 0);
	place.offset = 5;
	fold(EVENT_PROGRESS, 3, 4, 12);
	due_settle(request);
	hand_out(5, EVENT_PROGRESS, 3, 4);
	assert_int_equal(tell(0), 0);
	hand_out(4, EVENT_CAPTURING, 3, 0);
	assert_int_equal(tell(1), DUE_CHANGE);
}

static void test_the_last_word_over_a_restart(void **state)
{
	(void)state;
	place.offset = 3;
	fold(EVENT_ENDED, 4, 0, 0);
	fold_result(1, STORE_STORED, 0);
	due_settle(request);
	assert_int_equal(tell(1), 0);
	fold_result(2, STORE_STORED, 5); /* late packets: no second last word */
	assert_int_equal(tell(2), DUE_CHANGE);
	due_settle(request);
	hand_out(3, EVENT_ENDED, 4, 0); /* held back: its result was not told */
	assert_int_equal(tell(3), DUE_CHANGE | DUE_LAST_WORD);
	hand_out(3, EVENT_ENDED, 4, 0);
	assert_int_equal(tell(4), 0);
}

/* The follower is ahead of the group: what it brings is told when the group hands it out, and only then. */
static void test_what_the_group_has_not_handed_out_waits(void **state)
{
	(void)state;
	hand_out(0, EVENT_QUEUED, 1, 0);
	assert_int_equal(tell(1), DUE_CHANGE);
	place.offset = 1;
	fold(EVENT_CAPTURING, 3, 0, 0);
	place.offset = 2;
	fold(EVENT_ENDED, 4, 0, 0);
	fold_result(1, STORE_STORED, 0);
	assert_int_equal(tell(2), 0);
	hand_out(1, EVENT_CAPTURING, 3, 0);
	assert_int_equal(tell(3), 0);
	hand_out(2, EVENT_ENDED, 4, 0);
	assert_int_equal(tell(4), DUE_CHANGE | DUE_LAST_WORD);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_each_change_is_told_once),
		TEST(test_many_changes_are_told_together),
		TEST(test_a_link_a_lost_file_and_late_packets_are_changes),
		TEST(test_progress_waits),
		TEST(test_what_was_told_before_a_restart_is_not_told_again),
		TEST(test_what_was_not_told_before_a_restart_is_told),
		TEST(test_an_overtaken_change_is_told_after_a_restart),
		TEST(test_the_last_word_over_a_restart),
		TEST(test_what_the_group_has_not_handed_out_waits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
