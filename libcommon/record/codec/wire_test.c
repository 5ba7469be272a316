/* Avro's binary encoding: against avro-c with random records both ways, and against records that lie. */
#include "record/codec/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <avro.h>
#include <cmocka.h>
#include <malloc.h>

#include "core/memory.h"
#include "record/chunk.h"
#include "record/codec/known.h"
#include "record/codec/testing.h"
#include "record/result.h"

enum { ROUNDS = 40, BUFFER_SIZE = 1 << 20 };

static void fill_record(avro_value_t *value, const struct record_type *type, const void *record);

static void fill_list(avro_value_t *list, const struct field *field, const void *record)
{
	const char *at = (const char *)record + field->offset;
	for (size_t i = 0; i < record_count(field, record); i++) {
		avro_value_t item;
		int is_new;
		if (field->type == FIELD_LABELS) {
			const struct record_label *label = &((const struct record_labels *)at)->items[i];
			assert_int_equal(avro_value_add(list, label->name, &item, NULL, &is_new), 0);
			avro_value_set_string(&item, label->value);
			continue;
		}
		assert_int_equal(avro_value_append(list, &item, NULL), 0);
		if (field->type == FIELD_TEXTS)
			avro_value_set_string(&item, record_text_at(field, record, i));
		else
			fill_record(&item, field->type_of, at + i * field->type_of->size);
	}
}

static void fill_value(avro_value_t *value, const struct field *field, const void *record)
{
	char *at = (char *)record + field->offset;
	avro_value_t branch;
	if (avro_value_get_type(value) == AVRO_UNION) {
		assert_int_equal(avro_value_set_branch(value, record_is_null(field, record) ? 0 : 1, &branch), 0);
		if (!record_is_null(field, record))
			fill_value(&branch, field, record);
		return;
	}
	switch (field->type) {
	case FIELD_TEXT:
		assert_int_equal(avro_value_set_string(value, at), 0);
		break;
	case FIELD_INTEGER:
	case FIELD_TIME_MS:
	case FIELD_TIME_NS:
		assert_int_equal(avro_value_set_long(value, record_integer(field, record)), 0);
		break;
	case FIELD_BOOLEAN:
		assert_int_equal(avro_value_set_boolean(value, (int)record_integer(field, record)), 0);
		break;
	case FIELD_ENUM: {
		const char *name = field->names[record_integer(field, record)];
		int symbol = avro_schema_enum_get_by_name(avro_value_get_schema(value), name);
		assert_true(symbol >= 0);
		assert_int_equal(avro_value_set_enum(value, symbol), 0);
		break;
	}
	case FIELD_BYTES: {
		const struct record_bytes *bytes = (const struct record_bytes *)at;
		assert_int_equal(avro_value_set_bytes(value, (void *)bytes->data, bytes->size), 0);
		break;
	}
	case FIELD_RECORD:
		fill_record(value, field->type_of, at);
		break;
	case FIELD_TEXTS:
	case FIELD_RECORDS:
	case FIELD_LABELS:
		fill_list(value, field, record);
		break;
	}
}

static void fill_record(avro_value_t *value, const struct record_type *type, const void *record)
{
	for (size_t i = 0; i < type->fields_count; i++) {
		avro_value_t part;
		assert_int_equal(avro_value_get_by_name(value, type->fields[i].name, &part, NULL), 0);
		fill_value(&part, &type->fields[i], record);
	}
}

/* What avro-c writes for the record. */
static size_t write_with_avro_c(const struct record_type *type, const void *record, char *to)
{
	avro_schema_t schema;
	assert_int_equal(avro_schema_from_json_length(type->schema, strlen(type->schema), &schema), 0);
	avro_value_iface_t *class = avro_generic_class_from_schema(schema);
	avro_value_t value;
	avro_generic_value_new(class, &value);
	fill_record(&value, type, record);
	avro_writer_t writer = avro_writer_memory(to, BUFFER_SIZE);
	assert_int_equal(avro_value_write(writer, &value), 0);
	size_t size = (size_t)avro_writer_tell(writer);
	avro_writer_free(writer);
	avro_value_decref(&value);
	avro_value_iface_decref(class);
	avro_schema_decref(schema);
	return size;
}

