/* What is due, against what was told: also when that was told by another process. */
#include "telling/due.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "core/text.h"

static struct view *view;
static struct view_request *request;
static struct thread told;
static int64_t told_boot_ms;

static int set_up(void **state)
{
	(void)state;
	view = view_new();
	request = NULL;
	record_init(&thread_record, &told);
	told_boot_ms = 0;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	view_free(view);
	return 0;
}

static void fold_at(const char *target, enum event_kind kind, int64_t version, int64_t number, int64_t packets,
		    int64_t position)
{
	struct event event;
	struct view_capture *capture;
	bool counted;
	record_init(&event_record, &event);
	TEXT_COPY(event.request_id, "k7f3qa000000");
	TEXT_FORMAT(event.capture_id, "k7f3qa000000-%s", target);
	TEXT_COPY(event.target, target);
	event.kind = kind;
	event.version = version;
	event.number = number;
	event.packets = packets;
	event.position = position;
	event.outcome = kind == EVENT_ENDED ? OUTCOME_COMPLETE : OUTCOME_NONE;
	request = view_event(view, &event, 0, 0, &capture, &counted);
	assert_non_null(request);
}

static void fold(enum event_kind kind, int64_t version)
{
	fold_at("slx1", kind, version, 0, 0, RECORD_UNSET);
}

static void fold_result_of(const char *target, int64_t version, enum store_state store, int64_t late_packets)
{
	struct result result;
	bool counted;
	record_init(&result_record, &result);
	TEXT_COPY(result.request_id, "k7f3qa000000");
	TEXT_FORMAT(result.capture_id, "k7f3qa000000-%s", target);
	TEXT_COPY(result.target, target);
	result.version = version;
	result.state = OUTCOME_COMPLETE;
	result.stores_count = 1;
	result.stores[0].state = store;
	result.late_packets = late_packets;
	view_result(view, &result, 0, &counted);
}

static void fold_result(int64_t version, enum store_state store, int64_t late_packets)
{
	fold_result_of("slx1", version, store, late_packets);
}

/* What is due now, and then it is told. */
static unsigned tell(int64_t now_boot_ms)
{
	static struct thread claim;
	unsigned what = due_now(request, &told, told_boot_ms, now_boot_ms);
	if (!what)
		return 0;
	claim = told;
	due_claim(request, &told, what, &claim);
	told = claim;
	told_boot_ms = now_boot_ms;
	assert_int_equal(due_now(request, &told, told_boot_ms, now_boot_ms), 0);
	return what;
}

/* Another process, with a view of its own, and what threads say. */
static void restart(void)
{
	view_free(view);
	view = view_new();
}

static void test_each_change_is_told_once(void **state)
{
	(void)state;
	fold(EVENT_QUEUED, 1);
	assert_int_equal(tell(1), DUE_CHANGE);
	assert_int_equal(tell(2), 0);
	fold(EVENT_STARTING, 2);
	assert_int_equal(tell(3), DUE_CHANGE);
	fold(EVENT_CAPTURING, 3);
	assert_int_equal(tell(4), DUE_CHANGE);
	fold(EVENT_ENDED, 4);
	assert_int_equal(tell(5), DUE_CHANGE);
	fold_result(1, STORE_STORED, 0);
	assert_int_equal(tell(6), DUE_CHANGE | DUE_LAST_WORD);
	assert_int_equal(tell(7), 0);
}

static void test_many_changes_are_told_together(void **state)
{
	(void)state;
	fold(EVENT_QUEUED, 1);
	fold(EVENT_STARTING, 2);
	fold(EVENT_CAPTURING, 3);
	assert_int_equal(tell(1), DUE_CHANGE);
	assert_int_equal(tell(2), 0);
}

static void test_each_step_in_line_is_a_change(void **state)
{
	(void)state;
	fold_at("slx1", EVENT_QUEUED, 1, 0, 0, 3);
	assert_int_equal(tell(1), DUE_CHANGE);
	fold_at("slx1", EVENT_QUEUED, 1, 1, 0, 3);
	assert_int_equal(tell(2), 0);
	fold_at("slx1", EVENT_QUEUED, 1, 2, 0, 2);
	assert_int_equal(tell(3), DUE_CHANGE);
	fold_at("slx1", EVENT_QUEUED, 1, 3, 0, 1);
	assert_int_equal(tell(4), DUE_CHANGE);
	fold_at("slx1", EVENT_QUEUED, 1, 4, 0, 2); /* one that replaces went first */
	assert_int_equal(tell(5), DUE_CHANGE);
}

static void test_a_link_a_lost_file_and_late_packets_are_changes(void **state)
{
	(void)state;
	fold(EVENT_ENDED, 4);
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
	fold(EVENT_CAPTURING, 3);
	assert_int_equal(tell(1000), DUE_CHANGE);
	fold_at("slx1", EVENT_PROGRESS, 3, 1, 12, RECORD_UNSET);
	assert_int_equal(tell(1000 + DUE_PROGRESS_MS - 1), 0);
	assert_int_equal(tell(1000 + DUE_PROGRESS_MS), DUE_PROGRESS);
	assert_int_equal(tell(1000 + 2 * DUE_PROGRESS_MS), 0); /* the same number */
	fold_at("slx1", EVENT_PROGRESS, 3, 2, 13, RECORD_UNSET);
	assert_int_equal(tell(1000 + 2 * DUE_PROGRESS_MS), DUE_PROGRESS);
}

