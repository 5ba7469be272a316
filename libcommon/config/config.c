/* The configuration: values by section and key, from four layers.
 *
 * A layer only puts values down, with where they came from; config_judge then looks at what is left on top. So a
 * wrong value in the file does no harm where --set replaces it, and every problem is found in one go. */
#include "config/config.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/ini.h"
#include "config/key_table.h"
#include "config/lookup.h"
#include "core/memory.h"
#include "core/text.h"

struct value {
	char *section;         /* "limits", "policy noc", "kafka" */
	char *name;
	char *text;
	char *where;
	const struct key *key; /* NULL: a property of librdkafka */
	bool standard;         /* nobody set it */
	char **items;          /* KEY_LIST, once judged */
	size_t items_count;
};

struct config {
	enum config_program program;
	size_t values_count;
	struct value *values;
	size_t names_count;    /* of families' sections, in order: "policy noc" */
	char **names;
	size_t problems_count;
	char **problems;
};

static const struct program_row {
	enum config_program program;
	const char *name;
	const char *stage;
	const char *listen;
} programs[] = {
	{ CONFIG_CAPBUS, "capbus", "capbus", NULL },
	{ CONFIG_GATEWAY, "capbus-gateway", "gateway", "127.0.0.1:9471" },
	{ CONFIG_CAPTURE, "capbus-capture", "capture", "127.0.0.1:9472" },
	{ CONFIG_UPLOAD, "capbus-upload", "upload", "127.0.0.1:9473" },
	{ CONFIG_REPORT, "capbus-report", "report", "127.0.0.1:9474" },
};

/* What a program cannot do without; with `store`, where [upload] store has that word. */
static const struct need {
	unsigned programs;
	const char *section;
	const char *name;
	const char *store;
} needs[] = {
	{ CONFIG_GATEWAY | CONFIG_CAPTURE | CONFIG_UPLOAD | CONFIG_REPORT, "kafka", "bootstrap.servers", NULL },
	{ CONFIG_CAPTURE, "capbus", "inventory", NULL },
	{ CONFIG_UPLOAD, "folder", "directory", "folder" },
	{ CONFIG_UPLOAD, "cloudshark", "url", "cloudshark" },
	{ CONFIG_UPLOAD, "cloudshark", "token_file", "cloudshark" },
	{ CONFIG_UPLOAD, "s3", "endpoint", "s3" },
	{ CONFIG_UPLOAD, "s3", "bucket", "s3" },
	{ CONFIG_UPLOAD, "s3", "key_file", "s3" },
	{ CONFIG_GATEWAY, "slack", "app_token_file", NULL },
	{ CONFIG_GATEWAY, "slack", "bot_token_file", NULL },
};

static const struct program_row *program_row(enum config_program program)
{
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
		if (programs[i].program == program)
			return &programs[i];
	abort();
}

const char *config_program_name(enum config_program program)
{
	return program_row(program)->name;
}

const char *config_stage_name(enum config_program program)
{
	return program_row(program)->stage;
}

__attribute__((format(printf, 2, 3))) static void problem(struct config *config, const char *format, ...)
{
	char raw[1024], text[1024];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(raw, sizeof(raw), format, arguments);
	va_end(arguments);
	text_printable(text, sizeof(text), raw, strlen(raw));
	config->problems = memory_resize(config->problems, config->problems_count + 1, sizeof(*config->problems));
	config->problems[config->problems_count++] = memory_text(text);
}

static struct value *find_value(const struct config *config, const char *section, const char *name)
{
	for (size_t i = 0; i < config->values_count; i++)
		if (text_equal(config->values[i].section, section) && text_equal(config->values[i].name, name))
			return &config->values[i];
	return NULL;
}

static void free_value(struct value *value)
{
	for (size_t i = 0; i < value->items_count; i++)
		free(value->items[i]);
	free(value->items);
	free(value->section);
	free(value->name);
	free(value->text);
	free(value->where);
}

