#include "status/health.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_ready_only_when_all_are(void **state)
{
	(void)state;
	char text[HEALTH_TEXT_SIZE];
	CLEANUP(health_freep) struct health *health = health_new(1000);
	assert_true(health_is_ready(health, text));
	assert_string_equal(text, "ok\n");
	health_need(health, "kafka", "Kafka was not reached yet");
	health_need(health, "partitions", "no partition is assigned");
	assert_false(health_is_ready(health, text));
	assert_string_equal(text, "kafka: Kafka was not reached yet\npartitions: no partition is assigned\n");
	health_set(health, "partitions", true, NULL);
	assert_false(health_is_ready(health, text));
	health_set(health, "kafka", true, NULL);
	assert_true(health_is_ready(health, text));
	assert_string_equal(text, "kafka: ok\npartitions: ok\n");
}

static void test_sentences_change_and_are_printable(void **state)
{
	(void)state;
	char text[HEALTH_TEXT_SIZE];
	CLEANUP(health_freep) struct health *health = health_new(1000);
	health_need(health, "kafka", "not yet");
	health_set(health, "kafka", false, "gone\n\x1b[2J");
	assert_false(health_is_ready(health, text));
	assert_string_equal(text, "kafka: gone\\x0a\\x1b[2J\n");
}

static void test_all_items_fit(void **state)
{
	(void)state;
	static const char *const names[HEALTH_ITEMS_MAX] = { "a", "b", "c", "d", "e", "f", "g", "h",
							     "i", "j", "k", "l", "m", "n", "o", "p" };
	char text[HEALTH_TEXT_SIZE], sentence[1000];
	memset(sentence, 'x', sizeof sentence - 1);
	sentence[sizeof sentence - 1] = '\0';
	CLEANUP(health_freep) struct health *health = health_new(1000);
	for (size_t i = 0; i < HEALTH_ITEMS_MAX; i++)
		health_need(health, names[i], sentence);
	assert_false(health_is_ready(health, text));
	assert_non_null(strstr(text, "\np: xxx"));
	assert_int_equal(text[strlen(text) - 1], '\n');
}

static void test_a_loop_that_stands_is_not_alive(void **state)
{
	(void)state;
	char text[HEALTH_TEXT_SIZE];
	CLEANUP(health_freep) struct health *turning = health_new(INT64_MAX);
	health_beat(turning);
	assert_true(health_is_alive(turning, text));
	assert_string_equal(text, "ok\n");
	CLEANUP(health_freep) struct health *stuck = health_new(0);
	assert_false(health_is_alive(stuck, text));
	assert_non_null(strstr(text, "has not turned"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ready_only_when_all_are),
		cmocka_unit_test(test_sentences_change_and_are_printable),
		cmocka_unit_test(test_all_items_fit),
		cmocka_unit_test(test_a_loop_that_stands_is_not_alive),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
