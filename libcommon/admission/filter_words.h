/* The words of a filter, before libpcap's compiler sees them: so that no name ever reaches a resolver, and so that a
 * refusal can point at a word. Pure, but for /etc/services and /etc/protocols. Any thread. */
#ifndef ADMISSION_FILTER_WORDS_H
#define ADMISSION_FILTER_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/error.h"

/* 0 where every word is a keyword, a number, an address, or a name where only /etc/services or /etc/protocols is
 * asked for it. INPUT filter_invalid with what is wrong: "unknown word `prot`, did you mean `port`?". */
int filter_words_check(const char *filter, struct error *error);

/* What is wrong with a filter that passed, when libpcap says no more than "syntax error"; false where the words do
 * not tell. */
bool filter_words_explain(const char *filter, char *to, size_t size);

#endif
