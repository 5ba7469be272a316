/* The pcap reader over streams made here, whole, byte by byte and broken in every way that it must notice. */
#include "packets/pcap_read.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A stream in the making. */
struct stream {
	bool big_endian;
	bool nano;
	uint8_t data[600 * 1024];
	size_t size;
};

static struct stream it;

static void put(uint32_t value, int bytes)
{
	for (int i = 0; i < bytes; i++) {
		int shift = 8 * (it.big_endian ? bytes - 1 - i : i);
		it.data[it.size++] = (uint8_t)(value >> shift);
	}
}

static void put_file_header(bool big_endian, bool nano, uint32_t snaplen, uint32_t link)
{
	it.size = 0;
	it.big_endian = big_endian;
	it.nano = nano;
	put(nano ? 0xa1b23c4d : 0xa1b2c3d4, 4);
	put(2, 2);
	put(4, 2);
	put(0, 4);
	put(0, 4);
	put(snaplen, 4);
	put(link, 4);
}

static void put_packet(uint32_t seconds, uint32_t fraction, uint32_t captured, uint32_t original)
{
	put(seconds, 4);
	put(fraction, 4);
	put(captured, 4);
	put(original, 4);
	for (uint32_t i = 0; i < captured; i++)
		it.data[it.size++] = (uint8_t)(i * 7 + captured);
}

static void assert_packet(const struct packet *packet, int64_t ts_ns, uint32_t captured, uint32_t original)
{
	assert_int_equal(packet->ts_ns, ts_ns);
	assert_int_equal(packet->captured_length, captured);
	assert_int_equal(packet->original_length, original);
	for (uint32_t i = 0; i < captured; i++)
		if (packet->data[i] != (uint8_t)(i * 7 + captured))
			fail_msg("byte %u of a packet of %u is wrong", i, captured);
}

/* Reads all of it in pieces of `piece` bytes, each in memory of its own, and expects four packets. */
static void read_four(size_t piece)
{
	const int64_t unit_ns = it.nano ? 1 : 1000;
	const uint32_t captured[] = { 60, 0, 262144, 1 };
	CLEANUP(pcap_read_freep) struct pcap_read *reader = pcap_read_new();
	struct packet packet;
	size_t found = 0;

	for (size_t at = 0; at < it.size; at += piece) {
		size_t size = it.size - at < piece ? it.size - at : piece;
		CLEANUP_FREE uint8_t *copy = memory_copy(it.data + at, size);
		int got;
		pcap_read_push(reader, copy, size);
		while ((got = pcap_read_next(reader, &packet, NULL)) > 0) {
			assert_true(found < 4);
			int64_t ts_ns = (100 + (int64_t)found) * 1000000000 + 999999 * unit_ns;
			assert_packet(&packet, ts_ns, captured[found], found == 3 ? 1500 : captured[found]);
			found++;
		}
		assert_int_equal(got, 0);
	}
	assert_int_equal(found, 4);
	assert_int_equal(pcap_read_end(reader, NULL), 0);
	const struct pcap_read_header *header = pcap_read_header(reader);
	assert_non_null(header);
	assert_int_equal(header->link_type, 113);
	assert_int_equal(header->snaplen, 262144);
	assert_int_equal(header->resolution, it.nano ? PACKET_NANO : PACKET_MICRO);
}

static void test_orders_and_resolutions_in_pieces(void **state)
{
	(void)state;
	const size_t pieces[] = { 1, 2, 3, 7, 15, 16, 17, 24, 25, 39, 40, 41, 4096, 65536, sizeof it.data };

	for (int way = 0; way < 4; way++) {
		/* The upper bits of the link type's word: an FCS of 4 bytes. */
		put_file_header(way & 1, way & 2, way == 0 ? 0 : 262144, 0x24000000u | 113);
		put_packet(100, 999999, 60, 60);
		put_packet(101, 999999, 0, 0);
		put_packet(102, 999999, 262144, 262144);
		put_packet(103, 999999, 1, 1500);
		for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++)
			read_four(pieces[i]);
	}
}

static void test_header_is_known_before_a_packet(void **state)
{
	(void)state;
	CLEANUP(pcap_read_freep) struct pcap_read *reader = pcap_read_new();
	struct packet packet;
	struct error error;

	put_file_header(false, true, 96, 65535);
	assert_null(pcap_read_header(reader));
	assert_int_equal(pcap_read_next(reader, &packet, NULL), 0);
	assert_int_equal(pcap_read_end(reader, &error), -1);
	pcap_read_push(reader, it.data, 23);
	assert_int_equal(pcap_read_next(reader, &packet, NULL), 0);
	assert_null(pcap_read_header(reader));
	assert_int_equal(pcap_read_end(reader, &error), -1);
	assert_int_equal(error.kind, ERROR_INPUT);
	assert_non_null(strstr(error.text, "23 bytes"));
	pcap_read_push(reader, it.data + 23, 1);
	assert_int_equal(pcap_read_next(reader, &packet, NULL), 0);
	assert_non_null(pcap_read_header(reader));
	assert_int_equal(pcap_read_header(reader)->snaplen, 96);
	assert_int_equal(pcap_read_header(reader)->link_type, 65535);
	assert_int_equal(pcap_read_end(reader, NULL), 0);
	pcap_read_free(NULL);
}

