/* The rows of the configuration, and what each type of value looks like.
 *
 * A row is a promise to users: its name and default stay. [kafka] has no rows but our own two, because every property
 * of librdkafka is taken there; what would break a promise of ours is refused by name. */
#include "config/key_table.h"

#include <inttypes.h>
#include <string.h>

#include "config/config.h"
#include "core/text.h"

#define STAGES (CONFIG_GATEWAY | CONFIG_CAPTURE | CONFIG_UPLOAD | CONFIG_REPORT)
#define ALL (STAGES | CONFIG_CAPBUS)
#define ASKERS (CONFIG_CAPBUS | CONFIG_GATEWAY | CONFIG_CAPTURE) /* who judges requests */
#define SLACK (CONFIG_GATEWAY | CONFIG_REPORT)

static const char *const kinds[] = { "slx", "ssh", "local", NULL };
static const char *const stores[] = { "folder", "cloudshark", "s3", NULL };
static const char *const levels[] = { "debug", "info", "warning", "error", NULL };
static const char *const formats[] = { "text", "json", NULL };
static const char *const rights[] = { "capture", "stop-any", "replace", "pin", "cleanup", NULL };

#define PLAIN(section, name, type, programs, standard, about)                                                  \
	{ section, name, type, programs, standard, about, 0, 0, NULL }
#define RANGE(section, name, type, programs, standard, about, minimum, maximum)                                \
	{ section, name, type, programs, standard, about, minimum, maximum, NULL }
#define CHOICE(section, name, type, programs, standard, about, words)                                          \
	{ section, name, type, programs, standard, about, 0, 0, words }

