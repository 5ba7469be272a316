/* INI files, read by inih behind a reader of our own.
 *
 * inih says neither where a section begins nor on which line a key stands, cuts long section names and splits long
 * lines silently. So it is given one clean line at a time: what cannot be taken is found here, before inih sees it,
 * and the line that inih speaks of is always the last one that it was given. */
#include "config/ini.h"

#include <ini.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/file.h"
#include "core/memory.h"
#include "core/text.h"

struct reading {
	struct ini *ini;
	const char *next;
	const char *end;
	int line;
	bool failed;
	struct error *error;
};

__attribute__((format(printf, 2, 3))) static void fail(struct reading *reading, const char *format, ...)
{
	if (reading->failed)
		return;
	reading->failed = true;
	char text[512];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	error_set(reading->error, ERROR_BROKEN, WORD_config_invalid, "%s:%d: %s", reading->ini->file, reading->line,
		  text);
}

/* Room for one more, doubling. */
static void *grow(void *items, size_t count, size_t size)
{
	return count & (count - 1) ? items : memory_resize(items, count ? 2 * count : 1, size);
}

static bool take_section(struct reading *reading, const char *line, size_t size)
{
	const char *close = memchr(line, ']', size);
	if (!close) {
		fail(reading, "the `]` of the section is missing");
		return false;
	}
	const char *rest = close + 1;
	rest += strspn(rest, " ");
	if (rest < line + size && *rest != ';' && *rest != '#') {
		fail(reading, "there is something behind `]`");
		return false;
	}
	const char *name = line + 1;
	size_t length = (size_t)(close - name);
	while (length && *name == ' ')
		name++, length--;
	while (length && name[length - 1] == ' ')
		length--;
	if (!length || length > INI_NAME_MAX) {
		fail(reading, "%s",
		     length ? "the name of the section is too long" : "the name of the section is missing");
		return false;
	}
	struct ini *ini = reading->ini;
	ini->sections = grow(ini->sections, ini->count, sizeof(*ini->sections));
	ini->sections[ini->count++] = (struct ini_section){
		.name = memory_format("%.*s", (int)length, name), .line = reading->line };
	return true;
}

/* The next line, without the blanks around it; NULL at the end or when it cannot be taken. */
static const char *next_line(struct reading *reading, char *line)
{
	if (reading->failed || reading->next == reading->end)
		return NULL;
	size_t left = (size_t)(reading->end - reading->next);
	const char *from = reading->next;
	const char *newline = memchr(from, '\n', left);
	size_t size = newline ? (size_t)(newline - from) : left;
	reading->next += newline ? size + 1 : size;
	reading->line++;
	if (reading->line == 1 && size >= 3 && memcmp(from, "\xef\xbb\xbf", 3) == 0)
		from += 3, size -= 3;
	while (size && strchr(" \t\r", from[size - 1]) && from[size - 1])
		size--;
	while (size && (*from == ' ' || *from == '\t'))
		from++, size--;
	if (size && (*from == ';' || *from == '#'))
		size = 0; /* a comment may be of any length and in any encoding */
	if (size > INI_LINE_MAX) {
		fail(reading, "the line is longer than %d bytes", INI_LINE_MAX);
		return NULL;
	}
	for (size_t i = 0; i < size; i++)
		line[i] = from[i] == '\t' ? ' ' : from[i];
	line[size] = 0;
	if (!text_is_printable(line, size)) {
		fail(reading, "the line holds a control character, or is not UTF-8");
		return NULL;
	}
	return line;
}

/* inih's ini_reader: like fgets. */
static char *give_line(char *to, int to_size, void *context)
{
	struct reading *reading = context;
	char line[INI_LINE_MAX + 1];
	if (!next_line(reading, line))
		return NULL;
	const char *given = line;
	if (line[0] == '[') {
		if (!take_section(reading, line, strlen(line)))
			return NULL;
		given = "[section]"; /* which it is we know; inih would cut a long name */
	}
	if (!text_format(to, (size_t)to_size, "%s\n", given)) {
		fail(reading, "the line is longer than %d bytes", to_size - 2);
		return NULL;
	}
	return to;
}

/* inih's ini_handler: 1 goes on. */
static int take_key(void *context, const char *inih_section, const char *name, const char *value)
{
	(void)inih_section;
	struct reading *reading = context;
	struct ini *ini = reading->ini;
	if (!ini->count) {
		fail(reading, "`%s` stands outside a section: a `[section]` must come first", name);
		return 0;
	}
	if (!name[0] || strlen(name) > INI_NAME_MAX) {
		fail(reading, "%s", name[0] ? "the name of the key is too long" : "the name of the key is missing");
		return 0;
	}
	struct ini_section *section = &ini->sections[ini->count - 1];
	section->keys = grow(section->keys, section->count, sizeof(*section->keys));
	section->keys[section->count++] = (struct ini_key){
		.name = memory_text(name), .value = memory_text(value), .line = reading->line };
	return 1;
}

