#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/ini.h"
#include "core/memory.h"
#include "core/text.h"

static struct ini *take(const char *text)
{
	struct ini *ini = NULL;
	struct error error = { 0 };
	if (ini_read_text("x.ini", text, strlen(text), &ini, &error) < 0)
		fail_msg("refused: %s", error.text);
	return ini;
}

static void refused(const char *text, size_t size, const char *sentence)
{
	struct ini *ini = NULL;
	struct error error = { 0 };
	assert_int_equal(ini_read_text("x.ini", text, size, &ini, &error), -1);
	assert_null(ini);
	assert_int_equal(error.kind, ERROR_BROKEN);
	assert_int_equal(error.word, WORD_config_invalid);
	assert_string_equal(error.text, sentence);
}

#define REFUSED(text, sentence) refused(text, sizeof(text) - 1, sentence)

static void test_sections_and_keys(void **state)
{
	(void)state;
	struct ini *ini =
		take("; first\n[slx1]\nkind = slx\nhost: a.example\n\n[ group leafs ]\nmembers = slx1, slx2 ; both\n"
		     "[empty]\n[last]\nk = ");
	assert_int_equal(ini->count, 4);
	assert_string_equal(ini->file, "x.ini");
	const struct ini_section *slx1 = ini_find_section(ini, "slx1");
	assert_int_equal(slx1->line, 2);
	assert_int_equal(slx1->count, 2);
	assert_string_equal(ini_find_key(slx1, "kind")->value, "slx");
	assert_int_equal(ini_find_key(slx1, "host")->line, 4);
	assert_string_equal(ini_find_key(slx1, "host")->value, "a.example");
	assert_null(ini_find_key(slx1, "Kind"));
	assert_string_equal(ini_find_key(ini_find_section(ini, "group leafs"), "members")->value, "slx1, slx2");
	assert_int_equal(ini_find_section(ini, "empty")->count, 0);
	assert_string_equal(ini_find_key(ini_find_section(ini, "last"), "k")->value, "");
	assert_null(ini_find_section(ini, "slx2"));
	assert_null(ini_find_key(NULL, "kind"));
	ini_free(ini);
}

static void test_what_editors_leave(void **state)
{
	(void)state;
	struct ini *ini = take("\xef\xbb\xbf[a]\r\n\tk = v\r\n  x = y;z\r\n  # \xff old encoding\r\n");
	const struct ini_section *a = ini_find_section(ini, "a");
	assert_int_equal(a->count, 2);
	assert_string_equal(ini_find_key(a, "k")->value, "v");
	/* An indented line is a line of its own, and `;` without a blank before it is no comment. */
	assert_string_equal(ini_find_key(a, "x")->value, "y;z");
	ini_free(ini);
}

static void test_long_names_and_values_stay_whole(void **state)
{
	(void)state;
	char name[INI_NAME_MAX + 1], value[2001];
	memset(name, 'n', sizeof(name) - 1);
	memset(value, 'v', sizeof(value) - 1);
	name[sizeof(name) - 1] = value[sizeof(value) - 1] = 0;
	CLEANUP_FREE char *text = memory_format("[%s]\nk = %s\n", name, value);
	struct ini *ini = take(text);
	assert_string_equal(ini->sections[0].name, name);
	assert_string_equal(ini->sections[0].keys[0].value, value);
	ini_free(ini);
}

static void test_refusals(void **state)
{
	(void)state;
	REFUSED("k = v\n", "x.ini:1: `k` stands outside a section: a `[section]` must come first");
	REFUSED("[a]\nk = 1\n\nk = 2\nb = 1\nb = 2\n", "x.ini:4: the key `k` stands already in line 2");
	REFUSED("[z]\n[a]\n[a]\n[z]\n", "x.ini:3: the section `a` stands already in line 2");
	REFUSED("[a]\njunk\n", "x.ini:2: this is neither `[section]` nor `key = value`");
	REFUSED("\n[a\n", "x.ini:2: the `]` of the section is missing");
	REFUSED("[a] b\n", "x.ini:1: there is something behind `]`");
	REFUSED("[ ]\n", "x.ini:1: the name of the section is missing");
	REFUSED("[a]\n = v\n", "x.ini:2: the name of the key is missing");
	REFUSED("[a]\nk = a\0b\n", "x.ini:2: the line holds a control character, or is not UTF-8");
	REFUSED("[a]\nk = \x1b[2J\n", "x.ini:2: the line holds a control character, or is not UTF-8");
	REFUSED("[a]\nk = \xff\n", "x.ini:2: the line holds a control character, or is not UTF-8");
}

static void test_a_long_line_is_not_split(void **state)
{
	(void)state;
	for (size_t size = INI_LINE_MAX; size <= INI_LINE_MAX + 1; size++) {
		char text[INI_LINE_MAX + 16];
		size_t start = (size_t)snprintf(text, sizeof(text), "[a]\nk=");
		memset(text + start, 'v', size - 2);
		struct ini *ini = NULL;
		struct error error;
		int result = ini_read_text("x.ini", text, start + size - 2, &ini, &error);
		if (size == INI_LINE_MAX) {
			assert_int_equal(result, 0);
			assert_int_equal(strlen(ini->sections[0].keys[0].value), size - 2);
		} else {
			assert_int_equal(result, -1);
			assert_string_equal(error.text, "x.ini:2: the line is longer than 4096 bytes");
		}
		ini_free(ini);
	}
}

static void test_many_keys_in_one_section(void **state)
{
	(void)state;
	enum { KEYS = 50000 };
	CLEANUP_FREE char *text = memory_new(16 * KEYS + 16);
	size_t used = (size_t)snprintf(text, 16, "[a]\n");
	for (int i = 0; i < KEYS; i++)
		used += (size_t)snprintf(text + used, 16, "k%d=1\n", i);
	struct ini *ini = take(text);
	assert_int_equal(ini->sections[0].count, KEYS);
	assert_int_equal(ini->sections[0].keys[KEYS - 1].line, KEYS + 1);
	ini_free(ini);
}

static void test_files(void **state)
{
	(void)state;
	char path[] = "/tmp/capbus-ini-XXXXXX";
	int fd = mkstemp(path);
	assert_int_equal(write(fd, "[a]\nk = v\n", 10), 10);
	close(fd);
	struct ini *ini = NULL;
	struct error error;
	assert_int_equal(ini_read_file(path, &ini, &error), 0);
	assert_string_equal(ini->file, path);
	ini_free(ini);
	unlink(path);
	assert_int_equal(ini_read_file(path, &ini, &error), -1);
	assert_int_equal(error.kind, ERROR_BROKEN);
	assert_int_equal(error.word, WORD_file_failed);
	assert_non_null(strstr(error.text, path));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sections_and_keys),
		cmocka_unit_test(test_what_editors_leave),
		cmocka_unit_test(test_long_names_and_values_stay_whole),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_a_long_line_is_not_split),
		cmocka_unit_test(test_many_keys_in_one_section),
		cmocka_unit_test(test_files),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
