/* Reads a group's or chosen partitions. Its one idea: a table of what is ours now, kept by the rebalance callback and
 * asked before everything else, so that no record, pause or offset of a partition that is gone does anything. */
#include "bus/consumer.h"

#include <errno.h>
#include <librdkafka/rdkafka.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "bus/handle.h"
#include "bus/owned.h"
#include "bus/query.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/text.h"

enum { CLOSE_MS = 5000, CLOSE_POLL_MS = 100, REPEAT_MS = 10000 };

struct consumer {
	struct client *client;
	struct handle *handle;
	struct rd_kafka_s *rk;
	struct consumer_callbacks callbacks;
	bool is_group;
	bool is_member;              /* group: it was shared out since we joined */
	int fd;
	rd_kafka_queue_t *queue;
	rd_kafka_message_t *message; /* the record that was taken last */
	struct owned_table owned;
	size_t unread;               /* follower: partitions with !is_read */
	rd_kafka_resp_err_t said;    /* the error that was returned last */
	int64_t said_boot_ms;
};

static struct owned *find_short(struct consumer *consumer, const char *topic, int32_t partition)
{
	char full[CLIENT_TOPIC_SIZE];
	return owned_find(&consumer->owned, client_topic(consumer->client, topic, full), partition);
}

static struct owned *find_of(struct consumer *consumer, const rd_kafka_message_t *message)
{
	return owned_find(&consumer->owned, rd_kafka_topic_name(message->rkt), message->partition);
}

static void set_paused(struct consumer *consumer, struct owned *owned, bool paused)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
	rd_kafka_topic_partition_list_add(list, owned->topic, owned->partition);
	if (paused)
		rd_kafka_pause_partitions(consumer->rk, list);
	else
		rd_kafka_resume_partitions(consumer->rk, list);
	rd_kafka_topic_partition_list_destroy(list);
	owned->is_paused = paused;
}

static void log_failed(rd_kafka_error_t *failed, const char *what)
{
	if (!failed)
		return;
	log_warning(NULL, "consumer: %s: %s", what, rd_kafka_error_string(failed));
	rd_kafka_error_destroy(failed);
}

static void disown(struct consumer *consumer, struct owned *owned, bool lost)
{
	/* librdkafka 2.0.2 remembers a pause over the assignment: if the partition came back it would be silent. */
	if (owned->is_paused)
		set_paused(consumer, owned, false);
	struct owned gone = *owned;
	owned_remove(&consumer->owned, owned);
	if (consumer->callbacks.revoked)
		consumer->callbacks.revoked(consumer->callbacks.context,
					    client_short_topic(consumer->client, gone.topic), gone.partition, lost);
}

static void disown_all(struct consumer *consumer)
{
	while (consumer->owned.count > 0)
		disown(consumer, &consumer->owned.items[consumer->owned.count - 1], true);
}

static void unassign(struct consumer *consumer, const rd_kafka_topic_partition_list_t *list)
{
	bool lost = rd_kafka_assignment_lost(consumer->rk);
	consumer->is_member = consumer->is_member && !lost;
	for (int i = 0; i < list->cnt; i++) {
		struct owned *owned = owned_find(&consumer->owned, list->elems[i].topic, list->elems[i].partition);
		if (owned)
			disown(consumer, owned, lost);
	}
	log_failed(rd_kafka_incremental_unassign(consumer->rk, list), "unassign");
}

/* All are ours before anybody is told: who is told may pause any of them. */
static void assign(struct consumer *consumer, const rd_kafka_topic_partition_list_t *list)
{
	log_failed(rd_kafka_incremental_assign(consumer->rk, list), "assign");
	for (int i = 0; i < list->cnt; i++)
		owned_add(&consumer->owned, list->elems[i].topic, list->elems[i].partition);
	for (int i = 0; i < list->cnt && consumer->callbacks.assigned; i++)
		consumer->callbacks.assigned(consumer->callbacks.context,
					     client_short_topic(consumer->client, list->elems[i].topic),
					     list->elems[i].partition);
}

static void on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t *list,
			 void *opaque)
{
	struct consumer *consumer = handle_context(opaque);
	if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
		handle_heard(consumer->handle);
		consumer->is_member = true;
		assign(consumer, list);
	} else if (code == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS) {
		unassign(consumer, list);
	} else {
		log_warning(NULL, "consumer: rebalance failed: %s", rd_kafka_err2str(code));
		consumer->is_member = false;
		disown_all(consumer);
		rd_kafka_assign(rk, NULL);
	}
}

static void prepare_group(struct rd_kafka_conf_s *conf)
{
	rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
}

