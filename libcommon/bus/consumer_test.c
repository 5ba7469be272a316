/* Producer, consumers, admin and dead letters against librdkafka's own mock broker: small records only, it drops what
 * is above 5 MiB a partition. What a real broker does is tried by tests/integration. */
#include "bus/consumer.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "bus/admin.h"
#include "bus/dead_letter.h"
#include "bus/producer.h"
#include "core/clock.h"

enum { PARTITIONS = 4, RECORDS = 20, LIMIT_MS = 60000 };

static rd_kafka_t *host;
static rd_kafka_mock_cluster_t *cluster;
static struct client *client;
static struct producer *producer;

static int64_t limit(void)
{
	return clock_boot_ms() + LIMIT_MS;
}

static int start(void **state)
{
	(void)state;
	char reason[256];
	struct error error;
	host = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), reason, sizeof reason);
	cluster = rd_kafka_mock_cluster_new(host, 1);
	rd_kafka_mock_topic_create(cluster, "t.requests", PARTITIONS, 1);
	rd_kafka_mock_topic_create(cluster, "t.dead-letters", 1, 1);
	const struct client_property properties[] = {
		{ "bootstrap.servers", rd_kafka_mock_cluster_bootstraps(cluster), "test" },
		{ "fetch.wait.max.ms", "10", "test" }, /* the mock waits that long, also when records come */
	};
	client = client_new(properties, 2, "test", "t.", &error);
	producer = client ? producer_new(client, &error) : NULL;
	return producer ? 0 : -1;
}

static int stop(void **state)
{
	(void)state;
	producer_free(producer);
	client_free(client);
	rd_kafka_mock_cluster_destroy(cluster);
	rd_kafka_destroy(host);
	return 0;
}

static void send_text(const char *topic, int32_t partition, const char *key, const char *value,
		      struct producer_receipt *receipt)
{
	struct error error;
	const struct bus_header header = { "n", value, strlen(value) };
	const struct producer_message message = {
		.topic = topic, .partition = partition, .key = key, .key_size = strlen(key), .value = (void *)value,
		.value_size = strlen(value), .headers = &header, .headers_count = 1 };
	assert_int_equal(producer_send_wait(producer, &message, limit(), receipt, &error), 0);
}

static void fill(void)
{
	struct producer_receipt receipt;
	for (int i = 0; i < RECORDS; i++) {
		char key[16];
		snprintf(key, sizeof key, "slx%d", i);
		send_text("requests", PRODUCER_BY_KEY, key, "hello", &receipt);
		assert_true(receipt.ok);
		assert_int_equal(receipt.partition, client_partition(key, strlen(key), PARTITIONS));
	}
}

/* Waits for the next record; false at the limit. */
static bool take(struct consumer *consumer, struct bus_record *record)
{
	struct error error;
	int64_t deadline_boot_ms = limit();
	int got;
	while ((got = consumer_take(consumer, record, &error)) <= 0 && clock_boot_ms() < deadline_boot_ms) {
		struct pollfd fd = { .fd = consumer_fd(consumer), .events = POLLIN };
		poll(&fd, 1, 1000);
	}
	return got > 0;
}

static void test_a_follower_reads_to_the_end(void **state)
{
	(void)state;
	struct error error;
	struct bus_record record;
	fill();
	const struct consumer_part part = { "requests", CONSUMER_ALL_PARTITIONS, CONSUMER_FROM_BEGINNING, 0 };
	CLEANUP(consumer_freep) struct consumer *consumer =
		consumer_new_follower(client, &part, 1, 1024, NULL, limit(), &error);
	assert_non_null(consumer);
	int count = 0;
	for (; count < RECORDS; count++) {
		assert_true(take(consumer, &record));
		assert_string_equal(record.topic, "requests");
		assert_int_equal(record.partition, client_partition(record.key, record.key_size, PARTITIONS));
		assert_int_equal(record.value_size, 5);
		assert_memory_equal(record.value, "hello", 5);
		assert_int_equal(record.headers_count, 1);
		assert_int_equal(bus_record_header(&record, "n")->size, 5);
	}
	for (int64_t deadline_boot_ms = limit(); !consumer_at_end(consumer) && clock_boot_ms() < deadline_boot_ms;) {
		assert_int_equal(consumer_take(consumer, &record, &error), 0);
		struct pollfd fd = { .fd = consumer_fd(consumer), .events = POLLIN };
		poll(&fd, 1, 1000);
	}
	assert_true(consumer_at_end(consumer));
	assert_false(consumer_store(consumer, "requests", 0, 1));
	assert_false(consumer_is_away(consumer));
}

