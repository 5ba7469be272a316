/* The bytes of Avro's binary encoding, both ways, by a plan. Whatever is read is compared with what is left before it
 * is used; the recursion is that of the plan, at most 8 deep. */
#include "record/codec/wire.h"

#include <string.h>

struct reader {
	const uint8_t *at;
	const uint8_t *end;
	struct error *error;
};

static int read_step(struct reader *reader, const struct plan_step *step, void *record);

static int bad(struct reader *reader, const struct field *field, const char *what)
{
	error_set(reader->error, ERROR_INPUT, WORD_record_invalid, "`%s` %s",
		  field ? field->name : "a field that is read over", what);
	return -1; /* said here, so that the compiler sees that outputs are only used where they are set */
}

static size_t left(const struct reader *reader)
{
	return (size_t)(reader->end - reader->at);
}

/* A zigzag variable-length number of at most `bits` bits. */
static int read_number(struct reader *reader, const struct field *field, unsigned bits, int64_t *ret_value)
{
	uint64_t value = 0;
	for (unsigned shift = 0; shift < bits; shift += 7) {
		if (reader->at == reader->end)
			return bad(reader, field, "is cut off");
		uint8_t byte = *reader->at++;
		if (shift + 7 > bits && byte >> (bits - shift))
			break;
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80)) {
			*ret_value = (int64_t)(value >> 1 ^ (~(value & 1) + 1));
			return 0;
		}
	}
	return bad(reader, field, "is a number of too many bits");
}

static int read_data(struct reader *reader, const struct field *field, const char **ret_data, size_t *ret_size)
{
	int64_t size;
	if (read_number(reader, field, 64, &size) < 0)
		return -1;
	if (size < 0 || (uint64_t)size > left(reader))
		return bad(reader, field, "has a length that is larger than the record");
	*ret_data = (const char *)reader->at;
	*ret_size = (size_t)size;
	reader->at += size;
	return 0;
}

static int read_over(struct reader *reader, const struct field *field, size_t size)
{
	if (size > left(reader))
		return bad(reader, field, "is cut off");
	reader->at += size;
	return 0;
}

static int read_bytes(struct reader *reader, const struct plan_step *step, void *record)
{
	const struct field *field = step->field;
	const char *data;
	size_t size;
	if (read_data(reader, field, &data, &size) < 0)
		return -1;
	if (!field)
		return 0;
	if (field->type == FIELD_TEXT)
		return record_set_text(field, record, data, size, reader->error);
	if (size > field->maximum)
		return bad(reader, field, "is longer than it may be");
	*(struct record_bytes *)((char *)record + field->offset) =
		(struct record_bytes){ .data = (const uint8_t *)data, .size = size };
	return 0;
}

static int read_integer(struct reader *reader, const struct plan_step *step, void *record)
{
	int64_t value;
	if (read_number(reader, step->field, step->shape == SCHEMA_INT ? 32 : 64, &value) < 0)
		return -1;
	return step->field ? record_set_integer(step->field, record, value, reader->error) : 0;
}

static int read_boolean(struct reader *reader, const struct plan_step *step, void *record)
{
	if (reader->at == reader->end || *reader->at > 1)
		return bad(reader, step->field, "is neither true nor false");
	int64_t value = *reader->at++;
	return step->field ? record_set_integer(step->field, record, value, reader->error) : 0;
}

static int read_enum(struct reader *reader, const struct plan_step *step, void *record)
{
	int64_t symbol;
	if (read_number(reader, step->field, 32, &symbol) < 0)
		return -1;
	if (symbol < 0 || (uint64_t)symbol >= step->count)
		return bad(reader, step->field, "is a symbol that its schema has not");
	if (!step->field)
		return 0;
	if (step->rows[symbol] == PLAN_REFUSED)
		return bad(reader, step->field, "is a word that this release does not know");
	return record_set_integer(step->field, record, step->rows[symbol], reader->error);
}

static int read_label(struct reader *reader, const struct field *field, void *record)
{
	const char *name, *value;
	size_t name_size, value_size;
	if (read_data(reader, field, &name, &name_size) < 0 || read_data(reader, field, &value, &value_size) < 0)
		return -1;
	return record_add_label(field, record, name, name_size, value, value_size, reader->error);
}

/* One item of an array, or one pair of a map. */
static int read_item(struct reader *reader, const struct plan_step *step, void *record)
{
	const struct field *field = step->field;
	const char *text;
	size_t size;
	if (field && field->type == FIELD_LABELS)
		return read_label(reader, field, record);
	if (field && field->type == FIELD_RECORDS) {
		void *row = record_add(field, record, reader->error);
		return row ? read_step(reader, &step->children[0], row) : -1;
	}
	if (field) {
		if (read_data(reader, field, &text, &size) < 0)
			return -1;
		return record_add_text(field, record, text, size, reader->error);
	}
	if (step->shape == SCHEMA_MAP && read_data(reader, NULL, &text, &size) < 0)
		return -1;
	return read_step(reader, &step->children[0], NULL);
}

/* Blocks of items, each with its count; a negative count has the block's size behind it. Every item takes a byte at
 * least (schema.c), so a count that is larger than what is left is a lie. */
