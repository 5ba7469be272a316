/* Follows results and writes to it. A record is under way from its writing until it was read back, or one that it
 * cannot win against was, or Kafka said that it failed. */
#include "ledger/results_log.h"

#include <string.h>
#include <uthash.h>

#include "bus/consumer.h"
#include "bus/producer.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mailbox.h"
#include "core/text.h"
#include "record/frame.h"

/* A full queue is looked at again only after a second (librdkafka 2.0.2): a restore should not fill it. */
enum { QUEUE_KBYTES = 32768 };

static const int64_t RETRY_MS = 1000;

struct under_way {
	UT_hash_handle hh;
	char capture_id[RECORD_ID_SIZE];
	int64_t nonce;
	int64_t version;
	int64_t until_boot_ms; /* after a failure: the time that it waits; else INT64_MAX */
};

struct results_log {
	struct results_log_parts parts;
	struct consumer *consumer;
	struct results *results;
	struct mailbox *failures; /* sender: the nonce; payload: the capture's id */
	struct under_way *under_way;
	int64_t nonces;
	struct results_news news; /* large */
};

struct results_log *results_log_open(const struct results_log_parts *parts, int64_t deadline_boot_ms,
				     struct error *error)
{
	const struct consumer_part part = { "results", CONSUMER_ALL_PARTITIONS, CONSUMER_FROM_BEGINNING, 0 };
	CLEANUP(results_log_closep) struct results_log *log = memory_new(sizeof *log);
	log->parts = *parts;
	log->results = results_new();
	log->failures = mailbox_new(free);
	if (!log->failures)
		abort(); /* at start: no file descriptor is left for anything */
	log->consumer = consumer_new_follower(parts->client, &part, 1, QUEUE_KBYTES, NULL, deadline_boot_ms, error);
	if (!log->consumer)
		return NULL;
	struct results_log *made = log;
	log = NULL; /* now the caller's */
	return made;
}

static void forget(struct results_log *log, struct under_way *it)
{
	HASH_DEL(log->under_way, it);
	free(it);
}

void results_log_close(struct results_log *log)
{
	struct under_way *it, *next;
	if (!log)
		return;
	HASH_ITER(hh, log->under_way, it, next)
		forget(log, it);
	consumer_free(log->consumer);
	results_free(log->results);
	mailbox_free(log->failures);
	free(log);
}

size_t results_log_fds(const struct results_log *log, int to[static 2])
{
	to[0] = consumer_fd(log->consumer);
	to[1] = mailbox_fd(log->failures);
	return 2;
}

bool results_log_is_read(const struct results_log *log)
{
	return consumer_at_end(log->consumer);
}

const struct results *results_log_results(const struct results_log *log)
{
	return log->results;
}

static struct under_way *find(struct results_log *log, const char *capture_id)
{
	struct under_way *it;
	HASH_FIND_STR(log->under_way, capture_id, it);
	return it;
}

/* It was read back, whether it counted or not, or it can count no more. */
static void settle(struct results_log *log, const char *capture_id)
{
	const struct results_news *news = &log->news;
	struct under_way *it = find(log, capture_id);
	if (!it)
		return;
	bool is_mine = news->is_stamped && news->stamp.nonce == it->nonce &&
		       text_equal(news->stamp.incarnation, log->parts.incarnation);
	if (is_mine || results_version(log->results, capture_id) >= it->version)
		forget(log, it);
}

static void fold(struct results_log *log, const struct bus_record *record)
{
	struct error error = { 0 };
	int answer = results_apply(log->results, record, &log->news, &error);
	if (answer < 0)
		log_warning(NULL, "results-%d/%lld cannot be read and is left out: %s", (int)record->partition,
			    (long long)record->offset, error.text);
	if (answer < 0 && log->parts.unreadable)
		log->parts.unreadable(log->parts.context, record, &error);
	settle(log, log->news.capture_id);
	if (answer == 0 && log->parts.heard)
		log->parts.heard(log->parts.context, record, &log->news);
}

