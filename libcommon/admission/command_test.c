#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "admission/command.h"
#include "core/memory.h"
#include "core/text.h"

MEMORY_DEFINE_FREEP(struct command, command_free)

static struct command *take(const char *text)
{
	struct command *command = NULL;
	struct error error = { 0 };
	if (command_parse(text, &command, &error) < 0)
		fail_msg("`%s` was refused: %s", text, error.text);
	return command;
}

static void refused(const char *text, const char *sentence)
{
	struct command *command = NULL;
	struct error error = { 0 };
	assert_int_equal(command_parse(text, &command, &error), -1);
	assert_null(command);
	assert_int_equal(error.kind, ERROR_INPUT);
	assert_int_equal(error.word, WORD_argument_invalid);
	assert_string_equal(error.text, sentence);
}

/* The command that all these ways of writing it mean. */
static void test_the_ways_to_write_one_command(void **state)
{
	(void)state;
	static const char *const ways[] = {
		"multicapture 'port 179' on switches slx1,slx2 timeout=30 count=20",
		"multicapture \"port 179\" on switches slx1,slx2 count=20 timeout=30",
		"multicapture `port 179` on switch slx1,slx2 30 20",
		"multicapture “port 179” on slx1, slx2 30 20",
		"multicapture ‘port 179’ on slx1 , slx2 timeout = 30 count= 20",
		"multicapture “port 179\" on slx1,slx2 30 count =20",
		"multicapture port 179 on slx1,slx2 timeout=30s count=20",
		"  MULTICAPTURE   port   179  ON  Targets slx1,\n slx2   TIMEOUT=30\tCount=20 ",
		"multicapture port\u00a0179 on slx1,slx2 30 20",
	};
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		CLEANUP(command_freep) struct command *command = take(ways[i]);
		assert_int_equal(command->verb, COMMAND_MULTICAPTURE);
		assert_true(command->request.has_filter);
		assert_string_equal(command->request.filter, "port 179");
		assert_int_equal(command->targets_count, 2);
		assert_string_equal(command->targets[0].name, "slx1");
		assert_string_equal(command->targets[1].name, "slx2");
		assert_int_equal(command->request.timeout_s, 30);
		assert_int_equal(command->request.count, 20);
		assert_int_equal(command->request.bytes, RECORD_UNSET);
		assert_int_equal(command->request.snaplen, RECORD_UNSET);
		assert_int_equal(command->request.if_busy, IF_BUSY_QUEUE);
		assert_int_equal(command->request.direction, DIRECTION_UNSET);
		assert_int_equal(command->expires_in_ms, RECORD_UNSET);
	}
}

static void test_all_options(void **state)
{
	(void)state;
	CLEANUP(command_freep) struct command *command =
		take("multicapture 'tcp[13] = 18' on slx1 timeout=5m count=none snaplen=headers bytes=100M "
		     "ports=0/1, 0/2 direction=RX if_busy=Reject expires-in=10m label=case=A1 "
		     "label=note='two words' chunk-ms=250");
	const struct request *request = &command->request;
	assert_string_equal(request->filter, "tcp[13] = 18");
	assert_int_equal(request->timeout_s, 300);
	assert_int_equal(request->count, 0);
	assert_int_equal(request->snaplen, 128);
	assert_int_equal(request->bytes, 100000000);
	assert_int_equal(request->ports.count, 2);
	assert_string_equal(request->ports.items[1], "0/2");
	assert_int_equal(request->direction, DIRECTION_RX);
	assert_int_equal(request->if_busy, IF_BUSY_REJECT);
	assert_int_equal(command->expires_in_ms, 600000);
	assert_int_equal(request->labels.count, 2);
	assert_string_equal(request->labels.items[0].name, "case");
	assert_string_equal(request->labels.items[0].value, "A1");
	assert_string_equal(request->labels.items[1].value, "two words");
	assert_int_equal(request->chunk_ms, 250);
}

