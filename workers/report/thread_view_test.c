/* A whole request as its reader gets it: header, targets, last word. */
#include "thread_view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "core/text.h"
#include "view_testing.h"

static const struct thread_style slack_like = { .strong = "*", .code = "`" };

static void test_queued(void **state)
{
	(void)state;
	view_testing_queue("slx1");
	view_testing_assert_block(
		"⏳ k7f3qa  `port 179` on slx1 · at most 30 s or 20 packets · alice\n"
		"… slx1  queued\n");
}

static void test_complete(void **state)
{
	(void)state;
	view_testing_queue("slx1");
	view_testing_queue("slx2");
	view_testing_captured("slx1", 20, "https://files.example/a.pcapng");
	view_testing_captured("slx2", 20, "/captures/b.pcapng");
	view_testing_assert_block(
		"✅ k7f3qa  `port 179` on slx1, slx2 · 2 of 2 complete · alice\n"
		"✅ slx1  20 packets in 11.2 s · dropped 0 · stopped at count=20\n"
		"   slx1 - 20 packets: https://files.example/a.pcapng\n"
		"✅ slx2  20 packets in 11.2 s · dropped 0 · stopped at count=20\n"
		"   slx2 - 20 packets: /captures/b.pcapng\n");
	view_testing_assert_last_word("k7f3qa (alice): 2 of 2 complete, 40 packets.\n");
}

static void test_one_packet(void **state)
{
	(void)state;
	view_testing_queue("slx1");
	view_testing_captured("slx1", 1, "/a.pcapng");
	view_testing_assert_block(
		"✅ k7f3qa  `port 179` on slx1 · complete · alice\n"
		"✅ slx1  1 packet in 11.2 s · dropped 0 · stopped at count=20\n"
		"   slx1 - 1 packet: /a.pcapng\n");
	view_testing_assert_last_word("k7f3qa (alice): 1 of 1 complete, 1 packet.\n");
}

static void test_refused(void **state)
{
	(void)state;
	view_testing_begin("slx1", EVENT_REFUSED, 1);
	testing_event.capture_id[0] = '\0';
	TEXT_COPY(testing_event.reason, "record_invalid");
	TEXT_COPY(testing_event.detail, "a stop names the capture it is for: capture_id is missing");
	view_testing_fold();
	view_testing_assert_block(
		"⛔ k7f3qa  `port 179` on slx1 · refused · alice\n"
		"⛔ slx1  refused: a stop names the capture it is for: capture_id is missing. Nothing was "
		"captured.\n");
	view_testing_assert_last_word("k7f3qa (alice): 0 of 1 complete (1 rejected), 0 packets.\n");
}

static void test_a_mixture(void **state)
{
	(void)state;
	view_testing_queue("slx1");
	view_testing_queue("slx2");
	view_testing_queue("slx3");
	view_testing_captured("slx1", 20, "/a.pcapng");
	view_testing_ended("slx2", OUTCOME_FAILED, "no_permission", "");
	view_testing_ended("slx3", OUTCOME_FAILED, "no_permission", "");
	view_testing_assert_block(
		"⚠ k7f3qa  `port 179` on slx1, slx2, slx3 · 1 of 3 complete · alice\n"
		"✅ slx1  20 packets in 11.2 s · dropped 0 · stopped at count=20\n"
		"   slx1 - 20 packets: /a.pcapng\n"
		"❌ slx2  not captured: the process may not capture there. What is known of slx2: capbus targets "
		"slx2\n"
		"❌ slx3  not captured: the process may not capture there. What is known of slx3: capbus targets "
		"slx3\n");
	view_testing_assert_last_word("k7f3qa (alice): 1 of 3 complete (2 failed), 20 packets.\n");
	view_testing_queue("slx4");
	view_testing_ended("slx4", OUTCOME_LOST, "worker_lost", "");
	view_testing_assert_last_word("k7f3qa (alice): 1 of 4 complete (2 failed, 1 lost), 20 packets.\n");
}

