/* Cutting: whole packets, the limits to the packet and the byte, and totals that agree with the chunks. */
#include "packets/cut.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint8_t bytes[PACKET_SNAPLEN_MAX + 1];

static struct packet packet_of(int64_t ts_ns, uint32_t captured)
{
	return (struct packet){
		.ts_ns = ts_ns, .captured_length = captured, .original_length = captured, .data = bytes
	};
}

static enum cut_answer offer(struct cut *cut, int64_t ts_ns, uint32_t captured)
{
	struct packet packet = packet_of(ts_ns, captured);

	return cut_packet(cut, &packet);
}

static void test_empty(void **state)
{
	(void)state;
	const struct cut_settings settings = { .maximum_bytes = 900000 };
	CLEANUP(cut_freep) struct cut *cut = cut_new(&settings);
	struct cut_chunk chunk;
	struct cut_totals totals;

	for (int64_t seq = 0; seq < 3; seq++) {
		cut_chunk(cut, &chunk);
		assert_int_equal(chunk.seq, seq);
		assert_int_equal(chunk.byte_offset, 0);
		assert_int_equal(chunk.packets, 0);
		assert_int_equal(chunk.size, 0);
		assert_int_equal(chunk.crc32c, 0);
		assert_int_equal(chunk.first_ns, PACKET_UNSET);
		assert_int_equal(chunk.last_ns, PACKET_UNSET);
		cut_totals(cut, &totals);
		assert_int_equal(totals.chunks, seq + 1);
		cut_next(cut);
	}
	assert_int_equal(totals.packets, 0);
	assert_int_equal(totals.first_ns, PACKET_UNSET);
	assert_string_equal(totals.data_sha256, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	assert_int_equal(cut_limit_reached(cut), CUT_LIMIT_NONE);
	cut_free(NULL);
}

static void test_what_a_chunk_says(void **state)
{
	(void)state;
	const struct cut_settings settings = { .resolution = PACKET_MICRO, .snaplen = 40, .maximum_bytes = 300000 };
	CLEANUP(cut_freep) struct cut *cut = cut_new(&settings);
	struct cut_chunk chunk;
	struct packet found;
	struct packet short_one = { .ts_ns = 2000001999, .captured_length = 3, .original_length = 2, .data = bytes };

	assert_int_equal(offer(cut, 3000001999, 100), CUT_TAKEN);
	assert_int_equal(cut_packet(cut, &short_one), CUT_TAKEN);
	assert_int_equal(offer(cut, 2500000000, 0), CUT_TAKEN);
	cut_chunk(cut, &chunk);
	assert_int_equal(chunk.packets, 3);
	assert_int_equal(chunk.size, 3 * PACKET_HEADER_SIZE + 43);
	assert_int_equal(chunk.first_ns, 2000001000); /* the earliest, in microseconds, not the one in front */
	assert_int_equal(chunk.last_ns, 3000001000);
	assert_int_equal(chunk.crc32c, digest_crc32c(0, chunk.data, chunk.size));
	struct packet_walk walk = { .data = chunk.data, .size = chunk.size, .resolution = PACKET_MICRO };
	assert_int_equal(packet_next(&walk, &found), 1);
	assert_int_equal(found.captured_length, 40); /* the snaplen */
	assert_int_equal(found.original_length, 100);
	assert_memory_equal(found.data, bytes, 40);
	assert_int_equal(packet_next(&walk, &found), 1);
	assert_int_equal(found.original_length, 3);
	assert_int_equal(packet_next(&walk, &found), 1);
	assert_int_equal(packet_next(&walk, &found), 0);
	size_t size = chunk.size;
	cut_next(cut);
	cut_chunk(cut, &chunk);
	assert_int_equal(chunk.seq, 1);
	assert_int_equal(chunk.byte_offset, size);
	assert_int_equal(chunk.packets, 0);
	assert_int_equal(chunk.first_ns, PACKET_UNSET);
}

static void test_full_to_the_byte(void **state)
{
	(void)state;
	const struct cut_settings settings = { .maximum_bytes = 300000 };
	CLEANUP(cut_freep) struct cut *cut = cut_new(&settings);
	struct cut_chunk chunk;

	assert_int_equal(offer(cut, 1, 200000), CUT_TAKEN);
	assert_int_equal(offer(cut, 1, 100000 - 31), CUT_FULL);
	assert_int_equal(offer(cut, 1, 100000 - 32), CUT_TAKEN);
	cut_chunk(cut, &chunk);
	assert_int_equal(chunk.size, 300000);
	assert_int_equal(offer(cut, 1, 0), CUT_FULL);
	assert_int_equal(offer(cut, 1, 262144), CUT_FULL);
	cut_next(cut);
	assert_int_equal(offer(cut, 1, 262144), CUT_TAKEN);
	cut_chunk(cut, &chunk);
	assert_int_equal(chunk.packets, 1);
	assert_int_equal(chunk.byte_offset, 300000);
}

/* Even a maximum that is wrong leaves room for any packet. */
static void test_the_longest_packet_always_fits(void **state)
{
	(void)state;
	const struct cut_settings settings = { .maximum_bytes = 1000 };
	CLEANUP(cut_freep) struct cut *cut = cut_new(&settings);
	struct cut_chunk chunk;

	assert_int_equal(offer(cut, 1, PACKET_SNAPLEN_MAX + 1), CUT_TAKEN);
	cut_chunk(cut, &chunk);
	assert_int_equal(chunk.size, PACKET_HEADER_SIZE + PACKET_SNAPLEN_MAX);
}

static void test_count(void **state)
{
	(void)state;
	const struct cut_settings settings = { .maximum_bytes = 300000, .count = 3, .bytes = 300 };
	CLEANUP(cut_freep) struct cut *cut = cut_new(&settings);
	struct cut_totals totals;

	assert_int_equal(offer(cut, 1, 100), CUT_TAKEN);
	assert_int_equal(offer(cut, 2, 100), CUT_TAKEN);
	assert_int_equal(cut_limit_reached(cut), CUT_LIMIT_NONE);
	assert_int_equal(offer(cut, 3, 100), CUT_TAKEN_LAST); /* it reaches `bytes` too */
	assert_int_equal(cut_limit_reached(cut), CUT_LIMIT_COUNT);
	assert_int_equal(offer(cut, 4, 0), CUT_NOT_TAKEN);
	cut_totals(cut, &totals);
	assert_int_equal(totals.packets, 3);
	assert_int_equal(totals.bytes, 300);
	assert_int_equal(totals.last_ns, 0); /* 3 ns, in microseconds */
}

static void test_count_of_one_after_full(void **state)
{
	(void)state;
	const struct cut_settings settings = { .maximum_bytes = 300000, .count = 2 };
	CLEANUP(cut_freep) struct cut *cut = cut_new(&settings);

	assert_int_equal(offer(cut, 1, 262144), CUT_TAKEN);
	assert_int_equal(offer(cut, 2, 262144), CUT_FULL);
	assert_int_equal(cut_limit_reached(cut), CUT_LIMIT_NONE);
	cut_next(cut);
	assert_int_equal(offer(cut, 2, 262144), CUT_TAKEN_LAST);
}

static void test_bytes(void **state)
{
	(void)state;
	struct cut_settings settings = { .maximum_bytes = 300000, .bytes = 250 };
	CLEANUP(cut_freep) struct cut *cut = cut_new(&settings);
	struct cut_totals totals;

	assert_int_equal(offer(cut, 1, 100), CUT_TAKEN);
	assert_int_equal(offer(cut, 1, 149), CUT_TAKEN);
	assert_int_equal(offer(cut, 1, 2), CUT_NOT_TAKEN); /* ends it: no later one is taken */
	assert_int_equal(offer(cut, 1, 1), CUT_NOT_TAKEN);
	assert_int_equal(cut_limit_reached(cut), CUT_LIMIT_BYTES);
	cut_totals(cut, &totals);
	assert_int_equal(totals.bytes, 249);
	assert_int_equal(totals.packets, 2);
	settings.snaplen = 50; /* counts what is captured, not what was on the wire */
	CLEANUP(cut_freep) struct cut *other = cut_new(&settings);
	for (int i = 0; i < 4; i++)
		assert_int_equal(offer(other, 1, 1500), CUT_TAKEN);
	assert_int_equal(offer(other, 1, 1500), CUT_TAKEN_LAST);
	assert_int_equal(cut_limit_reached(other), CUT_LIMIT_BYTES);
}

/* The totals while a chunk is open are those of the chunks as if it were gone. */
static void test_totals_with_and_without_an_open_chunk(void **state)
{
	(void)state;
	const struct cut_settings settings = { .resolution = PACKET_NANO, .maximum_bytes = 300000 };
	CLEANUP(cut_freep) struct cut *cut = cut_new(&settings);
	CLEANUP(digest_freep) struct digest *digest = digest_new();
	struct cut_chunk chunk;
	struct cut_totals open, gone;
	uint8_t sha256[DIGEST_SHA256_SIZE];
	char hex[DIGEST_SHA256_HEX_SIZE];

	for (int64_t i = 0; i < 5; i++) {
		bytes[0] = (uint8_t)i;
		assert_int_equal(offer(cut, 10 - i, 100000), CUT_TAKEN);
		cut_chunk(cut, &chunk);
		digest_update(digest, chunk.data, chunk.size);
		cut_totals(cut, &open);
		cut_next(cut);
		cut_totals(cut, &gone);
		assert_string_equal(open.data_sha256, gone.data_sha256);
		assert_int_equal(open.chunks, i + 1);
		assert_int_equal(gone.chunks, i + 2);
	}
	digest_final(digest, sha256);
	digest_hex(sha256, sizeof sha256, hex);
	assert_string_equal(open.data_sha256, hex);
	assert_int_equal(open.first_ns, 6);
	assert_int_equal(open.last_ns, 10);
	bytes[0] = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_what_a_chunk_says),
		cmocka_unit_test(test_full_to_the_byte),
		cmocka_unit_test(test_the_longest_packet_always_fits),
		cmocka_unit_test(test_count),
		cmocka_unit_test(test_count_of_one_after_full),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_totals_with_and_without_an_open_chunk),
	};

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(i * 31);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
