/* The loop of the capture stage. Each turn: hear what the log says (the ledger), take what the captures say (sessions),
 * take what is asked (inbox), then propose what follows from where everything is (runs_decide). The parts never call
 * each other; what one hears, this file hands to the others. */
#include "capture.h"

#include <inttypes.h>
#include <unistd.h>

#include "admission/limits.h"
#include "admission/targets.h"
#include "bus/admin.h"
#include "bus/dead_letter.h"
#include "bus/producer.h"
#include "bus/topics.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/text.h"
#include "inbox.h"
#include "inventory.h"
#include "ledger/ledger.h"
#include "ledger/runs_decide.h"
#include "publish.h"
#include "sessions.h"
#include "status/health.h"
#include "target/target.h"
#include "tell.h"

enum {
	KAFKA_WAIT_MS = 30000,  /* at start */
	LEDGER_TURN = 500,      /* records of the ledger at once */
	RESTORE_TURNS = 20,     /* after so many, what ended long ago is forgotten */
	DECISIONS = 16,         /* proposals at once */
	FLUSH_MS = 5000,        /* at the end */
	STARTS_MS = 5000,       /* at the end, for starts under way to be heard of */
	LATE_MS = 10000,        /* a loop that comes round later was not there to listen */
	ENDING_MS = 30000,      /* for what was told to end, to end */
};

static const int64_t HOUR_MS = 3600 * 1000;

struct capture {
	struct stage *stage;
	char worker[RECORD_NAME_SIZE];
	struct limits limits;
	struct inventory *inventory;
	struct targets *targets;
	struct producer *producer;
	struct ledger *ledger;
	struct publish *publish;
	struct inbox *inbox;
	struct sessions *sessions;
	struct tell tell;
	bool published;        /* the inventory was written, */
	bool seen;             /* and read back: what is judged by it may be judged */
	bool more;             /* the ledger has more to fold */
	bool draining, ended_all;
	int64_t drains_since_boot_ms;
	int64_t turned_boot_ms; /* 0: not yet */
	bool *retell;          /* of a partition: it became ours and was not told again yet */
	int64_t forget_boot_ms;
	int64_t restore_turns;
	struct decision decisions[DECISIONS];
};

static void heard(void *context, const struct ledger_news *news)
{
	struct capture *capture = context;
	struct runs_entry *entry = news->entry;
	bool told = sessions_heard(capture->sessions, news);
	inbox_heard(capture->inbox, news);
	if (told || news->restoring || !news->mine || news->verdict != RUNS_COUNTED)
		return;
	const struct log_about about = { entry->run->request_id, entry->capture_id, entry->target };
	log_debug(&about, "%s counted as version %" PRId64, names_run_change[news->record->change], entry->version);
	tell_counted(&capture->tell, ledger_runs(capture->ledger, news->partition), entry, news->record);
}

static void given_up(void *context, int32_t partition, int64_t nonce)
{
	struct capture *capture = context;
	inbox_given_up(capture->inbox, partition, nonce);
}

static void unreadable(void *context, const struct bus_record *record, const struct error *error)
{
	struct capture *capture = context;
	log_warning(NULL, "runs-%" PRId32 "/%" PRId64 " cannot be read and is left out: %s", record->partition,
		    record->offset, error->text);
	if (!inbox_owns(capture->inbox, record->partition) || !ledger_is_restored(capture->ledger))
		return;
	const struct dead_letter letter = { .stage = "capture", .reason = error->word, .detail = error->text,
					    .with_value = true };
	struct error failed = { 0 };
	if (dead_letter_send(capture->producer, record, &letter, &failed) < 0)
		log_warning(NULL, "it could not be kept as a dead letter: %s", failed.text);
}

static void owned(void *context, int32_t partition)
{
	struct capture *capture = context;
	capture->retell[partition] = true;
}

static void refused(void *context, const struct request *request, const struct error *error)
{
	struct capture *capture = context;
	tell_refused(&capture->tell, request, error);
}

