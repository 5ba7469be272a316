/* Text that somebody typed, cut into words, with the quotes that chat programs make of quotes. Pure. */
#ifndef ADMISSION_WORDS_H
#define ADMISSION_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/error.h"
#include "core/memory.h"

struct word {
	char *text;   /* without its quotes */
	bool quoted;  /* it stood in quotes, or a shell has cut it and it holds a blank or nothing */
};

struct words {
	size_t count;
	struct word *items;
};

/* Words are separated by blanks, tabs, line ends and no-break spaces. A quote opens at a word's start or behind `=`
 * and ends with its like: '…', "…", `…`, ‘…’, “…”; the straight and the curly ones of a kind may be mixed. INPUT
 * argument_invalid where one is never closed, or a word holds control characters or is not UTF-8. */
int words_cut(const char *text, struct words **ret_words, struct error *error);

/* Words that are cut already; nothing in them is a quote. */
int words_take(const char *const *from, size_t count, struct words **ret_words, struct error *error);

void words_free(struct words *words);
MEMORY_DEFINE_FREEP(struct words, words_free)

/* Words [from, to) with a blank between them; the caller's. */
char *words_join(const struct words *words, size_t from, size_t to);

#endif
