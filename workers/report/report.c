/* The loop of the report stage: two consumers, one view.
 *
 *   the follower  reads events (of the last 26 hours) and all results, and goes on: every reporter knows them all
 *   the group     shares out the partitions of events: who is handed an event tells its request, and nobody else
 *
 * So a restart finds its open requests again by the follower, in silence, and the group's offsets say what was not
 * told yet: an event's offset passes once what it changed was told, that of an `ended` once the capture's result
 * was told too. Nothing is left out. Told again is what was told but not committed when the process was killed (a
 * second's worth), and, after a restart while a result is missing, what was said of the same partition since that
 * capture ended. A group that never ran before tells all that events still hold. */
#include "report.h"

#include <errno.h>
#include <inttypes.h>

#include "bus/admin.h"
#include "bus/client.h"
#include "bus/consumer.h"
#include "bus/producer.h"
#include "bus/topics.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/metrics.h"
#include "core/text.h"
#include "due.h"
#include "lanes.h"
#include "ledger/catalog.h"
#include "record/frame.h"
#include "status/health.h"
#include "teller.h"
#include "view.h"

enum { QUEUE_KBYTES = 4096, TURN = 500, KAFKA_WAIT_MS = 30000, FLUSH_MS = 5000 };

static const int64_t HOUR_MS = 3600 * 1000;
/* A request waits for 24 hours at most, and is heard of as long as it runs. */
static const int64_t OPEN_MS = 26 * HOUR_MS;

static struct metric changes_total = {
	.name = "capbus_report_told_total", .labels = "what=\"change\"", .help = "what was told",
	.type = METRIC_COUNTER };
static struct metric progress_total = {
	.name = "capbus_report_told_total", .labels = "what=\"progress\"", .help = "what was told",
	.type = METRIC_COUNTER };
static struct metric last_words_total = {
	.name = "capbus_report_told_total", .labels = "what=\"last_word\"", .help = "what was told",
	.type = METRIC_COUNTER };
static struct metric open_gauge = {
	.name = "capbus_report_open_requests", .help = "requests that are not finished", .type = METRIC_GAUGE };
static struct metric bad_events_total = {
	.name = "capbus_report_unreadable_total", .labels = "topic=\"events\"", .help = "records that made no sense",
	.type = METRIC_COUNTER };
static struct metric bad_results_total = {
	.name = "capbus_report_unreadable_total", .labels = "topic=\"results\"", .help = "records that made no sense",
	.type = METRIC_COUNTER };

struct report {
	struct stage *stage;
	struct producer *producer;
	struct consumer *follower;
	struct consumer *group;     /* NULL until the follower has read what there is */
	struct lanes *lanes;        /* NULL until Kafka was reached */
	struct catalog *catalog;
	struct view *view;
	struct view_request **noted;
	size_t noted_count;
	void **tellers;             /* a teller's own, by row */
	bool restored, draining, more;
	bool stale;                 /* something was taken or told since offsets were stored */
	int64_t forget_boot_ms;
	struct event event;         /* large, and one at a time */
	struct result result;
};

static void note(struct report *report, struct view_request *request)
{
	report->stale = true;
	if (request->is_noted)
		return;
	request->is_noted = true;
	report->noted = memory_resize(report->noted, report->noted_count + 1, sizeof *report->noted);
	report->noted[report->noted_count++] = request;
}

/* The result may have come before the first event. */
static void look_up_result(struct report *report, const struct view_capture *capture)
{
	const struct catalog_entry *entry = NULL;
	bool counted;
	if (!capture->result)
		entry = catalog_find(report->catalog, capture->capture_id);
	if (!entry)
		return;
	catalog_read(entry, &report->result);
	view_result(report->view, &report->result, clock_boot_ms(), &counted);
}

static int bury(struct report *report, const struct bus_record *record, const struct error *why, struct error *error)
{
	metrics_add(&bad_events_total, 1);
	return lanes_bury(report->lanes, record, why, error);
}

