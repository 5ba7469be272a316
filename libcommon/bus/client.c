/* Checks the properties and puts the layers together for each handle: our defaults, the user's, then what our
 * promises stand on. Its one idea: every property that we care about is a row of one table, with the reason why, and
 * librdkafka judges all others. */
#include "bus/client.h"

#include <librdkafka/rdkafka.h>
#include <stdatomic.h>
#include <string.h>

#include "core/secret.h"
#include "core/text.h"

enum rule_kind {
	RULE_DEFAULT, /* ours, where the user has none */
	RULE_FORCED,  /* ours always; a user's is refused */
	RULE_REFUSED, /* not set by us here, and by nobody else */
	RULE_MINIMUM, /* our default and the least that is taken */
	RULE_MAXIMUM, /* our default and the most that is taken */
};

enum { PRODUCER = CLIENT_PRODUCER, CONSUMER = CLIENT_CONSUMER, READERS = CLIENT_CONSUMER | CLIENT_ADMIN,
       ALL = CLIENT_PRODUCER | CLIENT_CONSUMER | CLIENT_ADMIN };

struct rule {
	const char *name;
	enum rule_kind kind;
	unsigned roles; /* that it is set for */
	const char *value;
	const char *reason; /* "acks is not to be set: REASON" */
};

#define DURABLE "what is told as written must be on every in-sync broker, once"
#define BACKGROUND "offsets are stored when a record is handled, and committed in the background"
#define NAMED "group ids are topic_prefix and the stage's name"

static const struct rule rules[] = {
	{ "acks", RULE_FORCED, PRODUCER, "all", DURABLE },
	{ "request.required.acks", RULE_REFUSED, 0, NULL, DURABLE },
	{ "enable.idempotence", RULE_FORCED, PRODUCER, "true", DURABLE },
	{ "enable.gapless.guarantee", RULE_REFUSED, 0, NULL, "one lost record would end the producer" },
	{ "transactional.id", RULE_REFUSED, 0, NULL, "capbus has no transactions" },
	{ "delivery.report.only.error", RULE_REFUSED, 0, NULL, DURABLE },
	{ "partitioner", RULE_FORCED, PRODUCER, "murmur2_random",
	  "a target's partition must be the one that Java's clients would choose" },
	{ "message.max.bytes", RULE_MINIMUM, ALL, "1000000", "a chunk of packets has up to 950,000 bytes" },
	{ "linger.ms", RULE_DEFAULT, PRODUCER, "0", NULL },
	{ "compression.type", RULE_DEFAULT, PRODUCER, "none", NULL },
	{ "queue.buffering.max.kbytes", RULE_DEFAULT, PRODUCER, "131072", NULL },
	{ "message.timeout.ms", RULE_DEFAULT, PRODUCER, "300000", NULL },

	{ "group.id", RULE_REFUSED, 0, NULL, NAMED },
	{ "group.instance.id", RULE_REFUSED, 0, NULL, "a static member does not leave the group when it ends" },
	{ "group.protocol", RULE_REFUSED, 0, NULL, "the assignment strategy is capbus' own" },
	{ "partition.assignment.strategy", RULE_FORCED, CONSUMER, "cooperative-sticky",
	  "a rebalance must not stop the partitions that stay where they are" },
	{ "enable.auto.commit", RULE_FORCED, CONSUMER, "true", BACKGROUND },
	{ "auto.commit.enable", RULE_REFUSED, 0, NULL, BACKGROUND },
	{ "enable.auto.offset.store", RULE_FORCED, CONSUMER, "false", BACKGROUND },
	{ "offset.store.method", RULE_REFUSED, 0, NULL, BACKGROUND },
	{ "auto.commit.interval.ms", RULE_DEFAULT, CONSUMER, "1000", NULL },
	{ "auto.offset.reset", RULE_FORCED, CONSUMER, "earliest", "a record must not be jumped over" },
	{ "enable.partition.eof", RULE_REFUSED, 0, NULL, "capbus sets it where it needs it" },
	{ "allow.auto.create.topics", RULE_FORCED, READERS, "false", "`capbus topics --create` makes the topics" },
	{ "session.timeout.ms", RULE_MINIMUM, CONSUMER, "30000",
	  "a shorter absence of a broker would take a worker's partitions away" },
	{ "heartbeat.interval.ms", RULE_DEFAULT, CONSUMER, "1000", NULL }, /* how soon it hears of a rebalance */
	{ "fetch.wait.max.ms", RULE_DEFAULT, CONSUMER, "500", NULL },

	{ "reconnect.backoff.max.ms", RULE_MAXIMUM, ALL, "1000",
	  "a member that comes back too late is thrown out of its group" },
	{ "socket.nagle.disable", RULE_DEFAULT, ALL, "true", NULL },
	{ "socket.keepalive.enable", RULE_DEFAULT, ALL, "true", NULL },
	{ "topic.metadata.refresh.interval.ms", RULE_DEFAULT, ALL, "60000", NULL },
	{ "log.connection.close", RULE_DEFAULT, ALL, "false", NULL },
	{ "log.queue", RULE_REFUSED, 0, NULL, "capbus writes librdkafka's log itself" },
	{ "statistics.interval.ms", RULE_FORCED, PRODUCER | CONSUMER, "2000",
	  "it tells whether Kafka can be reached" },
	{ "plugin.library.paths", RULE_REFUSED, 0, NULL, "it runs foreign code" },
};

