/* The results topic followed and written to: the fold of what stands, and of each capture at most one record of this
 * process under way. Nobody acts on what he wrote: whoever wrote one asks, once nothing is under way any more, what
 * stands now: his own record, a rival's, or still the old one because his did not arrive. One thread. */
#ifndef LEDGER_RESULTS_LOG_H
#define LEDGER_RESULTS_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/bus_record.h"
#include "core/error.h"
#include "core/memory.h"
#include "ledger/results.h"

struct client;
struct producer;
struct results_log;

/* Each record that was folded, in the log's order; borrowed during the call, in which nothing may be written. */
typedef void results_log_heard(void *context, const struct bus_record *record, const struct results_news *news);

/* One that makes no sense; it is logged already. Borrowed during the call. */
typedef void results_log_unreadable(void *context, const struct bus_record *record, const struct error *why);

struct results_log_parts {
	struct client *client;
	struct producer *producer;
	const char *stage;          /* who writes, for people: "upload" */
	const char *incarnation;    /* of this process */
	results_log_heard *heard;   /* may be NULL, as the next */
	results_log_unreadable *unreadable;
	void *context;
};

/* Follows the topic from its beginning; all pointers outlive it. Waits for Kafka until the deadline (clock_boot_ms);
 * errors as consumer_new_follower. */
struct results_log *results_log_open(const struct results_log_parts *parts, int64_t deadline_boot_ms,
				     struct error *error);
/* The producer must have been freed. */
void results_log_close(struct results_log *log);
MEMORY_DEFINE_FREEP(struct results_log, results_log_close)

/* For poll(2): returns how many were filled in, at most 2. */
size_t results_log_fds(const struct results_log *log, int to[static 2]);

/* Folds what waits, at most `maximum` records. 1: more waits. 0: no more. -1 as consumer_take. */
int results_log_turn(struct results_log *log, size_t maximum, struct error *error);

/* The topic was read to where it ended when it was opened. */
bool results_log_is_read(const struct results_log *log);

/* What stands. */
const struct results *results_log_results(const struct results_log *log);

/* Writes the capture's next version; version and writer are filled in, and `pinned` as it stands where `keeps_pin`
 * (all but report, which decides it). Not while one is under way. Where it cannot be written now, or is not
 * confirmed, that is logged, and it is under way for another second. */
void results_log_write(struct results_log *log, struct result *result, bool keeps_pin);
/* The same for a tombstone. */
void results_log_bury(struct results_log *log, const char *capture_id);
bool results_log_is_under_way(struct results_log *log, const char *capture_id);

#endif
