/* The functions of bus/producer.h that the worker's sessions use, over a list. */
#include "producer_testing.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bus/producer.h"
#include "core/memory.h"
#include "record/frame.h"

enum { RECORDS_MAX = 4096 };

struct producer {
	pthread_mutex_t lock;
	pthread_cond_t more;
	enum testing_receipts receipts;
	int full;
	size_t count;
	size_t given; /* receipts */
	struct producer_message messages[RECORDS_MAX];
};

struct producer *testing_producer_new(enum testing_receipts receipts)
{
	struct producer *producer = memory_new(sizeof *producer);

	pthread_mutex_init(&producer->lock, NULL);
	pthread_cond_init(&producer->more, NULL);
	producer->receipts = receipts;
	return producer;
}

static void give_receipt(struct producer *producer, const struct producer_message *message)
{
	struct error error = { .kind = ERROR_AWAY, .word = WORD_kafka_away, .text = "refused by the test" };
	bool ok = producer->receipts != TESTING_REFUSED;
	struct producer_receipt receipt = { .ok = ok, .definitely_not = !ok, .error = ok ? NULL : &error };

	if (message->delivered)
		message->delivered(message->context, message->token, &receipt);
}

void testing_give_receipts(struct producer *producer)
{
	for (;;) {
		struct producer_message message;
		pthread_mutex_lock(&producer->lock);
		bool waits = producer->given < producer->count;
		if (waits)
			message = producer->messages[producer->given++];
		else if (producer->receipts == TESTING_HELD)
			producer->receipts = TESTING_AT_ONCE;
		pthread_mutex_unlock(&producer->lock);
		if (!waits)
			return;
		give_receipt(producer, &message);
	}
}

void testing_producer_free(struct producer *producer)
{
	testing_give_receipts(producer);
	for (size_t i = 0; i < producer->count; i++)
		free(producer->messages[i].value);
	pthread_cond_destroy(&producer->more);
	pthread_mutex_destroy(&producer->lock);
	free(producer);
}

size_t testing_count(struct producer *producer)
{
	pthread_mutex_lock(&producer->lock);
	size_t count = producer->count;
	pthread_mutex_unlock(&producer->lock);
	return count;
}

void testing_wait(struct producer *producer, size_t count)
{
	pthread_mutex_lock(&producer->lock);
	while (producer->count < count)
		pthread_cond_wait(&producer->more, &producer->lock);
	pthread_mutex_unlock(&producer->lock);
}

void testing_chunk(struct producer *producer, size_t index, struct chunk *ret_chunk)
{
	struct error error = { 0 };

	assert_true(index < testing_count(producer));
	if (frame_decode(&chunk_record, producer->messages[index].value, producer->messages[index].value_size, NULL,
			 ret_chunk, &error) < 0)
		fail_msg("chunk %zu: %s", index, error.text);
}

void testing_fill_queue(struct producer *producer, int count)
{
	producer->full = count;
}

int producer_send(struct producer *producer, const struct producer_message *message, struct error *error)
{
	pthread_mutex_lock(&producer->lock);
	bool full = producer->full > 0, at_once = producer->receipts != TESTING_HELD;
	if (full) {
		producer->full--;
	} else {
		if (producer->count == RECORDS_MAX || !message->value_is_given)
			abort();
		producer->messages[producer->count++] = *message;
		producer->given += at_once ? 1 : 0;
		pthread_cond_broadcast(&producer->more);
	}
	pthread_mutex_unlock(&producer->lock);
	if (full)
		return error_set(error, ERROR_AWAY, WORD_out_of_memory, "the test's queue is full");
	if (at_once)
		give_receipt(producer, message);
	return 0;
}

int producer_flush(struct producer *producer, int64_t deadline_boot_ms, struct error *error)
{
	(void)producer;
	(void)deadline_boot_ms;
	(void)error;
	return 0;
}
