/* CleanupRequest: what is to become of captures that exist: clean, pin, unpin, store again, merge. Topic cleanups,
 * key = id. As JSON too: {"older_than":"30d"}. A dry run unless it says otherwise. */
#ifndef RECORD_CLEANUP_H
#define RECORD_CLEANUP_H

#include <stdbool.h>

#include "record/names.h"
#include "record/record.h"
#include "record/request.h"

enum { CLEANUP_CAPTURES_MAX = 100 };

enum cleanup_ask {
	CLEANUP_CLEAN, /* delete what is older than `older_than`, or what `captures` names */
	CLEANUP_PIN,   /* keep `captures` until they are unpinned */
	CLEANUP_UNPIN,
	CLEANUP_STORE, /* store `captures` again, in `store`, from the packets still in Kafka */
	CLEANUP_MERGE, /* one file of `captures`, which are of one request: the result REQUEST-merged */
	CLEANUP_ASK_COUNT
};
extern const char *const names_cleanup_ask[CLEANUP_ASK_COUNT];

struct cleanup {
	char id[RECORD_ID_SIZE];             /* empty: made from where the record lies */
	enum cleanup_ask ask;
	char older_than[RECORD_WORD_SIZE];   /* a duration, "30d"; by ended_at; "" is no age */
	char store[RECORD_WORD_SIZE];        /* only there; "" is everywhere */
	bool dry_run;                        /* say what would be done, do nothing; true where it is left out */
	int64_t max_delete;                  /* lifts the belt of 20 % or 1000 up to this; UNSET: it holds */
	struct {
		size_t count;
		char items[CLEANUP_CAPTURES_MAX][RECORD_ID_SIZE];
	} captures;
	int64_t asked_at_ms;                 /* by the producer's clock: for people */
	char requested_by[RECORD_WHO_SIZE];
	char requested_via[RECORD_WORD_SIZE];
	bool has_reply_to;
	struct request_reply_to reply_to;
};

extern const struct record_type cleanup_record;

#endif