static const struct plan *plan_of(const struct record_type *type)
{
	return known_writer(known_ours(), type);
}

/* What we write is what avro-c writes; and from there our struct comes back. */
static void same_as_avro_c(void **state)
{
	(void)state;
	CLEANUP_FREE char *theirs = memory_new(BUFFER_SIZE);
	CLEANUP_FREE char *ours = memory_new(BUFFER_SIZE);
	CLEANUP_FREE char *record = memory_new(TESTING_RECORD_SIZE);
	CLEANUP_FREE char *back = memory_new(TESTING_RECORD_SIZE);
	uint64_t seed = 1;
	for (size_t i = 0; testing_types[i]; i++) {
		const struct record_type *type = testing_types[i];
		for (int round = 0; round < ROUNDS; round++) {
			struct error error = { 0 };
			size_t size, bound;
			testing_fill(type, record, &seed);
			size_t theirs_size = write_with_avro_c(type, record, theirs);
			if (wire_encode(plan_of(type), record, ours, BUFFER_SIZE, &size, &error) < 0)
				fail_msg("%s", error.text);
			assert_int_equal(size, theirs_size);
			assert_memory_equal(ours, theirs, size);
			assert_int_equal(wire_size(plan_of(type), record, &bound, &error), 0);
			assert_int_equal(bound, size);
			assert_int_equal(wire_encode(plan_of(type), record, ours, size - 1, &bound, &error), -1);
			if (wire_decode(plan_of(type), theirs, size, back, &error) < 0)
				fail_msg("%s", error.text);
			const char *name = testing_difference(type, record, back);
			if (name)
				fail_msg("%s: %s differs in round %d", type->name, name, round);
		}
	}
}

/* A record whose size is small enough to try every cut and every flip. */
static size_t small_record(const struct record_type *type, uint64_t *seed, void *record, uint8_t *to)
{
	size_t size;
	do {
		testing_fill(type, record, seed);
		assert_int_equal(wire_encode(plan_of(type), record, to, BUFFER_SIZE, &size, NULL), 0);
	} while (size > 2500);
	return size;
}

static void cut_anywhere(void **state)
{
	(void)state;
	CLEANUP_FREE uint8_t *bytes = memory_new(BUFFER_SIZE);
	CLEANUP_FREE char *record = memory_new(TESTING_RECORD_SIZE);
	uint64_t seed = 2;
	for (size_t i = 0; testing_types[i]; i++) {
		size_t size = small_record(testing_types[i], &seed, record, bytes);
		for (size_t cut = 0; cut < size; cut++) {
			/* An exact copy: a read past its end meets the sanitizer. */
			CLEANUP_FREE uint8_t *exact = memory_copy(bytes, cut ? cut : 1);
			struct error error = { 0 };
			assert_int_equal(wire_decode(plan_of(testing_types[i]), exact, cut, record, &error), -1);
			assert_int_equal(error.kind, ERROR_INPUT);
			assert_int_equal(error.word, WORD_record_invalid);
		}
		bytes[size] = 0;
		assert_int_equal(wire_decode(plan_of(testing_types[i]), bytes, size + 1, record, NULL), -1);
	}
}

