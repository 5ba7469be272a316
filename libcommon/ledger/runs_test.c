/* The rules of the runs ledger, one at a time, as records in a log. */
#include "ledger/runs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"

static const int64_t DAY_MS = 24LL * 3600 * 1000;

static struct run record(const char *id, int64_t version, enum run_change change, enum run_state state,
			 const char *incarnation)
{
	struct run run;
	memset(&run, 0, sizeof run);
	TEXT_COPY(run.capture_id, id);
	TEXT_COPY(run.target, "slx1");
	TEXT_COPY(run.incarnation, incarnation);
	run.version = version;
	run.change = change;
	run.state = state;
	run.parallel = 1;
	run.inbox_offset = version;
	run.expires_at_ms = 1000;
	run.armed_at_ns = RECORD_UNSET;
	run.has_request = true;
	return run;
}

struct log {
	struct runs *runs;
	struct runs_entry *entry;
	int64_t now_ms;
};

static enum runs_verdict append(struct log *log, struct run run)
{
	return runs_apply(log->runs, &run, log->now_ms, &log->entry);
}

static enum runs_verdict queue(struct log *log, const char *id, int64_t inbox_offset)
{
	struct run run = record(id, 1, CHANGE_QUEUED, RUN_QUEUED, "w1");
	run.inbox_offset = inbox_offset;
	return append(log, run);
}

static int set_up(void **state)
{
	struct log *log = memory_new(sizeof *log);
	log->runs = runs_new();
	*state = log;
	return 0;
}

static int tear_down(void **state)
{
	struct log *log = *state;
	runs_free(log->runs);
	free(log);
	return 0;
}

static void a_capture_goes_its_way(void **state)
{
	struct log *log = *state;
	assert_int_equal(queue(log, "r-slx1", 7), RUNS_COUNTED);
	assert_int_equal(log->entry->state, RUN_QUEUED);
	assert_int_equal(runs_holding(log->runs, "slx1"), 0);
	assert_int_equal(append(log, record("r-slx1", 2, CHANGE_START, RUN_STARTING, "w1")), RUNS_COUNTED);
	assert_int_equal(runs_holding(log->runs, "slx1"), 1);
	assert_int_equal(log->entry->run->inbox_offset, 7);
	assert_int_equal(append(log, record("r-slx1", 3, CHANGE_ARMED, RUN_CAPTURING, "w1")), RUNS_COUNTED);
	struct run renewal = record("r-slx1", 4, CHANGE_RENEW, RUN_CAPTURING, "w1");
	renewal.has_request = false;
	renewal.packets = 12;
	assert_int_equal(append(log, renewal), RUNS_COUNTED);
	assert_int_equal(log->entry->run->packets, 12);
	assert_true(log->entry->run->has_request);
	struct run end = record("r-slx1", 5, CHANGE_END, RUN_ENDED, "w1");
	end.outcome = OUTCOME_COMPLETE;
	log->now_ms = 99;
	assert_int_equal(append(log, end), RUNS_COUNTED);
	assert_int_equal(log->entry->outcome, OUTCOME_COMPLETE);
	assert_int_equal(log->entry->ended_at_ms, 99);
	assert_int_equal(runs_holding(log->runs, "slx1"), 0);
	assert_null(runs_first_open(log->runs));
}

static void an_id_is_queued_once(void **state)
{
	struct log *log = *state;
	queue(log, "r-slx1", 1);
	assert_int_equal(queue(log, "r-slx1", 9), RUNS_SEEN);
	assert_int_equal(log->entry->run->inbox_offset, 1);
	assert_int_equal(append(log, record("r-slx1", 2, CHANGE_REJECTED, RUN_ENDED, "w1")), RUNS_SEEN);
	assert_int_equal(log->entry->state, RUN_QUEUED);
}

static void the_first_of_two_rivals_wins(void **state)
{
	struct log *log = *state;
	queue(log, "r-slx1", 1);
	assert_int_equal(append(log, record("r-slx1", 2, CHANGE_START, RUN_STARTING, "w1")), RUNS_COUNTED);
	assert_int_equal(append(log, record("r-slx1", 2, CHANGE_START, RUN_STARTING, "w2")), RUNS_OUTDATED);
	assert_int_equal(append(log, record("r-slx1", 3, CHANGE_START, RUN_STARTING, "w2")), RUNS_REFUSED);
	assert_string_equal(log->entry->incarnation, "w1");
}

