/* What to do with each part of a record that a certain schema wrote: which field of the struct it fills, or that it
 * is read over. Made once from the writer's schema and the record's table; read-only afterwards, any thread. */
#ifndef RECORD_CODEC_PLAN_H
#define RECORD_CODEC_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"
#include "core/memory.h"
#include "record/codec/schema.h"
#include "record/record.h"

enum { PLAN_REFUSED = -1 };

/* One node of the writer's schema. */
struct plan_step {
	enum schema_shape shape;
	const struct field *field;      /* what it fills; NULL: read over, or an item of what is filled */
	const struct record_type *type; /* of a record that is filled: whose fields its children are */
	bool refused;                   /* a branch that cannot fill the field: wrong only where it occurs */
	size_t fixed_size;
	size_t count;
	struct plan_step *children;
	int *rows;                      /* of an enum that is filled: symbol → row of names, or PLAN_REFUSED */
};

struct plan {
	const struct record_type *type;
	uint64_t fingerprint;
	struct plan_step root;
};

/* The plan for reading `type` as the schema in `text` wrote it, by Avro's rules of schema resolution: fields by name
 * (what the writer has not keeps its default, what we have not is read over), int as long, string and bytes for each
 * other, enum symbols by name, unions by branch; the record's own name must be the type's, its namespace need not.
 * INPUT, schema_unknown: no schema (schema_parse), or one that cannot fill the struct. */
struct plan *plan_new(const char *text, size_t size, const struct record_type *type, struct error *error);
/* The same from a schema that is read already, and stays the caller's. */
struct plan *plan_bind(const struct schema_node *root, const struct record_type *type, struct error *error);
void plan_free(struct plan *plan);
MEMORY_DEFINE_FREEP(struct plan, plan_free)

/* Whether the schema has every field of the struct and nothing else, so that wire_encode can write with it. */
bool plan_is_complete(const struct plan *plan);

#endif
