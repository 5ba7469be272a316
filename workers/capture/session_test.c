/* Whole captures over loopback, in a network namespace of the test's own, into a producer that keeps the chunks: what
 * a reader of the chunks gets is what was sent. */
#include "session.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/clock.h"
#include "core/memory.h"
#include "core/text.h"
#include "packets/digest.h"
#include "packets/packet.h"
#include "producer_testing.h"
#include "sender.h"
#include "target/network_testing.h"

enum { PORT = 9000, UDP_HEADERS = 14 + 20 + 8 };

struct trial {
	struct inventory *inventory;
	struct mailbox *mailbox;
	struct gate *gate;
	struct producer *producer;
	struct request request;
	struct session_order order;
	struct session *session;
	struct session_armed armed;
	struct session_progress progress;
	struct session_ended ended;
};

static const char inventory_text[] = "[here]\nkind = local\ninterface = lo\nworker = w\n"
				     "[gone]\nkind = local\ninterface = nosuch0\nworker = w\n"
				     "[tap]\nkind = local\ninterface = tap0\nworker = w\n";

static void prepare(struct trial *it, const char *target, enum testing_receipts receipts)
{
	struct error error = { 0 };

	*it = (struct trial){ 0 };
	it->inventory = inventory_parse("inventory", inventory_text, strlen(inventory_text), &error);
	if (!it->inventory)
		fail_msg("%s", error.text);
	it->mailbox = mailbox_new(free);
	it->gate = gate_new(NULL, SENDER_WORKER_BYTES);
	it->producer = testing_producer_new(receipts);
	record_init(&request_record, &it->request);
	TEXT_COPY(it->request.target, target);
	TEXT_COPY(it->request.filter, "udp dst port 9000");
	TEXT_COPY(it->request.request_id, "k7f3qa");
	it->request.has_filter = true;
	it->request.direction = DIRECTION_BOTH;
	it->request.timeout_s = 3600;
	it->request.count = 0;
	it->request.bytes = 100000000;
	it->request.snaplen = 262144;
	it->request.chunk_ms = 1000;
	it->order = (struct session_order){
		.number = 7,
		.capture_id = "k7f3qa-here",
		.request = &it->request,
		.target = inventory_find(it->inventory, target),
		.worker = "w",
		.asked_at_ms = 1,
		.chunk_bytes = 900000,
		.lease_until_boot_ms = INT64_MAX,
		.mailbox = it->mailbox,
		.producer = it->producer,
		.worker_gate = it->gate,
	};
}

static void start(struct trial *it)
{
	struct error error = { 0 };

	if (session_start(&it->order, &it->session, &error) < 0)
		fail_msg("%s", error.text);
}

/* Takes the mail until one of that kind came. */
static void wait_for(struct trial *it, enum session_news kind)
{
	struct pollfd fd = { .fd = mailbox_fd(it->mailbox), .events = POLLIN };
	struct mailbox_message message;

	for (;;) {
		while (!mailbox_take(it->mailbox, &message))
			poll(&fd, 1, -1);
		assert_int_equal(message.sender, 7);
		if (message.kind == SESSION_ARMED)
			it->armed = *(struct session_armed *)message.payload;
		else if (message.kind == SESSION_PROGRESS)
			it->progress = *(struct session_progress *)message.payload;
		else
			it->ended = *(struct session_ended *)message.payload;
		free(message.payload);
		if (message.kind == (int)kind)
			return;
	}
}

static void finish(struct trial *it)
{
	session_free(it->session);
	testing_producer_free(it->producer);
	gate_free(it->gate);
	mailbox_free(it->mailbox);
	inventory_free(it->inventory);
}

