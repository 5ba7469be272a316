/* Reads requests, keeps them in order per partition, and lets the first of each through: judged, handed to Kafka, and
 * waited for until the log has it. Whatever fails on the way is judged again. */
#include "inbox.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <utlist.h>

#include "bus/consumer.h"
#include "bus/dead_letter.h"
#include "bus/producer.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mailbox.h"
#include "core/metrics.h"
#include "core/text.h"
#include "judge.h"
#include "record/frame.h"

/* A partition whose letters fill a lane waits: there may be many partitions, and a record may have a megabyte. */
enum { QUEUE_KBYTES = 1024, WAITING_MAX = 100, WAITING_FEW = 10, WAITING_BYTES = 1 << 20, RETRY_MS = 1000 };

static struct metric requests_total = {
	.name = "capbus_requests_total", .help = "requests taken from the inbox", .type = METRIC_COUNTER };

/* A request that waits in memory: a copy of its record. */
struct letter {
	struct bus_record record;
	size_t size;   /* of all of it */
	bool unfit;     /* what it was to become was refused for what it is: a dead letter then */
	bool too_large; /* so was the dead letter: without its value then */
	struct letter *prev, *next;
};

/* What the first letter of a partition waits for. */
enum under_way { NOTHING, PROPOSAL, MESSAGE };

struct lane {
	bool owned;
	struct letter *letters;
	size_t letters_count, letters_bytes;
	enum under_way under_way;
	int64_t nonce;          /* PROPOSAL */
	int64_t retry_boot_ms;  /* not before */
};

/* A forwarded request or a dead letter, on its way through the producer. */
struct parcel {
	int32_t partition;
	int64_t offset;
	bool ok;
	bool refused; /* with !ok: the same again is refused again */
};

struct inbox {
	struct inbox_parts parts;
	struct consumer *consumer;
	struct mailbox *parcels;
	bool left;
	int32_t partitions;
	struct lane *lanes;
	struct judge_ruling ruling; /* large */
};

static void *append(uint8_t **end, const void *data, size_t size)
{
	if (!data)
		return NULL;
	void *at = *end;
	memcpy(at, data, size);
	*end += size;
	return at;
}

/* One block: the letter, then all that its record points to. */
static struct letter *copy_letter(const struct bus_record *record)
{
	size_t size = sizeof(struct letter) + record->key_size + record->value_size;
	for (size_t i = 0; i < record->headers_count; i++)
		size += strlen(record->headers[i].name) + 1 + record->headers[i].size;
	struct letter *letter = memory_new(size);
	uint8_t *end = (uint8_t *)(letter + 1);
	letter->size = size;
	letter->record = *record;
	letter->record.topic = "requests";
	letter->record.key = append(&end, record->key, record->key_size);
	letter->record.value = append(&end, record->value, record->value_size);
	for (size_t i = 0; i < record->headers_count; i++) {
		const struct bus_header *header = &record->headers[i];
		letter->record.headers[i].name = append(&end, header->name, strlen(header->name) + 1);
		letter->record.headers[i].value = append(&end, header->value, header->size);
	}
	return letter;
}

static void drop_letters(struct lane *lane)
{
	struct letter *letter, *next;
	DL_FOREACH_SAFE(lane->letters, letter, next) {
		DL_DELETE(lane->letters, letter);
		free(letter);
	}
	lane->letters_count = lane->letters_bytes = 0;
	lane->under_way = NOTHING;
}

static void assigned(void *context, const char *topic, int32_t partition)
{
	struct inbox *inbox = context;
	(void)topic;
	if (partition >= inbox->partitions) {
		log_error(NULL, "requests has a partition %" PRId32 " that runs has not: it is left alone", partition);
		consumer_pause(inbox->consumer, "requests", partition);
		return;
	}
	inbox->lanes[partition].owned = true;
	inbox->parts.owned(inbox->parts.context, partition);
}

