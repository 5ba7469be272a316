#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "admission/targets.h"
#include "core/text.h"

static void put(struct targets *targets, const char *name, const char *kind, const char *group)
{
	struct target target = { 0 };
	TEXT_COPY(target.target, name);
	TEXT_COPY(target.kind, kind);
	if (group)
		TEXT_COPY(target.groups.items[target.groups.count++], group);
	targets_put(targets, &target);
}

static void test_put_find_remove(void **state)
{
	(void)state;
	struct targets *targets = targets_new();
	assert_int_equal(targets_count(targets), 0);
	assert_null(targets_find(targets, "slx1"));
	targets_remove(targets, "slx1");
	put(targets, "slx1", "slx", NULL);
	put(targets, "slx1", "ssh", NULL);
	assert_int_equal(targets_count(targets), 1);
	assert_string_equal(targets_find(targets, "slx1")->kind, "ssh");
	assert_null(targets_find(targets, "SLX1"));
	targets_remove(targets, "slx1");
	assert_null(targets_find(targets, "slx1"));
	assert_int_equal(targets_count(targets), 0);
	targets_free(targets);
	targets_free(NULL);
}

static void test_order(void **state)
{
	(void)state;
	static const char *const names[] = { "slx10", "web1", "slx2", "here", "slx1" };
	static const char *const sorted[] = { "here", "slx1", "slx2", "slx10", "web1" };
	struct targets *targets = targets_new();
	for (size_t i = 0; i < 5; i++)
		put(targets, names[i], "ssh", NULL);
	for (size_t i = 0; i < 5; i++)
		assert_string_equal(targets_at(targets, i)->target, sorted[i]);
	assert_null(targets_at(targets, 5));
	targets_remove(targets, "slx2");
	assert_string_equal(targets_at(targets, 2)->target, "slx10");
	targets_free(targets);
}

static void test_many(void **state)
{
	(void)state;
	struct targets *targets = targets_new();
	char name[RECORD_TARGET_SIZE];
	for (int i = 0; i < 1000; i++) {
		TEXT_FORMAT(name, "t%d", i * 7919 % 1000);
		put(targets, name, "ssh", i % 2 ? "odd" : NULL);
	}
	assert_int_equal(targets_count(targets), 1000);
	for (int i = 0; i < 1000; i += 2) {
		TEXT_FORMAT(name, "t%d", i);
		assert_non_null(targets_find(targets, name));
		targets_remove(targets, name);
	}
	for (int i = 0; i < 1000; i++) {
		TEXT_FORMAT(name, "t%d", i);
		assert_int_equal(targets_find(targets, name) != NULL, i % 2);
	}
	targets_free(targets);
}

static void test_groups(void **state)
{
	(void)state;
	struct targets *targets = targets_new();
	put(targets, "slx2", "slx", "leafs");
	put(targets, "slx1", "slx", "leafs");
	put(targets, "web1", "ssh", NULL);
	assert_true(targets_is_group(targets, "leafs"));
	assert_false(targets_is_group(targets, "spines"));
	assert_string_equal(targets_member(targets, "leafs", 0)->target, "slx1");
	assert_string_equal(targets_member(targets, "leafs", 1)->target, "slx2");
	assert_null(targets_member(targets, "leafs", 2));
	targets_free(targets);
}

static void test_nearest(void **state)
{
	(void)state;
	struct targets *targets = targets_new();
	assert_null(targets_nearest(targets, "slx1"));
	put(targets, "slx1", "slx", "leafs");
	put(targets, "web1", "ssh", NULL);
	assert_string_equal(targets_nearest(targets, "slx11"), "slx1");
	assert_string_equal(targets_nearest(targets, "SLX1"), "slx1");
	assert_string_equal(targets_nearest(targets, "leaf"), "leafs");
	assert_null(targets_nearest(targets, "frobnicate"));
	targets_free(targets);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_put_find_remove), cmocka_unit_test(test_order),   cmocka_unit_test(test_many),
		cmocka_unit_test(test_groups),          cmocka_unit_test(test_nearest),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
