/* CRC-64-AVRO of a schema's parsing canonical form (Avro specification, "Parsing Canonical Form for Schemas" and
 * "Schema Fingerprints"): equal for schemas that write the same bytes. Any thread. */
#ifndef RECORD_CODEC_FINGERPRINT_H
#define RECORD_CODEC_FINGERPRINT_H

#include <stdint.h>

#include "record/codec/schema.h"

uint64_t fingerprint_of(const struct schema_node *root);

/* The canonical form itself; the caller's. */
char *fingerprint_canonical(const struct schema_node *root);

#endif
