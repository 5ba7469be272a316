/* An Avro schema's text becomes a tree of our own, in three checked steps: size, avro-c's parser, conversion under
 * limits. A named type that is referred to is written out again where it is used, so that whoever walks the tree
 * follows no reference and its size is bounded here once. What avro-c takes for a parse is given back as a whole: it
 * forgets some of it when a schema is wrong (1.11.1: a name that is defined twice). */
#include "record/codec/schema.h"

#include <avro.h>
#include <pthread.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"

const char *const schema_shape_names[SCHEMA_SHAPE_COUNT] = {
	"null",	 "boolean", "int",  "long",  "float", "double", "bytes", "string",
	"fixed", "enum",    "array", "map",  "union", "record",
};

/* What avro-c has from this thread during a parse. */
struct lent {
	size_t count;
	size_t room;
	void **blocks;
};
static _Thread_local struct lent *lent;

static void lend(void *block)
{
	if (lent->count == lent->room) {
		lent->room = lent->room ? 2 * lent->room : 256;
		lent->blocks = memory_resize(lent->blocks, lent->room, sizeof *lent->blocks);
	}
	lent->blocks[lent->count++] = block;
}

static void take_back(void *block)
{
	for (size_t i = lent->count; i-- > 0;) {
		if (lent->blocks[i] != block)
			continue;
		lent->blocks[i] = lent->blocks[--lent->count];
		return;
	}
}

/* avro-c's only way to memory: like realloc, and free where `size` is 0. */
static void *allocate(void *unused, void *block, size_t old_size, size_t size)
{
	(void)unused;
	(void)old_size;
	if (lent && block)
		take_back(block);
	if (size == 0) {
		free(block);
		return NULL;
	}
	void *it = memory_resize(block, 1, size);
	if (lent)
		lend(it);
	return it;
}

static void set_allocator(void)
{
	avro_set_allocator(allocate, NULL);
}

static void begin_lending(struct lent *to)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, set_allocator);
	avro_strerror(); /* makes the thread's error text, which outlives the parse */
	lent = to;
}

static void end_lending(void)
{
	for (size_t i = 0; i < lent->count; i++)
		free(lent->blocks[i]);
	free(lent->blocks);
	lent = NULL;
}

/* What is used up, and the records around the node that is converted. */
struct conversion {
	size_t nodes;
	size_t fields;
	size_t depth;
	avro_schema_t around[SCHEMA_DEPTH_MAX];
	struct error *error;
};

static int convert(struct conversion *at, avro_schema_t from, struct schema_node *to);

static int refuse(struct conversion *at, const char *what)
{
	return error_set(at->error, ERROR_INPUT, WORD_schema_unknown, "the schema is refused: %s", what);
}

static bool is_name(const char *text)
{
	size_t length = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
	return length > 0 && text[length] == '\0' && !(text[0] >= '0' && text[0] <= '9');
}

static char *full_name(avro_schema_t from)
{
	const char *space = avro_schema_namespace(from);
	const char *name = avro_schema_name(from);
	return space && space[0] ? memory_format("%s.%s", space, name) : memory_text(name);
}

static void make_children(struct schema_node *to, size_t count)
{
	to->count = count;
	to->children = memory_array(count ? count : 1, sizeof *to->children);
}

static int convert_record(struct conversion *at, avro_schema_t from, struct schema_node *to)
{
	size_t count = avro_schema_record_size(from);
	at->fields += count;
	if (at->fields > SCHEMA_FIELDS_MAX)
		return refuse(at, "it has more than 200 fields");
	make_children(to, count);
	for (size_t i = 0; i < count; i++) {
		const char *name = avro_schema_record_field_name(from, (int)i);
		if (!is_name(name) || avro_schema_record_field_get_index(from, name) != (int)i)
			return refuse(at, "a record has a field without a proper name, or two of the same");
		to->children[i].field_name = memory_text(name);
		if (convert(at, avro_schema_record_field_get_by_index(from, (int)i), &to->children[i]) < 0)
			return -1;
	}
	return 0;
}

static int convert_enum(struct conversion *at, avro_schema_t from, struct schema_node *to)
{
	int count = avro_schema_enum_number_of_symbols(from);
	if (count < 1 || count > SCHEMA_SYMBOLS_MAX)
		return refuse(at, "an enum has no symbols, or more than 256");
	to->symbols = memory_array((size_t)count, sizeof *to->symbols);
	for (int i = 0; i < count; i++) {
		const char *symbol = avro_schema_enum_get(from, i);
		if (!is_name(symbol))
			return refuse(at, "an enum has a symbol that is no name");
		to->symbols[i] = memory_text(symbol);
		to->count = (size_t)i + 1;
	}
	return 0;
}

static int convert_union(struct conversion *at, avro_schema_t from, struct schema_node *to)
{
	size_t count = avro_schema_union_size(from);
	if (count < 1 || count > SCHEMA_NODES_MAX)
		return refuse(at, "a union has no branches, or too many");
	make_children(to, count);
	for (size_t i = 0; i < count; i++) {
		avro_schema_t branch = avro_schema_union_branch(from, (int)i);
		if (avro_typeof(branch) == AVRO_UNION)
			return refuse(at, "a union stands directly in a union");
		if (convert(at, branch, &to->children[i]) < 0)
			return -1;
	}
	return 0;
}

