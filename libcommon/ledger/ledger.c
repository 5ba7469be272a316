/* Follows every partition of runs and hands each record to its fold; writes proposals and waits for them to come back
 * through the log. What the producer says of a proposal matters only where it says that it will never come. */
#include "ledger/ledger.h"

#include <string.h>

#include "bus/client.h"
#include "bus/consumer.h"
#include "bus/producer.h"
#include "core/clock.h"
#include "core/mailbox.h"
#include "core/text.h"
#include "ledger/envelope.h"
#include "record/frame.h"

enum { QUEUE_KBYTES = 8192 };

/* A proposal that Kafka did not confirm. */
struct failure {
	int32_t partition;
	int64_t nonce;
	char capture_id[RECORD_ID_SIZE];
};

struct ledger {
	struct producer *producer;
	struct consumer *consumer;
	struct mailbox *failures; /* from the producer's thread */
	struct ledger_callbacks callbacks;
	const char *worker;
	const char *incarnation;
	int64_t last_nonce;
	int32_t partitions;
	bool restored;
	struct runs **runs;
};

struct ledger *ledger_open(struct client *client, struct producer *producer, const char *worker,
			   const char *incarnation, int32_t partitions, const struct ledger_callbacks *callbacks,
			   int64_t deadline_boot_ms, struct error *error)
{
	const struct consumer_part all = { "runs", CONSUMER_ALL_PARTITIONS, CONSUMER_FROM_BEGINNING, 0 };
	struct consumer *consumer =
		consumer_new_follower(client, &all, 1, QUEUE_KBYTES, NULL, deadline_boot_ms, error);
	if (!consumer)
		return NULL;
	struct ledger *ledger = memory_new(sizeof *ledger);
	ledger->producer = producer;
	ledger->consumer = consumer;
	ledger->failures = mailbox_new(free);
	ledger->callbacks = *callbacks;
	ledger->worker = worker;
	ledger->incarnation = incarnation;
	ledger->partitions = partitions;
	ledger->runs = memory_array((size_t)partitions, sizeof *ledger->runs);
	for (int32_t i = 0; i < partitions; i++)
		ledger->runs[i] = runs_new();
	return ledger;
}

void ledger_close(struct ledger *ledger)
{
	if (!ledger)
		return;
	consumer_free(ledger->consumer);
	mailbox_free(ledger->failures);
	for (int32_t i = 0; i < ledger->partitions; i++)
		runs_free(ledger->runs[i]);
	free(ledger->runs);
	free(ledger);
}

size_t ledger_fds(const struct ledger *ledger, int to[static 2])
{
	to[0] = consumer_fd(ledger->consumer);
	to[1] = mailbox_fd(ledger->failures);
	return 2;
}

bool ledger_is_restored(const struct ledger *ledger)
{
	return ledger->restored;
}

int32_t ledger_partitions(const struct ledger *ledger)
{
	return ledger->partitions;
}

struct runs *ledger_runs(struct ledger *ledger, int32_t partition)
{
	return ledger->runs[partition];
}

/* A body that cannot be read, or that contradicts its envelope, still counts by the envelope. */
static bool read_record(const struct bus_record *from, struct run *ret_run, struct error *error)
{
	struct run envelope;
	bool has_envelope = envelope_get(from, &envelope);
	if (frame_decode(&run_record, from->value, from->value_size, NULL, ret_run, error) == 0 &&
	    (!has_envelope || (text_equal(envelope.capture_id, ret_run->capture_id) &&
			       envelope.version == ret_run->version)))
		return true;
	*ret_run = envelope;
	return has_envelope;
}

