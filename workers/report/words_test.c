/* Numbers and names, and that no text from a record reaches a reader as it came. */
#include "words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "core/text.h"

static char *text;
static size_t size;
static FILE *to;

static int set_up(void **state)
{
	(void)state;
	to = open_memstream(&text, &size);
	return to ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	fclose(to);
	free(text);
	return 0;
}

static void assert_written(const char *wanted)
{
	fclose(to);
	assert_string_equal(text, wanted);
	free(text);
	to = open_memstream(&text, &size);
	assert_non_null(to);
}

static void test_packets(void **state)
{
	(void)state;
	words_packets(to, 0);
	assert_written("0 packets");
	words_packets(to, 1);
	assert_written("1 packet");
	words_packets(to, 48211);
	assert_written("48,211 packets");
	words_packets(to, INT64_MAX);
	assert_written("9,223,372,036,854,775,807 packets");
}

static void test_ordinals(void **state)
{
	(void)state;
	static const struct {
		int64_t number;
		const char *text;
	} cases[] = {
		{ 1, "1st" },	{ 2, "2nd" },	{ 3, "3rd" },	{ 4, "4th" },	  { 10, "10th" },   { 11, "11th" },
		{ 12, "12th" }, { 13, "13th" }, { 21, "21st" }, { 102, "102nd" }, { 111, "111th" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		words_ordinal(to, cases[i].number);
		assert_written(cases[i].text);
	}
}

static void test_filters(void **state)
{
	(void)state;
	const struct thread_style style = { .strong = "*", .code = "|" };
	words_filter(to, &style, "port 179");
	assert_written("|port 179|");
	words_filter(to, &style, "");
	assert_written("all packets");
	words_strong(to, &style, "slx1");
	assert_written("*slx1*");
}

static void test_ports(void **state)
{
	(void)state;
	struct record_ports ports = { .count = 1, .items = { "0/1" } };
	words_ports(to, " · ", &ports, DIRECTION_BOTH);
	assert_written(" · port 0/1 both ways");
	ports.count = 2;
	TEXT_COPY(ports.items[1], "po10");
	words_ports(to, "", &ports, DIRECTION_RX);
	assert_written("ports 0/1, po10 rx");
	words_ports(to, "", &ports, DIRECTION_UNSET);
	assert_written("ports 0/1, po10");
	ports.count = 11;
	for (size_t i = 0; i < ports.count; i++)
		TEXT_FORMAT(ports.items[i], "%zu", i);
	words_ports(to, "", &ports, DIRECTION_TX);
	assert_written("ports 0, 1, 2, 3, 4, 5, 6, 7 and 3 more tx");
	fputs("-", to);
	ports.count = 0;
	words_ports(to, " · ", &ports, DIRECTION_BOTH);
	assert_written("-");
}

static void test_texts_are_made_printable(void **state)
{
	(void)state;
	words_text(to, "\x1b[2J\n@here");
	assert_written("\\x1b[2J\\x0a@here");
	words_sentence(to, "the disk is full");
	assert_written("the disk is full.");
	words_sentence(to, "Is it?");
	assert_written("Is it?");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_packets), TEST(test_ordinals), TEST(test_filters),
		TEST(test_ports),   TEST(test_texts_are_made_printable),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