const struct key key_table[] = {
	PLAIN("kafka", "sasl.password_file", KEY_TEXT, ALL, NULL, "file whose first line is sasl.password"),
	PLAIN("kafka", "ssl.key.password_file", KEY_TEXT, ALL, NULL, "file whose first line is ssl.key.password"),

	RANGE("capbus", "topic_prefix", KEY_PREFIX, ALL, "capbus.", "before every topic and consumer group", 0, 100),
	RANGE("capbus", "instance", KEY_ID, STAGES, NULL,
	      "signs what is set up on switches (default: the prefix and Kafka's cluster)", 1, 16),
	PLAIN("capbus", "inventory", KEY_TEXT, CONFIG_CAPTURE, NULL, "file of targets and their credentials"),
	PLAIN("capbus", "schema_registry", KEY_URL, ALL, NULL, "schema registry; none: schemas by fingerprint"),
	PLAIN("capbus", "status_listen", KEY_ADDRESS, STAGES, NULL,
	      "/metrics, /healthz, /readyz (default: 127.0.0.1 and a port for each stage)"),
	CHOICE("capbus", "log_level", KEY_WORD, ALL, "info", "debug, info, warning or error", levels),
	CHOICE("capbus", "log_format", KEY_WORD, ALL, "text", "text or json", formats),

	RANGE("limits", "timeout_default_s", KEY_INTEGER, ASKERS, "300", "a capture that does not say", 1, 604800),
	RANGE("limits", "timeout_max_s", KEY_INTEGER, ASKERS, "3600", "the longest that may be asked", 1, 604800),
	RANGE("limits", "count_default", KEY_INTEGER, ASKERS, "100", "packets; 0: none", 0, INT64_MAX),
	RANGE("limits", "count_max", KEY_INTEGER, ASKERS, "1000000",
	      "the most packets that may be asked", 1, INT64_MAX),
	RANGE("limits", "bytes_default", KEY_BYTES, ASKERS, "100M", "captured bytes", 1, INT64_MAX),
	RANGE("limits", "bytes_max", KEY_BYTES, ASKERS, "1G", "the most bytes that may be asked", 1, INT64_MAX),
	RANGE("limits", "snaplen_default", KEY_INTEGER, ASKERS, "262144", "bytes of each packet", 1, 262144),
	RANGE("limits", "queue_max_per_target", KEY_INTEGER, ASKERS, "10", "requests that may wait", 0, 10000),
	RANGE("limits", "targets_max", KEY_INTEGER, ASKERS, "40", "targets of one command", 1, 10000),
	RANGE("limits", "expires_in_s", KEY_INTEGER, ASKERS, "600", "how long a request may wait", 1, 86400),

	RANGE("capture", "name", KEY_ID, CONFIG_CAPTURE, NULL, "this worker (default: the host's name)", 1, 64),
	CHOICE("capture", "kinds", KEY_LIST, CONFIG_CAPTURE, "slx,ssh,local", "kinds of targets it serves", kinds),
	RANGE("capture", "parallel_max", KEY_INTEGER, CONFIG_CAPTURE, "256", "captures at once", 1, 4096),
	RANGE("capture", "chunk_bytes", KEY_BYTES, CONFIG_CAPTURE, "900000", "packets of a chunk", 300000, 930000),
	RANGE("capture", "chunk_ms", KEY_INTEGER, CONFIG_CAPTURE, "1000",
	      "age of a chunk when it goes out", 10, 60000),
	RANGE("capture", "grace_s", KEY_INTEGER, CONFIG_CAPTURE, "330", "for captures to end at SIGTERM", 0, 86400),

	CHOICE("upload", "store", KEY_LIST, CONFIG_UPLOAD, "folder", "folder, cloudshark, s3", stores),
	PLAIN("upload", "spool_dir", KEY_TEXT, CONFIG_UPLOAD, "/var/lib/capbus/spool", "files that are not finished"),
	RANGE("upload", "spool_bytes_max", KEY_BYTES, CONFIG_UPLOAD, "4G",
	      "the most it may hold", 1000000, INT64_MAX),

	PLAIN("folder", "directory", KEY_TEXT, CONFIG_UPLOAD, NULL, "where captures are stored"),
	PLAIN("folder", "url", KEY_URL, CONFIG_UPLOAD, NULL, "base of links; none: the absolute path"),
	PLAIN("cloudshark", "url", KEY_URL, CONFIG_UPLOAD, NULL, "the appliance"),
	PLAIN("cloudshark", "token_file", KEY_TEXT, CONFIG_UPLOAD, NULL, "file with the API token"),
	PLAIN("cloudshark", "tags", KEY_LIST, CONFIG_UPLOAD, NULL, "tags of every capture"),
	PLAIN("cloudshark", "ca_file", KEY_TEXT, CONFIG_UPLOAD, NULL, "certificates to trust, PEM"),
	PLAIN("s3", "endpoint", KEY_URL, CONFIG_UPLOAD, NULL, "the service"),
	PLAIN("s3", "bucket", KEY_TEXT, CONFIG_UPLOAD, NULL, "the bucket"),
	PLAIN("s3", "region", KEY_TEXT, CONFIG_UPLOAD, NULL, "the region"),
	PLAIN("s3", "key_file", KEY_TEXT, CONFIG_UPLOAD, NULL, "file with ACCESS_KEY:SECRET_KEY"),

	PLAIN("slack", "app_token_file", KEY_TEXT, CONFIG_GATEWAY, NULL, "file with the app-level token"),
	PLAIN("slack", "bot_token_file", KEY_TEXT, SLACK, NULL, "file with the bot token"),
	PLAIN("slack", "api_url", KEY_URL, SLACK, "https://slack.com/api", "Slack's Web API"),
	PLAIN("slack", "ca_file", KEY_TEXT, SLACK, NULL, "certificates to trust, PEM"),
	PLAIN("slack", "command", KEY_TEXT, CONFIG_GATEWAY, "multicapture", "the slash command"),
	PLAIN("slack", "prefix", KEY_TEXT, CONFIG_GATEWAY, "!", "before a command in a channel"),
	PLAIN("slack", "ops_channel", KEY_TEXT, CONFIG_REPORT, NULL, "told what needs a hand"),
	PLAIN("slack", "reply_channels", KEY_LIST, CONFIG_REPORT, NULL,
	      "where other producers may have replies posted"),
	RANGE("slack", "attach_bytes_max", KEY_BYTES, CONFIG_REPORT, "0",
	      "attach files up to this; 0: never", 0, INT64_MAX),
	PLAIN("slack", "external", KEY_BOOLEAN, CONFIG_GATEWAY, "no", "take people of other workspaces"),

	PLAIN("policy", "users", KEY_LIST, CONFIG_GATEWAY, NULL, "whom it is about"),
	PLAIN("policy", "channels", KEY_LIST, CONFIG_GATEWAY, NULL, "where"),
	PLAIN("policy", "targets", KEY_LIST, CONFIG_GATEWAY, NULL, "on what: targets and groups"),
	RANGE("policy", "timeout_max_s", KEY_INTEGER, CONFIG_GATEWAY, NULL, "as in [limits]", 1, 604800),
	RANGE("policy", "count_max", KEY_INTEGER, CONFIG_GATEWAY, NULL, "as in [limits]", 1, INT64_MAX),
	RANGE("policy", "snaplen_max", KEY_INTEGER, CONFIG_GATEWAY, NULL, "bytes of each packet", 1, 262144),
	CHOICE("policy", "may", KEY_LIST, CONFIG_GATEWAY, NULL, "capture, stop-any, replace, pin, cleanup", rights),

	PLAIN("filter", "expr", KEY_TEXT, CONFIG_CAPBUS | CONFIG_GATEWAY, NULL, "what @NAME stands for"),
	PLAIN("filter", "about", KEY_TEXT, CONFIG_CAPBUS | CONFIG_GATEWAY, NULL, "what it is for"),

	RANGE("retention", "days", KEY_INTEGER, CONFIG_REPORT, NULL, "older captures are deleted", 1, 36500),
	RANGE("retention", "bytes_max", KEY_BYTES, CONFIG_REPORT, NULL,
	      "the oldest above this are deleted", 0, INT64_MAX),
};
const size_t key_table_count = sizeof(key_table) / sizeof(key_table[0]);

