/* Every way in which a record of the inbox can go, from plain bytes. */
#include "judge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "bus/client.h"
#include "core/memory.h"
#include "core/text.h"

enum { PARTITIONS = 12 };
static const int64_t ASKED_MS = 1700000000000;

struct scene {
	struct targets *targets;
	struct limits limits;
	struct runs *runs;
	struct bus_record record;
	struct judge_ruling ruling;
};

static void put_target(struct scene *scene, const char *name, const char *disabled)
{
	struct target target;
	record_init(&target_record, &target);
	TEXT_COPY(target.target, name);
	TEXT_COPY(target.kind, "local");
	TEXT_COPY(target.disabled, disabled);
	target.parallel = 1;
	targets_put(scene->targets, &target);
}

static int set_up(void **state)
{
	struct scene *scene = memory_new(sizeof *scene);
	scene->targets = targets_new();
	put_target(scene, "slx1", "");
	put_target(scene, "slx4", "CHG0012 freeze");
	limits_init(&scene->limits);
	scene->runs = runs_new();
	*state = scene;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;
	targets_free(scene->targets);
	runs_free(scene->runs);
	free(scene);
	return 0;
}

static int32_t home(const char *target)
{
	return client_partition(target, strlen(target), PARTITIONS);
}

static const struct judge_ruling *judge_at(struct scene *scene, const char *json, int32_t partition, int64_t offset)
{
	scene->record.topic = "requests";
	scene->record.partition = partition;
	scene->record.offset = offset;
	scene->record.timestamp_ms = ASKED_MS;
	scene->record.value = (const uint8_t *)json;
	scene->record.value_size = strlen(json);
	const struct judge_case facts = { &scene->record, scene->targets, &scene->limits, scene->runs, PARTITIONS };
	judge_record(&facts, &scene->ruling);
	return &scene->ruling;
}

static const struct judge_ruling *judge(struct scene *scene, const char *json)
{
	return judge_at(scene, json, home("slx1"), 7);
}

/* As if the ruling's record had been written and read back. */
static struct runs_entry *count(struct scene *scene)
{
	struct runs_entry *entry;
	assert_int_equal(scene->ruling.answer, JUDGE_RUN);
	assert_int_equal(runs_apply(scene->runs, &scene->ruling.run, ASKED_MS, &entry), RUNS_COUNTED);
	return entry;
}

static void a_bare_request_is_queued_with_its_limits(void **state)
{
	const struct judge_ruling *ruling = judge(*state, "{\"target\":\"slx1\",\"filter\":\"port 179\"}");
	assert_int_equal(ruling->answer, JUDGE_RUN);
	const struct run *run = &ruling->run;
	assert_int_equal(run->change, CHANGE_QUEUED);
	assert_int_equal(run->version, 1);
	assert_int_equal(run->inbox_offset, 7);
	assert_int_equal(run->request.timeout_s, 300);
	assert_int_equal(run->request.count, 100);
	assert_string_equal(run->request.requested_via, "kafka");
	assert_int_equal(run->expires_at_ms, ASKED_MS + 600000);
	assert_int_equal(strlen(run->request_id), 12);
	char expected[RECORD_ID_SIZE];
	TEXT_FORMAT(expected, "%s-slx1", run->request_id);
	assert_string_equal(run->capture_id, expected);
}

static void the_same_place_is_the_same_capture_and_another_is_not(void **state)
{
	static const char json[] = "{\"target\":\"slx1\",\"filter\":\"\"}";
	char first[RECORD_ID_SIZE];
	TEXT_COPY(first, judge(*state, json)->run.capture_id);
	assert_string_equal(judge(*state, json)->run.capture_id, first);
	assert_string_not_equal(judge_at(*state, json, home("slx1"), 8)->run.capture_id, first);
}

static void what_is_known_already_makes_no_record(void **state)
{
	static const char json[] = "{\"target\":\"slx1\",\"filter\":\"\",\"request_id\":\"abc\"}";
	judge(*state, json);
	assert_string_equal(count(*state)->capture_id, "abc-slx1");
	assert_int_equal(judge_at(*state, json, home("slx1"), 99)->answer, JUDGE_SEEN);
}

static void what_may_not_be_asked_is_rejected_with_the_reason(void **state)
{
	static const struct { const char *json, *target, *reason; } cases[] = {
		{ "{\"target\":\"slx1\",\"filter\":\"prot 179\"}", "slx1", "filter_invalid" },
		{ "{\"target\":\"slx1\",\"filter\":\"\",\"timeout_s\":7200}", "slx1", "limit_exceeded" },
		{ "{\"target\":\"slx9\",\"filter\":\"\"}", "slx9", "target_unknown" },
		{ "{\"target\":\"slx4\",\"filter\":\"\"}", "slx4", "target_disabled" },
		{ "{\"target\":\"slx1\"}", "slx1", "argument_invalid" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct judge_ruling *ruling = judge_at(*state, cases[i].json, home(cases[i].target), 1);
		assert_int_equal(ruling->answer, JUDGE_RUN);
		assert_int_equal(ruling->run.change, CHANGE_REJECTED);
		assert_int_equal(ruling->run.state, RUN_ENDED);
		assert_int_equal(ruling->run.outcome, OUTCOME_REJECTED);
		assert_string_equal(ruling->run.reason, cases[i].reason);
		assert_true(ruling->run.detail[0]);
	}
}

static void garbage_is_a_dead_letter(void **state)
{
	static const char *const garbage[] = { "", "{", "\xc3\x01", "{\"filter\":\"\"}", "{\"target\":\"../x\",\"filter\":\"\"}",
					       "{\"target\":\"slx1\",\"filter\":\"\",\"timout_s\":3}" };
	for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++) {
		const struct judge_ruling *ruling = judge(*state, garbage[i]);
		assert_int_equal(ruling->answer, JUDGE_DEAD_LETTER);
		assert_true(ruling->error.text[0]);
	}
}

