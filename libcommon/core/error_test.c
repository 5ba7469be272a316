#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "core/error.h"

static void test_words_have_names_both_ways(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ERROR_WORD_COUNT; i++) {
		enum error_word word = (enum error_word)i;
		assert_int_equal(error_word_from_name(error_word_name(word)), word);
		assert_true(strlen(error_word_meaning(word)) > 0);
	}
	assert_string_equal(error_word_name(WORD_disk_full), "disk_full");
	assert_int_equal(error_word_from_name("no such word"), WORD_none);
	assert_int_equal(error_word_from_name(NULL), WORD_none);
	assert_string_equal(error_word_name((enum error_word)9999), "none");
	assert_string_equal(error_kind_name(ERROR_AWAY), "away");
	assert_string_equal(error_kind_name((enum error_kind)9999), "none");
}

static void test_set_fills_everything(void **state)
{
	(void)state;
	struct error error = { .retry_after_ms = 5000 };
	errno = EXDEV;
	assert_int_equal(error_set(&error, ERROR_INPUT, WORD_filter_invalid, "unknown word %s", "prot"), -1);
	assert_int_equal(errno, EXDEV);
	assert_int_equal(error.kind, ERROR_INPUT);
	assert_int_equal(error.word, WORD_filter_invalid);
	assert_int_equal(error.retry_after_ms, 0);
	assert_string_equal(error.text, "unknown word prot");
}

static void test_without_an_error_it_still_fails(void **state)
{
	(void)state;
	assert_int_equal(error_set(NULL, ERROR_INPUT, WORD_busy, "x"), -1);
	assert_int_equal(error_errno(NULL, WORD_busy, EIO, "x"), -1);
	assert_int_equal(error_context(NULL, "x"), -1);
}

static void test_control_characters_are_escaped(void **state)
{
	(void)state;
	struct error error;
	error_set(&error, ERROR_INPUT, WORD_record_invalid, "\x1b[31m%s", "a\nb\xff");
	assert_string_equal(error.text, "\\x1b[31ma\\x0ab\\xff");
	error_context(&error, "in\r%d", 7);
	assert_string_equal(error.text, "in\\x0d7: \\x1b[31ma\\x0ab\\xff");
}

static void test_kind_follows_from_errno(void **state)
{
	(void)state;
	static const int away[] = { ENOSPC, EDQUOT, ENOMEM, EAGAIN };
	struct error error;
	for (size_t i = 0; i < sizeof away / sizeof away[0]; i++) {
		error_errno(&error, WORD_file_failed, away[i], "cannot write %s", "f");
		assert_int_equal(error.kind, ERROR_AWAY);
		assert_int_equal(error.word, WORD_file_failed);
	}
	assert_int_equal(error_errno(&error, WORD_file_failed, ENOENT, "cannot open %s", "f"), -1);
	assert_int_equal(error.kind, ERROR_BROKEN);
	assert_string_equal(error.text, "cannot open f: No such file or directory");
}

static void test_a_long_path_leaves_the_reason(void **state)
{
	(void)state;
	char path[2000];
	memset(path, 'p', sizeof path - 1);
	path[sizeof path - 1] = '\0';
	struct error error;
	error_errno(&error, WORD_file_failed, EACCES, "%s", path);
	assert_non_null(strstr(error.text, "ppp: Permission denied"));
}

static void test_text_is_cut_at_a_whole_character(void **state)
{
	(void)state;
	char umlauts[1400];
	for (size_t i = 0; i + 1 < sizeof umlauts; i += 2)
		memcpy(umlauts + i, "\xc3\xa4", 2);
	umlauts[sizeof umlauts - 2] = '\0';
	struct error error;
	error_set(&error, ERROR_INPUT, WORD_record_invalid, "%s", umlauts);
	assert_int_equal(strlen(error.text), sizeof error.text - 2);
	error_context(&error, "a");
	assert_memory_equal(error.text, "a: \xc3\xa4", 5);
	assert_int_equal(strlen(error.text), sizeof error.text - 1);
}

static void test_context_keeps_kind_and_word(void **state)
{
	(void)state;
	struct error error;
	error_set(&error, ERROR_AWAY, WORD_kafka_away, "no answer");
	error.retry_after_ms = 250;
	assert_int_equal(error_context(&error, "topic %s", "chunks"), -1);
	assert_int_equal(error.kind, ERROR_AWAY);
	assert_int_equal(error.word, WORD_kafka_away);
	assert_int_equal(error.retry_after_ms, 250);
	assert_string_equal(error.text, "topic chunks: no answer");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words_have_names_both_ways),
		cmocka_unit_test(test_set_fills_everything),
		cmocka_unit_test(test_without_an_error_it_still_fails),
		cmocka_unit_test(test_control_characters_are_escaped),
		cmocka_unit_test(test_kind_follows_from_errno),
		cmocka_unit_test(test_a_long_path_leaves_the_reason),
		cmocka_unit_test(test_text_is_cut_at_a_whole_character),
		cmocka_unit_test(test_context_keeps_kind_and_word),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