static void test_filters(void **state)
{
	(void)state;
	static const struct {
		const char *text, *filter, *name;
	} cases[] = {
		{ "multicapture all on slx1", "", "" },
		{ "multicapture ALL on slx1", "", "" },
		{ "multicapture '' on slx1", "", "" },
		{ "multicapture ‘’ on slx1", "", "" },
		{ "multicapture @bgp on leafs", "", "bgp" },
		{ "multicapture 'tcp[13]=18' on slx1", "tcp[13]=18", "" },
		{ "multicapture tcp[13] = 18 on slx1", "tcp[13] = 18", "" },
		{ "multicapture Host 10.1.1.1 on slx1", "Host 10.1.1.1", "" },
		{ "multicapture 'x on y' on slx1", "x on y", "" },
		{ "multicapture on on slx1", "on", "" },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CLEANUP(command_freep) struct command *command = take(cases[i].text);
		assert_string_equal(command->request.filter, cases[i].filter);
		assert_string_equal(command->filter_name, cases[i].name);
		assert_int_equal(command->request.has_filter, !cases[i].name[0]);
		assert_int_equal(command->targets_count, 1);
	}
}

static void test_ports_of_one_target(void **state)
{
	(void)state;
	CLEANUP(command_freep) struct command *command =
		take("multicapture all on slx1(0/1, 0/2),slx2 (po10) , slx3 timeout=3");
	assert_int_equal(command->targets_count, 3);
	assert_int_equal(command->targets[0].ports.count, 2);
	assert_string_equal(command->targets[0].ports.items[0], "0/1");
	assert_string_equal(command->targets[0].ports.items[1], "0/2");
	assert_string_equal(command->targets[1].ports.items[0], "po10");
	assert_int_equal(command->targets[2].ports.count, 0);
	assert_int_equal(command->request.timeout_s, 3);
}

static void test_names_that_look_like_something_else(void **state)
{
	(void)state;
	CLEANUP(command_freep) struct command *numbers = take("multicapture all on 7,8 9");
	assert_int_equal(numbers->targets_count, 2);
	assert_string_equal(numbers->targets[1].name, "8");
	assert_int_equal(numbers->request.timeout_s, 9);
	CLEANUP(command_freep) struct command *filler = take("multicapture all on switch");
	assert_string_equal(filler->targets[0].name, "switch");
	CLEANUP(command_freep) struct command *filler_option = take("multicapture all on switch count=1");
	assert_string_equal(filler_option->targets[0].name, "switch");
	CLEANUP(command_freep) struct command *upper = take("multicapture all on SLX1");
	assert_string_equal(upper->targets[0].name, "SLX1");
}

static void test_words_of_a_shell(void **state)
{
	(void)state;
	static const char *const words[] = {
		"multicapture", "port 179", "on", "switches", "slx1,slx2", "timeout=30"
	};
	static const char *const nothing[] = { "multicapture", "", "on", "slx1" };
	static const char *const plain[] = { "multicapture", "port", "179", "on", "slx1" };
	struct error error;
	struct command *command;
	assert_int_equal(command_parse_words(words, 6, &command, &error), 0);
	assert_string_equal(command->request.filter, "port 179");
	assert_int_equal(command->request.timeout_s, 30);
	command_free(command);
	assert_int_equal(command_parse_words(nothing, 4, &command, &error), 0);
	assert_true(command->request.has_filter);
	assert_string_equal(command->request.filter, "");
	command_free(command);
	assert_int_equal(command_parse_words(plain, 5, &command, &error), 0);
	assert_string_equal(command->request.filter, "port 179");
	command_free(command);
}

