/* Reading topics, in two ways.
 *
 *   group     shares the partitions with the other members; what was handled is stored (consumer_store) and committed
 *             in the background, never by hand: with librdkafka 2.0.2 a commit during a rejoin loses the assignment
 *   follower  reads partitions of its own choice, commits nothing, belongs to no group
 *
 * One thread: the loop that owns it polls consumer_fd and calls consumer_take until it returns 0, and at least once a
 * second also when the fd is quiet: rebalances and timeouts come that way too, and a group throws out a member that
 * does not ask for max.poll.interval.ms (300 s). Callbacks run inside consumer_take and consumer_free. */
#ifndef BUS_CONSUMER_H
#define BUS_CONSUMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/bus_record.h"
#include "bus/client.h"
#include "core/error.h"
#include "core/memory.h"

struct consumer;

/* Any may be NULL. `topic` is without its prefix. They may call pause, resume, store; not take or free. */
struct consumer_callbacks {
	void *context;
	/* group: from now on the partition's records come, from the committed offset, without one from the beginning.
	 * To hold it back: consumer_pause here, before the first record; resume when ready. */
	void (*assigned)(void *context, const char *topic, int32_t partition);
	/* group: no record of it comes any more, and its offset cannot be stored. `lost`: another member may have it
	 * already. */
	void (*revoked)(void *context, const char *topic, int32_t partition, bool lost);
	/* follower: everything before `offset` was taken, and there was no more when Kafka was asked last. Comes
	 * again each time the end is reached anew. */
	void (*ended)(void *context, const char *topic, int32_t partition, int64_t offset);
};

/* Joins the group PREFIX + `group`. `queue_kbytes` bounds what is fetched ahead (requests 1024, chunks 65536; a
 * fetch under way comes on top). Connects in the background: no error says that Kafka is away. `callbacks` are
 * copied; the client outlives it. BROKEN config_invalid: librdkafka does not take a property. */
struct consumer *consumer_new_group(struct client *client, const char *group, const char *const *topics, size_t count,
				    size_t queue_kbytes, const struct consumer_callbacks *callbacks,
				    struct error *error);

enum consumer_from {
	CONSUMER_FROM_BEGINNING,
	CONSUMER_FROM_END,    /* what is written after consumer_new_follower returned, comes */
	CONSUMER_FROM_TIME,   /* value: ms since the epoch; the first record that is not older */
	CONSUMER_FROM_OFFSET, /* value: the first record's; one that is gone already becomes the oldest there is */
};

#define CONSUMER_ALL_PARTITIONS (-1)

struct consumer_part {
	const char *topic;
	int32_t partition; /* or CONSUMER_ALL_PARTITIONS */
	enum consumer_from from;
	int64_t value;
};

/* Asks Kafka how many partitions there are and where they end, so it waits, at most until the deadline
 * (clock_boot_ms): for start-up and the command line. AWAY kafka_away; BROKEN kafka_invalid: "topic X does not exist;
 * run: capbus topics --create"; BROKEN kafka_refused. */
struct consumer *consumer_new_follower(struct client *client, const struct consumer_part *parts, size_t count,
				       size_t queue_kbytes, const struct consumer_callbacks *callbacks,
				       int64_t deadline_boot_ms, struct error *error);

/* A group member leaves (revoked runs for each partition), and what was stored is committed, unless Kafka is away:
 * then the group notices by session.timeout.ms. Takes milliseconds; at most that timeout, where Kafka vanishes in
 * this very moment. NULL does nothing. */
void consumer_free(struct consumer *consumer);
MEMORY_DEFINE_FREEP(struct consumer, consumer_free)

/* Readable when something waits. The consumer's: not to be read or closed. */
int consumer_fd(const struct consumer *consumer);

/* 1: a record, borrowed until the next take, release or free. 0: nothing waits. Never blocks.
 * -1: AWAY kafka_away: Kafka cannot be reached, and the consumer goes on by itself; AWAY kafka_invalid: a topic is
 * not there (any more); BROKEN kafka_refused: no rights, or a wrong password. Ask again all the same; what was said
 * is not repeated for 10 s. Who does not want to take for a while does not poll the fd meanwhile. */
int consumer_take(struct consumer *consumer, struct bus_record *ret_record, struct error *error);

/* Lets the record go that was taken last: it pins a whole fetch buffer, so who waits long copies first. */
void consumer_release(struct consumer *consumer);

/* No record of the partition comes until resume; what was fetched ahead is fetched again. Both do nothing when it is
 * so already; false where the partition is not (any more) the consumer's. */
bool consumer_pause(struct consumer *consumer, const char *topic, int32_t partition);
bool consumer_resume(struct consumer *consumer, const char *topic, int32_t partition);

/* group: everything before `next_offset` is handled for good. False, and nothing stored, where the partition is not
 * the consumer's. Committed within a second, and when the partition is given up. An offset that is not greater than
 * the one stored before is ignored. */
bool consumer_store(struct consumer *consumer, const char *topic, int32_t partition, int64_t next_offset);

/* follower: every partition was read to where it ended when its first answer came, or further. Stays true. */
bool consumer_at_end(const struct consumer *consumer);

/* group: the partitions were shared out with this member; where there are more members than partitions its share may
 * be none. */
bool consumer_is_member(const struct consumer *consumer);

/* Whether the partition is the consumer's now. */
bool consumer_has(struct consumer *consumer, const char *topic, int32_t partition);

/* Reaches no broker (see client_is_away). */
bool consumer_is_away(const struct consumer *consumer);

#endif
