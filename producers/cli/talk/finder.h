/* Finds what an id, or the beginning of one, means: a sink that keeps what may be meant. One thread. */
#ifndef TALK_FINDER_H
#define TALK_FINDER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/error.h"
#include "core/memory.h"
#include "talk/feed.h"
#include "view/fold.h"

enum {
	FINDER_REQUESTS_MAX = 8,          /* of which captures are kept: enough to say what an id may mean */
	FINDER_EVENTS_BACK_MS = 93600000, /* 26 h: a request waits at most 24, and a capture takes at most an hour */
};

struct finder;

/* `typed` is kept. INPUT argument_invalid where nothing could match it. */
struct finder *finder_new(const char *typed, struct error *error);
/* Settled from the start: one whole request. */
struct finder *finder_new_of_request(const char *request_id);
void finder_free(struct finder *finder);
MEMORY_DEFINE_FREEP(struct finder, finder_free)

/* What to give to feed_take. The finder's. */
const struct feed_sink *finder_sink(struct finder *finder);

/* Once all was read: decides for one request or capture, which alone is followed from then on. INPUT: nothing is
 * called so, or more than one, all of which the sentence names. */
int finder_settle(struct finder *finder, struct error *error);

/* Once settled: what was typed names one target of a request. */
bool finder_is_one_capture(const struct finder *finder);

/* What is known of it. The finder's. */
struct fold *finder_fold(struct finder *finder);

/* Reads events and results and settles: what `show` and `follow` begin with. `feed` is the caller's. */
int finder_read(struct finder *finder, const struct cli *cli, struct feed **ret_feed, struct error *error);

#endif
