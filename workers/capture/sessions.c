/* A session does what it is told and says what it saw; this file holds the two against the ledger. Nothing is done for
 * a proposal that did not count, and each capture has one proposal under way at a time: what it wants to say next
 * follows from where it is (advance). */
#include "sessions.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <uthash.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/mailbox.h"
#include "core/metrics.h"
#include "core/text.h"
#include "ledger/runs_decide.h"
#include "sender.h"

static struct metric running_gauge = {
	.name = "capbus_captures_running", .help = "captures that run now", .type = METRIC_GAUGE };

struct running {
	uint64_t number; /* the key */
	int32_t partition;
	char capture_id[RECORD_ID_SIZE];
	struct session *session;
	bool armed, ended;
	struct session_armed armed_news;
	struct session_progress progress;
	struct session_ended end_news;
	int64_t events; /* told of the version in events_version */
	int64_t events_version;
	UT_hash_handle hh;
};

struct sessions {
	struct sessions_parts parts;
	struct mailbox *mailbox;
	struct gate *gate;
	struct running *all;
	uint64_t last_number;
	bool begins_no_more;
};

struct sessions *sessions_new(const struct sessions_parts *parts, struct error *error)
{
	metrics_register(&running_gauge);
	session_register_metrics();
	struct mailbox *mailbox = mailbox_new(free);
	if (!mailbox) {
		error_errno(error, WORD_system_failed, errno, "eventfd");
		return NULL;
	}
	struct sessions *sessions = memory_new(sizeof *sessions);
	sessions->parts = *parts;
	sessions->mailbox = mailbox;
	sessions->gate = gate_new(NULL, SENDER_WORKER_BYTES);
	return sessions;
}

static void forget(struct sessions *sessions, struct running *running)
{
	HASH_DEL(sessions->all, running);
	session_free(running->session);
	free(running);
	metrics_set(&running_gauge, HASH_COUNT(sessions->all));
}

void sessions_abandon(struct sessions *sessions)
{
	struct running *running, *next;
	sessions_stop_all(sessions, SESSION_ABANDON);
	HASH_ITER(hh, sessions->all, running, next)
		forget(sessions, running);
}

void sessions_free(struct sessions *sessions)
{
	if (!sessions)
		return;
	sessions_abandon(sessions);
	mailbox_free(sessions->mailbox);
	gate_free(sessions->gate);
	free(sessions);
}

int sessions_fd(const struct sessions *sessions)
{
	return mailbox_fd(sessions->mailbox);
}

size_t sessions_count(const struct sessions *sessions)
{
	return HASH_COUNT(sessions->all);
}

void sessions_begin_no_more(struct sessions *sessions)
{
	sessions->begins_no_more = true;
}

void sessions_stop_all(struct sessions *sessions, enum session_stop how)
{
	for (struct running *running = sessions->all; running; running = running->hh.next)
		session_stop(running->session, how);
}

static struct running *find(const struct sessions *sessions, const char *capture_id)
{
	struct running *running = sessions->all;
	while (running && !text_equal(running->capture_id, capture_id))
		running = running->hh.next;
	return running;
}

static struct runs_entry *entry_of(const struct sessions *sessions, const struct running *running)
{
	return runs_find(ledger_runs(sessions->parts.ledger, running->partition), running->capture_id);
}

static struct log_about about(const struct runs_entry *entry)
{
	return (struct log_about){ entry->run ? entry->run->request_id : NULL, entry->capture_id, entry->target };
}

/* The next record of a capture as it stands, for the caller to fill in and propose. */
static struct run next_record(const struct runs_entry *entry, enum run_change change, enum run_state state)
{
	struct run record = *entry->run;
	record.version = entry->version + 1;
	record.change = change;
	record.state = state;
	return record;
}

static void propose(struct sessions *sessions, int32_t partition, struct run *record)
{
	int64_t nonce;
	struct error error = { 0 };
	if (ledger_propose(sessions->parts.ledger, partition, record, &nonce, &error) == 0)
		return;
	const struct log_about what = { record->request_id, record->capture_id, record->target };
	log_warning(&what, "%s could not be written and is tried again: %s", names_run_change[record->change],
		    error.text);
}

