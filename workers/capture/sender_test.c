/* Chunks, gates and receipts, without a capture. */
#include "sender.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/clock.h"
#include "core/text.h"
#include "producer_testing.h"

static const struct cut_chunk empty = { .first_ns = RECORD_UNSET, .last_ns = RECORD_UNSET };

static void begin_init(struct chunk_begin *begin)
{
	struct chunk chunk;

	record_init(&chunk_record, &chunk);
	*begin = chunk.begin;
	TEXT_COPY(begin->request.target, "slx1");
	TEXT_COPY(begin->request.request_id, "k7f3qa");
}

static void a_full_gate_sends_nothing(void **state)
{
	struct producer *producer = testing_producer_new(TESTING_HELD);
	struct gate *gate = gate_new(NULL, 1);
	struct chunk_begin begin;

	(void)state;
	begin_init(&begin);
	struct sender *sender = sender_new(producer, gate, "k7f3qa-slx1", &begin);
	assert_true(sender_send(sender, &empty, NULL, INT64_MAX));
	assert_false(sender_send(sender, &empty, NULL, clock_boot_ms()));
	assert_int_equal(testing_count(producer), 1);
	assert_false(sender_drain(sender, clock_boot_ms()));
	testing_give_receipts(producer);
	assert_true(sender_drain(sender, INT64_MAX));
	assert_true(sender_send(sender, &empty, NULL, clock_boot_ms()));
	assert_int_equal(sender_lost(sender), 0);
	assert_false(sender_end_arrived(sender)); /* there was none */
	sender_free(sender);
	testing_producer_free(producer);
	gate_free(gate);
}

static void receipts_may_come_after_the_session(void **state)
{
	struct producer *producer = testing_producer_new(TESTING_HELD);
	struct gate *gate = gate_new(NULL, SENDER_WORKER_BYTES);
	struct chunk_begin begin;

	(void)state;
	begin_init(&begin);
	struct sender *sender = sender_new(producer, gate, "k7f3qa-slx1", &begin);
	assert_true(sender_send(sender, &empty, NULL, INT64_MAX));
	assert_true(sender_send(sender, &empty, NULL, INT64_MAX));
	sender_free(sender);
	assert_true(gate_in_flight(gate) > 0);
	testing_producer_free(producer); /* gives them */
	assert_int_equal(gate_in_flight(gate), 0);
	gate_free(gate);
}

static void a_refused_chunk_is_counted(void **state)
{
	struct producer *producer = testing_producer_new(TESTING_REFUSED);
	struct gate *gate = gate_new(NULL, SENDER_WORKER_BYTES);
	struct chunk_begin begin;
	struct chunk_end end = { 0 };

	(void)state;
	begin_init(&begin);
	struct sender *sender = sender_new(producer, gate, "k7f3qa-slx1", &begin);
	assert_true(sender_send(sender, &empty, NULL, INT64_MAX));
	assert_true(sender_send(sender, &empty, &end, INT64_MAX));
	assert_true(sender_drain(sender, INT64_MAX));
	assert_int_equal(sender_lost(sender), 2);
	assert_false(sender_end_arrived(sender));
	assert_int_equal(gate_in_flight(gate), 0);
	sender_free(sender);
	testing_producer_free(producer);
	gate_free(gate);
}

static void a_full_queue_only_makes_it_wait(void **state)
{
	struct producer *producer = testing_producer_new(TESTING_AT_ONCE);
	struct gate *gate = gate_new(NULL, SENDER_WORKER_BYTES);
	struct chunk_begin begin;

	(void)state;
	begin_init(&begin);
	struct sender *sender = sender_new(producer, gate, "k7f3qa-slx1", &begin);
	testing_fill_queue(producer, 3);
	assert_true(sender_send(sender, &empty, NULL, INT64_MAX));
	assert_int_equal(testing_count(producer), 1);
	assert_int_equal(sender_lost(sender), 0);
	testing_fill_queue(producer, 1);
	assert_false(sender_send(sender, &empty, NULL, clock_boot_ms()));
	assert_int_equal(gate_in_flight(gate), 0);
	sender_free(sender);
	testing_producer_free(producer);
	gate_free(gate);
}

static void a_verdict_is_one_chunk(void **state)
{
	struct producer *producer = testing_producer_new(TESTING_AT_ONCE);
	struct chunk_end end = { .outcome = OUTCOME_REJECTED, .packets = 17, .reason = "busy",
				 .detail = "slx1 is busy" };
	struct error error = { 0 };
	struct chunk_begin begin;
	struct chunk chunk;

	(void)state;
	begin_init(&begin);
	assert_int_equal(sender_send_verdict(producer, "k7f3qa-slx1", SENDER_NEVER_CAPTURED, &begin, &end, &error), 0);
	assert_int_equal(testing_count(producer), 1);
	testing_chunk(producer, 0, &chunk);
	assert_string_equal(chunk.capture_id, "k7f3qa-slx1");
	assert_string_equal(chunk.request_id, "k7f3qa");
	assert_int_equal(chunk.seq, 0);
	assert_int_equal(chunk.data.size, 0);
	assert_true(chunk.has_end);
	assert_int_equal(chunk.end.outcome, OUTCOME_REJECTED);
	assert_string_equal(chunk.end.reason, "busy");
	assert_string_equal(chunk.end.detail, "slx1 is busy");
	assert_int_equal(chunk.end.chunks, 1);
	assert_int_equal(chunk.end.packets, 0);
	assert_int_equal(chunk.end.seen_total, RECORD_UNSET);
	/* of nothing */
	assert_string_equal(chunk.end.data_sha256,
			    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	testing_fill_queue(producer, 1);
	assert_int_equal(sender_send_verdict(producer, "k7f3qa-slx1", SENDER_NEVER_CAPTURED, &begin, &end, &error), -1);
	assert_int_equal(error.kind, ERROR_AWAY);
	testing_producer_free(producer);
}

static void who_took_a_capture_over_knows_no_numbers(void **state)
{
	struct producer *producer = testing_producer_new(TESTING_AT_ONCE);
	struct chunk_end end = { .outcome = OUTCOME_LOST, .packets = 17, .reason = "worker_lost" };
	struct error error = { 0 };
	struct chunk_begin begin;
	struct chunk chunk;

	(void)state;
	begin_init(&begin);
	assert_int_equal(sender_send_verdict(producer, "k7f3qa-slx1", SENDER_TAKEN_OVER, &begin, &end, &error), 0);
	testing_chunk(producer, 0, &chunk);
	assert_int_equal(chunk.seq, RECORD_UNSET);
	assert_true(chunk.has_end);
	assert_int_equal(chunk.end.outcome, OUTCOME_LOST);
	assert_int_equal(chunk.end.chunks, RECORD_UNSET);
	assert_int_equal(chunk.end.packets, RECORD_UNSET);
	assert_string_equal(chunk.end.data_sha256, "");
	testing_producer_free(producer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_gate_sends_nothing),
		cmocka_unit_test(receipts_may_come_after_the_session),
		cmocka_unit_test(a_refused_chunk_is_counted),
		cmocka_unit_test(a_full_queue_only_makes_it_wait),
		cmocka_unit_test(a_verdict_is_one_chunk),
		cmocka_unit_test(who_took_a_capture_over_knows_no_numbers),
	};

	return cmocka_run_group_tests_name("sender", tests, NULL, NULL);
}
