/* A schema's text: what is read, and what is refused before it can cost anything. */
#include "record/codec/schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/text.h"

/* A record `x` with these fields. */
static struct schema_node *parse(const char *fields, struct error *error)
{
	CLEANUP_FREE char *text = memory_format("{\"type\":\"record\",\"name\":\"x\",\"fields\":[%s]}", fields);
	return schema_parse(text, strlen(text), error);
}

#define FIELD(name, type) "{\"name\":\"" name "\",\"type\":" type "}"
#define RECORD(name, fields) "{\"type\":\"record\",\"name\":\"" name "\",\"fields\":[" fields "]}"
#define FOUR(type) FIELD("p", type) "," FIELD("q", type) "," FIELD("r", type) "," FIELD("s", type)

static void all_shapes(void **state)
{
	(void)state;
	CLEANUP(schema_freep) struct schema_node *root = parse(
		FIELD("a", "\"null\"") "," FIELD("b", "\"boolean\"") "," FIELD("c", "\"int\"") "," FIELD("d",
			"\"long\"")
		"," FIELD("e", "\"float\"") "," FIELD("f", "\"double\"") "," FIELD("g", "\"bytes\"") ","
		FIELD("h", "\"string\"") "," FIELD("i", "{\"type\":\"fixed\",\"name\":\"n.i\",\"size\":7}") ","
		FIELD("j", "{\"type\":\"enum\",\"name\":\"j\",\"symbols\":[\"p\",\"q\"]}") ","
		FIELD("k", "{\"type\":\"array\",\"items\":\"j\"}") "," FIELD("l",
			"{\"type\":\"map\",\"values\":\"null\"}")
		"," FIELD("m", "[\"null\",\"n.i\"]"), NULL);
	assert_non_null(root);
	assert_int_equal(root->count, 13);
	for (size_t i = 0; i < 13; i++) {
		assert_int_equal(root->children[i].shape, i); /* the order of the enum */
		assert_int_equal(root->children[i].field_name[0], 'a' + (int)i);
	}
	assert_int_equal(root->children[8].fixed_size, 7);
	assert_string_equal(root->children[8].type_name, "n.i");
	assert_false(root->children[8].is_reference);
	const struct schema_node *item = &root->children[10].children[0];
	assert_true(item->is_reference);
	assert_int_equal(item->shape, SCHEMA_ENUM);
	assert_string_equal(item->symbols[1], "q");
	assert_int_equal(root->children[12].children[1].fixed_size, 7);
}

static void refused(const char *fields, const char *why)
{
	struct error error = { 0 };
	assert_null(parse(fields, &error));
	assert_int_equal(error.kind, ERROR_INPUT);
	assert_int_equal(error.word, WORD_schema_unknown);
	if (!strstr(error.text, why))
		fail_msg("\"%s\" instead of \"%s\"", error.text, why);
}

static void strange_ones(void **state)
{
	(void)state;
	struct error error = { 0 };
	assert_null(schema_parse("", 0, &error));
	assert_null(schema_parse("nonsense", 8, &error));
	assert_null(schema_parse("{\"type\":\"nope\"}", 15, &error));
	assert_null(schema_parse("{\"type\":\"array\",\"items\":\"long\"}", 31, &error));
	assert_non_null(strstr(error.text, "not a record"));
	refused(FIELD("a", "[\"null\",\"x\"]"), "contains itself");
	refused(FIELD("a", "{\"type\":\"array\",\"items\":\"x\"}"), "contains itself");
	refused(FIELD("a", "{\"type\":\"record\",\"name\":\"y\",\"fields\":[" FIELD("b",
		"{\"type\":\"map\",\"values\":\"x\"}")
		"]}"), "contains itself");
	refused(FIELD("a", "\"int\"") "," FIELD("a", "\"int\""), "two of the same");
	refused(FIELD("a", "{\"type\":\"fixed\",\"name\":\"f\",\"size\":1048577}"), "1 MiB");
	refused(FIELD("a", "{\"type\":\"fixed\",\"name\":\"f\",\"size\":9223372036854775807}"), "1 MiB");
	refused(FIELD("a", "{\"type\":\"array\",\"items\":\"null\"}"), "take no bytes");
	refused(FIELD("a", "{\"type\":\"array\",\"items\":{\"type\":\"fixed\",\"name\":\"f\",\"size\":0}}"),
		"take no bytes");
	refused(FIELD("a", "{\"type\":\"array\",\"items\":{\"type\":\"record\",\"name\":\"e\",\"fields\":["
		FIELD("b", "\"null\"") "]}}"), "take no bytes");
	refused(FIELD("a", "{\"type\":\"enum\",\"name\":\"e\",\"symbols\":[\"p q\"]}"), "no name");
	/* avro-c alone would lose memory here. */
	refused(FIELD("a", "{\"type\":\"enum\",\"name\":\"e\",\"symbols\":[\"p\"]}") ","
		FIELD("b", "{\"type\":\"enum\",\"name\":\"e\",\"symbols\":[\"p\"]}"), "cannot be read");
}

