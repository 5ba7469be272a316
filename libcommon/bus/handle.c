/* One librdkafka instance: its log goes to ours, its errors become ours, and whether it reaches a broker is known.
 *
 * librdkafka says when the last broker is gone, but neither when one is back nor, for a minute, that one hangs. So
 * its statistics are asked for every two seconds and searched for a broker that is up and, where it is read from,
 * not silent; whatever comes from a broker in between says it sooner. */
#include "bus/handle.h"

#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "core/text.h"

/* A consumer is answered twice a second at least (fetch.wait.max.ms, heartbeat.interval.ms). */
static const long long SILENT_US = 10000000;

struct handle {
	struct client *client;
	rd_kafka_t *rk;
	void *context;
	bool is_counted; /* its absence is the client's; an admin's is not, it is not read all the time */
	bool is_answered; /* all the time: who says nothing for long is away */
	_Atomic bool away;
	_Atomic bool failed;
	pthread_mutex_t mutex;
	struct error failure; /* under mutex */
	struct error refusal; /* under mutex: wrong password or certificate; kind NONE while there is none */
};

struct row {
	rd_kafka_resp_err_t code;
	enum error_kind kind;
	enum error_word word;
	const char *hint; /* NULL: librdkafka's own words */
};

#define MISSING "does not exist; run: capbus topics --create"

/* What is not here is AWAY, kafka_away. */
static const struct row rows[] = {
	{ RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, ERROR_BROKEN, WORD_kafka_invalid, MISSING },
	{ RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, ERROR_BROKEN, WORD_kafka_invalid, MISSING },
	{ RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, ERROR_BROKEN, WORD_kafka_invalid, "has no such partition" },
	{ RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, ERROR_BROKEN, WORD_kafka_invalid, NULL },
	{ RD_KAFKA_RESP_ERR_INVALID_PARTITIONS, ERROR_BROKEN, WORD_kafka_invalid, NULL },
	{ RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR, ERROR_BROKEN, WORD_kafka_invalid, NULL },
	{ RD_KAFKA_RESP_ERR_INVALID_CONFIG, ERROR_BROKEN, WORD_kafka_invalid, NULL },
	{ RD_KAFKA_RESP_ERR_POLICY_VIOLATION, ERROR_BROKEN, WORD_kafka_invalid, NULL },
	{ RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION, ERROR_BROKEN, WORD_kafka_invalid, NULL },
	{ RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE, ERROR_BROKEN, WORD_kafka_invalid, NULL },
	{ RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL, ERROR_BROKEN, WORD_kafka_invalid, NULL },
	{ RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, ERROR_BROKEN, WORD_kafka_refused, NULL },
	{ RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, ERROR_BROKEN, WORD_kafka_refused, NULL },
	{ RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, ERROR_BROKEN, WORD_kafka_refused, NULL },
	{ RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, ERROR_BROKEN, WORD_kafka_refused, NULL },
	{ RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED, ERROR_BROKEN, WORD_kafka_refused, NULL },
	{ RD_KAFKA_RESP_ERR__AUTHENTICATION, ERROR_BROKEN, WORD_kafka_refused, NULL },
	{ RD_KAFKA_RESP_ERR__SSL, ERROR_BROKEN, WORD_kafka_refused, NULL },
	{ RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, ERROR_INPUT, WORD_record_invalid, "is too large for Kafka" },
	{ RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE, ERROR_INPUT, WORD_record_invalid, "is too large for Kafka" },
	{ RD_KAFKA_RESP_ERR_INVALID_MSG, ERROR_INPUT, WORD_record_invalid, NULL },
	{ RD_KAFKA_RESP_ERR_INVALID_RECORD, ERROR_INPUT, WORD_record_invalid, NULL },
	{ RD_KAFKA_RESP_ERR__QUEUE_FULL, ERROR_AWAY, WORD_out_of_memory, "is refused: too much waits for Kafka" },
};

int handle_error(struct error *error, int code, bool definitely, const char *what)
{
	struct row found = { (rd_kafka_resp_err_t)code, ERROR_AWAY, WORD_kafka_away, NULL };
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (rows[i].code == found.code)
			found = rows[i];
	if (!definitely)
		found.kind = ERROR_UNKNOWN;
	if (found.hint)
		return error_set(error, found.kind, found.word, "%s %s", what, found.hint);
	return error_set(error, found.kind, found.word, "%s: %s", what, rd_kafka_err2str(found.code));
}

static void set_away(struct handle *handle, bool away)
{
	if (atomic_exchange(&handle->away, away) != away && handle->is_counted)
		client_add_away(handle->client, away ? 1 : -1);
}

static void keep(struct handle *handle, struct error *to, const struct error *from)
{
	pthread_mutex_lock(&handle->mutex);
	*to = *from;
	pthread_mutex_unlock(&handle->mutex);
}

void handle_heard(struct handle *handle)
{
	if (!atomic_load_explicit(&handle->away, memory_order_relaxed))
		return;
	set_away(handle, false);
	static const struct error none;
	keep(handle, &handle->refusal, &none);
}

bool handle_is_away(const struct handle *handle)
{
	return atomic_load(&handle->away);
}

