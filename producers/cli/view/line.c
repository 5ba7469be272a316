/* Lays out one line. Its one idea: columns are counted in characters as a terminal shows them, so that what stands
 * beneath each other stays so whatever the texts hold. */
#include "view/line.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"

void line_clear(struct line *line)
{
	line->size = 0;
	line->text[0] = '\0';
}

static void add_bytes(struct line *line, const char *text, size_t size)
{
	text_copy_bytes(line->text + line->size, sizeof line->text - line->size, text, size);
	line->size += strlen(line->text + line->size);
}

void line_add(struct line *line, const char *format, ...)
{
	char text[LINE_SIZE];
	va_list arguments;
	va_start(arguments, format);
	int wanted = vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	if (wanted > 0)
		add_bytes(line, text, strlen(text));
}

void line_add_text(struct line *line, const char *text)
{
	char shown[LINE_SIZE];
	text_printable(shown, sizeof shown, text, strlen(text));
	add_bytes(line, shown, strlen(shown));
}

/* The character that begins at *text, which moves behind it. The text is well-formed: text_printable made it so. */
static uint32_t next_character(const char **text)
{
	const unsigned char *at = (const unsigned char *)*text;
	size_t length = at[0] < 0x80 ? 1 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
	uint32_t character = length == 1 ? at[0] : at[0] & (0x7fU >> length);
	size_t i = 1;
	for (; i < length && at[i] != '\0'; i++)
		character = character << 6 | (at[i] & 0x3fU);
	*text += i;
	return character;
}

/* The blocks of Unicode's EastAsianWidth that are wide, and those of combining marks, coarsely. */
static size_t columns_of(uint32_t character)
{
	static const struct {
		uint32_t first, last;
		size_t columns;
	} ranges[] = {
		{ 0x0300, 0x036f, 0 }, { 0x200b, 0x200f, 0 }, { 0xfe00, 0xfe0f, 0 }, { 0x1100, 0x115f, 2 },
		{ 0x2e80, 0x303e, 2 }, { 0x3041, 0xa4cf, 2 }, { 0xac00, 0xd7a3, 2 }, { 0xf900, 0xfaff, 2 },
		{ 0xfe30, 0xfe6f, 2 }, { 0xff00, 0xff60, 2 }, { 0xffe0, 0xffe6, 2 }, { 0x1f300, 0x1f64f, 2 },
		{ 0x1f900, 0x1f9ff, 2 }, { 0x20000, 0x3fffd, 2 },
	};
	for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
		if (character >= ranges[i].first && character <= ranges[i].last)
			return ranges[i].columns;
	return 1;
}

size_t line_columns(const char *text)
{
	size_t columns = 0;
	while (*text)
		columns += columns_of(next_character(&text));
	return columns;
}

void line_pad(struct line *line, size_t column)
{
	for (size_t columns = line_columns(line->text); columns < column; columns++)
		add_bytes(line, " ", 1);
}

void line_cut(struct line *line, size_t columns, int utf8)
{
	if (line_columns(line->text) <= columns)
		return;
	const char *at = line->text;
	size_t used = 0;
	while (*at) {
		const char *next = at;
		size_t more = columns_of(next_character(&next));
		if (used + more + 1 > columns)
			break;
		used += more;
		at = next;
	}
	line->size = (size_t)(at - line->text);
	line->text[line->size] = '\0';
	if (columns > 0)
		add_bytes(line, utf8 ? "\u2026" : "~", utf8 ? 3 : 1);
}
