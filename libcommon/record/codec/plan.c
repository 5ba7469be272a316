/* Binds a writer's schema to a struct by Avro's rules of schema resolution. What can never fit is refused here, once;
 * what fits only for some values (a union's branch, an enum's symbol) is marked, and wire.c refuses the value. */
#include "record/codec/plan.h"

#include <string.h>

#include "core/memory.h"
#include "core/text.h"
#include "record/codec/fingerprint.h"

static int bind(const struct schema_node *node, const struct field *field, struct plan_step *step,
		struct error *error);

static void make_children(const struct schema_node *node, struct plan_step *step)
{
	step->count = node->count;
	step->children = memory_array(node->count ? node->count : 1, sizeof *step->children);
}

/* Reads over the node and all in it. */
static void skip(const struct schema_node *node, struct plan_step *step)
{
	step->shape = node->shape;
	step->fixed_size = node->fixed_size;
	if (!node->children) {
		step->count = node->count;
		return;
	}
	make_children(node, step);
	for (size_t i = 0; i < node->count; i++)
		skip(&node->children[i], &step->children[i]);
}

static bool has_field(const struct schema_node *node, const char *name)
{
	for (size_t i = 0; i < node->count; i++)
		if (strcmp(node->children[i].field_name, name) == 0)
			return true;
	return false;
}

static int bind_record(const struct schema_node *node, const struct record_type *type, struct plan_step *step,
		       struct error *error)
{
	for (size_t i = 0; i < type->fields_count; i++)
		if ((type->fields[i].flags & FIELD_REQUIRED) && !has_field(node, type->fields[i].name))
			return error_set(error, ERROR_INPUT, WORD_schema_unknown, "the schema of %s has no `%s`",
					 type->name, type->fields[i].name);
	step->shape = SCHEMA_RECORD;
	step->type = type;
	make_children(node, step);
	for (size_t i = 0; i < node->count; i++) {
		const struct schema_node *child = &node->children[i];
		const struct field *field = record_field(type, child->field_name);
		if (!field)
			skip(child, &step->children[i]);
		else if (bind(child, field, &step->children[i], error) < 0)
			return -1;
	}
	return 0;
}

static int row_of(const struct field *field, const char *symbol)
{
	for (size_t i = 0; i < field->maximum; i++)
		if (symbol[0] && strcmp(field->names[i], symbol) == 0)
			return (int)i;
	return PLAN_REFUSED;
}

static void bind_symbols(const struct schema_node *node, const struct field *field, struct plan_step *step)
{
	step->count = node->count;
	step->rows = memory_array(node->count, sizeof *step->rows);
	for (size_t i = 0; i < node->count; i++) {
		step->rows[i] = row_of(field, node->symbols[i]);
		if (step->rows[i] == PLAN_REFUSED && field->unknown_name)
			step->rows[i] = row_of(field, field->unknown_name);
	}
}

/* At least one branch has to fit; the others are wrong only where they occur. */
static int bind_union(const struct schema_node *node, const struct field *field, struct plan_step *step,
		      struct error *error)
{
	size_t fitting = 0;
	make_children(node, step);
	for (size_t i = 0; i < node->count; i++) {
		if (bind(&node->children[i], field, &step->children[i], error) == 0)
			fitting++;
		else
			step->children[i].refused = true;
	}
	return fitting ? 0 : -1; /* with the last branch's error */
}

static bool is_text(const struct schema_node *node)
{
	return node->shape == SCHEMA_STRING || node->shape == SCHEMA_BYTES;
}

/* Whether null may stand in the writer's data: for our nullable fields, and for lists, where it is the empty one. */
static bool takes_null(const struct field *field)
{
	return record_may_be_null(field) || field->type == FIELD_TEXTS || field->type == FIELD_RECORDS ||
	       field->type == FIELD_LABELS;
}