/* A changed byte is refused, or makes another record that is valid: what is read can be written and read again. */
static void flip_anything(void **state)
{
	(void)state;
	CLEANUP_FREE uint8_t *bytes = memory_new(BUFFER_SIZE);
	CLEANUP_FREE uint8_t *again = memory_new(BUFFER_SIZE);
	CLEANUP_FREE char *record = memory_new(TESTING_RECORD_SIZE);
	CLEANUP_FREE char *back = memory_new(TESTING_RECORD_SIZE);
	static const uint8_t masks[] = { 0x01, 0x02, 0x40, 0x80, 0xff };
	uint64_t seed = 3;
	size_t refused = 0;
	for (size_t i = 0; testing_types[i]; i++) {
		const struct plan *plan = plan_of(testing_types[i]);
		size_t size = small_record(testing_types[i], &seed, record, bytes);
		for (size_t k = 0; k < size * sizeof masks; k++) {
			CLEANUP_FREE uint8_t *changed = memory_copy(bytes, size);
			size_t again_size;
			changed[k / sizeof masks] ^= masks[k % sizeof masks];
			if (wire_decode(plan, changed, size, record, NULL) < 0) {
				refused++;
				continue;
			}
			struct error error = { 0 };
			if (wire_encode(plan, record, again, BUFFER_SIZE, &again_size, &error) < 0)
				fail_msg("%s", error.text);
			assert_int_equal(wire_decode(plan, again, again_size, back, NULL), 0);
			assert_null(testing_difference(plan->type, record, back));
		}
	}
	assert_true(refused > 1000);
}

/* One field of each shape, so that each lie has its place. */
struct shapes {
	char text[9];
	int64_t number;
	bool yes;
	int word;
	struct record_bytes data;
	struct record_ports ports;
	struct record_labels labels;
};
static const char *const words[] = { "a", "b" };
static const struct field shape_fields[] = {
	ROW_TEXT(struct shapes, "text", text, 0),
	ROW_INTEGER(struct shapes, "number", number, -10, 10),
	ROW_BOOLEAN(struct shapes, "yes", yes, false),
	ROW_ENUM(struct shapes, "word", word, words, 2, 0, NULL),
	ROW_BYTES(struct shapes, "data", data, 8),
	ROW_TEXTS(struct shapes, "ports", ports, 0),
	ROW_LABELS(struct shapes, "labels", labels),
};
static const struct record_type shape_record = RECORD_TYPE("Shapes", struct shapes, shape_fields, NULL);

/* Reads `bytes` as a record of the one field; what was wrong, or NULL. */
static const char *read_one(const char *name, const char *type, const char *bytes, size_t size, struct shapes *shapes)
{
	static struct error error;
	CLEANUP_FREE char *text = memory_format("{\"type\":\"record\",\"name\":\"Shapes\""
		",\"fields\":[{\"name\":\"%s\","
						"\"type\":%s}]}", name, type);
	CLEANUP(plan_freep) struct plan *plan = plan_new(text, strlen(text), &shape_record, &error);
	if (!plan)
		fail_msg("%s", error.text);
	CLEANUP_FREE uint8_t *exact = memory_copy(bytes, size ? size : 1);
	int result = wire_decode(plan, exact, size, shapes, &error);
	/* The bytes are borrowed, and end with this function. */
	shapes->data.data = NULL;
	return result < 0 ? error.text : NULL;
}

#define READ(name, type, bytes) read_one(name, type, bytes, sizeof(bytes) - 1, &shapes)
#define STRINGS "{\"type\":\"array\",\"items\":\"string\"}"
#define MAP "{\"type\":\"map\",\"values\":\"string\"}"