/* librdkafka writes to the fd when the queue was empty: so the fd is emptied before the queue is looked at last. */
static int open_fd(struct consumer *consumer, struct error *error)
{
	static const uint64_t one = 1;
	consumer->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (consumer->fd < 0)
		return error_errno(error, WORD_system_failed, errno, "eventfd");
	rd_kafka_poll_set_consumer(consumer->rk);
	consumer->queue = rd_kafka_queue_get_consumer(consumer->rk);
	rd_kafka_queue_io_event_enable(consumer->queue, consumer->fd, &one, sizeof one);
	return 0;
}

static struct consumer *new_consumer(struct client *client, bool is_group, const char *group, size_t queue_kbytes,
				     const struct consumer_callbacks *callbacks, struct error *error)
{
	char id[CLIENT_TOPIC_SIZE], kbytes[24];
	client_topic(client, group, id);
	snprintf(kbytes, sizeof kbytes, "%zu", queue_kbytes);
	const struct handle_setting settings[] = {
		{ "group.id", id }, /* librdkafka wants one also for a consumer that joins none */
		{ "queued.max.messages.kbytes", kbytes },
		{ "enable.auto.commit", is_group ? "true" : "false" },
		{ "enable.partition.eof", is_group ? "false" : "true" },
	};
	struct consumer *consumer = memory_new(sizeof *consumer);
	consumer->client = client;
	consumer->is_group = is_group;
	consumer->fd = -1;
	if (callbacks)
		consumer->callbacks = *callbacks;
	consumer->handle = handle_new(client, CLIENT_CONSUMER, settings, sizeof settings / sizeof settings[0],
				      is_group ? prepare_group : NULL, consumer, error);
	if (!consumer->handle) {
		free(consumer);
		return NULL;
	}
	consumer->rk = handle_rk(consumer->handle);
	return consumer;
}

struct consumer *consumer_new_group(struct client *client, const char *group, const char *const *topics, size_t count,
				    size_t queue_kbytes, const struct consumer_callbacks *callbacks,
				    struct error *error)
{
	CLEANUP(consumer_freep) struct consumer *consumer =
		new_consumer(client, true, group, queue_kbytes, callbacks, error);
	if (!consumer || open_fd(consumer, error) < 0)
		return NULL;
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
	char topic[CLIENT_TOPIC_SIZE];
	for (size_t i = 0; i < count; i++)
		rd_kafka_topic_partition_list_add(list, client_topic(client, topics[i], topic),
						  RD_KAFKA_PARTITION_UA);
	rd_kafka_resp_err_t code = rd_kafka_subscribe(consumer->rk, list);
	rd_kafka_topic_partition_list_destroy(list);
	if (code) {
		handle_error(error, code, true, "subscribe");
		return NULL;
	}
	struct consumer *made = consumer;
	consumer = NULL; /* now the caller's */
	return made;
}

/* Where to begin, as an offset that librdkafka need not look up later: END must mean the end as it is now. */
static int first_offset(struct consumer *consumer, const char *topic, int32_t partition,
			const struct consumer_part *part, int64_t deadline_boot_ms, int64_t *ret_offset,
			struct error *error)
{
	int64_t low, high;
	switch (part->from) {
	case CONSUMER_FROM_END:
		if (query_watermarks(consumer->handle, topic, partition, deadline_boot_ms, &low, &high, error) < 0)
			return -1;
		*ret_offset = high;
		return 0;
	case CONSUMER_FROM_TIME:
		return query_offset_for_time(consumer->handle, topic, partition, part->value, deadline_boot_ms,
					     ret_offset, error);
	case CONSUMER_FROM_OFFSET:
		*ret_offset = part->value;
		return 0;
	case CONSUMER_FROM_BEGINNING:
	default:
		*ret_offset = RD_KAFKA_OFFSET_BEGINNING;
		return 0;
	}
}

static int add_part(struct consumer *consumer, const struct consumer_part *part,
		    rd_kafka_topic_partition_list_t *list, int64_t deadline_boot_ms, struct error *error)
{
	char topic[CLIENT_TOPIC_SIZE];
	client_topic(consumer->client, part->topic, topic);
	int32_t partitions;
	if (query_partitions(consumer->handle, topic, deadline_boot_ms, &partitions, error) < 0)
		return -1;
	if (part->partition >= partitions)
		return error_set(error, ERROR_BROKEN, WORD_kafka_invalid, "topic %s has no partition %d: it has %d",
				 topic, (int)part->partition, (int)partitions);
	bool is_all = part->partition == CONSUMER_ALL_PARTITIONS;
	int32_t end = is_all ? partitions : part->partition + 1;
	for (int32_t partition = is_all ? 0 : part->partition; partition < end; partition++) {
		int64_t offset;
		if (first_offset(consumer, topic, partition, part, deadline_boot_ms, &offset, error) < 0)
			return -1;
		rd_kafka_topic_partition_list_add(list, topic, partition)->offset = offset;
		owned_add(&consumer->owned, topic, partition);
	}
	return 0;
}

