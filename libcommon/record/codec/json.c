/* JSON text into a struct and a struct into a JSON line, by the record's table. jansson reads and writes the text;
 * what a value may be is checked where every other form's is (record.c). */
#include "record/codec/json.h"

#include <jansson.h>
#include <string.h>

#include "core/clock.h"
#include "core/memory.h"
#include "core/text.h"
#include "record/request.h"

enum { NAMES_MAX = 64 }; /* names among which a mistyped one is looked for */

static void json_freep(json_t **json)
{
	json_decref(*json);
}

static int decode_object(const struct record_type *type, const json_t *object, void *record, struct error *error);

static int wrong(const struct field *field, const char *right, struct error *error)
{
	return error_set(error, ERROR_INPUT, WORD_record_invalid, "`%s` has to be %s", field->name, right);
}

static int unknown_name(const struct record_type *type, const char *name, struct error *error)
{
	const char *names[NAMES_MAX];
	size_t count = 0;
	for (size_t i = 0; i < type->fields_count && count < NAMES_MAX; i++)
		names[count++] = type->fields[i].name;
	const char *nearest = text_nearest(name, names, count);
	if (nearest)
		return error_set(error, ERROR_INPUT, WORD_record_invalid, "unknown name `%.64s`, did you mean `%s`?",
				 name, nearest);
	return error_set(error, ERROR_INPUT, WORD_record_invalid, "unknown name `%.64s`", name);
}

static int decode_enum(const struct field *field, const json_t *value, void *record, struct error *error)
{
	const char *word = json_string_value(value);
	char all[256] = "";
	for (size_t i = 0; i < field->maximum; i++) {
		const char *name = field->names[i];
		if (!name[0])
			continue;
		if (word && strcmp(word, name) == 0)
			return record_set_integer(field, record, (int64_t)i, error);
		size_t used = strlen(all);
		text_format(all + used, sizeof all - used, "%s%s", used ? ", " : "", name);
	}
	return error_set(error, ERROR_INPUT, WORD_record_invalid, "`%s` has to be one of %s", field->name, all);
}

static int decode_time(const struct field *field, const json_t *value, void *record, struct error *error)
{
	int64_t ns;
	if (json_is_integer(value))
		return record_set_integer(field, record, json_integer_value(value), error);
	if (!json_is_string(value) || clock_from_rfc3339_ns(json_string_value(value), &ns) < 0)
		return wrong(field, field->type == FIELD_TIME_MS ?
					    "a time as 2026-11-23T14:02:11Z, or milliseconds since the epoch" :
					    "a time as 2026-11-23T14:02:11Z, or nanoseconds since the epoch", error);
	return record_set_integer(field, record, field->type == FIELD_TIME_MS ? ns / 1000000 : ns, error);
}

static int decode_texts(const struct field *field, const json_t *value, void *record, struct error *error)
{
	for (size_t i = 0; i < json_array_size(value); i++) {
		const json_t *item = json_array_get(value, i);
		if (!json_is_string(item))
			return wrong(field, "an array of texts", error);
		if (record_add_text(field, record, json_string_value(item), json_string_length(item), error) < 0)
			return -1;
	}
	return json_is_array(value) ? 0 : wrong(field, "an array of texts", error);
}

static int decode_labels(const struct field *field, json_t *value, void *record, struct error *error)
{
	const char *name;
	json_t *item;
	if (!json_is_object(value))
		return wrong(field, "an object of texts", error);
	json_object_foreach(value, name, item) {
		if (!json_is_string(item))
			return wrong(field, "an object of texts", error);
		if (record_add_label(field, record, name, strlen(name), json_string_value(item),
				     json_string_length(item), error) < 0)
			return -1;
	}
	return 0;
}

static int decode_records(const struct field *field, const json_t *value, void *record, struct error *error)
{
	if (!json_is_array(value))
		return wrong(field, "an array of objects", error);
	for (size_t i = 0; i < json_array_size(value); i++) {
		void *row = record_add(field, record, error);
		if (!row || decode_object(field->type_of, json_array_get(value, i), row, error) < 0)
			return error_context(error, "in `%s`", field->name);
	}
	return 0;
}

static int decode_value(const struct field *field, json_t *value, void *record, struct error *error)
{
	switch (field->type) {
	case FIELD_TEXT:
		if (!json_is_string(value))
			return wrong(field, "a text", error);
		return record_set_text(field, record, json_string_value(value), json_string_length(value), error);
	case FIELD_INTEGER:
		if (!json_is_integer(value))
			return wrong(field, "a whole number", error);
		return record_set_integer(field, record, json_integer_value(value), error);
	case FIELD_TIME_MS:
	case FIELD_TIME_NS:
		return decode_time(field, value, record, error);
	case FIELD_BOOLEAN:
		if (!json_is_boolean(value))
			return wrong(field, "true or false", error);
		return record_set_integer(field, record, json_is_true(value), error);
	case FIELD_ENUM:
		return decode_enum(field, value, record, error);
	case FIELD_RECORD:
		if (decode_object(field->type_of, value, record_open(field, record), error) < 0)
			return error_context(error, "in `%s`", field->name);
		return 0;
	case FIELD_TEXTS:
		return decode_texts(field, value, record, error);
	case FIELD_RECORDS:
		return decode_records(field, value, record, error);
	case FIELD_LABELS:
		return decode_labels(field, value, record, error);
	case FIELD_BYTES:
		break;
	}
	return wrong(field, "left out: bytes have no form in JSON", error);
}

