/* The table of keys, and the small grammars of their values. */
#include "target/keys.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"

static const struct {
	const char *name;
	enum keys_kind kind;
} kinds[] = { { "slx", KEYS_SLX }, { "ssh", KEYS_SSH }, { "local", KEYS_LOCAL } };

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]), PARALLEL_MAX = 256 };

typedef int judge_value(const struct keys_place *place, const char *key, const char *value, struct error *error);
static judge_value is_text, is_name, is_parallel, is_interface, is_mirror, is_sessions, is_ports;

/* A row of `of` kind ssh stands for the host itself; the same with guest_ in front for a switch's guest. */
#define SSH_KEYS(prefix, of)                                                                                    \
	{ prefix "user", (of), 0, NULL, is_text }, { prefix "password_file", (of), 0, NULL, is_text },          \
	{ prefix "key_file", (of), 0, NULL, is_text }, { prefix "known_hosts", (of), 0, NULL, is_text },        \
	{ prefix "jump", (of), 0, NULL, is_name }, { prefix "kex", (of), 0, NULL, is_text },                    \
	{ prefix "host_keys", (of), 0, NULL, is_text }, { prefix "ciphers", (of), 0, NULL, is_text },           \
	{ prefix "macs", (of), 0, NULL, is_text }, { prefix "user_key_types", (of), 0, NULL, is_text }

static const struct keys_row keys[] = {
	{ "kind", KEYS_ALL, KEYS_ALL, NULL, is_text },
	{ "worker", KEYS_ALL, KEYS_LOCAL, NULL, is_name },
	{ "disabled", KEYS_ALL, 0, NULL, is_text },
	{ "parallel", KEYS_ALL, 0, NULL, is_parallel },
	{ "interface", KEYS_SSH | KEYS_LOCAL, KEYS_SSH | KEYS_LOCAL, NULL, is_interface },
	{ "host", KEYS_SLX | KEYS_SSH, KEYS_SLX | KEYS_SSH, NULL, is_text },
	SSH_KEYS("", KEYS_SLX | KEYS_SSH),
	SSH_KEYS("guest_", KEYS_SLX),
	{ "guest", KEYS_SLX, 0, NULL, is_text },
	{ "guest_interface", KEYS_SLX, 0, "eth1", is_interface },
	{ "ports", KEYS_SLX, 0, NULL, is_ports },
	{ "enable_file", KEYS_SLX, 0, NULL, is_text },
	{ "mirror", KEYS_SLX, 0, "session", is_mirror },
	{ "sessions", KEYS_SLX, 0, "500-507", is_sessions },
	{ "insight", KEYS_SLX, 0, "auto", is_text },
};

enum { KEYS = sizeof(keys) / sizeof(keys[0]) };

/* The templates of a switch's command lines have names of their own. */
static const char template_prefix[] = "cli_";

/* ---- messages ---- */

int keys_refuse(const struct keys_place *place, struct error *error, const char *format, ...)
{
	char sentence[400];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(sentence, sizeof sentence, format, arguments);
	va_end(arguments);
	return error_set(error, ERROR_BROKEN, WORD_config_invalid, "%s:%d: %s", place->file, place->line, sentence);
}

int keys_refuse_word(const struct keys_place *place, struct error *error, const char *what, const char *word,
		     const char *const *known, size_t count)
{
	const char *nearest = text_nearest(word, known, count);

	return nearest ? keys_refuse(place, error, "unknown %s `%s`: did you mean `%s`?", what, word, nearest)
		       : keys_refuse(place, error, "unknown %s `%s`", what, word);
}

/* ---- what values must look like ---- */

static int is_text(const struct keys_place *place, const char *key, const char *value, struct error *error)
{
	if (value[0] == '\0')
		return keys_refuse(place, error, "`%s` is empty; leave the line out, or say what it is", key);
	return 0;
}

static int is_name(const struct keys_place *place, const char *key, const char *value, struct error *error)
{
	if (!text_is_id(value))
		return keys_refuse(place, error, "`%s = %s` is no name: letters, digits, dot, dash and underscore, "
				   "at most 64", key, value);
	return 0;
}

int keys_to_parallel(const char *text, int64_t *ret_parallel)
{
	return text_to_integer(text, 1, PARALLEL_MAX, ret_parallel);
}

static int is_parallel(const struct keys_place *place, const char *key, const char *value, struct error *error)
{
	int64_t ignored;

	if (keys_to_parallel(value, &ignored) < 0)
		return keys_refuse(place, error, "`%s = %s` is no number from 1 to %d", key, value, PARALLEL_MAX);
	return 0;
}