static void on_error(rd_kafka_t *rk, int code, const char *reason, void *opaque)
{
	struct handle *handle = opaque;
	struct error error;
	char fatal[256];
	switch ((rd_kafka_resp_err_t)code) {
	case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
		set_away(handle, true);
		break;
	case RD_KAFKA_RESP_ERR__FATAL:
		rd_kafka_fatal_error(rk, fatal, sizeof fatal);
		error_set(&error, ERROR_AWAY, WORD_kafka_away, "Kafka's client cannot go on: %s", fatal);
		keep(handle, &handle->failure, &error);
		atomic_store(&handle->failed, true);
		break;
	case RD_KAFKA_RESP_ERR__AUTHENTICATION:
	case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
	case RD_KAFKA_RESP_ERR__SSL:
		error_set(&error, ERROR_BROKEN, WORD_kafka_refused, "Kafka: %s", reason);
		keep(handle, &handle->refusal, &error);
		break;
	default: /* librdkafka has it in its log too */
		break;
	}
}

bool handle_failed(struct handle *handle, struct error *ret_error)
{
	if (!atomic_load(&handle->failed))
		return false;
	keep(handle, ret_error, &handle->failure);
	return true;
}

bool handle_refused(struct handle *handle, struct error *ret_error)
{
	struct error refusal;
	keep(handle, &refusal, &handle->refusal);
	if (refusal.kind == ERROR_NONE)
		return false;
	*ret_error = refusal;
	return true;
}

/* The broker whose state stands at `at`: microseconds since it was heard, -1 for never. */
static bool is_silent(const char *at)
{
	static const char name[] = "\"rxidle\":";
	at = strstr(at, name);
	long long idle_us = at ? strtoll(at + sizeof name - 1, NULL, 10) : 0;
	return idle_us < 0 || idle_us >= SILENT_US;
}

/* "brokers": { NAME: { … "state":"UP" … "rxidle":N … } …}: no other member of the statistics has an upper-case
 * state. */
static int on_statistics(rd_kafka_t *rk, char *json, size_t size, void *opaque)
{
	(void)rk;
	(void)size;
	static const char name[] = "\"state\":";
	struct handle *handle = opaque;
	for (const char *at = strstr(json, name); at; at = strstr(at, name)) {
		at += sizeof name - 1;
		at += strspn(at, " ");
		if (text_starts(at, "\"UP\"") && !(handle->is_answered && is_silent(at))) {
			handle_heard(handle);
			return 0;
		}
	}
	set_away(handle, true);
	return 0;
}

static void on_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
	(void)rk;
	enum { SYSLOG_ERROR = 3, SYSLOG_WARNING = 4, SYSLOG_INFO = 6 };
	/* CONFWARN tells a producer of a property for consumers: there is one configuration for both. */
	enum log_level ours = level > SYSLOG_INFO || text_equal(facility, "CONFWARN") ? LOG_DEBUG :
			      level > SYSLOG_WARNING ? LOG_INFO : LOG_WARNING;
	if (log_enabled(ours))
		log_line(ours, NULL, "librdkafka: %s: %s", facility, text);
}

static int apply(rd_kafka_conf_t *conf, const struct handle_setting *settings, size_t count, struct error *error)
{
	char reason[256];
	for (size_t i = 0; i < count; i++)
		if (rd_kafka_conf_set(conf, settings[i].name, settings[i].value, reason, sizeof reason) !=
		    RD_KAFKA_CONF_OK)
			return error_set(error, ERROR_BROKEN, WORD_config_invalid, "%s", reason);
	return 0;
}

static rd_kafka_t *start(struct handle *handle, enum client_role role, rd_kafka_conf_t *conf, struct error *error)
{
	char reason[256];
	rd_kafka_conf_set_opaque(conf, handle);
	rd_kafka_conf_set_error_cb(conf, on_error);
	rd_kafka_conf_set_stats_cb(conf, on_statistics);
	rd_kafka_conf_set_log_cb(conf, on_log);
	rd_kafka_t *rk = rd_kafka_new(role == CLIENT_PRODUCER ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER, conf, reason,
				      sizeof reason);
	if (!rk) { /* the conf is still ours */
		rd_kafka_conf_destroy(conf);
		error_set(error, ERROR_BROKEN, WORD_config_invalid, "Kafka's client cannot be made: %s", reason);
	}
	return rk;
}

struct handle *handle_new(struct client *client, enum client_role role, const struct handle_setting *settings,
			  size_t count, void (*prepare)(struct rd_kafka_conf_s *conf), void *context,
			  struct error *error)
{
	rd_kafka_conf_t *conf = client_conf_new(client, role, error);
	if (!conf)
		return NULL;
	if (apply(conf, settings, count, error) < 0) {
		rd_kafka_conf_destroy(conf);
		return NULL;
	}
	if (prepare)
		prepare(conf);
	struct handle *handle = memory_new(sizeof *handle);
	handle->client = client;
	handle->context = context;
	handle->is_counted = role != CLIENT_ADMIN;
	handle->is_answered = role == CLIENT_CONSUMER;
	pthread_mutex_init(&handle->mutex, NULL);
	set_away(handle, true); /* until something is heard */
	handle->rk = start(handle, role, conf, error);
	if (!handle->rk) {
		handle_free(handle);
		return NULL;
	}
	return handle;
}

void handle_free(struct handle *handle)
{
	if (!handle)
		return;
	if (handle->rk)
		rd_kafka_destroy_flags(handle->rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
	set_away(handle, false);
	pthread_mutex_destroy(&handle->mutex);
	free(handle);
}

struct rd_kafka_s *handle_rk(struct handle *handle)
{
	return handle->rk;
}

void *handle_context(void *conf_opaque)
{
	return ((struct handle *)conf_opaque)->context;
}
