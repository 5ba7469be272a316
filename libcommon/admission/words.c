/* Text cut into words. A word is copied byte by byte; only what separates and what quotes is looked at. */
#include "admission/words.h"

#include <string.h>

#include "core/text.h"

/* The families of quotes: any of a family's openers is closed by any of its closers. */
static const struct quote {
	const char *open[4];
	const char *close[4];
} quotes[] = {
	{ { "'", "\u2018", "\u2019", "\u201a" }, { "'", "\u2019", "\u2018", NULL } },
	{ { "\"", "\u201c", "\u201d", "\u201e" }, { "\"", "\u201d", "\u201c", NULL } },
	{ { "`", NULL }, { "`", NULL } },
};

/* The length of the separator at `text`, 0 where there is none. */
static size_t blank_at(const char *text)
{
	if (*text && strchr(" \t\r\n", *text))
		return 1;
	return text_starts(text, "\u00a0") ? strlen("\u00a0") : 0;
}

static size_t any_of(const char *text, const char *const *marks)
{
	for (size_t i = 0; i < 4 && marks[i]; i++)
		if (text_starts(text, marks[i]))
			return strlen(marks[i]);
	return 0;
}

static const struct quote *quote_at(const char *text, size_t *ret_size)
{
	for (size_t i = 0; i < sizeof(quotes) / sizeof(quotes[0]); i++) {
		size_t size = any_of(text, quotes[i].open);
		if (size) {
			*ret_size = size;
			return &quotes[i];
		}
	}
	return NULL;
}

static int add(struct words *words, const char *text, size_t size, bool quoted, struct error *error)
{
	if (!text_is_printable(text, size)) {
		char shown[200];
		text_printable(shown, sizeof(shown), text, size);
		return error_set(error, ERROR_INPUT, WORD_argument_invalid,
				 "`%s` holds a control character, or is not UTF-8", shown);
	}
	words->items = memory_resize(words->items, words->count + 1, sizeof(*words->items));
	words->items[words->count++] = (struct word){ memory_format("%.*s", (int)size, text), quoted };
	return 0;
}

/* Copies what the quote at *text holds to `to` (as long as the text), and moves behind it. */
static int take_quoted(const char **text, const struct quote *quote, size_t open_size, char *to, size_t *used,
		       struct error *error)
{
	const char *at = *text + open_size;
	size_t close_size = 0;
	while (*at && !(close_size = any_of(at, quote->close)))
		to[(*used)++] = *at++;
	if (!*at)
		return error_set(error, ERROR_INPUT, WORD_argument_invalid, "the quote %.*s is never closed",
				 (int)open_size, *text);
	*text = at + close_size;
	return 0;
}

int words_cut(const char *text, struct words **ret_words, struct error *error)
{
	CLEANUP(words_freep) struct words *words = memory_new(sizeof(*words));
	CLEANUP_FREE char *word = memory_new(strlen(text) + 1);
	for (;;) {
		size_t blank;
		while ((blank = blank_at(text)))
			text += blank;
		if (!*text)
			break;
		size_t used = 0, open_size;
		const struct quote *quote = quote_at(text, &open_size);
		bool quoted = quote != NULL;
		if (quoted && take_quoted(&text, quote, open_size, word, &used, error) < 0)
			return -1;
		while (!quoted && *text && !blank_at(text)) {
			bool after_equals = used && word[used - 1] == '=';
			quote = after_equals ? quote_at(text, &open_size) : NULL;
			if (!quote)
				word[used++] = *text++;
			else if (take_quoted(&text, quote, open_size, word, &used, error) < 0)
				return -1;
		}
		if (add(words, word, used, quoted, error) < 0)
			return -1;
	}
	*ret_words = words;
	words = NULL;
	return 0;
}

int words_take(const char *const *from, size_t count, struct words **ret_words, struct error *error)
{
	CLEANUP(words_freep) struct words *words = memory_new(sizeof(*words));
	for (size_t i = 0; i < count; i++) {
		bool whole = !from[i][0] || strchr(from[i], ' ');
		if (add(words, from[i], strlen(from[i]), whole, error) < 0)
			return -1;
	}
	*ret_words = words;
	words = NULL;
	return 0;
}

void words_free(struct words *words)
{
	if (!words)
		return;
	for (size_t i = 0; i < words->count; i++)
		free(words->items[i].text);
	free(words->items);
	free(words);
}

char *words_join(const struct words *words, size_t from, size_t to)
{
	size_t size = 1, used = 0;
	for (size_t i = from; i < to; i++)
		size += strlen(words->items[i].text) + 1;
	char *joined = memory_new(size);
	for (size_t i = from; i < to; i++) {
		text_format(joined + used, size - used, "%s%s", i > from ? " " : "", words->items[i].text);
		used += strlen(joined + used);
	}
	return joined;
}
