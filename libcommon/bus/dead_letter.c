/* Sends a record to dead-letters: its own headers first, ours behind them, because the last of a name counts. */
#include "bus/dead_letter.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"

/* All together must stay below message.max.bytes: a dead letter that cannot be sent would stop a partition. */
enum { VALUE_MAX = 900000, KEY_MAX = 32768, HEADERS_SIZE_MAX = 32768, NUMBER_SIZE = 24 };

static const char *const own_names[] = { "capbus-topic", "capbus-partition", "capbus-offset", "capbus-timestamp",
					 "capbus-stage", "capbus-reason", "capbus-detail", "capbus-value" };
enum { OWN_HEADERS = sizeof own_names / sizeof own_names[0] };

/* As many as a reader looks at. */
struct letter {
	size_t count;
	struct bus_header headers[BUS_RECORD_HEADERS_MAX];
};

static void add(struct letter *letter, const char *name, const char *text)
{
	letter->headers[letter->count++] = (struct bus_header){ name, text, strlen(text) };
}

static const char *number(char to[static NUMBER_SIZE], int64_t value)
{
	snprintf(to, NUMBER_SIZE, "%" PRId64, value);
	return to;
}

static bool is_own(const char *name)
{
	for (size_t i = 0; i < OWN_HEADERS; i++)
		if (text_equal(name, own_names[i]))
			return true;
	return false;
}

/* What an earlier letter says of itself is left out, and what does not fit. */
static void add_original(struct letter *letter, const struct bus_record *record)
{
	size_t size = 0;
	for (size_t i = 0; i < record->headers_count; i++) {
		const struct bus_header *header = &record->headers[i];
		size += strlen(header->name) + header->size;
		if (size > HEADERS_SIZE_MAX || letter->count == BUS_RECORD_HEADERS_MAX - OWN_HEADERS)
			return;
		if (!is_own(header->name))
			letter->headers[letter->count++] = *header;
	}
}

int dead_letter_send(struct producer *producer, const struct bus_record *record, const struct dead_letter *dead,
		     struct error *error)
{
	struct letter letter = { 0 };
	char topic[CLIENT_TOPIC_SIZE], partition[NUMBER_SIZE], offset[NUMBER_SIZE], timestamp[NUMBER_SIZE];
	bool with_value = dead->with_value && record->value_size <= VALUE_MAX;
	add_original(&letter, record);
	add(&letter, "capbus-topic", client_topic(producer_client(producer), record->topic, topic));
	add(&letter, "capbus-partition", number(partition, record->partition));
	add(&letter, "capbus-offset", number(offset, record->offset));
	add(&letter, "capbus-timestamp", number(timestamp, record->timestamp_ms));
	add(&letter, "capbus-stage", dead->stage);
	add(&letter, "capbus-reason", error_word_name(dead->reason));
	add(&letter, "capbus-detail", dead->detail);
	if (record->value && !with_value)
		add(&letter, "capbus-value", "omitted");
	return producer_send(producer, &(struct producer_message){
		.topic = "dead-letters",
		.partition = PRODUCER_BY_KEY,
		.key = record->key_size <= KEY_MAX ? record->key : NULL,
		.key_size = record->key_size <= KEY_MAX ? record->key_size : 0,
		.value = with_value ? (void *)record->value : NULL,
		.value_size = with_value ? record->value_size : 0,
		.headers = letter.headers,
		.headers_count = letter.count,
		.delivered = dead->delivered,
		.context = dead->context,
		.token = dead->token,
	}, error);
}
