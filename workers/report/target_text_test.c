/* How a target stands, and each way in which its capture can end, word for word. */
#include "target_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "core/text.h"
#include "thread_view.h"
#include "view_testing.h"

static void test_waiting(void **state)
{
	(void)state;
	view_testing_begin("slx1", EVENT_QUEUED, 1);
	testing_event.position = 1;
	TEXT_COPY(testing_event.holder, "m2c8xd111111-slx1");
	TEXT_COPY(testing_event.holder_by, "bob");
	TEXT_COPY(testing_event.holder_filter, "icmp");
	testing_event.holder_until_ms = TESTING_START_MS + 300000;
	testing_event.expires_at_ms = TESTING_START_MS + 900000;
	view_testing_fold();
	view_testing_assert_block(
		"⏳ k7f3qa  `port 179` on slx1 · at most 30 s or 20 packets · alice\n"
		"… slx1  waiting, 1st in line: busy with m2c8xd (bob, `icmp`), which ends by 14:07:00Z at the "
		"latest. Not started by 14:17:00Z: dropped.\n");
}

/* "Not started by 14:02:12Z" would be over at once for who may wait until tomorrow. */
static void test_waiting_until_tomorrow(void **state)
{
	(void)state;
	view_testing_begin("slx1", EVENT_QUEUED, 1);
	testing_event.position = 2;
	testing_event.at_ms = TESTING_START_MS;
	testing_event.expires_at_ms = TESTING_START_MS + 24 * 3600000;
	view_testing_fold();
	view_testing_assert_block(
		"⏳ k7f3qa  `port 179` on slx1 · at most 30 s or 20 packets · alice\n"
		"… slx1  waiting, 2nd in line. Not started by 2026-11-24 14:02:00Z: dropped.\n");
}

static void test_waiting_behind_others(void **state)
{
	(void)state;
	view_testing_begin("slx1", EVENT_QUEUED, 1);
	testing_event.position = 12;
	view_testing_fold();
	view_testing_assert_block(
		"⏳ k7f3qa  `port 179` on slx1 · at most 30 s or 20 packets · alice\n"
		"… slx1  waiting, 12th in line\n");
}

static void test_running(void **state)
{
	(void)state;
	view_testing_queue("slx1");
	view_testing_queue("slx2");
	view_testing_queue("slx3");
	view_testing_begin("slx1", EVENT_PROGRESS, 3);
	testing_event.packets = 12;
	testing_event.armed_at_ns = (TESTING_START_MS - 9000) * 1000000;
	testing_event.ports = (struct record_ports){ .count = 2, .items = { "0/4", "0/40" } };
	testing_event.direction = DIRECTION_BOTH;
	view_testing_fold();
	view_testing_begin("slx2", EVENT_STARTING, 2);
	TEXT_COPY(testing_event.detail, "setting up the mirror of 0/1");
	view_testing_fold();
	view_testing_begin("slx3", EVENT_RECLAIMING, 4);
	view_testing_fold();
	view_testing_assert_block(
		"⏳ k7f3qa  `port 179` on slx1, slx2, slx3 · at most 30 s or 20 packets each · alice\n"
		"▶ slx1  12 of 20 packets · 9 s · ports 0/4, 0/40 both ways\n"
		"… slx2  setting up the mirror of 0/1\n"
		"… slx3  its worker is lost; what it kept is being saved\n");
}

static void test_running_without_a_count(void **state)
{
	(void)state;
	view_testing_begin("slx1", EVENT_QUEUED, 1);
	testing_event.request.count = 0;
	testing_event.request.bytes = 100000000;
	testing_event.request.filter[0] = '\0';
	view_testing_fold();
	view_testing_begin("slx1", EVENT_PROGRESS, 3);
	testing_event.packets = 1;
	view_testing_fold();
	view_testing_assert_block(
		"⏳ k7f3qa  all packets on slx1 · at most 30 s or 100 MB · alice\n"
		"▶ slx1  1 packet\n");
}

static void test_ended_before_its_result(void **state)
{
	(void)state;
	view_testing_queue("slx1");
	view_testing_queue("slx2");
	view_testing_begin("slx1", EVENT_ENDED, 4);
	testing_event.outcome = OUTCOME_COMPLETE;
	testing_event.packets = 20;
	view_testing_fold();
	view_testing_begin("slx2", EVENT_ENDED, 4);
	testing_event.outcome = OUTCOME_EMPTY;
	view_testing_fold();
	view_testing_assert_block(
		"⏳ k7f3qa  `port 179` on slx1, slx2 · at most 30 s or 20 packets each · alice\n"
		"… slx1  ended, complete: 20 packets; the file is being stored\n"
		"… slx2  ended, empty; the result is being written\n");
}