static void tell_change(struct sessions *sessions, enum event_kind kind, const struct runs_entry *entry,
			const struct running *running)
{
	struct event event;
	tell_begin(sessions->parts.tell, kind, entry, &event);
	if (kind == EVENT_ENDED) {
		const struct chunk_end *end = &running->end_news.end;
		event.outcome = end->outcome;
		event.stopped_by = end->stopped_by;
		event.dropped_kernel = end->dropped_kernel;
		event.dropped_mirror = end->dropped_mirror;
		event.seen_total = end->seen_total;
		TEXT_COPY(event.reason, end->reason);
		TEXT_COPY(event.detail, end->detail);
	}
	tell_send(sessions->parts.tell, &event);
}

/* For another worker; or, where this one could not just now, for this one too. */
enum hand_back { NOT_ME, NOT_NOW };

static void hand_back(struct sessions *sessions, int32_t partition, const struct runs_entry *entry,
		      enum hand_back how, const char *why)
{
	struct run record = next_record(entry, CHANGE_HAND_BACK, RUN_QUEUED);
	char others[RECORD_DETAIL_SIZE];
	TEXT_COPY(others, record.not_me);
	if (how == NOT_ME)
		TEXT_FORMAT(record.not_me, "%s%s%s", others, others[0] ? " " : "", sessions->parts.worker);
	record.runner[0] = '\0';
	const struct log_about what = about(entry);
	log_warning(&what, "handed back to the line: %s", why);
	propose(sessions, partition, &record);
}

static int start_session(struct sessions *sessions, const struct runs_entry *entry, int64_t lease_until_boot_ms,
			 struct session **ret_session, struct error *error)
{
	const struct inventory_target *target = inventory_find(sessions->parts.inventory, entry->target);
	struct request request = entry->run->request;
	if (request.chunk_ms == RECORD_UNSET)
		request.chunk_ms = sessions->parts.chunk_ms;
	const struct session_order order = {
		.number = sessions->last_number,
		.capture_id = entry->capture_id,
		.request = &request,
		.target = target,
		.worker = sessions->parts.worker,
		.asked_at_ms = entry->run->inbox_timestamp_ms,
		.chunk_bytes = sessions->parts.chunk_bytes,
		.lease_until_boot_ms = lease_until_boot_ms,
		.mailbox = sessions->mailbox,
		.producer = sessions->parts.producer,
		.worker_gate = sessions->gate,
	};
	if (!target)
		return error_set(error, ERROR_INPUT, WORD_target_unknown, "%s is not in this worker's inventory",
				 entry->target);
	return session_start(&order, ret_session, error);
}

/* The start counted and is ours: now, and not before, the capture begins. Its lease counts from when the start was
 * handed over: one that Kafka took so late that this is not known any more, or over, must not begin. */
static void begin(struct sessions *sessions, const struct ledger_news *news)
{
	struct runs_entry *entry = news->entry;
	int64_t lease_until_boot_ms = news->handed_over_boot_ms + RUNS_FENCE_MS;
	struct session *session;
	struct error error = { 0 };
	if (sessions->begins_no_more) {
		hand_back(sessions, news->partition, entry, NOT_NOW, "this worker ends");
		return;
	}
	if (!news->handed_over_boot_ms || clock_boot_ms() >= lease_until_boot_ms) {
		hand_back(sessions, news->partition, entry, NOT_NOW, "Kafka took its start too late");
		return;
	}
	sessions->last_number++;
	if (start_session(sessions, entry, lease_until_boot_ms, &session, &error) < 0) {
		hand_back(sessions, news->partition, entry, NOT_ME, error.text);
		return;
	}
	struct running *running = memory_new(sizeof *running);
	running->number = sessions->last_number;
	running->session = session;
	running->partition = news->partition;
	TEXT_COPY(running->capture_id, entry->capture_id);
	HASH_ADD(hh, sessions->all, number, sizeof running->number, running);
	metrics_set(&running_gauge, HASH_COUNT(sessions->all));
	const struct log_about what = about(entry);
	const struct request *request = &entry->run->request;
	log_info(&what, "starting: filter '%s', %" PRId64 " s, %" PRId64 " packets", request->filter,
		 request->timeout_s, request->count);
	tell_change(sessions, EVENT_STARTING, entry, running);
}