static void test_many_targets(void **state)
{
	(void)state;
	char target[RECORD_TARGET_SIZE];
	for (int i = 0; i < 9; i++) {
		TEXT_FORMAT(target, "slx%d", i);
		view_testing_queue(target);
	}
	char *text = thread_view_block(testing_request, "k7f3qa", &thread_style_plain);
	assert_true(text_starts(text, "⏳ k7f3qa  `port 179` on 9 targets · at most 30 s or 20 packets each · alice\n"
				      "… slx0  queued\n… slx1  queued\n"));
	free(text);
}

static void ask(const char *by, bool verified)
{
	testing_is_verified = verified;
	view_testing_begin("slx1", EVENT_QUEUED, 1);
	TEXT_COPY(testing_event.request.requested_by, by);
	testing_event.request.timeout_s = testing_event.request.count = RECORD_UNSET;
	view_testing_fold();
}

/* What a record says of who asked, and by which way, is its writer's word; the gateway's thread is more. */
static void test_who_asked(void **state)
{
	(void)state;
	static const struct {
		const char *by;
		bool verified;
		const char *block;
	} cases[] = {
		{ "alice", true, "⏳ k7f3qa  `port 179` on slx1 · alice\n… slx1  queued\n" },
		{ "", true, "⏳ k7f3qa  `port 179` on slx1\n… slx1  queued\n" },
		{ "", false, "⏳ k7f3qa  `port 179` on slx1 · via Kafka, not verified\n… slx1  queued\n" },
		{ "ci\n", false,
		  "⏳ k7f3qa  `port 179` on slx1 · ci\\x0a via Kafka, not verified\n… slx1  queued\n" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		ask(cases[i].by, cases[i].verified);
		view_testing_assert_block(cases[i].block);
		view_forget(testing_view, testing_request);
	}
	ask("", false);
	view_testing_ended("slx1", OUTCOME_LOST, "", "");
	view_testing_assert_last_word("k7f3qa: 0 of 1 complete (1 lost), 0 packets.\n");
	view_forget(testing_view, testing_request);
	ask("alice", false);
	view_testing_ended("slx1", OUTCOME_LOST, "", "");
	view_testing_assert_last_word("k7f3qa (alice, not verified): 0 of 1 complete (1 lost), 0 packets.\n");
}

static void test_an_unknown_request(void **state)
{
	(void)state;
	view_testing_begin("slx1", EVENT_STARTING, 2);
	view_testing_fold();
	view_testing_assert_block("⏳ k7f3qa  a capture on slx1\n… slx1  starting\n");
}

static void test_another_style(void **state)
{
	(void)state;
	view_testing_queue("slx1");
	char *text = thread_view_block(testing_request, "k7f3qa", &slack_like);
	assert_string_equal(text, "⏳ *k7f3qa*  `port 179` on slx1 · at most 30 s or 20 packets · alice\n"
				  "… *slx1*  queued\n");
	free(text);
}

static void test_nothing_of_a_record_acts_on_the_reader(void **state)
{
	(void)state;
	view_testing_begin("slx1", EVENT_QUEUED, 1);
	TEXT_COPY(testing_event.request.filter, "port 179\x1b[2J");
	view_testing_fold();
	view_testing_begin("slx1", EVENT_STARTING, 2);
	TEXT_COPY(testing_event.detail, "one\ntwo");
	view_testing_fold();
	view_testing_assert_block(
		"⏳ k7f3qa  `port 179\\x1b[2J` on slx1 · at most 30 s or 20 packets · alice\n"
		"… slx1  one\\x0atwo\n");
}

static void test_packets_never_overflow(void **state)
{
	(void)state;
	view_testing_queue("slx1");
	view_testing_queue("slx2");
	view_testing_captured("slx1", INT64_MAX, "/a");
	view_testing_captured("slx2", 1, "/b");
	view_testing_assert_last_word("k7f3qa (alice): 2 of 2 complete, 9,223,372,036,854,775,807 packets.\n");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, view_testing_set_up, view_testing_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_queued),
		TEST(test_complete),
		TEST(test_one_packet),
		TEST(test_refused),
		TEST(test_a_mixture),
		TEST(test_many_targets),
		TEST(test_who_asked),
		TEST(test_an_unknown_request),
		TEST(test_another_style),
		TEST(test_nothing_of_a_record_acts_on_the_reader),
		TEST(test_packets_never_overflow),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
