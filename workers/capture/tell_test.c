/* Which records of the ledger a requester hears of. */
#include "tell.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/memory.h"
#include "core/text.h"
#include "producer_testing.h"

static struct inventory *inventory;
static struct producer *producer;
static struct runs *runs;

static int set_up(void **state)
{
	static const char text[] = "[slx1]\nkind = local\ninterface = lo\nworker = worker\n";

	(void)state;
	inventory = inventory_parse("test.ini", text, sizeof text - 1, NULL);
	producer = testing_producer_new(TESTING_AT_ONCE);
	runs = runs_new();
	return inventory ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	runs_free(runs);
	testing_producer_free(producer);
	inventory_free(inventory);
	return 0;
}

/* Folds the change, lets it be told, and returns how many records that made. */
static size_t told(enum run_change change, enum run_state before, int64_t version, int64_t armed_at_ns)
{
	const struct tell tell = { producer, "worker", inventory };
	size_t count = testing_count(producer);
	struct runs_entry *entry;
	struct run record;

	record_init(&run_record, &record);
	TEXT_COPY(record.capture_id, "r1-slx1");
	TEXT_COPY(record.request_id, "r1");
	TEXT_COPY(record.target, "slx1");
	record.version = version;
	record.change = change;
	record.state = change == CHANGE_END || change == CHANGE_REJECTED ? RUN_ENDED : before;
	record.outcome = OUTCOME_CANCELLED;
	record.armed_at_ns = armed_at_ns;
	record.has_request = true;
	TEXT_COPY(record.request.target, "slx1");
	assert_int_equal(runs_apply(runs, &record, 1000, &entry), RUNS_COUNTED);
	tell_counted(&tell, runs, entry, &record);
	return testing_count(producer) - count;
}

static void a_line_and_its_end_are_told(void **state)
{
	(void)state;
	assert_int_equal(told(CHANGE_QUEUED, RUN_QUEUED, 1, RECORD_UNSET), 1);
	assert_int_equal(told(CHANGE_STOP, RUN_QUEUED, 2, RECORD_UNSET), 0);
	assert_int_equal(told(CHANGE_END, RUN_QUEUED, 3, RECORD_UNSET), 2); /* and the result's chunk */
}

static void what_captured_has_its_result_from_its_session(void **state)
{
	(void)state;
	assert_int_equal(told(CHANGE_QUEUED, RUN_QUEUED, 1, RECORD_UNSET), 1);
	assert_int_equal(told(CHANGE_END, RUN_QUEUED, 2, 1700000000000000000), 1);
}

static void a_stop_of_what_has_ended_is_not_told(void **state)
{
	(void)state;
	assert_int_equal(told(CHANGE_REJECTED, RUN_QUEUED, 1, RECORD_UNSET), 2);
	assert_int_equal(told(CHANGE_STOP, RUN_ENDED, 2, RECORD_UNSET), 0);
	runs_forget_bodies(runs, INT64_MAX);
	assert_int_equal(told(CHANGE_CANCEL, RUN_ENDED, 3, RECORD_UNSET), 0);
}

static void a_cancel_ahead_of_its_request_is_told(void **state)
{
	(void)state;
	assert_int_equal(told(CHANGE_CANCEL, RUN_QUEUED, 1, RECORD_UNSET), 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_line_and_its_end_are_told),
		TEST(what_captured_has_its_result_from_its_session),
		TEST(a_stop_of_what_has_ended_is_not_told),
		TEST(a_cancel_ahead_of_its_request_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
