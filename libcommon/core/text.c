/* Text from elsewhere made safe to show. Its one idea: one decoder of UTF-8 says what a character is, and
 * everything that shows, cuts or judges text asks it. The words and numbers that people type follow. */
#include "core/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

bool text_equal(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static char lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

bool text_equal_nocase(const char *a, const char *b)
{
	if (!a || !b)
		return a == b;
	while (*a && lower(*a) == lower(*b)) {
		a++;
		b++;
	}
	return lower(*a) == lower(*b);
}

bool text_starts(const char *text, const char *prefix)
{
	return text && prefix && strncmp(text, prefix, strlen(prefix)) == 0;
}

/* The length that a character's first byte announces; 0 where none begins so (RFC 3629). */
static size_t announced(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first >= 0xc2 && first <= 0xdf)
		return 2;
	if (first >= 0xe0 && first <= 0xef)
		return 3;
	if (first >= 0xf0 && first <= 0xf4)
		return 4;
	return 0;
}

/* One character of UTF-8; returns its length, 0 where the bytes are none. */
static size_t decode(const char *from, size_t size, uint32_t *ret_character)
{
	unsigned char first = (unsigned char)from[0];
	size_t length = announced(first);
	if (length == 0 || length > size)
		return 0;
	static const unsigned char first_bits[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t character = first & first_bits[length];
	for (size_t i = 1; i < length; i++) {
		unsigned char next = (unsigned char)from[i];
		if ((next & 0xc0) != 0x80)
			return 0;
		character = character << 6 | (next & 0x3f);
	}
	bool surrogate = character >= 0xd800 && character <= 0xdfff;
	if (character < smallest[length] || character > 0x10ffff || surrogate)
		return 0;
	*ret_character = character;
	return length;
}

static bool may_be_shown(uint32_t character)
{
	bool control = character < 0x20 || (character >= 0x7f && character <= 0x9f);
	bool turns_text = (character >= 0x202a && character <= 0x202e) ||
			  (character >= 0x2066 && character <= 0x2069);
	return !control && !turns_text;
}

/* How much of from[0, size) remains when a character that the end has cut is left out. */
static size_t whole(const char *from, size_t size)
{
	for (size_t back = 1; back <= 3 && back <= size; back++) {
		unsigned char byte = (unsigned char)from[size - back];
		if ((byte & 0xc0) != 0x80)
			return announced(byte) > back ? size - back : size;
	}
	return size;
}

bool text_copy(char *to, size_t size, const char *from)
{
	return text_copy_bytes(to, size, from, strlen(from));
}

bool text_copy_bytes(char *to, size_t size, const char *from, size_t from_size)
{
	if (size == 0)
		return false;
	size_t copied = from_size < size ? from_size : whole(from, size - 1);
	if (copied > 0)
		memcpy(to, from, copied);
	to[copied] = '\0';
	return copied == from_size;
}

bool text_format(char *to, size_t size, const char *format, ...)
{
	if (size == 0)
		return false;
	va_list arguments;
	va_start(arguments, format);
	int wanted = vsnprintf(to, size, format, arguments);
	va_end(arguments);
	if (wanted >= 0 && (size_t)wanted < size)
		return true;
	to[wanted < 0 ? 0 : whole(to, size - 1)] = '\0';
	return false;
}

void text_printable(char *to, size_t size, const char *from, size_t from_size)
{
	if (size == 0)
		return;
	size_t used = 0;
	for (size_t at = 0; at < from_size;) {
		uint32_t character;
		size_t length = decode(from + at, from_size - at, &character);
		bool shown = length > 0 && may_be_shown(character);
		if (length == 0)
			length = 1;
		if (used + (shown ? length : 4 * length) >= size)
			break;
		for (size_t end = at + length; at < end; at++) {
			if (shown) {
				to[used++] = from[at];
			} else {
				snprintf(to + used, 5, "\\x%02x", (unsigned)(unsigned char)from[at]);
				used += 4;
			}
		}
	}
	to[used] = '\0';
}

bool text_is_printable(const char *text, size_t size)
{
	for (size_t at = 0; at < size;) {
		uint32_t character;
		size_t length = decode(text + at, size - at, &character);
		if (length == 0 || !may_be_shown(character))
			return false;
		at += length;
	}
	return true;
}

enum { WORD_MAX = 64 };

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Edit distance in which two letters that changed places count once (`prot`, `port`). */
static size_t distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
	size_t rows[3][WORD_MAX + 1];
	size_t *before = rows[0];
	size_t *last = rows[1];
	size_t *row = rows[2];
	for (size_t j = 0; j <= b_length; j++)
		row[j] = j;
	for (size_t i = 1; i <= a_length; i++) {
		size_t *free_row = before;
		before = last;
		last = row;
		row = free_row;
		row[0] = i;
		for (size_t j = 1; j <= b_length; j++) {
			bool same = lower(a[i - 1]) == lower(b[j - 1]);
			row[j] = least(least(last[j], row[j - 1]) + 1, last[j - 1] + !same);
			if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
			    lower(a[i - 2]) == lower(b[j - 1]))
				row[j] = least(row[j], before[j - 2] + 1);
		}
	}
	return row[b_length];
}

