/* Avro's binary encoding between a buffer and a struct, by a plan. Reading allocates nothing, follows nothing but the
 * plan, and believes no length that is larger than what is left. Any thread. */
#ifndef RECORD_CODEC_WIRE_H
#define RECORD_CODEC_WIRE_H

#include <stddef.h>

#include "core/error.h"
#include "record/codec/plan.h"

/* Fills the struct of plan->type: all of it, with defaults for what is not there. A bytes field points into `data`,
 * which is copied nowhere. The record must take exactly `size` bytes. INPUT, record_invalid, naming the field; the
 * struct's content is then not to be used. */
int wire_decode(const struct plan *plan, const void *data, size_t size, void *record, struct error *error);

/* Writes the struct; the plan must be complete. INPUT, record_invalid: it holds what a record may not hold, or does
 * not fit into `capacity`. */
int wire_encode(const struct plan *plan, const void *record, void *buffer, size_t capacity, size_t *ret_size,
		struct error *error);

/* Exactly what wire_encode will write. */
int wire_size(const struct plan *plan, const void *record, size_t *ret_size, struct error *error);

#endif