static int take_event(struct report *report, const struct bus_record *record, bool from_group, struct error *error)
{
	const struct view_place place = { record->partition, record->offset };
	struct event *event = &report->event;
	struct error why = { 0 };
	struct view_capture *capture;
	bool counted;
	if (!record->value)
		return 0;
	if (frame_decode(&event_record, record->value, record->value_size, NULL, event, &why) < 0)
		return from_group ? bury(report, record, &why, error) : 0;
	struct view_request *request = view_event(report->view, event, place, clock_boot_ms(), &capture, &counted);
	if (!request)
		return 0;
	look_up_result(report, capture);
	if (!from_group)
		return 0;
	due_heard(request, capture, event, place);
	if (event->kind == EVENT_ENDED && capture->said.phase != VIEW_DONE && capture->held_offset == RECORD_UNSET)
		capture->held_offset = record->offset;
	note(report, request);
	return 0;
}

static void take_result(struct report *report, const struct bus_record *record)
{
	struct error why = { 0 };
	bool counted;
	if (catalog_apply(report->catalog, record, &report->result, &counted, &why) < 0) {
		log_warning(NULL, "result at %s-%" PRId32 "/%" PRId64 " cannot be read and is left out: %s",
			    record->topic, record->partition, record->offset, why.text);
		metrics_add(&bad_results_total, 1);
		return;
	}
	if (!counted || !record->value)
		return;
	struct view_request *request = view_result(report->view, &report->result, clock_boot_ms(), &counted);
	if (request && report->restored)
		note(report, request);
}

static int follow(struct report *report, struct error *error)
{
	struct bus_record record;
	struct error said = { 0 };
	int answer = 1;
	for (int i = 0; answer == 1 && i < TURN; i++) {
		answer = consumer_take(report->follower, &record, &said);
		if (answer != 1)
			break;
		if (text_equal(record.topic, "results"))
			take_result(report, &record);
		else if (take_event(report, &record, false, error) < 0)
			return -1;
	}
	consumer_release(report->follower);
	report->more = report->more || answer == 1;
	report->restored = report->restored || consumer_at_end(report->follower);
	return stage_judge_bus(answer, &said, error);
}

static int take_from_group(struct report *report, struct error *error)
{
	struct bus_record record;
	struct error said = { 0 };
	int answer = 1;
	for (int i = 0; answer == 1 && i < TURN; i++) {
		answer = consumer_take(report->group, &record, &said);
		if (answer != 1)
			break;
		if (!lanes_own(report->lanes, record.partition))
			continue;
		if (take_event(report, &record, true, error) < 0)
			return -1;
		lanes_taken(report->lanes, &record);
		report->stale = true;
	}
	consumer_release(report->group);
	report->more = report->more || answer == 1;
	return stage_judge_bus(answer, &said, error);
}

/* What the view has of its requests was told by whoever had it; what was not, the group hands out now. */
static void assigned(void *context, const char *topic, int32_t partition)
{
	struct report *report = context;
	if (!lanes_have(report->lanes, partition)) {
		log_error(NULL, "%s has more partitions than when this process started: restart it to have "
			  "partition %" PRId32 " told", topic, partition);
		consumer_pause(report->group, topic, partition);
		return;
	}
	lanes_set_owned(report->lanes, partition, true);
	for (struct view_request *it = view_first(report->view); it; it = view_next(it)) {
		if (it->partition != partition)
			continue;
		due_settle(it);
		for (size_t i = 0; i < it->captures_count; i++)
			it->captures[i]->held_offset = RECORD_UNSET;
	}
}

static void revoked(void *context, const char *topic, int32_t partition, bool lost)
{
	struct report *report = context;
	(void)topic;
	(void)lost;
	lanes_set_owned(report->lanes, partition, false);
}

static int join_group(struct report *report, struct error *error)
{
	const char *const topics[] = { "events" };
	const struct consumer_callbacks callbacks = { report, assigned, revoked, NULL };
	log_info(NULL, "%zu requests of the last %" PRId64 " hours, %zu results", view_count(report->view),
		 OPEN_MS / HOUR_MS, catalog_count(report->catalog));
	report->group = consumer_new_group(report->stage->client, "report", topics, 1, QUEUE_KBYTES, &callbacks,
					   error);
	return report->group ? 0 : -1;
}

static void count_told(unsigned what)
{
	metrics_add(&changes_total, (what & DUE_CHANGE) != 0);
	metrics_add(&progress_total, (what & DUE_PROGRESS) != 0);
	metrics_add(&last_words_total, (what & DUE_LAST_WORD) != 0);
}

