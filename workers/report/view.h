/* What is known of each request and its captures: a pure fold over events and results. It knows no clock but the one
 * it is told, in ms of clock_boot_ms. One thread.
 *
 * An event counts if its (version, number) is greater than what is known of its capture, a result if its version is;
 * so what is delivered twice, out of order or by two consumers does no harm. A request has the captures that events
 * named: nothing says how many there will be. */
#ifndef VIEW_H
#define VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/memory.h"
#include "record/event.h"
#include "record/request.h"
#include "record/result.h"

/* How far a capture is. */
enum view_phase {
	VIEW_UNHEARD,    /* no event of it counted yet */
	VIEW_QUEUED,
	VIEW_STARTING,
	VIEW_CAPTURING,
	VIEW_RECLAIMING,
	VIEW_ENDED,      /* its result is not known yet */
	VIEW_DONE,       /* there is a result, or it was refused and there will be none */
};

struct view_capture {
	char capture_id[RECORD_ID_SIZE]; /* "": a request that was refused before it had one */
	char target[RECORD_TARGET_SIZE];
	enum view_phase phase;
	int64_t version, number;         /* of the newest event */
	struct event *event;             /* it; NULL once there is a result, which says more */
	struct result *result;           /* NULL: none yet */
	int64_t held_offset;             /* of the event that a restart must read again; RECORD_UNSET: none */
};

struct view_request {
	char request_id[RECORD_ID_SIZE];
	int32_t partition;               /* of events: whoever has it tells this request */
	bool has_request;
	struct request request;          /* the filter, who asked, the limits; by whichever record said so first */
	size_t captures_count;
	struct view_capture **captures;  /* in the order in which they came to be known */
	int64_t heard_boot_ms;           /* when a record of it counted last */
	int64_t untold_offset;           /* of the oldest event that was not told yet; RECORD_UNSET: none */
	bool is_verified;                /* the gateway vouches for who asked: tellings.c, as the next */
	struct telling_work *work;       /* what is under way; NULL: nothing */
};

struct view;

struct view *view_new(void);
void view_free(struct view *view);
MEMORY_DEFINE_FREEP(struct view, view_free)

/* Folds an event of that partition; a request that was not known comes to be. NULL only for an event that tells of no capture
 * (EVENT_CHECKED), and then nothing is set. `ret_counted`: it was newer. Borrowed until view_forget. */
struct view_request *view_event(struct view *view, const struct event *event, int32_t partition, int64_t now_boot_ms,
				 struct view_capture **ret_capture, bool *ret_counted);

/* A result of a capture that an event named before; NULL, and nothing happens, for any other. */
struct view_request *view_result(struct view *view, const struct result *result, int64_t now_boot_ms,
				 bool *ret_counted);

struct view_request *view_find(const struct view *view, const char *request_id);
/* All, in the order in which they came to be known. */
struct view_request *view_first(const struct view *view);
struct view_request *view_next(const struct view_request *request);
size_t view_count(const struct view *view);
void view_forget(struct view *view, struct view_request *request);

/* How it ended; OUTCOME_NONE while it has not. */
enum outcome_state view_outcome(const struct view_capture *capture);
/* Every capture is done. */
bool view_is_finished(const struct view_request *request);
/* The same, and no store is still to have a file. */
bool view_is_settled(const struct view_request *request);

/* The id that people are shown, and may type: the shortest beginning, of six or more characters, that no other
 * request of the view has; of a capture's id where there is one, because the request's own may be long. */
void view_shown_id(const struct view *view, const struct view_request *request, char to[static RECORD_ID_SIZE]);

#endif