static void test_refusals_of_multicapture(void **state)
{
	(void)state;
	refused("multicapture 'port 179' on slx1 timout=30", "`timout=30`: did you mean `timeout=30`?");
	refused("multicapture 'port 179' on slx1 foo=bar", "`foo=bar`: there is no such option; there are timeout, "
							   "count, snaplen, bytes, ports, direction, if-busy, "
							   "expires-in, label, chunk-ms");
	refused("multicapture 'port 179' on slx1 timeout=soon",
		"`timeout=soon`: write whole seconds or minutes, such as timeout=30 or timeout=5m");
	refused("multicapture 'port 179' on slx1 timeout=500ms",
		"`timeout=500ms`: write whole seconds or minutes, such as timeout=30 or timeout=5m");
	refused("multicapture 'port 179' on slx1 timeout=",
		"`timeout=`: write whole seconds or minutes, such as timeout=30 or timeout=5m");
	refused("multicapture 'port 179' on slx1 count=-1",
		"`count=-1`: write a number of packets or none, such as count=100");
	refused("multicapture 'port 179' on slx1 direction=in", "`direction=in`: write direction=both, rx or tx");
	refused("multicapture 'port 179' on slx1 30 timeout=30", "`timeout` is given twice");
	refused("multicapture 'port 179' on slx1 label=a=1 label=a=2", "the label `a` is given twice");
	refused("multicapture 'port 179' on slx1 30 20 10",
		"`10` is one number too many: first comes the timeout, then the count");
	refused("multicapture 'port 179' on slx1 slx2",
		"`slx1 slx2`: targets are separated by commas, options have an `=`");
	refused("multicapture 'port 179' on slx1 timeout 30", "`timeout 30`: write `timeout=30`");
	refused("multicapture 'port 179' on slx1,", "a target is missing behind the last comma of `slx1,`");
	refused("multicapture 'port 179' on slx1,,slx2", "a target is missing before `,slx2`");
	refused("multicapture 'port 179' on ../x", "`../x` cannot be the name of a target");
	refused("multicapture 'port 179' on slx1(0/1", "the `)` of `slx1(0/1` is missing");
	refused("multicapture 'port 179' on slx1()", "`` cannot be a port; ports look like 0/1,0/49:1,po10");
	refused("multicapture 'port 179' on slx1(0/1)slx2", "`slx1(0/1)slx2`: a comma is missing before `slx2`");
	refused("multicapture 'port 179' on slx1 ports=0;1",
		"`0;1` cannot be a port; ports look like 0/1,0/49:1,po10");
	refused("multicapture 'port 179' on", "the target is missing, such as `on slx1,slx2`");
	refused("multicapture 'port 179' on timeout=30", "the target is missing, such as `on slx1,slx2`");
	refused("multicapture on slx1", "the filter is missing; every packet is `multicapture all on …`");
	refused("multicapture 'port 179' slx1", "behind the filter comes `on` and the targets, not `slx1`");
	refused("multicapture port 179", "`on` is missing, such as `multicapture 'port 179' on slx1,slx2`");
	refused("multicapture", "`multicapture` needs a filter and targets, such as "
				"`multicapture 'port 179' on slx1,slx2 timeout=30 count=20`");
	refused("multicapture 'port 179 on slx1", "the quote ' is never closed");
	refused("multicapture “port 179 on slx1", "the quote “ is never closed");
	refused("multicapture 'port\x07' on slx1", "`port\\x07` holds a control character, or is not UTF-8");
	refused("multicapture @a/b on slx1", "`@a/b` cannot be the name of a filter");
}

static void test_too_long(void **state)
{
	(void)state;
	char text[COMMAND_TEXT_MAX + 2];
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = 0;
	refused(text, "the command is longer than 4096 bytes");

	char filter[RECORD_FILTER_SIZE + 1];
	memset(filter, 'x', sizeof(filter) - 1);
	filter[sizeof(filter) - 1] = 0;
	CLEANUP_FREE char *one_too_long = memory_format("multicapture '%s' on slx1", filter);
	refused(one_too_long, "the filter is longer than 512 bytes");
	filter[RECORD_FILTER_SIZE - 1] = 0;
	CLEANUP_FREE char *longest = memory_format("multicapture '%s' on slx1", filter);
	CLEANUP(command_freep) struct command *command = take(longest);
	assert_string_equal(command->request.filter, filter);
}

