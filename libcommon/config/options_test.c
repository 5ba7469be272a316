#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/options.h"
#include "core/memory.h"
#include "core/text.h"

/* Reads a stage's command line, given as words after the program's name. */
static int read_words(struct options *options, struct error *error, int count, ...)
{
	const char *argv[16] = { "capbus-capture" };
	va_list arguments;
	va_start(arguments, count);
	for (int i = 1; i <= count; i++)
		argv[i] = va_arg(arguments, const char *);
	va_end(arguments);
	options_init(options, CONFIG_CAPTURE);
	return options_read(options, count + 1, (char **)argv, error);
}

static void test_a_stage(void **state)
{
	(void)state;
	struct options options;
	struct error error;
	assert_int_equal(read_words(&options, &error, 0), 0);
	assert_null(options.config_file);
	assert_int_equal(
		read_words(&options, &error, 6, "--config", "a.ini", "--set", "a.b=c", "--set=d.e=f", "--check"), 0);
	assert_string_equal(options.config_file, "a.ini");
	assert_int_equal(options.set_count, 2);
	assert_string_equal(options.set[0], "a.b=c");
	assert_string_equal(options.set[1], "d.e=f");
	assert_true(options.check);
	assert_false(options.help);
	assert_int_equal(read_words(&options, &error, 2, "--config=b.ini", "--help"), 0);
	assert_string_equal(options.config_file, "b.ini");
	assert_true(options.help);
	assert_int_equal(read_words(&options, &error, 1, "--version"), 0);
	assert_true(options.version);
}

static void test_refusals(void **state)
{
	(void)state;
	struct options options;
	struct error error;
	assert_int_equal(read_words(&options, &error, 1, "--chek"), -1);
	assert_int_equal(error.kind, ERROR_INPUT);
	assert_string_equal(error.text, "unknown option `--chek`, did you mean `--check`?");
	assert_int_equal(read_words(&options, &error, 1, "--frobnicate=x"), -1);
	assert_string_equal(error.text, "unknown option `--frobnicate`; --help lists all");
	assert_int_equal(read_words(&options, &error, 1, "--config"), -1);
	assert_string_equal(error.text, "--config needs a value: --config FILE");
	assert_int_equal(read_words(&options, &error, 1, "--check=yes"), -1);
	assert_string_equal(error.text, "--check takes no value");
	assert_int_equal(read_words(&options, &error, 1, "start"), -1);
	assert_string_equal(error.text, "`start` is not an option: capbus-capture takes nothing else");
	/* Brokers by option are for people. */
	assert_int_equal(read_words(&options, &error, 2, "-b", "a:1"), -1);
}

static void test_too_many(void **state)
{
	(void)state;
	struct options options;
	struct error error;
	options_init(&options, CONFIG_CAPBUS);
	const char *argv[] = { "--set", "a.b=c" };
	for (int i = 0; i <= OPTIONS_SET_MAX; i++) {
		int index = 0;
		assert_int_equal(options_take(&options, 2, (char **)argv, &index, &error),
				 i < OPTIONS_SET_MAX ? 1 : -1);
	}
}

static void test_beside_options_of_the_programs_own(void **state)
{
	(void)state;
	struct options options;
	struct error error;
	const char *argv[] = { "capbus", "-b", "a:1", "list", "--since", "1d", "--brokers=b:2" };
	int index = 1;
	options_init(&options, CONFIG_CAPBUS);
	assert_int_equal(options_take(&options, 7, (char **)argv, &index, &error), 1);
	assert_int_equal(index, 3);
	assert_string_equal(options.brokers, "a:1");
	assert_int_equal(options_take(&options, 7, (char **)argv, &index, &error), 0);
	index = 4;
	assert_int_equal(options_take(&options, 7, (char **)argv, &index, &error), 0);
	assert_int_equal(index, 4);
	index = 6;
	assert_int_equal(options_take(&options, 7, (char **)argv, &index, &error), 1);
	assert_string_equal(options.brokers, "b:2");
	const char *nobody[] = { "capbus", "-b", "" };
	index = 1;
	assert_int_equal(options_take(&options, 3, (char **)nobody, &index, &error), -1);
	assert_string_equal(error.text, "--brokers is empty: write HOST:PORT, such as kafka.example.net:9092");
	static const char *const own[] = { "--since", "--on" };
	assert_int_equal(options_unknown(&options, "--sicne", own, 2, &error), -1);
	assert_string_equal(error.text, "unknown option `--sicne`, did you mean `--since`?");
	assert_int_equal(options_unknown(&options, "--hlep", own, 2, &error), -1);
	assert_string_equal(error.text, "unknown option `--hlep`, did you mean `--help`?");
	/* A stage's alone. */
	assert_int_equal(options_unknown(&options, "--check", NULL, 0, &error), -1);
	assert_null(strstr(error.text, "--check`?"));
}

static void test_the_configuration_follows(void **state)
{
	(void)state;
	struct options options;
	options_init(&options, CONFIG_CAPBUS);
	options.config_file = "/nonexistent/capbus.ini";
	options.brokers = "127.0.0.1:9092";
	options.set[options.set_count++] = "limits.count_max=7";
	setenv("CAPBUS__LIMITS__TARGETS_MAX", "3", 1);
	struct config *config = options_config(&options);
	unsetenv("CAPBUS__LIMITS__TARGETS_MAX");
	/* A file that was named must be there. */
	assert_non_null(strstr(config_problem(config, 0), "/nonexistent/capbus.ini"));
	assert_null(config_problem(config, 1));
	assert_int_equal(config_integer(config, "limits", "count_max"), 7);
	assert_int_equal(config_integer(config, "limits", "targets_max"), 3);
	const char *name, *value, *where;
	assert_true(config_kafka(config, 0, &name, &value, &where));
	assert_string_equal(name, "bootstrap.servers");
	assert_string_equal(value, "127.0.0.1:9092");
	config_free(config);
}

static char *printed(void (*print)(enum config_program program, FILE *to), enum config_program program)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);
	print(program, to);
	fclose(to);
	return text;
}

static void test_help_and_version(void **state)
{
	(void)state;
	CLEANUP_FREE char *version = printed(options_print_version, CONFIG_UPLOAD);
	assert_true(text_starts(version, "capbus-upload "));
	assert_true(version[strlen("capbus-upload ")] >= '0' && version[strlen("capbus-upload ")] <= '9');
	CLEANUP_FREE char *help = printed(options_print_help, CONFIG_UPLOAD);
	assert_non_null(strstr(help, "--check"));
	assert_non_null(strstr(help, "spool_bytes_max"));
	assert_non_null(strstr(help, "(default: 4G)"));
	assert_null(strstr(help, "chunk_bytes"));
	assert_null(strstr(help, "--brokers"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_stage),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_beside_options_of_the_programs_own),
		cmocka_unit_test(test_the_configuration_follows),
		cmocka_unit_test(test_help_and_version),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
