/* What is packed comes back, whatever it is, and records that resemble each other get small. */
#include "ledger/packer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

enum { RECORDS = 200, ROOM = 8192 };

static struct packer *packer;

static int set_up(void **state)
{
	(void)state;
	packer = packer_new();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	packer_free(packer);
	return 0;
}

static size_t make(unsigned number, uint8_t *to)
{
	int size = snprintf((char *)to, ROOM, "record %u: what all of them have in common, which is most of each; and %u",
			    number, number * 2654435761U);
	return (size_t)size;
}

static void like_records_get_small_and_come_back(void **state)
{
	(void)state;
	static uint8_t packed[RECORDS][ROOM], data[ROOM], back[ROOM];
	size_t sizes[RECORDS];
	for (unsigned i = 0; i < RECORDS; i++)
		sizes[i] = packer_pack(packer, data, make(i, data), packed[i]);
	for (unsigned i = 0; i < RECORDS; i++) {
		size_t size = make(i, data);
		packer_unpack(packer, packed[i], sizes[i], back, size);
		assert_memory_equal(back, data, size);
		if (i > RECORDS / 2)
			assert_true(sizes[i] < size / 2);
	}
}

static void random_and_tiny_ones_come_back(void **state)
{
	(void)state;
	static uint8_t data[ROOM], packed[ROOM], back[ROOM];
	uint32_t random = 1;
	for (size_t i = 0; i < ROOM; i++)
		data[i] = (uint8_t)((random = random * 1664525 + 1013904223) >> 24);
	for (size_t size = ROOM; size > 0; size = size * 3 / 4) {
		size_t packed_size = packer_pack(packer, data, size, packed);
		assert_true(packed_size <= size);
		packer_unpack(packer, packed, packed_size, back, size);
		assert_memory_equal(back, data, size);
	}
	assert_int_equal(packer_pack(packer, data, 0, packed), 0);
	packer_unpack(packer, packed, 0, back, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(like_records_get_small_and_come_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(random_and_tiny_ones_come_back, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
