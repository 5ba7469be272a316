/* Records as JSON: what people may write, what they are told, and what scripts get to read. */
#include "record/codec/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "core/memory.h"
#include "record/chunk.h"
#include "record/cleanup.h"
#include "record/codec/testing.h"
#include "record/result.h"

static struct request request;

static const char *decode_request(const char *text, size_t size)
{
	static struct error error;
	CLEANUP_FREE char *exact = memory_copy(text, size ? size : 1);
	return json_decode(&request_record, exact, size, &request, &error) < 0 ? error.text : NULL;
}
#define REQUEST(text) decode_request(text, sizeof(text) - 1)

static void a_whole_request(void **state)
{
	(void)state;
	assert_null(REQUEST("{\"target\":\"slx1\",\"filter\":\"port 179\"}"));
	assert_string_equal(request.target, "slx1");
	assert_int_equal(request.ask, ASK_CAPTURE);
	assert_true(request.timeout_s == RECORD_UNSET);
	assert_null(REQUEST("{\"switch\":\"slx2\",\"filter\":\"\",\"count\":0,\"timeout_s\":30,"
		"\"ports\":[\"0/1\",\"po10\"],"
			    "\"direction\":\"rx\",\"if_busy\":\"reject\""
				",\"expires_at\":\"2026-11-23T15:02:11.5+01:00\","
			    "\"request_id\":\"CHG-12\",\"reply_to\":{\"channel\":\"C1\",\"thread_ts\":null},"
			    "\"labels\":{\"ticket\":\"12\"},\"requested_by\":\"J\\u00fcrgen\",\"snaplen\":null}"));
	assert_string_equal(request.target, "slx2");
	assert_true(request.has_filter && request.filter[0] == '\0');
	assert_int_equal(request.count, 0);
	assert_int_equal(request.ports.count, 2);
	assert_string_equal(request.ports.items[1], "po10");
	assert_int_equal(request.direction, DIRECTION_RX);
	assert_int_equal(request.if_busy, IF_BUSY_REJECT);
	assert_true(request.expires_at_ms == 1795442531500);
	assert_string_equal(request.requested_by, "J\xc3\xbcrgen");
	assert_true(request.has_reply_to);
	assert_string_equal(request.reply_to.channel, "C1");
	assert_string_equal(request.labels.items[0].value, "12");
	assert_null(REQUEST("{\"target\":\"slx1\",\"ask\":\"stop\",\"capture_id\":\"k7-slx1\""
		",\"expires_at\":1795442531500}"));
	assert_int_equal(request.ask, ASK_STOP);
	assert_false(request.has_filter);
	assert_true(request.expires_at_ms == 1795442531500);
}

static void what_people_are_told(void **state)
{
	(void)state;
	assert_string_equal(REQUEST("{\"filter\":\"port 179\"}"), "CaptureRequest: `target` is missing");
	assert_string_equal(REQUEST("{\"target\":null}"), "CaptureRequest: `target` is missing");
	assert_string_equal(REQUEST("{\"target\":\"a\",\"filtre\":\"x\"}"),
			    "CaptureRequest: unknown name `filtre`, did you mean `filter`?");
	assert_string_equal(REQUEST("{\"target\":\"a\",\"zzzzzzzzz\":1}"),
		"CaptureRequest: unknown name `zzzzzzzzz`");
	assert_string_equal(REQUEST("{\"target\":\"a\",\"switch\":\"b\"}"),
			    "CaptureRequest: `switch` is another name for `target`; it has both");
	assert_string_equal(REQUEST("{\"target\":\"a\",\"reply_to\":{\"chanel\":\"C\"}}"),
			    "CaptureRequest: in `reply_to`: unknown name `chanel`, did you mean `channel`?");
	assert_string_equal(REQUEST("{\"target\":\"a\",\"ask\":\"halt\"}"),
			    "CaptureRequest: `ask` has to be one of capture, stop, cancel, check");
	assert_string_equal(REQUEST("{\"target\":\"a\",\"direction\":\"\"}"),
			    "CaptureRequest: `direction` has to be one of both, rx, tx");
	assert_string_equal(REQUEST("{\"target\":\"a\",\"count\":\"20\"}"),
			    "CaptureRequest: `count` has to be a whole number");
	assert_string_equal(REQUEST("{\"target\":\"a\",\"timeout_s\":-1}"),
			    "CaptureRequest: `timeout_s` is -1, and has to be 0 to 1000000000");
	assert_string_equal(REQUEST("{\"target\":\"a\",\"expires_at\":\"tomorrow\"}"),
			    "CaptureRequest: `expires_at` has to be a time as 2026-11-23T14:02:11Z, "
			    "or milliseconds since the epoch");
}

