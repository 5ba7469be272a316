/* Which of the three forms a record has is told by its first bytes; each then takes its own way to the struct. */
#include "record/frame.h"

#include <string.h>

#include "core/memory.h"
#include "record/cleanup.h"
#include "record/codec/json.h"
#include "record/codec/known.h"
#include "record/codec/wire.h"
#include "record/request.h"

/* Avro specification, "Single-object encoding"; Confluent's "Wire format". */
enum { SINGLE_FIRST = 0xc3, SINGLE_SECOND = 0x01, SINGLE_HEADER = 10, CONFLUENT_FIRST = 0x00, CONFLUENT_HEADER = 5 };

static int invalid(const struct record_type *type, const char *what, struct error *error)
{
	return error_set(error, ERROR_INPUT, WORD_record_invalid, "%s: %s", type->name, what);
}

static int decode_single(const struct record_type *type, const uint8_t *data, size_t size, void *record,
			 struct error *error)
{
	if (size < SINGLE_HEADER)
		return invalid(type, "it ends within its schema's fingerprint", error);
	uint64_t fingerprint = 0;
	for (int i = SINGLE_HEADER - 1; i >= 2; i--)
		fingerprint = fingerprint << 8 | data[i];
	const struct plan *plan = known_reader(known_ours(), type, fingerprint);
	if (!plan)
		return error_set(error, ERROR_INPUT, WORD_schema_unknown,
				 "%s: this release knows no schema of it with the fingerprint %016llx", type->name,
				 (unsigned long long)fingerprint);
	return wire_decode(plan, data + SINGLE_HEADER, size - SINGLE_HEADER, record, error);
}

static int decode_confluent(const struct record_type *type, const uint8_t *data, size_t size,
			    const struct frame_lookup *lookup, void *record, struct error *error)
{
	if (size < CONFLUENT_HEADER)
		return invalid(type, "it ends within its schema's number", error);
	uint32_t id = (uint32_t)data[1] << 24 | (uint32_t)data[2] << 16 | (uint32_t)data[3] << 8 | data[4];
	if (!lookup)
		return error_set(error, ERROR_INPUT, WORD_schema_unknown,
				 "%s: it names schema %lu of a registry, and none is configured", type->name,
				 (unsigned long)id);
	const struct plan *plan = lookup->find(lookup->context, id, type, error);
	if (!plan)
		return -1;
	return wire_decode(plan, data + CONFLUENT_HEADER, size - CONFLUENT_HEADER, record, error);
}

static bool is_json(const struct record_type *type, const uint8_t *data, size_t size)
{
	if (type != &request_record && type != &cleanup_record)
		return false;
	size_t i = 0;
	while (i < size && memchr(" \t\r\n", data[i], 4))
		i++;
	return i < size && data[i] == '{';
}

int frame_decode(const struct record_type *type, const void *data, size_t size, const struct frame_lookup *lookup,
		 void *record, struct error *error)
{
	const uint8_t *bytes = data;
	if (size == 0)
		return invalid(type, "it is empty", error);
	if (size >= 2 && bytes[0] == SINGLE_FIRST && bytes[1] == SINGLE_SECOND)
		return decode_single(type, bytes, size, record, error);
	if (bytes[0] == CONFLUENT_FIRST)
		return decode_confluent(type, bytes, size, lookup, record, error);
	if (is_json(type, bytes, size))
		return json_decode(type, data, size, record, error);
	return invalid(type, type == &request_record || type == &cleanup_record ?
				     "it is neither Avro (C3 01 or 00 first) nor a JSON object" :
				     "it is not Avro (C3 01 or 00 first)", error);
}

static const struct plan *writer_of(const struct record_type *type, struct error *error)
{
	const struct plan *plan = known_writer(known_ours(), type);
	if (!plan)
		error_set(error, ERROR_BROKEN, WORD_schema_unknown, "%s has no schema of its own", type->name);
	return plan;
}

int frame_encode(const struct record_type *type, const void *record, void *buffer, size_t capacity, size_t *ret_size,
		 struct error *error)
{
	const struct plan *plan = writer_of(type, error);
	if (!plan)
		return -1;
	if (capacity < FRAME_HEADER_SIZE)
		return invalid(type, "the buffer has no room for a record", error);
	uint8_t *bytes = buffer;
	size_t size;
	if (wire_encode(plan, record, bytes + FRAME_HEADER_SIZE, capacity - FRAME_HEADER_SIZE, &size, error) < 0)
		return -1;
	bytes[0] = SINGLE_FIRST;
	bytes[1] = SINGLE_SECOND;
	for (int i = 0; i < 8; i++)
		bytes[2 + i] = (uint8_t)(plan->fingerprint >> (8 * i));
	*ret_size = FRAME_HEADER_SIZE + size;
	return 0;
}

int frame_size(const struct record_type *type, const void *record, size_t *ret_size, struct error *error)
{
	const struct plan *plan = writer_of(type, error);
	size_t size;
	if (!plan || wire_size(plan, record, &size, error) < 0)
		return -1;
	*ret_size = FRAME_HEADER_SIZE + size;
	return 0;
}

int frame_encode_new(const struct record_type *type, const void *record, void **ret_data, size_t *ret_size,
		     struct error *error)
{
	size_t size;
	if (frame_size(type, record, &size, error) < 0)
		return -1;
	CLEANUP_FREE void *data = memory_new(size);
	if (frame_encode(type, record, data, size, ret_size, error) < 0)
		return -1;
	*ret_data = data;
	data = NULL; /* now the caller's */
	return 0;
}