static void a_wrong_partition_is_left_with_the_id_it_has_there(void **state)
{
	struct scene *scene = *state;
	static const char json[] = "{\"target\":\"slx1\",\"filter\":\"\"}";
	int32_t wrong = (home("slx1") + 1) % PARTITIONS;
	const struct judge_ruling *ruling = judge_at(scene, json, wrong, 3);
	assert_int_equal(ruling->answer, JUDGE_FORWARD);
	assert_int_equal(ruling->partition, home("slx1"));
	assert_int_equal(strlen(ruling->request.request_id), 12);
	assert_int_equal(ruling->request.expires_at_ms, ASKED_MS + 600000);
	scene->record.headers_count = 1;
	scene->record.headers[0] = (struct bus_header){ JUDGE_FORWARDED_HEADER, "1-3", 3 };
	ruling = judge_at(scene, json, wrong, 3);
	assert_int_equal(ruling->answer, JUDGE_DEAD_LETTER);
	assert_true(ruling->request.capture_id[0]);
}

static void a_busy_target_is_waited_for_or_not_as_asked(void **state)
{
	struct scene *scene = *state;
	judge(scene, "{\"target\":\"slx1\",\"filter\":\"\",\"request_id\":\"a\",\"requested_by\":\"@you\"}");
	struct run start = count(scene)->run[0];
	start.version = 2;
	start.change = CHANGE_START;
	start.state = RUN_STARTING;
	TEXT_COPY(start.incarnation, "w");
	struct runs_entry *entry;
	runs_apply(scene->runs, &start, ASKED_MS, &entry);
	const struct judge_ruling *ruling =
		judge(scene, "{\"target\":\"slx1\",\"filter\":\"\",\"if_busy\":\"reject\"}");
	assert_int_equal(ruling->run.change, CHANGE_REJECTED);
	assert_string_equal(ruling->run.reason, "busy");
	assert_string_equal(ruling->run.detail, "slx1 is busy with a-slx1 (@you), which is being set up");
	ruling = judge(scene, "{\"target\":\"slx1\",\"filter\":\"\",\"if_busy\":\"replace\",\"request_id\":\"b\"}");
	assert_int_equal(ruling->run.change, CHANGE_QUEUED);
	assert_int_equal(ruling->run.first_in_line, 1);
	for (int64_t i = 0; i < scene->limits.queue_max_per_target; i++) {
		char json[80];
		TEXT_FORMAT(json, "{\"target\":\"slx1\",\"filter\":\"\",\"request_id\":\"q%d\"}", (int)i);
		assert_int_equal(judge(scene, json)->run.change, CHANGE_QUEUED);
		count(scene);
	}
	ruling = judge(scene, "{\"target\":\"slx1\",\"filter\":\"\",\"request_id\":\"last\"}");
	assert_string_equal(ruling->run.reason, "queue_full");
}

static void a_stop_names_its_capture(void **state)
{
	struct scene *scene = *state;
	judge(scene, "{\"target\":\"slx1\",\"filter\":\"\",\"request_id\":\"a\"}");
	count(scene);
	const struct judge_ruling *ruling =
		judge(scene, "{\"ask\":\"stop\",\"target\":\"slx1\",\"capture_id\":\"a-slx1\",\"requested_by\":\"me\"}");
	assert_string_equal(ruling->error.text, "");
	assert_int_equal(ruling->answer, JUDGE_RUN);
	assert_int_equal(ruling->run.change, CHANGE_STOP);
	assert_int_equal(ruling->run.version, 2);
	assert_string_equal(ruling->run.asked_by, "me");
	count(scene);
	ruling = judge(scene, "{\"ask\":\"cancel\",\"target\":\"slx1\",\"capture_id\":\"never-slx1\"}");
	assert_int_equal(ruling->run.change, CHANGE_CANCEL);
	assert_string_equal(ruling->run.request_id, "never");
	assert_string_equal(ruling->run.request.request_id, "never");
	assert_int_equal(ruling->run.version, 1);
	assert_int_equal(judge(scene, "{\"ask\":\"stop\",\"target\":\"slx1\"}")->answer, JUDGE_DEAD_LETTER);
	ruling = judge_at(scene, "{\"ask\":\"stop\",\"target\":\"slx4\",\"capture_id\":\"a-slx1\"}", home("slx4"), 1);
	assert_int_equal(ruling->answer, JUDGE_DEAD_LETTER);
	assert_string_equal(ruling->error.text, "a-slx1 is a capture on slx1, not on slx4");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_bare_request_is_queued_with_its_limits),
		TEST(the_same_place_is_the_same_capture_and_another_is_not),
		TEST(what_is_known_already_makes_no_record),
		TEST(what_may_not_be_asked_is_rejected_with_the_reason),
		TEST(garbage_is_a_dead_letter),
		TEST(a_wrong_partition_is_left_with_the_id_it_has_there),
		TEST(a_busy_target_is_waited_for_or_not_as_asked),
		TEST(a_stop_names_its_capture),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
