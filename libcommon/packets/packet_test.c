/* The record header: what is put is what the walk finds, and nothing that is not sane passes. */
#include "packets/packet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_snaplen(void **state)
{
	(void)state;
	assert_int_equal(packet_snaplen(0), 262144);
	assert_int_equal(packet_snaplen(PACKET_UNSET), 262144);
	assert_int_equal(packet_snaplen(1), 1);
	assert_int_equal(packet_snaplen(262144), 262144);
	assert_int_equal(packet_snaplen(262145), 262144);
	assert_int_equal(packet_snaplen(INT64_MAX), 262144);
}

static void test_time(void **state)
{
	(void)state;
	assert_int_equal(packet_time(1500000000123456789, PACKET_NANO), 1500000000123456789);
	assert_int_equal(packet_time(1500000000123456789, PACKET_MICRO), 1500000000123456000);
	assert_int_equal(packet_time(-1, PACKET_NANO), 0);
	assert_int_equal(packet_time(PACKET_UNSET, PACKET_MICRO), 0);
	assert_int_equal(packet_time(INT64_MAX, PACKET_NANO), 4294967295999999999);
	assert_int_equal(packet_time(INT64_MAX, PACKET_MICRO), 4294967295999999000);
}

/* The bytes themselves, because other systems read chunks too. */
static void test_header_bytes(void **state)
{
	(void)state;
	const struct packet packet = { .ts_ns = 0x01020304 * INT64_C(1000000000) + 0x0a0b0c, .captured_length = 0x11,
				       .original_length = 0x2233 };
	const uint8_t nano[] = { 4, 3, 2, 1, 0x0c, 0x0b, 0x0a, 0, 0x11, 0, 0, 0, 0x33, 0x22, 0, 0 };
	const uint8_t micro[] = { 4, 3, 2, 1, 0x92, 0x02, 0, 0, 0x11, 0, 0, 0, 0x33, 0x22, 0, 0 };
	uint8_t header[PACKET_HEADER_SIZE];

	packet_put_header(header, PACKET_NANO, &packet);
	assert_memory_equal(header, nano, sizeof nano);
	packet_put_header(header, PACKET_MICRO, &packet); /* 0x0a0b0c ns are 0x292 µs */
	assert_memory_equal(header, micro, sizeof micro);
}

static void test_walk(void **state)
{
	(void)state;
	uint8_t data[2 * PACKET_HEADER_SIZE + 3];
	struct packet first = { .ts_ns = 1999999999, .captured_length = 3, .original_length = 1500 };
	struct packet second = { .ts_ns = 4294967295999999999 };
	struct packet found;

	packet_put_header(data, PACKET_NANO, &first);
	memcpy(data + PACKET_HEADER_SIZE, "abc", 3);
	packet_put_header(data + PACKET_HEADER_SIZE + 3, PACKET_NANO, &second);
	struct packet_walk walk = { .data = data, .size = sizeof data, .resolution = PACKET_NANO };
	assert_int_equal(packet_next(&walk, &found), 1);
	assert_int_equal(found.ts_ns, first.ts_ns);
	assert_int_equal(found.captured_length, 3);
	assert_int_equal(found.original_length, 1500);
	assert_ptr_equal(found.data, data + PACKET_HEADER_SIZE);
	assert_int_equal(packet_next(&walk, &found), 1);
	assert_int_equal(found.ts_ns, second.ts_ns);
	assert_int_equal(found.captured_length, 0);
	assert_int_equal(packet_next(&walk, &found), 0);
	assert_int_equal(packet_next(&walk, &found), 0);
	for (size_t size = 1; size < sizeof data; size++) {
		if (size == PACKET_HEADER_SIZE + 3)
			continue;
		walk = (struct packet_walk){ .data = data, .size = size, .resolution = PACKET_NANO };
		int got;
		while ((got = packet_next(&walk, &found)) > 0)
			;
		assert_int_equal(got, -1);
		assert_int_equal(walk.at, size < PACKET_HEADER_SIZE + 3 ? 0 : PACKET_HEADER_SIZE + 3);
	}
}

static int walk_one(const uint8_t *data, size_t size, enum packet_resolution resolution)
{
	struct packet_walk walk = { .data = data, .size = size, .resolution = resolution };
	struct packet packet;

	return packet_next(&walk, &packet);
}

static void test_walk_refuses(void **state)
{
	(void)state;
	const size_t size = PACKET_HEADER_SIZE + PACKET_SNAPLEN_MAX + 1;
	uint8_t *data = calloc(1, size);
	struct packet packet = { .ts_ns = 999999000, .captured_length = 262144, .original_length = 262144 };

	assert_non_null(data);
	packet_put_header(data, PACKET_MICRO, &packet);
	assert_int_equal(walk_one(data, size, PACKET_MICRO), 1);
	packet.captured_length = packet.original_length = 262145;
	packet_put_header(data, PACKET_MICRO, &packet);
	assert_int_equal(walk_one(data, size, PACKET_MICRO), -1);
	packet.captured_length = 20;
	packet.original_length = 19;
	packet_put_header(data, PACKET_MICRO, &packet);
	assert_int_equal(walk_one(data, size, PACKET_MICRO), -1);
	packet.original_length = 20;
	packet.ts_ns = 1000000;
	packet_put_header(data, PACKET_NANO, &packet); /* a million of nanoseconds, or of microseconds */
	assert_int_equal(walk_one(data, size, PACKET_NANO), 1);
	assert_int_equal(walk_one(data, size, PACKET_MICRO), -1);
	memcpy(data + 4, "\x00\xca\x9a\x3b", 4); /* 1,000,000,000 */
	assert_int_equal(walk_one(data, size, PACKET_NANO), -1);
	free(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_snaplen),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_header_bytes),
		cmocka_unit_test(test_walk),
		cmocka_unit_test(test_walk_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
