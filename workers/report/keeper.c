/* Keeps the catalog whole and small. Its one idea: it writes nothing of its own, only what the log says already, so it
 * can be interrupted, repeated or done by two at once. */
#include "keeper.h"

#include <string.h>
#include <uthash.h>

#include "bus/bus_record.h"
#include "bus/dead_letter.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/metrics.h"
#include "core/text.h"
#include "ledger/results_log.h"

static struct metric captures_gauge = {
	.name = "capbus_report_captures", .help = "captures in the catalog", .type = METRIC_GAUGE };
static struct metric again_total = {
	.name = "capbus_report_results_written_again_total", .type = METRIC_COUNTER,
	.help = "results whose last record did not count" };
static struct metric buried_total = {
	.name = "capbus_report_results_forgotten_total", .type = METRIC_COUNTER,
	.help = "results that were deleted long ago" };

static struct metric unreadable_total = {
	.name = "capbus_report_unreadable_total", .labels = "topic=\"results\"", .help = "records that made no sense",
	.type = METRIC_COUNTER };

/* One that is deleted everywhere. */
struct deleted {
	UT_hash_handle hh;
	char capture_id[RECORD_ID_SIZE];
	int64_t since_ms; /* by the broker's clock */
};

struct keeper {
	struct keeper_parts parts;
	struct results_log *log;
	struct deleted *deleted; /* in the order in which they were, so the oldest first */
	struct result result;    /* large */
};

static bool is_deleted(const struct result *result)
{
	bool was_there = false;
	for (size_t i = 0; i < result->stores_count; i++) {
		enum store_state state = result->stores[i].state;
		if (state != STORE_DELETED && state != STORE_FAILED)
			return false;
		was_there = was_there || state == STORE_DELETED;
	}
	return was_there;
}

static void forget_deleted(struct keeper *keeper, const char *capture_id)
{
	struct deleted *deleted;
	HASH_FIND_STR(keeper->deleted, capture_id, deleted);
	if (!deleted)
		return;
	HASH_DEL(keeper->deleted, deleted);
	free(deleted);
}

static void note_deleted(struct keeper *keeper, const char *capture_id, int64_t since_ms)
{
	struct deleted *deleted = memory_new(sizeof *deleted);
	TEXT_COPY(deleted->capture_id, capture_id);
	deleted->since_ms = since_ms;
	HASH_ADD_STR(keeper->deleted, capture_id, deleted);
}

static void heard(void *context, const struct bus_record *record, const struct results_news *news)
{
	struct keeper *keeper = context;
	if (news->verdict != RESULTS_COUNTED)
		return;
	forget_deleted(keeper, news->capture_id);
	if (!news->has_body)
		return;
	if (is_deleted(&news->result))
		note_deleted(keeper, news->capture_id, record->timestamp_ms);
	keeper->parts.changed(keeper->parts.context, &news->result);
}

void keeper_bury(struct keeper *keeper, const struct bus_record *record, const struct error *why)
{
	struct error error = { 0 };
	const struct dead_letter dead = { .stage = "report", .reason = why->word, .detail = why->text,
					  .with_value = true };
	if (!keeper->parts.keeps(keeper->parts.context))
		return;
	if (dead_letter_send(keeper->parts.producer, record, &dead, &error) < 0)
		log_warning(NULL, "a dead letter: %s", error.text);
}

static void unreadable(void *context, const struct bus_record *record, const struct error *why)
{
	metrics_add(&unreadable_total, 1);
	keeper_bury(context, record, why);
}

struct keeper *keeper_new(const struct keeper_parts *parts, int64_t deadline_boot_ms, struct error *error)
{
	struct keeper *keeper = memory_new(sizeof *keeper);
	keeper->parts = *parts;
	const struct results_log_parts log = { parts->client, parts->producer, "report", parts->incarnation, heard,
					       unreadable, keeper };
	keeper->log = results_log_open(&log, deadline_boot_ms, error);
	if (!keeper->log) {
		keeper_free(keeper);
		return NULL;
	}
	metrics_register(&captures_gauge);
	metrics_register(&again_total);
	metrics_register(&buried_total);
	metrics_register(&unreadable_total);
	return keeper;
}

void keeper_free(struct keeper *keeper)
{
	struct deleted *deleted, *next;
	if (!keeper)
		return;
	HASH_ITER(hh, keeper->deleted, deleted, next) {
		HASH_DEL(keeper->deleted, deleted);
		free(deleted);
	}
	results_log_close(keeper->log);
	free(keeper);
}

size_t keeper_fds(const struct keeper *keeper, int to[static 2])
{
	return results_log_fds(keeper->log, to);
}

int keeper_turn(struct keeper *keeper, size_t maximum, struct error *error)
{
	int answer = results_log_turn(keeper->log, maximum, error);
	metrics_set(&captures_gauge, (int64_t)keeper_count(keeper));
	return answer;
}

bool keeper_is_read(const struct keeper *keeper)
{
	return results_log_is_read(keeper->log);
}

/* One after the other: what was written again is shadowed until it was read back. */
static void write_again(struct keeper *keeper)
{
	const struct results *results = results_log_results(keeper->log);
	const char *capture_id = results_shadowed(results);
	if (!capture_id || results_log_is_under_way(keeper->log, capture_id) ||
	    !results_find(results, capture_id, &keeper->result))
		return;
	log_info(&(struct log_about){ .capture_id = keeper->result.capture_id },
		 "its last result did not count; what stands is written again");
	metrics_add(&again_total, 1);
	results_log_write(keeper->log, &keeper->result, true);
}

static void bury(struct keeper *keeper, int64_t now_wall_ms)
{
	const struct deleted *oldest = keeper->deleted;
	if (!oldest || now_wall_ms - oldest->since_ms < KEEPER_DELETED_MS ||
	    results_log_is_under_way(keeper->log, oldest->capture_id))
		return;
	metrics_add(&buried_total, 1);
	results_log_bury(keeper->log, oldest->capture_id);
}

void keeper_tidy(struct keeper *keeper, int64_t now_wall_ms)
{
	if (!keeper->parts.keeps(keeper->parts.context))
		return;
	write_again(keeper);
	bury(keeper, now_wall_ms);
}

bool keeper_find(const struct keeper *keeper, const char *capture_id, struct result *ret_result)
{
	return results_find(results_log_results(keeper->log), capture_id, ret_result);
}

size_t keeper_count(const struct keeper *keeper)
{
	return catalog_count(results_catalog(results_log_results(keeper->log)));
}