static void fold(struct ledger *ledger, const struct bus_record *from)
{
	struct run record;
	struct error error = { 0 };
	if (from->partition >= ledger->partitions)
		return;
	if (!read_record(from, &record, &error)) {
		ledger->callbacks.unreadable(ledger->callbacks.context, from, &error);
		return;
	}
	struct ledger_news news = {
		.partition = from->partition,
		.record = &record,
		.restoring = !ledger->restored,
		.mine = text_equal(record.incarnation, ledger->incarnation),
	};
	news.verdict = runs_apply(ledger->runs[from->partition], &record, from->timestamp_ms, &news.entry);
	if (news.mine && news.entry->pending_nonce == record.nonce) {
		news.handed_over_boot_ms = news.entry->pending_boot_ms;
		news.entry->pending_nonce = 0;
	}
	if (news.verdict == RUNS_COUNTED && text_equal(record.incarnation, news.entry->incarnation))
		news.entry->heard_boot_ms = clock_boot_ms();
	ledger->callbacks.heard(ledger->callbacks.context, &news);
}

static void take_failures(struct ledger *ledger)
{
	struct mailbox_message message;
	while (mailbox_take(ledger->failures, &message)) {
		CLEANUP_FREE struct failure *failure = message.payload;
		struct runs_entry *entry = runs_find(ledger->runs[failure->partition], failure->capture_id);
		if (entry && entry->pending_nonce == failure->nonce)
			entry->pending_nonce = 0;
		ledger->callbacks.given_up(ledger->callbacks.context, failure->partition, failure->nonce);
	}
}

static void finish_restore(struct ledger *ledger)
{
	if (ledger->restored || !consumer_at_end(ledger->consumer))
		return;
	for (int32_t i = 0; i < ledger->partitions; i++)
		runs_expire_unfinished(ledger->runs[i]);
	ledger->restored = true;
}

int ledger_turn(struct ledger *ledger, size_t maximum, struct error *error)
{
	take_failures(ledger);
	struct bus_record record;
	int answer = 1;
	for (size_t i = 0; answer == 1 && i < maximum; i++) {
		answer = consumer_take(ledger->consumer, &record, error);
		if (answer == 1)
			fold(ledger, &record);
	}
	consumer_release(ledger->consumer);
	finish_restore(ledger);
	return answer;
}

/* In the producer's thread. */
static void delivered(void *context, void *token, const struct producer_receipt *receipt)
{
	struct ledger *ledger = context;
	struct failure *failure = token;
	if (receipt->ok)
		free(failure);
	else
		mailbox_post(ledger->failures, (uint64_t)failure->nonce, 0, failure);
}

int ledger_propose(struct ledger *ledger, int32_t partition, struct run *record, int64_t *ret_nonce,
		   struct error *error)
{
	TEXT_COPY(record->writer, ledger->worker);
	TEXT_COPY(record->incarnation, ledger->incarnation);
	record->nonce = ledger->last_nonce + 1;
	void *value;
	size_t value_size;
	if (frame_encode_new(&run_record, record, &value, &value_size, error) < 0)
		return error_context(error, "the record of %s", record->capture_id);
	struct envelope envelope;
	envelope_put(&envelope, record);
	struct failure *failure = memory_new(sizeof *failure);
	*failure = (struct failure){ .partition = partition, .nonce = record->nonce };
	TEXT_COPY(failure->capture_id, record->capture_id);
	const struct producer_message message = {
		.topic = "runs", .partition = partition,
		.key = record->capture_id, .key_size = strlen(record->capture_id),
		.value = value, .value_size = value_size, .value_is_given = true,
		.headers = envelope.headers, .headers_count = ENVELOPE_HEADERS,
		.delivered = delivered, .context = ledger, .token = failure,
	};
	if (producer_send(ledger->producer, &message, error) < 0) {
		free(value);
		free(failure);
		return -1;
	}
	ledger->last_nonce = record->nonce;
	struct runs_entry *entry = runs_find(ledger->runs[partition], record->capture_id);
	if (entry) {
		entry->pending_nonce = record->nonce;
		entry->pending_boot_ms = clock_boot_ms();
	}
	*ret_nonce = record->nonce;
	return 0;
}
