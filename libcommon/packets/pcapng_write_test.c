/* The blocks' bytes, by a small reader of its own that follows the format's page; and that the same calls make the
 * same bytes. That Wireshark reads and shows them is for the integration tests. */
#include "packets/pcapng_write.h"

#include <endian.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint32_t get32(const uint8_t *from)
{
	uint32_t value;

	memcpy(&value, from, 4);
	return le32toh(value);
}

struct block {
	uint32_t type;
	const uint8_t *body;
	size_t body_size;
};

/* The block at `*at`, which moves on. */
static struct block next_block(const struct pcapng_write *writer, size_t *at)
{
	size_t size;
	const uint8_t *data = pcapng_write_data(writer, &size);

	assert_true(size - *at >= 12);
	uint32_t length = get32(data + *at + 4);
	assert_int_equal(length % 4, 0);
	assert_true(length >= 12 && length <= size - *at);
	assert_int_equal(get32(data + *at + length - 4), length);
	struct block block = { get32(data + *at), data + *at + 8, length - 12 };
	*at += length;
	return block;
}

/* The nth option of that code from `options` on; -1 where there is none. */
static int find_option(const struct block *block, size_t options, unsigned code, int nth, const uint8_t **ret_value)
{
	for (size_t at = options; at + 4 <= block->body_size;) {
		uint32_t word = get32(block->body + at);
		unsigned length = word >> 16;
		assert_true(at + 4 + length <= block->body_size);
		if ((word & 0xffff) == 0) {
			assert_int_equal(length, 0);
			assert_int_equal(at + 4, block->body_size);
			return -1;
		}
		if ((word & 0xffff) == code && nth-- == 0) {
			*ret_value = block->body + at + 4;
			return (int)length;
		}
		at += 4 + ((length + 3) & ~3u);
	}
	fail_msg("the options have no end");
	return -1;
}

static void assert_text(const struct block *block, size_t options, unsigned code, int nth, const char *wanted)
{
	const uint8_t *value;
	int length = find_option(block, options, code, nth, &value);

	if (!wanted) {
		assert_int_equal(length, -1);
		return;
	}
	assert_int_equal(length, strlen(wanted));
	assert_memory_equal(value, wanted, strlen(wanted));
}

static void assert_number(const struct block *block, unsigned code, int64_t wanted)
{
	const uint8_t *value;

	assert_int_equal(find_option(block, 12, code, 0, &value), 8);
	assert_int_equal((int64_t)get32(value) | (int64_t)get32(value + 4) << 32, wanted);
}

/* Upper half first, unlike a number. */
static int64_t time_at(const uint8_t *from)
{
	return (int64_t)get32(from) << 32 | (int64_t)get32(from + 4);
}

static uint32_t add_interface(struct pcapng_write *writer, enum packet_resolution resolution, int64_t snaplen)
{
	const struct pcapng_write_interface interface = {
		.link_type = 113, .resolution = resolution, .snaplen = snaplen, .name = "any", .filter = "port 179"
	};

	return pcapng_write_interface(writer, &interface);
}

static void test_section(void **state)
{
	(void)state;
	CLEANUP(pcapng_write_freep) struct pcapng_write *writer = pcapng_write_new();
	const char *const comments[] = { "asked by @you", NULL, "", "two\nlines \x1b[31m" };
	size_t at = 0;

	pcapng_write_section(writer, "capbus 0.1.0", comments, 4);
	struct block block = next_block(writer, &at);
	assert_int_equal(block.type, 0x0a0d0d0a);
	assert_memory_equal(block.body, "\x4d\x3c\x2b\x1a\x01\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff", 16);
	assert_text(&block, 16, 1, 0, "asked by @you");
	assert_text(&block, 16, 1, 1, "two\\x0alines \\x1b[31m");
	assert_text(&block, 16, 1, 2, NULL);
	assert_text(&block, 16, 4, 0, "capbus 0.1.0");
	pcapng_write_free(NULL);
}