static int read_settings(struct capture *capture, struct error *error)
{
	const struct config *config = capture->stage->config;
	const char *name = config_text(config, "capture", "name");
	if (name[0])
		TEXT_COPY(capture->worker, name);
	else if (gethostname(capture->worker, sizeof capture->worker - 1) < 0)
		return error_set(error, ERROR_BROKEN, WORD_system_failed, "the host has no name; set [capture] name");
	if (!text_is_id(capture->worker))
		return error_set(error, ERROR_BROKEN, WORD_config_invalid,
				 "[capture] name '%s' is no name: letters, digits, '.', '_' and '-', at most 64",
				 capture->worker);
	if (limits_from_config(config, &capture->limits, error) < 0 ||
	    config_require(config, "capbus", "inventory", error) < 0)
		return -1;
	capture->inventory = inventory_read(config_text(config, "capbus", "inventory"), error);
	return capture->inventory ? 0 : -1;
}

static int open_kafka(struct capture *capture, struct error *error)
{
	struct client *client = capture->stage->client;
	static const char *const topics[] = { "requests", "runs", "chunks", "events", "targets", "dead-letters" };
	enum { COUNT = sizeof topics / sizeof *topics };
	int32_t partitions[COUNT];
	int64_t deadline_boot_ms = clock_boot_ms() + KAFKA_WAIT_MS;
	CLEANUP(admin_freep) struct admin *admin = admin_new(client, error);
	if (!admin || admin_wait(admin, deadline_boot_ms, error) < 0 ||
	    topics_check_partitions(admin, topics, COUNT, deadline_boot_ms, partitions, error) < 0)
		return -1;
	capture->retell = memory_array((size_t)partitions[0], sizeof *capture->retell);
	const struct ledger_callbacks callbacks = { capture, heard, given_up, unreadable };
	capture->producer = producer_new(client, error);
	if (!capture->producer ||
	    producer_learn(capture->producer, topics, COUNT, deadline_boot_ms, error) < 0)
		return -1;
	capture->ledger = ledger_open(client, capture->producer, capture->worker, capture->stage->incarnation,
				      partitions[0], &callbacks, deadline_boot_ms, error);
	capture->targets = targets_new();
	if (!capture->ledger || !(capture->publish = publish_open(client, capture->producer, capture->worker,
								 capture->targets, deadline_boot_ms, error)))
		return -1;
	const struct inbox_parts parts = { client, capture->producer, capture->ledger, capture->targets,
					   &capture->limits, capture, owned, refused };
	capture->inbox = inbox_open(&parts, error);
	return capture->inbox ? 0 : -1;
}

static int open_sessions(struct capture *capture, struct error *error)
{
	const struct config *config = capture->stage->config;
	capture->tell = (struct tell){ capture->producer, capture->worker, capture->inventory };
	const struct sessions_parts parts = {
		.producer = capture->producer,
		.ledger = capture->ledger,
		.inventory = capture->inventory,
		.tell = &capture->tell,
		.worker = capture->worker,
		.incarnation = capture->stage->incarnation,
		.chunk_bytes = (size_t)config_bytes(config, "capture", "chunk_bytes"),
		.chunk_ms = config_integer(config, "capture", "chunk_ms"),
	};
	capture->sessions = sessions_new(&parts, error);
	return capture->sessions ? 0 : -1;
}

static void capture_close(void *self)
{
	struct capture *capture = self;
	struct error error = { 0 };
	if (capture->sessions)
		sessions_abandon(capture->sessions);
	if (capture->producer && producer_flush(capture->producer, clock_boot_ms() + FLUSH_MS, &error) < 0)
		log_warning(NULL, "%s", error.text);
	if (capture->inbox)
		inbox_leave(capture->inbox);
	producer_free(capture->producer);
	sessions_free(capture->sessions);
	inbox_close(capture->inbox);
	publish_close(capture->publish);
	ledger_close(capture->ledger);
	targets_free(capture->targets);
	inventory_free(capture->inventory);
	free(capture->retell);
	free(capture);
}

static void *capture_open(struct stage *stage, struct error *error)
{
	struct capture *capture = memory_new(sizeof *capture);
	capture->stage = stage;
	health_need(stage->health, "kafka", "Kafka was not reached yet");
	health_need(stage->health, "runs", "the ledger is being read");
	health_need(stage->health, "targets", "the inventory is not published yet");
	health_need(stage->health, "partitions", "the partitions of requests were not shared out yet");
	if (read_settings(capture, error) < 0 || open_kafka(capture, error) < 0 || open_sessions(capture, error) < 0) {
		capture_close(capture);
		return NULL;
	}
	log_info(NULL, "worker %s, %zu targets in the inventory", capture->worker,
		 inventory_count(capture->inventory));
	return capture;
}

