/* Requests, events and results as structs, from Kafka to a fold. One thread. */
#ifndef TALK_FEED_H
#define TALK_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli.h"
#include "core/error.h"
#include "core/memory.h"
#include "record/event.h"
#include "record/result.h"

struct feed;

/* Who is told. Borrowed until the callback returns; any may be NULL. */
struct feed_sink {
	void *context;
	void (*request)(void *context, const struct request *request); /* for a capture, with an id of its own */
	void (*event)(void *context, const struct event *event);
	void (*result)(void *context, const struct result *result);
	void (*deleted)(void *context, const char *capture_id); /* a result's tombstone */
};

/* What will be said of one request from now on: its partition of events, and all of results, from their ends on. So
 * nothing that is asked for afterwards can be missed. */
struct feed *feed_new_of_request(const struct cli *cli, const char *request_id, struct error *error);
/* All requests and events from the one time, and results from the other, on (ms since the epoch; 0 is the beginning),
 * and what comes after. */
struct feed *feed_new_since(const struct cli *cli, int64_t events_ms, int64_t results_ms, struct error *error);
void feed_free(struct feed *feed);
MEMORY_DEFINE_FREEP(struct feed, feed_free)

/* Readable when something waits; feed_take is to be called once a second besides. */
int feed_fd(const struct feed *feed);

/* Tells the sink all that waits. What cannot be read is counted and left out. -1: AWAY or BROKEN, by Kafka. */
int feed_take(struct feed *feed, const struct feed_sink *sink, struct error *error);

/* Until the end of what there was at the start, at most until the deadline of a question to Kafka without a record
 * (cli_deadline_ms). STOPPED where cli->signals_fd brought a signal. */
int feed_read_to_end(struct feed *feed, const struct cli *cli, const struct feed_sink *sink, struct error *error);

/* No broker is reached now. */
bool feed_is_away(const struct feed *feed);
/* Records that could not be read. */
size_t feed_unreadable(const struct feed *feed);

#endif
