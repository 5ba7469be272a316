/* One librdkafka instance made from a client's properties: for the files of this folder alone.
 *
 * librdkafka's types appear by their struct tags, so that its header stays out of ours. Any thread, but for
 * handle_free: the last one that uses it. */
#ifndef BUS_HANDLE_H
#define BUS_HANDLE_H

#include <stdbool.h>
#include <stddef.h>

#include "bus/client.h"
#include "core/error.h"

struct rd_kafka_s;
struct rd_kafka_conf_s;
struct handle;

struct handle_setting {
	const char *name;
	const char *value;
};

/* Connects in the background. BROKEN config_invalid: librdkafka does not take a property. Everything but the client,
 * which outlives it, is copied. `prepare` (may be NULL) sets what only its file knows, e.g. callbacks; the conf's
 * opaque is the handle's. `context` is what handle_context gives back in those callbacks. */
struct handle *handle_new(struct client *client, enum client_role role, const struct handle_setting *settings,
			  size_t count, void (*prepare)(struct rd_kafka_conf_s *conf), void *context,
			  struct error *error);
/* Destroys the librdkafka instance, without leaving a group (rd_kafka_consumer_close is the consumer's). */
void handle_free(struct handle *handle);
MEMORY_DEFINE_FREEP(struct handle, handle_free)

struct rd_kafka_s *handle_rk(struct handle *handle);
void *handle_context(void *conf_opaque);

/* Something came from a broker just now. */
void handle_heard(struct handle *handle);
bool handle_is_away(const struct handle *handle);
/* True from librdkafka's fatal error on; the text is set. */
bool handle_failed(struct handle *handle, struct error *ret_error);
/* True while a broker refuses the password or the certificate: BROKEN kafka_refused. librdkafka itself says only that
 * nobody answers. */
bool handle_refused(struct handle *handle, struct error *ret_error);

/* Turns librdkafka's code (rd_kafka_resp_err_t) into an error: one table for the whole folder. `definitely` is false
 * where the thing may have happened all the same: then what would be AWAY is UNKNOWN. `what` is the sentence's
 * beginning: "topic capbus.requests". Returns -1. */
int handle_error(struct error *error, int code, bool definitely, const char *what);

#endif
