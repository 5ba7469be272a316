/* Judges what comes in: one request, one ruling. The order matters: first whether it can be read, then whether it is in
 * the right partition, then whether its capture is known, and only then whether it may run. So the same request is the
 * same capture wherever and however often it is delivered. */
#include "judge.h"

#include <inttypes.h>
#include <string.h>

#include "admission/admit.h"
#include "bus/client.h"
#include "core/clock.h"
#include "core/text.h"
#include "ledger/runs_decide.h"
#include "record/frame.h"

/* Where the record lies, in words that no other record of this topic has, also not when it is made anew. */
static void place_of(const struct bus_record *record, char *to, size_t size)
{
	text_format(to, size, "%s-%" PRId32 "-%" PRId64 "-%" PRId64, record->topic, record->partition, record->offset,
		    record->timestamp_ms);
}

/* A capture's id is REQUEST-TARGET, and the former has no '-'. */
static void take_request_id(const char *capture_id, char to[static RECORD_ID_SIZE])
{
	text_copy_bytes(to, RECORD_ID_SIZE, capture_id, strcspn(capture_id, "-"));
}

static void forward(const struct judge_case *facts, const char *capture_id, int32_t home,
		    struct judge_ruling *ruling)
{
	struct request *request = &ruling->request;
	if (bus_record_header(facts->record, JUDGE_FORWARDED_HEADER)) {
		ruling->answer = JUDGE_DEAD_LETTER;
		error_set(&ruling->error, ERROR_INPUT, WORD_kafka_invalid,
			  "found in partition %" PRId32 " although it was moved to partition %" PRId32 " of %s before; "
			  "two workers see different numbers of partitions",
			  facts->record->partition, home, request->target);
		return;
	}
	ruling->answer = JUDGE_FORWARD;
	ruling->partition = home;
	if (!request->request_id[0])
		take_request_id(capture_id, request->request_id);
	/* Its age counts from when it was asked first. */
	if (request->ask == ASK_CAPTURE)
		request->expires_at_ms =
			limits_expires_at_ms(facts->limits, request, facts->record->timestamp_ms);
}

static void begin_run(const struct judge_case *facts, const struct request *request, const char *capture_id,
		      struct run *run)
{
	const struct target *target = targets_find(facts->targets, request->target);
	record_init(&run_record, run);
	TEXT_COPY(run->capture_id, capture_id);
	TEXT_COPY(run->target, request->target);
	TEXT_COPY(run->request_id, request->request_id);
	TEXT_COPY(run->asked_by, request->requested_by);
	run->version = 1;
	run->parallel = target ? target->parallel : 1;
	run->inbox_offset = facts->record->offset;
	run->inbox_timestamp_ms = facts->record->timestamp_ms;
	run->has_request = true;
	run->request = *request;
}

static void reject(struct run *run, enum error_word reason, const char *detail)
{
	run->change = CHANGE_REJECTED;
	run->state = RUN_ENDED;
	run->outcome = OUTCOME_REJECTED;
	TEXT_COPY(run->reason, error_word_name(reason));
	TEXT_COPY(run->detail, detail);
}

static int64_t waiting_on(const struct runs *runs, const char *target)
{
	int64_t count = 0;
	struct runs_entry *entry = runs_first_open(runs);
	for (; entry; entry = runs_next_open(entry))
		count += entry->state == RUN_QUEUED && !entry->is_check && text_equal(entry->target, target);
	return count;
}

static void say_busy(const struct judge_case *facts, const char *target, char *to, size_t size)
{
	int64_t until_ms;
	char until[CLOCK_TEXT_SIZE], by[RECORD_WHO_SIZE + 8] = "";
	const struct runs_entry *holder = runs_holder(facts->runs, target, &until_ms);
	if (!holder || !holder->run) {
		text_format(to, size, "%s is busy: others are in line for it", target);
		return;
	}
	if (holder->run->request.requested_by[0])
		TEXT_FORMAT(by, " (%s)", holder->run->request.requested_by);
	if (until_ms == RECORD_UNSET)
		text_format(to, size, "%s is busy with %s%s, which is being set up", target, holder->capture_id, by);
	else
		text_format(to, size, "%s is busy with %s%s until %s at the latest", target, holder->capture_id, by,
			    clock_format(until, "%H:%M:%SZ", until_ms + 999));
}