static void test_a_follower_from_the_end_misses_nothing_later(void **state)
{
	(void)state;
	struct error error;
	struct bus_record record;
	struct producer_receipt receipt;
	fill();
	const struct consumer_part part = { "requests", 2, CONSUMER_FROM_END, 0 };
	CLEANUP(consumer_freep) struct consumer *consumer =
		consumer_new_follower(client, &part, 1, 1024, NULL, limit(), &error);
	assert_non_null(consumer);
	send_text("requests", 2, "k", "later", &receipt);
	assert_true(take(consumer, &record));
	assert_int_equal(record.offset, receipt.offset);
	assert_memory_equal(record.value, "later", 5);
}

static void test_a_partition_that_is_not_there(void **state)
{
	(void)state;
	struct error error;
	const struct consumer_part part = { "requests", PARTITIONS, CONSUMER_FROM_BEGINNING, 0 };
	assert_null(consumer_new_follower(client, &part, 1, 1024, NULL, limit(), &error));
	assert_int_equal(error.kind, ERROR_BROKEN);
	assert_int_equal(error.word, WORD_kafka_invalid);
}

struct seen {
	struct consumer *consumer;
	int assigned;
	int revoked;
	int32_t hold; /* a partition to hold back, -1 for none */
};

static void on_assigned(void *context, const char *topic, int32_t partition)
{
	struct seen *seen = context;
	assert_string_equal(topic, "requests");
	seen->assigned++;
	if (partition == seen->hold)
		assert_true(consumer_pause(seen->consumer, topic, partition));
}

static void on_revoked(void *context, const char *topic, int32_t partition, bool lost)
{
	struct seen *seen = context;
	assert_false(consumer_store(seen->consumer, topic, partition, 1000));
	assert_false(lost);
	seen->revoked++;
}

/* What the group committed. A second member would tell too, but the mock lets it wait for 29 s. */
static int64_t committed(const char *group, int32_t partition)
{
	char reason[256];
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_conf_set(conf, "bootstrap.servers", rd_kafka_mock_cluster_bootstraps(cluster), reason,
			  sizeof reason);
	rd_kafka_conf_set(conf, "group.id", group, reason, sizeof reason);
	rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason, sizeof reason);
	assert_non_null(rk);
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
	rd_kafka_topic_partition_list_add(list, "t.requests", partition);
	assert_int_equal(rd_kafka_committed(rk, list, LIMIT_MS), RD_KAFKA_RESP_ERR_NO_ERROR);
	int64_t offset = list->elems[0].offset;
	rd_kafka_topic_partition_list_destroy(list);
	rd_kafka_destroy(rk);
	return offset;
}

/* A partition that was held back comes whole; what was stored is committed when the member leaves. */
static void test_a_group_stores_what_it_handled(void **state)
{
	(void)state;
	struct error error;
	struct bus_record record;
	int64_t offsets[PARTITIONS] = { 0 };
	fill();
	const char *topic = "requests";
	struct seen seen = { .hold = 2 };
	const struct consumer_callbacks callbacks = { &seen, on_assigned, on_revoked, NULL };
	seen.consumer = consumer_new_group(client, "group", &topic, 1, 1024, &callbacks, &error);
	assert_non_null(seen.consumer);
	assert_false(consumer_store(seen.consumer, "requests", 0, 1)); /* not ours yet */
	int held = 0;
	for (int i = 0; i < RECORDS; i++) {
		char key[16];
		snprintf(key, sizeof key, "slx%d", i);
		held += client_partition(key, strlen(key), PARTITIONS) == 2;
	}
	assert_true(held > 0);
	for (int i = 0; i < RECORDS; i++) {
		if (i == RECORDS - held)
			assert_true(consumer_resume(seen.consumer, "requests", 2));
		assert_true(take(seen.consumer, &record));
		assert_true((record.partition == 2) == (i >= RECORDS - held));
		assert_int_equal(record.offset, offsets[record.partition]++);
		assert_true(consumer_store(seen.consumer, "requests", record.partition, record.offset + 1));
	}
	assert_int_equal(seen.assigned, PARTITIONS);
	consumer_free(seen.consumer);
	assert_int_equal(seen.revoked, PARTITIONS);
	for (int32_t partition = 0; partition < PARTITIONS; partition++)
		assert_int_equal(committed("t.group", partition), offsets[partition]);
}

