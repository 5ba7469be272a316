#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "admission/limits.h"
#include "record/record.h"

static struct request fresh(void)
{
	struct request request;
	record_init(&request_record, &request);
	return request;
}

static void test_defaults(void **state)
{
	(void)state;
	struct limits limits;
	struct error error;
	limits_init(&limits);
	struct request request = fresh();
	assert_int_equal(limits_apply(&limits, &request, &error), 0);
	assert_int_equal(request.timeout_s, 300);
	assert_int_equal(request.count, 100);
	assert_int_equal(request.bytes, 100000000);
	assert_int_equal(request.snaplen, 262144);
	assert_int_equal(request.chunk_ms, RECORD_UNSET);
}

static void test_what_is_said_stays(void **state)
{
	(void)state;
	struct limits limits;
	struct error error;
	limits_init(&limits);
	struct request request = fresh();
	request.timeout_s = 3600;
	request.count = 0;
	request.bytes = 1000000000;
	request.snaplen = 0;
	request.chunk_ms = 10;
	assert_int_equal(limits_apply(&limits, &request, &error), 0);
	assert_int_equal(request.timeout_s, 3600);
	assert_int_equal(request.count, 0);
	assert_int_equal(request.bytes, 1000000000);
	assert_int_equal(request.snaplen, 262144);
	assert_int_equal(request.chunk_ms, 10);
}

static void test_refusals(void **state)
{
	(void)state;
	static const struct {
		size_t member;
		int64_t value;
		enum error_word word;
		const char *sentence;
	} cases[] = {
		{ offsetof(struct request, timeout_s), 7200, WORD_limit_exceeded,
		  "timeout=7200 is above the limit of 3600 s" },
		{ offsetof(struct request, timeout_s), 0, WORD_argument_invalid, "timeout=0: at least 1 s" },
		{ offsetof(struct request, count), 1000001, WORD_limit_exceeded,
		  "count=1000001 is above the limit of 1000000 packets" },
		{ offsetof(struct request, bytes), 1000000001, WORD_limit_exceeded,
		  "bytes=1000000001 is above the limit of 1000000000 bytes" },
		{ offsetof(struct request, bytes), 0, WORD_argument_invalid, "bytes=0: at least 1 bytes" },
		{ offsetof(struct request, snaplen), 262145, WORD_limit_exceeded,
		  "snaplen=262145 is above the limit of 262144 bytes" },
		{ offsetof(struct request, chunk_ms), 9, WORD_argument_invalid, "chunk-ms=9: at least 10 ms" },
		{ offsetof(struct request, chunk_ms), 60001, WORD_limit_exceeded,
		  "chunk-ms=60001 is above the limit of 60000 ms" },
	};
	struct limits limits;
	limits_init(&limits);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct request request = fresh();
		struct error error = { 0 };
		memcpy((char *)&request + cases[i].member, &cases[i].value, sizeof(int64_t));
		struct request before = request;
		assert_int_equal(limits_apply(&limits, &request, &error), -1);
		assert_memory_equal(&request, &before, sizeof(request));
		assert_int_equal(error.kind, ERROR_INPUT);
		assert_int_equal(error.word, cases[i].word);
		assert_string_equal(error.text, cases[i].sentence);
	}
}

static struct config *configured(const char *text)
{
	struct config *config = config_new(CONFIG_CAPBUS);
	config_read_text(config, "c.ini", text, strlen(text));
	config_judge(config);
	assert_int_equal(config_ok(config, NULL), 0);
	return config;
}

static void test_from_config(void **state)
{
	(void)state;
	struct limits limits = { 0 };
	struct error error;
	struct config *config =
		configured("[limits]\ntimeout_default_s=1\ntimeout_max_s=2\ncount_default=3\ncount_max=4\n"
			   "bytes_default=5\nbytes_max=6\nsnaplen_default=7\nqueue_max_per_target=8\n"
			   "targets_max=9\nexpires_in_s=10\n");
	assert_int_equal(limits_from_config(config, &limits, &error), 0);
	assert_int_equal(limits.timeout_default_s, 1);
	assert_int_equal(limits.timeout_max_s, 2);
	assert_int_equal(limits.count_default, 3);
	assert_int_equal(limits.count_max, 4);
	assert_int_equal(limits.bytes_default, 5);
	assert_int_equal(limits.bytes_max, 6);
	assert_int_equal(limits.snaplen_default, 7);
	assert_int_equal(limits.queue_max_per_target, 8);
	assert_int_equal(limits.targets_max, 9);
	assert_int_equal(limits.expires_in_s, 10);
	config_free(config);

	config = configured("[limits]\ntimeout_max_s = 60\n");
	assert_int_equal(limits_from_config(config, &limits, &error), -1);
	assert_int_equal(error.kind, ERROR_BROKEN);
	assert_string_equal(error.text,
			    "the default: [limits] timeout_default_s = 300 is above timeout_max_s = 60 (c.ini:2)");
	assert_int_equal(limits.timeout_max_s, 2);
	config_free(config);
}

static void test_expiry(void **state)
{
	(void)state;
	struct limits limits;
	limits_init(&limits);
	struct request request = fresh();
	assert_int_equal(limits_expires_at_ms(&limits, &request, 1000000), 1600000);
	request.expires_at_ms = 1000001;
	assert_int_equal(limits_expires_at_ms(&limits, &request, 1000000), 1000001);
	request.expires_at_ms = 1000000 + 86400000 + 1;
	assert_int_equal(limits_expires_at_ms(&limits, &request, 1000000), 1000000 + 86400000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults), cmocka_unit_test(test_what_is_said_stays),
		cmocka_unit_test(test_refusals), cmocka_unit_test(test_from_config),
		cmocka_unit_test(test_expiry),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
