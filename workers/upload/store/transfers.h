/* The thread in which all stores work, so that neither a slow disk nor a slow network stops the reading. The main
 * thread gives it jobs, by numbers that are never used again, and takes their answers. */
#ifndef STORE_TRANSFERS_H
#define STORE_TRANSFERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"
#include "store/store.h"

struct transfers;

/* `stores` outlives it. */
struct transfers *transfers_start(struct stores *stores, struct error *error);
/* Waits for the step that is being done; everything else is aborted. NULL does nothing. */
void transfers_stop(struct transfers *transfers);

/* A file on its way to a store (an index of the stores): begins, grows, is whole (store.h). Takes file->fd over.
 * Returns the job's number, never 0, which its one answer bears. An aborted one has none, unless it stands in the
 * mailbox already: such a number is nobody's any more. */
uint64_t transfers_begin(struct transfers *transfers, size_t store, const struct store_file *file);
void transfers_append(struct transfers *transfers, uint64_t number, int64_t size_bytes);
void transfers_finish(struct transfers *transfers, uint64_t number, const struct store_whole *whole);
void transfers_abort(struct transfers *transfers, uint64_t number);

/* Removes a stored file; one answer. */
uint64_t transfers_remove(struct transfers *transfers, size_t store, const struct store_removal *removal);

/* Readable when an answer waits. */
int transfers_fd(const struct transfers *transfers);
bool transfers_take(struct transfers *transfers, uint64_t *ret_number, struct store_answer *ret_answer);

#endif