/* `before` and a number and `behind`, `count` times. */
static char *repeat(const char *before, const char *behind, size_t count)
{
	char *all = NULL;
	size_t size;
	FILE *to = open_memstream(&all, &size);
	for (size_t i = 0; i < count; i++)
		fprintf(to, "%s%s%zu%s", i ? "," : "", before, i, behind);
	fclose(to);
	return all;
}

static void large_ones(void **state)
{
	(void)state;
	struct error error = { 0 };
	CLEANUP_FREE char *blanks = memory_new(SCHEMA_TEXT_MAX + 1);
	memset(blanks, ' ', SCHEMA_TEXT_MAX + 1);
	assert_null(schema_parse(blanks, SCHEMA_TEXT_MAX + 1, &error));
	assert_non_null(strstr(error.text, "64 KiB"));
	CLEANUP_FREE char *many = repeat("{\"name\":\"f", "\",\"type\":\"int\"}", 201);
	refused(many, "200 fields");
	CLEANUP_FREE char *enough = repeat("{\"name\":\"f", "\",\"type\":\"int\"}", 200);
	CLEANUP(schema_freep) struct schema_node *root = parse(enough, NULL);
	assert_non_null(root);
	CLEANUP_FREE char *symbols = repeat("\"s", "\"", 257);
	CLEANUP_FREE char *big_enum = memory_format(FIELD("a",
		"{\"type\":\"enum\",\"name\":\"e\",\"symbols\":[%s]}"), symbols);
	refused(big_enum, "256");
	/* A few records that name each other double with each level: counted where they are used. */
	refused(FIELD("a", RECORD("r1", FOUR("\"int\""))) "," FIELD("b", RECORD("r2", FOUR("\"r1\""))) ","
		FIELD("c", RECORD("r3", FOUR("\"r2\""))) "," FIELD("d", RECORD("r4", FOUR("\"r3\""))),
		"200 fields");
}

/* Arrays within arrays, `levels` of them in all with the record and what is innermost. */
static void nested(size_t levels, bool good)
{
	CLEANUP_FREE char *field = NULL;
	size_t size;
	FILE *to = open_memstream(&field, &size);
	fputs("{\"name\":\"a\",\"type\":", to);
	for (size_t i = 2; i < levels; i++)
		fputs("{\"type\":\"array\",\"items\":", to);
	fputs("\"long\"}", to);
	for (size_t i = 2; i < levels; i++)
		fputs("}", to);
	fclose(to);
	if (!good) {
		refused(field, "8 deep");
		return;
	}
	CLEANUP(schema_freep) struct schema_node *root = parse(field, NULL);
	assert_non_null(root);
}

static void deep_ones(void **state)
{
	(void)state;
	nested(8, true);
	nested(9, false);
	nested(1000, false);
	/* Deeper than a JSON parser goes. */
	CLEANUP_FREE char *text = memory_new(SCHEMA_TEXT_MAX);
	memset(text, '[', SCHEMA_TEXT_MAX);
	assert_null(schema_parse(text, SCHEMA_TEXT_MAX, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_shapes),
		cmocka_unit_test(strange_ones),
		cmocka_unit_test(large_ones),
		cmocka_unit_test(deep_ones),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