static void what_is_refused(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"", "{", "[]", "7", "{} {}", "{\"target\":7}", "{\"target\":\"../a\"}",
		"{\"target\":\"a\",\"target\":\"a\"}",
		"{\"target\":\"a\\u0000b\"}", "{\"target\":\"a\",\"filter\":\"x\\u0000\"}",
		"{\"target\":\"a\",\"count\":1.5}",
		"{\"target\":\"a\",\"count\":99999999999999999999}", "{\"target\":\"a\",\"count\":true}",
		"{\"target\":\"a\",\"ports\":\"0/1\"}", "{\"target\":\"a\",\"ports\":[1]}",
		"{\"target\":\"a\",\"labels\":[]}", "{\"target\":\"a\",\"labels\":{\"x\":1}}",
		"{\"target\":\"a\",\"labels\":{\"x\":\"1\",\"x\":\"2\"}}", "{\"target\":\"a\",\"reply_to\":\"C\"}",
		"{\"target\":\"a\",\"ports\":[\"12345678901234567\"]}", "{\"target\":\"\"}", "{\"switch\":\"\"}",
		"{\"target\":\"a\",\"filter\":\"\xff\"}",
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (!decode_request(texts[i], strlen(texts[i])))
			fail_msg("taken: %s", texts[i]);
	CLEANUP_FREE char *large = memory_new(JSON_TEXT_MAX + 1);
	memset(large, ' ', JSON_TEXT_MAX + 1);
	memcpy(large, "{\"target\":\"a\"}", 14);
	assert_null(decode_request(large, JSON_TEXT_MAX));
	assert_non_null(decode_request(large, JSON_TEXT_MAX + 1));
	memset(large, '[', JSON_TEXT_MAX);
	assert_non_null(decode_request(large, JSON_TEXT_MAX));
	/* `switch` is a request's alone, and bytes have no form. */
	CLEANUP_FREE char *record = memory_new(TESTING_RECORD_SIZE);
	assert_int_equal(json_decode(&cleanup_record, "{\"switch\":\"a\"}", 14, record, NULL), -1);
	assert_int_equal(json_decode(&chunk_record, "{\"capture_id\":\"a\",\"begin\":{\"request\":{\"target\":\"a\""
		"}},"
				     "\"data\":\"x\"}", 64, record, NULL), -1);
}

static char *print(const struct record_type *type, const void *record)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);
	assert_int_equal(json_print(type, record, to, NULL), 0);
	fclose(to);
	assert_int_equal(text[size - 1], '\n');
	assert_ptr_equal(strchr(text, '\n'), text + size - 1);
	return text;
}

static void what_scripts_read(void **state)
{
	(void)state;
	CLEANUP_FREE struct cleanup *cleanup = memory_new(sizeof *cleanup);
	record_init(&cleanup_record, cleanup);
	strcpy(cleanup->older_than, "30d");
	strcpy(cleanup->requested_by, "J\xc3\xbcrgen \x1b[31m\xe2\x80\xae");
	cleanup->asked_at_ms = 1795442531123;
	cleanup->captures.count = 1;
	strcpy(cleanup->captures.items[0], "k7-slx1");
	CLEANUP_FREE char *line = print(&cleanup_record, cleanup);
	assert_string_equal(line, "{\"id\":null,\"ask\":\"clean\",\"older_than\":\"30d\""
		",\"store\":null,\"dry_run\":true,"
				  "\"max_delete\":null,\"captures\":[\"k7-slx1\""
					"],\"asked_at\":\"2026-11-23T14:02:11.123Z\","
				  "\"requested_by\":\"J\\u00FCrgen \\u001B[31m\\u202E\",\"requested_via\":null,"
				  "\"reply_to\":null}\n");
}

/* Every name of the schema is there, and the line reads back as the same record. */
static void there_and_back(void **state)
{
	(void)state;
	CLEANUP_FREE char *record = memory_new(TESTING_RECORD_SIZE);
	CLEANUP_FREE char *back = memory_new(TESTING_RECORD_SIZE);
	uint64_t seed = 21;
	for (size_t i = 0; testing_types[i]; i++) {
		const struct record_type *type = testing_types[i];
		for (int round = 0; round < 50; round++) {
			testing_fill(type, record, &seed);
			if (type == &chunk_record)
				((struct chunk *)(void *)record)->data.size = 0;
			CLEANUP_FREE char *line = print(type, record);
			json_t *object = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
			assert_int_equal(json_object_size(object), type->fields_count - (type == &chunk_record));
			json_decref(object);
			if (strlen(line) > JSON_TEXT_MAX)
				continue;
			struct error error = { 0 };
			if (json_decode(type, line, strlen(line), back, &error) < 0)
				fail_msg("%s", error.text);
			const char *name = testing_difference(type, record, back);
			if (name)
				fail_msg("%s: %s differs", type->name, name);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_request),  cmocka_unit_test(what_people_are_told),
		cmocka_unit_test(what_is_refused),  cmocka_unit_test(what_scripts_read),
		cmocka_unit_test(there_and_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
