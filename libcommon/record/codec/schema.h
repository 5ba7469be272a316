/* An Avro schema's text as a tree that is safe to walk: small, flat references, never recursive. The only user of
 * avro-c, whose parser is sound; a tree holds nothing of it. Any thread; a tree is read-only. */
#ifndef RECORD_CODEC_SCHEMA_H
#define RECORD_CODEC_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"
#include "core/memory.h"

enum {
	SCHEMA_TEXT_MAX = 64 * 1024,
	SCHEMA_FIELDS_MAX = 200,      /* of all records, a referred one counted each time */
	SCHEMA_NODES_MAX = 1000,
	SCHEMA_DEPTH_MAX = 8,
	SCHEMA_SYMBOLS_MAX = 256,     /* of one enum */
	SCHEMA_FIXED_MAX = 1 << 20,
};

enum schema_shape {
	SCHEMA_NULL, SCHEMA_BOOLEAN, SCHEMA_INT, SCHEMA_LONG, SCHEMA_FLOAT, SCHEMA_DOUBLE, SCHEMA_BYTES,
	SCHEMA_STRING, SCHEMA_FIXED, SCHEMA_ENUM, SCHEMA_ARRAY, SCHEMA_MAP, SCHEMA_UNION, SCHEMA_RECORD,
	SCHEMA_SHAPE_COUNT
};
extern const char *const schema_shape_names[SCHEMA_SHAPE_COUNT];

struct schema_node {
	enum schema_shape shape;
	char *field_name;             /* of a record's field, else NULL */
	char *type_name;              /* record, enum, fixed: with its namespace */
	bool is_reference;            /* the text only names the type here; the node holds it all the same */
	size_t fixed_size;
	size_t count;                 /* fields, branches, symbols; 1 of an array or a map */
	struct schema_node *children; /* NULL for an enum */
	char **symbols;               /* of an enum */
};

/* The root is a record. INPUT, schema_unknown: not a schema, or larger, deeper or stranger than the limits above;
 * an array whose items take no bytes is refused, since a count could then say anything. */
struct schema_node *schema_parse(const char *text, size_t size, struct error *error);
void schema_free(struct schema_node *root);
MEMORY_DEFINE_FREEP(struct schema_node, schema_free)

#endif
