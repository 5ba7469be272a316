/* How a C struct and an Avro record of the same name correspond: a table of fields. The tables stand in request.c,
 * run.c …; codec/wire.c and codec/json.c run them. No generated code, no allocation. Any thread; the tables
 * are constants. */
#ifndef RECORD_RECORD_H
#define RECORD_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"
#include "record/names.h"

struct record_bytes {
	const uint8_t *data; /* borrowed from the buffer that was decoded */
	size_t size;
};

enum field_type {
	FIELD_TEXT,    /* char [maximum + 1]; Avro string; with a bool at `present_offset` null is not "" */
	FIELD_INTEGER, /* int64_t; Avro int or long, nullable ones as RECORD_UNSET */
	FIELD_TIME_MS, /* the same, timestamp-millis, years 1970 to 2262; RFC 3339 in JSON */
	FIELD_TIME_NS, /* the same, nanoseconds since the epoch */
	FIELD_BOOLEAN, /* bool */
	FIELD_ENUM,    /* an enum of int size; `names` has `maximum` rows, a first row "" is null */
	FIELD_BYTES,   /* struct record_bytes */
	FIELD_RECORD,  /* an embedded struct of `type`; nullable where `present_offset` names a bool */
	FIELD_TEXTS,   /* size_t count, char [maximum][element_size]; Avro array of string; flags are the items' */
	FIELD_RECORDS, /* an array of `type` [maximum] whose size_t count is at `present_offset` */
	FIELD_LABELS,  /* struct record_labels; Avro map of string */
};

enum field_flags {
	FIELD_IS_ID = 1,       /* text must match text_is_id, or be empty where FIELD_MAY_BE_EMPTY */
	FIELD_MAY_BE_EMPTY = 2,
	FIELD_REQUIRED = 4,    /* JSON, and a foreign schema, must have it; every other field has a default */
	FIELD_NULLABLE = 8,    /* null is the empty text, or RECORD_UNSET */
};

#define FIELD_ALWAYS SIZE_MAX /* present_offset of a record that is never null */

/* Versions, and numbers of packets, bytes and the like: more than any capture has, and so little that whoever adds two
 * of them, or one to one, cannot overflow. */
#define RECORD_NUMBER_MAX INT64_C(1000000000000000)

struct field {
	const char *name;           /* as in the schema and in JSON */
	enum field_type type;
	unsigned flags;
	size_t offset;
	size_t maximum;             /* bytes of text, rows of an array, names of an enum */
	size_t element_size;        /* FIELD_TEXTS: of a text with its NUL */
	int64_t minimum_value;      /* FIELD_INTEGER: the values that are taken, */
	int64_t maximum_value;      /* both 0: any */
	int64_t default_integer;    /* integer, time, boolean, enum (its index) */
	const char *default_text;   /* NULL is "" */
	const char *const *names;   /* FIELD_ENUM */
	const char *unknown_name;   /* FIELD_ENUM: what an unknown name becomes; NULL: it is refused */
	const struct record_type *type_of; /* FIELD_RECORD, FIELD_RECORDS */
	size_t present_offset;
};

struct record_type {
	const char *name;            /* of the Avro record, without its namespace (capbus) */
	size_t size;                 /* of the struct */
	size_t fields_count;
	const struct field *fields;
	const char *schema;          /* the .avsc it is written with, NULL for a part of another */
};

/* Every field its default. */
void record_init(const struct record_type *type, void *record);

/* The field of that name, or NULL. */
const struct field *record_field(const struct record_type *type, const char *name);

/* Whether null may stand for the field, and whether the record's field is what null stands for. */
bool record_may_be_null(const struct field *field);
bool record_is_null(const struct field *field, const void *record);

/* What every text and number of a record must be, in whichever form it came: INPUT, record_invalid, naming the
 * field. A text is UTF-8 without NUL, no longer than the field, and an id where it has to be one. */
int record_check_text(const struct field *field, const char *text, size_t size, struct error *error);
int record_check_integer(const struct field *field, int64_t value, struct error *error);

/* The i-th label of FIELD_LABELS: both texts, and that no label before it has its name. */
int record_check_label(const struct field *field, const struct record_labels *labels, size_t i, struct error *error);

/* The only ways in which something from outside becomes a field: each checks first. `record` is the struct that has
 * the field, after record_init. _null is for a field that may be null, and leaves a list as it is; _integer is for
 * times, booleans and an enum's row too. */
void record_set_null(const struct field *field, void *record);
int record_set_text(const struct field *field, void *record, const char *text, size_t size, struct error *error);
int record_set_integer(const struct field *field, void *record, int64_t value, struct error *error);
int record_add_text(const struct field *field, void *record, const char *text, size_t size, struct error *error);
int record_add_label(const struct field *field, void *record, const char *name, size_t name_size, const char *value,
		     size_t value_size, struct error *error);
