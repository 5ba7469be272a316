/* Fills the error on a caller's stack. Its one idea: every text passes text_printable on its way in, so that
 * whoever shows an error need not think of it. errno is left as it was. */
#include "core/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"

/* More than fits into an error, so that the cut is made once, by text_printable. */
enum { RAW_SIZE = 2 * sizeof(((struct error *)0)->text) };

static const char *const word_names[ERROR_WORD_COUNT] = {
#define X(word, meaning) #word,
	ERROR_WORDS(X)
#undef X
};

static const char *const word_meanings[ERROR_WORD_COUNT] = {
#define X(word, meaning) meaning,
	ERROR_WORDS(X)
#undef X
};

static const char *const kind_names[] = {
	[ERROR_NONE] = "none",
	[ERROR_INPUT] = "input",
	[ERROR_AWAY] = "away",
	[ERROR_UNKNOWN] = "unknown",
	[ERROR_BROKEN] = "broken",
	[ERROR_STOPPED] = "stopped",
};

const char *error_word_name(enum error_word word)
{
	return (unsigned)word < ERROR_WORD_COUNT ? word_names[word] : word_names[WORD_none];
}

const char *error_word_meaning(enum error_word word)
{
	return (unsigned)word < ERROR_WORD_COUNT ? word_meanings[word] : word_meanings[WORD_none];
}

enum error_word error_word_from_name(const char *name)
{
	for (unsigned word = 0; word < ERROR_WORD_COUNT; word++)
		if (text_equal(name, word_names[word]))
			return (enum error_word)word;
	return WORD_none;
}

const char *error_kind_name(enum error_kind kind)
{
	return (unsigned)kind < sizeof kind_names / sizeof kind_names[0] ? kind_names[kind] : kind_names[ERROR_NONE];
}

static void fill(struct error *error, enum error_kind kind, enum error_word word, const char *raw)
{
	error->kind = kind;
	error->word = word;
	error->retry_after_ms = 0;
	text_printable(error->text, sizeof error->text, raw, strlen(raw));
}

int error_set(struct error *error, enum error_kind kind, enum error_word word, const char *format, ...)
{
	if (!error)
		return -1;
	int errno_before = errno;
	char raw[RAW_SIZE];
	va_list arguments;
	va_start(arguments, format);
	if (vsnprintf(raw, sizeof raw, format, arguments) < 0)
		raw[0] = '\0';
	va_end(arguments);
	fill(error, kind, word, raw);
	errno = errno_before;
	return -1;
}

static enum error_kind kind_of_errno(int errno_value)
{
	switch (errno_value) {
	case ENOSPC:
	case EDQUOT:
	case ENOMEM:
	case ENOBUFS:
	case EAGAIN:
	case EINTR:
	case EMFILE:
	case ENFILE:
		return ERROR_AWAY;
	default:
		return ERROR_BROKEN;
	}
}

int error_errno(struct error *error, enum error_word word, int errno_value, const char *format, ...)
{
	if (!error)
		return -1;
	int errno_before = errno;
	char context[RAW_SIZE];
	va_list arguments;
	va_start(arguments, format);
	if (vsnprintf(context, sizeof context, format, arguments) < 0)
		context[0] = '\0';
	va_end(arguments);
	/* The reason counts more than a long path before it. */
	char reason[128];
	const char *said = strerror_r(errno_value, reason, sizeof reason);
	char raw[RAW_SIZE];
	text_format(raw, sizeof raw, "%.300s: %s", context, said);
	fill(error, kind_of_errno(errno_value), word, raw);
	errno = errno_before;
	return -1;
}

int error_context(struct error *error, const char *format, ...)
{
	if (!error)
		return -1;
	int errno_before = errno;
	char context[RAW_SIZE];
	va_list arguments;
	va_start(arguments, format);
	if (vsnprintf(context, sizeof context, format, arguments) < 0)
		context[0] = '\0';
	va_end(arguments);
	char raw[2 * RAW_SIZE];
	text_format(raw, sizeof raw, "%s: %s", context, error->text);
	text_printable(error->text, sizeof error->text, raw, strlen(raw));
	errno = errno_before;
	return -1;
}
