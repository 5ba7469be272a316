/* A capture is what arrived of it: each way of ending, whole and not whole. */
#include "file/verdict.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "core/text.h"

static struct chunk chunk;
static struct assembly_report report;
static struct result result;
static char sentence[VERDICT_SENTENCE_SIZE];

/* Ten packets that were sent and came, stopped by count. */
static int set_up(void **state)
{
	(void)state;
	record_init(&chunk_record, &chunk);
	record_init(&result_record, &result);
	TEXT_COPY(chunk.begin.request.target, "slx1");
	chunk.end = (struct chunk_end){
		.outcome = OUTCOME_COMPLETE, .stopped_by = STOPPED_BY_COUNT, .chunks = 3, .packets = 10,
		.bytes = 1000, .received_kernel = 10, .dropped_kernel = 0, .dropped_mirror = RECORD_UNSET,
		.seen_total = 99, .disarmed_at_ns = 5,
	};
	report = (struct assembly_report){
		.ended = true, .complete = true, .sha256_matches = true, .chunks = 3, .packets = 10, .bytes = 1000,
		.first_ns = 1, .last_ns = 4, .link_type = 1,
	};
	return 0;
}

static void end_as(enum outcome_state outcome, enum stopped_by stopped_by, const char *reason, const char *detail)
{
	chunk.end.outcome = outcome;
	chunk.end.stopped_by = stopped_by;
	TEXT_COPY(chunk.end.reason, reason);
	TEXT_COPY(chunk.end.detail, detail);
}

static void nothing_was_sent(void)
{
	chunk.end.packets = chunk.end.bytes = 0;
	report.packets = report.bytes = 0;
	report.first_ns = report.last_ns = PACKET_UNSET;
}

static void miss(int64_t chunks, int64_t packets)
{
	report.complete = report.sha256_matches = false;
	report.missing_chunks = chunks;
	report.missing_packets = packets;
	report.packets -= packets;
	report.bytes -= 100 * packets;
}

/* The end of somebody who ends it for a lost worker: he counted nothing. */
static void nobody_counted(void)
{
	report.complete = report.sha256_matches = false;
	report.missing_packets = PACKET_UNSET;
	chunk.end.chunks = chunk.end.packets = chunk.end.bytes = 0;
}

static void assert_verdict(enum outcome_state state, const char *reason, const char *detail)
{
	verdict_judge(&chunk.begin, &chunk.end, &report, &result);
	assert_string_equal(names_outcome[result.state], names_outcome[state]);
	assert_string_equal(result.reason, reason);
	assert_string_equal(result.detail, detail);
}

static void complete_is_complete(void **state)
{
	(void)state;
	assert_verdict(OUTCOME_COMPLETE, "", "");
	assert_int_equal(result.packets, 10);
	assert_int_equal(result.stopped_by, STOPPED_BY_COUNT);
	assert_int_equal(result.disarmed_at_ns, 5);
	assert_int_equal(result.seen_total, 99);
	verdict_sentence(&result, sentence);
	assert_string_equal(sentence, "complete: 10 packets, dropped 0, stopped by count");
}

static void what_was_asked_is_told(void **state)
{
	(void)state;
	struct request *request = &chunk.begin.request;
	TEXT_COPY(request->filter, "port 179");
	TEXT_COPY(request->requested_by, "noc");
	request->count = 10;
	request->bytes = 77;
	request->snaplen = 96;
	assert_verdict(OUTCOME_COMPLETE, "", "");
	assert_string_equal(result.target, "slx1");
	assert_string_equal(result.filter, "port 179");
	assert_string_equal(result.requested_by, "noc");
	assert_int_equal(result.count, 10);
	assert_int_equal(result.bytes_limit, 77);
	assert_int_equal(result.snaplen, 96);
	chunk.begin.snaplen = 64;
	assert_verdict(OUTCOME_COMPLETE, "", "");
	assert_int_equal(result.snaplen, 64);
}

static void missing_packets_make_it_partial(void **state)
{
	(void)state;
	miss(1, 3);
	assert_verdict(OUTCOME_PARTIAL, "packets_missing",
		       "3 of 10 packets are missing: 1 chunk did not arrive whole");
	assert_int_equal(result.missing_packets, 3);
	verdict_sentence(&result, sentence);
	assert_string_equal(sentence, "partial (packets_missing): 7 packets, dropped 0, stopped by count; "
			    "3 of 10 packets are missing: 1 chunk did not arrive whole");
}

