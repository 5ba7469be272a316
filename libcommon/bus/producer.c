/* Hands records to librdkafka and their receipts to whoever sent them. Its one idea: every record that was taken has
 * a note of its own that travels with it as librdkafka's opaque and ends in exactly one receipt, so nobody waits for
 * ever and nothing is lost silently. */
#include "bus/producer.h"

#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "bus/handle.h"
#include "bus/query.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/metrics.h"

enum { POLL_MS = 1000, PURGE_MS = 100 };

struct producer {
	struct client *client;
	struct handle *handle;
	rd_kafka_queue_t *queue; /* the receipts' */
	pthread_t thread;
	_Atomic bool stops;
	pthread_mutex_t mutex;
	pthread_cond_t nothing_waits;
	size_t waiting; /* under mutex */
};

struct note {
	producer_delivered *delivered;
	void *context;
	void *token;
};

static struct metric sent_total = {
	.name = "capbus_producer_sent_total", .type = METRIC_COUNTER,
	.help = "Records that all in-sync brokers have" };
static struct metric lost_total = {
	.name = "capbus_producer_failed_total", .type = METRIC_COUNTER,
	.help = "Records that Kafka did not confirm" };
static struct metric refused_total = {
	.name = "capbus_producer_refused_total", .type = METRIC_COUNTER,
	.help = "Records that found the queue full" };

/* Now plus what is left until a deadline of another clock. */
static struct timespec monotonic(int64_t deadline_boot_ms)
{
	struct timespec at;
	clock_gettime(CLOCK_MONOTONIC, &at);
	int64_t left_ms = clock_poll_ms(deadline_boot_ms, INT32_MAX);
	at.tv_sec += left_ms / 1000;
	at.tv_nsec += left_ms % 1000 * 1000000;
	if (at.tv_nsec >= 1000000000) {
		at.tv_sec++;
		at.tv_nsec -= 1000000000;
	}
	return at;
}

static void init_condition(pthread_cond_t *condition)
{
	pthread_condattr_t attributes;
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(condition, &attributes);
	pthread_condattr_destroy(&attributes);
}

static void count_waiting(struct producer *producer, int by)
{
	pthread_mutex_lock(&producer->mutex);
	producer->waiting += by;
	if (producer->waiting == 0)
		pthread_cond_broadcast(&producer->nothing_waits);
	pthread_mutex_unlock(&producer->mutex);
}

static int describe(struct error *error, const char *topic, size_t size, rd_kafka_resp_err_t code, bool definitely)
{
	char what[CLIENT_TOPIC_SIZE + 64];
	if (code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION || code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
	    code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
		snprintf(what, sizeof what, "topic %s", topic);
	else
		snprintf(what, sizeof what, "a record of %zu bytes for %s", size, topic);
	return handle_error(error, code, definitely, what);
}

static void receipt_of(const rd_kafka_message_t *message, struct producer_receipt *receipt, struct error *error)
{
	receipt->ok = message->err == RD_KAFKA_RESP_ERR_NO_ERROR;
	if (receipt->ok) {
		receipt->partition = message->partition;
		receipt->offset = message->offset;
		receipt->timestamp_ms = rd_kafka_message_timestamp(message, NULL);
		return;
	}
	receipt->definitely_not = rd_kafka_message_status(message) == RD_KAFKA_MSG_STATUS_NOT_PERSISTED;
	describe(error, rd_kafka_topic_name(message->rkt), message->len, message->err, receipt->definitely_not);
	receipt->error = error;
}

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
	(void)rk;
	struct producer *producer = handle_context(opaque);
	struct note *note = message->_private;
	struct error error;
	struct producer_receipt receipt = { .partition = -1, .offset = -1, .timestamp_ms = -1 };
	receipt_of(message, &receipt, &error);
	metrics_add(receipt.ok ? &sent_total : &lost_total, 1);
	if (receipt.ok)
		handle_heard(producer->handle);
	if (note->delivered)
		note->delivered(note->context, note->token, &receipt);
	else if (!receipt.ok)
		log_warning(NULL, "%s", error.text);
	free(note);
	count_waiting(producer, -1);
}