/* Over what is there already, and last of its kind. */
static void put_value(struct config *config, const char *section, const char *name, const char *text,
		      const char *where, const struct key *key)
{
	struct value fresh = { .section = memory_text(section),
			       .name = memory_text(name),
			       .text = memory_text(text),
			       .where = memory_text(where),
			       .key = key };
	struct value *old = find_value(config, section, name);
	if (old) {
		free_value(old);
		*old = fresh;
		return;
	}
	config->values = memory_resize(config->values, config->values_count + 1, sizeof(*config->values));
	config->values[config->values_count++] = fresh;
}

static void put_standard(struct config *config, const char *section, const char *name, const char *text)
{
	put_value(config, section, name, text, "the default", key_table_find(section, name));
	find_value(config, section, name)->standard = true;
}

struct config *config_new(enum config_program program)
{
	struct config *config = memory_new(sizeof(*config));
	config->program = program;
	const char *listen = program_row(program)->listen;
	if (listen)
		put_standard(config, "capbus", "status_listen", listen);
	char host[256] = "";
	if (gethostname(host, sizeof(host) - 1) == 0)
		put_standard(config, "capture", "name", host);
	return config;
}

void config_free(struct config *config)
{
	if (!config)
		return;
	for (size_t i = 0; i < config->values_count; i++)
		free_value(&config->values[i]);
	for (size_t i = 0; i < config->names_count; i++)
		free(config->names[i]);
	for (size_t i = 0; i < config->problems_count; i++)
		free(config->problems[i]);
	free(config->values);
	free(config->names);
	free(config->problems);
	free(config);
}

/* Remembers a section of a family: a policy may be there without any key. */
static void add_name(struct config *config, const char *section)
{
	if (!strchr(section, ' '))
		return;
	for (size_t i = 0; i < config->names_count; i++)
		if (text_equal(config->names[i], section))
			return;
	config->names = memory_resize(config->names, config->names_count + 1, sizeof(*config->names));
	config->names[config->names_count++] = memory_text(section);
}

static void put(struct config *config, const char *section, const char *name, const char *text, const char *where)
{
	const struct key *key;
	struct error error;
	if (lookup_key(section, name, &key, &error) < 0) {
		problem(config, "%s: %s", where, error.text);
		return;
	}
	add_name(config, section);
	put_value(config, section, name, text, where, key);
}

static void put_section(struct config *config, const char *file, const struct ini_section *section)
{
	char where[512];
	struct error error;
	if (lookup_section(section->name, &error) < 0) {
		problem(config, "%s:%d: %s", file, section->line, error.text);
		return;
	}
	add_name(config, section->name);
	for (size_t i = 0; i < section->count; i++) {
		const struct ini_key *key = &section->keys[i];
		TEXT_FORMAT(where, "%s:%d", file, key->line);
		put(config, section->name, key->name, key->value, where);
	}
}

static void put_ini(struct config *config, struct ini *ini)
{
	for (size_t i = 0; i < ini->count; i++)
		put_section(config, ini->file, &ini->sections[i]);
	ini_free(ini);
}

void config_read_file(struct config *config, const char *path)
{
	struct ini *ini;
	struct error error;
	if (ini_read_file(path, &ini, &error) < 0)
		problem(config, "%s", error.text);
	else
		put_ini(config, ini);
}

void config_read_text(struct config *config, const char *file, const char *text, size_t size)
{
	struct ini *ini;
	struct error error;
	if (ini_read_text(file, text, size, &ini, &error) < 0)
		problem(config, "%s", error.text);
	else
		put_ini(config, ini);
}

void config_set(struct config *config, const char *assignment)
{
	char section[LOOKUP_SECTION_SIZE], name[LOOKUP_NAME_SIZE];
	const char *dot = strchr(assignment, '.');
	const char *equals = strchr(assignment, '=');
	bool fits = dot && equals && dot > assignment && equals > dot + 1 &&
		    text_copy_bytes(section, sizeof(section), assignment, (size_t)(dot - assignment)) &&
		    text_copy_bytes(name, sizeof(name), dot + 1, (size_t)(equals - dot - 1));
	if (!fits) {
		/* Not the whole of it: what follows `=` could be a secret. */
		problem(config, "--set `%.*s`: write SECTION.KEY=VALUE", (int)strcspn(assignment, "="), assignment);
		return;
	}
	put(config, section, name, equals + 1, "--set");
}