/* The chunks are one another's continuation, the last has the end, and its totals are right. */
static void check_chunks(struct trial *it, int expected_packets)
{
	CLEANUP(digest_freep) struct digest *digest = digest_new();
	uint8_t sha256[DIGEST_SHA256_SIZE];
	char hex[DIGEST_SHA256_HEX_SIZE];
	struct chunk chunk;
	int64_t offset = 0, bytes = 0;
	int packets = 0;

	for (size_t i = 0; i < testing_count(it->producer); i++) {
		struct packet packet;
		testing_chunk(it->producer, i, &chunk);
		assert_string_equal(chunk.capture_id, "k7f3qa-here");
		assert_string_equal(chunk.request_id, "k7f3qa");
		assert_string_equal(chunk.begin.request.filter, "udp dst port 9000");
		assert_int_equal(chunk.begin.armed_at_ns, it->armed.armed_at_ns);
		assert_int_equal(chunk.seq, i);
		assert_int_equal(chunk.byte_offset, offset);
		assert_int_equal(chunk.crc32c, digest_crc32c(0, chunk.data.data, chunk.data.size));
		assert_int_equal(chunk.has_end, i == testing_count(it->producer) - 1);
		struct packet_walk walk = { chunk.data.data, chunk.data.size, PACKET_NANO, 0 };
		int in_chunk = 0;
		for (; packet_next(&walk, &packet) == 1; in_chunk++, packets++) {
			assert_int_equal(packet.captured_length, UDP_HEADERS + network_payload_size(packets));
			assert_true(packet.ts_ns >= chunk.begin.armed_at_ns);
			bytes += packet.captured_length;
		}
		assert_int_equal(walk.at, walk.size);
		assert_int_equal(chunk.packets, in_chunk);
		digest_update(digest, chunk.data.data, chunk.data.size);
		offset += (int64_t)chunk.data.size;
	}
	digest_final(digest, sha256);
	digest_hex(sha256, sizeof sha256, hex);
	assert_int_equal(packets, expected_packets);
	assert_int_equal(chunk.end.packets, packets);
	assert_int_equal(chunk.end.bytes, bytes);
	assert_int_equal(chunk.end.chunks, testing_count(it->producer));
	assert_string_equal(chunk.end.data_sha256, hex);
	assert_int_equal(chunk.end.dropped_kernel, 0);
	assert_true(chunk.end.disarmed_at_ns >= chunk.begin.armed_at_ns);
	assert_int_equal(chunk.end.outcome, it->ended.end.outcome);
	assert_true(it->ended.end_acknowledged);
}

static void check_end(const struct trial *it, enum outcome_state outcome, enum stopped_by stopped_by,
		      const char *reason)
{
	const struct chunk_end *end = &it->ended.end;

	if (end->outcome != outcome || end->stopped_by != stopped_by || !text_equal(end->reason, reason))
		fail_msg("ended as %s by %s, `%s`: %s", names_outcome[end->outcome],
			 names_stopped_by[end->stopped_by], end->reason, end->detail);
}

/* ---- limits ---- */

static void count_is_exact(void **state)
{
	struct trial it;
	struct chunk last;

	(void)state;
	prepare(&it, "here", TESTING_AT_ONCE);
	it.request.count = 20;
	start(&it);
	wait_for(&it, SESSION_ARMED);
	assert_int_equal(it.armed.link_type, 1);
	network_send_udp(PORT, 50);
	wait_for(&it, SESSION_ENDED);
	check_end(&it, OUTCOME_COMPLETE, STOPPED_BY_COUNT, "");
	check_chunks(&it, 20);
	testing_chunk(it.producer, testing_count(it.producer) - 1, &last);
	assert_int_equal(last.end.disarmed_at_ns, last.last_packet_at_ns);
	assert_true(last.end.seen_total >= 40);
	finish(&it);
}

static void bytes_are_not_exceeded(void **state)
{
	int64_t all = 0;
	struct trial it;

	(void)state;
	prepare(&it, "here", TESTING_AT_ONCE);
	for (int i = 0; i < 10; i++)
		all += UDP_HEADERS + (int64_t)network_payload_size(i);
	it.request.bytes = all + 1; /* the eleventh is larger than what is left */
	start(&it);
	wait_for(&it, SESSION_ARMED);
	network_send_udp(PORT, 50);
	wait_for(&it, SESSION_ENDED);
	check_end(&it, OUTCOME_COMPLETE, STOPPED_BY_BYTES, "");
	check_chunks(&it, 10);
	finish(&it);
}

static void full_chunks_go_at_once(void **state)
{
	struct trial it;

	(void)state;
	prepare(&it, "here", TESTING_AT_ONCE);
	it.order.chunk_bytes = 300000;
	it.request.chunk_ms = 60000;
	it.request.count = 2000;
	start(&it);
	wait_for(&it, SESSION_ARMED);
	network_send_udp(PORT, 2000);
	wait_for(&it, SESSION_ENDED);
	check_end(&it, OUTCOME_COMPLETE, STOPPED_BY_COUNT, "");
	check_chunks(&it, 2000);
	assert_true(testing_count(it.producer) > 4);
	finish(&it);
}

