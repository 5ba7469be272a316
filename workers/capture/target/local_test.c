/* Real captures with libpcap in a network namespace of the test's own. A thread gives up its right to capture when it
 * opens, so each source is opened in a thread of its own; it may be read by any. */
#include "target/local.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/clock.h"
#include "core/confine.h"
#include "core/memory.h"
#include "core/text.h"
#include "target/network_testing.h"

enum { PORT = 9000, UDP_HEADERS = 14 + 20 + 8 };

MEMORY_DEFINE_FREEP(struct target_source, target_close)

/* ---- opening in a thread ---- */

struct opening {
	struct inventory_target target;
	struct request request;
	bool unprivileged;
	struct target_source *source;
	struct target_facts facts;
	struct error error;
};

static void *open_run(void *context)
{
	struct opening *opening = context;

	if (opening->unprivileged)
		confine_net_raw_end();
	opening->source = target_open(&opening->target, &opening->request, &opening->facts, &opening->error);
	return NULL;
}

static void prepare(struct opening *opening, const char *interface, const char *filter)
{
	*opening = (struct opening){ 0 };
	record_init(&target_record, &opening->target.public);
	record_init(&request_record, &opening->request);
	TEXT_COPY(opening->target.public.kind, "local");
	TEXT_COPY(opening->target.public.interface, interface);
	TEXT_COPY(opening->request.filter, filter);
	opening->request.snaplen = 262144;
	opening->request.chunk_ms = 1000;
	opening->request.direction = DIRECTION_BOTH;
}

static struct target_source *open_prepared(struct opening *opening)
{
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, open_run, opening), 0);
	pthread_join(thread, NULL);
	return opening->source;
}

static struct target_source *open_on(struct opening *opening, const char *interface, const char *filter)
{
	prepare(opening, interface, filter);
	if (!open_prepared(opening))
		fail_msg("%s", opening->error.text);
	return opening->source;
}

/* The next packet, for which it waits. */
static void take(struct target_source *source, struct packet *ret_packet)
{
	struct error error = { 0 };
	int got;

	while ((got = target_next(source, ret_packet, &error)) == 0)
		target_wait(source, -1, INT64_MAX);
	if (got < 0)
		fail_msg("%s", error.text);
}

/* Whether any packet comes in the time in which all that were sent must have come. */
static bool is_quiet(struct target_source *source)
{
	int64_t until_boot_ms = clock_boot_ms() + target_latency_ms(source);
	struct packet packet;
	bool last_time;

	do {
		last_time = clock_boot_ms() >= until_boot_ms;
		if (target_next(source, &packet, NULL) != 0)
			return false;
		target_wait(source, -1, until_boot_ms);
	} while (!last_time);
	return true;
}

/* ---- tests ---- */

static void every_packet_comes_once_in_order(void **state)
{
	struct opening opening;
	CLEANUP(target_closep) struct target_source *source = open_on(&opening, "lo", "udp dst port 9000");
	struct target_counts counts;
	struct packet packet;
	int64_t last_ns = opening.facts.armed_at_ns;

	(void)state;
	assert_int_equal(opening.facts.link_type, 1);
	assert_int_equal(opening.facts.resolution, RESOLUTION_NANO);
	assert_string_equal(opening.facts.interface, "lo");
	network_send_udp(PORT, 500);
	for (int i = 0; i < 500; i++) {
		take(source, &packet);
		assert_int_equal(packet.captured_length, UDP_HEADERS + network_payload_size(i));
		assert_int_equal(packet.original_length, packet.captured_length);
		for (size_t k = UDP_HEADERS; k < packet.captured_length; k++)
			assert_int_equal(packet.data[k], (uint8_t)i);
		assert_true(packet.ts_ns >= last_ns);
		last_ns = packet.ts_ns;
	}
	assert_true(last_ns <= clock_wall_ns());
	assert_true(is_quiet(source));
	target_count(source, &counts);
	assert_int_equal(counts.received_kernel, 500);
	assert_int_equal(counts.dropped_kernel, 0);
	assert_true(counts.seen_total >= 1000); /* out and in, and what was answered */
}

