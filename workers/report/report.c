/* The loop of the report stage: two consumers, one view, one ledger.
 *
 *   the follower  reads events (of the last 26 hours) and threads, the keeper all results: every reporter knows them all
 *   the group     shares out the partitions of events: whose a partition is tells its requests
 *
 * What is told is decided by how the view stands against what threads say was told, not by who reads what when: so a
 * restart goes on where it was, and of two reporters that both believe to have a partition one tells (tellings.h). An
 * event's offset passes once what it changed was told, that of an `ended` once the capture's result was told too, so
 * that nothing is left out after an absence that is longer than the follower looks back. */
#include "report.h"

#include <errno.h>
#include <inttypes.h>
#include <malloc.h>

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
#include "keeper.h"
#include "lanes.h"
#include "ledger/threads.h"
#include "telling/proposals.h"
#include "record/frame.h"
#include "status/health.h"
#include "telling/teller.h"
#include "telling/tellings.h"
#include "view.h"

/* A full queue is looked at again only after a second (librdkafka 2.0.2): a restore should not fill it. */
enum { RESTORE_KBYTES = 32768, QUEUE_KBYTES = 4096, TURN = 500, KAFKA_WAIT_MS = 30000, FLUSH_MS = 5000 };

static const int64_t HOUR_MS = 3600 * 1000;
/* As long as the topic keeps them. */
static const int64_t THREADS_MS = INT64_C(7) * 24 * 3600 * 1000;
/* A request waits for 24 hours at most, and is heard of as long as it runs. */
static const int64_t OPEN_MS = 26 * HOUR_MS;

static struct metric open_gauge = {
	.name = "capbus_report_open_requests", .help = "requests that are not finished", .type = METRIC_GAUGE };
static struct metric bad_events_total = {
	.name = "capbus_report_unreadable_total", .labels = "topic=\"events\"", .help = "records that made no sense",
	.type = METRIC_COUNTER };
static struct metric bad_threads_total = {
	.name = "capbus_report_unreadable_total", .labels = "topic=\"threads\"", .help = "records that made no sense",
	.type = METRIC_COUNTER };

struct report {
	struct stage *stage;
	struct producer *producer;
	struct consumer *follower;
	struct consumer *group;     /* NULL until the follower has read what there is */
	struct lanes *lanes;        /* NULL until Kafka was reached, as the next */
	struct proposals *proposals;
	struct tellings *tellings;
	struct keeper *keeper;
	struct threads *threads;
	struct view *view;
	const struct teller *teller;
	void *teller_self;
	bool restored, draining, more;
	bool has_new_partitions;
	bool has_failed;            /* by `error`, in a callback */
	struct error error;
	bool stale;                 /* something was taken or told since offsets were stored */
	int64_t forget_boot_ms;
	struct event event;         /* large, and one at a time */
	struct result result;
	struct thread thread;
};

/* The result may have come before the first event. */
static void look_up_result(struct report *report, const struct view_capture *capture)
{
	bool counted;
	if (!capture->result && keeper_find(report->keeper, capture->capture_id, &report->result))
		view_result(report->view, &report->result, clock_boot_ms(), &counted);
}

static int bury(struct report *report, const struct bus_record *record, const struct error *why, struct error *error)
{
	metrics_add(&bad_events_total, 1);
	return lanes_bury(report->lanes, record, why, error);
}

static int take_event(struct report *report, const struct bus_record *record, bool from_group, struct error *error)
{
	struct event *event = &report->event;
	struct error why = { 0 };
	struct view_capture *capture;
	bool counted;
	if (!record->value)
		return 0;
	if (frame_decode(&event_record, record->value, record->value_size, NULL, event, &why) < 0)
		return from_group ? bury(report, record, &why, error) : 0;
	struct view_request *request = view_event(report->view, event, record->partition, clock_boot_ms(), &capture, &counted);
	if (!request)
		return 0;
	look_up_result(report, capture);
	report->stale = true;
	if (from_group)
		lanes_keep(request, capture, event, record->offset);
	return tellings_look(report->tellings, request, clock_boot_ms(), error);
}

/* For the keeper, as the next: of all reporters the one that has partition 0 of events. */
static bool keeps_catalog(void *context)
{
	const struct report *report = context;
	return report->restored && !report->draining && lanes_own(report->lanes, 0);
}

/* What goes wrong is met in the turn. */
static void result_changed(void *context, const struct result *result)
{
	struct report *report = context;
	bool counted;
	struct view_request *request = view_result(report->view, result, clock_boot_ms(), &counted);
	if (request && tellings_look(report->tellings, request, clock_boot_ms(), &report->error) < 0)
		report->has_failed = true;
}