/* The struct of a FIELD_RECORD, now present; the next one of FIELD_RECORDS, NULL where there is no room. */
void *record_open(const struct field *field, void *record);
void *record_add(const struct field *field, void *record, struct error *error);

/* The same for reading: the count of a list; its i-th text. */
size_t record_count(const struct field *field, const void *record);
const char *record_text_at(const struct field *field, const void *record, size_t i);
/* An integer, time, boolean or enum's row. */
int64_t record_integer(const struct field *field, const void *record);

/* Rows of a table: `owner` is the struct, `called` the name in the schema. Whole numbers start at 0, times and
 * nullable numbers at RECORD_UNSET. */
#define ROW_TEXT(owner, called, member, how)                                                                    \
	{ .name = (called), .type = FIELD_TEXT, .flags = (how), .offset = offsetof(owner, member),              \
	  .maximum = sizeof(((owner *)0)->member) - 1, .present_offset = FIELD_ALWAYS }
#define ROW_TEXT_IF(owner, called, member, has)                                                                 \
	{ .name = (called), .type = FIELD_TEXT, .offset = offsetof(owner, member),                              \
	  .maximum = sizeof(((owner *)0)->member) - 1, .present_offset = offsetof(owner, has) }
#define ROW_INTEGER(owner, called, member, low, high)                                                           \
	{ .name = (called), .type = FIELD_INTEGER, .offset = offsetof(owner, member), .minimum_value = (low),   \
	  .maximum_value = (high), .present_offset = FIELD_ALWAYS }
#define ROW_INTEGER_OR_NULL(owner, called, member, low, high)                                                   \
	{ .name = (called), .type = FIELD_INTEGER, .flags = FIELD_NULLABLE, .offset = offsetof(owner, member),  \
	  .minimum_value = (low), .maximum_value = (high), .default_integer = RECORD_UNSET,                     \
	  .present_offset = FIELD_ALWAYS }
#define ROW_TIME(owner, called, kind, member)                                                                   \
	{ .name = (called), .type = (kind), .flags = FIELD_NULLABLE, .offset = offsetof(owner, member),         \
	  .default_integer = RECORD_UNSET, .present_offset = FIELD_ALWAYS }
#define ROW_BOOLEAN(owner, called, member, initial)                                                             \
	{ .name = (called), .type = FIELD_BOOLEAN, .offset = offsetof(owner, member),                           \
	  .default_integer = (initial), .present_offset = FIELD_ALWAYS }
#define ROW_ENUM(owner, called, member, table, rows, initial, unknown)                                          \
	{ .name = (called), .type = FIELD_ENUM, .offset = offsetof(owner, member), .maximum = (rows),           \
	  .default_integer = (initial), .names = (table), .unknown_name = (unknown),                            \
	  .present_offset = FIELD_ALWAYS }
#define ROW_BYTES(owner, called, member, most)                                                                  \
	{ .name = (called), .type = FIELD_BYTES, .offset = offsetof(owner, member), .maximum = (most),          \
	  .present_offset = FIELD_ALWAYS }
#define ROW_TEXTS(owner, called, member, how)                                                                   \
	{ .name = (called), .type = FIELD_TEXTS, .flags = (how), .offset = offsetof(owner, member),             \
	  .maximum = sizeof(((owner *)0)->member.items) / sizeof(((owner *)0)->member.items[0]),                \
	  .element_size = sizeof(((owner *)0)->member.items[0]), .present_offset = FIELD_ALWAYS }
#define ROW_LABELS(owner, called, member)                                                                       \
	{ .name = (called), .type = FIELD_LABELS, .offset = offsetof(owner, member),                            \
	  .maximum = RECORD_LABELS_MAX, .present_offset = FIELD_ALWAYS }
#define ROW_RECORD(owner, called, member, of, how)                                                              \
	{ .name = (called), .type = FIELD_RECORD, .flags = (how), .offset = offsetof(owner, member),            \
	  .type_of = (of), .present_offset = FIELD_ALWAYS }
#define ROW_RECORD_IF(owner, called, member, of, has)                                                           \
	{ .name = (called), .type = FIELD_RECORD, .offset = offsetof(owner, member), .type_of = (of),           \
	  .present_offset = offsetof(owner, has) }
#define ROW_RECORDS(owner, called, member, of, counter)                                                         \
	{ .name = (called), .type = FIELD_RECORDS, .offset = offsetof(owner, member),                           \
	  .maximum = sizeof(((owner *)0)->member) / sizeof(((owner *)0)->member[0]), .type_of = (of),           \
	  .present_offset = offsetof(owner, counter) }
#define RECORD_TYPE(called, owner, rows, text)                                                                  \
	{ .name = (called), .size = sizeof(owner), .fields_count = sizeof(rows) / sizeof((rows)[0]),            \
	  .fields = (rows), .schema = (text) }

#endif