static void *run(void *argument)
{
	struct producer *producer = argument;
	while (!atomic_load(&producer->stops))
		rd_kafka_poll(handle_rk(producer->handle), POLL_MS);
	return NULL;
}

static void prepare(struct rd_kafka_conf_s *conf)
{
	rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
}

struct producer *producer_new(struct client *client, struct error *error)
{
	metrics_register(&sent_total);
	metrics_register(&lost_total);
	metrics_register(&refused_total);
	struct producer *producer = memory_new(sizeof *producer);
	producer->client = client;
	pthread_mutex_init(&producer->mutex, NULL);
	init_condition(&producer->nothing_waits);
	producer->handle = handle_new(client, CLIENT_PRODUCER, NULL, 0, prepare, producer, error);
	if (producer->handle) {
		producer->queue = rd_kafka_queue_get_main(handle_rk(producer->handle));
		int failed = pthread_create(&producer->thread, NULL, run, producer);
		if (!failed)
			return producer;
		error_errno(error, WORD_system_failed, failed, "the producer's thread cannot be started");
		rd_kafka_queue_destroy(producer->queue);
	}
	handle_free(producer->handle);
	pthread_cond_destroy(&producer->nothing_waits);
	pthread_mutex_destroy(&producer->mutex);
	free(producer);
	return NULL;
}

void producer_free(struct producer *producer)
{
	if (!producer)
		return;
	rd_kafka_t *rk = handle_rk(producer->handle);
	atomic_store(&producer->stops, true);
	rd_kafka_queue_yield(producer->queue);
	pthread_join(producer->thread, NULL);
	rd_kafka_purge(rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
	while (producer_waiting(producer) > 0)
		rd_kafka_poll(rk, PURGE_MS);
	rd_kafka_queue_destroy(producer->queue); /* before the handle, whose end would wait for it */
	handle_free(producer->handle);
	pthread_cond_destroy(&producer->nothing_waits);
	pthread_mutex_destroy(&producer->mutex);
	free(producer);
}

/* What is asked here stays in librdkafka's cache, where the first record of a topic looks. */
int producer_learn(struct producer *producer, const char *const *topics, size_t count, int64_t deadline_boot_ms,
		   struct error *error)
{
	for (size_t i = 0; i < count; i++) {
		char topic[CLIENT_TOPIC_SIZE];
		int32_t partitions;
		if (query_partitions(producer->handle, client_topic(producer->client, topics[i], topic),
				     deadline_boot_ms, &partitions, error) < 0)
			return -1;
	}
	return 0;
}

static rd_kafka_headers_t *copy_headers(const struct producer_message *message)
{
	rd_kafka_headers_t *headers = rd_kafka_headers_new(message->headers_count);
	for (size_t i = 0; i < message->headers_count; i++)
		rd_kafka_header_add(headers, message->headers[i].name, -1, message->headers[i].value,
				    (ssize_t)message->headers[i].size);
	return headers;
}

/* A producer that cannot be made to send ever again says why, also to who only sends. */
static int send_error(struct producer *producer, const struct producer_message *message, rd_kafka_resp_err_t code,
		      struct error *error)
{
	if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL)
		metrics_add(&refused_total, 1);
	if (handle_failed(producer->handle, error))
		return -1;
	char topic[CLIENT_TOPIC_SIZE];
	client_topic(producer->client, message->topic, topic);
	return describe(error, topic, message->value_size, code, true);
}

int producer_send(struct producer *producer, const struct producer_message *message, struct error *error)
{
	char topic[CLIENT_TOPIC_SIZE];
	struct note *note = memory_new(sizeof *note);
	*note = (struct note){ message->delivered, message->context, message->token };
	rd_kafka_headers_t *headers = copy_headers(message);
	count_waiting(producer, 1);
	const rd_kafka_vu_t parts[] = {
		{ .vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = client_topic(producer->client, message->topic, topic) },
		{ .vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = message->partition },
		{ .vtype = RD_KAFKA_VTYPE_KEY, .u.mem = { (void *)(uintptr_t)message->key, message->key_size } },
		{ .vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = { (void *)(uintptr_t)message->value, message->value_size } },
		{ .vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers },
		{ .vtype = RD_KAFKA_VTYPE_MSGFLAGS,
		  .u.i = message->value_is_given ? RD_KAFKA_MSG_F_FREE : RD_KAFKA_MSG_F_COPY },
		{ .vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = note },
	};
	/* On failure the headers, like the value, are still ours. */
	rd_kafka_error_t *failed = rd_kafka_produceva(handle_rk(producer->handle), parts, sizeof parts / sizeof *parts);
	if (!failed)
		return 0;
	rd_kafka_resp_err_t code = rd_kafka_error_code(failed);
	rd_kafka_error_destroy(failed);
	rd_kafka_headers_destroy(headers);
	free(note);
	count_waiting(producer, -1);
	return send_error(producer, message, code, error);
}