/* Proposes what a capture has to say next, if nothing of it is under way. May forget it. */
static void advance(struct sessions *sessions, struct running *running)
{
	struct runs_entry *entry = entry_of(sessions, running);
	if (entry->pending_nonce)
		return;
	if (running->ended && !text_equal(entry->incarnation, sessions->parts.incarnation)) {
		forget(sessions, running); /* it was taken over: its end is another's to tell */
	} else if (running->ended) {
		const struct session_ended *news = &running->end_news;
		struct run record = next_record(entry, CHANGE_END, RUN_ENDED);
		record.outcome = news->end.outcome;
		record.packets = news->end.packets;
		record.bytes = news->end.bytes;
		record.armed_at_ns = news->armed_at_ns;
		TEXT_COPY(record.reason, news->end.reason);
		TEXT_COPY(record.detail, news->end.detail);
		propose(sessions, running->partition, &record);
	} else if (running->armed && entry->state == RUN_STARTING) {
		struct run record = next_record(entry, CHANGE_ARMED, RUN_CAPTURING);
		record.armed_at_ns = running->armed_news.armed_at_ns;
		propose(sessions, running->partition, &record);
	}
}

static void tell_progress(struct sessions *sessions, struct running *running)
{
	struct runs_entry *entry = entry_of(sessions, running);
	struct event event;
	if (entry->state != RUN_CAPTURING)
		return;
	if (running->events_version != entry->version) {
		running->events_version = entry->version;
		running->events = 0;
	}
	tell_begin(sessions->parts.tell, EVENT_PROGRESS, entry, &event);
	event.number = ++running->events;
	event.packets = running->progress.packets;
	event.bytes = running->progress.bytes;
	tell_send(sessions->parts.tell, &event);
}

static void take_news(struct sessions *sessions, struct running *running, const struct mailbox_message *message)
{
	switch ((enum session_news)message->kind) {
	case SESSION_ARMED:
		running->armed = true;
		running->armed_news = *(const struct session_armed *)message->payload;
		return;
	case SESSION_PROGRESS:
		running->progress = *(const struct session_progress *)message->payload;
		tell_progress(sessions, running);
		return;
	case SESSION_ENDED:
		running->ended = true;
		running->end_news = *(const struct session_ended *)message->payload;
	}
}

void sessions_turn(struct sessions *sessions)
{
	struct mailbox_message message;
	while (mailbox_take(sessions->mailbox, &message)) {
		struct running *running;
		HASH_FIND(hh, sessions->all, &message.sender, sizeof message.sender, running);
		if (running)
			take_news(sessions, running, &message);
		free(message.payload);
	}
	struct running *running, *next;
	HASH_ITER(hh, sessions->all, running, next)
		advance(sessions, running);
}

static void end(struct sessions *sessions, struct running *running, const struct runs_entry *entry)
{
	const struct session_ended *news = &running->end_news;
	const struct log_about what = about(entry);
	log_info(&what, "%s: %" PRId64 " packets, %" PRId64 " bytes%s%s", names_outcome[news->end.outcome],
		 news->end.packets, news->end.bytes, news->end.detail[0] ? "; " : "", news->end.detail);
	if (!news->end_acknowledged)
		log_warning(&what, "Kafka did not confirm the end of its packets");
	tell_change(sessions, EVENT_ENDED, entry, running);
	forget(sessions, running);
}

bool sessions_heard(struct sessions *sessions, const struct ledger_news *news)
{
	if (news->verdict != RUNS_COUNTED || news->restoring)
		return false;
	struct running *running = find(sessions, news->record->capture_id);
	enum run_change change = news->record->change;
	if (!running) {
		bool begins = change == CHANGE_START && news->mine;
		if (begins)
			begin(sessions, news);
		return begins;
	}
	if (change == CHANGE_STOP)
		session_stop(running->session, text_equal(news->record->reason, error_word_name(WORD_replaced))
						       ? SESSION_STOP_REPLACE : SESSION_STOP);
	else if (change == CHANGE_CANCEL)
		session_stop(running->session, SESSION_CANCEL);
	else if (!news->mine) {
		session_stop(running->session, SESSION_ABANDON);
	} else if (change == CHANGE_END) {
		end(sessions, running, news->entry);
	} else {
		if (news->handed_over_boot_ms)
			session_lease(running->session, news->handed_over_boot_ms + RUNS_FENCE_MS);
		if (change == CHANGE_ARMED)
			tell_change(sessions, EVENT_CAPTURING, news->entry, running);
	}
	return true;
}

bool sessions_renew(struct sessions *sessions, int32_t partition, const struct runs_entry *entry, struct run *record)
{
	const struct running *running = find(sessions, record->capture_id);
	if (!running) { /* its hand-back did not count: renewed for ever, it would hold the target for ever */
		hand_back(sessions, partition, entry, NOT_NOW, "nothing runs for it");
		return false;
	}
	record->packets = running->progress.packets;
	record->bytes = running->progress.bytes;
	return true;
}