static void a_start_needs_room_at_its_place(void **state)
{
	struct log *log = *state;
	queue(log, "a-slx1", 1);
	queue(log, "b-slx1", 2);
	assert_int_equal(append(log, record("a-slx1", 2, CHANGE_START, RUN_STARTING, "w1")), RUNS_COUNTED);
	assert_int_equal(append(log, record("b-slx1", 2, CHANGE_START, RUN_STARTING, "w2")), RUNS_NO_ROOM);
	struct run wider = record("b-slx1", 2, CHANGE_START, RUN_STARTING, "w2");
	wider.parallel = 2;
	assert_int_equal(append(log, wider), RUNS_COUNTED);
	assert_int_equal(runs_holding(log->runs, "slx1"), 2);
}

static void a_start_after_expiry_does_not_count(void **state)
{
	struct log *log = *state;
	queue(log, "a-slx1", 1);
	log->now_ms = 1001;
	assert_int_equal(append(log, record("a-slx1", 2, CHANGE_START, RUN_STARTING, "w1")), RUNS_REFUSED);
	log->now_ms = 1000;
	assert_int_equal(append(log, record("a-slx1", 2, CHANGE_START, RUN_STARTING, "w1")), RUNS_COUNTED);
}

static void only_the_runner_speaks_for_a_capture(void **state)
{
	struct log *log = *state;
	queue(log, "a-slx1", 1);
	append(log, record("a-slx1", 2, CHANGE_START, RUN_STARTING, "w1"));
	static const enum run_change changes[] = { CHANGE_HAND_BACK, CHANGE_SETUP, CHANGE_ARMED, CHANGE_RENEW, CHANGE_END };
	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++)
		assert_int_equal(append(log, record("a-slx1", 3, changes[i], RUN_ENDED, "w2")), RUNS_REFUSED);
	assert_int_equal(log->entry->version, 2);
	assert_int_equal(append(log, record("a-slx1", 3, CHANGE_RECLAIM, RUN_RECLAIMING, "w2")), RUNS_COUNTED);
	assert_int_equal(append(log, record("a-slx1", 4, CHANGE_END, RUN_ENDED, "w1")), RUNS_REFUSED);
	assert_int_equal(runs_holding(log->runs, "slx1"), 1);
	assert_int_equal(append(log, record("a-slx1", 4, CHANGE_END, RUN_ENDED, "w2")), RUNS_COUNTED);
}

static void a_renewal_beats_a_takeover_of_the_same_version(void **state)
{
	struct log *log = *state;
	queue(log, "a-slx1", 1);
	append(log, record("a-slx1", 2, CHANGE_START, RUN_STARTING, "w1"));
	append(log, record("a-slx1", 3, CHANGE_RENEW, RUN_STARTING, "w1"));
	assert_int_equal(append(log, record("a-slx1", 3, CHANGE_RECLAIM, RUN_RECLAIMING, "w2")), RUNS_OUTDATED);
}

static void a_hand_back_returns_it_to_the_line(void **state)
{
	struct log *log = *state;
	queue(log, "a-slx1", 1);
	append(log, record("a-slx1", 2, CHANGE_START, RUN_STARTING, "w1"));
	struct run back = record("a-slx1", 3, CHANGE_HAND_BACK, RUN_QUEUED, "w1");
	TEXT_COPY(back.not_me, "capture-1");
	assert_int_equal(append(log, back), RUNS_COUNTED);
	assert_int_equal(runs_holding(log->runs, "slx1"), 0);
	assert_string_equal(log->entry->run->not_me, "capture-1");
	assert_int_equal(append(log, record("a-slx1", 4, CHANGE_START, RUN_STARTING, "w2")), RUNS_COUNTED);
}