static size_t capture_wait(void *self, struct pollfd *fds, int64_t *ret_deadline_boot_ms)
{
	struct capture *capture = self;
	int waits[6];
	size_t count = 0;
	count += ledger_fds(capture->ledger, waits + count);
	count += inbox_fds(capture->inbox, waits + count);
	waits[count++] = publish_fd(capture->publish);
	waits[count++] = sessions_fd(capture->sessions);
	for (size_t i = 0; i < count; i++)
		fds[i] = (struct pollfd){ .fd = waits[i], .events = POLLIN };
	if (capture->more)
		*ret_deadline_boot_ms = 0;
	return count;
}

static int64_t parallel_of(void *context, const char *target)
{
	const struct capture *capture = context;
	const struct inventory_target *own = inventory_find(capture->inventory, target);
	bool serves = own && publish_serves(capture->worker, capture->stage->config, own);
	return serves ? own->public.parallel : 0;
}

static void propose_decisions(struct capture *capture, int32_t partition, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct decision *decision = &capture->decisions[i];
		struct run *record = &capture->decisions[i].record;
		struct error error = { 0 };
		int64_t nonce;
		if (decision->kind == DECIDE_RENEW &&
		    !sessions_renew(capture->sessions, partition, decision->entry, record))
			continue;
		if (ledger_propose(capture->ledger, partition, record, &nonce, &error) < 0)
			log_warning(NULL, "%s of %s could not be written and is tried again: %s",
				    names_run_change[record->change], record->capture_id, error.text);
	}
}

/* Of a worker that is not at the log's end nobody's silence is known: the others' 60 s count anew. Its own renewals
 * are for it to write. */
static void excuse_silence(struct capture *capture)
{
	int64_t now_boot_ms = clock_boot_ms(), before_boot_ms = capture->turned_boot_ms;
	capture->turned_boot_ms = now_boot_ms;
	bool listened = !client_is_away(capture->stage->client) && now_boot_ms - before_boot_ms < LATE_MS;
	if (listened || !before_boot_ms)
		return;
	for (int32_t i = 0; i < ledger_partitions(capture->ledger); i++) {
		struct runs_entry *entry = runs_first_open(ledger_runs(capture->ledger, i));
		for (; entry; entry = runs_next_open(entry))
			if (!text_equal(entry->incarnation, capture->stage->incarnation))
				entry->heard_boot_ms = now_boot_ms;
	}
}

/* Captures that wait while a proposal of ours about them is under way: as good as always a start. */
static int64_t starts_under_way(const struct capture *capture)
{
	int64_t count = 0;
	for (int32_t i = 0; i < ledger_partitions(capture->ledger); i++) {
		const struct runs_entry *entry = runs_first_open(ledger_runs(capture->ledger, i));
		for (; entry; entry = runs_next_open(entry))
			count += entry->state == RUN_QUEUED && entry->pending_nonce;
	}
	return count;
}

static void decide(struct capture *capture)
{
	int64_t parallel_max = config_integer(capture->stage->config, "capture", "parallel_max");
	struct runs_me me = {
		.worker = capture->worker,
		.incarnation = capture->stage->incarnation,
		.now_wall_ms = clock_wall_ms(),
		.now_boot_ms = clock_boot_ms(),
		.slots = parallel_max - (int64_t)sessions_count(capture->sessions) - starts_under_way(capture),
		.parallel = parallel_of,
		.context = capture,
	};
	if (capture->draining)
		me.slots = 0;
	for (int32_t i = 0; i < ledger_partitions(capture->ledger); i++) {
		me.owner = inbox_owns(capture->inbox, i);
		struct runs *runs = ledger_runs(capture->ledger, i);
		size_t count = runs_decide(runs, &me, capture->decisions, DECISIONS);
		for (size_t j = 0; j < count; j++)
			me.slots -= capture->decisions[j].kind == DECIDE_START;
		propose_decisions(capture, i, count);
	}
}

