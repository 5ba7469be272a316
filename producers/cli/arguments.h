/* The command line of one command, read against its table of options. Texts are borrowed from argv and the table. */
#ifndef ARGUMENTS_H
#define ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "config/options.h"
#include "core/error.h"
#include "core/memory.h"

struct arguments_option {
	const char *name;  /* "--count" */
	const char *value; /* what --help calls its value; NULL: it has none */
	const char *about;
	bool repeats;      /* may be given more than once */
};

struct arguments;

/* Reads argv[first…]; `shared` gets the options that all programs share (options.h). `--name=VALUE` and `--name
 * VALUE` are the same; behind `--` everything is a word. The result is the caller's. INPUT argument_invalid: an
 * option that is not in the table (with the nearest), a missing value, a value for an option without one, an
 * option twice. */
struct arguments *arguments_read(const struct arguments_option *table, size_t count, struct options *shared, int argc,
				 char **argv, int first, struct error *error);
void arguments_free(struct arguments *arguments);
MEMORY_DEFINE_FREEP(struct arguments, arguments_free)

/* What is not an option, in order. */
size_t arguments_words_count(const struct arguments *arguments);
const char *const *arguments_words(const struct arguments *arguments);

/* `name` must be in the table: another is a programming error and aborts. */
bool arguments_has(const struct arguments *arguments, const char *name);
/* NULL where it was not given. */
const char *arguments_value(const struct arguments *arguments, const char *name);
/* The `index`th value of an option that repeats; NULL past the last. */
const char *arguments_value_at(const struct arguments *arguments, const char *name, size_t index);

/* The value as a whole number or a duration ("30d"); *ret_value is untouched where the option was not given. -1 with
 * INPUT argument_invalid. */
int arguments_integer(const struct arguments *arguments, const char *name, int64_t minimum, int64_t maximum,
		      int64_t *ret_value, struct error *error);
int arguments_duration_ms(const struct arguments *arguments, const char *name, int64_t *ret_ms, struct error *error);
int arguments_bytes(const struct arguments *arguments, const char *name, int64_t *ret_bytes, struct error *error);

/* -1 with INPUT argument_invalid unless there are `minimum` to `maximum` words; `what` they are: "one id". */
int arguments_want_words(const struct arguments *arguments, size_t minimum, size_t maximum, const char *what,
			 struct error *error);

#endif