static void a_cancel_ahead_of_its_request_is_found_by_it(void **state)
{
	struct log *log = *state;
	assert_int_equal(append(log, record("a-slx1", 1, CHANGE_CANCEL, RUN_QUEUED, "w1")), RUNS_COUNTED);
	assert_int_equal(queue(log, "a-slx1", 3), RUNS_SEEN);
	assert_int_equal(log->entry->state, RUN_ENDED);
	assert_int_equal(log->entry->outcome, OUTCOME_CANCELLED);
	assert_null(runs_first_open(log->runs));
}

static void a_stop_forbids_the_start_and_keeps_the_state(void **state)
{
	struct log *log = *state;
	queue(log, "a-slx1", 1);
	assert_int_equal(append(log, record("a-slx1", 2, CHANGE_STOP, RUN_QUEUED, "w2")), RUNS_COUNTED);
	assert_true(log->entry->stop_asked);
	assert_int_equal(append(log, record("a-slx1", 3, CHANGE_START, RUN_STARTING, "w1")), RUNS_REFUSED);
	assert_int_equal(append(log, record("a-slx1", 3, CHANGE_END, RUN_ENDED, "w1")), RUNS_COUNTED);
	assert_int_equal(append(log, record("a-slx1", 4, CHANGE_STOP, RUN_ENDED, "w2")), RUNS_COUNTED);
	assert_int_equal(log->entry->state, RUN_ENDED);
}

static void the_line_is_by_inbox_offset_and_replace_goes_first(void **state)
{
	struct log *log = *state;
	queue(log, "b-slx1", 20);
	queue(log, "a-slx1", 10);
	struct run urgent = record("c-slx1", 1, CHANGE_QUEUED, RUN_QUEUED, "w1");
	urgent.inbox_offset = 30;
	urgent.first_in_line = 1;
	append(log, urgent);
	struct runs_entry *entry = runs_first_open(log->runs);
	assert_string_equal(entry->capture_id, "c-slx1");
	entry = runs_next_open(entry);
	assert_string_equal(entry->capture_id, "a-slx1");
	entry = runs_next_open(entry);
	assert_string_equal(entry->capture_id, "b-slx1");
	assert_null(runs_next_open(entry));
}

static void a_cut_log_takes_what_it_finds_as_base(void **state)
{
	struct log *log = *state;
	struct run renewal = record("a-slx1", 40, CHANGE_RENEW, RUN_CAPTURING, "w1");
	renewal.has_request = false;
	assert_int_equal(append(log, renewal), RUNS_COUNTED);
	assert_int_equal(append(log, record("a-slx1", 39, CHANGE_END, RUN_ENDED, "w1")), RUNS_OUTDATED);
	assert_int_equal(runs_holding(log->runs, "slx1"), 1);
	log->now_ms = 2 * DAY_MS;
	queue(log, "b-slx1", 2);
	assert_int_equal(runs_expire_unfinished(log->runs), 0);
	log->now_ms++;
	queue(log, "c-slx1", 3);
	assert_int_equal(runs_expire_unfinished(log->runs), 1);
	assert_int_equal(runs_holding(log->runs, "slx1"), 0);
}

static void forgotten_bodies_leave_their_ids(void **state)
{
	struct log *log = *state;
	append(log, record("a-slx1", 1, CHANGE_REJECTED, RUN_ENDED, "w1"));
	runs_forget_bodies(log->runs, 1);
	assert_null(log->entry->run);
	assert_int_equal(queue(log, "a-slx1", 5), RUNS_SEEN);
	assert_int_equal(append(log, record("a-slx1", 2, CHANGE_STOP, RUN_ENDED, "w1")), RUNS_COUNTED);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_capture_goes_its_way),
		TEST(an_id_is_queued_once),
		TEST(the_first_of_two_rivals_wins),
		TEST(a_start_needs_room_at_its_place),
		TEST(a_start_after_expiry_does_not_count),
		TEST(only_the_runner_speaks_for_a_capture),
		TEST(a_renewal_beats_a_takeover_of_the_same_version),
		TEST(a_hand_back_returns_it_to_the_line),
		TEST(a_cancel_ahead_of_its_request_is_found_by_it),
		TEST(a_stop_forbids_the_start_and_keeps_the_state),
		TEST(the_line_is_by_inbox_offset_and_replace_goes_first),
		TEST(a_cut_log_takes_what_it_finds_as_base),
		TEST(forgotten_bodies_leave_their_ids),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