static void test_the_other_verbs(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		enum command_verb verb;
	} with_id[] = {
		{ "show k7f3qa-slx1", COMMAND_SHOW },     { "stop k7f3qa-slx1", COMMAND_STOP },
		{ "Cancel k7f3qa-slx1", COMMAND_CANCEL }, { "pin k7f3qa-slx1", COMMAND_PIN },
		{ "unpin k7f3qa-slx1", COMMAND_UNPIN },   { "again k7f3qa-slx1", COMMAND_AGAIN },
	};
	for (size_t i = 0; i < sizeof(with_id) / sizeof(with_id[0]); i++) {
		CLEANUP(command_freep) struct command *command = take(with_id[i].text);
		assert_int_equal(command->verb, with_id[i].verb);
		assert_string_equal(command->id, "k7f3qa-slx1");
	}
	CLEANUP(command_freep) struct command *again = take("again k7f3qa on slx2,slx3");
	assert_int_equal(again->targets_count, 2);
	CLEANUP(command_freep) struct command *captures = take("captures on slx1 state=Complete since=1d");
	assert_string_equal(captures->word, "complete");
	assert_int_equal(captures->since_ms, 86400000);
	assert_string_equal(captures->targets[0].name, "slx1");
	CLEANUP(command_freep) struct command *targets = take("targets slx1 check");
	assert_true(targets->check);
	assert_string_equal(targets->targets[0].name, "slx1");
	CLEANUP(command_freep) struct command *help = take("help filter");
	assert_string_equal(help->word, "filter");
	static const char *const cleanups[] = { "cleanup older-than=30d store=s3 max-delete=9 dry-run=no",
						"cleanup older than 30d store=s3 max-delete=9 dry-run=no",
						"cleanup older-than 30d store=s3 max_delete=9 dry_run=NO" };
	for (size_t i = 0; i < 3; i++) {
		CLEANUP(command_freep) struct command *cleanup = take(cleanups[i]);
		assert_string_equal(cleanup->older_than, "30d");
		assert_string_equal(cleanup->store, "s3");
		assert_int_equal(cleanup->max_delete, 9);
		assert_false(cleanup->dry_run);
	}
	CLEANUP(command_freep) struct command *cleanup = take("cleanup");
	assert_true(cleanup->dry_run);
	assert_int_equal(cleanup->max_delete, RECORD_UNSET);
}

static void test_refusals_of_the_others(void **state)
{
	(void)state;
	refused("", "there is no command; `help` lists them");
	refused("multicpature x", "there is no command `multicpature`, did you mean `multicapture`?");
	refused("frobnicate", "there is no command `frobnicate`; `help` lists them");
	refused("stop", "`stop` needs the id of a request or a capture, such as `stop k7f3qa`");
	refused("stop ../x", "`../x` cannot be an id; one looks like k7f3qa or k7f3qa-slx1");
	refused("stop a b", "`b` is one word too many: `stop` takes one id");
	refused("captures state=complet", "`state=complet`: did you mean `state=complete`?");
	refused("captures timeout=3", "`timeout=3`: there is no such option; there are state, since");
	refused("cleanup older-than=30", "`older-than=30`: write an age with its unit, such as older-than=30d");
	refused("cleanup now", "`now` is one word too many, or lacks its `=`");
	refused("targets a b", "`b` is one word too many: `targets [NAME] [check]`");
}

static void test_the_parts(void **state)
{
	(void)state;
	CLEANUP(command_freep) struct command *command = command_new(COMMAND_MULTICAPTURE);
	struct error error;
	assert_int_equal(command_set_filter(command, "port 179", &error), 0);
	assert_int_equal(command_set_targets(command, "slx1,slx2", &error), 0);
	assert_int_equal(command_set_option(command, "count", "none", &error), 0);
	assert_int_equal(command_set_option(command, "count", "1", &error), -1);
	assert_string_equal(command->request.filter, "port 179");
	assert_int_equal(command->targets_count, 2);
	assert_int_equal(command->request.count, 0);
	char list[65 * 4] = "a";
	for (int i = 0; i < COMMAND_TARGETS_MAX; i++)
		memcpy(list + 1 + 2 * i, ",a", 3);
	assert_int_equal(command_set_targets(command, list, &error), -1);
	assert_string_equal(error.text, "more than 64 targets in one command; use a group");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_ways_to_write_one_command),
		cmocka_unit_test(test_all_options),
		cmocka_unit_test(test_filters),
		cmocka_unit_test(test_ports_of_one_target),
		cmocka_unit_test(test_names_that_look_like_something_else),
		cmocka_unit_test(test_words_of_a_shell),
		cmocka_unit_test(test_refusals_of_multicapture),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_the_other_verbs),
		cmocka_unit_test(test_refusals_of_the_others),
		cmocka_unit_test(test_the_parts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
