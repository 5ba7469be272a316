#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "core/mailbox.h"
#include "core/memory.h"

enum { SENDERS = 4, KINDS = 3, POSTS = 3000, HANG_S = 120 };

static _Atomic int freed;

static void free_counted(void *payload)
{
	atomic_fetch_add(&freed, 1);
	free(payload);
}

static int *number(int value)
{
	int *payload = memory_new(sizeof *payload);
	*payload = value;
	return payload;
}

static bool is_readable(const struct mailbox *mailbox)
{
	struct pollfd waiting = { .fd = mailbox_fd(mailbox), .events = POLLIN };
	return poll(&waiting, 1, 0) == 1;
}

static void expect_message(struct mailbox *mailbox, uint64_t sender, int kind, int value)
{
	struct mailbox_message message;
	assert_true(is_readable(mailbox));
	assert_true(mailbox_take(mailbox, &message));
	assert_true(message.sender == sender);
	assert_int_equal(message.kind, kind);
	assert_int_equal(*(int *)message.payload, value);
	free(message.payload);
}

static void test_messages_come_in_order(void **state)
{
	(void)state;
	struct mailbox *mailbox = mailbox_new(free);
	assert_false(is_readable(mailbox));
	mailbox_post(mailbox, 1, 1, number(11));
	mailbox_post(mailbox, UINT64_MAX, -1, number(12));
	mailbox_post(mailbox, 1, 2, number(13));
	expect_message(mailbox, 1, 1, 11);
	expect_message(mailbox, UINT64_MAX, -1, 12);
	expect_message(mailbox, 1, 2, 13);
	assert_false(is_readable(mailbox));
	struct mailbox_message message = { .sender = 7 };
	assert_false(mailbox_take(mailbox, &message));
	assert_int_equal(message.sender, 7);
	mailbox_free(mailbox);
}

static void test_the_newest_takes_the_older_ones_place(void **state)
{
	(void)state;
	atomic_store(&freed, 0);
	struct mailbox *mailbox = mailbox_new(free_counted);
	mailbox_post(mailbox, 1, 1, number(1));
	mailbox_post(mailbox, 2, 1, number(2));
	mailbox_post(mailbox, 1, 1, number(3));
	mailbox_post(mailbox, 1, 1, number(4));
	assert_int_equal(atomic_load(&freed), 2);
	expect_message(mailbox, 1, 1, 4);
	/* Once taken it is a new message, behind the others. */
	mailbox_post(mailbox, 1, 1, number(5));
	expect_message(mailbox, 2, 1, 2);
	expect_message(mailbox, 1, 1, 5);
	assert_false(is_readable(mailbox));
	assert_int_equal(atomic_load(&freed), 2);
	mailbox_free(mailbox);
}

static void test_free_frees_what_waits(void **state)
{
	(void)state;
	atomic_store(&freed, 0);
	struct mailbox *mailbox = mailbox_new(free_counted);
	mailbox_post(mailbox, 1, 1, number(1));
	mailbox_post(mailbox, 1, 2, NULL);
	mailbox_post(mailbox, 2, 1, number(2));
	mailbox_free(mailbox);
	assert_int_equal(atomic_load(&freed), 2);
	mailbox_free(NULL);
	mailbox = mailbox_new(NULL);
	static int kept;
	mailbox_post(mailbox, 1, 1, &kept);
	mailbox_post(mailbox, 1, 1, &kept);
	mailbox_free(mailbox);
}

struct sender {
	struct mailbox *mailbox;
	uint64_t number;
};

static void *post_many(void *argument)
{
	const struct sender *sender = argument;
	for (int i = 1; i <= POSTS; i++)
		for (int kind = 0; kind < KINDS; kind++)
			mailbox_post(sender->mailbox, sender->number, kind, number(i));
	return NULL;
}

/* Whatever was replaced: each (sender, kind) is seen rising, and its last post is seen. */
static void test_threads_post_and_one_takes(void **state)
{
	(void)state;
	alarm(HANG_S);
	atomic_store(&freed, 0);
	struct mailbox *mailbox = mailbox_new(free_counted);
	struct sender senders[SENDERS];
	pthread_t threads[SENDERS];
	for (unsigned i = 0; i < SENDERS; i++) {
		senders[i] = (struct sender){ .mailbox = mailbox, .number = i };
		assert_int_equal(pthread_create(&threads[i], NULL, post_many, &senders[i]), 0);
	}
	int seen[SENDERS][KINDS] = { 0 };
	int taken = 0;
	for (int complete = 0; complete < SENDERS * KINDS;) {
		struct pollfd waiting = { .fd = mailbox_fd(mailbox), .events = POLLIN };
		assert_int_equal(poll(&waiting, 1, -1), 1);
		struct mailbox_message message;
		assert_true(mailbox_take(mailbox, &message));
		int value = *(int *)message.payload;
		free(message.payload);
		assert_true(value > seen[message.sender][message.kind]);
		seen[message.sender][message.kind] = value;
		complete += value == POSTS;
		taken++;
	}
	for (int i = 0; i < SENDERS; i++)
		pthread_join(threads[i], NULL);
	assert_false(is_readable(mailbox));
	assert_int_equal(taken + atomic_load(&freed), SENDERS * KINDS * POSTS);
	mailbox_free(mailbox);
	alarm(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_messages_come_in_order),
		cmocka_unit_test(test_the_newest_takes_the_older_ones_place),
		cmocka_unit_test(test_free_frees_what_waits),
		cmocka_unit_test(test_threads_post_and_one_takes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
