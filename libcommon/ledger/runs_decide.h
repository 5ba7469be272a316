/* What one worker should do next about the captures of one partition: pure, from the fold, the clock and who it is.
 *
 * Nothing here acts. A decision to propose becomes a record in the log; only what is read back there and counted is
 * acted on. One thread. */
#ifndef LEDGER_RUNS_DECIDE_H
#define LEDGER_RUNS_DECIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ledger/runs.h"

enum {
	RUNS_RENEW_MS = 10000, /* a runner renews this often */
	RUNS_FENCE_MS = 45000, /* it stops by itself so long after it handed over the last renewal that counted */
	RUNS_LOST_MS = 60000,  /* the owner takes over what was not renewed for so long */
};

struct runs_me {
	const char *worker;
	const char *incarnation;
	bool owner;                /* of this partition of requests */
	int64_t now_wall_ms;       /* for expiry only: the record carries when */
	int64_t now_boot_ms;
	int64_t slots;             /* how many more captures this worker may run */
	/* The target's room if this worker serves it, 0 if it does not. */
	int64_t (*parallel)(void *context, const char *target);
	void *context;
};

enum decision_kind {
	DECIDE_START,   /* propose: I run it */
	DECIDE_RENEW,   /* propose: it is alive */
	DECIDE_RECLAIM, /* propose: its runner is lost, I take it over */
	DECIDE_CLOSE,   /* propose the end of what I took over */
	DECIDE_EXPIRE,  /* propose the end of what waited too long */
	DECIDE_DROP,    /* propose the end of what was stopped or cancelled while it waited */
	DECIDE_REPLACE, /* propose a stop of the oldest on the target: the first in line wants its place */
};

struct decision {
	enum decision_kind kind;
	struct runs_entry *entry; /* of the fold */
	struct run record;        /* what to propose; writer, incarnation and nonce are filled in by who writes it */
};

/* Fills at most `maximum` decisions, none for an entry with a pending proposal; returns how many. Call again after
 * the proposals were handed over while it returns `maximum`. */
size_t runs_decide(struct runs *runs, const struct runs_me *me, struct decision *ret_decisions, size_t maximum);

/* The place in line of a queued entry: 1 is next. */
int64_t runs_position(const struct runs *runs, const struct runs_entry *entry);

/* The capture that holds the target and ends last, and by when at the latest (wall clock, UNSET where not known);
 * NULL where none holds it. */
const struct runs_entry *runs_holder(const struct runs *runs, const char *target, int64_t *ret_until_ms);

#endif
