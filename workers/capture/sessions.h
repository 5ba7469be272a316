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

/* AWAY, system_failed, where there is no file descriptor for it. */
struct sessions *sessions_new(const struct sessions_parts *parts, struct error *error);
/* Abandons what still runs and waits for its threads. Their chunks may still be on their way. */
void sessions_abandon(struct sessions *sessions);
/* Abandons what still runs; the producer must have been freed, so that no chunk is on its way. */
void sessions_free(struct sessions *sessions);
MEMORY_DEFINE_FREEP(struct sessions, sessions_free)

int sessions_fd(const struct sessions *sessions);

/* Takes what the sessions say and proposes what follows from it. */
void sessions_turn(struct sessions *sessions);

/* A record of the ledger that is about one of this process' captures: begins, stops, renews the lease, ends. True where
 * it was, so that its requester was told. A start that counted too late to begin by, or after sessions_begin_no_more,
 * goes back to the line. */
bool sessions_heard(struct sessions *sessions, const struct ledger_news *news);

/* A renewal that is about to be proposed: with the counters so far. False where nothing runs that it could be for: then
 * the capture goes back to the line instead. */
bool sessions_renew(struct sessions *sessions, int32_t partition, const struct runs_entry *entry, struct run *record);

size_t sessions_count(const struct sessions *sessions);
void sessions_begin_no_more(struct sessions *sessions);
void sessions_stop_all(struct sessions *sessions, enum session_stop how);

#endif
