/* From what people write to a row of the table. Everything that can be misspelt is compared with all that could have
 * been meant there. */
#include "config/lookup.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"

#define PREFIX "CAPBUS__"

static int refuse(struct error *error, const char *text)
{
	return error_set(error, ERROR_BROKEN, WORD_config_invalid, "%s", text);
}

bool lookup_family(const char *section, char family[static LOOKUP_SECTION_SIZE], bool *ret_named)
{
	size_t length = strcspn(section, " ");
	bool fits = text_copy_bytes(family, LOOKUP_SECTION_SIZE, section, length);
	const char *name = section + length;
	*ret_named = name[strspn(name, " ")] != 0;
	enum key_table_forms form = key_table_form(family);
	return fits && (form == KEYS_BOTH || form == (*ret_named ? KEYS_FAMILY : KEYS_FIXED));
}

int lookup_section(const char *section, struct error *error)
{
	char family[LOOKUP_SECTION_SIZE], text[512];
	bool named;
	if (lookup_family(section, family, &named))
		return 0;
	const char *known[32];
	size_t count = 0;
	for (; count < sizeof(known) / sizeof(known[0]) && key_table_section(count); count++)
		known[count] = key_table_section(count);
	const char *near = text_nearest(family, known, count);
	enum key_table_forms form = key_table_form(family);
	if (form == KEYS_FAMILY)
		TEXT_FORMAT(text, "the section [%s] needs a name, such as [%s noc]", family, family);
	else if (form == KEYS_FIXED)
		TEXT_FORMAT(text, "the section [%s] takes no name, write [%s]", section, family);
	else if (near)
		TEXT_FORMAT(text, "there is no section [%s], did you mean [%s]?", section, near);
	else
		TEXT_FORMAT(text, "there is no section [%s]", section);
	return refuse(error, text);
}

/* Why [section] has no such key. */
static int refuse_key(const char *section, const char *family, const char *name, struct error *error)
{
	const char *known[128];
	size_t count = 0;
	const char *elsewhere = NULL;
	for (size_t i = 0; i < key_table_count; i++) {
		if (text_equal(key_table[i].section, family) && count < sizeof(known) / sizeof(known[0]))
			known[count++] = key_table[i].name;
		else if (text_equal(key_table[i].name, name))
			elsewhere = key_table[i].section;
	}
	const char *near = text_nearest(name, known, count);
	char file[LOOKUP_NAME_SIZE], text[512];
	TEXT_FORMAT(file, "%.100s_file", name);
	if (key_table_find(family, file))
		TEXT_FORMAT(text, "[%s] has no key `%s`: a secret is only ever a file, write `%s`", section, name,
			    file);
	else if (near)
		TEXT_FORMAT(text, "[%s] has no key `%s`, did you mean `%s`?", section, name, near);
	else if (elsewhere)
		TEXT_FORMAT(text, "[%s] has no key `%s`, it is one of [%s]", section, name, elsewhere);
	else
		TEXT_FORMAT(text, "[%s] has no key `%s`", section, name);
	return refuse(error, text);
}

int lookup_key(const char *section, const char *name, const struct key **ret_key, struct error *error)
{
	char family[LOOKUP_SECTION_SIZE];
	bool named;
	if (lookup_section(section, error) < 0)
		return -1;
	lookup_family(section, family, &named);
	const struct key *key = key_table_find(family, name);
	if (!key && !text_equal(family, "kafka"))
		return refuse_key(section, family, name, error);
	const char *why = key ? NULL : key_table_kafka_refusal(name);
	if (why)
		return error_set(error, ERROR_BROKEN, WORD_config_invalid, "[kafka] %s cannot be set: %s", name, why);
	*ret_key = key;
	return 0;
}

void lookup_to_variable(const char *section, const char *name, char to[static LOOKUP_NAME_SIZE])
{
	text_format(to, LOOKUP_NAME_SIZE, PREFIX "%s__%s", section, name);
	for (char *at = to; *at; at++) {
		if (*at >= 'a' && *at <= 'z')
			*at = (char)(*at - 'a' + 'A');
		else if (*at == '.' || *at == '-')
			*at = '_';
	}
}

static void to_property(char *to, size_t size, const char *from)
{
	text_copy(to, size, from);
	for (char *at = to; *at; at++) {
		if (*at >= 'A' && *at <= 'Z')
			*at = (char)(*at - 'A' + 'a');
		else if (*at == '_')
			*at = '.';
	}
}

static int refuse_variable(const char *variable, struct error *error)
{
	char(*rows)[LOOKUP_NAME_SIZE] = memory_array(key_table_count, sizeof(*rows));
	const char **known = memory_array(key_table_count, sizeof(*known));
	for (size_t i = 0; i < key_table_count; i++) {
		if (key_table_form(key_table[i].section) == KEYS_FAMILY)
			continue;
		lookup_to_variable(key_table[i].section, key_table[i].name, rows[i]);
		known[i] = rows[i] + strlen(PREFIX);
	}
	const char *near = text_nearest(variable + strlen(PREFIX), known, key_table_count);
	char text[512];
	if (near)
		TEXT_FORMAT(text, "there is no such key, did you mean " PREFIX "%s?", near);
	else
		TEXT_FORMAT(text, "there is no such key; one is written " PREFIX "SECTION__KEY");
	free(known);
	free(rows);
	return refuse(error, text);
}

int lookup_variable(const char *variable, char ret_section[static LOOKUP_SECTION_SIZE],
		    char ret_name[static LOOKUP_NAME_SIZE], struct error *error)
{
	const char *rest = variable + strlen(PREFIX);
	for (size_t i = 0; i < key_table_count; i++) {
		char known[LOOKUP_NAME_SIZE];
		lookup_to_variable(key_table[i].section, key_table[i].name, known);
		if (key_table_form(key_table[i].section) != KEYS_FAMILY && text_equal(known, variable)) {
			text_copy(ret_section, LOOKUP_SECTION_SIZE, key_table[i].section);
			text_copy(ret_name, LOOKUP_NAME_SIZE, key_table[i].name);
			return 0;
		}
	}
	if (!text_starts(rest, "KAFKA__") || !rest[strlen("KAFKA__")] || strlen(rest) >= LOOKUP_NAME_SIZE)
		return refuse_variable(variable, error);
	text_copy(ret_section, LOOKUP_SECTION_SIZE, "kafka");
	to_property(ret_name, LOOKUP_NAME_SIZE, rest + strlen("KAFKA__"));
	return 0;
}
