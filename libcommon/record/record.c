/* What holds for every field of every record, in whichever form it comes: its default, what null means, and what its
 * text or number may be. The tables say which; this file runs them. */
#include "record/record.h"

#include <string.h>

#include "core/text.h"

static const int64_t latest_ms = INT64_MAX / 1000000; /* so that every time can be had in nanoseconds, too */

static const struct field label_name = { .name = "labels", .type = FIELD_TEXT,
					 .maximum = sizeof(((struct record_label *)0)->name) - 1 };
static const struct field label_value = { .name = "labels", .type = FIELD_TEXT,
					  .maximum = sizeof(((struct record_label *)0)->value) - 1 };

static void put_integer(const struct field *field, void *record, int64_t value)
{
	char *at = (char *)record + field->offset;
	int row = (int)value;
	if (field->type == FIELD_BOOLEAN)
		*(bool *)at = value != 0;
	else if (field->type == FIELD_ENUM)
		memcpy(at, &row, sizeof row);
	else
		memcpy(at, &value, sizeof value);
}

int64_t record_integer(const struct field *field, const void *record)
{
	const char *at = (const char *)record + field->offset;
	if (field->type == FIELD_BOOLEAN)
		return *(const bool *)at;
	if (field->type == FIELD_ENUM) {
		int row;
		memcpy(&row, at, sizeof row);
		return row;
	}
	int64_t value;
	memcpy(&value, at, sizeof value);
	return value;
}

static void init_field(const struct field *field, void *record)
{
	char *at = (char *)record + field->offset;
	switch (field->type) {
	case FIELD_TEXT:
		text_copy(at, field->maximum + 1, field->default_text ? field->default_text : "");
		break;
	case FIELD_INTEGER:
	case FIELD_TIME_MS:
	case FIELD_TIME_NS:
	case FIELD_BOOLEAN:
	case FIELD_ENUM:
		put_integer(field, record, field->default_integer);
		break;
	case FIELD_RECORD:
		record_init(field->type_of, at);
		break;
	case FIELD_RECORDS:
		for (size_t i = 0; i < field->maximum; i++)
			record_init(field->type_of, at + i * field->type_of->size);
		break;
	case FIELD_BYTES:
	case FIELD_TEXTS:
	case FIELD_LABELS:
		break;
	}
}

void record_init(const struct record_type *type, void *record)
{
	memset(record, 0, type->size);
	for (size_t i = 0; i < type->fields_count; i++)
		init_field(&type->fields[i], record);
}

const struct field *record_field(const struct record_type *type, const char *name)
{
	for (size_t i = 0; i < type->fields_count; i++)
		if (strcmp(type->fields[i].name, name) == 0)
			return &type->fields[i];
	return NULL;
}

bool record_may_be_null(const struct field *field)
{
	switch (field->type) {
	case FIELD_TEXT:
	case FIELD_RECORD:
		return (field->flags & FIELD_NULLABLE) || field->present_offset != FIELD_ALWAYS;
	case FIELD_INTEGER:
	case FIELD_TIME_MS:
	case FIELD_TIME_NS:
		return field->flags & FIELD_NULLABLE;
	case FIELD_ENUM:
		return field->names[0][0] == '\0';
	default:
		return false;
	}
}

bool record_is_null(const struct field *field, const void *record)
{
	const char *at = (const char *)record + field->offset;
	if (!record_may_be_null(field))
		return false;
	if (field->type == FIELD_ENUM)
		return record_integer(field, record) == 0;
	if (field->type == FIELD_TEXT && field->present_offset == FIELD_ALWAYS)
		return at[0] == '\0';
	if (field->present_offset != FIELD_ALWAYS)
		return !*((const bool *)record + field->present_offset);
	return record_integer(field, record) == RECORD_UNSET;
}

/* The length of the UTF-8 character at `at`, 0 where there is none: no overlong form, no surrogate, no NUL. */
static size_t character_length(const uint8_t *at, size_t left)
{
	if (at[0] < 0x80)
		return at[0] != 0;
	size_t length = at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : 2;
	if (at[0] < 0xc2 || at[0] > 0xf4 || length > left)
		return 0;
	uint8_t low = at[0] == 0xe0 ? 0xa0 : at[0] == 0xf0 ? 0x90 : 0x80;
	uint8_t high = at[0] == 0xed ? 0x9f : at[0] == 0xf4 ? 0x8f : 0xbf;
	if (at[1] < low || at[1] > high)
		return 0;
	for (size_t i = 2; i < length; i++)
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	return length;
}

static bool is_text(const char *text, size_t size)
{
	size_t length;
	for (size_t i = 0; i < size; i += length) {
		length = character_length((const uint8_t *)text + i, size - i);
		if (length == 0)
			return false;
	}
	return true;
}

/* The longest text that a field holds: of an array, each of its items. */
static size_t text_maximum(const struct field *field)
{
	return field->type == FIELD_TEXTS ? field->element_size - 1 : field->maximum;
}