static int take_thread(struct report *report, const struct bus_record *record, struct error *error)
{
	struct error why = { 0 };
	bool counted;
	int64_t now_boot_ms = clock_boot_ms();
	if (threads_apply(report->threads, record, now_boot_ms, &report->thread, &counted, &why) < 0) {
		log_warning(NULL, "thread at %s-%" PRId32 "/%" PRId64 " cannot be read and is left out: %s",
			    record->topic, record->partition, record->offset, why.text);
		metrics_add(&bad_threads_total, 1);
		keeper_bury(report->keeper, record, &why);
		return 0;
	}
	report->stale = true;
	return tellings_heard(report->tellings, &report->thread, counted, now_boot_ms, error);
}

static int take_followed(struct report *report, const struct bus_record *record, struct error *error)
{
	if (text_equal(record->topic, "threads"))
		return take_thread(report, record, error);
	return take_event(report, record, false, error);
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
		if (take_followed(report, &record, error) < 0)
			return -1;
	}
	consumer_release(report->follower);
	report->more = report->more || answer == 1;
	return stage_judge_bus(answer, &said, error);
}

/* Results come first: what an event changes is told with them. */
static int keep(struct report *report, struct error *error)
{
	struct error said = { 0 };
	int answer = keeper_turn(report->keeper, TURN, &said);
	report->more = report->more || answer == 1;
	report->restored = report->restored ||
			   (consumer_at_end(report->follower) && keeper_is_read(report->keeper));
	keeper_tidy(report->keeper, clock_wall_ms());
	if (!report->has_failed)
		return stage_judge_bus(answer, &said, error);
	*error = report->error;
	return -1;
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

static int look_at_all(struct report *report, struct error *error)
{
	for (struct view_request *it = view_first(report->view); it; it = view_next(it))
		if (tellings_look(report->tellings, it, clock_boot_ms(), error) < 0)
			return -1;
	return 0;
}

/* What its requests have to tell is looked at in the next turn. */
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
	report->has_new_partitions = true;
	for (struct view_request *it = view_first(report->view); it; it = view_next(it)) {
		if (it->partition != partition)
			continue;
		it->untold_offset = RECORD_UNSET;
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
	malloc_trim(0); /* what was fetched at once is many times what is fetched from now on */
	log_info(NULL, "%zu requests of the last %" PRId64 " hours, %zu results", view_count(report->view),
		 OPEN_MS / HOUR_MS, keeper_count(report->keeper));
	report->group = consumer_new_group(report->stage->client, "report", topics, 1, QUEUE_KBYTES, &callbacks,
					   error);
	return report->group ? 0 : -1;
}

/* For tellings: of the own partitions, until the process is to end. */
static bool may_begin(void *context, int32_t partition)
{
	const struct report *report = context;
	return !report->draining && lanes_own(report->lanes, partition);
}

static int propose(void *context, const struct thread *record, struct error *error)
{
	const struct report *report = context;
	return proposals_send(report->proposals, record, error);
}

static int tell(struct report *report, struct error *error)
{
	int64_t nonce;
	while (proposals_take(report->proposals, &nonce))
		if (tellings_given_up(report->tellings, nonce, clock_boot_ms(), error) < 0)
			return -1;
	if (tellings_turn(report->tellings, clock_boot_ms(), error) < 0)
		return -1;
	if (!report->has_new_partitions && !tellings_were_put_off(report->tellings))
		return 0;
	report->has_new_partitions = false;
	return look_at_all(report, error);
}

/* Of each partition the oldest offset that is still needed passes. */
static void pass_offsets(struct report *report)
{
	int64_t open = 0;
	lanes_begin(report->lanes);
	for (struct view_request *it = view_first(report->view); it; it = view_next(it)) {
		open += !view_is_finished(it);
		lanes_hold(report->lanes, it);
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
		if (!it->work && now_boot_ms - it->heard_boot_ms >= (view_is_settled(it) ? HOUR_MS : OPEN_MS))
			view_forget(report->view, it);
	}
	threads_forget(report->threads, clock_wall_ms() - THREADS_MS);
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
	static const char *const topics[] = { "events", "threads", "results", "dead-letters" };
	enum { COUNT = sizeof topics / sizeof *topics };
	int32_t partitions[COUNT];
	int64_t deadline_boot_ms = clock_boot_ms() + KAFKA_WAIT_MS;
	CLEANUP(admin_freep) struct admin *admin = admin_new(client, error);
	if (!admin || admin_wait(admin, deadline_boot_ms, error) < 0 ||
	    topics_check_partitions(admin, topics, COUNT, deadline_boot_ms, partitions, error) < 0)
		return -1;
	const struct consumer_part parts[] = {
		{ "events", CONSUMER_ALL_PARTITIONS, CONSUMER_FROM_TIME, clock_wall_ms() - OPEN_MS },
		{ "threads", CONSUMER_ALL_PARTITIONS, CONSUMER_FROM_BEGINNING, 0 },
	};
	if (!(report->producer = producer_new(client, error)))
		return -1;
	static const char *const written[] = { "threads" };
	if (producer_learn(report->producer, written, 1, deadline_boot_ms, error) < 0)
		return -1;
	if (!(report->lanes = lanes_new(partitions[0], report->producer)) ||
	    !(report->proposals = proposals_new(report->producer)))
		return error_errno(error, WORD_system_failed, errno, "eventfd");
	report->follower = consumer_new_follower(client, parts, sizeof parts / sizeof *parts, RESTORE_KBYTES, NULL,
						 deadline_boot_ms, error);
	const struct keeper_parts keeper = { client, report->producer, report->stage->incarnation, report,
					     result_changed, keeps_catalog };
	report->keeper = report->follower ? keeper_new(&keeper, deadline_boot_ms, error) : NULL;
	return report->keeper ? 0 : -1;
}

static int open_teller(struct report *report, struct error *error)
{
	report->teller = teller_rows[0];
	report->teller_self = report->teller->open(report->stage->config, error);
	if (!report->teller_self)
		return -1;
	const struct tellings_parts parts = {
		.view = report->view, .threads = report->threads,
		.teller = report->teller, .teller_self = report->teller_self,
		.incarnation = report->stage->incarnation,
		.context = report, .propose = propose, .may_begin = may_begin,
	};
	report->tellings = tellings_new(&parts);
	return 0;
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
	keeper_free(report->keeper);
	lanes_free(report->lanes);
	proposals_free(report->proposals);
	tellings_free(report->tellings);
	if (report->teller_self)
		report->teller->close(report->teller_self);
	view_free(report->view);
	threads_free(report->threads);
	free(report);
}

static void register_metrics(void)
{
	metrics_register(&open_gauge);
	metrics_register(&bad_events_total);
	metrics_register(&bad_threads_total);
}

static void *report_open(struct stage *stage, struct error *error)
{
	struct report *report = memory_new(sizeof *report);
	report->stage = stage;
	report->threads = threads_new();
	report->view = view_new();
	register_metrics();
	health_need(stage->health, "kafka", "Kafka was not reached yet");
	health_need(stage->health, "records", "events and results are being read");
	health_need(stage->health, "partitions", "the partitions of events were not shared out yet");
	if (open_teller(report, error) < 0 || open_kafka(report, error) < 0) {
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
	fds[count++] = (struct pollfd){ .fd = proposals_fd(report->proposals), .events = POLLIN };
	fds[count++] = (struct pollfd){ .fd = report->teller->fd(report->teller_self), .events = POLLIN };
	fds[count++] = (struct pollfd){ .fd = consumer_fd(report->follower), .events = POLLIN };
	int keeper_fd[2];
	size_t keeper_fds_count = keeper_fds(report->keeper, keeper_fd);
	for (size_t i = 0; i < keeper_fds_count; i++)
		fds[count++] = (struct pollfd){ .fd = keeper_fd[i], .events = POLLIN };
	if (report->group)
		fds[count++] = (struct pollfd){ .fd = consumer_fd(report->group), .events = POLLIN };
	int64_t deadline_boot_ms = report->more ? 0 : tellings_deadline_boot_ms(report->tellings);
	if (deadline_boot_ms < *ret_deadline_boot_ms)
		*ret_deadline_boot_ms = deadline_boot_ms;
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
	if (keep(report, error) < 0 || follow(report, error) < 0)
		return -1;
	if (!report->draining) {
		if (report->restored && !report->group && join_group(report, error) < 0)
			return -1;
		if (report->group && take_from_group(report, error) < 0)
			return -1;
	}
	if (tell(report, error) < 0)
		return -1;
	if (report->stale)
		pass_offsets(report);
	forget(report);
	show_health(report);
	return producer_failed(report->producer, error) ? -1 : 0;
}

/* What is under way is told and settled, so that nobody has to look it up. */
static bool report_drain(void *self, int64_t grace_ends_boot_ms)
{
	struct report *report = self;
	report->draining = true;
	bool is_idle = lanes_burying(report->lanes) == 0 && tellings_busy(report->tellings) == 0;
	return is_idle || clock_boot_ms() >= grace_ends_boot_ms;
}

const struct stage_program report_program = {
	.program = CONFIG_REPORT,
	.open = report_open,
	.wait = report_wait,
	.turn = report_turn,
	.drain = report_drain,
	.close = report_close,
};
