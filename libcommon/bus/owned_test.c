#include "bus/owned.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void test_add_find_remove(void **state)
{
	(void)state;
	struct owned_table table = { 0 };
	assert_null(owned_find(&table, "a", 0));
	for (int32_t partition = 0; partition < 12; partition++) {
		owned_add(&table, "a", partition)->stored = partition;
		owned_add(&table, "b", partition)->stored = 100 + partition;
	}
	assert_int_equal(table.count, 24);
	assert_int_equal(owned_find(&table, "b", 7)->stored, 107);
	assert_int_equal(owned_find(&table, "a", 7)->stored, 7);
	assert_null(owned_find(&table, "a", 12));
	assert_null(owned_find(&table, "c", 0));
	owned_remove(&table, owned_find(&table, "a", 7));
	assert_null(owned_find(&table, "a", 7));
	assert_int_equal(owned_find(&table, "b", 11)->stored, 111); /* the one that took its place */
	while (table.count > 0)
		owned_remove(&table, &table.items[table.count - 1]);
	assert_null(owned_find(&table, "b", 11));
	owned_deinit(&table);
}

static void test_a_new_one_knows_nothing(void **state)
{
	(void)state;
	struct owned_table table = { 0 };
	struct owned *owned = owned_add(&table, "a", 3);
	owned->is_paused = true;
	owned->stored = 9;
	owned_remove(&table, owned);
	owned = owned_add(&table, "a", 3);
	assert_false(owned->is_paused);
	assert_false(owned->is_read);
	assert_int_equal(owned->stored, -1);
	assert_int_equal(owned->end, -1);
	owned_deinit(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add_find_remove),
		cmocka_unit_test(test_a_new_one_knows_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
