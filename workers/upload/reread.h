/* A reader of its own for a capture whose file had no room in the spool: reads a partition of chunks again, from an
 * offset on, beside the group. One capture at a time. Main thread. */
#ifndef REREAD_H
#define REREAD_H

#include <stdbool.h>
#include <stdint.h>

#include "bus/bus_record.h"
#include "core/error.h"
#include "core/memory.h"

struct client;
struct reread;

/* `client` outlives it. */
struct reread *reread_new(struct client *client);
void reread_free(struct reread *reread);
MEMORY_DEFINE_FREEP(struct reread, reread_free)

/* Waits for Kafka for two seconds at most; errors as consumer_new_follower. Not while it reads. */
int reread_begin(struct reread *reread, int32_t partition, int64_t first_offset, struct error *error);
void reread_end(struct reread *reread);
bool reread_is_reading(const struct reread *reread);

/* Readable when something waits; -1 while it does not read. */
int reread_fd(const struct reread *reread);

enum reread_answer {
	REREAD_RECORD, /* the partition's next, of whichever capture; borrowed until the next call */
	REREAD_WAITS,  /* nothing is there yet */
	REREAD_PAST,   /* everything up to `last_offset` that Kafka still has was taken */
};
enum reread_answer reread_take(struct reread *reread, int64_t last_offset, struct bus_record *ret_record);

#endif