int record_check_text(const struct field *field, const char *text, size_t size, struct error *error)
{
	if (size > text_maximum(field))
		return error_set(error, ERROR_INPUT, WORD_record_invalid, "`%s` has %zu bytes, and may have %zu",
				 field->name, size, text_maximum(field));
	if (!is_text(text, size))
		return error_set(error, ERROR_INPUT, WORD_record_invalid, "`%s` is not UTF-8 text, or holds a NUL",
				 field->name);
	if (!(field->flags & FIELD_IS_ID) || (size == 0 && (field->flags & FIELD_MAY_BE_EMPTY)))
		return 0;
	char id[RECORD_ID_SIZE];
	if (text_copy_bytes(id, sizeof id, text, size) && text_is_id(id))
		return 0;
	return error_set(error, ERROR_INPUT, WORD_record_invalid,
			 "`%s` is no id: 1 to %zu letters, digits, `.`, `_` and `-`, a letter or digit first",
			 field->name, text_maximum(field));
}

int record_check_integer(const struct field *field, int64_t value, struct error *error)
{
	int64_t low = field->minimum_value;
	int64_t high = field->maximum_value;
	if (field->type == FIELD_BOOLEAN)
		high = 1;
	else if (field->type == FIELD_ENUM)
		high = (int64_t)field->maximum - 1;
	else if (field->type == FIELD_TIME_MS)
		high = latest_ms;
	else if (field->type == FIELD_TIME_NS)
		high = INT64_MAX;
	else if (low == 0 && high == 0)
		low = INT64_MIN + 1, high = INT64_MAX; /* RECORD_UNSET is no number */
	if (value >= low && value <= high)
		return 0;
	return error_set(error, ERROR_INPUT, WORD_record_invalid, "`%s` is %lld, and has to be %lld to %lld",
			 field->name, (long long)value, (long long)low, (long long)high);
}

static bool *present(const struct field *field, void *record)
{
	return field->present_offset == FIELD_ALWAYS ? NULL : (bool *)((char *)record + field->present_offset);
}

void record_set_null(const struct field *field, void *record)
{
	char *at = (char *)record + field->offset;
	if (!record_may_be_null(field))
		return;
	if (field->type == FIELD_TEXT)
		at[0] = '\0';
	else if (field->type != FIELD_RECORD)
		put_integer(field, record, field->type == FIELD_ENUM ? 0 : RECORD_UNSET);
	if (present(field, record))
		*present(field, record) = false;
}

int record_set_text(const struct field *field, void *record, const char *text, size_t size, struct error *error)
{
	if (record_check_text(field, text, size, error) < 0)
		return -1;
	text_copy_bytes((char *)record + field->offset, field->maximum + 1, text, size);
	if (present(field, record))
		*present(field, record) = true;
	return 0;
}

int record_set_integer(const struct field *field, void *record, int64_t value, struct error *error)
{
	if (record_check_integer(field, value, error) < 0)
		return -1;
	put_integer(field, record, value);
	return 0;
}

static size_t *counter(const struct field *field, void *record)
{
	size_t at = field->type == FIELD_RECORDS ? field->present_offset : field->offset;
	return (size_t *)((char *)record + at);
}

size_t record_count(const struct field *field, const void *record)
{
	return *counter(field, (void *)record);
}

static int full(const struct field *field, struct error *error)
{
	return error_set(error, ERROR_INPUT, WORD_record_invalid, "`%s` has more than %zu entries", field->name,
			 field->maximum);
}

int record_add_text(const struct field *field, void *record, const char *text, size_t size, struct error *error)
{
	size_t *count = counter(field, record);
	if (record_check_text(field, text, size, error) < 0)
		return -1;
	if (*count == field->maximum)
		return full(field, error);
	text_copy_bytes((char *)(count + 1) + *count * field->element_size, field->element_size, text, size);
	++*count;
	return 0;
}

const char *record_text_at(const struct field *field, const void *record, size_t i)
{
	return (const char *)(counter(field, (void *)record) + 1) + i * field->element_size;
}

int record_check_label(const struct field *field, const struct record_labels *labels, size_t i, struct error *error)
{
	const struct record_label *label = &labels->items[i];
	if (record_check_text(&label_name, label->name, strnlen(label->name, sizeof label->name), error) < 0 ||
	    record_check_text(&label_value, label->value, strnlen(label->value, sizeof label->value), error) < 0)
		return -1;
	for (size_t k = 0; k < i; k++)
		if (strcmp(labels->items[k].name, label->name) == 0)
			return error_set(error, ERROR_INPUT, WORD_record_invalid, "`%s` has the same name twice",
					 field->name);
	return 0;
}

int record_add_label(const struct field *field, void *record, const char *name, size_t name_size, const char *value,
		     size_t value_size, struct error *error)
{
	struct record_labels *labels = (struct record_labels *)((char *)record + field->offset);
	if (labels->count == field->maximum)
		return full(field, error);
	/* Before they are copied: the copy would end at a NUL, or be cut. */
	if (record_check_text(&label_name, name, name_size, error) < 0 ||
	    record_check_text(&label_value, value, value_size, error) < 0)
		return -1;
	struct record_label *label = &labels->items[labels->count];
	text_copy_bytes(label->name, sizeof label->name, name, name_size);
	text_copy_bytes(label->value, sizeof label->value, value, value_size);
	if (record_check_label(field, labels, labels->count, error) < 0)
		return -1;
	labels->count++;
	return 0;
}

void *record_open(const struct field *field, void *record)
{
	if (present(field, record))
		*present(field, record) = true;
	return (char *)record + field->offset;
}

void *record_add(const struct field *field, void *record, struct error *error)
{
	size_t *count = counter(field, record);
	if (*count == field->maximum) {
		full(field, error);
		return NULL;
	}
	return (char *)record + field->offset + (*count)++ * field->type_of->size;
}
