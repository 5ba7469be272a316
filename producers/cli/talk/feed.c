/* Reads the topics requests, events and results. Its one idea: whoever asks opens the feed first, at the end of
 * both topics, so that what becomes of his request can only come after it. */
#include "talk/feed.h"

#include <poll.h>
#include <string.h>

#include "bus/admin.h"
#include "bus/consumer.h"
#include "core/clock.h"
#include "core/signals.h"
#include "core/text.h"
#include "record/frame.h"

enum { FEED_QUEUE_KBYTES = 4096 };

struct feed {
	struct consumer *consumer;
	size_t unreadable;
	size_t taken;
	struct request request;
	struct event event;   /* too large for a stack frame, and only one is needed at a time */
	struct result result;
};

static struct feed *open_feed(const struct cli *cli, const struct consumer_part *parts, size_t count,
			      struct error *error)
{
	CLEANUP(feed_freep) struct feed *feed = memory_new(sizeof *feed);
	feed->consumer = consumer_new_follower(cli->client, parts, count, FEED_QUEUE_KBYTES, NULL, cli_deadline_ms(),
					       error);
	if (!feed->consumer)
		return NULL;
	struct feed *opened = feed;
	feed = NULL; /* now the caller's */
	return opened;
}

struct feed *feed_new_of_request(const struct cli *cli, const char *request_id, struct error *error)
{
	CLEANUP(admin_freep) struct admin *admin = admin_new(cli->client, error);
	int32_t partitions;
	if (!admin || admin_partitions(admin, "events", cli_deadline_ms(), &partitions, error) != 0)
		return NULL;
	struct consumer_part parts[] = {
		{ .topic = "events",
		  .partition = client_partition(request_id, strlen(request_id), partitions),
		  .from = CONSUMER_FROM_END },
		{ .topic = "results", .partition = CONSUMER_ALL_PARTITIONS, .from = CONSUMER_FROM_END },
	};
	return open_feed(cli, parts, sizeof parts / sizeof parts[0], error);
}

static struct consumer_part since(const char *topic, int64_t ms)
{
	return (struct consumer_part){
		.topic = topic,
		.partition = CONSUMER_ALL_PARTITIONS,
		.from = ms > 0 ? CONSUMER_FROM_TIME : CONSUMER_FROM_BEGINNING,
		.value = ms,
	};
}

struct feed *feed_new_since(const struct cli *cli, int64_t events_ms, int64_t results_ms, struct error *error)
{
	struct consumer_part parts[] = { since("requests", events_ms), since("events", events_ms),
					 since("results", results_ms) };
	return open_feed(cli, parts, sizeof parts / sizeof parts[0], error);
}

void feed_free(struct feed *feed)
{
	if (!feed)
		return;
	consumer_free(feed->consumer);
	free(feed);
}

int feed_fd(const struct feed *feed)
{
	return consumer_fd(feed->consumer);
}

static void tell_request(struct feed *feed, const struct bus_record *record, const struct feed_sink *sink)
{
	struct error error;
	struct request *request = &feed->request;
	if (frame_decode(&request_record, record->value, record->value_size, NULL, request, &error) != 0)
		feed->unreadable++;
	else if (sink->request && request->ask == ASK_CAPTURE && request->request_id[0])
		sink->request(sink->context, request);
}

static void tell_event(struct feed *feed, const struct bus_record *record, const struct feed_sink *sink)
{
	struct error error;
	if (frame_decode(&event_record, record->value, record->value_size, NULL, &feed->event, &error) != 0)
		feed->unreadable++;
	else if (sink->event)
		sink->event(sink->context, &feed->event);
}

static void tell_result(struct feed *feed, const struct bus_record *record, const struct feed_sink *sink)
{
	struct error error;
	char capture_id[RECORD_ID_SIZE];
	if (!record->value) {
		bool whole = record->key && text_copy_bytes(capture_id, sizeof capture_id, (const char *)record->key,
							     record->key_size);
		if (whole && sink->deleted)
			sink->deleted(sink->context, capture_id);
		return;
	}
	if (frame_decode(&result_record, record->value, record->value_size, NULL, &feed->result, &error) != 0)
		feed->unreadable++;
	else if (sink->result)
		sink->result(sink->context, &feed->result);
}

int feed_take(struct feed *feed, const struct feed_sink *sink, struct error *error)
{
	struct bus_record record;
	int taken;
	while ((taken = consumer_take(feed->consumer, &record, error)) == 1) {
		feed->taken++;
		if (text_equal(record.topic, "results"))
			tell_result(feed, &record, sink);
		else if (record.value && text_equal(record.topic, "requests"))
			tell_request(feed, &record, sink);
		else if (record.value)
			tell_event(feed, &record, sink);
	}
	consumer_release(feed->consumer);
	return taken;
}

int feed_read_to_end(struct feed *feed, const struct cli *cli, const struct feed_sink *sink, struct error *error)
{
	int64_t deadline_boot_ms = cli_deadline_ms();
	size_t taken = feed->taken;
	while (!consumer_at_end(feed->consumer)) {
		struct pollfd fds[] = { { .fd = feed_fd(feed), .events = POLLIN },
					{ .fd = cli->signals_fd, .events = POLLIN } };
		poll(fds, sizeof fds / sizeof fds[0], clock_poll_ms(deadline_boot_ms, 1000));
		if (cli->signals_fd >= 0 && signals_take(cli->signals_fd) != 0)
			return error_set(error, ERROR_STOPPED, WORD_stopped, "interrupted");
		if (feed_take(feed, sink, error) != 0)
			return -1;
		if (feed->taken != taken) {
			taken = feed->taken;
			deadline_boot_ms = cli_deadline_ms();
		} else if (clock_boot_ms() >= deadline_boot_ms) {
			return error_set(error, ERROR_AWAY, WORD_kafka_away,
					 "Kafka did not send the rest of events and results in time");
		}
	}
	return 0;
}

bool feed_is_away(const struct feed *feed)
{
	return consumer_is_away(feed->consumer);
}

size_t feed_unreadable(const struct feed *feed)
{
	return feed->unreadable;
}