enum { RULES = sizeof rules / sizeof rules[0] };

struct property {
	char *name;
	char *value; /* may be a secret */
	char *where;
};

struct client {
	char *client_id;
	char *prefix;
	struct property *properties;
	size_t count;
	_Atomic int away; /* how many handles reach no broker */
};

static const struct rule *find_rule(const char *name)
{
	for (size_t i = 0; i < RULES; i++)
		if (text_equal(rules[i].name, name))
			return &rules[i];
	return NULL;
}

static int check_rule(const struct property *property, struct error *error)
{
	const struct rule *rule = find_rule(property->name);
	if (!rule || rule->kind == RULE_DEFAULT)
		return 0;
	if (rule->kind == RULE_FORCED || rule->kind == RULE_REFUSED)
		return error_set(error, ERROR_BROKEN, WORD_config_invalid, "%s: %s is not to be set: %s",
				 property->where, property->name, rule->reason);
	int64_t bound, value;
	if (text_to_integer(rule->value, 0, INT64_MAX, &bound) < 0 ||
	    text_to_integer(property->value, 0, INT64_MAX, &value) < 0)
		return error_set(error, ERROR_BROKEN, WORD_config_invalid, "%s: %s must be a number", property->where,
				 property->name);
	if (rule->kind == RULE_MINIMUM ? value < bound : value > bound)
		return error_set(error, ERROR_BROKEN, WORD_config_invalid, "%s: %s must be %s %s: %s",
				 property->where, property->name,
				 rule->kind == RULE_MINIMUM ? "at least" : "at most", rule->value, rule->reason);
	return 0;
}

/* The known name that is nearest: librdkafka's own lists, of global and of topic properties. */
static void nearest_property(const char *name, char *to, size_t size)
{
	to[0] = '\0';
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_topic_conf_t *topic_conf = rd_kafka_topic_conf_new();
	size_t counts[2];
	const char **lists[2] = { rd_kafka_conf_dump(conf, &counts[0]),
				  rd_kafka_topic_conf_dump(topic_conf, &counts[1]) };
	for (size_t list = 0; list < 2 && !to[0]; list++) {
		size_t names = counts[list] / 2; /* name, value, name … */
		const char **candidates = memory_array(names + 1, sizeof *candidates);
		for (size_t i = 0; i < names; i++)
			candidates[i] = lists[list][2 * i];
		const char *nearest = text_nearest(name, candidates, names);
		if (nearest)
			text_format(to, size, "; did you mean %s?", nearest);
		free(candidates);
	}
	rd_kafka_conf_dump_free(lists[0], counts[0]);
	rd_kafka_conf_dump_free(lists[1], counts[1]);
	rd_kafka_topic_conf_destroy(topic_conf);
	rd_kafka_conf_destroy(conf);
}

static int set(rd_kafka_conf_t *conf, const char *name, const char *value, const char *where, struct error *error)
{
	char reason[256], nearest[128];
	switch (rd_kafka_conf_set(conf, name, value, reason, sizeof reason)) {
	case RD_KAFKA_CONF_OK:
		return 0;
	case RD_KAFKA_CONF_UNKNOWN:
		nearest_property(name, nearest, sizeof nearest);
		return error_set(error, ERROR_BROKEN, WORD_config_invalid, "%s: librdkafka has no property %s%s",
				 where, name, nearest);
	case RD_KAFKA_CONF_INVALID:
	default:
		return error_set(error, ERROR_BROKEN, WORD_config_invalid, "%s: %s: %s", where, name, reason);
	}
}

/* `sasl.password_file = F` is sasl.password with F's first line as its value. */
static int read_secret(struct property *property, struct error *error)
{
	if (!text_equal(property->name, "sasl.password_file") && !text_equal(property->name, "ssl.key.password_file"))
		return 0;
	char *secret = secret_read(property->value, error);
	if (!secret)
		return error_context(error, "%s: %s", property->where, property->name);
	property->name[strlen(property->name) - strlen("_file")] = '\0';
	free(property->value);
	property->value = secret;
	return 0;
}