/* A name and its line, to sort: what stands twice becomes neighbours. */
struct seen {
	const char *name;
	int line;
};

static int seen_compare(const void *a, const void *b)
{
	const struct seen *one = a, *other = b;
	int order = strcmp(one->name, other->name);
	return order ? order : one->line - other->line;
}

/* The first line that repeats a name, and what it repeats; NULL where none does. */
static const struct seen *find_twice(struct seen *seen, size_t count)
{
	const struct seen *twice = NULL;
	if (count)
		qsort(seen, count, sizeof(*seen), seen_compare);
	for (size_t i = 1; i < count; i++)
		if (text_equal(seen[i - 1].name, seen[i].name) && (!twice || seen[i].line < twice[1].line))
			twice = &seen[i - 1];
	return twice;
}

static int refuse_twice(const struct ini *ini, const char *what, struct seen *seen, size_t count, struct error *error)
{
	const struct seen *twice = find_twice(seen, count);
	if (!twice)
		return 0;
	return error_set(error, ERROR_BROKEN, WORD_config_invalid, "%s:%d: the %s `%s` stands already in line %d",
			 ini->file, twice[1].line, what, twice->name, twice->line);
}

static int refuse_duplicates(const struct ini *ini, struct error *error)
{
	CLEANUP_FREE struct seen *sections = memory_array(ini->count + 1, sizeof(*sections));
	for (size_t i = 0; i < ini->count; i++)
		sections[i] = (struct seen){ ini->sections[i].name, ini->sections[i].line };
	if (refuse_twice(ini, "section", sections, ini->count, error) < 0)
		return -1;
	for (size_t i = 0; i < ini->count; i++) {
		const struct ini_section *section = &ini->sections[i];
		CLEANUP_FREE struct seen *keys = memory_array(section->count + 1, sizeof(*keys));
		for (size_t k = 0; k < section->count; k++)
			keys[k] = (struct seen){ section->keys[k].name, section->keys[k].line };
		if (refuse_twice(ini, "key", keys, section->count, error) < 0)
			return -1;
	}
	return 0;
}

/* Debian's inih has its build options as variables of the process. */
static void set_up_inih(void)
{
	ini_use_stack = false;
	ini_initial_alloc = INI_LINE_MAX + 3;
	ini_max_line = INI_LINE_MAX + 3;
	ini_allow_multiline = false;
	ini_allow_no_value = false;
	ini_stop_on_first_error = true;
}

MEMORY_DEFINE_FREEP(struct ini, ini_free)

int ini_read_text(const char *file, const char *text, size_t size, struct ini **ret_ini, struct error *error)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, set_up_inih);

	CLEANUP(ini_freep) struct ini *ini = memory_new(sizeof(*ini));
	ini->file = memory_text(file);
	struct reading reading = { .ini = ini, .next = text, .end = text + size, .error = error };
	int bad_line = ini_parse_stream(give_line, &reading, take_key, &reading);
	if (bad_line != 0)
		fail(&reading, "this is neither `[section]` nor `key = value`");
	if (reading.failed || refuse_duplicates(ini, error) < 0)
		return -1;
	*ret_ini = ini;
	ini = NULL;
	return 0;
}

int ini_read_file(const char *path, struct ini **ret_ini, struct error *error)
{
	CLEANUP_FREE char *text = NULL;
	size_t size;
	if (file_read(path, INI_FILE_MAX, &text, &size, error) < 0) {
		if (error)
			error->kind = ERROR_BROKEN;
		return -1;
	}
	return ini_read_text(path, text, size, ret_ini, error);
}

void ini_free(struct ini *ini)
{
	if (!ini)
		return;
	for (size_t i = 0; i < ini->count; i++) {
		struct ini_section *section = &ini->sections[i];
		for (size_t k = 0; k < section->count; k++) {
			free(section->keys[k].name);
			free(section->keys[k].value);
		}
		free(section->keys);
		free(section->name);
	}
	free(ini->sections);
	free(ini->file);
	free(ini);
}

const struct ini_section *ini_find_section(const struct ini *ini, const char *name)
{
	for (size_t i = 0; i < ini->count; i++)
		if (text_equal(ini->sections[i].name, name))
			return &ini->sections[i];
	return NULL;
}

const struct ini_key *ini_find_key(const struct ini_section *section, const char *name)
{
	for (size_t i = 0; section && i < section->count; i++)
		if (text_equal(section->keys[i].name, name))
			return &section->keys[i];
	return NULL;
}
