/* Run: one change, or one renewal, of one capture in the capture stage's ledger. Topic runs, key = capture_id,
 * in the partition of its request. The envelope also stands in record headers, so that an older release can fold
 * what a newer one wrote. */
#ifndef RECORD_RUN_H
#define RECORD_RUN_H

#include <stdbool.h>

#include "record/names.h"
#include "record/record.h"
#include "record/request.h"

enum run_change {
	CHANGE_QUEUED,    /* the inbox: taken into the line (target known, limits applied) */
	CHANGE_REJECTED,  /* the inbox: not taken; the run is ended */
	CHANGE_STOP,      /* the inbox: somebody wants it to end and be kept */
	CHANGE_CANCEL,    /* the inbox: somebody wants it discarded */
	CHANGE_CHECK,     /* the inbox: a question about a target; takes no room */
	CHANGE_START,     /* a worker wants to run it; counts only where the target has room */
	CHANGE_HAND_BACK, /* a worker that started cannot: back to queued, not_me names it */
	CHANGE_SETUP,     /* what will be set up on the target, before the first line is sent */
	CHANGE_ARMED,     /* capturing: armed_at is known */
	CHANGE_RENEW,     /* still alive; counters */
	CHANGE_RECLAIM,   /* the owner takes over what a lost worker ran */
	CHANGE_END,       /* nothing stands on the target any more; the room is free */
	CHANGE_COUNT
};
extern const char *const names_run_change[CHANGE_COUNT];

struct run {
	/* The envelope, frozen: also in the headers. */
	char capture_id[RECORD_ID_SIZE];
	int64_t version;     /* 1 is the first record of a capture */
	enum run_change change;
	enum run_state state; /* what the writer holds to be true once this counts */
	char target[RECORD_TARGET_SIZE];
	char writer[RECORD_NAME_SIZE];      /* [capture] name */
	char incarnation[RECORD_WORD_SIZE]; /* of the writing process */
	int64_t nonce;                      /* of this record, within the incarnation */
	int64_t parallel;                   /* the target's room that this was decided under */

	char request_id[RECORD_ID_SIZE];
	char runner[RECORD_NAME_SIZE];      /* whose capture it is, from start on; "" while queued */
	char not_me[RECORD_DETAIL_SIZE];    /* workers that handed it back, separated by blanks */
	int64_t inbox_offset;               /* the order in line */
	int64_t inbox_timestamp_ms;         /* the broker's, of the inbox record */
	int64_t expires_at_ms;              /* decided once, when queued; expiry while waiting is by this */
	int64_t first_in_line;              /* 1: replace, goes before the others */
	int64_t packets;                    /* as of this record */
	int64_t bytes;
	int64_t armed_at_ns;
	enum outcome_state outcome;         /* with END and REJECTED */
	char reason[RECORD_WORD_SIZE];      /* an error word's name, or "" */
	char detail[RECORD_DETAIL_SIZE];
	char asked_by[RECORD_WHO_SIZE];     /* of STOP and CANCEL: who */
	struct {
		size_t count;
		char items[RECORD_STANDING_MAX][65];
	} setup;                            /* what was set up, in the words of the target's kind */
	bool has_request;                   /* in all but renewals */
	struct request request;             /* as judged: limits filled in */
};

extern const struct record_type run_record;

#endif
