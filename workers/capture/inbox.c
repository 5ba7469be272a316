/* Reads requests, keeps them in order per partition, and lets the first of each through: judged, handed to Kafka, and
 * waited for until the log has it. Whatever fails on the way is judged again. */
#include "inbox.h"

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

enum { QUEUE_KBYTES = 1024, WAITING_MAX = 100, WAITING_FEW = 10, RETRY_MS = 1000 };

static struct metric requests_total = {
	.name = "capbus_requests_total", .help = "requests taken from the inbox", .type = METRIC_COUNTER };

/* A request that waits in memory: a copy of its record. */
struct letter {
	struct bus_record record;
	struct letter *prev, *next;
};

/* What the first letter of a partition waits for. */
enum under_way { NOTHING, PROPOSAL, MESSAGE };

struct lane {
	bool owned;
	struct letter *letters;
	size_t letters_count;
	enum under_way under_way;
	int64_t nonce;          /* PROPOSAL */
	int64_t retry_boot_ms;  /* not before */
};

/* A forwarded request or a dead letter, on its way through the producer. */
struct parcel {
	int32_t partition;
	int64_t offset;
	bool ok;
};

struct inbox {
	struct inbox_parts parts;
	struct consumer *consumer;
	struct mailbox *parcels;
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
	lane->letters_count = 0;
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
	const struct consumer_callbacks callbacks = { inbox, assigned, revoked, NULL };
	const char *topics[] = { "requests" };
	inbox->consumer = consumer_new_group(parts->client, "capture", topics, 1, QUEUE_KBYTES, &callbacks, error);
	if (inbox->consumer)
		return inbox;
	inbox_close(inbox);
	return NULL;
}

void inbox_leave(struct inbox *inbox)
{
	struct consumer *consumer = inbox->consumer;
	inbox->consumer = NULL;
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

size_t inbox_owned_count(const struct inbox *inbox)
{
	size_t count = 0;
	for (int32_t i = 0; i < inbox->partitions; i++)
		count += inbox->lanes[i].owned;
	return count;
}

/* The first letter's fate is durable: its offset passes. */
static void done(struct inbox *inbox, int32_t partition)
{
	struct lane *lane = &inbox->lanes[partition];
	struct letter *letter = lane->letters;
	consumer_store(inbox->consumer, "requests", partition, letter->record.offset + 1);
	DL_DELETE(lane->letters, letter);
	free(letter);
	lane->letters_count--;
	lane->under_way = NOTHING;
	if (lane->letters_count == WAITING_FEW)
		consumer_resume(inbox->consumer, "requests", partition);
}

static void again_later(struct lane *lane)
{
	lane->under_way = NOTHING;
	lane->retry_boot_ms = clock_boot_ms() + RETRY_MS;
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
		else
			again_later(lane);
	}
}

static struct parcel *parcel_for(const struct bus_record *record)
{
	struct parcel *parcel = memory_new(sizeof *parcel);
	*parcel = (struct parcel){ record->partition, record->offset, false };
	return parcel;
}

static int send_dead_letter(struct inbox *inbox, const struct bus_record *record, struct error *error)
{
	const struct error *why = &inbox->ruling.error;
	struct parcel *parcel = parcel_for(record);
	const struct dead_letter letter = { .stage = "capture", .reason = why->word, .detail = why->text,
					    .with_value = true, .delivered = parcel_delivered, .context = inbox,
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

/* Judges the lane's first letter and sends it on its way. */
static void advance(struct inbox *inbox, int32_t partition)
{
	struct lane *lane = &inbox->lanes[partition];
	const struct bus_record *record = &lane->letters->record;
	struct error error = { 0 };
	int result = 0;
	const struct judge_case facts = { record, inbox->parts.targets, inbox->parts.limits,
					  ledger_runs(inbox->parts.ledger, partition), inbox->partitions };
	judge_record(&facts, &inbox->ruling);
	switch (inbox->ruling.answer) {
	case JUDGE_RUN:
		result = ledger_propose(inbox->parts.ledger, partition, &inbox->ruling.run, &lane->nonce, &error);
		lane->under_way = PROPOSAL;
		break;
	case JUDGE_SEEN:
		done(inbox, partition);
		return;
	case JUDGE_FORWARD:
		result = send_forward(inbox, record, &error);
		lane->under_way = MESSAGE;
		break;
	case JUDGE_DEAD_LETTER:
		result = send_dead_letter(inbox, record, &error);
		lane->under_way = MESSAGE;
		break;
	case JUDGE_LATER:
		error = inbox->ruling.error;
		result = -1;
	}
	if (result < 0) {
		log_warning(NULL, "request at %s-%" PRId32 "/%" PRId64 " has to wait: %s", record->topic,
			    record->partition, record->offset, error.text);
		again_later(lane);
	}
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
		metrics_add(&requests_total, 1);
		if (++lane->letters_count == WAITING_MAX)
			consumer_pause(inbox->consumer, "requests", record.partition);
	}
	consumer_release(inbox->consumer);
	return answer;
}

int inbox_turn(struct inbox *inbox, bool may_judge, struct error *error)
{
	take_parcels(inbox);
	if (!inbox->consumer)
		return 0;
	int answer = take_requests(inbox, error);
	for (int32_t i = 0; may_judge && i < inbox->partitions; i++) {
		struct lane *lane = &inbox->lanes[i];
		while (lane->letters && lane->under_way == NOTHING && lane->retry_boot_ms <= clock_boot_ms())
			advance(inbox, i);
	}
	return answer;
}
