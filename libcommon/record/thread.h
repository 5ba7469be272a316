/* RequestThread: where a request is told, and what was said there last. Topic threads, key = request_id, a ledger:
 * the greater version counts. The first record of a request is the gateway's, written before the request; without it
 * requester and reply_to count as unverified. Only gateway and report may write here. */
#ifndef RECORD_THREAD_H
#define RECORD_THREAD_H

#include <stdbool.h>

#include "record/names.h"
#include "record/record.h"

enum thread_change {
	THREAD_OPENED,  /* gateway: here it was asked, and by whom */
	THREAD_CLAIMED, /* report: about to tell `said`, with `incarnation` and `nonce` in the message's metadata */
	THREAD_POSTED,  /* it was told, for the first time */
	THREAD_SAID,    /* it was told */
	THREAD_DONE,    /* the last word is said, too */
	THREAD_CHANGE_COUNT
};
extern const char *const names_thread_change[THREAD_CHANGE_COUNT];

enum {
	THREAD_SAID_MAX = 256,   /* targets that are told one by one */
	THREAD_SAID_SIZE = 177,
	THREAD_MESSAGE_SIZE = 65,
};

struct thread_said {
	size_t count;
	char items[THREAD_SAID_MAX][THREAD_SAID_SIZE];
};

/* Large: 46 kB. */
struct thread {
	char request_id[RECORD_ID_SIZE];
	int64_t version;                     /* 1 is the first record of a request */
	enum thread_change change;
	char writer[RECORD_NAME_SIZE];       /* whose record this is */
	char incarnation[RECORD_WORD_SIZE];  /* of the writing process */
	int64_t nonce;                       /* of this record, within the incarnation */
	char via[RECORD_WORD_SIZE];          /* slack, console */
	char channel[65];
	char thread_ts[33];                  /* the thread that is answered; "" is none */
	char message_ts[THREAD_MESSAGE_SIZE]; /* the message that is edited; "" until posted. Console: console.c */
	char user[RECORD_WHO_SIZE];          /* who asked, as the gateway saw him; "": nobody vouches */
	char said_sha256[RECORD_SHA256_SIZE]; /* of the text that is told */
	struct thread_said said;             /* how each target stands in it: workers/report/due.h */
	bool last_word;                      /* with it, or before, the last word was said of all of `said` */
	bool may_be_again;                   /* an earlier claim may have been told, and nobody could look it up */
	int64_t said_at_ms;
};

extern const struct record_type thread_record;

#endif
