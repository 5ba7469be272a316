/* INI files: the configuration and the inventory. The only user of inih.
 *
 * What is taken: `[section]`, `key = value` (or `key: value`), lines that begin with `;` or `#`, a comment behind
 * a value after blank and `;`, a UTF-8 byte order mark, CR LF, indented lines (indenting means nothing: there are no
 * continued lines). Keys and values lose the blanks around them; values may be empty, and keep their quotes.
 * What is refused, always with its line: a key outside a section, a key or a section twice (with both lines), a line
 * that is none of these, control characters, what is not UTF-8, lines and files that are too long. Any thread. */
#ifndef CONFIG_INI_H
#define CONFIG_INI_H

#include <stddef.h>

#include "core/error.h"

enum {
	INI_LINE_MAX = 4096,        /* bytes of a line, without its end */
	INI_NAME_MAX = 128,         /* bytes of a key's or a section's name */
	INI_FILE_MAX = 4 << 20,     /* bytes of a file */
};

struct ini_key {
	char *name;
	char *value;
	int line;
};

struct ini_section {
	char *name;
	int line;
	size_t count;
	struct ini_key *keys;   /* in the order of the file */
};

struct ini {
	char *file;             /* as it was named, for messages */
	size_t count;
	struct ini_section *sections; /* in the order of the file */
};

/* BROKEN where it cannot be read ("FILE: …", file_failed) or understood ("FILE:LINE: …", config_invalid). The
 * result is the caller's: ini_free. */
int ini_read_file(const char *path, struct ini **ret_ini, struct error *error);
/* The same from memory; `file` is what messages call it. */
int ini_read_text(const char *file, const char *text, size_t size, struct ini **ret_ini, struct error *error);
void ini_free(struct ini *ini);

/* NULL where there is none. Borrowed. Case matters. */
const struct ini_section *ini_find_section(const struct ini *ini, const char *name);
const struct ini_key *ini_find_key(const struct ini_section *section, const char *name);

#endif
