#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arguments.h"

static const struct arguments_option table[] = {
	{ "--count", "N", "", false },
	{ "--on", "T", "", true },
	{ "--json", NULL, "", false },
};

static struct arguments *read_words(struct options *shared, struct error *error, char **words)
{
	int count = 0;
	while (words[count])
		count++;
	options_init(shared, CONFIG_CAPBUS);
	return arguments_read(table, sizeof table / sizeof table[0], shared, count, words, 0, error);
}

#define READ(...) read_words(&shared, &error, (char **)(const char *[]){ __VA_ARGS__, NULL })

static void options_and_words(void **state)
{
	(void)state;
	struct options shared;
	struct error error;
	CLEANUP(arguments_freep) struct arguments *it =
		READ("a", "--count", "5", "--on=x", "--json", "--on", "y", "-b", "h:1", "--", "--count");
	assert_non_null(it);
	assert_int_equal(arguments_words_count(it), 2);
	assert_string_equal(arguments_words(it)[0], "a");
	assert_string_equal(arguments_words(it)[1], "--count");
	assert_string_equal(arguments_value(it, "--count"), "5");
	assert_string_equal(arguments_value_at(it, "--on", 0), "x");
	assert_string_equal(arguments_value_at(it, "--on", 1), "y");
	assert_null(arguments_value_at(it, "--on", 2));
	assert_true(arguments_has(it, "--json"));
	assert_string_equal(shared.brokers, "h:1");
}

static void what_was_not_given(void **state)
{
	(void)state;
	struct options shared;
	struct error error;
	int64_t number = 7;
	CLEANUP(arguments_freep) struct arguments *it = READ("a");
	assert_non_null(it);
	assert_false(arguments_has(it, "--json"));
	assert_null(arguments_value(it, "--count"));
	assert_int_equal(arguments_integer(it, "--count", 1, 9, &number, &error), 0);
	assert_int_equal(number, 7);
}

static void refused(const char *sentence, struct arguments *it, const struct error *error)
{
	assert_null(it);
	assert_int_equal(error->kind, ERROR_INPUT);
	assert_string_equal(error->text, sentence);
}

static void refusals(void **state)
{
	(void)state;
	struct options shared;
	struct error error;
	struct arguments *it = READ("--cuont", "5");
	refused("unknown option `--cuont`, did you mean `--count`?", it, &error);
	it = READ("--count", "5", "--count=6");
	refused("`--count` is given twice", it, &error);
	it = READ("--count");
	refused("`--count` needs a value: --count N", it, &error);
	it = READ("--json=yes");
	refused("`--json` takes no value", it, &error);
}

static void values_are_judged(void **state)
{
	(void)state;
	struct options shared;
	struct error error;
	int64_t value = 0;
	CLEANUP(arguments_freep) struct arguments *it = READ("a", "b", "--count", "10");
	assert_int_equal(arguments_integer(it, "--count", 1, 10, &value, &error), 0);
	assert_int_equal(value, 10);
	assert_int_equal(arguments_integer(it, "--count", 1, 9, &value, &error), -1);
	assert_string_equal(error.text, "`--count 10`: a whole number from 1 to 9 is needed");
	assert_int_equal(arguments_duration_ms(it, "--count", &value, &error), 0);
	assert_int_equal(value, 10000);
	assert_int_equal(arguments_want_words(it, 2, 2, "two", &error), 0);
	assert_int_equal(arguments_want_words(it, 1, 1, "one id", &error), -1);
	assert_string_equal(error.text, "`b` is one word too many: one id is all it takes");
	assert_int_equal(arguments_want_words(it, 3, 3, "a third", &error), -1);
	assert_string_equal(error.text, "a third is missing");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_and_words),
		cmocka_unit_test(what_was_not_given),
		cmocka_unit_test(refusals),
		cmocka_unit_test(values_are_judged),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
