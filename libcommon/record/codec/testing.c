/* Random records by the tables, for tests: so a field that is added is tested without a line of test code. */
#include "record/codec/testing.h"

#include <string.h>

#include "core/text.h"
#include "record/audit.h"
#include "record/chunk.h"
#include "record/cleanup.h"
#include "record/event.h"
#include "record/result.h"
#include "record/run.h"
#include "record/target.h"
#include "record/thread.h"

const struct record_type *const testing_types[] = {
	&request_record, &run_record,     &chunk_record, &event_record,  &result_record,
	&target_record,  &cleanup_record, &audit_record, &thread_record, NULL,
};
_Static_assert(sizeof(struct chunk) <= TESTING_RECORD_SIZE && sizeof(struct result) <= TESTING_RECORD_SIZE &&
		       sizeof(struct cleanup) <= TESTING_RECORD_SIZE && sizeof(struct run) <= TESTING_RECORD_SIZE,
	       "room for any record");

uint64_t testing_random(uint64_t *seed)
{
	/* splitmix64 */
	uint64_t value = *seed += 0x9e3779b97f4a7c15;
	value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9;
	value = (value ^ value >> 27) * 0x94d049bb133111eb;
	return value ^ value >> 31;
}

static uint64_t below(uint64_t *seed, uint64_t limit)
{
	return testing_random(seed) % limit;
}

static bool chance(uint64_t *seed, unsigned percent)
{
	return below(seed, 100) < percent;
}

/* At most `maximum` bytes: an id, or characters of one to four bytes, quotes, newlines and controls among them. */
static size_t random_text(char *to, size_t maximum, bool is_id, uint64_t *seed)
{
	static const char *const characters[] = { "a", "Z", "0", " ", "\"", "\\", "\n", "\x01", "\x7f", "\xc3\xa9",
						  "\xe2\x82\xac", "\xf0\x9f\xa6\x88", "\xed\x9f\xbf",
						  "\xf4\x8f\xbf\xbf" };
	static const char *const id_characters[] = { "a", "Z", "7", ".", "_", "-" };
	size_t wanted = chance(seed, 20) ? maximum : below(seed, maximum + 1);
	size_t size = 0;
	if (is_id)
		to[size++] = (char)('a' + below(seed, 26));
	while (size < wanted) {
		const char *next = is_id ? id_characters[below(seed, 6)] : characters[below(seed, 14)];
		if (size + strlen(next) > wanted)
			break;
		memcpy(to + size, next, strlen(next));
		size += strlen(next);
	}
	to[size] = '\0';
	return size;
}

static int64_t random_integer(const struct field *field, uint64_t *seed)
{
	int64_t low = field->minimum_value;
	int64_t high = field->maximum_value;
	if (field->type == FIELD_TIME_MS)
		high = INT64_MAX / 1000000;
	else if (field->type == FIELD_TIME_NS)
		high = INT64_MAX;
	else if (low == 0 && high == 0)
		low = INT64_MIN + 1, high = INT64_MAX;
	switch (below(seed, 4)) {
	case 0:
		return low;
	case 1:
		return high;
	default:
		return (int64_t)((uint64_t)low + testing_random(seed) % ((uint64_t)high - (uint64_t)low + 1));
	}
}

static void fill_list(const struct field *field, void *record, uint64_t *seed)
{
	char text[1024], name[64];
	size_t count = chance(seed, 20) ? field->maximum : below(seed, field->maximum + 1);
	for (size_t i = 0; i < count; i++) {
		if (field->type == FIELD_RECORDS) {
			testing_fill(field->type_of, record_add(field, record, NULL), seed);
		} else if (field->type == FIELD_TEXTS) {
			size_t size = random_text(text, field->element_size - 1, field->flags & FIELD_IS_ID, seed);
			record_add_text(field, record, text, size, NULL);
		} else {
			text_format(name, sizeof name, "%zu\xc3\xa9", i);
			size_t size = random_text(text, 128, false, seed);
			record_add_label(field, record, name, strlen(name), text, size, NULL);
		}
	}
}

