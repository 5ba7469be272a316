/* The one producer of a process: idempotent, acks=all, with a thread of its own that does nothing but hand out what
 * became of each record.
 *
 * Bounds: at most queue.buffering.max.kbytes (128 MiB) wait; more is refused at once, never dropped and never waited
 * for. A record that the brokers do not confirm within message.timeout.ms is given up and its receipt says so. That
 * is 300 s, far longer than a worker's lease: a short absence of Kafka must not cost packets, and a change of a
 * ledger that comes late is ignored by its version. */
#ifndef BUS_PRODUCER_H
#define BUS_PRODUCER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/bus_record.h"
#include "bus/client.h"
#include "core/error.h"
#include "core/memory.h"

struct producer;

/* What became of one record. */
struct producer_receipt {
	bool ok;               /* all in-sync brokers have it */
	bool definitely_not;   /* with !ok: it is in no log and never will be; else it may be */
	int32_t partition;     /* with ok */
	int64_t offset;        /* with ok */
	int64_t timestamp_ms;  /* with ok: the record's, by the broker's clock where the topic has LogAppendTime */
	const struct error *error; /* with !ok; borrowed until the callback returns. AWAY: definitely not, later may
				    * work. UNKNOWN: it may be there. INPUT: too large. BROKEN: refused by Kafka */
};

/* Runs exactly once for each record that was taken, in the producer's thread (or in producer_free). It must not
 * block and must not call the producer: it posts to a mailbox or releases a gate. */
typedef void producer_delivered(void *context, void *token, const struct producer_receipt *receipt);

#define PRODUCER_BY_KEY (-1) /* murmur2 of the key (client_partition) */

struct producer_message {
	const char *topic;    /* without the prefix */
	int32_t partition;    /* or PRODUCER_BY_KEY */
	const void *key;      /* copied; NULL is none */
	size_t key_size;
	void *value;          /* NULL is a tombstone */
	size_t value_size;
	bool value_is_given;  /* malloc'ed, and the producer's from success on (else still the caller's); or copied */
	const struct bus_header *headers; /* copied */
	size_t headers_count;
	producer_delivered *delivered; /* NULL: a loss is only logged and counted */
	void *context;
	void *token;
};

/* Connects in the background. `client` outlives it. BROKEN config_invalid: librdkafka does not take a property. */
struct producer *producer_new(struct client *client, struct error *error);

/* Learns where the topics' partitions are, so that the first record of each goes out at once: librdkafka looks for a
 * new topic once a second. Waits for Kafka until the deadline (clock_boot_ms); errors as in admin.h. */
int producer_learn(struct producer *producer, const char *const *topics, size_t count, int64_t deadline_boot_ms,
		   struct error *error);

/* Gives up at once what is not confirmed yet (each delivered runs, with !ok), ends the thread. To keep it:
 * producer_flush before. NULL does nothing. */
void producer_free(struct producer *producer);
MEMORY_DEFINE_FREEP(struct producer, producer_free)

/* Any thread, does not wait for the network. -1: nothing was taken, delivered will not run.
 * AWAY out_of_memory: the queue is full (counted in capbus_producer_refused_total). INPUT record_invalid: larger than
 * message.max.bytes. BROKEN kafka_invalid: no such topic or partition. AWAY kafka_away: producer_failed. */
int producer_send(struct producer *producer, const struct producer_message *message, struct error *error);

/* The same and waits until it is confirmed; the message's own delivered, context and token are not looked at.
 * AWAY: for certain not sent. UNKNOWN: not confirmed by the deadline (clock_boot_ms); it may still arrive. */
int producer_send_wait(struct producer *producer, const struct producer_message *message, int64_t deadline_boot_ms,
		       struct producer_receipt *ret_receipt, struct error *error);

/* Waits until nothing waits for its receipt. AWAY at the deadline (clock_boot_ms), with how many do. */
int producer_flush(struct producer *producer, int64_t deadline_boot_ms, struct error *error);

/* The client it was made from. */
struct client *producer_client(const struct producer *producer);

/* How many records have no receipt yet. */
size_t producer_waiting(struct producer *producer);

/* True once the producer can never send again (librdkafka calls the error fatal: the brokers lost its sequence, or
 * fenced it). What waits gets its receipt; the process should end with 1 and begin anew, which the ledgers make
 * cheap: a producer made anew within the process could not know what of the old one's is still under way. */
bool producer_failed(struct producer *producer, struct error *ret_error);

#endif