struct consumer *consumer_new_follower(struct client *client, const struct consumer_part *parts, size_t count,
				       size_t queue_kbytes, const struct consumer_callbacks *callbacks,
				       int64_t deadline_boot_ms, struct error *error)
{
	CLEANUP(consumer_freep) struct consumer *consumer =
		new_consumer(client, false, "follower", queue_kbytes, callbacks, error);
	if (!consumer)
		return NULL;
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
	int result = 0;
	for (size_t i = 0; i < count && result == 0; i++)
		result = add_part(consumer, &parts[i], list, deadline_boot_ms, error);
	if (result == 0)
		result = open_fd(consumer, error);
	rd_kafka_resp_err_t code = result == 0 ? rd_kafka_assign(consumer->rk, list) : RD_KAFKA_RESP_ERR_NO_ERROR;
	if (code)
		result = handle_error(error, code, true, "assign");
	rd_kafka_topic_partition_list_destroy(list);
	if (result < 0)
		return NULL;
	consumer->unread = consumer->owned.count;
	struct consumer *made = consumer;
	consumer = NULL; /* now the caller's */
	return made;
}

/* Serves the queue's callbacks. What was fetched ahead comes that way too, and rd_kafka_queue_poll_callback aborts
 * the process where it meets a record, so it is taken as a record and dropped. */
static void serve_closing(rd_kafka_queue_t *queue)
{
	rd_kafka_message_t *message = rd_kafka_consume_queue(queue, CLOSE_POLL_MS);
	if (message)
		rd_kafka_message_destroy(message);
}

/* What is stored is committed, revoked runs, the group hears of it. With Kafka away it is not even tried: a commit
 * that has begun makes the instance's end wait for session.timeout.ms. Then the group notices by that timeout. */
static void leave_group(struct consumer *consumer)
{
	if (handle_is_away(consumer->handle))
		return;
	rd_kafka_queue_t *queue = rd_kafka_queue_new(consumer->rk);
	rd_kafka_error_t *failed = rd_kafka_consumer_close_queue(consumer->rk, queue);
	int64_t deadline_boot_ms = clock_boot_ms() + CLOSE_MS;
	while (!failed && !rd_kafka_consumer_closed(consumer->rk) && clock_boot_ms() < deadline_boot_ms)
		serve_closing(queue);
	log_failed(failed, "close");
	rd_kafka_queue_destroy(queue);
}

void consumer_free(struct consumer *consumer)
{
	if (!consumer)
		return;
	consumer_release(consumer);
	if (consumer->queue)
		rd_kafka_queue_io_event_enable(consumer->queue, -1, NULL, 0);
	if (consumer->is_group && consumer->queue) {
		leave_group(consumer);
		disown_all(consumer);
	}
	/* Everything of the instance goes before it: one list or queue left makes its end wait for ever. */
	if (consumer->queue)
		rd_kafka_queue_destroy(consumer->queue);
	handle_free(consumer->handle);
	if (consumer->fd >= 0)
		close(consumer->fd);
	owned_deinit(&consumer->owned);
	free(consumer);
}

int consumer_fd(const struct consumer *consumer)
{
	return consumer->fd;
}

static void mark_read(struct consumer *consumer, struct owned *owned)
{
	if (owned->is_read)
		return;
	owned->is_read = true;
	consumer->unread--;
}

/* A log under steady writing has no end to be told of: reaching the first end that was seen is enough. */
static void note_read(struct consumer *consumer, struct owned *owned, int64_t offset)
{
	int64_t low, high;
	if (consumer->is_group || owned->is_read)
		return;
	if (owned->end < 0 && rd_kafka_get_watermark_offsets(consumer->rk, owned->topic, owned->partition, &low,
							     &high) == RD_KAFKA_RESP_ERR_NO_ERROR)
		owned->end = high;
	if (owned->end >= 0 && offset + 1 >= owned->end)
		mark_read(consumer, owned);
}

static void note_end(struct consumer *consumer, const rd_kafka_message_t *message)
{
	struct owned *owned = find_of(consumer, message);
	if (!owned)
		return;
	handle_heard(consumer->handle);
	mark_read(consumer, owned);
	if (consumer->callbacks.ended)
		consumer->callbacks.ended(consumer->callbacks.context,
					  client_short_topic(consumer->client, owned->topic), owned->partition,
					  message->offset);
}