static void test_interfaces(void **state)
{
	(void)state;
	CLEANUP(pcapng_write_freep) struct pcapng_write *writer = pcapng_write_new();
	const struct pcapng_write_interface plain = { .link_type = PACKET_UNSET, .snaplen = PACKET_UNSET };
	const uint8_t *value;
	size_t at = 0;

	assert_int_equal(add_interface(writer, PACKET_NANO, 128), 0);
	assert_int_equal(pcapng_write_interface(writer, &plain), 1);
	struct block block = next_block(writer, &at);
	assert_int_equal(block.type, 1);
	assert_memory_equal(block.body, "\x71\0\0\0\x80\0\0\0", 8);
	assert_text(&block, 8, 2, 0, "any");
	assert_text(&block, 8, 3, 0, NULL);
	assert_int_equal(find_option(&block, 8, 9, 0, &value), 1);
	assert_int_equal(*value, 9);
	assert_int_equal(find_option(&block, 8, 11, 0, &value), 9);
	assert_memory_equal(value, "\0port 179", 9);
	block = next_block(writer, &at);
	assert_memory_equal(block.body, "\x01\0\0\0\0\0\x04\0", 8); /* Ethernet, and the longest snaplen, not 0 */
	assert_int_equal(find_option(&block, 8, 9, 0, &value), 1);
	assert_int_equal(*value, 6);
	assert_text(&block, 8, 2, 0, NULL);
	assert_text(&block, 8, 11, 0, NULL);
}

static void test_packets_of_two_interfaces(void **state)
{
	(void)state;
	CLEANUP(pcapng_write_freep) struct pcapng_write *writer = pcapng_write_new();
	const int64_t ts_ns = 1763906531123456789;
	size_t at = 0, size;

	add_interface(writer, PACKET_NANO, 0);
	add_interface(writer, PACKET_MICRO, 6);
	pcapng_write_drained(writer);
	pcapng_write_data(writer, &size);
	assert_int_equal(size, 0);
	for (uint32_t length = 0; length < 9; length++)
		for (uint32_t interface = 0; interface < 2; interface++) {
			struct packet packet = { ts_ns, length, 1500 + length, (const uint8_t *)"abcdefgh" };
			pcapng_write_packet(writer, interface, &packet);
			struct block block = next_block(writer, &at);
			uint32_t captured = interface == 1 && length > 6 ? 6 : length;
			assert_int_equal(block.type, 6);
			assert_int_equal(get32(block.body), interface);
			assert_int_equal(time_at(block.body + 4), interface == 0 ? ts_ns : ts_ns / 1000);
			assert_int_equal(get32(block.body + 12), captured);
			assert_int_equal(get32(block.body + 16), 1500 + length);
			assert_int_equal(block.body_size, 20 + ((captured + 3) & ~3u));
			assert_memory_equal(block.body + 20, "abcdefgh", captured);
			for (size_t i = 20 + captured; i < block.body_size; i++)
				assert_int_equal(block.body[i], 0);
		}
}

static void test_records(void **state)
{
	(void)state;
	CLEANUP(pcapng_write_freep) struct pcapng_write *writer = pcapng_write_new();
	uint8_t data[2 * PACKET_HEADER_SIZE + 5];
	struct packet packet = { 1000000007, 5, 60, (const uint8_t *)"hello" };
	struct error error;
	size_t before, size, at = 0;

	add_interface(writer, PACKET_NANO, 0);
	pcapng_write_data(writer, &before);
	packet_put_header(data, PACKET_NANO, &packet);
	memcpy(data + PACKET_HEADER_SIZE, "hello", 5);
	packet.captured_length = 0;
	packet_put_header(data + PACKET_HEADER_SIZE + 5, PACKET_NANO, &packet);
	assert_int_equal(pcapng_write_records(writer, 0, data, sizeof data - 1, &error), -1);
	assert_int_equal(error.word, WORD_chunk_corrupt);
	assert_non_null(strstr(error.text, "byte 21"));
	pcapng_write_data(writer, &size);
	assert_int_equal(size, before);
	assert_int_equal(pcapng_write_records(writer, 0, NULL, 0, &error), 0);
	assert_int_equal(pcapng_write_records(writer, 0, data, sizeof data, &error), 0);
	next_block(writer, &at);
	struct block block = next_block(writer, &at);
	assert_int_equal(time_at(block.body + 4), 1000000007);
	assert_memory_equal(block.body + 20, "hello\0\0\0", 8);
	block = next_block(writer, &at);
	assert_int_equal(get32(block.body + 12), 0);
	pcapng_write_data(writer, &size);
	assert_int_equal(size, at);
	assert_true(size - before <= 2 * sizeof data + 64);
}