/* Records that were fetched ahead and not taken are dropped, and come again to who is next. */
static void test_a_group_is_left_while_records_wait(void **state)
{
	(void)state;
	struct error error;
	struct bus_record record;
	fill();
	const char *topic = "requests";
	struct seen seen = { .hold = -1 };
	const struct consumer_callbacks callbacks = { &seen, on_assigned, on_revoked, NULL };
	seen.consumer = consumer_new_group(client, "group", &topic, 1, 1024, &callbacks, &error);
	assert_non_null(seen.consumer);
	assert_false(consumer_is_member(seen.consumer));
	assert_true(take(seen.consumer, &record));
	assert_true(consumer_is_member(seen.consumer));
	int32_t partition = record.partition;
	assert_true(consumer_store(seen.consumer, "requests", partition, record.offset + 1));
	consumer_free(seen.consumer);
	assert_int_equal(seen.revoked, PARTITIONS);
	assert_int_equal(committed("t.group", partition), 1);
}

static _Atomic int answers;

static void on_answer(void *context, void *token, const struct producer_receipt *receipt)
{
	assert_ptr_equal(context, &answers);
	assert_ptr_equal(token, &producer);
	assert_true(receipt->ok != (receipt->error != NULL));
	if (receipt->ok || receipt->definitely_not)
		atomic_fetch_add(&answers, 1);
}

static void test_every_record_is_answered(void **state)
{
	(void)state;
	struct error error;
	atomic_store(&answers, 0);
	for (int i = 0; i < RECORDS; i++) {
		char *value = memory_text("given");
		const struct producer_message message = {
			.topic = "requests", .partition = 0, .value = value, .value_size = 5, .value_is_given = true,
			.delivered = on_answer, .context = &answers, .token = &producer };
		assert_int_equal(producer_send(producer, &message, &error), 0);
	}
	assert_int_equal(producer_flush(producer, limit(), &error), 0);
	assert_int_equal(atomic_load(&answers), RECORDS);
	assert_int_equal(producer_waiting(producer), 0);
}

static void test_what_is_too_large_stays_the_callers(void **state)
{
	(void)state;
	enum { SIZE = 1000001 };
	struct error error;
	char *value = memory_new(SIZE);
	const struct producer_message message = { .topic = "requests", .partition = 0, .value = value,
						  .value_size = SIZE, .value_is_given = true };
	assert_int_equal(producer_send(producer, &message, &error), -1);
	assert_int_equal(error.kind, ERROR_INPUT);
	free(value);
	assert_int_equal(producer_waiting(producer), 0);
}

/* With the broker gone nobody waits for ever: neither who waits, nor who frees. */
static void test_a_broker_that_is_away(void **state)
{
	(void)state;
	struct error error;
	struct producer_receipt receipt = { 0 };
	const struct producer_message message = {
		.topic = "requests", .partition = 0, .value = (void *)"x", .value_size = 1,
		.delivered = on_answer, .context = &answers, .token = &producer };
	atomic_store(&answers, 0);
	assert_int_equal(producer_send_wait(producer, &message, limit(), &receipt, &error), 0);
	rd_kafka_mock_broker_set_down(cluster, 1);
	assert_int_equal(producer_send_wait(producer, &message, clock_boot_ms() + 100, &receipt, &error), -1);
	assert_int_equal(error.kind, ERROR_UNKNOWN);
	assert_int_equal(producer_send(producer, &message, &error), 0);
	assert_int_equal(producer_flush(producer, clock_boot_ms() + 100, &error), -1);
	assert_int_equal(error.kind, ERROR_AWAY);
	CLEANUP(admin_freep) struct admin *admin = admin_new(client, &error);
	int64_t deadline_boot_ms = limit();
	do {
		assert_int_equal(admin_wait(admin, clock_boot_ms() + 100, &error), -1);
		assert_int_equal(error.kind, ERROR_AWAY);
	} while (!client_is_away(client) && clock_boot_ms() < deadline_boot_ms);
	assert_true(client_is_away(client));
	producer_free(producer);
	producer = NULL;
	assert_int_equal(atomic_load(&answers), 1);
}

static void take_until_away(struct consumer *consumer, bool away)
{
	struct error error;
	struct bus_record record;
	int64_t deadline_boot_ms = limit();
	while (consumer_is_away(consumer) != away && clock_boot_ms() < deadline_boot_ms) {
		struct pollfd fd = { .fd = consumer_fd(consumer), .events = POLLIN };
		consumer_take(consumer, &record, &error);
		poll(&fd, 1, 1000);
	}
	assert_true(consumer_is_away(consumer) == away);
}

