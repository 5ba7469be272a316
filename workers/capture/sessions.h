/* The captures that this process runs: begun when their start has counted, told apart by number, and followed to the
 * end that counts. Turns what sessions say into proposals and events. The loop's thread. */
#ifndef SESSIONS_H
#define SESSIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/gate.h"
#include "core/memory.h"
#include "inventory.h"
#include "ledger/ledger.h"
#include "session.h"
#include "tell.h"

struct producer;
struct sessions;

struct sessions_parts {
	struct producer *producer; /* all of these outlive the sessions */
	struct ledger *ledger;
	const struct inventory *inventory;
	const struct tell *tell;
	const char *worker;
	const char *incarnation;   /* of this process: what the ledger knows it by */
	size_t chunk_bytes;
	int64_t chunk_ms;          /* for requests that do not say */
};

struct sessions *sessions_new(const struct sessions_parts *parts);
/* Abandons what still runs and waits for its threads. Their chunks may still be on their way. */
void sessions_abandon(struct sessions *sessions);
/* Abandons what still runs; the producer must have been freed, so that no chunk is on its way. */
void sessions_free(struct sessions *sessions);
MEMORY_DEFINE_FREEP(struct sessions, sessions_free)

int sessions_fd(const struct sessions *sessions);

/* Takes what the sessions say and proposes what follows from it. */
void sessions_turn(struct sessions *sessions);

/* A record of the ledger that is about one of this process' captures: begins, stops, renews the lease, ends. True where
 * it was, so that its requester was told. */
bool sessions_heard(struct sessions *sessions, const struct ledger_news *news);

/* What a renewal says: the counters so far. */
void sessions_fill_renewal(const struct sessions *sessions, struct run *record);

size_t sessions_count(const struct sessions *sessions);
void sessions_stop_all(struct sessions *sessions, enum session_stop how);

#endif
