/* The options of the grammar. A row says what it is called, for which verbs, what a right one looks like, and sets
 * it; the refusals follow from that. */
#include "admission/option.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"

static const char *const listed_states[] = { "queued",   "starting", "capturing", "reclaiming", "complete", "partial",
					     "empty",    "blind",    "cancelled", "failed",     "rejected", "expired",
					     "lost" };

bool option_is_port(const char *text)
{
	size_t size = strlen(text);
	bool starts = (text[0] >= '0' && text[0] <= '9') || (text[0] >= 'a' && text[0] <= 'z') ||
		      (text[0] >= 'A' && text[0] <= 'Z');
	return starts && size < RECORD_PORT_SIZE &&
	       strspn(text, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ/:._-") == size;
}

static int refuse_port(struct error *error, const char *text)
{
	return error_set(error, ERROR_INPUT, WORD_argument_invalid,
			 "`%.60s` cannot be a port; ports look like 0/1,0/49:1,po10", text);
}

int option_ports(struct record_ports *ports, const char *list, struct error *error)
{
	for (const char *at = list;; at++) {
		char port[64];
		at += strspn(at, " ");
		size_t size = strcspn(at, ", ");
		text_copy_bytes(port, sizeof(port), at, size);
		if (!option_is_port(port))
			return refuse_port(error, size ? port : list);
		if (ports->count == RECORD_PORTS_MAX)
			return error_set(error, ERROR_INPUT, WORD_argument_invalid,
					 "more than %d ports on one target", RECORD_PORTS_MAX);
		TEXT_COPY(ports->items[ports->count], port);
		ports->count++;
		at += size;
		at += strspn(at, " ");
		if (*at != ',')
			return *at ? refuse_port(error, list) : 0;
	}
}

/* The set functions: -1 where the value is not as the row's `right` says; *error only where there is more to say. */

static int set_timeout(struct command *command, const char *value, struct error *error)
{
	(void)error;
	int64_t ms;
	if (text_to_duration_ms(value, &ms) < 0 || ms % 1000)
		return -1;
	command->request.timeout_s = ms / 1000;
	return 0;
}

static int set_count(struct command *command, const char *value, struct error *error)
{
	(void)error;
	if (text_equal_nocase(value, "none")) {
		command->request.count = 0;
		return 0;
	}
	return text_to_integer(value, 0, INT64_MAX, &command->request.count);
}

static int set_snaplen(struct command *command, const char *value, struct error *error)
{
	(void)error;
	if (text_equal_nocase(value, "headers")) {
		command->request.snaplen = 128;
		return 0;
	}
	return text_to_integer(value, 0, INT64_MAX, &command->request.snaplen);
}

static int set_bytes(struct command *command, const char *value, struct error *error)
{
	(void)error;
	int64_t bytes;
	if (text_to_bytes(value, &bytes) < 0 || bytes < 1)
		return -1;
	command->request.bytes = bytes;
	return 0;
}

static int set_ports(struct command *command, const char *value, struct error *error)
{
	return option_ports(&command->request.ports, value, error);
}

static int set_direction(struct command *command, const char *value, struct error *error)
{
	(void)error;
	for (int i = DIRECTION_BOTH; i < DIRECTION_COUNT; i++)
		if (text_equal_nocase(value, names_direction[i])) {
			command->request.direction = (enum direction)i;
			return 0;
		}
	return -1;
}

static int set_if_busy(struct command *command, const char *value, struct error *error)
{
	(void)error;
	for (int i = 0; i < IF_BUSY_COUNT; i++)
		if (text_equal_nocase(value, names_if_busy[i])) {
			command->request.if_busy = (enum if_busy)i;
			return 0;
		}
	return -1;
}

static int set_expires_in(struct command *command, const char *value, struct error *error)
{
	(void)error;
	int64_t ms;
	if (text_to_duration_ms(value, &ms) < 0 || ms < 1000)
		return -1;
	command->expires_in_ms = ms;
	return 0;
}

static int set_chunk_ms(struct command *command, const char *value, struct error *error)
{
	(void)error;
	return text_to_integer(value, 0, INT64_MAX, &command->request.chunk_ms);
}

static int set_label(struct command *command, const char *value, struct error *error)
{
	struct record_labels *labels = &command->request.labels;
	struct record_label label = { 0 };
	const char *equals = strchr(value, '=');
	if (!equals || !text_copy_bytes(label.name, sizeof(label.name), value, (size_t)(equals - value)) ||
	    !text_is_id(label.name) || !TEXT_COPY(label.value, equals + 1))
		return -1;
	for (size_t i = 0; i < labels->count; i++)
		if (text_equal(labels->items[i].name, label.name))
			return error_set(error, ERROR_INPUT, WORD_argument_invalid, "the label `%s` is given twice",
					 label.name);
	if (labels->count == RECORD_LABELS_MAX)
		return error_set(error, ERROR_INPUT, WORD_argument_invalid, "more than %d labels", RECORD_LABELS_MAX);
	labels->items[labels->count++] = label;
	return 0;
}

static int set_state(struct command *command, const char *value, struct error *error)
{
	size_t count = sizeof(listed_states) / sizeof(listed_states[0]);
	for (size_t i = 0; i < count; i++)
		if (text_equal_nocase(value, listed_states[i])) {
			TEXT_COPY(command->word, listed_states[i]);
			return 0;
		}
	const char *near = text_nearest(value, listed_states, count);
	return near ? error_set(error, ERROR_INPUT, WORD_argument_invalid,
				"`state=%.60s`: did you mean `state=%s`?", value, near)
		    : -1;
}

static int set_since(struct command *command, const char *value, struct error *error)
{
	(void)error;
	return text_to_duration_ms(value, &command->since_ms);
}

static int set_older_than(struct command *command, const char *value, struct error *error)
{
	(void)error;
	int64_t ms;
	if (text_to_duration_ms(value, &ms) < 0 || value[strspn(value, "0123456789")] == 0)
		return -1; /* 30 could be meant as days */
	return TEXT_COPY(command->older_than, value) ? 0 : -1;
}

static int set_store(struct command *command, const char *value, struct error *error)
{
	(void)error;
	return text_is_id(value) && TEXT_COPY(command->store, value) ? 0 : -1;
}

static int set_max_delete(struct command *command, const char *value, struct error *error)
{
	(void)error;
	return text_to_integer(value, 1, INT64_MAX, &command->max_delete);
}

static int set_dry_run(struct command *command, const char *value, struct error *error)
{
	(void)error;
	command->dry_run = !text_equal_nocase(value, "no");
	return command->dry_run && !text_equal_nocase(value, "yes") ? -1 : 0;
}

#define FOR(verb) (1u << COMMAND_##verb)

static const struct option {
	const char *name;
	unsigned verbs;
	int (*set)(struct command *command, const char *value, struct error *error);
	const char *right; /* "`timeout=soon`: write " and this */
	bool repeats;
} options[] = {
	{ "timeout", FOR(MULTICAPTURE), set_timeout, "whole seconds or minutes, such as timeout=30 or timeout=5m",
	  false },
	{ "count", FOR(MULTICAPTURE), set_count, "a number of packets or none, such as count=100", false },
	{ "snaplen", FOR(MULTICAPTURE), set_snaplen, "a number of bytes or headers, such as snaplen=256", false },
	{ "bytes", FOR(MULTICAPTURE), set_bytes, "a number of bytes, such as bytes=100M", false },
	{ "ports", FOR(MULTICAPTURE), set_ports, "ports such as ports=0/1,0/2", false },
	{ "direction", FOR(MULTICAPTURE), set_direction, "direction=both, rx or tx", false },
	{ "if-busy", FOR(MULTICAPTURE), set_if_busy, "if-busy=queue, reject or replace", false },
	{ "expires-in", FOR(MULTICAPTURE), set_expires_in, "a time, such as expires-in=10m", false },
	{ "label", FOR(MULTICAPTURE), set_label, "label=NAME=VALUE, the name of at most 32 characters", true },
	{ "chunk-ms", FOR(MULTICAPTURE), set_chunk_ms, "milliseconds, such as chunk-ms=1000", false },
	{ "state", FOR(CAPTURES), set_state, "how captures stand, such as state=complete or state=queued", false },
	{ "since", FOR(CAPTURES), set_since, "how far back, such as since=1d", false },
	{ "older-than", FOR(CLEANUP), set_older_than, "an age with its unit, such as older-than=30d", false },
	{ "store", FOR(CLEANUP), set_store, "the name of a store, such as store=folder", false },
	{ "max-delete", FOR(CLEANUP), set_max_delete, "a number, such as max-delete=1000", false },
	{ "dry-run", FOR(CLEANUP), set_dry_run, "dry-run=yes or dry-run=no", false },
};
enum { OPTIONS_COUNT = sizeof(options) / sizeof(options[0]) };

/* `if_busy` is `if-busy`. */
static bool is_named(const char *name, const char *typed)
{
	char with_dashes[32];
	if (!TEXT_COPY(with_dashes, typed))
		return false;
	for (char *at = with_dashes; *at; at++)
		if (*at == '_')
			*at = '-';
	return text_equal_nocase(name, with_dashes);
}

bool option_is_known(const char *name)
{
	for (size_t i = 0; i < OPTIONS_COUNT; i++)
		if (is_named(options[i].name, name))
			return true;
	return false;
}

static int refuse_name(const struct command *command, const char *name, const char *value, struct error *error)
{
	const char *known[OPTIONS_COUNT];
	char all[256] = "";
	for (size_t i = 0; i < OPTIONS_COUNT; i++) {
		bool has = options[i].verbs & 1u << command->verb;
		known[i] = has ? options[i].name : NULL;
		size_t used = strlen(all);
		if (has)
			text_format(all + used, sizeof(all) - used, "%s%s", used ? ", " : "", options[i].name);
	}
	const char *near = text_nearest(name, known, OPTIONS_COUNT);
	if (near)
		return error_set(error, ERROR_INPUT, WORD_argument_invalid,
				 "`%.60s=%.60s`: did you mean `%s=%.60s`?", name, value, near, value);
	if (!all[0])
		return error_set(error, ERROR_INPUT, WORD_argument_invalid, "`%.60s=%.60s`: `%s` takes no options",
				 name, value, command_verbs[command->verb]);
	return error_set(error, ERROR_INPUT, WORD_argument_invalid,
			 "`%.60s=%.60s`: there is no such option; there are %s", name, value, all);
}

int option_set(struct command *command, const char *name, const char *value, struct error *error)
{
	for (size_t i = 0; i < OPTIONS_COUNT; i++) {
		const struct option *option = &options[i];
		if (!(option->verbs & 1u << command->verb) || !is_named(option->name, name))
			continue;
		if (!option->repeats && (command->given & 1u << i))
			return error_set(error, ERROR_INPUT, WORD_argument_invalid, "`%s` is given twice",
					 option->name);
		command->given |= 1u << i;
		struct error more = { 0 };
		if (option->set(command, value, &more) == 0)
			return 0;
		if (more.kind != ERROR_NONE)
			return error_set(error, more.kind, more.word, "%s", more.text);
		return error_set(error, ERROR_INPUT, WORD_argument_invalid, "`%s=%.80s`: write %s", option->name,
				 value, option->right);
	}
	return refuse_name(command, name, value, error);
}
