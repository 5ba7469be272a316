/* A gate that does not open when it should hangs a test: the alarm ends it. One that opens only when a waiting
 * thread happens to look again (once a second) needs too long for the rounds of a test: the alarm ends it too. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/gate.h"

enum { THREADS = 4, TIMES = 2000, HANG_S = 120, ROUNDS = 150, PAST = 0 };

static int set_alarm(void **state)
{
	(void)state;
	alarm(HANG_S);
	return 0;
}

static int clear_alarm(void **state)
{
	(void)state;
	alarm(0);
	return 0;
}

static void test_it_holds_the_maximum(void **state)
{
	(void)state;
	struct gate *gate = gate_new(NULL, 100);
	assert_true(gate_pass(gate, 60, PAST));
	assert_true(gate_pass(gate, 40, PAST));
	assert_true(gate_pass(gate, 0, PAST));
	assert_false(gate_pass(gate, 1, PAST));
	assert_int_equal(gate_in_flight(gate), 100);
	gate_release(gate, 40);
	assert_false(gate_pass(gate, 41, PAST));
	assert_true(gate_pass(gate, 40, PAST));
	gate_release(gate, 100);
	assert_int_equal(gate_in_flight(gate), 0);
	gate_free(gate);
	gate_free(NULL);
}

static void test_what_is_too_large_passes_alone(void **state)
{
	(void)state;
	struct gate *gate = gate_new(NULL, 100);
	assert_true(gate_pass(gate, 1, PAST));
	assert_false(gate_pass(gate, 1000, PAST));
	assert_false(gate_pass(gate, SIZE_MAX, PAST));
	gate_release(gate, 1);
	assert_true(gate_pass(gate, 1000, PAST));
	assert_false(gate_pass(gate, 1, PAST));
	gate_release(gate, 1000);
	gate_free(gate);
}

static void test_the_parent_bounds_its_children_together(void **state)
{
	(void)state;
	struct gate *parent = gate_new(NULL, 100);
	struct gate *one = gate_new(parent, 80);
	struct gate *two = gate_new(parent, 80);
	assert_true(gate_pass(one, 80, PAST));
	assert_false(gate_pass(one, 1, PAST));
	assert_false(gate_pass(two, 21, PAST));
	/* What did not pass the parent is not counted in the child. */
	assert_int_equal(gate_in_flight(two), 0);
	assert_true(gate_pass(two, 20, PAST));
	assert_int_equal(gate_in_flight(parent), 100);
	gate_release(one, 80);
	assert_int_equal(gate_in_flight(parent), 20);
	gate_release(two, 20);
	gate_free(one);
	gate_free(two);
	gate_free(parent);
}

struct passing {
	struct gate *gate;
	size_t bytes;
	bool passed;
};

static void *pass_one(void *argument)
{
	struct passing *passing = argument;
	passing->passed = gate_pass(passing->gate, passing->bytes, INT64_MAX);
	return NULL;
}

static void *drain(void *argument)
{
	struct passing *passing = argument;
	passing->passed = gate_drain(passing->gate, INT64_MAX);
	return NULL;
}

/* Ends when the wait of another thread was counted: each release makes those that wait look again. */
static void until_it_waits(struct gate *waited_in, struct gate *sibling)
{
	while (gate_waited_ms(waited_in) == 0) {
		assert_true(gate_pass(sibling, 0, PAST));
		gate_release(sibling, 0);
	}
}

static void expect_release_lets_the_next_pass(void)
{
	struct gate *parent = gate_new(NULL, 100);
	struct gate *child = gate_new(parent, 100);
	struct gate *sibling = gate_new(parent, 100);
	assert_true(gate_pass(child, 100, PAST));
	struct passing passing = { .gate = child, .bytes = 50 };
	pthread_t thread;
	assert_int_equal(pthread_create(&thread, NULL, pass_one, &passing), 0);
	until_it_waits(child, sibling);
	assert_int_equal(gate_in_flight(child), 100);
	gate_release(child, 60);
	pthread_join(thread, NULL);
	assert_true(passing.passed);
	assert_int_equal(gate_in_flight(child), 90);
	/* It was waited in the child and so in the parent, not in the sibling. */
	assert_true(gate_waited_ms(parent) >= gate_waited_ms(child));
	assert_int_equal(gate_waited_ms(sibling), 0);
	gate_release(child, 90);
	gate_free(child);
	gate_free(sibling);
	gate_free(parent);
}

static void test_release_lets_the_next_pass(void **state)
{
	(void)state;
	for (int i = 0; i < ROUNDS; i++)
		expect_release_lets_the_next_pass();
}

