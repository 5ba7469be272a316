/* What goes into headers comes out, and nothing that is no envelope does. */
#include "ledger/envelope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "core/text.h"

static const char key[] = "k7f3qa-slx1";

static struct bus_record record_of(const struct envelope *envelope)
{
	struct bus_record record = { .topic = "runs", .key = (const uint8_t *)key, .key_size = sizeof key - 1,
				     .headers_count = ENVELOPE_HEADERS };
	memcpy(record.headers, envelope->headers, sizeof envelope->headers);
	return record;
}

static struct run a_run(void)
{
	struct run run;
	record_init(&run_record, &run);
	TEXT_COPY(run.capture_id, key);
	TEXT_COPY(run.target, "slx1");
	TEXT_COPY(run.writer, "capture-0");
	TEXT_COPY(run.incarnation, "0123456789abcdef0123456789abcdef");
	run.version = 7;
	run.change = CHANGE_ARMED;
	run.state = RUN_CAPTURING;
	run.nonce = 41;
	run.parallel = 4;
	return run;
}

static void the_way_there_and_back(void **state)
{
	(void)state;
	struct run run = a_run(), got;
	struct envelope envelope;
	envelope_put(&envelope, &run);
	struct bus_record record = record_of(&envelope);
	assert_true(envelope_get(&record, &got));
	assert_string_equal(got.capture_id, key);
	assert_string_equal(got.target, "slx1");
	assert_string_equal(got.writer, "capture-0");
	assert_string_equal(got.incarnation, run.incarnation);
	assert_int_equal(got.version, 7);
	assert_int_equal(got.change, CHANGE_ARMED);
	assert_int_equal(got.state, RUN_CAPTURING);
	assert_int_equal(got.nonce, 41);
	assert_int_equal(got.parallel, 4);
	assert_false(got.has_request);
}

static void each_header_is_needed(void **state)
{
	(void)state;
	struct run run = a_run(), got;
	struct envelope envelope;
	envelope_put(&envelope, &run);
	for (size_t i = 0; i < ENVELOPE_HEADERS; i++) {
		struct bus_record record = record_of(&envelope);
		record.headers[i].name = "else";
		assert_false(envelope_get(&record, &got));
	}
	struct bus_record record = record_of(&envelope);
	record.key = (const uint8_t *)"../../etc/x";
	assert_false(envelope_get(&record, &got));
	record.key = NULL;
	assert_false(envelope_get(&record, &got));
}

static void nonsense_is_no_envelope(void **state)
{
	(void)state;
	struct run run = a_run(), got;
	struct envelope envelope;
	envelope_put(&envelope, &run);
	static const struct { const char *name, *value; } wrong[] = {
		{ "capbus-version", "0" }, { "capbus-version", "-3" }, { "capbus-version", "x" },
		{ "capbus-state", "flying" }, { "capbus-target", "a b" }, { "capbus-nonce", "" },
	};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct bus_record record = record_of(&envelope);
		record.headers[record.headers_count++] =
			(struct bus_header){ wrong[i].name, wrong[i].value, strlen(wrong[i].value) };
		assert_false(envelope_get(&record, &got));
	}
}

static void a_change_of_a_newer_release_only_moves_the_version(void **state)
{
	(void)state;
	struct run run = a_run(), got;
	struct envelope envelope;
	envelope_put(&envelope, &run);
	struct bus_record record = record_of(&envelope);
	record.headers[record.headers_count++] = (struct bus_header){ "capbus-change", "teleported", 10 };
	assert_true(envelope_get(&record, &got));
	assert_int_equal(got.change, CHANGE_RENEW);
	assert_int_equal(got.version, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_way_there_and_back),
		cmocka_unit_test(each_header_is_needed),
		cmocka_unit_test(nonsense_is_no_envelope),
		cmocka_unit_test(a_change_of_a_newer_release_only_moves_the_version),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