static int take_error(struct consumer *consumer, const rd_kafka_message_t *message, struct error *error)
{
	int64_t now_boot_ms = clock_boot_ms();
	if (message->err == consumer->said && now_boot_ms < consumer->said_boot_ms + REPEAT_MS)
		return 0;
	consumer->said = message->err;
	consumer->said_boot_ms = now_boot_ms;
	char what[CLIENT_TOPIC_SIZE + 16];
	snprintf(what, sizeof what, "%s%s", message->rkt ? "topic " : "",
		 message->rkt ? rd_kafka_topic_name(message->rkt) : "Kafka");
	struct error found;
	handle_error(&found, message->err, true, what);
	if (found.word == WORD_kafka_away) /* it names the broker and what happened */
		error_set(&found, ERROR_AWAY, WORD_kafka_away, "%s: %s", what, rd_kafka_message_errstr(message));
	if (found.word == WORD_kafka_invalid) /* somebody may make the topic while we ask again */
		found.kind = ERROR_AWAY;
	if (error)
		*error = found;
	return -1;
}

static void view_headers(const rd_kafka_message_t *message, struct bus_record *record)
{
	rd_kafka_headers_t *headers;
	if (rd_kafka_message_headers(message, &headers))
		return;
	while (record->headers_count < BUS_RECORD_HEADERS_MAX) {
		struct bus_header *header = &record->headers[record->headers_count];
		if (rd_kafka_header_get_all(headers, record->headers_count, &header->name, &header->value,
					    &header->size))
			return;
		record->headers_count++;
	}
}

static void view(const struct consumer *consumer, const rd_kafka_message_t *message, struct bus_record *record)
{
	rd_kafka_timestamp_type_t type;
	record->topic = client_short_topic(consumer->client, rd_kafka_topic_name(message->rkt));
	record->partition = message->partition;
	record->offset = message->offset;
	record->timestamp_ms = rd_kafka_message_timestamp(message, &type);
	record->timestamp_is_broker = type == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME;
	record->key = message->key;
	record->key_size = message->key_len;
	record->value = message->payload;
	record->value_size = message->len;
	record->headers_count = 0;
	view_headers(message, record);
}

static rd_kafka_message_t *next(struct consumer *consumer)
{
	rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer->rk, 0);
	if (message)
		return message;
	uint64_t count;
	if (read(consumer->fd, &count, sizeof count) < 0)
		return NULL; /* nothing was written since the last look: nothing came */
	return rd_kafka_consumer_poll(consumer->rk, 0);
}

int consumer_take(struct consumer *consumer, struct bus_record *ret_record, struct error *error)
{
	consumer_release(consumer);
	rd_kafka_message_t *message;
	while ((message = next(consumer))) {
		int result = 0;
		struct owned *owned;
		if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
			note_end(consumer, message);
		} else if (message->err) {
			result = take_error(consumer, message, error);
		} else if ((owned = find_of(consumer, message))) {
			handle_heard(consumer->handle);
			note_read(consumer, owned, message->offset);
			consumer->message = message; /* until release */
			view(consumer, message, ret_record);
			return 1;
		}
		rd_kafka_message_destroy(message);
		if (result < 0)
			return -1;
	}
	return 0;
}

void consumer_release(struct consumer *consumer)
{
	if (consumer->message)
		rd_kafka_message_destroy(consumer->message);
	consumer->message = NULL;
}

bool consumer_pause(struct consumer *consumer, const char *topic, int32_t partition)
{
	struct owned *owned = find_short(consumer, topic, partition);
	if (owned && !owned->is_paused)
		set_paused(consumer, owned, true);
	return owned != NULL;
}

bool consumer_resume(struct consumer *consumer, const char *topic, int32_t partition)
{
	struct owned *owned = find_short(consumer, topic, partition);
	if (owned && owned->is_paused)
		set_paused(consumer, owned, false);
	return owned != NULL;
}

bool consumer_store(struct consumer *consumer, const char *topic, int32_t partition, int64_t next_offset)
{
	struct owned *owned = consumer->is_group ? find_short(consumer, topic, partition) : NULL;
	if (!owned)
		return false;
	if (next_offset <= owned->stored)
		return true;
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
	rd_kafka_topic_partition_list_add(list, owned->topic, owned->partition)->offset = next_offset;
	rd_kafka_resp_err_t code = rd_kafka_offsets_store(consumer->rk, list);
	rd_kafka_topic_partition_list_destroy(list);
	if (!code)
		owned->stored = next_offset;
	return !code;
}

bool consumer_at_end(const struct consumer *consumer)
{
	return !consumer->is_group && consumer->unread == 0;
}

bool consumer_is_member(const struct consumer *consumer)
{
	return consumer->is_member;
}

bool consumer_has(struct consumer *consumer, const char *topic, int32_t partition)
{
	return find_short(consumer, topic, partition) != NULL;
}

bool consumer_is_away(const struct consumer *consumer)
{
	return handle_is_away(consumer->handle);
}
