/* SHA-256 and CRC-32C against known vectors, and the CPU's CRC against the table's and a third, bit by bit. */
#include "packets/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void assert_sha256(const void *data, size_t size, const char *wanted)
{
	uint8_t sha256[DIGEST_SHA256_SIZE];
	char hex[DIGEST_SHA256_HEX_SIZE];

	digest_sha256(data, size, sha256);
	digest_hex(sha256, sizeof sha256, hex);
	assert_string_equal(hex, wanted);
}

/* FIPS 180-4's examples. */
static void test_sha256_vectors(void **state)
{
	(void)state;
	const char *long_one = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";

	assert_sha256("", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	assert_sha256("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_sha256(long_one, strlen(long_one), "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

static void test_sha256_in_pieces_and_copied(void **state)
{
	(void)state;
	uint8_t whole[DIGEST_SHA256_SIZE], pieces[DIGEST_SHA256_SIZE], other[DIGEST_SHA256_SIZE];
	CLEANUP(digest_freep) struct digest *digest = digest_new();

	digest_update(digest, "a", 1);
	digest_update(digest, "", 0);
	digest_update(digest, NULL, 0);
	digest_update(digest, "b", 1);
	CLEANUP(digest_freep) struct digest *copy = digest_copy(digest);
	digest_update(digest, "c", 1);
	digest_final(digest, pieces);
	digest_sha256("abc", 3, whole);
	assert_memory_equal(whole, pieces, sizeof whole);
	digest_update(copy, "d", 1);
	digest_final(copy, other);
	digest_sha256("abd", 3, whole);
	assert_memory_equal(whole, other, sizeof whole);
	digest_free(NULL);
}

static void test_hex(void **state)
{
	(void)state;
	const uint8_t bytes[] = { 0x00, 0x0f, 0xf0, 0xa5 };
	char hex[9];

	digest_hex(bytes, sizeof bytes, hex);
	assert_string_equal(hex, "000ff0a5");
	digest_hex(bytes, 0, hex);
	assert_string_equal(hex, "");
}

/* RFC 3720, B.4. */
static void test_crc32c_vectors(void **state)
{
	(void)state;
	uint8_t data[32];
	uint32_t (*const ways[])(uint32_t, const void *, size_t) = { digest_crc32c, digest_crc32c_table };

	for (size_t way = 0; way < 2; way++) {
		memset(data, 0, sizeof data);
		assert_int_equal(ways[way](0, data, sizeof data), 0x8a9136aa);
		memset(data, 0xff, sizeof data);
		assert_int_equal(ways[way](0, data, sizeof data), 0x62a8ab43);
		for (size_t i = 0; i < sizeof data; i++)
			data[i] = (uint8_t)i;
		assert_int_equal(ways[way](0, data, sizeof data), 0x46dd794e);
		for (size_t i = 0; i < sizeof data; i++)
			data[i] = (uint8_t)(31 - i);
		assert_int_equal(ways[way](0, data, sizeof data), 0x113fdb5c);
		assert_int_equal(ways[way](0, "123456789", 9), 0xe3069283);
		assert_int_equal(ways[way](0, NULL, 0), 0);
	}
}

static uint32_t crc32c_by_bits(const uint8_t *data, size_t size)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < size; i++)
		for (int bit = 0; bit < 8; bit++) {
			uint32_t low = (crc ^ (uint32_t)(data[i] >> bit)) & 1;
			crc = (crc >> 1) ^ (low ? 0x82f63b78u : 0);
		}
	return ~crc;
}

/* At every alignment and length around the eight bytes that the CPU takes at once, and split everywhere. */
static void test_crc32c_all_ways_agree(void **state)
{
	(void)state;
	uint8_t data[64];

	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (uint8_t)(i * 89 + 7);
	for (size_t from = 0; from < 9; from++)
		for (size_t size = 0; size + from <= sizeof data; size++) {
			uint32_t wanted = crc32c_by_bits(data + from, size);
			assert_int_equal(digest_crc32c(0, data + from, size), wanted);
			assert_int_equal(digest_crc32c_table(0, data + from, size), wanted);
			size_t half = size / 3;
			uint32_t first = digest_crc32c(0, data + from, half);
			assert_int_equal(digest_crc32c(first, data + from + half, size - half), wanted);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sha256_vectors),
		cmocka_unit_test(test_sha256_in_pieces_and_copied),
		cmocka_unit_test(test_hex),
		cmocka_unit_test(test_crc32c_vectors),
		cmocka_unit_test(test_crc32c_all_ways_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
