/* The three forms in which a record comes, and the one in which it goes. */
#include "record/frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "core/memory.h"
#include "record/cleanup.h"
#include "record/codec/plan.h"
#include "record/codec/testing.h"
#include "record/event.h"
#include "record/request.h"

static void there_and_back(void **state)
{
	(void)state;
	CLEANUP_FREE char *record = memory_new(TESTING_RECORD_SIZE);
	CLEANUP_FREE char *back = memory_new(TESTING_RECORD_SIZE);
	uint64_t seed = 11;
	for (size_t i = 0; testing_types[i]; i++) {
		const struct record_type *type = testing_types[i];
		CLEANUP_FREE void *bytes = NULL;
		size_t size, exact;
		testing_fill(type, record, &seed);
		assert_int_equal(frame_encode_new(type, record, &bytes, &size, NULL), 0);
		assert_int_equal(frame_size(type, record, &exact, NULL), 0);
		assert_int_equal(size, exact);
		assert_memory_equal(bytes, "\xc3\x01", 2);
		assert_int_equal(frame_decode(type, bytes, size, NULL, back, NULL), 0);
		assert_null(testing_difference(type, record, back));
		/* No other type reads it. */
		const struct record_type *other = testing_types[i ? 0 : 1];
		struct error error = { 0 };
		assert_int_equal(frame_decode(other, bytes, size, NULL, back, &error), -1);
		assert_int_equal(error.kind, ERROR_INPUT);
		assert_int_equal(error.word, WORD_schema_unknown);
	}
}

static int decode(const struct record_type *type, const char *bytes, size_t size, struct error *error)
{
	CLEANUP_FREE char *record = memory_new(type->size);
	CLEANUP_FREE char *exact = memory_copy(bytes, size ? size : 1);
	*error = (struct error){ 0 };
	return frame_decode(type, exact, size, NULL, record, error);
}

static void what_is_none(void **state)
{
	(void)state;
	struct error error;
	assert_int_equal(decode(&request_record, "", 0, &error), -1);
	assert_string_equal(error.text, "CaptureRequest: it is empty");
	assert_int_equal(decode(&request_record, "hello", 5, &error), -1);
	assert_int_equal(error.word, WORD_record_invalid);
	assert_int_equal(decode(&request_record, "\xc3", 1, &error), -1);
	assert_int_equal(decode(&request_record, "\xc3\x01", 2, &error), -1);
	assert_int_equal(decode(&request_record, "\xc3\x01" "1234567", 9, &error), -1);
	assert_int_equal(error.word, WORD_record_invalid);
	assert_int_equal(decode(&request_record, "\xc3\x01" "12345678", 10, &error), -1);
	assert_int_equal(error.word, WORD_schema_unknown);
	assert_int_equal(decode(&request_record, "\x00\x00\x00\x00", 4, &error), -1);
	assert_int_equal(error.word, WORD_record_invalid);
	assert_int_equal(decode(&request_record, "\x00\x00\x00\x00\x07", 5, &error), -1);
	assert_int_equal(error.word, WORD_schema_unknown);
	assert_int_equal(decode(&request_record, "  ", 2, &error), -1);
}

static void json_where_people_write(void **state)
{
	(void)state;
	static const char line[] = " \r\n{\"target\":\"slx1\",\"filter\":\"port 179\"}\n";
	struct request request;
	struct error error;
	assert_int_equal(frame_decode(&request_record, line, sizeof line - 1, NULL, &request, NULL), 0);
	assert_string_equal(request.target, "slx1");
	assert_true(request.has_filter);
	assert_string_equal(request.filter, "port 179");
	assert_int_equal(decode(&cleanup_record, "{\"older_than\":\"30d\"}", 20, &error), 0);
	assert_int_equal(decode(&event_record, "{\"request_id\":\"k7\"}", 19, &error), -1);
	assert_string_equal(error.text, "CaptureEvent: it is not Avro (C3 01 or 00 first)");
}

/* A registry of one schema, number 258. */
static const struct plan *find(void *context, uint32_t id, const struct record_type *type, struct error *error)
{
	assert_ptr_equal(type, &request_record);
	if (id == 258)
		return context;
	error_set(error, ERROR_AWAY, WORD_schema_unknown, "the registry is away");
	return NULL;
}

static void a_registry_is_asked(void **state)
{
	(void)state;
	static const char schema[] = "{\"type\":\"record\",\"name\":\"CaptureRequest\""
		",\"namespace\":\"theirs\",\"fields\":["
				     "{\"name\":\"count\",\"type\":\"int\"},{\"name\":\"target\""
					",\"type\":\"string\"}]}";
	CLEANUP(plan_freep) struct plan *plan = plan_new(schema, sizeof schema - 1, &request_record, NULL);
	assert_non_null(plan);
	struct frame_lookup lookup = { .find = find, .context = plan };
	struct request request;
	struct error error = { 0 };
	assert_int_equal(frame_decode(&request_record, "\x00\x00\x00\x01\x02\x28\x08slx1", 11, &lookup, &request,
		NULL), 0);
	assert_string_equal(request.target, "slx1");
	assert_int_equal(request.count, 20);
	assert_int_equal(frame_decode(&request_record, "\x00\x02\x01\x00\x00\x28\x08slx1", 11, &lookup, &request,
		&error),
			 -1);
	assert_int_equal(error.kind, ERROR_AWAY);
}

static void a_full_buffer_is_refused(void **state)
{
	(void)state;
	struct request request;
	uint8_t buffer[256];
	size_t size;
	record_init(&request_record, &request);
	strcpy(request.target, "slx1");
	assert_int_equal(frame_size(&request_record, &request, &size, NULL), 0);
	for (size_t capacity = 0; capacity < size; capacity++)
		assert_int_equal(frame_encode(&request_record, &request, buffer, capacity, &size, NULL), -1);
	assert_int_equal(frame_encode(&request_record, &request, buffer, size, &size, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back),      cmocka_unit_test(what_is_none),
		cmocka_unit_test(json_where_people_write), cmocka_unit_test(a_registry_is_asked),
		cmocka_unit_test(a_full_buffer_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
