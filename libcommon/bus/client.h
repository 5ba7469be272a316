/* What all connections of a process to Kafka share: the properties, the names of its topics, and whether Kafka can
 * be reached.
 *
 * The properties are librdkafka's (its CONFIGURATION.md), over our own defaults:
 *   both       reconnect.backoff.max.ms 1000, socket.nagle.disable, socket.keepalive.enable
 *   producers  linger.ms 0, compression.type none, queue.buffering.max.kbytes 131072, message.timeout.ms 300000
 *   consumers  session.timeout.ms 30000, heartbeat.interval.ms 1000, auto.commit.interval.ms 1000
 * and what our promises stand on, which is refused by name: acks=all, enable.idempotence, partitioner
 * (murmur2_random), enable.auto.commit (true), enable.auto.offset.store (false), partition.assignment.strategy
 * (cooperative-sticky), auto.offset.reset and others; client.c has the table. */
#ifndef BUS_CLIENT_H
#define BUS_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"
#include "core/memory.h"

#define CLIENT_TOPIC_SIZE 250 /* Kafka's longest topic name is 249 */

struct client;

struct client_property {
	const char *name;
	const char *value;
	const char *where; /* for sentences: "/etc/capbus/capbus.ini:12", "--set" */
};

/* Checks every property; connects nowhere. `sasl.password_file` and `ssl.key.password_file` are our own: the file's
 * first line is the password. Everything is copied. `topic_prefix` may be "". BROKEN, config_invalid, names the
 * property, where it stands and what is wrong with it. */
struct client *client_new(const struct client_property *properties, size_t count, const char *client_id,
			  const char *topic_prefix, struct error *error);
/* After every producer, consumer and admin that was made from it. */
void client_free(struct client *client);
MEMORY_DEFINE_FREEP(struct client, client_free)

const char *client_prefix(const struct client *client);

/* "requests" → "capbus.requests"; also a group's name. Returns `to`. */
const char *client_topic(const struct client *client, const char *name, char to[static CLIENT_TOPIC_SIZE]);

/* "capbus.requests" → "requests", within the same text; another name stays as it is. */
const char *client_short_topic(const struct client *client, const char *topic);

/* True while one of the client's producers or consumers reaches no broker, or a consumer is answered by none: for
 * /readyz. It follows the truth within some seconds (of a broker that hangs: 12), as long as who owns them keeps
 * reading. Any thread. */
bool client_is_away(const struct client *client);

/* The partition that Java's clients, and ours, put a key in: murmur2 of it without its sign bit, modulo `partitions`
 * (org.apache.kafka.common.utils.Utils.murmur2 and toPositive). */
int32_t client_partition(const void *key, size_t size, int32_t partitions);

/* For bus/handle alone: a new rd_kafka_conf_t of the caller's, and how many handles reach no broker. */
enum client_role { CLIENT_PRODUCER = 1, CLIENT_CONSUMER = 2, CLIENT_ADMIN = 4 };
struct rd_kafka_conf_s;
struct rd_kafka_conf_s *client_conf_new(const struct client *client, unsigned roles, struct error *error);
void client_add_away(struct client *client, int by);

#endif