static int read_all(struct error *error)
{
	CLEANUP(pcap_read_freep) struct pcap_read *reader = pcap_read_new();
	struct packet packet;
	int got;

	memset(error, 0, sizeof *error);
	pcap_read_push(reader, it.data, it.size);
	while ((got = pcap_read_next(reader, &packet, error)) > 0)
		;
	if (got < 0) { /* for good, whatever comes */
		struct error again;
		pcap_read_push(reader, it.data, it.size);
		assert_int_equal(pcap_read_next(reader, &packet, &again), -1);
		assert_string_equal(again.text, error->text);
		assert_int_equal(pcap_read_end(reader, &again), -1);
		assert_string_equal(again.text, error->text);
		return -1;
	}
	return pcap_read_end(reader, error);
}

static void assert_refused(const char *words)
{
	struct error error;

	assert_int_equal(read_all(&error), -1);
	assert_int_equal(error.kind, ERROR_INPUT);
	assert_int_equal(error.word, WORD_peer_invalid);
	if (!strstr(error.text, words))
		fail_msg("'%s' is not in '%s'", words, error.text);
}

static void assert_read(void)
{
	struct error error;

	if (read_all(&error) < 0)
		fail_msg("%s", error.text);
}

static void test_not_pcap(void **state)
{
	(void)state;
	it.size = 0;
	it.big_endian = false;
	put(0x0a0d0d0a, 4);
	assert_refused("pcapng");
	memcpy(it.data, "Last login", 10);
	it.size = 10;
	assert_refused("4c 61 73 74");
	put_file_header(true, false, 0, 1);
	it.data[5] = 3;
	assert_refused("version 3.4");
	put_file_header(false, false, 0, 1);
	it.data[6] = 3;
	assert_refused("version 2.3");
}

static void test_lying_packets(void **state)
{
	(void)state;
	put_file_header(false, false, 262144, 1);
	put_packet(1, 0, 262144, 262144);
	assert_read();
	put_packet(1, 0, 262145, 262145);
	assert_refused("packet 2 ");
	put_file_header(true, true, 0, 1);
	put_packet(1, 0, 262145, 262145);
	assert_refused("262145");
	put_file_header(false, false, 0x7fffffff, 1); /* some writers say so, and mean "no limit" */
	put_packet(1, 0, 65535, 65535);
	assert_read();
	put_packet(1, 0, 0, 0);
	put(1, 4); /* a header without its data: nothing may wait for, or make room for, 4 GiB */
	put(0, 4);
	put(0xffffffff, 4);
	put(0xffffffff, 4);
	assert_refused("packet 3 ");
}

static void test_snaplen_is_held_within_reason(void **state)
{
	(void)state;
	put_file_header(false, false, 96, 1);
	put_packet(1, 0, 96 + 256, 1500);
	assert_read();
	put_packet(1, 0, 96 + 257, 1500);
	assert_refused("at most 352");
}

static void test_fraction(void **state)
{
	(void)state;
	put_file_header(false, false, 0, 1);
	put_packet(1, 999999, 4, 4);
	assert_read();
	put_packet(1, 1000000, 4, 4);
	assert_refused("1000000");
	put_file_header(false, true, 0, 1);
	put_packet(1, 999999999, 4, 4);
	assert_read();
	put_packet(1, 1000000000, 4, 4);
	assert_refused("packet 2");
}

static void test_cut_off_anywhere(void **state)
{
	(void)state;
	put_file_header(true, false, 0, 1);
	put_packet(1, 1, 5, 5);
	put_packet(2, 2, 6, 6);
	size_t whole = it.size;
	for (it.size = 0; it.size <= whole; it.size++) {
		struct error error;
		bool fits = it.size == 24 || it.size == 45 || it.size == whole;
		assert_int_equal(read_all(&error), fits ? 0 : -1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_orders_and_resolutions_in_pieces),
		cmocka_unit_test(test_header_is_known_before_a_packet),
		cmocka_unit_test(test_not_pcap),
		cmocka_unit_test(test_lying_packets),
		cmocka_unit_test(test_snaplen_is_held_within_reason),
		cmocka_unit_test(test_fraction),
		cmocka_unit_test(test_cut_off_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
