/* The fold of one partition of the runs ledger: what became of every capture, by what the log says alone.
 *
 * Pure: no clock, no configuration, no Kafka. Every reader that folds the same records holds the same state. A
 * record counts if its version is greater than the capture's and the rules below allow it at that place in the log;
 * otherwise everybody ignores it. The rules (the table in ARCHITECTURE.md, "The runs ledger"):
 *
 *   queued, rejected   only for an id not seen before
 *   stop, cancel       always, also before the id was seen; of an ended capture they change nothing
 *   check              only for an id not seen before; takes no room
 *   start              while queued, not stopped or cancelled, not past expires_at by the broker's timestamp, and only
 *                      where fewer than `parallel` (the record's own) captures hold the target
 *   hand-back, setup, armed, renew
 *                      only from the incarnation whose start or reclaim counted last
 *   reclaim            while starting, capturing or reclaiming
 *   end                from the incarnation that runs it, or while queued
 *
 * One thread. */
#ifndef LEDGER_RUNS_H
#define LEDGER_RUNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/run.h"

/* What is known of one capture. The members are the fold's; others read them. */
struct runs_entry {
	char capture_id[RECORD_ID_SIZE];
	char target[RECORD_TARGET_SIZE];
	int64_t version;
	enum run_state state;
	char incarnation[RECORD_WORD_SIZE]; /* of who runs it, from start on */
	bool is_check;
	bool stop_asked;
	bool cancel_asked;
	int64_t ended_at_ms;       /* the broker's timestamp of the end */
	int64_t changed_at_ms;     /* the broker's timestamp of the last record that counted */
	enum outcome_state outcome;
	struct run *run;           /* the whole, as of the last full record; NULL for what ended long ago */

	/* Not folded, this process' own: for runs_decide and the loop. */
	int64_t pending_nonce;     /* a proposal of ours that was not read back yet; 0 is none */
	int64_t pending_boot_ms;   /* when it was handed over */
	int64_t heard_boot_ms;     /* when the last record of its runner that counted was read */
};

struct runs;

struct runs *runs_new(void);
void runs_free(struct runs *runs);

enum runs_verdict {
	RUNS_COUNTED,
	RUNS_SEEN,     /* an id that is known already */
	RUNS_OUTDATED, /* its version is not greater */
	RUNS_NO_ROOM,  /* a start whose target was full at that place */
	RUNS_REFUSED,  /* by another rule */
};
const char *runs_verdict_name(enum runs_verdict verdict);

/* Folds one record. `timestamp_ms` is the broker's. The entry, also of a record that did not count, in *ret_entry
 * (never NULL after RUNS_COUNTED); it stays valid until runs_free. */
enum runs_verdict runs_apply(struct runs *runs, const struct run *record, int64_t timestamp_ms,
			     struct runs_entry **ret_entry);

/* At the end of a restore: an unfinished capture whose last record is more than two days older than the newest of
 * the partition is over; what remains of it is an ended entry. Returns how many. */
size_t runs_expire_unfinished(struct runs *runs);

struct runs_entry *runs_find(struct runs *runs, const char *capture_id);

/* Captures that hold room on the target: starting, capturing, reclaiming. */
size_t runs_holding(const struct runs *runs, const char *target);

/* All entries that are not ended, in the order of their line: first_in_line, then the inbox offset. NULL ends. */
struct runs_entry *runs_first_open(const struct runs *runs);
struct runs_entry *runs_next_open(const struct runs_entry *entry);

/* All entries, ended ones too, in the order in which they were first seen. */
struct runs_entry *runs_first(const struct runs *runs);
struct runs_entry *runs_next(const struct runs_entry *entry);

/* Forgets the bodies of what ended before `before_ms`; the ids stay, so that nothing runs twice. */
void runs_forget_bodies(struct runs *runs, int64_t before_ms);

#endif