const char *text_nearest(const char *word, const char *const *candidates, size_t count)
{
	size_t length = strnlen(word, WORD_MAX + 1);
	if (length == 0 || length > WORD_MAX)
		return NULL;
	const char *nearest = NULL;
	size_t beyond = (length < 3 ? 1 : length / 3) + 1;
	for (size_t i = 0; i < count; i++) {
		if (!candidates[i])
			continue;
		size_t candidate_length = strnlen(candidates[i], WORD_MAX + 1);
		if (candidate_length > WORD_MAX)
			continue;
		size_t found = distance(word, length, candidates[i], candidate_length);
		/* Nothing in common is not near, however short the words are. */
		if (found < beyond && (found < length || found < candidate_length)) {
			beyond = found;
			nearest = candidates[i];
		}
	}
	return nearest;
}

static bool is_letter_or_digit(char c)
{
	return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z');
}

bool text_is_id(const char *text)
{
	if (!text || !is_letter_or_digit(text[0]))
		return false;
	size_t length = 1;
	for (; text[length]; length++) {
		char c = text[length];
		if (length == 64 || !(is_letter_or_digit(c) || c == '.' || c == '_' || c == '-'))
			return false;
	}
	return true;
}

/* Digits at *text, at least one, which moves on; -1 also where they are too many for 63 bits. */
static int take_digits(const char **text, int64_t *ret_value)
{
	const char *at = *text;
	int64_t value = 0;
	if (*at < '0' || *at > '9')
		return -1;
	for (; *at >= '0' && *at <= '9'; at++)
		if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, *at - '0', &value))
			return -1;
	*text = at;
	*ret_value = value;
	return 0;
}

int text_to_integer(const char *text, int64_t minimum, int64_t maximum, int64_t *ret_value)
{
	if (!text)
		return -1;
	bool negative = text[0] == '-';
	const char *at = text + negative;
	int64_t value;
	if (take_digits(&at, &value) != 0 || *at != '\0')
		return -1;
	if (negative)
		value = -value;
	if (value < minimum || value > maximum)
		return -1;
	*ret_value = value;
	return 0;
}

struct unit {
	const char *name;
	int64_t factor;
};

static int with_unit(const char *text, const struct unit *units, size_t count, int64_t *ret_value)
{
	int64_t value;
	if (!text || take_digits(&text, &value) != 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (!text_equal_nocase(text, units[i].name))
			continue;
		if (__builtin_mul_overflow(value, units[i].factor, &value))
			return -1;
		*ret_value = value;
		return 0;
	}
	return -1;
}

int text_to_bytes(const char *text, int64_t *ret_bytes)
{
	static const struct unit units[] = { { "", 1 }, { "k", 1000 }, { "M", 1000000 }, { "G", 1000000000 } };
	return with_unit(text, units, sizeof units / sizeof units[0], ret_bytes);
}

int text_to_duration_ms(const char *text, int64_t *ret_ms)
{
	static const struct unit units[] = { { "", 1000 },     { "s", 1000 },    { "ms", 1},
					     { "m", 60000 },   { "h", 3600000 }, { "d", 86400000 } };
	return with_unit(text, units, sizeof units / sizeof units[0], ret_ms);
}

/* The magnitude of a negative number too; INT64_MIN has none in 64 bits with a sign. */
static uint64_t magnitude(int64_t value)
{
	return value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
}

const char *text_count(char *to, size_t size, int64_t count)
{
	char digits[32];
	char grouped[48];
	int length = snprintf(digits, sizeof digits, "%ju", (uintmax_t)magnitude(count));
	size_t used = 0;
	if (count < 0)
		grouped[used++] = '-';
	for (int i = 0; i < length; i++) {
		if (i > 0 && (length - i) % 3 == 0)
			grouped[used++] = ',';
		grouped[used++] = digits[i];
	}
	text_copy_bytes(to, size, grouped, used);
	return to;
}

const char *text_bytes(char *to, size_t size, int64_t bytes)
{
	static const char *const names[] = { "B", "kB", "MB", "GB", "TB", "PB", "EB" };
	const char *sign = bytes < 0 ? "-" : "";
	uint64_t value = magnitude(bytes);
	uint64_t unit = 1;
	size_t name = 0;
	/* A unit up as soon as rounding would show 1000 of the one below; 2^63 bytes are 9.2 EB. */
	while ((value + unit / 2) / unit >= 1000) {
		unit *= 1000;
		name++;
	}
	uintmax_t whole_units = (value + unit / 2) / unit;
	uintmax_t tenths = unit == 1 ? value * 10 : (value + unit / 20) / (unit / 10);
	if (tenths < 100 && tenths % 10 != 0)
		text_format(to, size, "%s%ju.%ju %s", sign, tenths / 10, tenths % 10, names[name]);
	else
		text_format(to, size, "%s%ju %s", sign, whole_units, names[name]);
	return to;
}

const char *text_duration(char *to, size_t size, int64_t ms)
{
	const char *sign = ms < 0 ? "-" : "";
	uint64_t left_ms = magnitude(ms);
	uintmax_t seconds = left_ms / 1000;
	if (seconds < 60)
		text_format(to, size, "%s%ju.%ju s", sign, seconds, (uintmax_t)(left_ms % 1000 / 100));
	else if (seconds < 3600)
		text_format(to, size, "%s%ju:%02ju min", sign, seconds / 60, seconds % 60);
	else
		text_format(to, size, "%s%ju:%02ju:%02ju h", sign, seconds / 3600, seconds / 60 % 60, seconds % 60);
	return to;
}