static void what_came_before_is_left_out(void **state)
{
	struct opening opening;
	struct target_counts counts;
	struct packet packet;

	(void)state;
	network_send_udp(PORT, 20);
	CLEANUP(target_closep) struct target_source *source = open_on(&opening, "lo", "udp dst port 9000");
	network_send_udp(PORT, 1);
	take(source, &packet);
	assert_true(packet.ts_ns >= opening.facts.armed_at_ns);
	assert_true(is_quiet(source));
	target_count(source, &counts);
	assert_int_equal(counts.received_kernel, 1);
}

static void snaplen_cuts_packets_off(void **state)
{
	struct opening opening;
	struct packet packet;

	(void)state;
	prepare(&opening, "lo", "udp dst port 9000");
	opening.request.snaplen = 60;
	CLEANUP(target_closep) struct target_source *source = open_prepared(&opening);
	assert_non_null(source);
	assert_int_equal(opening.facts.snaplen, 60);
	network_send_udp(PORT, 30);
	for (int i = 0; i < 30; i++) {
		size_t size = UDP_HEADERS + network_payload_size(i);
		take(source, &packet);
		assert_int_equal(packet.original_length, size);
		assert_int_equal(packet.captured_length, size < 60 ? size : 60);
	}
}

static void what_does_not_match_is_seen(void **state)
{
	struct opening opening;
	CLEANUP(target_closep) struct target_source *source = open_on(&opening, "lo", "udp dst port 9001");
	struct target_counts counts;

	(void)state;
	target_count(source, &counts);
	assert_int_equal(counts.seen_total, 0);
	network_send_udp(PORT, 3);
	assert_true(is_quiet(source));
	target_count(source, &counts);
	assert_int_equal(counts.received_kernel, 0);
	assert_true(counts.seen_total >= 6);
}

static void all_interfaces_at_once(void **state)
{
	struct opening opening;
	CLEANUP_CLOSE int tap = network_tap("tap0", true);
	CLEANUP(target_closep) struct target_source *source = open_on(&opening, "any", "udp dst port 9000 or ether "
									       "proto 0x88b5");
	struct target_counts counts;
	struct packet packet;
	uint8_t frame[60];

	(void)state;
	assert_int_equal(opening.facts.link_type, 113); /* LINKTYPE_LINUX_SLL */
	network_frame(frame, 1);
	assert_int_equal(write(tap, frame, sizeof frame), sizeof frame);
	take(source, &packet);
	network_send_udp(PORT, 1);
	take(source, &packet);
	assert_true(is_quiet(source));
	target_count(source, &counts);
	assert_true(counts.seen_total >= 3);
}

static void bare_ip_is_link_type_101(void **state)
{
	struct opening opening;
	CLEANUP_CLOSE int tun = network_tap("tun0", false);
	CLEANUP(target_closep) struct target_source *source = open_on(&opening, "tun0", "");
	/* An IPv4 header alone, protocol 253 (for experiments). */
	static const uint8_t bare[20] = { 0x45, 0, 0, 20, 0, 0, 0, 0, 64, 253, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2 };
	struct packet packet;

	(void)state;
	assert_int_equal(opening.facts.link_type, 101);
	assert_int_equal(write(tun, bare, sizeof bare), sizeof bare);
	do
		take(source, &packet); /* the kernel may ask for IPv6 routers first */
	while (packet.data[0] != 0x45);
	assert_int_equal(packet.captured_length, sizeof bare);
}

static void directions_are_told_apart(void **state)
{
	static const enum direction directions[] = { DIRECTION_RX, DIRECTION_TX, DIRECTION_BOTH };
	CLEANUP_CLOSE int tap = network_tap("tap0", true);
	uint8_t in[60], out[60];

	(void)state;
	network_frame(in, 1);
	network_frame(out, 2);
	for (size_t i = 0; i < 3; i++) {
		struct opening opening;
		struct packet packet;
		prepare(&opening, "tap0", "ether proto 0x88b5");
		opening.request.direction = directions[i];
		CLEANUP(target_closep) struct target_source *source = open_prepared(&opening);
		assert_non_null(source);
		assert_int_equal(write(tap, in, sizeof in), sizeof in);
		network_send_out("tap0", out, sizeof out);
		if (directions[i] != DIRECTION_TX) {
			take(source, &packet);
			assert_int_equal(packet.data[14], 1);
		}
		if (directions[i] != DIRECTION_RX) {
			take(source, &packet);
			assert_int_equal(packet.data[14], 2);
		}
		assert_true(is_quiet(source));
	}
}

