/* Records as JSON: what people type and scripts read. Field names are those of the Avro schema. Any thread. */
#ifndef RECORD_CODEC_JSON_H
#define RECORD_CODEC_JSON_H

#include <stddef.h>
#include <stdio.h>

#include "core/error.h"
#include "record/record.h"

enum { JSON_TEXT_MAX = 64 * 1024 };

/* One JSON object into the struct. A field that is left out or null has its default; required ones must be there.
 * Times are RFC 3339 or a number in the field's own unit (ms, ns). In a request `switch` stands for `target`.
 * Unknown and repeated names, NUL, and anything that a record may not hold are refused: INPUT, record_invalid, a
 * sentence that names the field. A bytes field cannot be given. */
int json_decode(const struct record_type *type, const char *text, size_t size, void *record, struct error *error);

/* One object on one line, with the newline: every field by its name, null where it is not set, times as RFC 3339.
 * Bytes (the packets of a chunk) are left out. ASCII: other characters are escaped. The struct must be one that
 * frame_decode filled or frame_encode takes. BROKEN, file_failed, where `to` cannot be written. */
int json_print(const struct record_type *type, const void *record, FILE *to, struct error *error);

#endif