static void a_chunk_does_not_wait_to_be_full(void **state)
{
	struct trial it;
	struct chunk chunk;

	(void)state;
	prepare(&it, "here", TESTING_AT_ONCE);
	it.request.chunk_ms = 20;
	start(&it);
	testing_wait(it.producer, 1); /* armed */
	testing_chunk(it.producer, 0, &chunk);
	assert_int_equal(chunk.packets, 0);
	assert_int_equal(chunk.begin.link_type, 1);
	assert_string_equal(chunk.begin.interface, "lo");
	assert_string_equal(chunk.begin.worker, "w");
	network_send_udp(PORT, 1);
	testing_wait(it.producer, 2); /* by time: the capture goes on for an hour */
	wait_for(&it, SESSION_PROGRESS);
	assert_int_equal(it.progress.packets, 1);
	session_stop(it.session, SESSION_STOP);
	wait_for(&it, SESSION_ENDED);
	check_chunks(&it, 1);
	finish(&it);
}

static void the_time_ends_it(void **state)
{
	struct trial it;

	(void)state;
	prepare(&it, "here", TESTING_AT_ONCE);
	it.request.timeout_s = 1;
	start(&it);
	wait_for(&it, SESSION_ARMED);
	network_send_udp(PORT, 5);
	wait_for(&it, SESSION_ENDED);
	check_end(&it, OUTCOME_COMPLETE, STOPPED_BY_TIMEOUT, "");
	check_chunks(&it, 5);
	assert_int_equal(it.ended.end.disarmed_at_ns, it.armed.armed_at_ns + INT64_C(1000000000));
	finish(&it);
}

static void nothing_matched_is_not_nothing_came(void **state)
{
	struct trial it;
	uint8_t frame[60];

	(void)state;
	for (int traffic = 0; traffic < 2; traffic++) {
		CLEANUP_CLOSE int tap = network_tap("tap0", true);
		prepare(&it, "tap", TESTING_AT_ONCE);
		it.request.timeout_s = 1;
		it.request.direction = DIRECTION_RX;
		start(&it);
		wait_for(&it, SESSION_ARMED);
		network_frame(frame, 1);
		if (traffic)
			assert_true(write(tap, frame, sizeof frame) > 0);
		wait_for(&it, SESSION_ENDED);
		/* A new interface may ask for IPv6 routers by itself: then there is no silence. */
		bool silence = it.ended.end.seen_total == 0;
		assert_true(!traffic || !silence);
		check_end(&it, silence ? OUTCOME_BLIND : OUTCOME_EMPTY, STOPPED_BY_TIMEOUT, "");
		check_chunks(&it, 0);
		finish(&it);
	}
}

/* ---- ended by others ---- */