static const struct {
	const char *name;
	enum key_table_forms form;
} sections[] = {
	{ "kafka", KEYS_FIXED },
	{ "capbus", KEYS_FIXED },
	{ "limits", KEYS_FIXED },
	{ "capture", KEYS_FIXED },
	{ "upload", KEYS_FIXED },
	{ "folder", KEYS_FIXED },
	{ "cloudshark", KEYS_FIXED },
	{ "s3", KEYS_FIXED },
	{ "slack", KEYS_FIXED },
	{ "policy", KEYS_FAMILY },
	{ "filter", KEYS_FAMILY },
	{ "retention", KEYS_BOTH },
};

#define BY_FILE "a secret is only ever a file: write "

/* The names that an older librdkafka property has as well stand beside it. */
static const struct {
	const char *property;
	const char *why;
} refusals[] = {
	{ "acks", "every record is written with acks=all" },
	{ "request.required.acks", "every record is written with acks=all" },
	{ "enable.auto.commit", "offsets are stored as work is done, and committed by librdkafka" },
	{ "auto.commit.enable", "offsets are stored as work is done, and committed by librdkafka" },
	{ "enable.auto.offset.store", "offsets are stored as work is done" },
	{ "enable.idempotence", "the producer is always idempotent" },
	{ "partitioner", "a target's partition is always murmur2 of its name" },
	{ "plugin.library.paths", "no foreign code is loaded" },
	{ "group.id", "a stage's group is [capbus] topic_prefix and its name" },
	{ "sasl.password", BY_FILE "sasl.password_file" },
	{ "ssl.key.password", BY_FILE "ssl.key.password_file" },
	{ "ssl.key.pem", BY_FILE "ssl.key.location" },
	{ "ssl.keystore.password", BY_FILE "ssl.key.location and ssl.key.password_file" },
};

const struct key *key_table_find(const char *section, const char *name)
{
	for (size_t i = 0; i < key_table_count; i++)
		if (text_equal(key_table[i].section, section) && text_equal(key_table[i].name, name))
			return &key_table[i];
	return NULL;
}

const char *key_table_section(size_t index)
{
	return index < sizeof(sections) / sizeof(sections[0]) ? sections[index].name : NULL;
}

enum key_table_forms key_table_form(const char *section)
{
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
		if (text_equal(sections[i].name, section))
			return sections[i].form;
	return KEYS_NO_SECTION;
}

const char *key_table_kafka_refusal(const char *property)
{
	if (key_table_find("kafka", property))
		return NULL;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		if (text_equal_nocase(refusals[i].property, property))
			return refusals[i].why;
	/* Such as sasl.oauthbearer.client.secret, and what newer releases will bring. */
	if (strcasestr(property, "secret") || strcasestr(property, "password"))
		return "a secret is only ever a file, and this one has no `_file` form";
	return NULL;
}

static int refuse(struct error *error, const char *value, const char *what)
{
	return error_set(error, ERROR_BROKEN, WORD_config_invalid, "`%.80s` is not %s", value, what);
}

static int judge_integer(const struct key *key, const char *value, struct error *error)
{
	int64_t number;
	if (text_to_integer(value, key->minimum, key->maximum, &number) == 0)
		return 0;
	if (key->maximum == INT64_MAX)
		return error_set(error, ERROR_BROKEN, WORD_config_invalid,
				 "`%.80s` is not a whole number of at least %" PRId64, value, key->minimum);
	return error_set(error, ERROR_BROKEN, WORD_config_invalid,
			 "`%.80s` is not a whole number from %" PRId64 " to %" PRId64, value, key->minimum,
			 key->maximum);
}