static int take_properties(struct client *client, const struct client_property *properties, size_t count,
			   struct error *error)
{
	bool has_servers = false;
	client->properties = memory_array(count + 1, sizeof *client->properties);
	for (size_t i = 0; i < count; i++) {
		struct property *property = &client->properties[client->count++];
		property->name = memory_text(properties[i].name);
		property->value = memory_text(properties[i].value);
		property->where = memory_text(properties[i].where);
		if (read_secret(property, error) < 0 || check_rule(property, error) < 0)
			return -1;
		has_servers |= text_equal(property->name, "bootstrap.servers") ||
			       text_equal(property->name, "metadata.broker.list") ||
			       text_equal(property->name, "test.mock.num.brokers");
	}
	if (!has_servers)
		return error_set(error, ERROR_BROKEN, WORD_config_invalid,
				 "kafka.bootstrap.servers is missing: the address of a broker, HOST:PORT");
	return 0;
}

static int check_prefix(const char *prefix, struct error *error)
{
	enum { LONGEST_NAME = 32 }; /* room for what comes behind it */
	static const char taken[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
	if (strspn(prefix, taken) == strlen(prefix) && strlen(prefix) + LONGEST_NAME < CLIENT_TOPIC_SIZE)
		return 0;
	return error_set(error, ERROR_BROKEN, WORD_config_invalid,
			 "topic_prefix \"%s\" cannot begin a Kafka topic's name: letters, digits, '.', '_' and '-', "
			 "at most %d of them", prefix, CLIENT_TOPIC_SIZE - LONGEST_NAME - 1);
}

struct client *client_new(const struct client_property *properties, size_t count, const char *client_id,
			  const char *topic_prefix, struct error *error)
{
	CLEANUP(client_freep) struct client *client = memory_new(sizeof *client);
	client->client_id = memory_text(client_id);
	client->prefix = memory_text(topic_prefix);
	if (check_prefix(topic_prefix, error) < 0 || take_properties(client, properties, count, error) < 0)
		return NULL;
	/* A trial of all, so that a wrong one is found before anything is connected. */
	rd_kafka_conf_t *conf = client_conf_new(client, ALL, error);
	if (!conf)
		return NULL;
	rd_kafka_conf_destroy(conf);
	struct client *made = client;
	client = NULL; /* now the caller's */
	return made;
}

void client_free(struct client *client)
{
	if (!client)
		return;
	for (size_t i = 0; i < client->count; i++) {
		free(client->properties[i].name);
		secret_free(client->properties[i].value);
		free(client->properties[i].where);
	}
	free(client->properties);
	free(client->client_id);
	free(client->prefix);
	free(client);
}

static int set_rules(rd_kafka_conf_t *conf, unsigned roles, bool forced, struct error *error)
{
	for (size_t i = 0; i < RULES; i++) {
		if (!(rules[i].roles & roles) || (rules[i].kind == RULE_FORCED) != forced)
			continue;
		if (set(conf, rules[i].name, rules[i].value, "capbus", error) < 0)
			return -1;
	}
	return 0;
}

struct rd_kafka_conf_s *client_conf_new(const struct client *client, unsigned roles, struct error *error)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	bool ok = set(conf, "client.id", client->client_id, "capbus", error) == 0 &&
		  set_rules(conf, roles, false, error) == 0;
	for (size_t i = 0; ok && i < client->count; i++) {
		const struct property *property = &client->properties[i];
		ok = set(conf, property->name, property->value, property->where, error) == 0;
	}
	if (ok && set_rules(conf, roles, true, error) == 0)
		return conf;
	rd_kafka_conf_destroy(conf);
	return NULL;
}

void client_add_away(struct client *client, int by)
{
	atomic_fetch_add(&client->away, by);
}

bool client_is_away(const struct client *client)
{
	return atomic_load(&client->away) > 0;
}

const char *client_prefix(const struct client *client)
{
	return client->prefix;
}

const char *client_topic(const struct client *client, const char *name, char to[static CLIENT_TOPIC_SIZE])
{
	text_format(to, CLIENT_TOPIC_SIZE, "%s%s", client->prefix, name);
	return to;
}

const char *client_short_topic(const struct client *client, const char *topic)
{
	return text_starts(topic, client->prefix) ? topic + strlen(client->prefix) : topic;
}

int32_t client_partition(const void *key, size_t size, int32_t partitions)
{
	static const uint32_t multiplier = 0x5bd1e995;
	const uint8_t *at = key;
	uint32_t hash = 0x9747b28c ^ (uint32_t)size;
	size_t left = size;
	for (; left >= 4; left -= 4, at += 4) {
		uint32_t word = at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
		word *= multiplier;
		word ^= word >> 24;
		hash = hash * multiplier ^ word * multiplier;
	}
	for (size_t i = left; i > 0; i--)
		hash ^= (uint32_t)at[i - 1] << (8 * (i - 1));
	if (left > 0)
		hash *= multiplier;
	hash ^= hash >> 13;
	hash *= multiplier;
	hash ^= hash >> 15;
	return (int32_t)((hash & 0x7fffffff) % (uint32_t)partitions);
}
