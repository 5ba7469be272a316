/* What holds for every record: defaults, null, texts, numbers, lists; and that tables and schemas say the same. */
#include "record/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "core/memory.h"
#include "record/chunk.h"
#include "record/cleanup.h"
#include "record/codec/testing.h"
#include "record/event.h"
#include "record/result.h"
#include "record/run.h"
#include "record/target.h"

static void defaults(void **state)
{
	(void)state;
	CLEANUP_FREE struct cleanup *cleanup = memory_new(sizeof *cleanup);
	memset(cleanup, 0x5a, sizeof *cleanup);
	record_init(&cleanup_record, cleanup);
	assert_true(cleanup->dry_run);
	assert_int_equal(cleanup->ask, CLEANUP_CLEAN);
	assert_true(cleanup->max_delete == RECORD_UNSET && cleanup->asked_at_ms == RECORD_UNSET);
	assert_string_equal(cleanup->older_than, "");
	assert_int_equal(cleanup->captures.count, 0);
	assert_false(cleanup->has_reply_to);
	struct target target;
	record_init(&target_record, &target);
	assert_int_equal(target.parallel, 1);
	struct request request;
	record_init(&request_record, &request);
	assert_false(request.has_filter);
	assert_int_equal(request.direction, DIRECTION_UNSET);
	assert_true(request.count == RECORD_UNSET);
}

/* Readers add one to a version, and numbers of packets to each other. */
static void numbers_leave_room(void **state)
{
	(void)state;
	static const struct { const struct record_type *type; const char *name; } added[] = {
		{ &result_record, "version" },        { &result_record, "packets" },
		{ &result_record, "dropped_kernel" }, { &result_record, "dropped_mirror" },
		{ &event_record, "version" },         { &event_record, "number" },
		{ &run_record, "version" },           { &chunk_record, "seq" },
		{ &chunk_record, "byte_offset" },
	};
	for (size_t i = 0; i < sizeof added / sizeof *added; i++)
		assert_int_equal(record_field(added[i].type, added[i].name)->maximum_value, RECORD_NUMBER_MAX);
}

static int text(const char *bytes, size_t size)
{
	return record_check_text(record_field(&request_record, "filter"), bytes, size, NULL);
}

static void texts_are_utf8(void **state)
{
	(void)state;
	static const char *const good[] = { "", "a", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf",
					    "\xee\x80\x80", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf" };
	static const char *const bad[] = { "\x80", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2z", "\xe0\x9f\xbf",
					   "\xed\xa0\x80", "\xe2\x82", "\xe2\x82z", "\xf0\x8f\xbf\xbf",
					   "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xf0\x9f\xa6" };
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		assert_int_equal(text(good[i], strlen(good[i])), 0);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(text(bad[i], strlen(bad[i])), -1);
	assert_int_equal(text("a\0b", 3), -1);
	char longest[513];
	memset(longest, 'x', sizeof longest);
	assert_int_equal(text(longest, 512), 0);
	assert_int_equal(text(longest, 513), -1);
}

static void ids_are_ids(void **state)
{
	(void)state;
	const struct field *target = record_field(&request_record, "target");
	const struct field *request_id = record_field(&request_record, "request_id");
	const struct field *captures = record_field(&cleanup_record, "captures");
	static const char *const bad[] = { "../x", "x\nno ip", "-x", ".x", "a/b", "a b", "\xc3\xa9" };
	struct error error = { 0 };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_int_equal(record_check_text(target, bad[i], strlen(bad[i]), &error), -1);
		assert_int_equal(error.kind, ERROR_INPUT);
		assert_int_equal(record_check_text(captures, bad[i], strlen(bad[i]), NULL), -1);
	}
	assert_int_equal(record_check_text(target, "slx1", 4, NULL), 0);
	assert_int_equal(record_check_text(target, "", 0, NULL), -1);
	assert_int_equal(record_check_text(captures, "", 0, NULL), -1);
	assert_int_equal(record_check_text(request_id, "", 0, NULL), 0);
	assert_int_equal(record_check_text(target, "abcdefghijklmnopqrstuvwx", 24, NULL), 0);
	assert_int_equal(record_check_text(target, "abcdefghijklmnopqrstuvwxy", 25, NULL), -1);
}

