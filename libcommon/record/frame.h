/* Records as Kafka carries them: the one way from bytes to a struct and back.
 *
 * Three forms are read (schemas/README.md, "Wire form"):
 *   C3 01, 8 bytes      Avro single-object encoding: the schema's CRC-64-AVRO fingerprint, little-endian; every
 *                       schema version of ours is compiled in
 *   00, 4 bytes         Confluent framing: the schema's number in a registry, big-endian; the caller looks it up
 *   {                   plain JSON, of requests and cleanups only; blanks may come first
 * One is written: single-object encoding. Any thread; allocates nothing (JSON: what jansson needs for at most
 * 64 KiB of text). */
#ifndef RECORD_FRAME_H
#define RECORD_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "core/error.h"
#include "record/record.h"

struct plan; /* record/codec/plan.h */

/* Of the bytes before the Avro body. */
enum { FRAME_HEADER_SIZE = 10 };

/* How a registry's schema number becomes a plan. The plan stays the lookup's and must live until frame_decode
 * returns. NULL: INPUT where there is no such schema or it cannot be read as `type`, AWAY where the registry
 * cannot be asked now. */
struct frame_lookup {
	const struct plan *(*find)(void *context, uint32_t id, const struct record_type *type, struct error *error);
	void *context;
};

/* Fills the struct `type` describes: every field is set, those that were not written to their default. A bytes
 * field points into `data`. `lookup` may be NULL: no registry. INPUT, record_invalid or schema_unknown, or what
 * the lookup said; then the struct's content is not to be used. */
int frame_decode(const struct record_type *type, const void *data, size_t size, const struct frame_lookup *lookup,
		 void *record, struct error *error);

/* Into the caller's buffer. INPUT, record_invalid: the struct holds what no record may hold, or is larger than
 * `capacity`. */
int frame_encode(const struct record_type *type, const void *record, void *buffer, size_t capacity, size_t *ret_size,
		 struct error *error);

/* The exact size that frame_encode will need. */
int frame_size(const struct record_type *type, const void *record, size_t *ret_size, struct error *error);

/* The same into memory of the right size, which is the caller's. */
int frame_encode_new(const struct record_type *type, const void *record, void **ret_data, size_t *ret_size,
		     struct error *error);

#endif