static void one_missing_packet_is_singular(void **state)
{
	(void)state;
	miss(2, 1);
	assert_verdict(OUTCOME_PARTIAL, "packets_missing",
		       "1 of 10 packets is missing: 2 chunks did not arrive whole");
}

static void a_missing_sign_of_life_is_nothing(void **state)
{
	(void)state;
	report.complete = false;
	report.missing_chunks = 1;
	assert_verdict(OUTCOME_COMPLETE, "", "");
	assert_int_equal(result.missing_chunks, 1);
}

static void other_data_than_was_sent_is_no_complete_capture(void **state)
{
	(void)state;
	report.complete = report.sha256_matches = false;
	assert_verdict(OUTCOME_PARTIAL, "chunk_corrupt",
		       "the chunks do not hold the packets that the worker counted: "
		       "numbers or SHA-256 of the data differ");
	set_up(NULL);
	report.complete = false;
	report.packets = 11;
	verdict_judge(&chunk.begin, &chunk.end, &report, &result);
	assert_int_equal(result.state, OUTCOME_PARTIAL);
}

static void who_stopped_it_stays_and_missing_packets_are_the_reason(void **state)
{
	(void)state;
	end_as(OUTCOME_PARTIAL, STOPPED_BY_STOP, "stopped", "");
	assert_verdict(OUTCOME_PARTIAL, "stopped", "");
	miss(1, 3);
	assert_verdict(OUTCOME_PARTIAL, "packets_missing",
		       "3 of 10 packets are missing: 1 chunk did not arrive whole");
	assert_int_equal(result.stopped_by, STOPPED_BY_STOP);
}

static void a_named_failure_stays_the_reason(void **state)
{
	(void)state;
	end_as(OUTCOME_PARTIAL, STOPPED_BY_FAILURE, "interface_gone", "eth7 is gone");
	miss(1, 3);
	assert_verdict(OUTCOME_PARTIAL, "interface_gone",
		       "eth7 is gone; 3 of 10 packets are missing: 1 chunk did not arrive whole");
}

static void a_lost_worker_is_partial_where_packets_were_kept(void **state)
{
	(void)state;
	end_as(OUTCOME_LOST, STOPPED_BY_FAILURE, "worker_lost", "capture-1 died");
	nobody_counted();
	assert_verdict(OUTCOME_PARTIAL, "worker_lost", "capture-1 died");
	assert_int_equal(result.missing_packets, RECORD_UNSET);
	report.missing_chunks = 2;
	assert_verdict(OUTCOME_PARTIAL, "worker_lost", "capture-1 died; 2 chunks did not arrive whole; "
		       "how many packets were in them nobody counted");
}

static void a_lost_worker_without_packets_is_lost(void **state)
{
	(void)state;
	end_as(OUTCOME_LOST, STOPPED_BY_FAILURE, "worker_lost", "capture-1 died");
	nothing_was_sent();
	nobody_counted();
	assert_verdict(OUTCOME_LOST, "worker_lost", "capture-1 died");
}

static void nobody_proves_complete_who_did_not_count(void **state)
{
	(void)state;
	nobody_counted();
	assert_verdict(OUTCOME_PARTIAL, "packets_missing",
		       "nobody counted the packets, so it cannot be proven complete");
}

static void no_end_is_partial_or_lost(void **state)
{
	(void)state;
	report.ended = report.complete = report.sha256_matches = false;
	report.missing_packets = PACKET_UNSET;
	verdict_judge(&chunk.begin, NULL, &report, &result);
	assert_int_equal(result.state, OUTCOME_PARTIAL);
	assert_string_equal(result.reason, "end_missing");
	assert_int_equal(result.stopped_by, STOPPED_BY_FAILURE);
	assert_int_equal(result.disarmed_at_ns, RECORD_UNSET);
	assert_int_equal(result.dropped_kernel, RECORD_UNSET);
	verdict_sentence(&result, sentence);
	assert_string_equal(sentence, "partial (end_missing): 10 packets, dropped ?, stopped by failure; "
			    "the chunks stop without an end, and nothing more came for two minutes");
	nothing_was_sent();
	verdict_judge(&chunk.begin, NULL, &report, &result);
	assert_int_equal(result.state, OUTCOME_LOST);
}