static void an_interface_that_disappears(void **state)
{
	struct opening opening;
	struct error error = { 0 };
	struct packet packet;
	int tap = network_tap("tap0", true), got;
	CLEANUP(target_closep) struct target_source *source = open_on(&opening, "tap0", "ether proto 0x88b5");

	(void)state;
	close(tap);
	while ((got = target_next(source, &packet, &error)) == 0)
		target_wait(source, -1, INT64_MAX);
	assert_int_equal(got, -1);
	assert_int_equal(error.word, WORD_interface_gone);
}

static void an_interface_that_is_down_for_a_while(void **state)
{
	struct opening opening;
	struct packet packet;
	CLEANUP_CLOSE int tap = network_tap("tap0", true);
	CLEANUP(target_closep) struct target_source *source = open_on(&opening, "tap0", "ether proto 0x88b5");
	uint8_t frame[60];

	(void)state;
	network_set_up("tap0", false);
	assert_true(is_quiet(source));
	network_set_up("tap0", true);
	network_frame(frame, 7);
	assert_int_equal(write(tap, frame, sizeof frame), sizeof frame);
	take(source, &packet);
	assert_int_equal(packet.data[14], 7);
}

static void what_cannot_be_opened_says_why(void **state)
{
	static const struct {
		const char *interface;
		const char *filter;
		bool unprivileged;
		enum error_kind kind;
		enum error_word word;
	} rows[] = {
		{ "nosuch0", "", false, ERROR_AWAY, WORD_interface_missing },
		{ "an-interface-with-a-long-name", "", false, ERROR_AWAY, WORD_interface_missing },
		{ "tap0", "", false, ERROR_AWAY, WORD_interface_down },
		{ "lo", "prot 179", false, ERROR_INPUT, WORD_filter_invalid },
		{ "lo", "", true, ERROR_BROKEN, WORD_no_permission },
	};
	CLEANUP_CLOSE int tap = network_tap("tap0", true);

	(void)state;
	network_set_up("tap0", false);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct opening opening;
		prepare(&opening, rows[i].interface, rows[i].filter);
		opening.unprivileged = rows[i].unprivileged;
		assert_null(open_prepared(&opening));
		if (opening.error.kind != rows[i].kind || opening.error.word != rows[i].word)
			fail_msg("%s: %s %s: %s", rows[i].interface, error_kind_name(opening.error.kind),
				 error_word_name(opening.error.word), opening.error.text);
	}
}

static void a_wake_up_ends_the_wait(void **state)
{
	struct opening opening;
	CLEANUP(target_closep) struct target_source *source = open_on(&opening, "lo", "udp dst port 9001");
	CLEANUP_CLOSE int wake = eventfd(1, EFD_CLOEXEC);

	(void)state;
	target_wait(source, wake, INT64_MAX); /* for ever, if it did not hear it */
}

static void a_check_opens_and_closes(void **state)
{
	struct opening opening;
	struct error error = { 0 };
	int64_t link_type = -1;

	(void)state;
	prepare(&opening, "lo", "");
	for (int i = 0; i < 3; i++) /* the caller keeps its right to capture */
		assert_int_equal(target_check(&opening.target, &link_type, &error), 0);
	assert_int_equal(link_type, 1);
	prepare(&opening, "nosuch0", "");
	assert_int_equal(target_check(&opening.target, &link_type, &error), -1);
	assert_int_equal(error.word, WORD_interface_missing);
	TEXT_COPY(opening.target.public.kind, "slx");
	assert_int_equal(target_check(&opening.target, &link_type, &error), -1);
	assert_false(target_serves("slx"));
	assert_true(target_serves("local"));
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
		cmocka_unit_test(every_packet_comes_once_in_order),
		cmocka_unit_test(what_came_before_is_left_out),
		cmocka_unit_test(snaplen_cuts_packets_off),
		cmocka_unit_test(what_does_not_match_is_seen),
		cmocka_unit_test(all_interfaces_at_once),
		cmocka_unit_test(bare_ip_is_link_type_101),
		cmocka_unit_test(directions_are_told_apart),
		cmocka_unit_test(an_interface_that_disappears),
		cmocka_unit_test(an_interface_that_is_down_for_a_while),
		cmocka_unit_test(what_cannot_be_opened_says_why),
		cmocka_unit_test(a_wake_up_ends_the_wait),
		cmocka_unit_test(a_check_opens_and_closes),
	};

	return cmocka_run_group_tests_name("local", tests, enter, NULL);
}