const char *config_problem(const struct config *config, size_t index)
{
	return index < config->problems_count ? config->problems[index] : NULL;
}

int config_ok(const struct config *config, struct error *error)
{
	if (config->problems_count == 0)
		return 0;
	if (config->problems_count == 1)
		return error_set(error, ERROR_BROKEN, WORD_config_invalid, "%s", config->problems[0]);
	return error_set(error, ERROR_BROKEN, WORD_config_invalid, "%s (and %zu more; --check tells them all)",
			 config->problems[0], config->problems_count - 1);
}

void config_read_environment(struct config *config, char *const *environment)
{
	for (; *environment; environment++) {
		char variable[256], where[320], section[LOOKUP_SECTION_SIZE], name[LOOKUP_NAME_SIZE];
		const char *equals = strchr(*environment, '=');
		if (!equals || !text_starts(*environment, "CAPBUS__"))
			continue;
		text_copy_bytes(variable, sizeof(variable), *environment, (size_t)(equals - *environment));
		TEXT_FORMAT(where, "%s in the environment", variable);
		struct error error;
		if (lookup_variable(variable, section, name, &error) < 0)
			problem(config, "%s: %s", where, error.text);
		else
			put(config, section, name, equals + 1, where);
	}
}

static void split_items(struct value *value)
{
	const char *at = value->text;
	while (*at) {
		at += strspn(at, ", \t");
		size_t size = strcspn(at, ",");
		const char *next = at + size;
		while (size && strchr(" \t", at[size - 1]))
			size--;
		if (size) {
			value->items = memory_resize(value->items, value->items_count + 1, sizeof(*value->items));
			value->items[value->items_count++] = memory_format("%.*s", (int)size, at);
		}
		at = next;
	}
}

/* True where the value may stay. */
static bool judge_value(struct config *config, struct value *value)
{
	struct error error;
	if (!value->key || key_table_judge(value->key, value->text, &error) == 0) {
		if (value->key && value->key->type == KEY_LIST)
			split_items(value);
		return true;
	}
	problem(config, "%s: [%s] %s: %s", value->where, value->section, value->name, error.text);
	return false;
}

static void judge_values(struct config *config)
{
	size_t kept = 0;
	for (size_t i = 0; i < config->values_count; i++) {
		/* The host's name is the name of a capture worker; others do not mind what it is. */
		const struct value *value = &config->values[i];
		bool matters = !value->standard || (config->program & value->key->programs);
		if (matters && judge_value(config, &config->values[i]))
			config->values[kept++] = config->values[i];
		else
			free_value(&config->values[i]);
	}
	config->values_count = kept;
}

/* The rows' defaults, where nobody said anything. */
static void add_standards(struct config *config)
{
	for (size_t i = 0; i < key_table_count; i++)
		if (key_table[i].standard && !find_value(config, key_table[i].section, key_table[i].name))
			put_standard(config, key_table[i].section, key_table[i].name, key_table[i].standard);
}

void config_judge(struct config *config)
{
	judge_values(config);
	size_t set_count = config->values_count;
	add_standards(config);
	for (size_t i = set_count; i < config->values_count; i++)
		judge_value(config, &config->values[i]);
	for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++) {
		struct error error;
		bool wanted = (needs[i].programs & config->program) &&
			      (!needs[i].store || config_list_has(config, "upload", "store", needs[i].store));
		if (wanted && config_require(config, needs[i].section, needs[i].name, &error) < 0)
			problem(config, "%s", error.text);
	}
}

/* The value, NULL where there is none; aborts where the table has no such key. */
static const struct value *ask_any(const struct config *config, const char *section, const char *name)
{
	const struct key *key;
	if (lookup_key(section, name, &key, NULL) < 0)
		abort();
	return find_value(config, section, name);
}

