/* Follows results and writes to it. A record is under way from its writing until it was read back, or one that it
 * cannot win against was, or Kafka said that it failed. */
#include "results.h"

#include <string.h>
#include <uthash.h>

#include "bus/consumer.h"
#include "bus/producer.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mailbox.h"
#include "core/text.h"
#include "ledger/catalog.h"
#include "record/frame.h"

enum { QUEUE_KBYTES = 4096 };

static const int64_t RETRY_MS = 1000;

struct under_way {
	UT_hash_handle hh;
	char capture_id[RECORD_ID_SIZE];
	uint64_t number;       /* of the writing: what its receipt names */
	int64_t version;
	int64_t until_boot_ms; /* after a failure: the time that it waits; else INT64_MAX */
};

struct results {
	struct consumer *consumer;
	struct producer *producer;
	struct catalog *catalog;
	struct mailbox *failures; /* sender: the number of the writing */
	struct under_way *under_way;
	const char *writer;
	uint64_t numbers;
};

struct results *results_open(struct client *client, struct producer *producer, const char *writer,
			     int64_t deadline_boot_ms, struct error *error)
{
	const struct consumer_part part = { "results", CONSUMER_ALL_PARTITIONS, CONSUMER_FROM_BEGINNING, 0 };
	CLEANUP(results_closep) struct results *results = memory_new(sizeof *results);
	results->producer = producer;
	results->writer = writer;
	results->catalog = catalog_new();
	results->failures = mailbox_new(free);
	results->consumer = consumer_new_follower(client, &part, 1, QUEUE_KBYTES, NULL, deadline_boot_ms, error);
	if (!results->consumer)
		return NULL;
	struct results *made = results;
	results = NULL; /* now the caller's */
	return made;
}

static void forget(struct results *results, struct under_way *it)
{
	HASH_DEL(results->under_way, it);
	free(it);
}

void results_close(struct results *results)
{
	struct under_way *it, *next;
	if (!results)
		return;
	HASH_ITER(hh, results->under_way, it, next)
		forget(results, it);
	consumer_free(results->consumer);
	catalog_free(results->catalog);
	if (results->failures)
		mailbox_free(results->failures);
	free(results);
}

size_t results_fds(const struct results *results, int to[static 2])
{
	to[0] = consumer_fd(results->consumer);
	to[1] = mailbox_fd(results->failures);
	return 2;
}

static struct under_way *find(struct results *results, const char *capture_id)
{
	struct under_way *it;
	HASH_FIND_STR(results->under_way, capture_id, it);
	return it;
}

static void fold(struct results *results, const struct bus_record *record)
{
	struct error error = { 0 };
	struct result heard = { .version = -1 };
	bool counted;
	if (catalog_apply(results->catalog, record, &heard, &counted, &error) < 0) {
		log_warning(NULL, "results-%d/%lld cannot be read and is left out: %s", (int)record->partition,
			    (long long)record->offset, error.text);
		return;
	}
	struct under_way *it = heard.version < 0 ? NULL : find(results, heard.capture_id);
	if (it && heard.version >= it->version)
		forget(results, it);
}

static void take_failures(struct results *results)
{
	struct mailbox_message message;
	while (mailbox_take(results->failures, &message)) {
		struct under_way *it = find(results, message.payload);
		if (it && it->number == message.sender)
			it->until_boot_ms = clock_boot_ms() + RETRY_MS;
		free(message.payload);
	}
}

int results_turn(struct results *results, size_t maximum, struct error *error)
{
	struct bus_record record;
	int answer = 0;
	take_failures(results);
	for (size_t i = 0; i < maximum && (answer = consumer_take(results->consumer, &record, error)) == 1; i++)
		fold(results, &record);
	consumer_release(results->consumer);
	return answer;
}

bool results_are_read(const struct results *results)
{
	return consumer_at_end(results->consumer);
}

bool results_find(const struct results *results, const char *capture_id, struct result *ret_result)
{
	const struct catalog_entry *entry = catalog_find(results->catalog, capture_id);
	if (entry)
		catalog_read(entry, ret_result);
	return entry != NULL;
}

bool results_is_settled(const struct result *result)
{
	for (size_t i = 0; i < result->stores_count; i++)
		if (result->stores[i].state == STORE_WAITING || result->stores[i].state == STORE_STORING)
			return false;
	return true;
}

/* What its receipt needs; the results may know nothing of it any more by then. */
struct note {
	struct mailbox *failures;
	uint64_t number;
	char capture_id[RECORD_ID_SIZE];
};

/* In the producer's thread. */
static void delivered(void *context, void *token, const struct producer_receipt *receipt)
{
	struct note *note = token;
	(void)context;
	if (!receipt->ok) {
		log_warning(&(struct log_about){ .capture_id = note->capture_id },
			    "its result was not confirmed and is written again: %s", receipt->error->text);
		mailbox_post(note->failures, note->number, 0, memory_text(note->capture_id));
	}
	free(note);
}

static int produce(struct results *results, const struct result *result, uint64_t number, struct error *error)
{
	CLEANUP_FREE void *value = NULL;
	CLEANUP_FREE struct note *note = memory_new(sizeof *note);
	size_t value_size;
	if (frame_encode_new(&result_record, result, &value, &value_size, error) < 0)
		return -1;
	*note = (struct note){ .failures = results->failures, .number = number };
	TEXT_COPY(note->capture_id, result->capture_id);
	const struct producer_message message = {
		.topic = "results", .partition = PRODUCER_BY_KEY,
		.key = result->capture_id, .key_size = strlen(result->capture_id),
		.value = value, .value_size = value_size, .value_is_given = true,
		.delivered = delivered, .token = note,
	};
	if (producer_send(results->producer, &message, error) < 0)
		return -1;
	value = NULL; /* now the producer's */
	note = NULL;  /* now the receipt's */
	return 0;
}

void results_write(struct results *results, struct result *result)
{
	struct under_way *it = memory_new(sizeof *it);
	struct error error = { 0 };
	const struct catalog_entry *entry = catalog_find(results->catalog, result->capture_id);
	struct result known = { 0 };
	if (entry)
		catalog_read(entry, &known);
	result->version = known.version + 1;
	result->pinned = known.pinned;
	TEXT_COPY(result->writer, results->writer);
	TEXT_COPY(it->capture_id, result->capture_id);
	it->number = ++results->numbers;
	it->version = result->version;
	it->until_boot_ms = INT64_MAX;
	if (produce(results, result, it->number, &error) < 0) {
		const struct log_about about = { result->request_id, result->capture_id, result->target };
		log_warning(&about, "its result could not be written and is tried again: %s", error.text);
		it->until_boot_ms = clock_boot_ms() + RETRY_MS;
	}
	HASH_ADD_STR(results->under_way, capture_id, it);
}

bool results_is_under_way(struct results *results, const char *capture_id)
{
	struct under_way *it = find(results, capture_id);
	if (it && it->until_boot_ms <= clock_boot_ms()) {
		forget(results, it);
		it = NULL;
	}
	return it != NULL;
}
