/* Each reject keeps what its dead letter needs, key and place, and is gone once Kafka has it. */
#include "rejects.h"

#include <string.h>
#include <utlist.h>

#include "bus/dead_letter.h"
#include "bus/producer.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mailbox.h"
#include "core/metrics.h"

static const int64_t RETRY_MS = 5000;

static struct metric rejected_total = { .name = "capbus_upload_rejected_total", .type = METRIC_COUNTER,
					.help = "Records of chunks that could not be handled" };

struct reject {
	struct bus_record record; /* without its value and headers; its key is behind the struct */
	struct error why;
	uint64_t number;
	int64_t due_boot_ms;      /* INT64_MAX while it is under way */
	struct reject *prev, *next;
};

struct rejects {
	struct producer *producer;
	struct offsets *offsets;
	struct mailbox *receipts; /* sender: the reject's number; kind: enum receipt */
	struct reject *all;
	size_t count;
	uint64_t numbers;
};

enum receipt { ARRIVED, FAILED };

struct rejects *rejects_new(struct producer *producer, struct offsets *offsets)
{
	struct rejects *rejects = memory_new(sizeof *rejects);
	metrics_register(&rejected_total);
	rejects->producer = producer;
	rejects->offsets = offsets;
	rejects->receipts = mailbox_new(NULL);
	if (!rejects->receipts)
		abort(); /* at start: no file descriptor is left for anything */
	return rejects;
}

static void forget(struct rejects *rejects, struct reject *reject)
{
	DL_DELETE(rejects->all, reject);
	free(reject);
	rejects->count--;
}

void rejects_free(struct rejects *rejects)
{
	if (!rejects)
		return;
	while (rejects->all)
		forget(rejects, rejects->all);
	mailbox_free(rejects->receipts);
	free(rejects);
}

/* In the producer's thread. The token is the number itself: the reject belongs to the other thread. */
static void delivered(void *context, void *token, const struct producer_receipt *receipt)
{
	struct mailbox *receipts = context;
	mailbox_post(receipts, (uint64_t)(uintptr_t)token, receipt->ok ? ARRIVED : FAILED, NULL);
}

static void send(struct rejects *rejects, struct reject *reject)
{
	struct error error = { 0 };
	const struct dead_letter letter = {
		.stage = "upload",
		.reason = reject->why.word,
		.detail = reject->why.text,
		.with_value = false,
		.delivered = delivered,
		.context = rejects->receipts,
		.token = (void *)(uintptr_t)reject->number,
	};
	reject->due_boot_ms = INT64_MAX;
	if (dead_letter_send(rejects->producer, &reject->record, &letter, &error) == 0)
		return;
	log_warning(NULL, "a dead letter could not be sent and is tried again: %s", error.text);
	reject->due_boot_ms = clock_boot_ms() + RETRY_MS;
}

void rejects_add(struct rejects *rejects, const struct bus_record *record, const struct error *why)
{
	struct reject *reject = memory_new(sizeof *reject + record->key_size);
	metrics_add(&rejected_total, 1);
	log_warning(NULL, "chunks-%d/%lld goes to the dead letters: %s", (int)record->partition,
		    (long long)record->offset, why->text);
	reject->record = *record;
	reject->record.topic = "chunks";
	reject->record.headers_count = 0;
	reject->record.value = record->value ? (const uint8_t *)"" : NULL; /* there was one: the letter says so */
	reject->record.value_size = 0;
	if (record->key)
		reject->record.key = memcpy(reject + 1, record->key, record->key_size);
	reject->why = *why;
	reject->number = ++rejects->numbers;
	DL_APPEND(rejects->all, reject);
	rejects->count++;
	offsets_hold(rejects->offsets, record->partition, record->offset);
	send(rejects, reject);
}

int rejects_fd(const struct rejects *rejects)
{
	return mailbox_fd(rejects->receipts);
}

static void take(struct rejects *rejects, uint64_t number, enum receipt receipt, int64_t now_boot_ms)
{
	struct reject *reject;
	DL_FOREACH(rejects->all, reject) {
		if (reject->number != number)
			continue;
		if (receipt == FAILED) {
			reject->due_boot_ms = now_boot_ms + RETRY_MS;
			return;
		}
		offsets_release(rejects->offsets, reject->record.partition, reject->record.offset);
		forget(rejects, reject);
		return;
	}
}

void rejects_turn(struct rejects *rejects, int64_t now_boot_ms)
{
	struct mailbox_message message;
	struct reject *reject;
	while (mailbox_take(rejects->receipts, &message))
		take(rejects, message.sender, (enum receipt)message.kind, now_boot_ms);
	DL_FOREACH(rejects->all, reject)
		if (reject->due_boot_ms <= now_boot_ms)
			send(rejects, reject);
}

size_t rejects_count(const struct rejects *rejects)
{
	return rejects->count;
}