static int read_blocks(struct reader *reader, const struct plan_step *step, void *record)
{
	for (;;) {
		int64_t count, size = 0;
		if (read_number(reader, step->field, 64, &count) < 0)
			return -1;
		if (count == 0)
			return 0;
		bool sized = count < 0;
		if (sized && read_number(reader, step->field, 64, &size) < 0)
			return -1;
		uint64_t items = sized ? 0 - (uint64_t)count : (uint64_t)count;
		if (items > left(reader) || size < 0 || (uint64_t)size > left(reader))
			return bad(reader, step->field, "has a count or a size that is larger than the record");
		const uint8_t *end = reader->at + size;
		for (uint64_t i = 0; i < items; i++)
			if (read_item(reader, step, record) < 0)
				return -1;
		if (sized && reader->at != end)
			return bad(reader, step->field, "has a block of another size than it says");
	}
}

static int read_union(struct reader *reader, const struct plan_step *step, void *record)
{
	int64_t branch;
	if (read_number(reader, step->field, 64, &branch) < 0)
		return -1;
	if (branch < 0 || (uint64_t)branch >= step->count)
		return bad(reader, step->field, "is of a branch that its schema has not");
	if (step->children[branch].refused)
		return bad(reader, step->field, "is of a type that it cannot be read from");
	return read_step(reader, &step->children[branch], record);
}

static int read_record(struct reader *reader, const struct plan_step *step, void *record)
{
	if (step->field)
		record = record_open(step->field, record);
	for (size_t i = 0; i < step->count; i++) {
		if (read_step(reader, &step->children[i], record) == 0)
			continue;
		return step->field ? error_context(reader->error, "in `%s`", step->field->name) : -1;
	}
	return 0;
}

static int read_step(struct reader *reader, const struct plan_step *step, void *record)
{
	switch (step->shape) {
	case SCHEMA_NULL:
		if (step->field)
			record_set_null(step->field, record);
		return 0;
	case SCHEMA_BOOLEAN:
		return read_boolean(reader, step, record);
	case SCHEMA_INT:
	case SCHEMA_LONG:
		return read_integer(reader, step, record);
	case SCHEMA_FLOAT:
		return read_over(reader, step->field, 4);
	case SCHEMA_DOUBLE:
		return read_over(reader, step->field, 8);
	case SCHEMA_BYTES:
	case SCHEMA_STRING:
		return read_bytes(reader, step, record);
	case SCHEMA_FIXED:
		return read_over(reader, step->field, step->fixed_size);
	case SCHEMA_ENUM:
		return read_enum(reader, step, record);
	case SCHEMA_ARRAY:
	case SCHEMA_MAP:
		return read_blocks(reader, step, record);
	case SCHEMA_UNION:
		return read_union(reader, step, record);
	case SCHEMA_RECORD:
	case SCHEMA_SHAPE_COUNT:
		break;
	}
	return read_record(reader, step, record);
}

int wire_decode(const struct plan *plan, const void *data, size_t size, void *record, struct error *error)
{
	struct reader reader = { .at = data, .end = (const uint8_t *)data + size, .error = error };
	record_init(plan->type, record);
	int result = read_record(&reader, &plan->root, record);
	if (result == 0 && reader.at != reader.end)
		result = error_set(error, ERROR_INPUT, WORD_record_invalid, "%zu bytes follow its end",
				   left(&reader));
	return result < 0 ? error_context(error, "%s", plan->type->name) : 0;
}

struct writer {
	uint8_t *to; /* NULL: only counts */
	size_t capacity;
	size_t size;
	struct error *error;
};

static int write_step(struct writer *writer, const struct plan_step *step, const void *record);

static int write_bytes(struct writer *writer, const void *data, size_t size)
{
	if (size > writer->capacity - writer->size)
		return error_set(writer->error, ERROR_INPUT, WORD_record_invalid, "it does not fit into %zu bytes",
				 writer->capacity);
	if (writer->to && size)
		memcpy(writer->to + writer->size, data, size);
	writer->size += size;
	return 0;
}

static int write_number(struct writer *writer, int64_t value)
{
	uint64_t rest = (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0);
	uint8_t bytes[10];
	size_t size = 0;
	for (; rest >= 0x80; rest >>= 7)
		bytes[size++] = (uint8_t)(rest | 0x80);
	bytes[size++] = (uint8_t)rest;
	return write_bytes(writer, bytes, size);
}

static int write_data(struct writer *writer, const void *data, size_t size)
{
	return write_number(writer, (int64_t)size) < 0 ? -1 : write_bytes(writer, data, size);
}

static int write_text(struct writer *writer, const struct field *field, const char *text, size_t room)
{
	size_t size = strnlen(text, room);
	if (field && record_check_text(field, text, size, writer->error) < 0)
		return -1;
	return write_data(writer, text, size);
}

