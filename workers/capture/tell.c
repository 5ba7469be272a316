/* Turns ledger entries into events. An event carries the run's version, so telling twice does no harm. */
#include "tell.h"

#include <string.h>

#include "bus/producer.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/text.h"
#include "ledger/runs_decide.h"
#include "record/frame.h"
#include "sender.h"

void tell_begin(const struct tell *tell, enum event_kind kind, const struct runs_entry *entry, struct event *ret_event)
{
	struct event *event = ret_event;
	const struct run *run = entry->run;
	record_init(&event_record, event);
	TEXT_COPY(event->request_id, run->request_id);
	TEXT_COPY(event->capture_id, entry->capture_id);
	TEXT_COPY(event->target, entry->target);
	event->version = entry->version;
	event->number = 0;
	event->kind = kind;
	event->at_ms = clock_wall_ms();
	TEXT_COPY(event->worker, run->runner[0] ? run->runner : tell->worker);
	event->state = entry->state;
	event->packets = run->packets;
	event->bytes = run->bytes;
	event->armed_at_ns = run->armed_at_ns;
	event->ports = run->request.ports;
	event->direction = run->request.direction;
	event->expires_at_ms = run->expires_at_ms;
}

void tell_send(const struct tell *tell, const struct event *event)
{
	struct error error = { 0 };
	const struct log_about about = { event->request_id, event->capture_id, event->target };
	void *value;
	size_t value_size;
	if (frame_encode_new(&event_record, event, &value, &value_size, &error) < 0) {
		log_error(&about, "the event could not be written: %s", error.text);
		return;
	}
	const struct producer_message message = {
		.topic = "events", .partition = PRODUCER_BY_KEY,
		.key = event->request_id, .key_size = strlen(event->request_id),
		.value = value, .value_size = value_size, .value_is_given = true,
	};
	if (producer_send(tell->producer, &message, &error) < 0) {
		free(value);
		log_warning(&about, "the requester was not told (%s): %s", names_event_kind[event->kind], error.text);
	}
}

void tell_queued(const struct tell *tell, const struct runs *runs, const struct runs_entry *entry)
{
	struct event event;
	tell_begin(tell, EVENT_QUEUED, entry, &event);
	event.has_request = true;
	event.request = entry->run->request;
	event.position = runs_position(runs, entry);
	const struct runs_entry *holder = runs_holder(runs, entry->target, &event.holder_until_ms);
	if (holder) {
		TEXT_COPY(event.holder, holder->capture_id);
		TEXT_COPY(event.holder_by, holder->run->request.requested_by);
		TEXT_COPY(event.holder_filter, holder->run->request.filter);
	}
	tell_send(tell, &event);
}

/* What no session of this process can say any more. */
static void send_verdict(const struct tell *tell, const struct runs_entry *entry)
{
	const struct run *run = entry->run;
	const struct inventory_target *target = inventory_find(tell->inventory, entry->target);
	struct chunk *chunk = memory_new(sizeof *chunk);
	struct error error = { 0 };
	bool lost = text_equal(run->reason, error_word_name(WORD_worker_lost));
	record_init(&chunk_record, chunk);
	chunk->begin.armed_at_ns = run->armed_at_ns;
	chunk->begin.request = run->request;
	chunk->begin.asked_at_ms = run->inbox_timestamp_ms;
	TEXT_COPY(chunk->begin.worker, tell->worker);
	TEXT_COPY(chunk->begin.target_kind, target ? target->public.kind : "");
	chunk->end.outcome = run->outcome;
	TEXT_COPY(chunk->end.reason, run->reason);
	TEXT_COPY(chunk->end.detail, run->detail);
	if (sender_send_verdict(tell->producer, entry->capture_id, lost ? SENDER_TAKEN_OVER : SENDER_NEVER_CAPTURED,
				&chunk->begin, &chunk->end, &error) < 0) {
		const struct log_about about = { run->request_id, entry->capture_id, entry->target };
		log_warning(&about, "its result could not be written: %s", error.text);
	}
	free(chunk);
}

void tell_ended(const struct tell *tell, const struct runs_entry *entry)
{
	struct event event;
	const struct run *run = entry->run;
	tell_begin(tell, EVENT_ENDED, entry, &event);
	event.outcome = run->outcome;
	TEXT_COPY(event.reason, run->reason);
	TEXT_COPY(event.detail, run->detail);
	event.has_request = true;
	event.request = run->request;
	tell_send(tell, &event);
	if (run->armed_at_ns == RECORD_UNSET || text_equal(run->reason, error_word_name(WORD_worker_lost)))
		send_verdict(tell, entry);
}

/* A stop of what had ended before changes nothing: what was told of it said more than the ledger can. */
static bool has_ended_it(const struct run *record)
{
	bool asks = record->change == CHANGE_STOP || record->change == CHANGE_CANCEL;
	return record->change == CHANGE_END || record->change == CHANGE_REJECTED ||
	       (asks && record->version == 1 && record->state == RUN_QUEUED);
}

void tell_counted(const struct tell *tell, const struct runs *runs, const struct runs_entry *entry,
		  const struct run *record)
{
	if (record->change == CHANGE_QUEUED)
		tell_queued(tell, runs, entry);
	else if (has_ended_it(record) && entry->run->has_request)
		tell_ended(tell, entry);
}

void tell_refused(const struct tell *tell, const struct request *request, const struct error *error)
{
	struct event event;
	if (!request->request_id[0])
		return; /* nobody could be following it */
	record_init(&event_record, &event);
	TEXT_COPY(event.request_id, request->request_id);
	TEXT_COPY(event.capture_id, request->capture_id);
	TEXT_COPY(event.target, request->target);
	event.version = 1;
	event.kind = EVENT_REFUSED;
	event.at_ms = clock_wall_ms();
	TEXT_COPY(event.worker, tell->worker);
	TEXT_COPY(event.reason, error_word_name(error->word));
	TEXT_COPY(event.detail, error->text);
	event.has_request = true;
	event.request = *request;
	tell_send(tell, &event);
}