static void without_packets_the_ends_word_holds(void **state)
{
	static const enum outcome_state outcomes[] = { OUTCOME_EMPTY, OUTCOME_BLIND, OUTCOME_CANCELLED,
						       OUTCOME_FAILED, OUTCOME_REJECTED, OUTCOME_EXPIRED,
						       OUTCOME_LOST };
	(void)state;
	for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++) {
		set_up(NULL);
		nothing_was_sent();
		report.sha256_matches = false; /* nobody makes one of nothing */
		end_as(outcomes[i], STOPPED_BY_NOTHING, "busy", "why");
		assert_verdict(outcomes[i], "busy", "why");
	}
}

static void an_empty_capture_that_lost_packets_is_not_empty(void **state)
{
	(void)state;
	end_as(OUTCOME_EMPTY, STOPPED_BY_TIMEOUT, "", "");
	miss(1, 10);
	verdict_judge(&chunk.begin, &chunk.end, &report, &result);
	assert_int_equal(result.state, OUTCOME_PARTIAL);
	assert_int_equal(result.packets, 0);
}

static void packets_that_came_are_never_thrown_away_but_when_discarded(void **state)
{
	static const enum outcome_state outcomes[] = { OUTCOME_EMPTY, OUTCOME_BLIND, OUTCOME_FAILED, OUTCOME_REJECTED,
						       OUTCOME_EXPIRED, OUTCOME_LOST, OUTCOME_NONE };
	(void)state;
	for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++) {
		end_as(outcomes[i], STOPPED_BY_NOTHING, "", "");
		assert_verdict(OUTCOME_PARTIAL, "", "");
		assert_int_equal(result.packets, 10);
	}
	end_as(OUTCOME_CANCELLED, STOPPED_BY_CANCEL, "cancelled", "");
	miss(1, 2);
	assert_verdict(OUTCOME_CANCELLED, "cancelled", "");
	assert_int_equal(result.packets, 0);
	assert_int_equal(result.first_packet_at_ns, RECORD_UNSET);
}

static void an_end_without_a_word_is_a_failure(void **state)
{
	(void)state;
	nothing_was_sent();
	end_as(OUTCOME_NONE, STOPPED_BY_NOTHING, "", "");
	assert_verdict(OUTCOME_FAILED, "", "");
}

static void long_texts_are_cut(void **state)
{
	(void)state;
	char detail[RECORD_DETAIL_SIZE];
	for (size_t i = 0; i < sizeof detail - 1; i++)
		detail[i] = 'x';
	detail[sizeof detail - 1] = '\0';
	end_as(OUTCOME_PARTIAL, STOPPED_BY_FAILURE, "interface_gone", detail);
	miss(1, 3);
	assert_verdict(OUTCOME_PARTIAL, "interface_gone", detail);
	verdict_sentence(&result, sentence);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, set_up)
	const struct CMUnitTest tests[] = {
		TEST(complete_is_complete),
		TEST(what_was_asked_is_told),
		TEST(missing_packets_make_it_partial),
		TEST(one_missing_packet_is_singular),
		TEST(a_missing_sign_of_life_is_nothing),
		TEST(other_data_than_was_sent_is_no_complete_capture),
		TEST(who_stopped_it_stays_and_missing_packets_are_the_reason),
		TEST(a_named_failure_stays_the_reason),
		TEST(a_lost_worker_is_partial_where_packets_were_kept),
		TEST(a_lost_worker_without_packets_is_lost),
		TEST(nobody_proves_complete_who_did_not_count),
		TEST(no_end_is_partial_or_lost),
		TEST(without_packets_the_ends_word_holds),
		TEST(an_empty_capture_that_lost_packets_is_not_empty),
		TEST(packets_that_came_are_never_thrown_away_but_when_discarded),
		TEST(an_end_without_a_word_is_a_failure),
		TEST(long_texts_are_cut),
	};
	return cmocka_run_group_tests_name("verdict", tests, NULL, NULL);
}