/* The target's line: it may be full, or the request may not want to stand in one. */
static void stand_in_line(const struct judge_case *facts, struct run *run)
{
	const struct request *request = &run->request;
	int64_t waiting = waiting_on(facts->runs, request->target);
	bool busy = waiting + (int64_t)runs_holding(facts->runs, request->target) >= run->parallel;
	char detail[RECORD_DETAIL_SIZE];
	if (busy && request->if_busy == IF_BUSY_REJECT) {
		say_busy(facts, request->target, detail, sizeof detail);
		reject(run, WORD_busy, detail);
	} else if (busy && waiting >= facts->limits->queue_max_per_target) {
		TEXT_FORMAT(detail, "%" PRId64 " requests wait for %s already, as many as may (queue_max_per_target)",
			    waiting, request->target);
		reject(run, WORD_queue_full, detail);
	} else {
		run->change = CHANGE_QUEUED;
		run->state = RUN_QUEUED;
		run->first_in_line = request->if_busy == IF_BUSY_REPLACE;
		run->expires_at_ms = limits_expires_at_ms(facts->limits, request, run->inbox_timestamp_ms);
	}
}

static void judge_capture(const struct judge_case *facts, const char *capture_id, struct judge_ruling *ruling)
{
	struct request *request = &ruling->request;
	if (runs_find(facts->runs, capture_id)) {
		ruling->answer = JUDGE_SEEN;
		return;
	}
	if (!request->request_id[0])
		take_request_id(capture_id, request->request_id);
	if (!request->requested_via[0])
		TEXT_COPY(request->requested_via, "kafka");
	int admitted = admit_request(facts->targets, facts->limits, request, &ruling->error);
	if (admitted < 0 && ruling->error.kind == ERROR_AWAY) {
		ruling->answer = JUDGE_LATER;
		return;
	}
	ruling->answer = JUDGE_RUN;
	begin_run(facts, request, capture_id, &ruling->run);
	if (admitted < 0)
		reject(&ruling->run, ruling->error.word, ruling->error.text);
	else
		stand_in_line(facts, &ruling->run);
}

/* A stop or a cancel is a record even where its capture is not known yet: the capture's request will find it. */
static void judge_stop(const struct judge_case *facts, struct judge_ruling *ruling)
{
	const struct request *request = &ruling->request;
	bool cancel = request->ask == ASK_CANCEL;
	if (!request->capture_id[0]) {
		ruling->answer = JUDGE_DEAD_LETTER;
		error_set(&ruling->error, ERROR_INPUT, WORD_record_invalid,
			  "a %s names the capture it is for: capture_id is missing", names_ask[request->ask]);
		return;
	}
	const struct runs_entry *entry = runs_find(facts->runs, request->capture_id);
	if (entry && !text_equal(entry->target, request->target)) {
		ruling->answer = JUDGE_DEAD_LETTER;
		error_set(&ruling->error, ERROR_INPUT, WORD_record_invalid, "%s is a capture on %s, not on %s",
			  request->capture_id, entry->target, request->target);
		return;
	}
	ruling->answer = JUDGE_RUN;
	begin_run(facts, request, request->capture_id, &ruling->run);
	ruling->run.version = entry ? entry->version + 1 : 1;
	ruling->run.state = entry ? entry->state : RUN_QUEUED;
	if (!entry) { /* its request will find it ended */
		ruling->run.outcome = OUTCOME_CANCELLED;
		take_request_id(ruling->run.capture_id, ruling->run.request_id);
		TEXT_COPY(ruling->run.request.request_id, ruling->run.request_id);
	}
	ruling->run.change = cancel ? CHANGE_CANCEL : CHANGE_STOP;
	TEXT_COPY(ruling->run.reason, error_word_name(cancel ? WORD_cancelled : WORD_stopped));
}

static void judge_check(struct judge_ruling *ruling)
{
	ruling->answer = JUDGE_DEAD_LETTER;
	error_set(&ruling->error, ERROR_INPUT, WORD_record_invalid,
		  "ask=check is not answered by this release; ask is capture, stop or cancel");
}

void judge_record(const struct judge_case *facts, struct judge_ruling *ret_ruling)
{
	const struct bus_record *record = facts->record;
	struct request *request = &ret_ruling->request;
	char place[128], capture_id[RECORD_ID_SIZE];
	memset(ret_ruling, 0, sizeof *ret_ruling);
	if (frame_decode(&request_record, record->value, record->value_size, NULL, request, &ret_ruling->error) < 0) {
		ret_ruling->answer = JUDGE_DEAD_LETTER;
		return;
	}
	ret_ruling->has_request = true;
	place_of(record, place, sizeof place);
	request_capture_id(request, place, capture_id);
	int32_t home = client_partition(request->target, strlen(request->target), facts->partitions);
	if (home != record->partition) {
		forward(facts, capture_id, home, ret_ruling);
		if (ret_ruling->answer == JUDGE_DEAD_LETTER && request->ask == ASK_CAPTURE)
			TEXT_COPY(request->capture_id, capture_id); /* whoever is told of it knows it by that */
		return;
	}
	switch (request->ask) {
	case ASK_STOP:
	case ASK_CANCEL:
		judge_stop(facts, ret_ruling);
		return;
	case ASK_CHECK:
		judge_check(ret_ruling);
		return;
	case ASK_CAPTURE:
	case ASK_COUNT:
		judge_capture(facts, capture_id, ret_ruling);
	}
}
