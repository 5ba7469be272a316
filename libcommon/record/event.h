/* CaptureEvent: what a requester wants to know, in order. Topic events, key = request_id. An event names the run's
 * version and a number within it; a reader drops what is not greater than what it has of that capture. */
#ifndef RECORD_EVENT_H
#define RECORD_EVENT_H

#include <stdbool.h>

#include "record/names.h"
#include "record/record.h"
#include "record/request.h"

enum event_kind {
	EVENT_QUEUED,     /* waits: position, holder, until when */
	EVENT_STARTING,   /* a worker has it; detail says what it does */
	EVENT_CAPTURING,  /* armed */
	EVENT_PROGRESS,   /* once a second while packets or bytes change */
	EVENT_RECLAIMING, /* its worker is lost; another cleans up */
	EVENT_ENDED,      /* outcome; the link comes by results */
	EVENT_REFUSED,    /* the record could not become a run: reason, detail */
	EVENT_CHECKED,    /* the answer to a check */
	EVENT_COUNT
};
extern const char *const names_event_kind[EVENT_COUNT];

struct event {
	char request_id[RECORD_ID_SIZE];
	char capture_id[RECORD_ID_SIZE];
	char target[RECORD_TARGET_SIZE];
	int64_t version;
	int64_t number;
	enum event_kind kind;
	int64_t at_ms;                     /* the writer's clock: for people */
	char worker[RECORD_NAME_SIZE];
	enum run_state state;
	int64_t packets;
	int64_t bytes;
	int64_t armed_at_ns;
	struct record_ports ports;         /* what is captured, where the target has ports */
	enum direction direction;
	int64_t position;                  /* QUEUED: 1 is next */
	char holder[RECORD_ID_SIZE];       /* QUEUED: the capture that has the target */
	char holder_by[RECORD_WHO_SIZE];
	char holder_filter[RECORD_FILTER_SIZE];
	int64_t holder_until_ms;           /* at the latest */
	int64_t expires_at_ms;
	enum outcome_state outcome;        /* ENDED */
	enum stopped_by stopped_by;
	char reason[RECORD_WORD_SIZE];
	char detail[RECORD_DETAIL_SIZE];
	int64_t dropped_kernel;            /* ENDED, as in chunk_end */
	int64_t dropped_mirror;
	int64_t seen_total;
	bool has_request;                  /* QUEUED, REFUSED, and whenever told again: as judged */
	struct request request;
};

extern const struct record_type event_record;

#endif
