/* The configuration: one table of keys, and where each value came from.
 *
 * Layers, a later one wins: the table's default, the file, the environment (CAPBUS__SECTION__KEY; dots, dashes and
 * blanks are underscores), --set. One file serves all programs, so a key that another program reads is no error; a
 * key that nobody reads is, and so is a value of the wrong type. Every problem is kept, for --check to print; none
 * repeats a value that could be a secret.
 *
 * Reading is one thread's; a config that is read is not changed, and then any thread may ask. */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/error.h"

enum config_program {
	CONFIG_CAPBUS = 1,
	CONFIG_GATEWAY = 2,
	CONFIG_CAPTURE = 4,
	CONFIG_UPLOAD = 8,
	CONFIG_REPORT = 16,
};

/* "capbus", "capbus-capture" …; and the one word of a stage: "capture". */
const char *config_program_name(enum config_program program);
const char *config_stage_name(enum config_program program);

struct config;

/* Every key its default; those that depend on it are `program`'s (status_listen). */
struct config *config_new(enum config_program program);
void config_free(struct config *config);

/* These add a layer. What is wrong becomes a problem, and the rest is taken. */
void config_read_file(struct config *config, const char *path);
void config_read_text(struct config *config, const char *file, const char *text, size_t size);
void config_read_environment(struct config *config, char *const *environment);
void config_set(struct config *config, const char *assignment); /* "SECTION.KEY=VALUE" */
/* After the last layer, once: judges all values, and misses what `program` must have. */
void config_judge(struct config *config);

/* The sentences, in the order found; NULL past the last. */
const char *config_problem(const struct config *config, size_t index);
/* 0, or BROKEN config_invalid with the first problem and how many more there are. */
int config_ok(const struct config *config, struct error *error);

/* The getters. `section` is a fixed one ("limits") or one of a family with its name ("policy noc"); a section or
 * key that is not in the table, or of another type, is a programming error and aborts. A value that did not pass
 * config_judge counts as its default. Texts are borrowed from the config; a text that is not set and has no default
 * is "", a number 0, a boolean false, a list empty. */
const char *config_text(const struct config *config, const char *section, const char *key);
int64_t config_integer(const struct config *config, const char *section, const char *key);
int64_t config_bytes(const struct config *config, const char *section, const char *key);
bool config_boolean(const struct config *config, const char *section, const char *key);
/* Item `index` of a list, NULL past the last. */
const char *config_list(const struct config *config, const char *section, const char *key, size_t index);
bool config_list_has(const struct config *config, const char *section, const char *key, const char *item);

/* Somebody set it: the value is not the table's default. */
bool config_is_set(const struct config *config, const char *section, const char *key);
/* Where the value is from, for messages: "/etc/capbus/capbus.ini:12", "CAPBUS__LIMITS__COUNT_MAX in the environment",
 * "--set", "the default". Borrowed. */
const char *config_where(const struct config *config, const char *section, const char *key);
/* 0 where somebody set it (and not to nothing), else BROKEN config_invalid: what is missing and how to give it. */
int config_require(const struct config *config, const char *section, const char *key, struct error *error);

/* The sections of a family (policy, filter, retention) in the order of the file: "noc" of [policy noc]; NULL past the
 * last. The getters want "policy noc". */
const char *config_name(const struct config *config, const char *family, size_t index);

/* [kafka] is handed through to librdkafka (bus/client.h): property `index`, false past the last. `where` as in
 * config_where. What would break a promise, or is a secret in plain text, is a problem and not among them.
 * sasl.password_file and ssl.key.password_file, which are ours, come as they are. */
bool config_kafka(const struct config *config, size_t index, const char **ret_name, const char **ret_value,
		  const char **ret_where);

/* Every key that `program` reads, with its default and a line of help: part of --help. */
void config_print_keys(enum config_program program, FILE *to);

#endif
