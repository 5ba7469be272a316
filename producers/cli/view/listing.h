/* The list of captures: a fold over results and recent events that keeps nothing but what will be printed. */
#ifndef VIEW_LISTING_H
#define VIEW_LISTING_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/memory.h"
#include "record/event.h"
#include "record/result.h"

struct listing_wanted {
	const char *state;   /* an outcome or a phase; NULL: any */
	const char *target;  /* NULL: any */
	int64_t since_ms;    /* since the epoch: those that ended, or were heard of, since then */
	bool as_json;
};

struct listing;

/* `wanted` is copied, its texts are kept. */
struct listing *listing_new(const struct listing_wanted *wanted);
void listing_free(struct listing *listing);
MEMORY_DEFINE_FREEP(struct listing, listing_free)

/* In any order of the two topics; what is newer of a capture takes the older one's place, a result any event's. */
void listing_event(struct listing *listing, const struct event *event);
void listing_result(struct listing *listing, const struct result *result);
void listing_deleted(struct listing *listing, const char *capture_id);

size_t listing_count(const struct listing *listing);
/* The newest last: a table, or a line of JSON for each. */
void listing_print(struct listing *listing, FILE *to);

/* "complete", "queued" … all that `state` can be; NULL past the last. */
const char *listing_state(size_t index);

#endif
