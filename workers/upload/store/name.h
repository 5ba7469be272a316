/* What a capture's file is called: "2026-11-23/20261123T140211Z_slx1_REQUEST.pcapng". Built from checked ids and a
 * time, nothing else, so it can be a path, an object key and the end of a link as it is. Pure. */
#ifndef STORE_NAME_H
#define STORE_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/names.h"

/* "2026-11-23/" and "20261123T140211Z_", a target, "_", an id, "_partial", ".pcapng", NUL. */
enum { NAME_SIZE = 11 + 17 + RECORD_TARGET_SIZE + RECORD_ID_SIZE + 8 + 7 + 1 };

/* `at_ms`: when it was armed; where it never was, when it was asked for. UTC. `incomplete` says so in the name. */
void name_file(const char *capture_id, const char *target, int64_t at_ms, bool incomplete, char to[static NAME_SIZE]);

/* Whether name_file makes that name of that capture, for some time, whole or not: then it can be no other path. */
bool name_is_of(const char *name, const char *capture_id, const char *target);

#endif
