/* What of a stage's life can be tried without a process of its own: whether a consumer's word ends it. */
#include "stage/stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void only_a_wrong_set_up_ends_the_process(void **state)
{
	static const enum error_kind go_on[] = { ERROR_AWAY, ERROR_UNKNOWN, ERROR_INPUT };
	struct error said, error = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof go_on / sizeof *go_on; i++) {
		error_set(&said, go_on[i], WORD_kafka_away, "something");
		assert_int_equal(stage_judge_bus(-1, &said, &error), 0);
		assert_int_equal(error.kind, ERROR_NONE);
	}
	error_set(&said, ERROR_BROKEN, WORD_kafka_refused, "no rights");
	assert_int_equal(stage_judge_bus(-1, &said, &error), -1);
	assert_int_equal(error.word, WORD_kafka_refused);
	assert_string_equal(error.text, "no rights");
}

static void what_was_said_before_does_not_count(void **state)
{
	struct error said, error = { 0 };

	(void)state;
	error_set(&said, ERROR_BROKEN, WORD_kafka_refused, "no rights");
	assert_int_equal(stage_judge_bus(0, &said, &error), 0);
	assert_int_equal(stage_judge_bus(1, &said, &error), 0);
	assert_int_equal(error.kind, ERROR_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_a_wrong_set_up_ends_the_process),
		cmocka_unit_test(what_was_said_before_does_not_count),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