static int convert_fixed(struct conversion *at, avro_schema_t from, struct schema_node *to)
{
	int64_t size = avro_schema_fixed_size(from);
	if (size < 0 || size > SCHEMA_FIXED_MAX)
		return refuse(at, "a fixed is larger than 1 MiB");
	to->fixed_size = (size_t)size;
	return 0;
}

/* Whether a value of it can take no bytes at all. */
static bool may_be_nothing(const struct schema_node *node)
{
	if (node->shape == SCHEMA_NULL)
		return true;
	if (node->shape == SCHEMA_FIXED)
		return node->fixed_size == 0;
	if (node->shape != SCHEMA_RECORD)
		return false;
	for (size_t i = 0; i < node->count; i++)
		if (!may_be_nothing(&node->children[i]))
			return false;
	return true;
}

static int convert_items(struct conversion *at, avro_schema_t items, struct schema_node *to)
{
	make_children(to, 1);
	if (convert(at, items, &to->children[0]) < 0)
		return -1;
	if (to->shape == SCHEMA_ARRAY && may_be_nothing(&to->children[0]))
		return refuse(at, "the items of an array take no bytes");
	return 0;
}

static int shape_of(avro_type_t type)
{
	switch (type) {
	case AVRO_STRING: return SCHEMA_STRING;
	case AVRO_BYTES: return SCHEMA_BYTES;
	case AVRO_INT32: return SCHEMA_INT;
	case AVRO_INT64: return SCHEMA_LONG;
	case AVRO_FLOAT: return SCHEMA_FLOAT;
	case AVRO_DOUBLE: return SCHEMA_DOUBLE;
	case AVRO_BOOLEAN: return SCHEMA_BOOLEAN;
	case AVRO_NULL: return SCHEMA_NULL;
	case AVRO_RECORD: return SCHEMA_RECORD;
	case AVRO_ENUM: return SCHEMA_ENUM;
	case AVRO_FIXED: return SCHEMA_FIXED;
	case AVRO_MAP: return SCHEMA_MAP;
	case AVRO_ARRAY: return SCHEMA_ARRAY;
	case AVRO_UNION: return SCHEMA_UNION;
	default: return -1;
	}
}

static int convert_by_shape(struct conversion *at, avro_schema_t from, struct schema_node *to)
{
	switch (to->shape) {
	case SCHEMA_RECORD:
		return convert_record(at, from, to);
	case SCHEMA_ENUM:
		return convert_enum(at, from, to);
	case SCHEMA_FIXED:
		return convert_fixed(at, from, to);
	case SCHEMA_UNION:
		return convert_union(at, from, to);
	case SCHEMA_ARRAY:
		return convert_items(at, avro_schema_array_items(from), to);
	case SCHEMA_MAP:
		return convert_items(at, avro_schema_map_values(from), to);
	default:
		return 0;
	}
}

static int convert(struct conversion *at, avro_schema_t from, struct schema_node *to)
{
	if (avro_typeof(from) == AVRO_LINK) {
		to->is_reference = true;
		from = avro_schema_link_target(from);
	}
	int shape = shape_of(avro_typeof(from));
	if (shape < 0)
		return refuse(at, "it has a type that is not Avro's");
	to->shape = (enum schema_shape)shape;
	for (size_t i = 0; i < at->depth; i++)
		if (at->around[i] == from)
			return refuse(at, "a record contains itself");
	if (at->depth == SCHEMA_DEPTH_MAX)
		return refuse(at, "it is nested more than 8 deep");
	if (++at->nodes > SCHEMA_NODES_MAX)
		return refuse(at, "it has more than 1000 parts");
	if (shape == SCHEMA_RECORD || shape == SCHEMA_ENUM || shape == SCHEMA_FIXED)
		to->type_name = full_name(from);
	/* Only a record is reached again through itself; the primitive types are shared objects of avro-c's. */
	at->around[at->depth++] = shape == SCHEMA_RECORD ? from : NULL;
	int result = convert_by_shape(at, from, to);
	at->depth--;
	return result;
}

static struct schema_node *parse(struct conversion *at, const char *text, size_t size)
{
	avro_schema_t parsed = NULL;
	if (avro_schema_from_json_length(text, size, &parsed) != 0) {
		error_set(at->error, ERROR_INPUT, WORD_schema_unknown, "the schema cannot be read: %s",
			  avro_strerror());
		return NULL;
	}
	CLEANUP(schema_freep) struct schema_node *root = memory_new(sizeof *root);
	if (convert(at, parsed, root) < 0)
		return NULL;
	if (root->shape != SCHEMA_RECORD) {
		refuse(at, "it is not a record's");
		return NULL;
	}
	struct schema_node *whole = root;
	root = NULL; /* now the caller's */
	return whole;
}

struct schema_node *schema_parse(const char *text, size_t size, struct error *error)
{
	struct conversion at = { .error = error };
	struct lent blocks = { 0 };
	if (size > SCHEMA_TEXT_MAX) {
		refuse(&at, "it is larger than 64 KiB");
		return NULL;
	}
	begin_lending(&blocks);
	struct schema_node *root = parse(&at, text, size);
	end_lending();
	return root;
}

static void release(struct schema_node *node)
{
	for (size_t i = 0; i < node->count; i++) {
		if (node->symbols)
			free(node->symbols[i]);
		if (node->children)
			release(&node->children[i]);
	}
	free(node->symbols);
	free(node->children);
	free(node->field_name);
	free(node->type_name);
}

void schema_free(struct schema_node *root)
{
	if (!root)
		return;
	release(root);
	free(root);
}
