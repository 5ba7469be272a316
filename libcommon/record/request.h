/* CaptureRequest: what somebody asks of one target. Topic requests, key = target. */
#ifndef RECORD_REQUEST_H
#define RECORD_REQUEST_H

#include <stdbool.h>

#include "record/names.h"
#include "record/record.h"

struct request_reply_to {
	char channel[65];
	char thread_ts[33];
};

struct request {
	enum request_ask ask;
	char target[RECORD_TARGET_SIZE];
	bool has_filter; /* an empty filter, every packet, is a filter too */
	char filter[RECORD_FILTER_SIZE];
	char request_id[RECORD_ID_SIZE]; /* empty: made from where the record lies */
	char capture_id[RECORD_ID_SIZE]; /* of what to stop, cancel or check; never of a capture to make */
	int64_t timeout_s;               /* these: RECORD_UNSET is the default of [limits] */
	int64_t count;                   /* 0 is none */
	int64_t snaplen;
	int64_t bytes;
	int64_t chunk_ms;
	int64_t expires_at_ms;
	int64_t asked_at_ms;             /* by the producer's clock: for people, no rule reads it */
	struct record_ports ports;
	enum direction direction;
	enum if_busy if_busy;
	char requested_by[RECORD_WHO_SIZE];
	char requested_via[RECORD_WORD_SIZE]; /* "slack", "capbus", "kafka" */
	bool has_reply_to;
	struct request_reply_to reply_to;
	struct record_labels labels;
};

extern const struct record_type request_record;
extern const struct record_type request_reply_to_record; /* a part, of cleanups too */

/* The id of the capture that a request makes: REQUEST-TARGET, or where request_id contains '-' or is missing or
 * the whole is longer than 40, 12 base32 characters of the SHA-256 of the request_id, or of the record's place
 * ("TOPIC-PARTITION-OFFSET-TIMESTAMP"), in front. */
void request_capture_id(const struct request *request, const char *place, char to[static RECORD_ID_SIZE]);

/* Any thread, as request_capture_id. A new random request id: 12 characters of Crockford's base32 in lower case. */
void request_new_id(char to[static RECORD_ID_SIZE]);

#endif