static void revoked(void *context, const char *topic, int32_t partition, bool lost)
{
	struct inbox *inbox = context;
	(void)topic;
	(void)lost;
	if (partition >= inbox->partitions)
		return;
	inbox->lanes[partition].owned = false;
	drop_letters(&inbox->lanes[partition]);
}

struct inbox *inbox_open(const struct inbox_parts *parts, struct error *error)
{
	metrics_register(&requests_total);
	struct inbox *inbox = memory_new(sizeof *inbox);
	inbox->parts = *parts;
	inbox->partitions = ledger_partitions(parts->ledger);
	inbox->lanes = memory_array((size_t)inbox->partitions, sizeof *inbox->lanes);
	inbox->parcels = mailbox_new(free);
	if (inbox->parcels)
		return inbox;
	error_errno(error, WORD_system_failed, errno, "eventfd");
	inbox_close(inbox);
	return NULL;
}

static int join(struct inbox *inbox, struct error *error)
{
	const struct consumer_callbacks callbacks = { inbox, assigned, revoked, NULL };
	const char *topics[] = { "requests" };
	inbox->consumer =
		consumer_new_group(inbox->parts.client, "capture", topics, 1, QUEUE_KBYTES, &callbacks, error);
	return inbox->consumer ? 0 : -1;
}

void inbox_leave(struct inbox *inbox)
{
	struct consumer *consumer = inbox->consumer;
	inbox->consumer = NULL;
	inbox->left = true;
	consumer_free(consumer);
	for (int32_t i = 0; i < inbox->partitions; i++) {
		inbox->lanes[i].owned = false;
		drop_letters(&inbox->lanes[i]);
	}
}

void inbox_close(struct inbox *inbox)
{
	if (!inbox)
		return;
	inbox_leave(inbox);
	mailbox_free(inbox->parcels);
	free(inbox->lanes);
	free(inbox);
}

size_t inbox_fds(const struct inbox *inbox, int to[static 2])
{
	size_t count = 0;
	to[count++] = mailbox_fd(inbox->parcels);
	if (inbox->consumer)
		to[count++] = consumer_fd(inbox->consumer);
	return count;
}

bool inbox_owns(const struct inbox *inbox, int32_t partition)
{
	return inbox->lanes[partition].owned;
}

bool inbox_is_shared_out(const struct inbox *inbox)
{
	return inbox->consumer && consumer_is_member(inbox->consumer);
}

/* The first letter's fate is durable: its offset passes. */
static void done(struct inbox *inbox, int32_t partition)
{
	struct lane *lane = &inbox->lanes[partition];
	struct letter *letter = lane->letters;
	consumer_store(inbox->consumer, "requests", partition, letter->record.offset + 1);
	DL_DELETE(lane->letters, letter);
	lane->letters_count--;
	lane->letters_bytes -= letter->size;
	lane->under_way = NOTHING;
	free(letter);
	if (lane->letters_count <= WAITING_FEW && lane->letters_bytes < WAITING_BYTES)
		consumer_resume(inbox->consumer, "requests", partition);
}

static void again_later(struct lane *lane)
{
	lane->under_way = NOTHING;
	lane->retry_boot_ms = clock_boot_ms() + RETRY_MS;
}

/* No record may stop a partition: what cannot be sent as what it was to become is a dead letter, and what cannot be
 * one whole is one without its value. */
static void refuse(struct lane *lane)
{
	struct letter *letter = lane->letters;
	if (letter->too_large) {
		again_later(lane);
		return;
	}
	letter->too_large = letter->unfit;
	letter->unfit = true;
	lane->under_way = NOTHING; /* the next way at once */
}

void inbox_heard(struct inbox *inbox, const struct ledger_news *news)
{
	struct lane *lane = &inbox->lanes[news->partition];
	if (!news->mine || lane->under_way != PROPOSAL || lane->nonce != news->record->nonce)
		return;
	if (news->verdict == RUNS_OUTDATED)
		lane->under_way = NOTHING; /* a stop that another change overtook: with the new version once more */
	else
		done(inbox, news->partition);
}

