/* The holes in a sequence, as ranges in rising order. A number far ahead makes one long hole and costs no more than a
 * short one. */
#include "packets/seen.h"

#include <string.h>

/* The hole that holds `number`, or SEEN_HOLES_MAX. */
static size_t find_hole(const struct seen *seen, int64_t number)
{
	for (size_t i = 0; i < seen->holes_count; i++)
		if (number >= seen->holes[i].from && number < seen->holes[i].to)
			return i;
	return SEEN_HOLES_MAX;
}

bool seen_has(const struct seen *seen, int64_t number)
{
	return number < seen->next && find_hole(seen, number) == SEEN_HOLES_MAX;
}

static void remove_hole(struct seen *seen, size_t at)
{
	seen->holes_count--;
	memmove(&seen->holes[at], &seen->holes[at + 1], (seen->holes_count - at) * sizeof seen->holes[0]);
}

/* Puts a hole behind hole `at - 1`. Where there is no room the first is forgotten; it may be the new one's own
 * place. */
static void insert_hole(struct seen *seen, size_t at, int64_t from, int64_t to)
{
	if (seen->holes_count == SEEN_HOLES_MAX) {
		if (at == 0)
			return;
		remove_hole(seen, 0);
		at--;
	}
	memmove(&seen->holes[at + 1], &seen->holes[at], (seen->holes_count - at) * sizeof seen->holes[0]);
	seen->holes[at].from = from;
	seen->holes[at].to = to;
	seen->holes_count++;
}

static void fill_hole(struct seen *seen, size_t at, int64_t number)
{
	int64_t from = seen->holes[at].from;
	int64_t to = seen->holes[at].to;

	if (number == from && number + 1 == to) {
		remove_hole(seen, at);
	} else if (number == from) {
		seen->holes[at].from = number + 1;
	} else if (number + 1 == to) {
		seen->holes[at].to = number;
	} else {
		seen->holes[at].from = number + 1;
		insert_hole(seen, at, from, number);
	}
}

void seen_add(struct seen *seen, int64_t number)
{
	size_t at = find_hole(seen, number);

	if (at < SEEN_HOLES_MAX) {
		fill_hole(seen, at, number);
	} else if (number >= seen->next) {
		if (number > seen->next)
			insert_hole(seen, seen->holes_count, seen->next, number);
		seen->next = number + 1;
	}
}
