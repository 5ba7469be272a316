/* The runs ledger of all partitions: followed whole, folded, and proposed to.
 *
 * Nobody acts on what he wrote, only on what he reads back here: a proposal is in the log or it is not, and whether it
 * counts is the fold's answer, the same for every reader. One thread. */
#ifndef LEDGER_LEDGER_H
#define LEDGER_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/bus_record.h"
#include "core/error.h"
#include "core/memory.h"
#include "ledger/runs.h"

struct client;
struct ledger;
struct producer;

/* One record of the log, as the fold judged it. */
struct ledger_news {
	int32_t partition;
	const struct run *record;    /* borrowed during the call; only its envelope where the body was unreadable */
	enum runs_verdict verdict;
	struct runs_entry *entry;
	bool restoring;              /* the log as it was before this process began */
	bool mine;                   /* this process wrote it */
	int64_t handed_over_boot_ms; /* of one of mine that was still waited for: when it was proposed; else 0 */
};

struct ledger_callbacks {
	void *context;
	/* Each record, in the log's order. May propose. */
	void (*heard)(void *context, const struct ledger_news *news);
	/* A proposal that will not be heard of, as far as is known: it was refused, or not confirmed in time. */
	void (*given_up)(void *context, int32_t partition, int64_t nonce);
	/* A record that cannot even be judged by its envelope. Borrowed during the call. */
	void (*unreadable)(void *context, const struct bus_record *record, const struct error *error);
};

/* Begins to follow all partitions from their beginning. `worker` and `incarnation` are who proposes; all pointers
 * outlive the ledger. Waits for Kafka until the deadline (clock_boot_ms); errors as consumer_new_follower. */
struct ledger *ledger_open(struct client *client, struct producer *producer, const char *worker,
			   const char *incarnation, int32_t partitions, const struct ledger_callbacks *callbacks,
			   int64_t deadline_boot_ms, struct error *error);
/* The producer must have been flushed or be gone. */
void ledger_close(struct ledger *ledger);
MEMORY_DEFINE_FREEP(struct ledger, ledger_close)

/* For poll(2): readable when ledger_turn has something to do. Returns how many were filled in, at most 2. */
size_t ledger_fds(const struct ledger *ledger, int to[static 2]);

/* Folds what waits, at most `maximum` records. 1: more waits. 0: no more. -1 as consumer_take. */
int ledger_turn(struct ledger *ledger, size_t maximum, struct error *error);

/* Every partition was read to where it ended when the ledger was opened. */
bool ledger_is_restored(const struct ledger *ledger);

int32_t ledger_partitions(const struct ledger *ledger);
struct runs *ledger_runs(struct ledger *ledger, int32_t partition);

/* Writes `record`; writer, incarnation and nonce are filled in. Where the capture is known, its entry is marked as
 * waited for. -1: nothing was written and nothing is waited for; errors as producer_send. */
int ledger_propose(struct ledger *ledger, int32_t partition, struct run *record, int64_t *ret_nonce,
		   struct error *error);

#endif