static bool fits(const struct schema_node *node, const struct field *field)
{
	if (node->shape == SCHEMA_NULL)
		return takes_null(field);
	switch (field->type) {
	case FIELD_TEXT:
	case FIELD_BYTES:
		return is_text(node);
	case FIELD_INTEGER:
	case FIELD_TIME_MS:
	case FIELD_TIME_NS:
		return node->shape == SCHEMA_INT || node->shape == SCHEMA_LONG;
	case FIELD_BOOLEAN:
		return node->shape == SCHEMA_BOOLEAN;
	case FIELD_ENUM:
		return node->shape == SCHEMA_ENUM;
	case FIELD_RECORD:
		return node->shape == SCHEMA_RECORD;
	case FIELD_TEXTS:
		return node->shape == SCHEMA_ARRAY && is_text(&node->children[0]);
	case FIELD_RECORDS:
		return node->shape == SCHEMA_ARRAY && node->children[0].shape == SCHEMA_RECORD;
	case FIELD_LABELS:
		return node->shape == SCHEMA_MAP && is_text(&node->children[0]);
	}
	return false;
}

static int bind(const struct schema_node *node, const struct field *field, struct plan_step *step,
		struct error *error)
{
	step->shape = node->shape;
	step->field = field;
	if (node->shape == SCHEMA_UNION)
		return bind_union(node, field, step, error);
	if (!fits(node, field))
		return error_set(error, ERROR_INPUT, WORD_schema_unknown,
				 "the schema's field `%s` is of type %s, which it cannot be read from", field->name,
				 schema_shape_names[node->shape]);
	if (node->shape == SCHEMA_ENUM)
		bind_symbols(node, field, step);
	if (node->shape == SCHEMA_RECORD)
		return bind_record(node, field->type_of, step, error);
	if (node->shape != SCHEMA_ARRAY && node->shape != SCHEMA_MAP)
		return 0;
	make_children(node, step);
	if (field->type == FIELD_RECORDS)
		return bind_record(&node->children[0], field->type_of, &step->children[0], error);
	skip(&node->children[0], &step->children[0]);
	return 0;
}

static int bind_root(const struct schema_node *root, const struct record_type *type, struct plan *plan,
		     struct error *error)
{
	const char *dot = strrchr(root->type_name, '.');
	if (!text_equal(dot ? dot + 1 : root->type_name, type->name))
		return error_set(error, ERROR_INPUT, WORD_schema_unknown, "the schema is of a record %s, not %s",
				 root->type_name, type->name);
	return bind_record(root, type, &plan->root, error);
}

struct plan *plan_bind(const struct schema_node *root, const struct record_type *type, struct error *error)
{
	CLEANUP(plan_freep) struct plan *plan = memory_new(sizeof *plan);
	plan->type = type;
	plan->fingerprint = fingerprint_of(root);
	if (bind_root(root, type, plan, error) < 0)
		return NULL;
	struct plan *bound = plan;
	plan = NULL; /* now the caller's */
	return bound;
}

struct plan *plan_new(const char *text, size_t size, const struct record_type *type, struct error *error)
{
	CLEANUP(schema_freep) struct schema_node *root = schema_parse(text, size, error);
	return root ? plan_bind(root, type, error) : NULL;
}

static void release(struct plan_step *step)
{
	for (size_t i = 0; step->children && i < step->count; i++)
		release(&step->children[i]);
	free(step->children);
	free(step->rows);
}

void plan_free(struct plan *plan)
{
	if (!plan)
		return;
	release(&plan->root);
	free(plan);
}

static bool record_is_complete(const struct plan_step *step);

static bool step_is_complete(const struct plan_step *step)
{
	if (step->refused || step->shape == SCHEMA_INT)
		return false; /* our numbers have 64 bits */
	if (step->shape == SCHEMA_RECORD)
		return record_is_complete(step);
	if (step->shape == SCHEMA_ARRAY && step->field->type == FIELD_RECORDS)
		return record_is_complete(&step->children[0]);
	for (size_t i = 0; step->shape == SCHEMA_UNION && i < step->count; i++)
		if (!step_is_complete(&step->children[i]))
			return false;
	/* Each of our names must be a symbol, and each symbol one of our names. */
	size_t names = 0;
	for (size_t i = 0; step->shape == SCHEMA_ENUM && i < step->count; i++)
		names += step->rows[i] != PLAN_REFUSED;
	return step->shape != SCHEMA_ENUM ||
	       (names == step->count && names == step->field->maximum - record_may_be_null(step->field));
}

static bool record_is_complete(const struct plan_step *step)
{
	if (step->count != step->type->fields_count)
		return false;
	for (size_t i = 0; i < step->count; i++)
		if (!step->children[i].field || !step_is_complete(&step->children[i]))
			return false;
	return true;
}

bool plan_is_complete(const struct plan *plan)
{
	return record_is_complete(&plan->root);
}