static int tell_by(const struct report *report, size_t row, const struct view_request *request, unsigned what,
		   struct error *error)
{
	const struct teller *teller = teller_rows[row];
	char id[RECORD_ID_SIZE];
	view_shown_id(report->view, request, id);
	CLEANUP_FREE char *text = thread_view_block(request, id, teller->style);
	CLEANUP_FREE char *last_word =
		what & DUE_LAST_WORD ? thread_view_last_word(request, id, teller->style) : NULL;
	const struct telling telling = { request, text, last_word, what };
	if (teller->tell(report->tellers[row], &telling, error) == 0)
		return 0;
	return error_context(error, "%s", teller->name);
}

static int tell(struct report *report, struct view_request *request, struct error *error)
{
	int64_t now_boot_ms = clock_boot_ms();
	unsigned what = due_now(request, now_boot_ms);
	for (size_t i = 0; what && i < teller_count; i++)
		if (tell_by(report, i, request, what, error) < 0)
			return -1;
	if (what)
		due_told(request, what, now_boot_ms);
	for (size_t i = 0; i < request->captures_count; i++)
		if (request->captures[i]->said.phase == VIEW_DONE)
			request->captures[i]->held_offset = RECORD_UNSET;
	count_told(what);
	return 0;
}

static int tell_noted(struct report *report, struct error *error)
{
	int result = 0;
	for (size_t i = 0; i < report->noted_count; i++) {
		struct view_request *request = report->noted[i];
		request->is_noted = false;
		if (result == 0 && lanes_own(report->lanes, request->partition))
			result = tell(report, request, error);
	}
	report->noted_count = 0;
	return result;
}

/* Of each partition the oldest offset that is still needed passes. */
static void pass_offsets(struct report *report)
{
	int64_t open = 0;
	lanes_begin(report->lanes);
	for (struct view_request *it = view_first(report->view); it; it = view_next(it)) {
		open += !view_is_finished(it);
		for (size_t i = 0; i < it->captures_count; i++)
			if (it->captures[i]->held_offset != RECORD_UNSET)
				lanes_hold(report->lanes, it->partition, it->captures[i]->held_offset);
	}
	if (report->group)
		lanes_store(report->lanes, report->group);
	metrics_set(&open_gauge, open);
	report->stale = false;
}

static void forget(struct report *report)
{
	int64_t now_boot_ms = clock_boot_ms();
	struct view_request *next;
	if (now_boot_ms < report->forget_boot_ms)
		return;
	report->forget_boot_ms = now_boot_ms + HOUR_MS / 60;
	for (struct view_request *it = view_first(report->view); it; it = next) {
		next = view_next(it);
		if (now_boot_ms - it->heard_boot_ms >= (view_is_finished(it) ? HOUR_MS : OPEN_MS))
			view_forget(report->view, it);
	}
	report->stale = true;
}

static void show_health(struct report *report)
{
	struct health *health = report->stage->health;
	health_set(health, "kafka", !client_is_away(report->stage->client), "Kafka does not answer");
	health_set(health, "records", report->restored, NULL);
	health_set(health, "partitions", report->group && consumer_is_member(report->group), NULL);
}

static int open_kafka(struct report *report, struct error *error)
{
	struct client *client = report->stage->client;
	static const char *const topics[] = { "events", "results", "dead-letters" };
	enum { COUNT = sizeof topics / sizeof *topics };
	int32_t partitions[COUNT];
	int64_t deadline_boot_ms = clock_boot_ms() + KAFKA_WAIT_MS;
	CLEANUP(admin_freep) struct admin *admin = admin_new(client, error);
	if (!admin || admin_wait(admin, deadline_boot_ms, error) < 0 ||
	    topics_check_partitions(admin, topics, COUNT, deadline_boot_ms, partitions, error) < 0)
		return -1;
	const struct consumer_part parts[] = {
		{ "events", CONSUMER_ALL_PARTITIONS, CONSUMER_FROM_TIME, clock_wall_ms() - OPEN_MS },
		{ "results", CONSUMER_ALL_PARTITIONS, CONSUMER_FROM_BEGINNING, 0 },
	};
	if (!(report->producer = producer_new(client, error)))
		return -1;
	if (!(report->lanes = lanes_new(partitions[0], report->producer)))
		return error_errno(error, WORD_system_failed, errno, "eventfd");
	report->follower = consumer_new_follower(client, parts, sizeof parts / sizeof *parts, QUEUE_KBYTES, NULL,
						 deadline_boot_ms, error);
	return report->follower ? 0 : -1;
}