static void fill_field(const struct field *field, void *record, uint64_t *seed)
{
	static const uint8_t bytes[950000] = { 0xc3, 1, 2, 3 };
	char text[1024];
	if (record_may_be_null(field) && chance(seed, 30)) {
		record_set_null(field, record);
		return;
	}
	switch (field->type) {
	case FIELD_TEXT: {
		bool empty = (field->flags & FIELD_MAY_BE_EMPTY) && chance(seed, 30);
		size_t size = empty ? 0 : random_text(text, field->maximum, field->flags & FIELD_IS_ID, seed);
		record_set_text(field, record, text, size, NULL);
		break;
	}
	case FIELD_INTEGER:
	case FIELD_TIME_MS:
	case FIELD_TIME_NS:
		record_set_integer(field, record, random_integer(field, seed), NULL);
		break;
	case FIELD_BOOLEAN:
		record_set_integer(field, record, chance(seed, 50), NULL);
		break;
	case FIELD_ENUM:
		record_set_integer(field, record, (int64_t)below(seed, field->maximum), NULL);
		break;
	case FIELD_BYTES:
		*(struct record_bytes *)((char *)record + field->offset) =
			(struct record_bytes){ .data = bytes, .size = below(seed, chance(seed, 10) ? 900000 : 300) };
		break;
	case FIELD_RECORD:
		testing_fill(field->type_of, record_open(field, record), seed);
		break;
	case FIELD_TEXTS:
	case FIELD_RECORDS:
	case FIELD_LABELS:
		fill_list(field, record, seed);
		break;
	}
}

void testing_fill(const struct record_type *type, void *record, uint64_t *seed)
{
	record_init(type, record);
	for (size_t i = 0; i < type->fields_count; i++)
		fill_field(&type->fields[i], record, seed);
}

static bool same_bytes(const struct record_bytes *a, const struct record_bytes *b)
{
	return a->size == b->size && (a->size == 0 || memcmp(a->data, b->data, a->size) == 0);
}

static bool same_labels(const struct record_labels *a, const struct record_labels *b)
{
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->items[i].name, b->items[i].name) != 0 ||
		    strcmp(a->items[i].value, b->items[i].value) != 0)
			return false;
	return true;
}

static const char *list_difference(const struct field *field, const void *a, const void *b)
{
	const char *at_a = (const char *)a + field->offset;
	const char *at_b = (const char *)b + field->offset;
	if (record_count(field, a) != record_count(field, b))
		return field->name;
	if (field->type == FIELD_LABELS)
		return same_labels((const void *)at_a, (const void *)at_b) ? NULL : field->name;
	for (size_t i = 0; i < record_count(field, a); i++) {
		if (field->type == FIELD_TEXTS) {
			if (strcmp(record_text_at(field, a, i), record_text_at(field, b, i)) != 0)
				return field->name;
			continue;
		}
		size_t size = field->type_of->size;
		const char *name = testing_difference(field->type_of, at_a + i * size, at_b + i * size);
		if (name)
			return name;
	}
	return NULL;
}

static const char *field_difference(const struct field *field, const void *a, const void *b)
{
	const char *at_a = (const char *)a + field->offset;
	const char *at_b = (const char *)b + field->offset;
	if (record_is_null(field, a) || record_is_null(field, b))
		return record_is_null(field, a) && record_is_null(field, b) ? NULL : field->name;
	switch (field->type) {
	case FIELD_TEXT:
		return strcmp(at_a, at_b) == 0 ? NULL : field->name;
	case FIELD_BYTES:
		return same_bytes((const void *)at_a, (const void *)at_b) ? NULL : field->name;
	case FIELD_RECORD:
		return testing_difference(field->type_of, at_a, at_b);
	case FIELD_TEXTS:
	case FIELD_RECORDS:
	case FIELD_LABELS:
		return list_difference(field, a, b);
	default:
		return record_integer(field, a) == record_integer(field, b) ? NULL : field->name;
	}
}

const char *testing_difference(const struct record_type *type, const void *a, const void *b)
{
	for (size_t i = 0; i < type->fields_count; i++) {
		const char *name = field_difference(&type->fields[i], a, b);
		if (name)
			return name;
	}
	return NULL;
}
