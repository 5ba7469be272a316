/* A producer for tests that keeps what it is given and hands out receipts as it is told: it stands in for the one of
 * bus/producer.h, which the linker then leaves out. */
#ifndef PRODUCER_TESTING_H
#define PRODUCER_TESTING_H

#include <stdbool.h>
#include <stddef.h>

#include "record/chunk.h"

enum testing_receipts {
	TESTING_AT_ONCE,
	TESTING_HELD,    /* until testing_give_receipts */
	TESTING_REFUSED, /* at once, and says that Kafka does not have it */
};

struct producer *testing_producer_new(enum testing_receipts receipts);
/* Gives out what is held. */
void testing_producer_free(struct producer *producer);

/* How many chunks it was given. */
size_t testing_count(struct producer *producer);
/* Waits until it was given so many. */
void testing_wait(struct producer *producer, size_t count);
/* Chunk `index` as a reader gets it; its data is borrowed from the producer. */
void testing_chunk(struct producer *producer, size_t index, struct chunk *ret_chunk);
/* Those that are held get theirs, and from now on all at once. */
void testing_give_receipts(struct producer *producer);
/* The next `count` sends find the queue full. */
void testing_fill_queue(struct producer *producer, int count);

#endif
