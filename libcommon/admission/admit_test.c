#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "admission/admit.h"
#include "core/memory.h"
#include "core/text.h"

static struct targets *targets;
static struct limits limits;

static void put(const char *name, const char *kind, const char *group, const char *disabled, int64_t link_type)
{
	struct target target = { .link_type = link_type };
	TEXT_COPY(target.target, name);
	TEXT_COPY(target.kind, kind);
	TEXT_COPY(target.disabled, disabled);
	if (group[0])
		TEXT_COPY(target.groups.items[target.groups.count++], group);
	targets_put(targets, &target);
}

static int set_up(void **state)
{
	(void)state;
	targets = targets_new();
	limits_init(&limits);
	put("slx1", "slx", "leafs", "", RECORD_UNSET);
	put("slx2", "slx", "leafs", "", RECORD_UNSET);
	put("slx4", "slx", "", "CHG0012 freeze until Mon 06:00", RECORD_UNSET);
	put("here", "local", "", "", 1);
	put("tun", "local", "", "", 101);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	targets_free(targets);
	return 0;
}

static struct request ask(const char *target, const char *filter)
{
	struct request request;
	record_init(&request_record, &request);
	TEXT_COPY(request.target, target);
	request.has_filter = filter != NULL;
	if (filter)
		TEXT_COPY(request.filter, filter);
	return request;
}

static void refused(struct request request, enum error_word word, const char *sentence)
{
	struct error error = { 0 };
	struct request before = request;
	assert_int_equal(admit_request(targets, &limits, &request, &error), -1);
	assert_memory_equal(&request, &before, sizeof(request));
	assert_int_equal(error.kind, ERROR_INPUT);
	assert_int_equal(error.word, word);
	assert_string_equal(error.text, sentence);
}

static void test_admitted(void **state)
{
	(void)state;
	struct error error;
	struct request request = ask("slx1", "port 179");
	assert_int_equal(admit_request(targets, &limits, &request, &error), 0);
	assert_int_equal(request.timeout_s, 300);
	assert_int_equal(request.count, 100);
	assert_int_equal(request.direction, DIRECTION_BOTH);
	request = ask("slx1", "");
	request.direction = DIRECTION_RX;
	TEXT_COPY(request.ports.items[request.ports.count++], "0/49:1");
	assert_int_equal(admit_request(targets, &limits, &request, &error), 0);
	assert_int_equal(request.direction, DIRECTION_RX);
}

static void test_refused(void **state)
{
	(void)state;
	refused(ask("slx11", ""), WORD_target_unknown,
		"`slx11` is not a target I know. Did you mean `slx1`? `targets` lists all 5");
	refused(ask("frobnicate", ""), WORD_target_unknown,
		"`frobnicate` is not a target I know. `targets` lists all 5");
	/* A group is for commands: a record names one target. */
	refused(ask("leafs", ""), WORD_target_unknown, "`leafs` is a group; a request names one target");
	refused(ask("slx4", ""), WORD_target_disabled,
		"slx4 is closed for captures: \"CHG0012 freeze until Mon 06:00\" (inventory, disabled)");
	refused(ask("slx1", NULL), WORD_argument_invalid,
		"the request has no filter; an empty one, \"\", is every packet");
	refused(ask("slx1", "prot 179"), WORD_filter_invalid,
		"I can't read the filter `prot 179`: unknown word `prot`, did you mean `port`?");
	struct request request = ask("slx1", "port 179");
	request.timeout_s = 7200;
	refused(request, WORD_limit_exceeded, "timeout=7200 is above the limit of 3600 s");
	request = ask("here", "");
	TEXT_COPY(request.ports.items[request.ports.count++], "0/1");
	refused(request, WORD_argument_invalid,
		"here is no switch (kind local): it has no ports to choose, leave `ports` out");
	request = ask("slx1", "");
	TEXT_COPY(request.ports.items[request.ports.count++], "0/1 ; no");
	refused(request, WORD_argument_invalid, "`0/1 ; no` cannot be a port; ports look like 0/1,0/49:1,po10");
}

static void test_the_targets_link_type_counts(void **state)
{
	(void)state;
	struct error error;
	struct request request = ask("here", "ether host 00:11:22:33:44:55");
	assert_int_equal(admit_request(targets, &limits, &request, &error), 0);
	request = ask("tun", "ether host 00:11:22:33:44:55");
	assert_int_equal(admit_request(targets, &limits, &request, &error), -1);
	assert_int_equal(error.word, WORD_filter_invalid);
}

static void test_no_targets_at_all(void **state)
{
	(void)state;
	struct targets *none = targets_new();
	struct error error;
	struct request request = ask("slx1", "");
	assert_int_equal(admit_request(none, &limits, &request, &error), -1);
	assert_string_equal(error.text, "`slx1` is not a target I know: no capture worker has published any yet");
	targets_free(none);
}

static void test_what_is_not_a_capture(void **state)
{
	(void)state;
	struct error error;
	struct request request = ask("slx4", NULL);
	request.ask = ASK_CHECK;
	assert_int_equal(admit_request(targets, &limits, &request, &error), 0);
	request.ask = ASK_STOP;
	refused(request, WORD_argument_invalid,
		"the request does not say which capture to stop: capture_id is missing");
	TEXT_COPY(request.capture_id, "k7f3qa-slx4");
	assert_int_equal(admit_request(targets, &limits, &request, &error), 0);
	request.ask = ASK_CANCEL;
	assert_int_equal(admit_request(targets, &limits, &request, &error), 0);
	TEXT_COPY(request.target, "slx9");
	assert_int_equal(admit_request(targets, &limits, &request, &error), -1);
}

static void test_targets_of_a_command(void **state)
{
	(void)state;
	struct command *command = command_new(COMMAND_MULTICAPTURE);
	struct command_target *list = NULL;
	size_t count;
	struct error error;
	assert_int_equal(command_set_targets(command, "slx2(0/1),leafs(0/1,0/2),here,slx2", &error), 0);
	assert_int_equal(admit_targets(targets, &limits, command, &list, &count, &error), 0);
	assert_int_equal(count, 3);
	assert_string_equal(list[0].name, "slx2");
	assert_int_equal(list[0].ports.count, 2);
	assert_string_equal(list[0].ports.items[1], "0/2");
	assert_string_equal(list[1].name, "slx1");
	assert_int_equal(list[1].ports.count, 2);
	assert_string_equal(list[2].name, "here");
	free(list);

	struct limits two = limits;
	two.targets_max = 2;
	assert_int_equal(admit_targets(targets, &two, command, &list, &count, &error), -1);
	assert_int_equal(error.word, WORD_limit_exceeded);
	assert_string_equal(error.text, "these are more targets than the limit of 2 for one command");
	assert_int_equal(command_set_targets(command, "slx1,leaf", &error), 0);
	assert_int_equal(admit_targets(targets, &limits, command, &list, &count, &error), -1);
	assert_string_equal(error.text, "`leaf` is not a target I know. Did you mean `leafs`? `targets` lists all 5");
	command->targets_count = 0;
	assert_int_equal(admit_targets(targets, &limits, command, &list, &count, &error), -1);
	command_free(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_admitted),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_the_targets_link_type_counts),
		cmocka_unit_test(test_no_targets_at_all),
		cmocka_unit_test(test_what_is_not_a_capture),
		cmocka_unit_test(test_targets_of_a_command),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