static void test_complete_with_all_numbers(void **state)
{
	(void)state;
	view_testing_queue("slx1");
	view_testing_begin_result("slx1", OUTCOME_COMPLETE);
	testing_result.packets = 1234567;
	testing_result.dropped_kernel = 1000;
	testing_result.dropped_mirror = 234;
	testing_result.stopped_by = STOPPED_BY_BYTES;
	testing_result.ports = (struct record_ports){ .count = 1, .items = { "0/1" } };
	testing_result.late_packets = 1;
	testing_result.stores_count = 2;
	TEXT_COPY(testing_result.stores[0].store, "folder");
	testing_result.stores[0].state = STORE_WAITING;
	TEXT_COPY(testing_result.stores[1].store, "s3");
	testing_result.stores[1].state = STORE_FAILED;
	view_testing_fold_result();
	view_testing_assert_block(
		"✅ k7f3qa  `port 179` on slx1 · complete · alice\n"
		"✅ slx1  1,234,567 packets in 11.2 s · dropped 1,234 · stopped at bytes=100000000 · port 0/1\n"
		"   1 packet came after its end and is not in the file.\n"
		"   store folder: waiting\n"
		"   store s3: failed\n");
	view_testing_assert_last_word("k7f3qa (alice): 1 of 1 complete, 1,234,567 packets.\n");
}

static void test_partial(void **state)
{
	(void)state;
	view_testing_queue("slx1");
	view_testing_begin_result("slx1", OUTCOME_PARTIAL);
	testing_result.packets = 1204;
	testing_result.first_packet_at_ns = (TESTING_START_MS + 11000) * 1000000;
	testing_result.last_packet_at_ns = (TESTING_START_MS + 29000) * 1000000;
	TEXT_COPY(testing_result.reason, "worker_lost");
	TEXT_COPY(testing_result.detail, "The worker capture-1 died at 14:02:29Z; later packets were not recorded");
	testing_result.stores_count = 1;
	testing_result.stores[0].state = STORE_STORED;
	TEXT_COPY(testing_result.stores[0].link, "/a_partial.pcapng");
	view_testing_fold_result();
	view_testing_assert_block(
		"⚠ k7f3qa  `port 179` on slx1 · partial · alice\n"
		"⚠ slx1  1,204 packets kept, 14:02:11Z to 14:02:29Z · dropped ?\n"
		"   The worker capture-1 died at 14:02:29Z; later packets were not recorded.\n"
		"   No chunk of it is missing.\n"
		"   slx1 - 1,204 packets, partial: /a_partial.pcapng\n");
	view_testing_assert_last_word("k7f3qa (alice): 0 of 1 complete (1 partial), 1,204 packets.\n");
}

static void assert_missing(int64_t chunks, int64_t packets, const char *wanted)
{
	view_testing_begin_result("slx1", OUTCOME_PARTIAL);
	testing_result.version = 10 + chunks * 10 + (packets > 1);
	testing_result.packets = 5;
	testing_result.dropped_kernel = 0;
	testing_result.stopped_by = STOPPED_BY_SHUTDOWN;
	TEXT_COPY(testing_result.reason, "packets_missing");
	testing_result.missing_chunks = chunks;
	testing_result.missing_packets = packets;
	view_testing_fold_result();
	char *text = thread_view_block(testing_request, "k7f3qa", &thread_style_plain);
	char whole[512];
	TEXT_FORMAT(whole,
		    "⚠ k7f3qa  `port 179` on slx1 · partial · alice\n"
		    "⚠ slx1  5 packets kept · dropped 0 · stopped by shutdown\n"
		    "   chunks of the capture are missing.\n   %s\n", wanted);
	assert_string_equal(text, whole);
	free(text);
}

static void test_partial_with_something_missing(void **state)
{
	(void)state;
	view_testing_queue("slx1");
	assert_missing(1, 1, "1 packet of it is missing.");
	assert_missing(1, 1200, "1,200 packets of it are missing.");
	assert_missing(2, RECORD_UNSET, "2 chunks of it are missing; how many packets were in them is not known.");
}

static void test_empty(void **state)
{
	(void)state;
	view_testing_queue("slx1");
	view_testing_begin_result("slx1", OUTCOME_EMPTY);
	testing_result.disarmed_at_ns = testing_result.armed_at_ns + 30 * TESTING_SECOND_NS;
	testing_result.stopped_by = STOPPED_BY_TIMEOUT;
	testing_result.seen_total = 48211;
	view_testing_fold_result();
	view_testing_assert_block(
		"🟡 k7f3qa  `port 179` on slx1 · no match · alice\n"
		"🟡 slx1  The filter `port 179` did not match any packet on slx1 in 30.0 s. The capture worked: "
		"48,211 other packets came by.\n"
		"   See what there is: capbus capture '' --on slx1 --count 20\n");
	view_testing_assert_last_word("k7f3qa (alice): 0 of 1 complete (1 empty), 0 packets.\n");
}

