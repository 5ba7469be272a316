/* Which numbers of a sequence came, in bounded memory: 0 is the first, most come in order, and what is left out is
 * kept as ranges. One thread at a time. */
#ifndef PACKETS_SEEN_H
#define PACKETS_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* More holes than these at once, and the oldest are forgotten: their numbers then count as seen. */
enum { SEEN_HOLES_MAX = 64 };

struct seen {
	int64_t next; /* one more than the greatest number that came */
	size_t holes_count;
	struct {
		int64_t from, to; /* `to` is the first behind the hole */
	} holes[SEEN_HOLES_MAX]; /* in rising order */
};

/* All zero is a new one. `number` is 0 … INT64_MAX - 1. */
bool seen_has(const struct seen *seen, int64_t number);
void seen_add(struct seen *seen, int64_t number);

#endif