/* Shared by who waits and the receipt; the later of the two frees it. */
struct waiter {
	pthread_mutex_t mutex;
	pthread_cond_t condition;
	bool is_done;
	bool is_left; /* nobody waits any more */
	struct producer_receipt receipt;
	struct error error;
};

static void free_waiter(struct waiter *waiter)
{
	pthread_cond_destroy(&waiter->condition);
	pthread_mutex_destroy(&waiter->mutex);
	free(waiter);
}

static void on_waited(void *context, void *token, const struct producer_receipt *receipt)
{
	(void)token;
	struct waiter *waiter = context;
	pthread_mutex_lock(&waiter->mutex);
	waiter->receipt = *receipt;
	waiter->receipt.error = NULL;
	if (receipt->error)
		waiter->error = *receipt->error;
	waiter->is_done = true;
	bool is_left = waiter->is_left;
	pthread_cond_signal(&waiter->condition);
	pthread_mutex_unlock(&waiter->mutex);
	if (is_left)
		free_waiter(waiter);
}

int producer_send_wait(struct producer *producer, const struct producer_message *message, int64_t deadline_boot_ms,
		       struct producer_receipt *ret_receipt, struct error *error)
{
	struct waiter *waiter = memory_new(sizeof *waiter);
	pthread_mutex_init(&waiter->mutex, NULL);
	init_condition(&waiter->condition);
	struct producer_message waited = *message;
	waited.delivered = on_waited;
	waited.context = waiter;
	waited.token = NULL;
	if (producer_send(producer, &waited, error) < 0) {
		free_waiter(waiter);
		return -1;
	}
	struct timespec until = monotonic(deadline_boot_ms);
	pthread_mutex_lock(&waiter->mutex);
	int over = 0;
	while (!waiter->is_done && !over)
		over = pthread_cond_timedwait(&waiter->condition, &waiter->mutex, &until);
	if (!waiter->is_done) {
		waiter->is_left = true; /* the receipt frees it */
		pthread_mutex_unlock(&waiter->mutex);
		return error_set(error, ERROR_UNKNOWN, WORD_kafka_away,
				 "Kafka did not confirm the record in time; it may still arrive");
	}
	pthread_mutex_unlock(&waiter->mutex);
	bool ok = waiter->receipt.ok;
	if (ok)
		*ret_receipt = waiter->receipt;
	else if (error)
		*error = waiter->error;
	free_waiter(waiter);
	return ok ? 0 : -1;
}

int producer_flush(struct producer *producer, int64_t deadline_boot_ms, struct error *error)
{
	struct timespec until = monotonic(deadline_boot_ms);
	pthread_mutex_lock(&producer->mutex);
	int over = 0;
	while (producer->waiting > 0 && !over)
		over = pthread_cond_timedwait(&producer->nothing_waits, &producer->mutex, &until);
	size_t waiting = producer->waiting;
	pthread_mutex_unlock(&producer->mutex);
	if (waiting == 0)
		return 0;
	return error_set(error, ERROR_AWAY, WORD_kafka_away, "Kafka did not confirm %zu records in time", waiting);
}

size_t producer_waiting(struct producer *producer)
{
	pthread_mutex_lock(&producer->mutex);
	size_t waiting = producer->waiting;
	pthread_mutex_unlock(&producer->mutex);
	return waiting;
}

struct client *producer_client(const struct producer *producer)
{
	return producer->client;
}

bool producer_failed(struct producer *producer, struct error *ret_error)
{
	return handle_failed(producer->handle, ret_error);
}