static void test_statistics_and_keep_alive(void **state)
{
	(void)state;
	CLEANUP(pcapng_write_freep) struct pcapng_write *writer = pcapng_write_new();
	const struct pcapng_write_statistics all = {
		.at_ns = 2000000000, .start_ns = 1000000999, .end_ns = 2000000999, .received = 105, .dropped = 0,
		.filter_accepted = 12, .delivered = INT64_C(5000000000), .comment = "complete",
	};
	const struct pcapng_write_statistics none = {
		.at_ns = 2000000000, .start_ns = PACKET_UNSET, .end_ns = PACKET_UNSET, .received = PACKET_UNSET,
		.dropped = PACKET_UNSET, .filter_accepted = PACKET_UNSET, .delivered = PACKET_UNSET,
	};
	const uint8_t *value;
	size_t at = 0, size;

	add_interface(writer, PACKET_MICRO, 0);
	pcapng_write_drained(writer);
	pcapng_write_keep_alive(writer);
	assert_memory_equal(pcapng_write_data(writer, &size), "\4\0\0\0\x10\0\0\0\0\0\0\0\x10\0\0\0", 16);
	assert_int_equal(size, 16);
	next_block(writer, &at);
	pcapng_write_statistics(writer, 0, &all);
	pcapng_write_statistics(writer, 0, &none);
	struct block block = next_block(writer, &at);
	assert_int_equal(block.type, 5);
	assert_int_equal(get32(block.body), 0);
	assert_int_equal(time_at(block.body + 4), 2000000);
	assert_text(&block, 12, 1, 0, "complete");
	assert_int_equal(find_option(&block, 12, 2, 0, &value), 8);
	assert_int_equal(time_at(value), 1000000);
	assert_int_equal(find_option(&block, 12, 3, 0, &value), 8);
	assert_int_equal(time_at(value), 2000000);
	assert_number(&block, 4, 105);
	assert_number(&block, 5, 0);
	assert_number(&block, 6, 12);
	assert_number(&block, 8, INT64_C(5000000000));
	block = next_block(writer, &at);
	assert_int_equal(block.body_size, 16); /* interface, time and the end of no options */
}

/* Texts longer than is taken are cut, and the block stays whole. */
static void test_long_texts(void **state)
{
	(void)state;
	CLEANUP(pcapng_write_freep) struct pcapng_write *writer = pcapng_write_new();
	const size_t length = 100000;
	CLEANUP_FREE char *text = memory_new(length + 1);
	const char *comments[] = { text };
	struct pcapng_write_interface interface = { .name = text, .filter = text };
	const uint8_t *value;
	size_t at = 0;

	memset(text, '\x01', length);
	pcapng_write_section(writer, text, comments, 1);
	pcapng_write_interface(writer, &interface);
	struct block block = next_block(writer, &at);
	int got = find_option(&block, 16, 1, 0, &value);
	assert_in_range(got, 4000, 4095);
	assert_memory_equal(value, "\\x01\\x01", 8);
	block = next_block(writer, &at);
	assert_in_range(find_option(&block, 8, 11, 0, &value), 4000, 4095);
	assert_int_equal(value[0], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_section),
		cmocka_unit_test(test_interfaces),
		cmocka_unit_test(test_packets_of_two_interfaces),
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_statistics_and_keep_alive),
		cmocka_unit_test(test_long_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