static int judge_bytes(const struct key *key, const char *value, struct error *error)
{
	int64_t bytes;
	if (text_to_bytes(value, &bytes) < 0)
		return refuse(error, value, "a number of bytes such as 900000, 100M or 4G");
	if (bytes < key->minimum)
		return error_set(error, ERROR_BROKEN, WORD_config_invalid, "`%.80s` is below %" PRId64 " bytes",
				 value, key->minimum);
	if (bytes > key->maximum)
		return error_set(error, ERROR_BROKEN, WORD_config_invalid, "`%.80s` is above %" PRId64 " bytes",
				 value, key->maximum);
	return 0;
}

static int boolean_value(const char *value)
{
	static const char *const words[] = { "no", "yes", "false", "true", "off", "on", "0", "1" };
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (text_equal_nocase(words[i], value))
			return i % 2 == 1;
	return -1;
}

static int judge_word(const struct key *key, const char *value, struct error *error)
{
	size_t count = 0;
	char all[256] = "";
	for (; key->words[count]; count++) {
		if (text_equal(key->words[count], value))
			return 0;
		size_t used = strlen(all);
		text_format(all + used, sizeof(all) - used, "%s%s", count ? ", " : "", key->words[count]);
	}
	const char *near = text_nearest(value, key->words, count);
	if (near)
		return error_set(error, ERROR_BROKEN, WORD_config_invalid, "`%.80s`: did you mean `%s`?", value,
				 near);
	return error_set(error, ERROR_BROKEN, WORD_config_invalid, "`%.80s` is none of %s", value, all);
}

static int judge_list(const struct key *key, const char *value, struct error *error)
{
	if (!key->words)
		return 0;
	while (*value) {
		char item[128];
		value += strspn(value, ", \t");
		size_t size = strcspn(value, ",");
		while (size && strchr(" \t", value[size - 1]))
			size--;
		if (!size)
			continue;
		text_copy_bytes(item, sizeof(item), value, size);
		if (judge_word(key, item, error) < 0)
			return -1;
		value += size;
	}
	return 0;
}

static int judge_address(const char *value, struct error *error)
{
	const char *colon = strrchr(value, ':');
	int64_t port;
	bool host = colon && colon > value &&
		    (value[0] == '[' ? colon[-1] == ']' : memchr(value, ':', (size_t)(colon - value)) == NULL);
	if (!host || text_to_integer(colon + 1, 0, 65535, &port) < 0)
		return refuse(error, value, "HOST:PORT, such as 127.0.0.1:9472 or [::1]:9472");
	return 0;
}

static bool is_prefix(const char *value, size_t maximum)
{
	size_t size = strlen(value);
	return size <= maximum &&
	       strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == size;
}

int key_table_judge(const struct key *key, const char *value, struct error *error)
{
	switch (key->type) {
	case KEY_TEXT:
		return 0;
	case KEY_ID:
		if (text_is_id(value) && strlen(value) <= (size_t)key->maximum)
			return 0;
		return error_set(error, ERROR_BROKEN, WORD_config_invalid,
				 "`%.80s` is not a name of at most %" PRId64 " letters, digits, `.`, `_` and `-`",
				 value, key->maximum);
	case KEY_PREFIX:
		return is_prefix(value, (size_t)key->maximum)
			       ? 0
			       : refuse(error, value, "a prefix of letters, digits, `.`, `_` and `-`");
	case KEY_INTEGER:
		return judge_integer(key, value, error);
	case KEY_BYTES:
		return judge_bytes(key, value, error);
	case KEY_BOOLEAN:
		return boolean_value(value) >= 0 ? 0 : refuse(error, value, "yes or no");
	case KEY_WORD:
		return judge_word(key, value, error);
	case KEY_LIST:
		return judge_list(key, value, error);
	case KEY_ADDRESS:
		return judge_address(value, error);
	case KEY_URL:
		if (text_starts(value, "http://") || text_starts(value, "https://"))
			return 0;
		return refuse(error, value, "an address that begins with https:// or http://");
	}
	return -1;
}

int64_t key_table_number(const struct key *key, const char *value)
{
	int64_t number = 0;
	if (key->type == KEY_BYTES)
		text_to_bytes(value, &number);
	else if (key->type == KEY_BOOLEAN)
		number = boolean_value(value);
	else
		text_to_integer(value, INT64_MIN, INT64_MAX, &number);
	return number;
}
