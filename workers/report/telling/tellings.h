/* Tells each request, and each thing once: whatever is told is claimed first in the threads ledger (ledger/threads.h).
 *
 *   1 claim   what will be told, and where; told only once it was read back and counted, and within TELLINGS_ACT_MS
 *   2 tell    by the teller
 *   3 settle  a record that it was told
 *
 * A claim of another process that stands for TELLINGS_LEASE_MS is its no more: what became of it is looked up, and it
 * is settled, or told under a claim of our own. Where it cannot be looked up it is told, with a line that says that it
 * may have been told before: nobody misses the end of his capture.
 *
 * Knows no Kafka: records are proposed by a callback and come back by tellings_heard. One thread. */
#ifndef TELLINGS_H
#define TELLINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"
#include "core/memory.h"
#include "ledger/threads.h"
#include "telling/teller.h"
#include "view.h"

enum {
	TELLINGS_ACT_MS = 15000,   /* from when a claim was handed over; a teller then has as long again */
	TELLINGS_LEASE_MS = 45000, /* from when a reader read it, which is later */
	TELLINGS_RETRY_MS = 1000,
	TELLINGS_MAX = 256,        /* at once; each takes some 30 kB */
};

struct tellings;

/* Everything outlives the tellings. */
struct tellings_parts {
	struct view *view;
	struct threads *threads;
	const struct teller *teller;
	void *teller_self;
	const char *incarnation;
	void *context;
	/* Writes to threads. -1 and AWAY: try later. */
	int (*propose)(void *context, const struct thread *record, struct error *error);
	/* Whether requests of that partition of events are ours to begin with. */
	bool (*may_begin)(void *context, int32_t partition);
};

struct tellings *tellings_new(const struct tellings_parts *parts);
void tellings_free(struct tellings *tellings);
MEMORY_DEFINE_FREEP(struct tellings, tellings_free)

/* The request may have something to tell: its view changed, or its partition is ours now. All from here: -1 where the
 * stage must end. */
int tellings_look(struct tellings *tellings, struct view_request *request, int64_t now_boot_ms, struct error *error);

/* A record of threads was folded. */
int tellings_heard(struct tellings *tellings, const struct thread *record, bool counted, int64_t now_boot_ms,
		   struct error *error);
/* A proposal of ours will not come, as far as is known. */
int tellings_given_up(struct tellings *tellings, int64_t nonce, int64_t now_boot_ms, struct error *error);

/* Takes the teller's answers, and does what waited for its time. */
int tellings_turn(struct tellings *tellings, int64_t now_boot_ms, struct error *error);
/* When tellings_turn has something to do without an answer; INT64_MAX: never. */
int64_t tellings_deadline_boot_ms(const struct tellings *tellings);

/* Requests were put off because so many were under way, and there is room again: all are to be looked at. */
bool tellings_were_put_off(struct tellings *tellings);

/* How many claims, tellings and settlings are under way. */
size_t tellings_busy(const struct tellings *tellings);

#endif
