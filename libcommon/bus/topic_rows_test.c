#include "bus/topic_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "core/text.h"

static const struct topic_setting *find(const struct topic_setting *settings, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal(settings[i].name, name))
			return &settings[i];
	return NULL;
}

static const char *value(const char *topic, const char *name)
{
	static struct topic_setting settings[TOPIC_SETTINGS_MAX];
	size_t count = topic_rows_settings(topic_rows_find(topic), 1234567890, settings);
	assert_in_range(count, 1, TOPIC_SETTINGS_MAX);
	const struct topic_setting *setting = find(settings, count, name);
	return setting ? setting->value : NULL;
}

static void test_the_table(void **state)
{
	(void)state;
	assert_null(topic_rows_find("nothing"));
	for (size_t i = 0; i < TOPIC_ROWS; i++) {
		const struct topic_row *row = &topic_rows[i];
		assert_ptr_equal(topic_rows_find(row->name), row);
		assert_true(row->is_compacted == (row->retention_ms < 0));
		const struct topic_row *other = row->same_as ? topic_rows_find(row->same_as) : row;
		assert_non_null(other);
		assert_true(other->is_wide == row->is_wide);
		assert_true(other - topic_rows <= row - topic_rows); /* counted before it is compared with */
	}
}

/* A ledger that is compacted runs requests twice: the last record of a key may be one that lost. */
static void test_ledgers_are_not_compacted(void **state)
{
	(void)state;
	assert_string_equal(value("runs", "cleanup.policy"), "delete");
	assert_string_equal(value("threads", "cleanup.policy"), "delete");
	assert_string_equal(topic_rows_find("runs")->same_as, "requests");
	assert_string_equal(topic_rows_find("threads")->same_as, "events");
}

static void test_settings(void **state)
{
	(void)state;
	static const char *const timed[] = { "requests", "runs", "chunks", "results" };
	for (size_t i = 0; i < sizeof timed / sizeof timed[0]; i++)
		assert_string_equal(value(timed[i], "message.timestamp.type"), "LogAppendTime");
	assert_null(value("events", "message.timestamp.type"));
	assert_string_equal(value("chunks", "retention.bytes"), "1234567890");
	assert_string_equal(value("requests", "retention.bytes"), "-1");
	assert_string_equal(value("requests", "retention.ms"), "259200000");
	assert_string_equal(value("runs", "segment.ms"), "21600000");
	assert_string_equal(value("results", "cleanup.policy"), "compact");
	assert_string_equal(value("results", "min.compaction.lag.ms"), "604800000");
	assert_null(value("results", "retention.ms"));
}

static enum topic_judgement judge(const char *topic, const char *name, const char *actual)
{
	struct topic_setting settings[TOPIC_SETTINGS_MAX];
	size_t count = topic_rows_settings(topic_rows_find(topic), 1, settings);
	const struct topic_setting *setting = find(settings, count, name);
	assert_non_null(setting);
	return topic_rows_judge(setting, actual);
}

static void test_judgements(void **state)
{
	(void)state;
	assert_int_equal(judge("runs", "cleanup.policy", "delete"), TOPIC_RIGHT);
	assert_int_equal(judge("runs", "cleanup.policy", "compact"), TOPIC_WRONG);
	assert_int_equal(judge("runs", "cleanup.policy", "compact,delete"), TOPIC_WRONG);
	assert_int_equal(judge("runs", "message.timestamp.type", "CreateTime"), TOPIC_WRONG);
	assert_int_equal(judge("runs", "message.timestamp.type", NULL), TOPIC_WRONG);
	assert_int_equal(judge("runs", "retention.ms", "604800000"), TOPIC_RIGHT);
	assert_int_equal(judge("runs", "retention.ms", "1"), TOPIC_OTHER);
	assert_int_equal(judge("runs", "segment.ms", "1"), TOPIC_RIGHT);
	assert_int_equal(judge("chunks", "retention.bytes", "99"), TOPIC_RIGHT);
	assert_int_equal(judge("chunks", "max.message.bytes", "1048588"), TOPIC_RIGHT);
	assert_int_equal(judge("chunks", "max.message.bytes", "999999"), TOPIC_WRONG);
	assert_int_equal(judge("results", "min.compaction.lag.ms", "604800001"), TOPIC_RIGHT);
	assert_int_equal(judge("results", "min.compaction.lag.ms", "0"), TOPIC_WRONG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_table),
		cmocka_unit_test(test_ledgers_are_not_compacted),
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_judgements),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
