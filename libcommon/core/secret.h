/* Secrets are files: read here, kept out of every log, wiped when freed. Any thread. */
#ifndef CORE_SECRET_H
#define CORE_SECRET_H

#include "core/error.h"

/* The first line of the file, at most 4096 bytes, as a text of the caller's (secret_free). A file that others
 * can read is taken with a warning in the log. BROKEN where it cannot be read or its first line is empty. */
char *secret_read(const char *path, struct error *error);
void secret_free(char *secret); /* wipes it first; NULL does nothing */

#endif