static void lies(void **state)
{
	(void)state;
	struct shapes shapes;
	/* Lengths: 8 GiB, -1, INT64_MIN, one more than there is. */
	assert_string_equal(READ("text", "\"string\"", "\x80\x80\x80\x80\x40"),
			    "Shapes: `text` has a length that is larger than the record");
	assert_non_null(READ("text", "\"string\"", "\x01"));
	assert_non_null(READ("text", "\"string\"", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"));
	assert_non_null(READ("text", "\"string\"", "\x04x"));
	assert_non_null(READ("data", "\"bytes\"", "\x80\x80\x80\x80\x40"));
	assert_non_null(READ("data", "\"bytes\"", "\x12" "123456789"));
	assert_null(READ("data", "\"bytes\"", "\x10" "12345678"));
	/* Texts: too long, not UTF-8, NUL. */
	assert_string_equal(READ("text", "\"string\"", "\x12" "123456789"),
			    "Shapes: `text` has 9 bytes, and may have 8");
	assert_non_null(READ("text", "\"string\"", "\x02\xff"));
	assert_non_null(READ("text", "\"string\"", "\x02\x00"));
	assert_null(READ("text", "\"string\"", "\x10" "12345678"));
	/* Numbers: outside of the field, more bits than the type has, without an end. */
	assert_string_equal(READ("number", "\"long\"", "\x16"), "Shapes: `number` is 11, and has to be -10 to 10");
	assert_non_null(READ("number", "\"long\"", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"));
	assert_non_null(READ("number", "\"int\"", "\x80\x80\x80\x80\x10"));
	assert_non_null(READ("number", "\"int\"", "\x80\x80\x80\x80\x80\x00"));
	assert_non_null(READ("number", "\"long\"", "\x80"));
	assert_non_null(READ("number", "\"long\"", "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x02"));
	assert_non_null(READ("other", "\"int\"", "\x80\x80\x80\x80\x10"));
	assert_null(READ("number", "\"int\"", "\x13"));
	assert_int_equal(shapes.number, -10);
	/* Booleans and symbols that there are not. */
	assert_non_null(READ("yes", "\"boolean\"", "\x02"));
	assert_non_null(READ("other", "\"boolean\"", "\x02"));
	assert_non_null(READ("word", "{\"type\":\"enum\",\"name\":\"w\",\"symbols\":[\"a\",\"b\"]}", "\x04"));
	assert_non_null(READ("word", "{\"type\":\"enum\",\"name\":\"w\",\"symbols\":[\"a\",\"b\"]}", "\x01"));
	assert_string_equal(READ("word", "{\"type\":\"enum\",\"name\":\"w\",\"symbols\":[\"a\",\"c\"]}", "\x02"),
			    "Shapes: `word` is a word that this release does not know");
	/* Unions: a branch that there is not; a branch that cannot be read. */
	assert_non_null(READ("number", "[\"null\",\"long\"]", "\x04\x00"));
	assert_non_null(READ("number", "[\"null\",\"long\"]", "\x00"));
	assert_null(READ("number", "[\"null\",\"long\"]", "\x02\x02"));
	assert_int_equal(shapes.number, 1);
}

static void lies_in_lists(void **state)
{
	(void)state;
	struct shapes shapes;
	/* Counts: 2^62, INT64_MIN with a size, a size that is not the block's, no end. */
	assert_string_equal(READ("ports", STRINGS, "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"),
			    "Shapes: `ports` has a count or a size that is larger than the record");
	assert_non_null(READ("ports", STRINGS, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x02"));
	assert_non_null(READ("ports", STRINGS, "\x01\x06\x02x\x00"));
	assert_non_null(READ("ports", STRINGS, "\x01\x02\x02x\x00"));
	assert_non_null(READ("ports", STRINGS, "\x01\x01\x02x\x00"));
	assert_non_null(READ("ports", STRINGS, "\x02\x02x"));
	assert_null(READ("ports", STRINGS, "\x01\x04\x02x\x02\x02y\x00"));
	assert_int_equal(shapes.ports.count, 2);
	assert_string_equal(shapes.ports.items[1], "y");
	/* More than the struct holds; a name twice. */
	char many[132] = "\x82\x01"; /* 65 empty texts */
	assert_non_null(read_one("ports", STRINGS, many, 2 + 65 + 1, &shapes));
	many[0] = '\x80';
	assert_null(read_one("ports", STRINGS, many, 2 + 64 + 1, &shapes));
	assert_int_equal(shapes.ports.count, 64);
	assert_non_null(READ("labels", MAP, "\x04\x02x\x02" "1\x02x\x02" "2\x00"));
	assert_null(READ("labels", MAP, "\x04\x02x\x02" "1\x02y\x02" "2\x00"));
	assert_string_equal(shapes.labels.items[1].value, "2");
	/* The same where it is read over. */
	assert_non_null(READ("other", "{\"type\":\"array\",\"items\":\"float\"}", "\x04\x00\x00\x00\x00"));
	assert_non_null(READ("other", MAP, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00"));
	assert_non_null(READ("other", "{\"type\":\"fixed\",\"name\":\"f\",\"size\":4}", "\x00\x00\x00"));
	assert_null(READ("other", "{\"type\":\"fixed\",\"name\":\"f\",\"size\":4}", "\x00\x00\x00\x00"));
	assert_null(READ("other", "[\"null\",\"double\"]", "\x02\x00\x00\x00\x00\x00\x00\x00\x00"));
}

/* Nothing is written that would not be read. */
static void refuses_to_write(void **state)
{
	(void)state;
	CLEANUP_FREE struct result *result = memory_new(sizeof *result);
	struct error error = { 0 };
	uint8_t buffer[4096];
	size_t size;
	const struct plan *plan = plan_of(&result_record);
	record_init(&result_record, result);
	assert_int_equal(wire_encode(plan, result, buffer, sizeof buffer, &size, &error), -1);
	assert_non_null(strstr(error.text, "CaptureResult: `capture_id` is no id"));
	strcpy(result->capture_id, "k7-slx1");
	strcpy(result->target, "../slx1");
	assert_int_equal(wire_encode(plan, result, buffer, sizeof buffer, &size, &error), -1);
	strcpy(result->target, "slx1");
	assert_int_equal(wire_encode(plan, result, buffer, sizeof buffer, &size, &error), 0);
	memset(result->detail, 'x', sizeof result->detail); /* without its NUL */
	assert_int_equal(wire_encode(plan, result, buffer, sizeof buffer, &size, &error), -1);
	result->detail[0] = '\0';
	result->packets = RECORD_UNSET;
	assert_int_equal(wire_encode(plan, result, buffer, sizeof buffer, &size, &error), -1);
	result->packets = 0;
	result->state = OUTCOME_COUNT;
	assert_int_equal(wire_encode(plan, result, buffer, sizeof buffer, &size, &error), -1);
	result->state = OUTCOME_COMPLETE;
	result->stores_count = RECORD_STORES_MAX + 1;
	assert_int_equal(wire_encode(plan, result, buffer, sizeof buffer, &size, &error), -1);
	result->stores_count = 0;
	result->labels.count = 2; /* of the same name */
	assert_int_equal(wire_encode(plan, result, buffer, sizeof buffer, &size, &error), -1);
}

/* A chunk's data is a view into the buffer, and reading takes no memory. */
static void borrows_and_allocates_nothing(void **state)
{
	(void)state;
	CLEANUP_FREE struct chunk *chunk = memory_new(sizeof *chunk);
	CLEANUP_FREE uint8_t *data = memory_new(900000);
	CLEANUP_FREE uint8_t *buffer = memory_new(CHUNK_ENCODED_MAX);
	size_t size;
	record_init(&chunk_record, chunk);
	strcpy(chunk->capture_id, "k7-slx1");
	strcpy(chunk->begin.request.target, "slx1");
	chunk->data = (struct record_bytes){ .data = data, .size = 900000 };
	const struct plan *plan = plan_of(&chunk_record);
	assert_int_equal(wire_encode(plan, chunk, buffer, CHUNK_ENCODED_MAX, &size, NULL), 0);
	struct mallinfo2 before = mallinfo2();
	for (int i = 0; i < 100; i++)
		assert_int_equal(wire_decode(plan, buffer, size, chunk, NULL), 0);
	struct mallinfo2 after = mallinfo2();
	assert_int_equal(after.uordblks, before.uordblks);
	assert_int_equal(after.arena, before.arena);
	assert_int_equal(chunk->data.size, 900000);
	assert_true(chunk->data.data > buffer && chunk->data.data + chunk->data.size <= buffer + size);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_as_avro_c), cmocka_unit_test(cut_anywhere),     cmocka_unit_test(flip_anything),
		cmocka_unit_test(lies),		  cmocka_unit_test(lies_in_lists),
			cmocka_unit_test(refuses_to_write),
		cmocka_unit_test(borrows_and_allocates_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