static int is_interface(const struct keys_place *place, const char *key, const char *value, struct error *error)
{
	size_t length = strlen(value);

	if (length == 0 || length > 15 || value[0] == '-' || strpbrk(value, " \t/") ||
	    !text_is_printable(value, length))
		return keys_refuse(place, error, "`%s = %s` cannot be an interface's name: 1 to 15 characters "
				   "without blank or slash", key, value);
	return 0;
}

static int is_mirror(const struct keys_place *place, const char *key, const char *value, struct error *error)
{
	if (!text_equal(value, "session") && !text_equal(value, "acl"))
		return keys_refuse(place, error, "`%s = %s` is neither session nor acl", key, value);
	return 0;
}

static int is_sessions(const struct keys_place *place, const char *key, const char *value, struct error *error)
{
	int first, last, used = 0;

	if (sscanf(value, "%5d-%5d%n", &first, &last, &used) != 2 || value[used] != '\0' || first < 1 || last < first)
		return keys_refuse(place, error, "`%s = %s` is no range of session numbers such as 500-507", key,
				   value);
	return 0;
}

int keys_each(const char *list, int (*take)(void *context, const char *item), void *context)
{
	CLEANUP_FREE char *copy = memory_text(list);
	char *rest = copy, *item;

	while ((item = strsep(&rest, ","))) {
		size_t length;
		item += strspn(item, " \t");
		for (length = strlen(item); length > 0 && strchr(" \t", item[length - 1]); length--)
			item[length - 1] = '\0';
		if (take(context, item) < 0)
			return -1;
	}
	return 0;
}

static int take_port(void *context, const char *item)
{
	struct record_ports *ports = context;
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/:.-";
	size_t length = strlen(item);

	if (length == 0 || length >= RECORD_PORT_SIZE || item[0] == '-' || strspn(item, allowed) != length ||
	    ports->count == RECORD_PORTS_MAX)
		return -1;
	text_copy(ports->items[ports->count++], RECORD_PORT_SIZE, item);
	return 0;
}

int keys_to_ports(const char *text, struct record_ports *ret_ports)
{
	struct record_ports ports = { 0 };

	if (keys_each(text, take_port, &ports) < 0)
		return -1;
	*ret_ports = ports;
	return 0;
}

static int is_ports(const struct keys_place *place, const char *key, const char *value, struct error *error)
{
	struct record_ports ignored;

	if (keys_to_ports(value, &ignored) < 0)
		return keys_refuse(place, error, "`%s = %s` is no list of at most %d ports such as 0/1,0/49:1,po10",
				   key, value, RECORD_PORTS_MAX);
	return 0;
}

/* ---- sections and keys ---- */

const struct keys_row *keys_at(size_t index)
{
	return index < KEYS ? &keys[index] : NULL;
}

bool keys_is_template(const char *name)
{
	return text_starts(name, template_prefix);
}

const struct keys_row *keys_find(const char *name)
{
	for (size_t i = 0; i < KEYS; i++)
		if (text_equal(keys[i].name, name))
			return &keys[i];
	return NULL;
}

int keys_kind(const struct keys_place *place, const char *name, unsigned *ret_kind, struct error *error)
{
	const char *known[KINDS];

	for (size_t i = 0; i < KINDS; i++) {
		known[i] = kinds[i].name;
		if (text_equal(kinds[i].name, name)) {
			*ret_kind = (unsigned)kinds[i].kind;
			return 0;
		}
	}
	return keys_refuse_word(place, error, "kind", name, known, KINDS);
}

static int refuse_key(const struct keys_place *place, const char *name, unsigned of, struct error *error)
{
	const char *known[KEYS];

	for (size_t i = 0; i < KEYS; i++)
		known[i] = keys[i].kinds & of ? keys[i].name : NULL;
	return keys_refuse_word(place, error, "key", name, known, KEYS);
}

int keys_check(const struct ini *ini, const struct ini_section *section, unsigned of, struct error *error)
{
	for (size_t i = 0; i < section->count; i++) {
		const struct ini_key *it = &section->keys[i];
		struct keys_place place = { ini->file, it->line };
		const struct keys_row *key = keys_find(it->name);
		bool is_template = (of & KEYS_SLX) && keys_is_template(it->name);
		if (!is_template && (!key || !(key->kinds & of)))
			return refuse_key(&place, it->name, of, error);
		if ((is_template ? is_text : key->judge)(&place, it->name, it->value, error) < 0)
			return -1;
	}
	return 0;
}