void inbox_given_up(struct inbox *inbox, int32_t partition, int64_t nonce)
{
	struct lane *lane = &inbox->lanes[partition];
	if (lane->under_way == PROPOSAL && lane->nonce == nonce)
		again_later(lane);
}

/* In the producer's thread. */
static void parcel_delivered(void *context, void *token, const struct producer_receipt *receipt)
{
	struct inbox *inbox = context;
	struct parcel *parcel = token;
	parcel->ok = receipt->ok;
	parcel->refused = !receipt->ok && receipt->error->kind == ERROR_INPUT;
	mailbox_post(inbox->parcels, (uint64_t)parcel->offset, parcel->partition, parcel);
}

static void take_parcels(struct inbox *inbox)
{
	struct mailbox_message message;
	while (mailbox_take(inbox->parcels, &message)) {
		CLEANUP_FREE struct parcel *parcel = message.payload;
		struct lane *lane = &inbox->lanes[parcel->partition];
		if (lane->under_way != MESSAGE || lane->letters->record.offset != parcel->offset)
			continue; /* the partition was another's meanwhile */
		if (parcel->ok)
			done(inbox, parcel->partition);
		else if (parcel->refused)
			refuse(lane);
		else
			again_later(lane);
	}
}

static struct parcel *parcel_for(const struct bus_record *record)
{
	struct parcel *parcel = memory_new(sizeof *parcel);
	*parcel = (struct parcel){ .partition = record->partition, .offset = record->offset };
	return parcel;
}

static int send_dead_letter(struct inbox *inbox, const struct letter *from, struct error *error)
{
	const struct bus_record *record = &from->record;
	const struct error *why = &inbox->ruling.error;
	struct parcel *parcel = parcel_for(record);
	const struct dead_letter letter = { .stage = "capture", .reason = why->word, .detail = why->text,
					    .with_value = !from->too_large, .delivered = parcel_delivered, .context = inbox,
					    .token = parcel };
	log_warning(NULL, "request at %s-%" PRId32 "/%" PRId64 " becomes a dead letter: %s", record->topic,
		    record->partition, record->offset, why->text);
	if (dead_letter_send(inbox->parts.producer, record, &letter, error) < 0) {
		free(parcel);
		return -1;
	}
	if (inbox->ruling.has_request)
		inbox->parts.refused(inbox->parts.context, &inbox->ruling.request, why);
	return 0;
}

static int send_forward(struct inbox *inbox, const struct bus_record *record, struct error *error)
{
	const struct judge_ruling *ruling = &inbox->ruling;
	char from[64];
	void *value;
	size_t value_size;
	if (frame_encode_new(&request_record, &ruling->request, &value, &value_size, error) < 0)
		return -1;
	TEXT_FORMAT(from, "%" PRId32 "-%" PRId64, record->partition, record->offset);
	const struct bus_header header = { JUDGE_FORWARDED_HEADER, from, strlen(from) };
	struct parcel *parcel = parcel_for(record);
	const struct producer_message message = {
		.topic = "requests", .partition = ruling->partition,
		.key = ruling->request.target, .key_size = strlen(ruling->request.target),
		.value = value, .value_size = value_size, .value_is_given = true,
		.headers = &header, .headers_count = 1,
		.delivered = parcel_delivered, .context = inbox, .token = parcel,
	};
	if (producer_send(inbox->parts.producer, &message, error) == 0)
		return 0;
	free(value);
	free(parcel);
	return -1;
}

/* A capture has one proposal of ours under way at a time: a second would hide when the first was handed over, and
 * that is what a lease counts from. */
static bool has_to_wait(const struct inbox *inbox, int32_t partition)
{
	struct runs *runs = ledger_runs(inbox->parts.ledger, partition);
	const struct runs_entry *entry = runs_find(runs, inbox->ruling.run.capture_id);
	return entry && entry->pending_nonce;
}

