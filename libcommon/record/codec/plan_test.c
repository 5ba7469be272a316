/* One release reads what another wrote, both ways; and what never fits is refused by name. */
#include "record/codec/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "record/codec/wire.h"

/* Two releases of one record. The second has more of everything: fields, symbols, a record in the record. */
enum colour { COLOUR_NONE, COLOUR_RED, COLOUR_GREEN, COLOUR_BLUE };
static const char *const old_colours[] = { "", "red", "green" };
static const char *const new_colours[] = { "", "red", "green", "blue" };
enum mode { MODE_SLOW, MODE_FAST };
static const char *const old_modes[] = { "slow" };
static const char *const new_modes[] = { "slow", "fast" };

struct inner {
	int64_t a;
	char b[9];
};
struct old {
	char id[9];
	int64_t number;
	enum colour colour;
	enum mode mode;
	struct inner inner;
};
struct new {
	char extra[9];
	char id[9];
	int64_t number;
	int64_t added;
	int64_t unset;
	enum colour colour;
	enum mode mode;
	bool has_inner;
	struct inner inner;
	struct record_labels labels;
};

static const struct field old_inner_fields[] = { ROW_INTEGER(struct inner, "a", a, 0, 0) };
static const struct record_type old_inner = RECORD_TYPE("Inner", struct inner, old_inner_fields, NULL);
static const struct field old_fields[] = {
	ROW_TEXT(struct old, "id", id, FIELD_IS_ID | FIELD_REQUIRED),
	ROW_INTEGER(struct old, "number", number, 0, 0),
	ROW_ENUM(struct old, "colour", colour, old_colours, 3, COLOUR_NONE, "green"),
	ROW_ENUM(struct old, "mode", mode, old_modes, 1, MODE_SLOW, NULL),
	ROW_RECORD(struct old, "inner", inner, &old_inner, 0),
};
static const char old_schema[] =
	"{\"type\":\"record\",\"name\":\"R\",\"fields\":["
	"{\"name\":\"id\",\"type\":\"string\"},{\"name\":\"number\",\"type\":\"long\",\"default\":0},"
	"{\"name\":\"colour\",\"type\":[\"null\",{\"type\":\"enum\",\"name\":\"C\""
		",\"symbols\":[\"red\",\"green\"]}]},"
	"{\"name\":\"mode\",\"type\":{\"type\":\"enum\",\"name\":\"M\",\"symbols\":[\"slow\"]}},"
	"{\"name\":\"inner\",\"type\":{\"type\":\"record\",\"name\":\"Inner\",\"fields\":["
	"{\"name\":\"a\",\"type\":\"long\"}]}}]}";
static const struct record_type old_record = RECORD_TYPE("R", struct old, old_fields, old_schema);

static const struct field new_inner_fields[] = { ROW_TEXT(struct inner, "b", b, 0),
						 ROW_INTEGER(struct inner, "a", a, 0, 0) };