static void test_the_last_word_is_of_all_that_are_known(void **state)
{
	(void)state;
	fold(EVENT_ENDED, 4);
	fold_result(1, STORE_STORED, 0);
	assert_int_equal(tell(1), DUE_CHANGE | DUE_LAST_WORD);
	fold_at("slx2", EVENT_QUEUED, 1, 0, 0, RECORD_UNSET);
	assert_int_equal(tell(2), DUE_CHANGE);
	fold_at("slx2", EVENT_ENDED, 4, 0, 0, RECORD_UNSET);
	fold_result_of("slx2", 1, STORE_STORED, 0);
	assert_int_equal(tell(3), DUE_CHANGE | DUE_LAST_WORD);
	fold_result(2, STORE_STORED, 5); /* late packets: no third */
	assert_int_equal(tell(4), DUE_CHANGE);
}

static void test_what_was_told_before_a_restart_is_not_told_again(void **state)
{
	(void)state;
	fold(EVENT_CAPTURING, 3);
	assert_int_equal(tell(1), DUE_CHANGE);
	restart();
	fold(EVENT_QUEUED, 1);
	fold(EVENT_CAPTURING, 3);
	assert_int_equal(tell(2), 0);
	restart();
	fold(EVENT_CAPTURING, 3);
	fold(EVENT_ENDED, 4);
	fold_result(1, STORE_STORED, 0);
	assert_int_equal(tell(3), DUE_CHANGE | DUE_LAST_WORD);
	restart();
	fold(EVENT_ENDED, 4);
	fold_result(1, STORE_STORED, 0);
	assert_int_equal(tell(4), 0);
}

/* Its other events are too old to be read: nothing of it is new, and what was told of the rest stays told. */
static void test_a_view_that_knows_less_tells_nothing(void **state)
{
	(void)state;
	fold(EVENT_ENDED, 4);
	fold_result(1, STORE_STORED, 0);
	fold_at("slx2", EVENT_ENDED, 4, 0, 0, RECORD_UNSET);
	fold_result_of("slx2", 1, STORE_WAITING, 0);
	assert_int_equal(tell(1), DUE_CHANGE | DUE_LAST_WORD);
	restart();
	fold_at("slx2", EVENT_ENDED, 4, 0, 0, RECORD_UNSET);
	fold_result_of("slx2", 1, STORE_WAITING, 0);
	assert_int_equal(tell(2), 0);
	fold_result_of("slx2", 2, STORE_STORED, 0);
	assert_int_equal(tell(3), DUE_CHANGE);
	restart();
	fold(EVENT_ENDED, 4);
	fold_result(1, STORE_STORED, 0);
	assert_int_equal(tell(4), 0);
}

/* Its events come later than what another process told of them. */
static void test_a_view_that_is_behind_tells_nothing(void **state)
{
	(void)state;
	fold_at("slx2", EVENT_QUEUED, 1, 0, 0, RECORD_UNSET);
	fold(EVENT_ENDED, 4);
	fold_result(2, STORE_STORED, 0);
	assert_int_equal(tell(1), DUE_CHANGE);
	restart();
	fold_at("slx2", EVENT_STARTING, 2, 0, 0, RECORD_UNSET);
	fold(EVENT_CAPTURING, 3);
	assert_int_equal(tell(2), 0);
	fold(EVENT_ENDED, 4);
	assert_int_equal(tell(3), 0);
	fold_result(1, STORE_WAITING, 0);
	assert_int_equal(tell(4), 0);
	fold_result(2, STORE_STORED, 0);
	assert_int_equal(tell(5), DUE_CHANGE); /* slx2 */
}

/* More targets than lines: everything ends, and nothing is told for ever. */
static void test_more_targets_than_lines(void **state)
{
	(void)state;
	char target[RECORD_TARGET_SIZE];
	for (int i = 0; i < THREAD_SAID_MAX + 2; i++) {
		TEXT_FORMAT(target, "slx%d", i);
		fold_at(target, EVENT_ENDED, 4, 0, 0, RECORD_UNSET);
	}
	assert_int_equal(tell(1), DUE_CHANGE);
	for (int i = 0; i < THREAD_SAID_MAX + 2; i++) {
		TEXT_FORMAT(target, "slx%d", i);
		fold_result_of(target, 1, STORE_STORED, 0);
	}
	assert_int_equal(tell(2), DUE_CHANGE | DUE_LAST_WORD);
	assert_int_equal(tell(3), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_each_change_is_told_once),
		TEST(test_many_changes_are_told_together),
		TEST(test_each_step_in_line_is_a_change),
		TEST(test_a_link_a_lost_file_and_late_packets_are_changes),
		TEST(test_progress_waits),
		TEST(test_the_last_word_is_of_all_that_are_known),
		TEST(test_what_was_told_before_a_restart_is_not_told_again),
		TEST(test_a_view_that_knows_less_tells_nothing),
		TEST(test_a_view_that_is_behind_tells_nothing),
		TEST(test_more_targets_than_lines),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
