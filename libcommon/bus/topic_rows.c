/* The table, and its rows in Kafka's own words. Its one idea: creating sends what topic_rows_settings says and
 * checking compares with the same, so the two cannot differ. */
#include "bus/topic_rows.h"

#include <inttypes.h>

#include "core/text.h"

#define HOUR_MS (INT64_C(3600) * 1000)
#define DAY_MS (24 * HOUR_MS)
#define MIB INT64_C(1048576)

const struct topic_row topic_rows[TOPIC_ROWS] = {
	{ .name = "requests", .is_wide = true, .is_broker_timed = true, .retention_ms = 3 * DAY_MS,
	  .segment_ms = 6 * HOUR_MS },
	{ .name = "runs", .is_wide = true, .same_as = "requests", .is_broker_timed = true, .retention_ms = 7 * DAY_MS,
	  .segment_ms = 6 * HOUR_MS, .segment_bytes = 32 * MIB },
	{ .name = "chunks", .is_wide = true, .is_broker_timed = true, .is_bounded = true, .retention_ms = DAY_MS,
	  .segment_ms = HOUR_MS, .segment_bytes = 256 * MIB },
	{ .name = "events", .is_wide = true, .retention_ms = 7 * DAY_MS, .segment_ms = DAY_MS },
	{ .name = "threads", .is_wide = true, .same_as = "events", .retention_ms = 7 * DAY_MS, .segment_ms = DAY_MS },
	{ .name = "results", .is_wide = true, .is_compacted = true, .is_broker_timed = true, .retention_ms = -1,
	  .segment_ms = DAY_MS, .min_compaction_lag_ms = 7 * DAY_MS },
	{ .name = "targets", .is_compacted = true, .retention_ms = -1, .segment_ms = DAY_MS },
	{ .name = "cleanups", .retention_ms = 7 * DAY_MS, .segment_ms = DAY_MS },
	{ .name = "audit", .retention_ms = 365 * DAY_MS },
	{ .name = "dead-letters", .retention_ms = 30 * DAY_MS },
};

const struct topic_row *topic_rows_find(const char *name)
{
	for (size_t i = 0; i < TOPIC_ROWS; i++)
		if (text_equal(topic_rows[i].name, name))
			return &topic_rows[i];
	return NULL;
}

struct list {
	struct topic_setting *items;
	size_t count;
};

static void add(struct list *list, const char *name, const char *value, bool is_ours, enum topic_weight weight)
{
	struct topic_setting *setting = &list->items[list->count++];
	*setting = (struct topic_setting){ .name = name, .is_ours = is_ours, .weight = weight };
	TEXT_COPY(setting->value, value);
}

static void add_number(struct list *list, const char *name, int64_t value, bool is_ours, enum topic_weight weight)
{
	char text[24];
	TEXT_FORMAT(text, "%" PRId64, value);
	add(list, name, text, is_ours, weight);
}

size_t topic_rows_settings(const struct topic_row *row, int64_t bounded_bytes,
			   struct topic_setting to[static TOPIC_SETTINGS_MAX])
{
	struct list list = { .items = to };
	add(&list, "cleanup.policy", row->is_compacted ? "compact" : "delete", true, TOPIC_MUST_EQUAL);
	if (row->is_broker_timed)
		add(&list, "message.timestamp.type", "LogAppendTime", true, TOPIC_MUST_EQUAL);
	if (!row->is_compacted) {
		add_number(&list, "retention.ms", row->retention_ms, true, TOPIC_SHOULD);
		add_number(&list, "retention.bytes", row->is_bounded ? bounded_bytes : -1, true,
			   row->is_bounded ? TOPIC_FREE : TOPIC_SHOULD);
	}
	if (row->segment_ms > 0)
		add_number(&list, "segment.ms", row->segment_ms, true, TOPIC_FREE);
	if (row->segment_bytes > 0)
		add_number(&list, "segment.bytes", row->segment_bytes, true, TOPIC_FREE);
	if (row->min_compaction_lag_ms > 0)
		add_number(&list, "min.compaction.lag.ms", row->min_compaction_lag_ms, true, TOPIC_AT_LEAST);
	add(&list, "max.message.bytes", "1000000", false, TOPIC_AT_LEAST);
	return list.count;
}

enum topic_judgement topic_rows_judge(const struct topic_setting *setting, const char *actual)
{
	int64_t is, least;
	switch (setting->weight) {
	case TOPIC_MUST_EQUAL:
		return text_equal(setting->value, actual) ? TOPIC_RIGHT : TOPIC_WRONG;
	case TOPIC_AT_LEAST:
		if (text_to_integer(actual, INT64_MIN, INT64_MAX, &is) < 0 ||
		    text_to_integer(setting->value, INT64_MIN, INT64_MAX, &least) < 0)
			return TOPIC_WRONG;
		return is >= least ? TOPIC_RIGHT : TOPIC_WRONG;
	case TOPIC_SHOULD:
		return text_equal(setting->value, actual) ? TOPIC_RIGHT : TOPIC_OTHER;
	case TOPIC_FREE:
	default:
		return TOPIC_RIGHT;
	}
}