static const struct record_type new_inner = RECORD_TYPE("Inner", struct inner, new_inner_fields, NULL);
static const struct field new_fields[] = {
	ROW_TEXT(struct new, "extra", extra, FIELD_NULLABLE),
	ROW_TEXT(struct new, "id", id, FIELD_IS_ID | FIELD_REQUIRED),
	ROW_INTEGER(struct new, "number", number, 0, 0),
	{ .name = "added", .type = FIELD_INTEGER, .offset = offsetof(struct new, added), .default_integer = 42,
	  .present_offset = FIELD_ALWAYS },
	ROW_INTEGER_OR_NULL(struct new, "unset", unset, 0, 0),
	ROW_ENUM(struct new, "colour", colour, new_colours, 4, COLOUR_NONE, "green"),
	ROW_ENUM(struct new, "mode", mode, new_modes, 2, MODE_SLOW, NULL),
	ROW_RECORD_IF(struct new, "inner", inner, &new_inner, has_inner),
	ROW_LABELS(struct new, "labels", labels),
};
static const char new_schema[] =
	"{\"type\":\"record\",\"name\":\"R\",\"namespace\":\"other\",\"fields\":["
	"{\"name\":\"labels\",\"type\":{\"type\":\"map\",\"values\":\"string\"}},"
	"{\"name\":\"added\",\"type\":\"long\"},{\"name\":\"unset\",\"type\":[\"null\",\"long\"]},"
	"{\"name\":\"inner\",\"type\":[\"null\",{\"type\":\"record\",\"name\":\"Inner\",\"fields\":["
	"{\"name\":\"b\",\"type\":\"string\"},{\"name\":\"a\",\"type\":\"long\"}]}]},"
	"{\"name\":\"mode\",\"type\":{\"type\":\"enum\",\"name\":\"M\",\"symbols\":[\"fast\",\"slow\"]}},"
	"{\"name\":\"colour\",\"type\":[\"null\",{\"type\":\"enum\",\"name\":\"C\",\"symbols\":"
	"[\"blue\",\"red\",\"green\"]}]},"
	"{\"name\":\"number\",\"type\":\"long\"},{\"name\":\"id\",\"type\":\"string\"},"
	"{\"name\":\"extra\",\"type\":[\"null\",\"string\"]}]}";
static const struct record_type new_record = RECORD_TYPE("R", struct new, new_fields, new_schema);

static struct plan *plan(const char *schema, const struct record_type *type)
{
	struct error error = { 0 };
	struct plan *it = plan_new(schema, strlen(schema), type, &error);
	if (!it)
		fail_msg("%s", error.text);
	return it;
}

/* Writes as `writer`'s own release and reads as `reader`'s. */
static int carry(const struct record_type *writer, const void *from, const struct record_type *reader, void *to,
		 struct error *error)
{
	CLEANUP(plan_freep) struct plan *write = plan(writer->schema, writer);
	CLEANUP(plan_freep) struct plan *read = plan(writer->schema, reader);
	assert_true(plan_is_complete(write));
	uint8_t buffer[1024];
	size_t size;
	assert_int_equal(wire_encode(write, from, buffer, sizeof buffer, &size, NULL), 0);
	return wire_decode(read, buffer, size, to, error);
}

static void new_reads_old(void **state)
{
	(void)state;
	struct old old = { .id = "x", .number = -7, .colour = COLOUR_RED, .inner.a = 5 };
	struct new new;
	assert_int_equal(carry(&old_record, &old, &new_record, &new, NULL), 0);
	assert_string_equal(new.id, "x");
	assert_int_equal(new.number, -7);
	assert_int_equal(new.colour, COLOUR_RED);
	assert_int_equal(new.mode, MODE_SLOW);
	assert_int_equal(new.added, 42);
	assert_true(new.unset == RECORD_UNSET);
	assert_true(new.has_inner);
	assert_int_equal(new.inner.a, 5);
	assert_string_equal(new.inner.b, "");
	assert_int_equal(new.labels.count, 0);
}

static void old_reads_new(void **state)
{
	(void)state;
	struct new new = { .extra = "e", .id = "x", .number = INT64_MAX, .added = 1, .unset = 2, .colour =
		COLOUR_GREEN,
			   .has_inner = true, .inner = { .a = 6, .b = "bb" }, .labels = { 1, { { "l", "v" } } } };
	struct old old;
	struct error error = { 0 };
	assert_int_equal(carry(&new_record, &new, &old_record, &old, NULL), 0);
	assert_string_equal(old.id, "x");
	assert_true(old.number == INT64_MAX);
	assert_int_equal(old.colour, COLOUR_GREEN);
	assert_int_equal(old.inner.a, 6);
	/* A symbol that it does not know: the default where there is one, else refused. */
	new.colour = COLOUR_BLUE;
	assert_int_equal(carry(&new_record, &new, &old_record, &old, NULL), 0);
	assert_int_equal(old.colour, COLOUR_GREEN);
	new.mode = MODE_FAST;
	assert_int_equal(carry(&new_record, &new, &old_record, &old, &error), -1);
	assert_int_equal(error.word, WORD_record_invalid);
	assert_string_equal(error.text, "R: `mode` is a word that this release does not know");
	/* Null where it has no null. */
	new.mode = MODE_SLOW;
	new.has_inner = false;
	assert_int_equal(carry(&new_record, &new, &old_record, &old, NULL), -1);
}