/* `switch` is what people call a request's target. */
static const char *given_name(const struct record_type *type, const struct field *field, const json_t *object)
{
	bool is_target = type == &request_record && strcmp(field->name, "target") == 0;
	return is_target && !json_object_get(object, "target") ? "switch" : field->name;
}

static int check_names(const struct record_type *type, json_t *object, struct error *error)
{
	const char *name;
	json_t *value;
	json_object_foreach(object, name, value) {
		if (record_field(type, name))
			continue;
		if (type != &request_record || strcmp(name, "switch") != 0)
			return unknown_name(type, name, error);
		if (json_object_get(object, "target"))
			return error_set(error, ERROR_INPUT, WORD_record_invalid,
					 "`switch` is another name for `target`; it has both");
	}
	return 0;
}

static int decode_object(const struct record_type *type, const json_t *object, void *record, struct error *error)
{
	if (!json_is_object(object))
		return error_set(error, ERROR_INPUT, WORD_record_invalid, "it is not a JSON object");
	if (check_names(type, (json_t *)object, error) < 0)
		return -1;
	for (size_t i = 0; i < type->fields_count; i++) {
		const struct field *field = &type->fields[i];
		json_t *value = json_object_get(object, given_name(type, field, object));
		if (value && !json_is_null(value)) {
			if (decode_value(field, value, record, error) < 0)
				return -1;
		} else if (field->flags & FIELD_REQUIRED) {
			return error_set(error, ERROR_INPUT, WORD_record_invalid, "`%s` is missing", field->name);
		}
	}
	return 0;
}

int json_decode(const struct record_type *type, const char *text, size_t size, void *record, struct error *error)
{
	if (size > JSON_TEXT_MAX)
		return error_set(error, ERROR_INPUT, WORD_record_invalid, "%s: the JSON text is larger than 64 KiB",
				 type->name);
	json_error_t reason;
	CLEANUP(json_freep) json_t *object = json_loadb(text, size, JSON_REJECT_DUPLICATES, &reason);
	if (!object)
		return error_set(error, ERROR_INPUT, WORD_record_invalid,
				 "%s: the JSON cannot be read: %s, in line %d", type->name,
				 reason.text, reason.line);
	record_init(type, record);
	return decode_object(type, object, record, error) < 0 ? error_context(error, "%s", type->name) : 0;
}

static json_t *encode_object(const struct record_type *type, const void *record);

static json_t *encode_time(const struct field *field, int64_t value)
{
	char text[CLOCK_TEXT_SIZE];
	bool is_ms = field->type == FIELD_TIME_MS;
	return json_string(is_ms ? clock_rfc3339_ms(text, value) : clock_rfc3339_ns(text, value));
}

static json_t *encode_list(const struct field *field, const void *record)
{
	json_t *list = json_array();
	for (size_t i = 0; i < record_count(field, record); i++) {
		const char *at = (const char *)record + field->offset;
		json_array_append_new(list, field->type == FIELD_TEXTS ?
						    json_string(record_text_at(field, record, i)) :
						    encode_object(field->type_of, at + i * field->type_of->size));
	}
	return list;
}

static json_t *encode_labels(const struct record_labels *labels)
{
	json_t *object = json_object();
	for (size_t i = 0; i < labels->count; i++)
		json_object_set_new(object, labels->items[i].name, json_string(labels->items[i].value));
	return object;
}

static json_t *encode_value(const struct field *field, const void *record)
{
	const char *at = (const char *)record + field->offset;
	if (record_is_null(field, record))
		return json_null();
	switch (field->type) {
	case FIELD_TEXT:
		return json_string(at);
	case FIELD_INTEGER:
		return json_integer(record_integer(field, record));
	case FIELD_TIME_MS:
	case FIELD_TIME_NS:
		return encode_time(field, record_integer(field, record));
	case FIELD_BOOLEAN:
		return json_boolean(record_integer(field, record));
	case FIELD_ENUM:
		return json_string(field->names[record_integer(field, record)]);
	case FIELD_RECORD:
		return encode_object(field->type_of, at);
	case FIELD_TEXTS:
	case FIELD_RECORDS:
		return encode_list(field, record);
	case FIELD_LABELS:
		return encode_labels((const struct record_labels *)at);
	case FIELD_BYTES:
		break;
	}
	return NULL;
}

static json_t *encode_object(const struct record_type *type, const void *record)
{
	json_t *object = json_object();
	for (size_t i = 0; i < type->fields_count; i++) {
		json_t *value = encode_value(&type->fields[i], record);
		if (value)
			json_object_set_new(object, type->fields[i].name, value);
	}
	return object;
}

int json_print(const struct record_type *type, const void *record, FILE *to, struct error *error)
{
	CLEANUP(json_freep) json_t *object = encode_object(type, record);
	if (json_dumpf(object, to, JSON_COMPACT | JSON_ENSURE_ASCII) < 0 || fputc('\n', to) == EOF)
		return error_set(error, ERROR_BROKEN, WORD_file_failed, "a line of JSON could not be written");
	return 0;
}
