/* The thread that puts finished files into stores, one after the other, so that a slow disk never stops the reading.
 * The main thread gives jobs and takes answers. */
#ifndef STORER_H
#define STORER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"
#include "store/store.h"

struct storer;

struct storer_answer {
	uint64_t number;
	size_t store;
	bool ok;
	struct store_place place; /* with ok */
	struct error error;       /* else; INPUT: for good */
};

/* `stores` outlives it. */
struct storer *storer_start(struct stores *stores, struct error *error);
/* Waits for the file that is being copied; what still waits for its turn is dropped. NULL does nothing. */
void storer_stop(struct storer *storer);

/* Takes file->fd over. `number` and `store` (an index of the stores) come back in the answer; for the two there is at
 * most one job under way. */
void storer_put(struct storer *storer, uint64_t number, size_t store, const struct store_file *file);

/* Readable when an answer waits. */
int storer_fd(const struct storer *storer);
bool storer_take(struct storer *storer, struct storer_answer *ret_answer);

#endif