static void test_empty_with_one_other(void **state)
{
	(void)state;
	view_testing_queue("slx1");
	view_testing_begin_result("slx1", OUTCOME_EMPTY);
	testing_result.armed_at_ns = RECORD_UNSET;
	testing_result.filter[0] = '\0';
	testing_result.seen_total = 1;
	view_testing_fold_result();
	view_testing_assert_block(
		"🟡 k7f3qa  `port 179` on slx1 · no match · alice\n"
		"🟡 slx1  No packet was captured on slx1. The capture worked: 1 other packet came by.\n"
		"   See what there is: capbus capture '' --on slx1 --count 20\n");
}

static void test_blind(void **state)
{
	(void)state;
	view_testing_queue("slx1");
	view_testing_begin_result("slx1", OUTCOME_BLIND);
	testing_result.disarmed_at_ns = testing_result.armed_at_ns + 90 * TESTING_SECOND_NS;
	view_testing_fold_result();
	view_testing_assert_block(
		"🔴 k7f3qa  `port 179` on slx1 · saw nothing at all · alice\n"
		"🔴 slx1  Saw nothing at all: no packet of any kind came by on slx1 in 1:30 min, so this says "
		"nothing about `port 179`.\n"
		"   Is it the right place, and is there traffic? capbus targets slx1\n");
}

static void test_what_never_captured(void **state)
{
	(void)state;
	static const struct {
		enum outcome_state state;
		const char *reason, *detail, *block, *last_word;
	} cases[] = {
		{ OUTCOME_FAILED, "interface_missing", "there is no interface eth7",
		  "❌ k7f3qa  `port 179` on slx1 · not captured · alice\n"
		  "❌ slx1  not captured: there is no interface eth7. What is known of slx1: capbus targets slx1\n",
		  "k7f3qa (alice): 0 of 1 complete (1 failed), 0 packets.\n" },
		{ OUTCOME_REJECTED, "filter_invalid", "unknown word `prot`, did you mean `port`?",
		  "⛔ k7f3qa  `port 179` on slx1 · rejected · alice\n"
		  "⛔ slx1  rejected: unknown word `prot`, did you mean `port`? Nothing was captured.\n",
		  "k7f3qa (alice): 0 of 1 complete (1 rejected), 0 packets.\n" },
		{ OUTCOME_REJECTED, "busy", "slx1 is busy with m2c8xd111111-slx1 (bob) until 14:07:00Z at the latest",
		  "⛔ k7f3qa  `port 179` on slx1 · rejected · alice\n"
		  "⛔ slx1  rejected: slx1 is busy with m2c8xd111111-slx1 (bob) until 14:07:00Z at the latest. "
		  "Nothing was captured.\n"
		  "   To wait for the turn: --if-busy queue\n",
		  "k7f3qa (alice): 0 of 1 complete (1 rejected), 0 packets.\n" },
		{ OUTCOME_EXPIRED, "expired", "",
		  "❌ k7f3qa  `port 179` on slx1 · expired · alice\n"
		  "❌ slx1  expired: the request waited longer than it wanted to, or than 24 hours. Nothing was "
		  "captured.\n"
		  "   Ask again, and let it wait longer with --expires-in 1h\n",
		  "k7f3qa (alice): 0 of 1 complete (1 expired), 0 packets.\n" },
		{ OUTCOME_LOST, "a_word_of_a_later_release", "",
		  "❌ k7f3qa  `port 179` on slx1 · lost · alice\n"
		  "❌ slx1  lost: a_word_of_a_later_release. No packet was kept. Ask again.\n",
		  "k7f3qa (alice): 0 of 1 complete (1 lost), 0 packets.\n" },
		{ OUTCOME_CANCELLED, "", "",
		  "⛔ k7f3qa  `port 179` on slx1 · cancelled · alice\n"
		  "⛔ slx1  cancelled. Nothing of it is kept.\n",
		  "k7f3qa (alice): 0 of 1 complete (1 cancelled), 0 packets.\n" },
		{ OUTCOME_NONE, "", "",
		  "❌ k7f3qa  `port 179` on slx1 · not known · alice\n"
		  "❌ slx1  ended; its result does not say how\n",
		  "k7f3qa (alice): 0 of 1 complete, 0 packets.\n" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		view_testing_queue("slx1");
		view_testing_ended("slx1", cases[i].state, cases[i].reason, cases[i].detail);
		view_testing_assert_block(cases[i].block);
		view_testing_assert_last_word(cases[i].last_word);
		view_forget(testing_view, testing_request);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, view_testing_set_up, view_testing_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_waiting),
		TEST(test_waiting_until_tomorrow),
		TEST(test_waiting_behind_others),
		TEST(test_running),
		TEST(test_running_without_a_count),
		TEST(test_ended_before_its_result),
		TEST(test_complete_with_all_numbers),
		TEST(test_partial),
		TEST(test_partial_with_something_missing),
		TEST(test_empty),
		TEST(test_empty_with_one_other),
		TEST(test_blind),
		TEST(test_what_never_captured),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
