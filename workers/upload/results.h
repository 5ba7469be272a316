/* The results topic, as upload reads and writes it: a catalog of what counts, and for each capture at most one record
 * of this process under way. Whoever wrote one asks, once nothing is under way any more, what the catalog says now:
 * his own record, a rival's, or still the old one because his did not arrive. One thread. */
#ifndef RESULTS_H
#define RESULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"
#include "core/memory.h"
#include "record/result.h"

struct client;
struct producer;
struct results;

/* Follows the topic from its beginning. `writer` is who writes in the records; all pointers outlive it. Waits for
 * Kafka until the deadline (clock_boot_ms); errors as consumer_new_follower. */
struct results *results_open(struct client *client, struct producer *producer, const char *writer,
			     int64_t deadline_boot_ms, struct error *error);
/* The producer must have been freed. */
void results_close(struct results *results);
MEMORY_DEFINE_FREEP(struct results, results_close)

/* For poll(2): returns how many were filled in, at most 2. */
size_t results_fds(const struct results *results, int to[static 2]);

/* Folds what waits, at most `maximum` records. 1: more waits. 0: no more. -1 as consumer_take. */
int results_turn(struct results *results, size_t maximum, struct error *error);

/* The topic was read to where it ended when it was opened. */
bool results_are_read(const struct results *results);

/* What the catalog says of the capture; false where it knows nothing. */
bool results_find(const struct results *results, const char *capture_id, struct result *ret_result);

/* Nothing is left to be done for it: each store has the file, or never will, or gave it back. */
bool results_is_settled(const struct result *result);

/* Writes the capture's next version; version, writer and `pinned` are filled in. Not while one is under way. Where it
 * cannot be written now, or is not confirmed, that is logged, and it is under way for another second. */
void results_write(struct results *results, struct result *result);
bool results_is_under_way(struct results *results, const char *capture_id);

#endif
