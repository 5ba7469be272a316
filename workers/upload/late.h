/* Packets that came when their capture was finished: they are in no file, so the result counts them and says where
 * they are. A chunk's offset is held (offsets.h) until a result that covers it was read back. One thread.
 *
 * Of a capture that is not complete, which chunks its file holds is no longer known by then, only where its last one
 * was: one of them that somebody sends again after the end counts as late. */
#ifndef LATE_H
#define LATE_H

#include <stddef.h>
#include <stdint.h>

#include "core/memory.h"
#include "ledger/results_log.h"
#include "offsets.h"

struct late;

/* Both pointers outlive it. */
struct late *late_new(struct results_log *results, struct offsets *offsets);
void late_free(struct late *late);
MEMORY_DEFINE_FREEP(struct late, late_free)

/* `packets` is more than none. */
void late_add(struct late *late, const char *capture_id, int32_t partition, int64_t offset, int64_t packets);

/* Writes results that are due, and lets offsets pass whose results were read back. */
void late_turn(struct late *late);

/* The partition is another's now. */
void late_forget(struct late *late, int32_t partition);

size_t late_count(const struct late *late);

#endif