/* A partition became ours: its requesters may have missed what its last owner did not say any more. */
static void tell_again(struct capture *capture, int32_t partition)
{
	struct runs *runs = ledger_runs(capture->ledger, partition);
	int64_t since_ms = clock_wall_ms() - HOUR_MS;
	for (struct runs_entry *entry = runs_first(runs); entry; entry = runs_next(entry)) {
		if (!entry->run || !entry->run->has_request)
			continue;
		if (entry->state == RUN_QUEUED)
			tell_queued(&capture->tell, runs, entry);
		else if (entry->state == RUN_ENDED && entry->ended_at_ms >= since_ms)
			tell_ended(&capture->tell, entry);
	}
}

/* The log holds days of captures: also while it is read only those of the last hour stay whole. */
static void forget(struct capture *capture, bool restored)
{
	if (restored ? clock_boot_ms() < capture->forget_boot_ms : ++capture->restore_turns % RESTORE_TURNS != 0)
		return;
	capture->forget_boot_ms = clock_boot_ms() + HOUR_MS / 60;
	for (int32_t i = 0; i < ledger_partitions(capture->ledger); i++)
		runs_forget_bodies(ledger_runs(capture->ledger, i), clock_wall_ms() - HOUR_MS);
}

static void publish(struct capture *capture)
{
	struct error error = { 0 };
	if (!capture->seen && capture->published)
		capture->seen = publish_is_seen(capture->publish, capture->stage->config, capture->inventory);
	if (publish_lost_one(capture->publish))
		capture->published = capture->seen = false;
	if (capture->published || !publish_is_read(capture->publish))
		return;
	if (publish_inventory(capture->publish, capture->stage->config, capture->inventory, &error) < 0)
		log_warning(NULL, "the inventory could not be published and is tried again: %s", error.text);
	else
		capture->published = true;
}

static void show_health(struct capture *capture)
{
	struct health *health = capture->stage->health;
	health_set(health, "kafka", !client_is_away(capture->stage->client), "Kafka does not answer");
	health_set(health, "runs", ledger_is_restored(capture->ledger), NULL);
	health_set(health, "targets", capture->seen, NULL);
	health_set(health, "partitions", inbox_is_shared_out(capture->inbox), NULL);
}

static int capture_turn(void *self, struct error *error)
{
	struct capture *capture = self;
	struct error said = { 0 };
	excuse_silence(capture);
	int answer = ledger_turn(capture->ledger, LEDGER_TURN, &said);
	capture->more = answer == 1;
	if (stage_judge_bus(answer, &said, error) < 0 ||
	    stage_judge_bus(publish_turn(capture->publish, &said), &said, error) < 0)
		return -1;
	bool restored = ledger_is_restored(capture->ledger);
	publish(capture);
	sessions_turn(capture->sessions);
	if (restored && capture->seen && stage_judge_bus(inbox_turn(capture->inbox, &said), &said, error) < 0)
		return -1;
	if (restored) {
		for (int32_t i = 0; i < ledger_partitions(capture->ledger); i++) {
			if (capture->retell[i])
				tell_again(capture, i);
			capture->retell[i] = false;
		}
		decide(capture);
	}
	forget(capture, restored);
	show_health(capture);
	return producer_failed(capture->producer, error) ? -1 : 0;
}

static bool capture_drain(void *self, int64_t grace_ends_boot_ms)
{
	struct capture *capture = self;
	int64_t now_boot_ms = clock_boot_ms();
	if (!capture->draining) {
		capture->draining = true;
		capture->drains_since_boot_ms = now_boot_ms;
		inbox_leave(capture->inbox);
		sessions_begin_no_more(capture->sessions);
		log_info(NULL, "takes no new work; %zu captures run", sessions_count(capture->sessions));
	}
	if (!capture->ended_all && now_boot_ms >= grace_ends_boot_ms) {
		capture->ended_all = true;
		sessions_stop_all(capture->sessions, SESSION_STOP_SHUTDOWN);
	}
	if (starts_under_way(capture) > 0 && now_boot_ms < capture->drains_since_boot_ms + STARTS_MS)
		return false;
	return sessions_count(capture->sessions) == 0 || now_boot_ms >= grace_ends_boot_ms + ENDING_MS;
}

static int64_t capture_grace_s(const struct config *config)
{
	return config_integer(config, "capture", "grace_s");
}

const struct stage_program capture_program = {
	.program = CONFIG_CAPTURE,
	.keep_net_raw = true,
	.open = capture_open,
	.wait = capture_wait,
	.turn = capture_turn,
	.drain = capture_drain,
	.grace_s = capture_grace_s,
	.close = capture_close,
};
