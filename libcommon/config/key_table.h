/* The table of keys: what the configuration may say. A new key is a row in key_table.c. Any thread. */
#ifndef CONFIG_KEY_TABLE_H
#define CONFIG_KEY_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "core/error.h"

enum key_type {
	KEY_TEXT,
	KEY_ID,       /* [A-Za-z0-9][A-Za-z0-9._-]{0,63}, at most `maximum` characters */
	KEY_PREFIX,   /* what a Kafka topic may begin with, at most `maximum` characters; may be empty */
	KEY_INTEGER,  /* minimum … maximum */
	KEY_BYTES,    /* the same, with k, M, G */
	KEY_BOOLEAN,  /* yes, no, true, false, on, off, 1, 0 */
	KEY_WORD,     /* one of `words` */
	KEY_LIST,     /* separated by commas, each one of `words` where there are any */
	KEY_ADDRESS,  /* HOST:PORT or [IPV6]:PORT */
	KEY_URL,      /* http or https */
};

struct key {
	const char *section;      /* of a fixed section, or of a family: "policy" of [policy NAME] */
	const char *name;
	enum key_type type;
	unsigned programs;        /* enum config_program: who reads it */
	const char *standard;     /* the default, NULL: none */
	const char *about;        /* one line */
	int64_t minimum;
	int64_t maximum;
	const char *const *words; /* up to a NULL */
};

extern const struct key key_table[];
extern const size_t key_table_count;

/* NULL where the table has no such section and key. */
const struct key *key_table_find(const char *section, const char *name);

/* What sections there are, each once; NULL past the last. `kafka` is one of them, and has no rows but our own. */
const char *key_table_section(size_t index);
enum key_table_forms { KEYS_NO_SECTION, KEYS_FIXED, KEYS_FAMILY, KEYS_BOTH }; /* [x], [x NAME], or either */
enum key_table_forms key_table_form(const char *section);

/* 0 where `value` is one that the key takes; -1 and a text such as "`abc` is not a whole number from 1 to 40". */
int key_table_judge(const struct key *key, const char *value, struct error *error);
/* The number of a KEY_INTEGER, KEY_BYTES or KEY_BOOLEAN that key_table_judge took. */
int64_t key_table_number(const struct key *key, const char *value);

/* Why a property of [kafka] cannot be set; NULL where it can. */
const char *key_table_kafka_refusal(const char *property);

#endif