static void numbers_have_borders(void **state)
{
	(void)state;
	const struct field *timeout = record_field(&request_record, "timeout_s");
	const struct field *expires = record_field(&request_record, "expires_at");
	const struct field *offset = record_field(&result_record, "clock_offset");
	const struct field *armed = record_field(&result_record, "armed_at");
	struct error error = { 0 };
	assert_int_equal(record_check_integer(timeout, 1000000000, NULL), 0);
	assert_int_equal(record_check_integer(timeout, 1000000001, &error), -1);
	assert_string_equal(error.text, "`timeout_s` is 1000000001, and has to be 0 to 1000000000");
	assert_int_equal(record_check_integer(timeout, -1, NULL), -1);
	assert_int_equal(record_check_integer(expires, 9223372036854, NULL), 0);
	assert_int_equal(record_check_integer(expires, 9223372036855, NULL), -1);
	assert_int_equal(record_check_integer(expires, -1, NULL), -1);
	assert_int_equal(record_check_integer(armed, INT64_MAX, NULL), 0);
	assert_int_equal(record_check_integer(offset, INT64_MIN + 1, NULL), 0);
	assert_int_equal(record_check_integer(offset, RECORD_UNSET, NULL), -1);
}

static void null_is_what_the_struct_calls_unset(void **state)
{
	(void)state;
	struct request request;
	record_init(&request_record, &request);
	const struct field *filter = record_field(&request_record, "filter");
	assert_true(record_is_null(filter, &request));
	assert_int_equal(record_set_text(filter, &request, "", 0, NULL), 0);
	assert_false(record_is_null(filter, &request)); /* every packet is not no filter */
	assert_true(request.has_filter);
	record_set_null(filter, &request);
	assert_false(request.has_filter);
	const struct field *count = record_field(&request_record, "count");
	assert_int_equal(record_set_integer(count, &request, 0, NULL), 0);
	assert_false(record_is_null(count, &request)); /* no limit is not the default */
	const struct field *direction = record_field(&request_record, "direction");
	assert_int_equal(record_set_integer(direction, &request, DIRECTION_TX, NULL), 0);
	record_set_null(direction, &request);
	assert_int_equal(request.direction, DIRECTION_UNSET);
	const struct field *reply_to = record_field(&request_record, "reply_to");
	assert_ptr_equal(record_open(reply_to, &request), &request.reply_to);
	assert_true(request.has_reply_to);
	assert_false(record_may_be_null(record_field(&request_record, "target")));
}

static void lists_have_an_end(void **state)
{
	(void)state;
	CLEANUP_FREE struct result *result = memory_new(sizeof *result);
	record_init(&result_record, result);
	const struct field *stores = record_field(&result_record, "stores");
	for (size_t i = 0; i < RECORD_STORES_MAX; i++)
		assert_ptr_equal(record_add(stores, result, NULL), &result->stores[i]);
	assert_null(record_add(stores, result, NULL));
	const struct field *labels = record_field(&result_record, "labels");
	assert_int_equal(record_add_label(labels, result, "a", 1, "1", 1, NULL), 0);
	assert_int_equal(record_add_label(labels, result, "a", 1, "2", 1, NULL), -1);
	assert_int_equal(record_add_label(labels, result, "a\0b", 3, "2", 1, NULL), -1);
	assert_int_equal(result->labels.count, 1);
}

/* ---- The .avsc and the table of each record say the same. ---- */

static const json_t *avro_type(const json_t *schema_field, const char **ret_shape)
{
	const json_t *type = json_object_get(schema_field, "type");
	if (json_is_array(type))
		type = json_array_get(type, 1);
	const json_t *inner = json_is_object(type) ? json_object_get(type, "type") : type;
	*ret_shape = json_string_value(inner);
	return type;
}

