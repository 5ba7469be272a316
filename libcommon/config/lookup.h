/* From what people write to a row of the table, or to a sentence that says what they may have meant. Pure. */
#ifndef CONFIG_LOOKUP_H
#define CONFIG_LOOKUP_H

#include <stdbool.h>
#include <stddef.h>

#include "config/key_table.h"
#include "core/error.h"

enum { LOOKUP_SECTION_SIZE = 144, LOOKUP_NAME_SIZE = 160 };

/* "policy noc" is one of a family and has a name. False where there can be no such section. */
bool lookup_family(const char *section, char family[static LOOKUP_SECTION_SIZE], bool *ret_named);

/* -1 and why there is no such section. */
int lookup_section(const char *section, struct error *error);

/* The row; NULL with 0 is a property of librdkafka. -1: there is no such section or key, or it cannot be set. */
int lookup_key(const char *section, const char *name, const struct key **ret_key, struct error *error);

/* Which key CAPBUS__SECTION__KEY is: sections with names of their own have none. Properties of librdkafka are lower
 * case with dots. */
int lookup_variable(const char *variable, char ret_section[static LOOKUP_SECTION_SIZE],
		    char ret_name[static LOOKUP_NAME_SIZE], struct error *error);

/* The other way: "CAPBUS__LIMITS__COUNT_MAX". */
void lookup_to_variable(const char *section, const char *name, char to[static LOOKUP_NAME_SIZE]);

#endif