static void expect_close_ends_the_wait(bool close_parent)
{
	struct gate *parent = gate_new(NULL, 100);
	struct gate *child = gate_new(parent, 100);
	struct gate *sibling = gate_new(parent, 100);
	assert_true(gate_pass(child, 100, PAST));
	struct passing passing = { .gate = child, .bytes = 1, .passed = true };
	pthread_t thread;
	assert_int_equal(pthread_create(&thread, NULL, pass_one, &passing), 0);
	until_it_waits(child, sibling);
	gate_close(close_parent ? parent : child);
	pthread_join(thread, NULL);
	assert_false(passing.passed);
	gate_release(child, 100);
	assert_false(gate_pass(child, 1, INT64_MAX));
	assert_int_equal(gate_pass(sibling, 1, PAST), !close_parent);
	gate_release(sibling, close_parent ? 0 : 1);
	gate_free(child);
	gate_free(sibling);
	gate_free(parent);
}

static void test_close_ends_the_wait(void **state)
{
	(void)state;
	for (int i = 0; i < ROUNDS; i++)
		expect_close_ends_the_wait(i % 2 == 0);
}

static void test_the_deadline_ends_the_wait(void **state)
{
	(void)state;
	struct gate *gate = gate_new(NULL, 1);
	assert_true(gate_pass(gate, 1, PAST));
	/* A busy machine may let the deadline pass before the wait begins: then again, with a later one. */
	for (int64_t ms = 20; gate_waited_ms(gate) == 0; ms *= 2) {
		int64_t deadline_ms = clock_boot_ms() + ms;
		assert_false(gate_pass(gate, 1, deadline_ms));
		assert_true(clock_boot_ms() >= deadline_ms);
	}
	int64_t deadline_ms = clock_boot_ms() + 20;
	assert_false(gate_drain(gate, deadline_ms));
	assert_true(clock_boot_ms() >= deadline_ms);
	assert_int_equal(gate_in_flight(gate), 1);
	gate_release(gate, 1);
	gate_free(gate);
}

static void test_a_closed_gate_drains(void **state)
{
	(void)state;
	struct gate *gate = gate_new(NULL, 100);
	assert_true(gate_pass(gate, 70, PAST));
	gate_close(gate);
	assert_false(gate_drain(gate, PAST));
	struct passing draining = { .gate = gate };
	pthread_t thread;
	assert_int_equal(pthread_create(&thread, NULL, drain, &draining), 0);
	gate_release(gate, 30);
	gate_release(gate, 40);
	pthread_join(thread, NULL);
	assert_true(draining.passed);
	assert_true(gate_drain(gate, PAST));
	gate_free(gate);
}

static _Atomic size_t outside;
static _Atomic size_t most_outside;

static void *pass_many(void *argument)
{
	struct gate *gate = argument;
	for (size_t i = 0; i < TIMES; i++) {
		size_t bytes = i % 7 + 1;
		if (!gate_pass(gate, bytes, INT64_MAX))
			return NULL;
		size_t now = atomic_fetch_add(&outside, bytes) + bytes;
		size_t most = atomic_load(&most_outside);
		while (now > most && !atomic_compare_exchange_weak(&most_outside, &most, now))
			continue;
		atomic_fetch_sub(&outside, bytes);
		gate_release(gate, bytes);
	}
	return gate;
}

static void test_threads_never_pass_more_than_the_maximum(void **state)
{
	(void)state;
	enum { CHILD_MAXIMUM = 9, PARENT_MAXIMUM = 12 };
	struct gate *parent = gate_new(NULL, PARENT_MAXIMUM);
	struct gate *children[THREADS];
	pthread_t threads[THREADS];
	for (int i = 0; i < THREADS; i++) {
		children[i] = gate_new(parent, CHILD_MAXIMUM);
		assert_int_equal(pthread_create(&threads[i], NULL, pass_many, children[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		void *result;
		pthread_join(threads[i], &result);
		assert_ptr_equal(result, children[i]);
		assert_int_equal(gate_in_flight(children[i]), 0);
		gate_free(children[i]);
	}
	assert_true(atomic_load(&most_outside) <= PARENT_MAXIMUM);
	assert_int_equal(gate_in_flight(parent), 0);
	gate_free(parent);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_alarm, clear_alarm)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_it_holds_the_maximum),
		TEST(test_what_is_too_large_passes_alone),
		TEST(test_the_parent_bounds_its_children_together),
		TEST(test_release_lets_the_next_pass),
		TEST(test_close_ends_the_wait),
		TEST(test_the_deadline_ends_the_wait),
		TEST(test_a_closed_gate_drains),
		TEST(test_threads_never_pass_more_than_the_maximum),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
