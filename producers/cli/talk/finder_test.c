#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/text.h"
#include "talk/finder.h"

static void read_result(struct finder *finder, const char *request_id, const char *target)
{
	struct result result;
	record_init(&result_record, &result);
	TEXT_COPY(result.request_id, request_id);
	TEXT_FORMAT(result.capture_id, "%s-%s", request_id, target);
	TEXT_COPY(result.target, target);
	result.version = 1;
	result.state = OUTCOME_COMPLETE;
	const struct feed_sink *sink = finder_sink(finder);
	sink->result(sink->context, &result);
}

static void one_request(void **state)
{
	(void)state;
	struct error error;
	CLEANUP(finder_freep) struct finder *finder = finder_new("k7f3qa", &error);
	read_result(finder, "k7f3qaaaaaaa", "a");
	read_result(finder, "zzzzzzzzzzzz", "a");
	read_result(finder, "k7f3qaaaaaaa", "b");
	assert_int_equal(finder_settle(finder, &error), 0);
	assert_false(finder_is_one_capture(finder));
	assert_int_equal(fold_count(finder_fold(finder)), 2);
	/* From now on only this one, also where another begins so. */
	read_result(finder, "k7f3qabbbbbb", "a");
	read_result(finder, "k7f3qaaaaaaa", "c");
	assert_int_equal(fold_count(finder_fold(finder)), 3);
}

static void one_target_of_it(void **state)
{
	(void)state;
	struct error error;
	CLEANUP(finder_freep) struct finder *finder = finder_new("k7f3qa-b", &error);
	read_result(finder, "k7f3qaaaaaaa", "a");
	read_result(finder, "k7f3qaaaaaaa", "b");
	assert_int_equal(finder_settle(finder, &error), 0);
	assert_true(finder_is_one_capture(finder));
	assert_int_equal(fold_count(finder_fold(finder)), 1);
	assert_string_equal(fold_at(finder_fold(finder), 0)->target, "b");
}

static void more_than_one(void **state)
{
	(void)state;
	struct error error;
	CLEANUP(finder_freep) struct finder *finder = finder_new("k7f3qa", &error);
	read_result(finder, "k7f3qaaaaaaa", "a");
	read_result(finder, "k7f3qabbbbbb", "a");
	assert_int_equal(finder_settle(finder, &error), -1);
	assert_string_equal(error.text, "`k7f3qa` may be more than one: k7f3qaaaaaaa-a, k7f3qabbbbbb-a");
}

static void a_whole_id_means_itself(void **state)
{
	(void)state;
	struct error error;
	char id[RECORD_ID_SIZE];
	CLEANUP(finder_freep) struct finder *finder = finder_new("job1234", &error);
	for (int i = 0; i < 2 * FINDER_REQUESTS_MAX; i++) {
		TEXT_FORMAT(id, "job1234%d", i);
		read_result(finder, id, "a");
	}
	assert_int_equal(fold_count(finder_fold(finder)), FINDER_REQUESTS_MAX);
	read_result(finder, "job1234", "a");
	assert_int_equal(finder_settle(finder, &error), 0);
	assert_int_equal(fold_count(finder_fold(finder)), 1);
	assert_string_equal(fold_at(finder_fold(finder), 0)->request_id, "job1234");
}

static void nothing_is_called_so(void **state)
{
	(void)state;
	struct error error;
	CLEANUP(finder_freep) struct finder *unknown = finder_new("abcdef", &error);
	assert_int_equal(finder_settle(unknown, &error), -1);
	assert_string_equal(error.text, "I know no capture `abcdef`; what there is: capbus list --since 30d");
	CLEANUP(finder_freep) struct finder *brief = finder_new("abc", &error);
	assert_int_equal(finder_settle(brief, &error), -1);
	assert_non_null(strstr(error.text, "the first 6 characters"));
	assert_null(finder_new("../etc", &error));
	assert_int_equal(error.kind, ERROR_INPUT);
}

static void asked_and_not_answered(void **state)
{
	(void)state;
	struct error error;
	struct request request;
	record_init(&request_record, &request);
	TEXT_COPY(request.request_id, "k7f3qaaaaaaa");
	TEXT_COPY(request.target, "a");
	CLEANUP(finder_freep) struct finder *finder = finder_new("k7f3qa", &error);
	const struct feed_sink *sink = finder_sink(finder);
	sink->request(sink->context, &request);
	assert_int_equal(fold_at(finder_fold(finder), 0)->phase, FOLD_ASKED);
	read_result(finder, "k7f3qaaaaaaa", "a");
	sink->request(sink->context, &request);
	assert_int_equal(fold_count(finder_fold(finder)), 1);
	assert_int_equal(fold_at(finder_fold(finder), 0)->phase, FOLD_DONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_request),
		cmocka_unit_test(one_target_of_it),
		cmocka_unit_test(more_than_one),
		cmocka_unit_test(a_whole_id_means_itself),
		cmocka_unit_test(nothing_is_called_so),
		cmocka_unit_test(asked_and_not_answered),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