static void take_failures(struct results_log *log)
{
	struct mailbox_message message;
	while (mailbox_take(log->failures, &message)) {
		CLEANUP_FREE char *capture_id = message.payload;
		struct under_way *it = find(log, capture_id);
		if (it && it->nonce == (int64_t)message.sender)
			it->until_boot_ms = clock_boot_ms() + RETRY_MS;
	}
}

int results_log_turn(struct results_log *log, size_t maximum, struct error *error)
{
	struct bus_record record;
	int answer = 0;
	take_failures(log);
	for (size_t i = 0; i < maximum && (answer = consumer_take(log->consumer, &record, error)) == 1; i++)
		fold(log, &record);
	consumer_release(log->consumer);
	return answer;
}

/* ---- writing ---- */

/* What its receipt needs; the log may know nothing of it any more by then. */
struct note {
	struct mailbox *failures;
	int64_t nonce;
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
		mailbox_post(note->failures, (uint64_t)note->nonce, 0, memory_text(note->capture_id));
	}
	free(note);
}

/* `value` is NULL for a tombstone; the producer's from success on. */
static int produce(struct results_log *log, const struct under_way *it, const struct result *result, void *value,
		   size_t value_size, struct error *error)
{
	struct results_headers headers;
	CLEANUP_FREE struct note *note = memory_new(sizeof *note);
	*note = (struct note){ .failures = log->failures, .nonce = it->nonce };
	TEXT_COPY(note->capture_id, it->capture_id);
	results_stamp(&headers, result, log->parts.stage, log->parts.incarnation, it->nonce);
	const struct producer_message message = {
		.topic = "results", .partition = PRODUCER_BY_KEY,
		.key = it->capture_id, .key_size = strlen(it->capture_id),
		.value = value, .value_size = value_size, .value_is_given = value != NULL,
		.headers = headers.headers, .headers_count = RESULTS_HEADERS,
		.delivered = delivered, .token = note,
	};
	if (producer_send(log->parts.producer, &message, error) < 0)
		return -1;
	note = NULL; /* now the receipt's */
	return 0;
}

static struct under_way *begin(struct results_log *log, struct result *result)
{
	struct under_way *it = memory_new(sizeof *it);
	result->version = results_version(log->results, result->capture_id) + 1;
	TEXT_COPY(result->writer, log->parts.incarnation);
	TEXT_COPY(it->capture_id, result->capture_id);
	it->nonce = ++log->nonces;
	it->version = result->version;
	it->until_boot_ms = INT64_MAX;
	HASH_ADD_STR(log->under_way, capture_id, it);
	return it;
}

static void fail(struct under_way *it, const struct result *result, const struct error *error)
{
	const struct log_about about = { result->request_id, result->capture_id, result->target };
	log_warning(&about, "its result could not be written and is tried again: %s", error->text);
	it->until_boot_ms = clock_boot_ms() + RETRY_MS;
}

void results_log_write(struct results_log *log, struct result *result, bool keeps_pin)
{
	struct error error = { 0 };
	CLEANUP_FREE void *value = NULL;
	size_t value_size;
	CLEANUP_FREE struct result *known = memory_new(sizeof *known);
	if (keeps_pin && results_find(log->results, result->capture_id, known))
		result->pinned = known->pinned;
	struct under_way *it = begin(log, result);
	if (frame_encode_new(&result_record, result, &value, &value_size, &error) < 0 ||
	    produce(log, it, result, value, value_size, &error) < 0)
		fail(it, result, &error);
	else
		value = NULL; /* now the producer's */
}

void results_log_bury(struct results_log *log, const char *capture_id)
{
	struct error error = { 0 };
	struct result result;
	record_init(&result_record, &result);
	TEXT_COPY(result.capture_id, capture_id);
	results_find(log->results, capture_id, &result);
	struct under_way *it = begin(log, &result);
	if (produce(log, it, &result, NULL, 0, &error) < 0)
		fail(it, &result, &error);
}

bool results_log_is_under_way(struct results_log *log, const char *capture_id)
{
	struct under_way *it = find(log, capture_id);
	if (it && it->until_boot_ms <= clock_boot_ms()) {
		forget(log, it);
		it = NULL;
	}
	return it != NULL;
}
