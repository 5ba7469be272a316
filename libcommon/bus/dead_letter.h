/* A record that could not be handled goes to the topic dead-letters as it came, with headers that say where from and
 * why, so that it stops no partition and can be looked at:
 *   capbus-topic, capbus-partition, capbus-offset, capbus-timestamp (ms)   where it was
 *   capbus-stage, capbus-reason (a machine word), capbus-detail (a sentence)
 *   capbus-value = omitted     where the value is not there but was: of a chunk (packets), or too large */
#ifndef BUS_DEAD_LETTER_H
#define BUS_DEAD_LETTER_H

#include <stdbool.h>

#include "bus/bus_record.h"
#include "bus/producer.h"
#include "core/error.h"

struct dead_letter {
	const char *stage;
	enum error_word reason;
	const char *detail;
	bool with_value; /* false for chunks: no packets */
	producer_delivered *delivered; /* as in struct producer_message: the record's offset passes once it is ok */
	void *context;
	void *token;
};

/* Everything is copied. Any thread, never waits; errors as producer_send. */
int dead_letter_send(struct producer *producer, const struct bus_record *record, const struct dead_letter *dead,
		     struct error *error);

#endif