/* It keeps its connections and says nothing: librdkafka holds it for up until a request is a minute old. */
static void test_a_broker_that_hangs_is_away(void **state)
{
	(void)state;
	struct error error;
	const struct consumer_part part = { "requests", CONSUMER_ALL_PARTITIONS, CONSUMER_FROM_BEGINNING, 0 };
	CLEANUP(consumer_freep) struct consumer *consumer =
		consumer_new_follower(client, &part, 1, 1024, NULL, limit(), &error);
	assert_non_null(consumer);
	take_until_away(consumer, false);
	rd_kafka_mock_broker_set_rtt(cluster, 1, 2 * LIMIT_MS);
	take_until_away(consumer, true);
	rd_kafka_mock_broker_set_rtt(cluster, 1, 0);
	take_until_away(consumer, false);
}

static void test_admin(void **state)
{
	(void)state;
	struct error error;
	int32_t partitions;
	int64_t low, high;
	fill();
	CLEANUP(admin_freep) struct admin *admin = admin_new(client, &error);
	assert_int_equal(admin_wait(admin, limit(), &error), 0);
	assert_int_equal(admin_partitions(admin, "requests", limit(), &partitions, &error), 0);
	assert_int_equal(partitions, PARTITIONS);
	int64_t sum = 0;
	for (int32_t i = 0; i < PARTITIONS; i++) {
		assert_int_equal(admin_watermarks(admin, "requests", i, limit(), &low, &high, &error), 0);
		assert_int_equal(low, 0);
		sum += high;
	}
	assert_int_equal(sum, RECORDS);
}

static void test_dead_letters(void **state)
{
	(void)state;
	struct error error;
	struct bus_record record = {
		.topic = "chunks", .partition = 3, .offset = 77, .timestamp_ms = 123, .key = (const uint8_t *)"key",
		.key_size = 3, .value = (const uint8_t *)"packets", .value_size = 7, .headers_count = 2,
		.headers = { { "own", "kept", 4 }, { "capbus-offset", "1", 1 } } };
	struct dead_letter letter = { .stage = "upload", .reason = WORD_record_invalid, .detail = "it is cut off" };
	assert_int_equal(dead_letter_send(producer, &record, &letter, &error), 0);
	letter.with_value = true;
	assert_int_equal(dead_letter_send(producer, &record, &letter, &error), 0);
	const struct consumer_part part = { "dead-letters", 0, CONSUMER_FROM_BEGINNING, 0 };
	CLEANUP(consumer_freep) struct consumer *consumer =
		consumer_new_follower(client, &part, 1, 1024, NULL, limit(), &error);
	assert_non_null(consumer);
	static const char *const expected[][2] = {
		{ "own", "kept" }, { "capbus-topic", "t.chunks" }, { "capbus-partition", "3" },
		{ "capbus-offset", "77" }, { "capbus-timestamp", "123" }, { "capbus-stage", "upload" },
		{ "capbus-reason", "record_invalid" }, { "capbus-detail", "it is cut off" },
		{ "capbus-value", "omitted" } };
	struct bus_record got;
	char text[64];
	assert_true(take(consumer, &got));
	assert_null(got.value);
	assert_memory_equal(got.key, "key", 3);
	assert_int_equal(got.headers_count, 9);
	for (size_t i = 0; i < 9; i++) {
		assert_true(bus_record_header_text(&got, expected[i][0], text, sizeof text));
		assert_string_equal(text, expected[i][1]);
	}
	assert_true(take(consumer, &got));
	assert_int_equal(got.value_size, 7);
	assert_null(bus_record_header(&got, "capbus-value"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_follower_reads_to_the_end, start, stop),
		cmocka_unit_test_setup_teardown(test_a_follower_from_the_end_misses_nothing_later, start, stop),
		cmocka_unit_test_setup_teardown(test_a_partition_that_is_not_there, start, stop),
		cmocka_unit_test_setup_teardown(test_a_group_stores_what_it_handled, start, stop),
		cmocka_unit_test_setup_teardown(test_a_group_is_left_while_records_wait, start, stop),
		cmocka_unit_test_setup_teardown(test_every_record_is_answered, start, stop),
		cmocka_unit_test_setup_teardown(test_what_is_too_large_stays_the_callers, start, stop),
		cmocka_unit_test_setup_teardown(test_a_broker_that_is_away, start, stop),
		cmocka_unit_test_setup_teardown(test_a_broker_that_hangs_is_away, start, stop),
		cmocka_unit_test_setup_teardown(test_admin, start, stop),
		cmocka_unit_test_setup_teardown(test_dead_letters, start, stop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