/* Aborts as well where the key is of none of these types (bits by key_type). */
static const struct value *ask(const struct config *config, const char *section, const char *name, unsigned types)
{
	const struct key *key;
	if (lookup_key(section, name, &key, NULL) < 0 || (key && !(types & 1u << key->type)))
		abort();
	return find_value(config, section, name);
}

static const unsigned texts =
	1u << KEY_TEXT | 1u << KEY_ID | 1u << KEY_PREFIX | 1u << KEY_WORD | 1u << KEY_ADDRESS | 1u << KEY_URL;

const char *config_text(const struct config *config, const char *section, const char *key)
{
	const struct value *value = ask(config, section, key, texts);
	return value ? value->text : "";
}

int64_t config_integer(const struct config *config, const char *section, const char *key)
{
	const struct value *value = ask(config, section, key, 1u << KEY_INTEGER);
	return value ? key_table_number(value->key, value->text) : 0;
}

int64_t config_bytes(const struct config *config, const char *section, const char *key)
{
	const struct value *value = ask(config, section, key, 1u << KEY_BYTES);
	return value ? key_table_number(value->key, value->text) : 0;
}

bool config_boolean(const struct config *config, const char *section, const char *key)
{
	const struct value *value = ask(config, section, key, 1u << KEY_BOOLEAN);
	return value && key_table_number(value->key, value->text);
}

const char *config_list(const struct config *config, const char *section, const char *key, size_t index)
{
	const struct value *value = ask(config, section, key, 1u << KEY_LIST);
	return value && index < value->items_count ? value->items[index] : NULL;
}

bool config_list_has(const struct config *config, const char *section, const char *key, const char *item)
{
	const struct value *value = ask(config, section, key, 1u << KEY_LIST);
	for (size_t i = 0; value && i < value->items_count; i++)
		if (text_equal(value->items[i], item))
			return true;
	return false;
}

bool config_is_set(const struct config *config, const char *section, const char *key)
{
	const struct value *value = ask_any(config, section, key);
	return value && !value->standard;
}

const char *config_where(const struct config *config, const char *section, const char *key)
{
	const struct value *value = ask_any(config, section, key);
	return value ? value->where : "the default";
}

int config_require(const struct config *config, const char *section, const char *key, struct error *error)
{
	const struct value *value = ask_any(config, section, key);
	if (value && value->text[0])
		return 0;
	char variable[LOOKUP_NAME_SIZE];
	lookup_to_variable(section, key, variable);
	return error_set(error, ERROR_BROKEN, WORD_config_invalid,
			 "[%s] %s is missing: write it into the configuration, or set %s or --set %s.%s=…", section,
			 key, variable, section, key);
}

const char *config_name(const struct config *config, const char *family, size_t index)
{
	size_t length = strlen(family);
	for (size_t i = 0; i < config->names_count; i++) {
		const char *name = config->names[i];
		if (text_starts(name, family) && name[length] == ' ' && index-- == 0)
			return name + length + 1;
	}
	return NULL;
}

bool config_kafka(const struct config *config, size_t index, const char **ret_name, const char **ret_value,
		  const char **ret_where)
{
	for (size_t i = 0; i < config->values_count; i++) {
		const struct value *value = &config->values[i];
		if (!text_equal(value->section, "kafka") || index-- != 0)
			continue;
		*ret_name = value->name;
		*ret_value = value->text;
		*ret_where = value->where;
		return true;
	}
	return false;
}

void config_print_keys(enum config_program program, FILE *to)
{
	fprintf(to, "\n[kafka] takes any property of librdkafka; bootstrap.servers must be set.\n");
	const char *section = "";
	for (size_t i = 0; i < key_table_count; i++) {
		const struct key *key = &key_table[i];
		if (!(key->programs & program))
			continue;
		bool family = key_table_form(key->section) == KEYS_FAMILY;
		if (!text_equal(section, key->section))
			fprintf(to, "\n[%s%s]\n", key->section, family ? " NAME" : "");
		section = key->section;
		fprintf(to, "  %-22s %s", key->name, key->about);
		if (key->standard)
			fprintf(to, " (default: %s)", key->standard);
		fputc('\n', to);
	}
}
