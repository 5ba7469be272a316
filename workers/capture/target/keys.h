/* What a target's section of the inventory may say: one table of keys, which kinds have them, what they are when left
 * out and what a value must look like. Sentences begin with "FILE:LINE: "; errors are BROKEN, config_invalid. Pure;
 * any thread. */
#ifndef TARGET_KEYS_H
#define TARGET_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/ini.h"
#include "core/error.h"
#include "record/names.h"

enum keys_kind { KEYS_SLX = 1, KEYS_SSH = 2, KEYS_LOCAL = 4, KEYS_ALL = 7 };

struct keys_place {
	const char *file;
	int line;
};

struct keys_row {
	const char *name;
	unsigned kinds;
	unsigned required;    /* by these kinds */
	const char *standard; /* its value when left out, or NULL */
	int (*judge)(const struct keys_place *place, const char *key, const char *value, struct error *error);
};

/* NULL past the last. */
const struct keys_row *keys_at(size_t index);
/* NULL where there is none. */
const struct keys_row *keys_find(const char *name);
/* cli_NAME, a template of a switch's command line, has no row of its own. */
bool keys_is_template(const char *name);

/* The bit of a kind by its name. */
int keys_kind(const struct keys_place *place, const char *name, unsigned *ret_kind, struct error *error);
/* Every key of the section must be one that a kind in `of` has, and look like it. */
int keys_check(const struct ini *ini, const struct ini_section *section, unsigned of, struct error *error);

/* A number of captures at once; a comma list of ports, as `parallel` and `ports` hold them: -1 where it is none. */
int keys_to_parallel(const char *text, int64_t *ret_parallel);
int keys_to_ports(const char *text, struct record_ports *ret_ports);

/* Calls `take` for each item of a comma list, without the blanks around it; -1 as soon as that is. */
int keys_each(const char *list, int (*take)(void *context, const char *item), void *context);

/* These return -1. The second says "unknown WHAT `word`", and the nearest of those known, which may hold NULLs. */
int keys_refuse(const struct keys_place *place, struct error *error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
int keys_refuse_word(const struct keys_place *place, struct error *error, const char *what, const char *word,
		     const char *const *known, size_t count);

#endif