static int open_tellers(struct report *report, struct error *error)
{
	report->tellers = memory_array(teller_count, sizeof *report->tellers);
	for (size_t i = 0; i < teller_count; i++) {
		report->tellers[i] = teller_rows[i]->open(report->stage->config, error);
		if (!report->tellers[i])
			return -1;
	}
	return 0;
}

static void close_tellers(struct report *report)
{
	for (size_t i = 0; report->tellers && i < teller_count; i++)
		if (report->tellers[i])
			teller_rows[i]->close(report->tellers[i]);
	free(report->tellers);
}

static void report_close(void *self)
{
	struct report *report = self;
	struct error error = { 0 };
	if (report->producer && producer_flush(report->producer, clock_boot_ms() + FLUSH_MS, &error) < 0)
		log_warning(NULL, "%s", error.text);
	if (report->group) {
		lanes_turn(report->lanes, &error); /* what did not arrive is held, and read again */
		pass_offsets(report);
	}
	consumer_free(report->group);
	consumer_free(report->follower);
	producer_free(report->producer);
	lanes_free(report->lanes);
	close_tellers(report);
	view_free(report->view);
	catalog_free(report->catalog);
	free(report->noted);
	free(report);
}

static void register_metrics(void)
{
	metrics_register(&changes_total);
	metrics_register(&progress_total);
	metrics_register(&last_words_total);
	metrics_register(&open_gauge);
	metrics_register(&bad_events_total);
	metrics_register(&bad_results_total);
}

static void *report_open(struct stage *stage, struct error *error)
{
	struct report *report = memory_new(sizeof *report);
	report->stage = stage;
	report->catalog = catalog_new();
	report->view = view_new();
	register_metrics();
	health_need(stage->health, "kafka", "Kafka was not reached yet");
	health_need(stage->health, "records", "events and results are being read");
	health_need(stage->health, "partitions", "the partitions of events were not shared out yet");
	if (open_tellers(report, error) < 0 || open_kafka(report, error) < 0) {
		report_close(report);
		return NULL;
	}
	return report;
}

static size_t report_wait(void *self, struct pollfd *fds, int64_t *ret_deadline_boot_ms)
{
	struct report *report = self;
	size_t count = 0;
	fds[count++] = (struct pollfd){ .fd = lanes_fd(report->lanes), .events = POLLIN };
	fds[count++] = (struct pollfd){ .fd = consumer_fd(report->follower), .events = POLLIN };
	if (report->group)
		fds[count++] = (struct pollfd){ .fd = consumer_fd(report->group), .events = POLLIN };
	if (report->more)
		*ret_deadline_boot_ms = 0;
	return count;
}

static int report_turn(void *self, struct error *error)
{
	struct report *report = self;
	report->more = false;
	int arrived = lanes_turn(report->lanes, error);
	if (arrived < 0)
		return -1;
	report->stale = report->stale || arrived == 1;
	if (!report->draining) {
		if (follow(report, error) < 0)
			return -1;
		if (report->restored && !report->group && join_group(report, error) < 0)
			return -1;
		if (report->group && take_from_group(report, error) < 0)
			return -1;
	}
	if (tell_noted(report, error) < 0)
		return -1;
	if (report->stale)
		pass_offsets(report);
	forget(report);
	show_health(report);
	return producer_failed(report->producer, error) ? -1 : 0;
}

/* Each turn tells what it took: only a dead letter can be under way. */
static bool report_drain(void *self, int64_t grace_ends_boot_ms)
{
	struct report *report = self;
	report->draining = true;
	return lanes_burying(report->lanes) == 0 || clock_boot_ms() >= grace_ends_boot_ms;
}

const struct stage_program report_program = {
	.program = CONFIG_REPORT,
	.open = report_open,
	.wait = report_wait,
	.turn = report_turn,
	.drain = report_drain,
	.close = report_close,
};