static void what_the_loop_says_holds(void **state)
{
	static const struct {
		enum session_stop how;
		enum outcome_state outcome;
		enum stopped_by stopped_by;
		const char *reason;
	} rows[] = {
		{ SESSION_STOP_SHUTDOWN, OUTCOME_PARTIAL, STOPPED_BY_SHUTDOWN, "shutdown" },
		{ SESSION_STOP_REPLACE, OUTCOME_PARTIAL, STOPPED_BY_REPLACE, "replaced" },
		{ SESSION_STOP, OUTCOME_PARTIAL, STOPPED_BY_STOP, "stopped" },
		{ SESSION_CANCEL, OUTCOME_CANCELLED, STOPPED_BY_CANCEL, "cancelled" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct trial it;
		prepare(&it, "here", TESTING_AT_ONCE);
		start(&it);
		wait_for(&it, SESSION_ARMED);
		network_send_udp(PORT, 8);
		session_stop(it.session, rows[i].how); /* what was sent before still counts */
		wait_for(&it, SESSION_ENDED);
		check_end(&it, rows[i].outcome, rows[i].stopped_by, rows[i].reason);
		check_chunks(&it, 8);
		finish(&it);
	}
}

/* Waits until nobody captures in this network namespace any more. */
static void wait_until_closed(void)
{
	for (;;) {
		CLEANUP_FILE FILE *sockets = fopen("/proc/thread-self/net/packet", "re");
		char line[256];
		int lines = 0;
		assert_non_null(sockets);
		while (fgets(line, sizeof line, sockets))
			lines++;
		if (lines == 1) /* the table's head */
			return;
		poll(NULL, 0, 5);
	}
}

static void without_a_lease_nothing_is_sent(void **state)
{
	(void)state;
	for (int from_the_start = 0; from_the_start < 2; from_the_start++) {
		struct trial it;
		prepare(&it, "here", TESTING_AT_ONCE);
		it.order.lease_until_boot_ms = from_the_start ? 0 : INT64_MAX;
		start(&it);
		wait_for(&it, SESSION_ARMED);
		if (!from_the_start) {
			testing_wait(it.producer, 1);
			network_send_udp(PORT, 3);
			session_lease(it.session, 0);
		}
		wait_until_closed();
		assert_int_equal(testing_count(it.producer), from_the_start ? 0 : 1);
		session_lease(it.session, INT64_MAX);
		wait_for(&it, SESSION_ENDED);
		check_end(&it, OUTCOME_PARTIAL, STOPPED_BY_FAILURE, "kafka_lost");
		check_chunks(&it, from_the_start ? 0 : 3); /* what was captured until then, and the end */
		assert_int_equal(testing_count(it.producer), from_the_start ? 1 : 2);
		finish(&it);
	}
}

static void an_abandoned_capture_sends_nothing_more(void **state)
{
	struct trial it;

	(void)state;
	prepare(&it, "here", TESTING_HELD); /* it does not even wait for what is under way */
	start(&it);
	testing_wait(it.producer, 1);
	session_stop(it.session, SESSION_ABANDON);
	wait_for(&it, SESSION_ENDED);
	assert_int_equal(testing_count(it.producer), 1);
	assert_false(it.ended.end_acknowledged);
	finish(&it);
}

static void what_cannot_begin_sends_an_end(void **state)
{
	struct trial it;
	struct chunk chunk;

	(void)state;
	prepare(&it, "gone", TESTING_AT_ONCE);
	start(&it);
	wait_for(&it, SESSION_ENDED);
	check_end(&it, OUTCOME_FAILED, STOPPED_BY_FAILURE, "interface_missing");
	assert_int_equal(testing_count(it.producer), 1);
	testing_chunk(it.producer, 0, &chunk);
	assert_true(chunk.has_end);
	assert_int_equal(chunk.begin.armed_at_ns, RECORD_UNSET);
	assert_int_equal(chunk.begin.link_type, RECORD_UNSET);
	assert_int_equal(chunk.end.disarmed_at_ns, RECORD_UNSET);
	assert_int_equal(it.ended.armed_at_ns, RECORD_UNSET);
	finish(&it);
}

static void an_interface_that_disappears(void **state)
{
	int tap = network_tap("tap0", true);
	struct trial it;

	(void)state;
	prepare(&it, "tap", TESTING_AT_ONCE);
	start(&it);
	wait_for(&it, SESSION_ARMED);
	close(tap);
	wait_for(&it, SESSION_ENDED);
	check_end(&it, OUTCOME_PARTIAL, STOPPED_BY_FAILURE, "interface_gone");
	finish(&it);
}

/* ---- Kafka ---- */

static void lost_chunks_make_it_partial(void **state)
{
	struct trial it;

	(void)state;
	prepare(&it, "here", TESTING_REFUSED);
	it.request.count = 3;
	start(&it);
	wait_for(&it, SESSION_ARMED);
	network_send_udp(PORT, 3);
	wait_for(&it, SESSION_ENDED);
	check_end(&it, OUTCOME_PARTIAL, STOPPED_BY_COUNT, "packets_missing");
	assert_false(it.ended.end_acknowledged);
	assert_int_equal(it.ended.chunks_lost, testing_count(it.producer));
	finish(&it);
}

static void a_slow_kafka_only_makes_it_wait(void **state)
{
	struct trial it;

	(void)state;
	prepare(&it, "here", TESTING_HELD);
	gate_free(it.gate);
	it.gate = gate_new(NULL, 1); /* one chunk at a time */
	it.order.worker_gate = it.gate;
	it.order.chunk_bytes = 300000;
	it.request.count = 2000;
	start(&it);
	wait_for(&it, SESSION_ARMED);
	network_send_udp(PORT, 2000);
	testing_wait(it.producer, 1);
	testing_give_receipts(it.producer);
	wait_for(&it, SESSION_ENDED);
	check_end(&it, OUTCOME_COMPLETE, STOPPED_BY_COUNT, "");
	check_chunks(&it, 2000);
	finish(&it);
}

static int enter(void **state)
{
	(void)state;
	network_enter();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(count_is_exact),
		cmocka_unit_test(bytes_are_not_exceeded),
		cmocka_unit_test(full_chunks_go_at_once),
		cmocka_unit_test(a_chunk_does_not_wait_to_be_full),
		cmocka_unit_test(the_time_ends_it),
		cmocka_unit_test(nothing_matched_is_not_nothing_came),
		cmocka_unit_test(what_the_loop_says_holds),
		cmocka_unit_test(without_a_lease_nothing_is_sent),
		cmocka_unit_test(an_abandoned_capture_sends_nothing_more),
		cmocka_unit_test(what_cannot_begin_sends_an_end),
		cmocka_unit_test(an_interface_that_disappears),
		cmocka_unit_test(lost_chunks_make_it_partial),
		cmocka_unit_test(a_slow_kafka_only_makes_it_wait),
	};

	return cmocka_run_group_tests_name("session", tests, enter, NULL);
}