static void check_enum(const struct field *field, const json_t *type)
{
	const json_t *symbols = json_object_get(type, "symbols");
	size_t skip = record_may_be_null(field) ? 1 : 0;
	if (!symbols)
		return; /* a name that was written out before */
	assert_int_equal(json_array_size(symbols), field->maximum - skip);
	for (size_t i = skip; i < field->maximum; i++)
		assert_string_equal(json_string_value(json_array_get(symbols, i - skip)), field->names[i]);
	const char *unknown = json_string_value(json_object_get(type, "default"));
	assert_true(!unknown == !field->unknown_name);
	if (unknown)
		assert_string_equal(unknown, field->unknown_name);
}

static void check_default(const struct field *field, const json_t *value)
{
	if (record_may_be_null(field))
		assert_true(json_is_null(value));
	else if (field->type == FIELD_INTEGER)
		assert_int_equal(json_integer_value(value), field->default_integer);
	else if (field->type == FIELD_BOOLEAN)
		assert_int_equal(json_is_true(value), field->default_integer);
	else if (field->type == FIELD_ENUM)
		assert_string_equal(json_string_value(value), field->names[field->default_integer]);
	else if (field->type == FIELD_TEXT)
		assert_string_equal(json_string_value(value), "");
}

static void check_schema(const struct record_type *type, const json_t *schema)
{
	assert_string_equal(json_string_value(json_object_get(schema, "name")), type->name);
	assert_true(json_string_length(json_object_get(schema, "doc")) > 20);
	const json_t *fields = json_object_get(schema, "fields");
	assert_int_equal(json_array_size(fields), type->fields_count);
	for (size_t i = 0; i < type->fields_count; i++) {
		const json_t *in_schema = json_array_get(fields, i);
		const char *name = json_string_value(json_object_get(in_schema, "name"));
		const struct field *field = record_field(type, name);
		const char *shape;
		if (!field)
			fail_msg("%s has a field %s, its table has not", type->name, name);
		if (json_string_length(json_object_get(in_schema, "doc")) < 5)
			fail_msg("%s.%s has no doc", type->name, name);
		const json_t *value = json_object_get(in_schema, "default");
		bool is_request_target = type == &request_record && strcmp(name, "target") == 0;
		assert_true(is_request_target == !value);
		if (value)
			check_default(field, value);
		const json_t *avro = avro_type(in_schema, &shape);
		assert_int_equal(json_is_array(json_object_get(in_schema, "type")), record_may_be_null(field));
		if (field->type == FIELD_ENUM)
			check_enum(field, avro);
		else if (field->type == FIELD_RECORD && json_is_object(avro))
			check_schema(field->type_of, avro);
		else if (field->type == FIELD_RECORDS)
			check_schema(field->type_of, json_object_get(avro, "items"));
		else if (field->type == FIELD_TIME_MS)
			assert_string_equal(json_string_value(json_object_get(avro, "logicalType")),
				"timestamp-millis");
	}
}

static void schemas_and_tables_agree(void **state)
{
	(void)state;
	for (size_t i = 0; testing_types[i]; i++) {
		json_t *schema = json_loads(testing_types[i]->schema, JSON_REJECT_DUPLICATES, NULL);
		assert_non_null(schema);
		assert_string_equal(json_string_value(json_object_get(schema, "namespace")), "capbus");
		check_schema(testing_types[i], schema);
		json_decref(schema);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(numbers_leave_room),
		cmocka_unit_test(texts_are_utf8),
		cmocka_unit_test(ids_are_ids),
		cmocka_unit_test(numbers_have_borders),
		cmocka_unit_test(null_is_what_the_struct_calls_unset),
		cmocka_unit_test(lists_have_an_end),
		cmocka_unit_test(schemas_and_tables_agree),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