static void judge(struct inbox *inbox, int32_t partition)
{
	const struct letter *letter = inbox->lanes[partition].letters;
	const struct judge_case facts = { &letter->record, inbox->parts.targets, inbox->parts.limits,
					  ledger_runs(inbox->parts.ledger, partition), inbox->partitions };
	judge_record(&facts, &inbox->ruling);
	if (!letter->unfit || inbox->ruling.answer == JUDGE_DEAD_LETTER)
		return;
	inbox->ruling.answer = JUDGE_DEAD_LETTER;
	error_set(&inbox->ruling.error, ERROR_INPUT, WORD_record_invalid,
		  "it can be read, and what it was to become cannot be written");
}

/* Sends the lane's first letter on its way. -1: not now. */
static int send_on(struct inbox *inbox, int32_t partition, struct error *error)
{
	struct lane *lane = &inbox->lanes[partition];
	switch (inbox->ruling.answer) {
	case JUDGE_RUN:
		lane->under_way = PROPOSAL;
		return ledger_propose(inbox->parts.ledger, partition, &inbox->ruling.run, &lane->nonce, error);
	case JUDGE_FORWARD:
		lane->under_way = MESSAGE;
		return send_forward(inbox, &lane->letters->record, error);
	case JUDGE_DEAD_LETTER:
		lane->under_way = MESSAGE;
		return send_dead_letter(inbox, lane->letters, error);
	case JUDGE_SEEN:
		done(inbox, partition);
		return 0;
	case JUDGE_LATER:
	default:
		*error = inbox->ruling.error;
		return -1;
	}
}

/* Judges the lane's first letter and sends it on its way. False where nothing more can be done for this lane now. */
static bool advance(struct inbox *inbox, int32_t partition)
{
	struct lane *lane = &inbox->lanes[partition];
	const struct bus_record *record = &lane->letters->record;
	struct error error = { 0 };
	judge(inbox, partition);
	if (inbox->ruling.answer == JUDGE_RUN && has_to_wait(inbox, partition))
		return false;
	if (send_on(inbox, partition, &error) == 0)
		return lane->under_way == NOTHING;
	log_warning(NULL, "request at %s-%" PRId32 "/%" PRId64 " has to wait: %s", record->topic, record->partition,
		    record->offset, error.text);
	if (error.kind == ERROR_INPUT)
		refuse(lane);
	else
		again_later(lane);
	return lane->retry_boot_ms <= clock_boot_ms();
}

static int take_requests(struct inbox *inbox, struct error *error)
{
	struct bus_record record;
	int answer;
	while ((answer = consumer_take(inbox->consumer, &record, error)) == 1) {
		if (record.partition >= inbox->partitions || !inbox->lanes[record.partition].owned)
			continue;
		struct lane *lane = &inbox->lanes[record.partition];
		struct letter *letter = copy_letter(&record);
		DL_APPEND(lane->letters, letter);
		lane->letters_count++;
		lane->letters_bytes += letter->size;
		metrics_add(&requests_total, 1);
		if (lane->letters_count >= WAITING_MAX || lane->letters_bytes >= WAITING_BYTES)
			consumer_pause(inbox->consumer, "requests", record.partition);
	}
	consumer_release(inbox->consumer);
	return answer;
}

int inbox_turn(struct inbox *inbox, struct error *error)
{
	take_parcels(inbox);
	if (inbox->left)
		return 0;
	if (!inbox->consumer && join(inbox, error) < 0)
		return -1;
	int answer = take_requests(inbox, error);
	for (int32_t i = 0; i < inbox->partitions; i++) {
		struct lane *lane = &inbox->lanes[i];
		bool goes_on = true;
		while (goes_on && lane->letters && lane->under_way == NOTHING &&
		       lane->retry_boot_ms <= clock_boot_ms())
			goes_on = advance(inbox, i);
	}
	return answer;
}
