/* How far a partition is done: everything before the oldest record that is still needed. What happens to records in
 * between does not matter: after a restart they are read again, and found to be done. Pure. One thread. */
#ifndef OFFSETS_H
#define OFFSETS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/memory.h"

struct offsets;

struct offsets *offsets_new(void);
void offsets_free(struct offsets *offsets);
MEMORY_DEFINE_FREEP(struct offsets, offsets_free)

/* The record at `offset` was read. */
void offsets_read(struct offsets *offsets, int32_t partition, int64_t offset);

/* From now on the record at `offset` is needed, until it is released as often as it is held. Releasing what is not
 * held, because the partition was forgotten meanwhile, does nothing. */
void offsets_hold(struct offsets *offsets, int32_t partition, int64_t offset);
void offsets_release(struct offsets *offsets, int32_t partition, int64_t offset);

/* The partition is another's now: nothing is known of it any more. */
void offsets_forget(struct offsets *offsets, int32_t partition);

/* True where the offset to store of some partition is another than when it was asked for last. The offset is the
 * oldest one held, or where none is, the next one to read. */
bool offsets_take_change(struct offsets *offsets, int32_t *ret_partition, int64_t *ret_next_offset);

#endif