static int write_field_bytes(struct writer *writer, const struct field *field, const void *record)
{
	const char *at = (const char *)record + field->offset;
	if (field->type == FIELD_TEXT)
		return write_text(writer, field, at, field->maximum + 1);
	const struct record_bytes *bytes = (const struct record_bytes *)at;
	if (bytes->size > field->maximum)
		return error_set(writer->error, ERROR_INPUT, WORD_record_invalid, "`%s` is longer than it may be",
				 field->name);
	return write_data(writer, bytes->data, bytes->size);
}

static int write_boolean(struct writer *writer, const struct field *field, const void *record)
{
	uint8_t value = record_integer(field, record) != 0;
	return write_bytes(writer, &value, 1);
}

static int write_integer(struct writer *writer, const struct field *field, const void *record)
{
	int64_t value = record_integer(field, record);
	return record_check_integer(field, value, writer->error) < 0 ? -1 : write_number(writer, value);
}

static int write_enum(struct writer *writer, const struct plan_step *step, const void *record)
{
	int64_t row = record_integer(step->field, record);
	for (size_t i = 0; i < step->count; i++)
		if (step->rows[i] == row)
			return write_number(writer, (int64_t)i);
	return error_set(writer->error, ERROR_INPUT, WORD_record_invalid, "`%s` is none of its words",
			 step->field->name);
}

static int write_item(struct writer *writer, const struct plan_step *step, const void *record, size_t i)
{
	const struct field *field = step->field;
	const char *at = (const char *)record + field->offset;
	if (field->type == FIELD_RECORDS)
		return write_step(writer, &step->children[0], at + i * field->type_of->size);
	if (field->type == FIELD_TEXTS)
		return write_text(writer, field, record_text_at(field, record, i), field->element_size);
	const struct record_labels *labels = (const struct record_labels *)at;
	const struct record_label *label = &labels->items[i];
	if (record_check_label(field, labels, i, writer->error) < 0)
		return -1;
	return write_text(writer, NULL, label->name, sizeof label->name) < 0 ||
	       write_text(writer, NULL, label->value, sizeof label->value) < 0 ? -1 : 0;
}

/* One block of all items, and the empty one that ends it. */
static int write_blocks(struct writer *writer, const struct plan_step *step, const void *record)
{
	size_t count = record_count(step->field, record);
	if (count > step->field->maximum)
		return error_set(writer->error, ERROR_INPUT, WORD_record_invalid, "`%s` has more than %zu entries",
				 step->field->name, step->field->maximum);
	if (count && write_number(writer, (int64_t)count) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (write_item(writer, step, record, i) < 0)
			return -1;
	return write_number(writer, 0);
}

static int write_union(struct writer *writer, const struct plan_step *step, const void *record)
{
	bool null = record_is_null(step->field, record);
	for (size_t i = 0; i < step->count; i++) {
		const struct plan_step *branch = &step->children[i];
		if (branch->refused || (branch->shape == SCHEMA_NULL) != null)
			continue;
		if (write_number(writer, (int64_t)i) < 0)
			return -1;
		return null ? 0 : write_step(writer, branch, record);
	}
	return error_set(writer->error, ERROR_INPUT, WORD_record_invalid, "`%s` has no branch for its value",
			 step->field->name);
}

static int write_record(struct writer *writer, const struct plan_step *step, const void *record)
{
	if (step->field)
		record = (const char *)record + step->field->offset;
	for (size_t i = 0; i < step->count; i++) {
		if (write_step(writer, &step->children[i], record) == 0)
			continue;
		return step->field ? error_context(writer->error, "in `%s`", step->field->name) : -1;
	}
	return 0;
}

static int write_step(struct writer *writer, const struct plan_step *step, const void *record)
{
	switch (step->shape) {
	case SCHEMA_BOOLEAN:
		return write_boolean(writer, step->field, record);
	case SCHEMA_INT:
	case SCHEMA_LONG:
		return write_integer(writer, step->field, record);
	case SCHEMA_BYTES:
	case SCHEMA_STRING:
		return write_field_bytes(writer, step->field, record);
	case SCHEMA_ENUM:
		return write_enum(writer, step, record);
	case SCHEMA_ARRAY:
	case SCHEMA_MAP:
		return write_blocks(writer, step, record);
	case SCHEMA_UNION:
		return write_union(writer, step, record);
	case SCHEMA_RECORD:
		return write_record(writer, step, record);
	default: /* no complete plan has another */
		return error_set(writer->error, ERROR_BROKEN, WORD_schema_unknown, "`%s` cannot be written",
				 step->field->name);
	}
}

static int write_all(struct writer *writer, const struct plan *plan, const void *record, size_t *ret_size)
{
	if (write_record(writer, &plan->root, record) < 0)
		return error_context(writer->error, "%s", plan->type->name);
	*ret_size = writer->size;
	return 0;
}

int wire_encode(const struct plan *plan, const void *record, void *buffer, size_t capacity, size_t *ret_size,
		struct error *error)
{
	struct writer writer = { .to = buffer, .capacity = capacity, .error = error };
	return write_all(&writer, plan, record, ret_size);
}

int wire_size(const struct plan *plan, const void *record, size_t *ret_size, struct error *error)
{
	struct writer writer = { .capacity = SIZE_MAX, .error = error };
	return write_all(&writer, plan, record, ret_size);
}