static void refused(const char *fields, const char *why)
{
	struct error error = { 0 };
	CLEANUP_FREE char *text = memory_format("{\"type\":\"record\",\"name\":\"R\",\"fields\":[%s]}", fields);
	assert_null(plan_new(text, strlen(text), &new_record, &error));
	assert_int_equal(error.kind, ERROR_INPUT);
	assert_int_equal(error.word, WORD_schema_unknown);
	if (!strstr(error.text, why))
		fail_msg("\"%s\" instead of \"%s\"", error.text, why);
}

#define ID "{\"name\":\"id\",\"type\":\"string\"}"

static void what_never_fits(void **state)
{
	(void)state;
	struct error error = { 0 };
	refused("", "has no `id`");
	refused("{\"name\":\"id\",\"type\":\"long\"}", "`id` is of type long");
	refused("{\"name\":\"id\",\"type\":[\"null\",\"long\"]}", "`id` is of type");
	refused(ID ",{\"name\":\"number\",\"type\":\"double\"}", "`number`");
	refused(ID ",{\"name\":\"inner\",\"type\":\"string\"}", "`inner`");
	refused(ID ",{\"name\":\"labels\",\"type\":{\"type\":\"map\",\"values\":\"long\"}}", "`labels`");
	refused(ID ",{\"name\":\"inner\",\"type\":{\"type\":\"record\",\"name\":\"I\",\"fields\":["
		"{\"name\":\"a\",\"type\":\"string\"}]}}", "`a`");
	static const char other[] = "{\"type\":\"record\",\"name\":\"Q\",\"fields\":[" ID "]}";
	assert_null(plan_new(other, sizeof other - 1, &new_record, &error));
	assert_string_equal(error.text, "the schema is of a record Q, not R");
}

/* What Avro's rules allow a foreign writer: int for long, bytes for string, branches that happen not to occur. */
static void what_fits_all_the_same(void **state)
{
	(void)state;
	static const char schema[] =
		"{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"id\""
			",\"type\":[\"null\",\"bytes\",\"double\"]},"
		"{\"name\":\"number\",\"type\":\"int\"},{\"name\":\"labels\",\"type\":[\"null\",{\"type\":\"map\","
		"\"values\":\"bytes\"}]},{\"name\":\"unset\",\"type\":\"null\"}]}";
	CLEANUP(plan_freep) struct plan *read = plan(schema, &new_record);
	assert_false(plan_is_complete(read));
	struct new new;
	assert_int_equal(wire_decode(read, "\x02\x02x\x28\x00", 5, &new, NULL), 0);
	assert_string_equal(new.id, "x");
	assert_int_equal(new.number, 20);
	assert_int_equal(wire_decode(read, "\x02\x02x\x28\x02\x02\x02l\x02v\x00", 11, &new, NULL), 0);
	assert_string_equal(new.labels.items[0].value, "v");
	assert_int_equal(wire_decode(read, "\x00\x28\x00", 3, &new, NULL), -1);
	assert_int_equal(wire_decode(read, "\x04" "12345678\x28\x00", 11, &new, NULL), -1);
}

static void incomplete_ones(void **state)
{
	(void)state;
	CLEANUP(plan_freep) struct plan *less = plan(old_schema, &new_record);
	CLEANUP(plan_freep) struct plan *more = plan(new_schema, &old_record);
	assert_false(plan_is_complete(less));
	assert_false(plan_is_complete(more));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(new_reads_old),   cmocka_unit_test(old_reads_new),
		cmocka_unit_test(what_never_fits), cmocka_unit_test(what_fits_all_the_same),
		cmocka_unit_test(incomplete_ones),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
