/* [limits]. A request is judged as a whole on a copy, so that one that is refused stays as it came. */
#include "admission/limits.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/text.h"

/* Where each member comes from. */
static const struct {
	const char *key;
	bool bytes;
	size_t offset;
} members[] = {
#define MEMBER(name, bytes) { #name, bytes, offsetof(struct limits, name) }
	MEMBER(timeout_default_s, false), MEMBER(timeout_max_s, false),   MEMBER(count_default, false),
	MEMBER(count_max, false),         MEMBER(bytes_default, true),    MEMBER(bytes_max, true),
	MEMBER(snaplen_default, false),   MEMBER(queue_max_per_target, false), MEMBER(targets_max, false),
	MEMBER(expires_in_s, false),
#undef MEMBER
};

static void fill(const struct config *config, struct limits *limits)
{
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		int64_t *member = (int64_t *)(void *)((char *)limits + members[i].offset);
		*member = members[i].bytes ? config_bytes(config, "limits", members[i].key)
					   : config_integer(config, "limits", members[i].key);
	}
}

void limits_init(struct limits *limits)
{
	struct config *config = config_new(CONFIG_CAPBUS);
	config_judge(config);
	fill(config, limits);
	config_free(config);
}

static int refuse_order(const struct config *config, const char *standard, int64_t value, const char *maximum,
			int64_t most, struct error *error)
{
	return error_set(error, ERROR_BROKEN, WORD_config_invalid,
			 "%s: [limits] %s = %" PRId64 " is above %s = %" PRId64 " (%s)",
			 config_where(config, "limits", standard), standard, value, maximum, most,
			 config_where(config, "limits", maximum));
}

int limits_from_config(const struct config *config, struct limits *ret_limits, struct error *error)
{
	struct limits limits;
	fill(config, &limits);
	if (limits.timeout_default_s > limits.timeout_max_s)
		return refuse_order(config, "timeout_default_s", limits.timeout_default_s, "timeout_max_s",
				    limits.timeout_max_s, error);
	if (limits.count_default > limits.count_max)
		return refuse_order(config, "count_default", limits.count_default, "count_max", limits.count_max,
				    error);
	if (limits.bytes_default > limits.bytes_max)
		return refuse_order(config, "bytes_default", limits.bytes_default, "bytes_max", limits.bytes_max,
				    error);
	*ret_limits = limits;
	return 0;
}

/* "unset" becomes the default; then it must lie within. */
static int judge(int64_t *value, int64_t standard, int64_t least, int64_t most, const char *name, const char *unit,
		 struct error *error)
{
	if (*value == RECORD_UNSET)
		*value = standard;
	if (*value > most)
		return error_set(error, ERROR_INPUT, WORD_limit_exceeded,
				 "%s=%" PRId64 " is above the limit of %" PRId64 "%s", name, *value, most, unit);
	if (*value < least)
		return error_set(error, ERROR_INPUT, WORD_argument_invalid, "%s=%" PRId64 ": at least %" PRId64 "%s",
				 name, *value, least, unit);
	return 0;
}

int limits_apply(const struct limits *limits, struct request *request, struct error *error)
{
	int64_t timeout_s = request->timeout_s, count = request->count, bytes = request->bytes;
	int64_t snaplen = request->snaplen, chunk_ms = request->chunk_ms;
	if (snaplen == 0)
		snaplen = LIMITS_SNAPLEN_MAX;
	if (judge(&timeout_s, limits->timeout_default_s, 1, limits->timeout_max_s, "timeout", " s", error) < 0 ||
	    judge(&count, limits->count_default, 0, limits->count_max, "count", " packets", error) < 0 ||
	    judge(&bytes, limits->bytes_default, 1, limits->bytes_max, "bytes", " bytes", error) < 0 ||
	    judge(&snaplen, limits->snaplen_default, 1, LIMITS_SNAPLEN_MAX, "snaplen", " bytes", error) < 0)
		return -1;
	if (chunk_ms != RECORD_UNSET &&
	    judge(&chunk_ms, 0, LIMITS_CHUNK_MS_MIN, LIMITS_CHUNK_MS_MAX, "chunk-ms", " ms", error) < 0)
		return -1;
	request->timeout_s = timeout_s;
	request->count = count;
	request->bytes = bytes;
	request->snaplen = snaplen;
	return 0;
}

int64_t limits_expires_at_ms(const struct limits *limits, const struct request *request, int64_t asked_at_ms)
{
	int64_t latest_ms = asked_at_ms + 1000 * (int64_t)LIMITS_AGE_MAX_S;
	int64_t wanted_ms = request->expires_at_ms;
	if (wanted_ms == RECORD_UNSET)
		wanted_ms = asked_at_ms + 1000 * limits->expires_in_s;
	return wanted_ms < latest_ms ? wanted_ms : latest_ms;
}
