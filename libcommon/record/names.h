/* The sizes and the closed sets of words that records share; each set is one table of names. */
#ifndef RECORD_NAMES_H
#define RECORD_NAMES_H

#include <stddef.h>
#include <stdint.h>

/* An integer that a record leaves out. */
#define RECORD_UNSET INT64_MIN

/* Room for texts, with their NUL. */
enum {
	RECORD_ID_SIZE = 65,       /* [A-Za-z0-9][A-Za-z0-9._-]{0,63} */
	RECORD_TARGET_SIZE = 25,   /* the same, 24 */
	RECORD_FILTER_SIZE = 513,
	RECORD_WHO_SIZE = 129,     /* who asked: as the producer calls him */
	RECORD_WORD_SIZE = 33,     /* a machine word */
	RECORD_DETAIL_SIZE = 513,  /* a sentence */
	RECORD_NAME_SIZE = 65,     /* a worker, a group */
	RECORD_PORT_SIZE = 17,     /* "0/49:1", "po10", "eth0" */
	RECORD_LINK_SIZE = 513,
	RECORD_SHA256_SIZE = 65,   /* hexadecimal, lower case */
	RECORD_PORTS_MAX = 64,
	RECORD_GROUPS_MAX = 16,
	RECORD_LABELS_MAX = 8,
	RECORD_STORES_MAX = 4,
	RECORD_STANDING_MAX = 8,
};

struct record_label {
	char name[33];
	char value[129];
};

struct record_labels {
	size_t count;
	struct record_label items[RECORD_LABELS_MAX];
};

struct record_ports {
	size_t count;
	char items[RECORD_PORTS_MAX][RECORD_PORT_SIZE];
};

/* What a request asks for. */
enum request_ask { ASK_CAPTURE, ASK_STOP, ASK_CANCEL, ASK_CHECK, ASK_COUNT };
enum direction { DIRECTION_UNSET, DIRECTION_BOTH, DIRECTION_RX, DIRECTION_TX, DIRECTION_COUNT };
enum if_busy { IF_BUSY_QUEUE, IF_BUSY_REJECT, IF_BUSY_REPLACE, IF_BUSY_COUNT };

/* Where a capture is on its way; ended is the last. */
enum run_state { RUN_QUEUED, RUN_STARTING, RUN_CAPTURING, RUN_RECLAIMING, RUN_ENDED, RUN_STATE_COUNT };

/* How a capture ended, for good. `outcome_none` while it has not. */
enum outcome_state {
	OUTCOME_NONE,
	OUTCOME_COMPLETE,  /* all that matched, until a limit of the request */
	OUTCOME_PARTIAL,   /* some of it is missing, or somebody or something ended it early */
	OUTCOME_EMPTY,     /* nothing matched, and other packets were seen */
	OUTCOME_BLIND,     /* nothing at all was seen: nothing is said about the filter */
	OUTCOME_CANCELLED, /* discarded, or stopped before it was armed */
	OUTCOME_FAILED,    /* it could not begin */
	OUTCOME_REJECTED,  /* not taken: see reason */
	OUTCOME_EXPIRED,   /* waited too long */
	OUTCOME_LOST,      /* its worker died and no packet was kept */
	OUTCOME_COUNT
};

/* Which limit, or who, ended a capture that ran. */
enum stopped_by { STOPPED_BY_NOTHING, STOPPED_BY_COUNT, STOPPED_BY_TIMEOUT, STOPPED_BY_BYTES, STOPPED_BY_STOP,
		  STOPPED_BY_CANCEL, STOPPED_BY_REPLACE, STOPPED_BY_SHUTDOWN, STOPPED_BY_FAILURE, STOPPED_BY_COUNT_ };

enum store_state { STORE_WAITING, STORE_STORING, STORE_STORED, STORE_DELETING, STORE_DELETED, STORE_FAILED,
		   STORE_STATE_COUNT };

enum resolution { RESOLUTION_MICRO, RESOLUTION_NANO, RESOLUTION_COUNT };

/* The names as records, JSON and people have them: "capture", "queued", "complete" … in the order above. For
 * DIRECTION_UNSET, OUTCOME_NONE and STOPPED_BY_NOTHING it is "". */
extern const char *const names_ask[ASK_COUNT];
extern const char *const names_direction[DIRECTION_COUNT];
extern const char *const names_if_busy[IF_BUSY_COUNT];
extern const char *const names_run_state[RUN_STATE_COUNT];
extern const char *const names_outcome[OUTCOME_COUNT];
extern const char *const names_stopped_by[STOPPED_BY_COUNT_];
extern const char *const names_store_state[STORE_STATE_COUNT];
extern const char *const names_resolution[RESOLUTION_COUNT];

#endif
