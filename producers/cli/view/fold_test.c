#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli.h"
#include "core/text.h"
#include "view/fold.h"

static struct event an_event(const char *target, int64_t version, int64_t number, enum event_kind kind)
{
	struct event event;
	record_init(&event_record, &event);
	TEXT_COPY(event.request_id, "r");
	TEXT_FORMAT(event.capture_id, "r-%s", target);
	TEXT_COPY(event.target, target);
	event.version = version;
	event.number = number;
	event.kind = kind;
	return event;
}

static struct result a_result(const char *target, int64_t version, enum outcome_state outcome)
{
	struct result result;
	record_init(&result_record, &result);
	TEXT_COPY(result.request_id, "r");
	TEXT_FORMAT(result.capture_id, "r-%s", target);
	TEXT_COPY(result.target, target);
	result.version = version;
	result.state = outcome;
	return result;
}

static bool tell(struct fold *fold, int64_t version, int64_t number, enum event_kind kind)
{
	struct event event = an_event("a", version, number, kind);
	return fold_event(fold, &event, 1000);
}

static bool end(struct fold *fold, const char *target, enum outcome_state outcome)
{
	struct result result = a_result(target, 1, outcome);
	return fold_result(fold, &result, 1000);
}

static void newer_counts(void **state)
{
	(void)state;
	CLEANUP(fold_freep) struct fold *fold = fold_new();
	assert_true(tell(fold, 1, 1, EVENT_QUEUED));
	assert_true(tell(fold, 2, 1, EVENT_CAPTURING));
	assert_false(tell(fold, 2, 1, EVENT_STARTING));
	assert_false(tell(fold, 1, 9, EVENT_STARTING));
	assert_int_equal(fold_at(fold, 0)->phase, FOLD_CAPTURING);
	assert_true(tell(fold, 3, 0, EVENT_QUEUED)); /* handed back */
	assert_int_equal(fold_at(fold, 0)->phase, FOLD_QUEUED);
	assert_int_equal(fold_count(fold), 1);
}

static void a_result_ends_it(void **state)
{
	(void)state;
	CLEANUP(fold_freep) struct fold *fold = fold_new();
	assert_true(tell(fold, 1, 1, EVENT_ENDED));
	assert_int_equal(fold_at(fold, 0)->phase, FOLD_STORING);
	assert_false(fold_is_finished(fold, 1000));
	assert_true(end(fold, "a", OUTCOME_COMPLETE));
	assert_false(end(fold, "a", OUTCOME_FAILED)); /* the same version */
	assert_false(tell(fold, 9, 9, EVENT_CAPTURING));
	assert_int_equal(fold_at(fold, 0)->phase, FOLD_DONE);
	assert_int_equal(fold_outcome(fold_at(fold, 0)), OUTCOME_COMPLETE);
	assert_true(fold_is_finished(fold, 1000));
}

static void a_store_gets_some_time(void **state)
{
	(void)state;
	CLEANUP(fold_freep) struct fold *fold = fold_new();
	struct result result = a_result("a", 1, OUTCOME_COMPLETE);
	result.stores_count = 1;
	result.stores[0].state = STORE_WAITING;
	fold_result(fold, &result, 1000);
	assert_false(fold_is_over(fold_at(fold, 0), 1000));
	result.version = 2; /* still waiting: the time does not begin anew */
	fold_result(fold, &result, 20000);
	assert_false(fold_is_over(fold_at(fold, 0), 999 + FOLD_STORE_WAITS_MS));
	assert_true(fold_is_over(fold_at(fold, 0), 1000 + FOLD_STORE_WAITS_MS));
	result.version = 3;
	result.stores[0].state = STORE_STORED;
	fold_result(fold, &result, 21000);
	assert_true(fold_is_over(fold_at(fold, 0), 21000));
}

static void refused_is_rejected(void **state)
{
	(void)state;
	CLEANUP(fold_freep) struct fold *fold = fold_new();
	tell(fold, 1, 1, EVENT_REFUSED);
	assert_true(fold_is_over(fold_at(fold, 0), 1000));
	assert_int_equal(fold_exit(fold, 1000, false), CLI_REFUSED);
}

static void nobody_answers(void **state)
{
	(void)state;
	CLEANUP(fold_freep) struct fold *fold = fold_new();
	struct request request;
	record_init(&request_record, &request);
	TEXT_COPY(request.target, "a");
	request.expires_at_ms = 5000;
	request.timeout_s = 30;
	fold_expect(fold, &request, "r-a", 1000);
	assert_int_equal(fold_give_up_at_ms(fold_at(fold, 0)), 5000 + FOLD_NO_WORKER_MS);
	assert_false(fold_is_finished(fold, 4999 + FOLD_NO_WORKER_MS));
	assert_true(fold_is_finished(fold, 5000 + FOLD_NO_WORKER_MS));
	assert_int_equal(fold_exit(fold, 5000 + FOLD_NO_WORKER_MS, false), CLI_UNKNOWN);
	tell(fold, 1, 1, EVENT_CAPTURING);
	assert_int_equal(fold_give_up_at_ms(fold_at(fold, 0)), 1000 + 30000 + FOLD_SILENT_MS);
}

static int exit_of(bool empty_fails, enum outcome_state first, enum outcome_state second)
{
	CLEANUP(fold_freep) struct fold *fold = fold_new();
	end(fold, "a", first);
	end(fold, "b", second);
	return fold_exit(fold, 1000, empty_fails);
}

static void exit_codes(void **state)
{
	(void)state;
	static const enum outcome_state bad[] = { OUTCOME_PARTIAL, OUTCOME_BLIND,   OUTCOME_CANCELLED, OUTCOME_FAILED,
						  OUTCOME_EXPIRED, OUTCOME_REJECTED, OUTCOME_LOST };
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_int_equal(exit_of(false, OUTCOME_COMPLETE, bad[i]), CLI_FAILED);
		assert_int_equal(exit_of(false, bad[i], bad[i]),
				 bad[i] == OUTCOME_REJECTED ? CLI_REFUSED : CLI_FAILED);
	}
	assert_int_equal(exit_of(false, OUTCOME_COMPLETE, OUTCOME_COMPLETE), CLI_OK);
	assert_int_equal(exit_of(false, OUTCOME_COMPLETE, OUTCOME_EMPTY), CLI_OK);
	assert_int_equal(exit_of(true, OUTCOME_COMPLETE, OUTCOME_EMPTY), CLI_FAILED);
	assert_int_equal(exit_of(false, OUTCOME_COMPLETE, OUTCOME_NONE), CLI_UNKNOWN);
}

static void count_event(void *context, const struct event *event)
{
	*(int64_t *)context += event->number;
}

static void the_observer_hears_what_counts(void **state)
{
	(void)state;
	int64_t sum = 0;
	CLEANUP(fold_freep) struct fold *fold = fold_new();
	fold_observe(fold, &(struct fold_observer){ &sum, count_event, NULL });
	tell(fold, 1, 10, EVENT_QUEUED);
	tell(fold, 1, 9, EVENT_QUEUED);
	tell(fold, 2, 100, EVENT_STARTING);
	assert_int_equal(sum, 110);
	fold_forget(fold, "r-a");
	assert_int_equal(fold_count(fold), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(newer_counts),
		cmocka_unit_test(a_result_ends_it),
		cmocka_unit_test(a_store_gets_some_time),
		cmocka_unit_test(refused_is_rejected),
		cmocka_unit_test(nobody_answers),
		cmocka_unit_test(exit_codes),
		cmocka_unit_test(the_observer_hears_what_counts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
