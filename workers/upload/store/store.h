/* Where finished files go: the stores that [upload] store names, each a row of a table (store.c).
 *
 * Opened by the main thread; stores_put runs in the storer's thread alone. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "core/error.h"
#include "core/memory.h"
#include "record/names.h"

struct stores;

/* A capture's finished file. */
struct store_file {
	char capture_id[RECORD_ID_SIZE];
	char target[RECORD_TARGET_SIZE];
	int64_t at_ms;      /* for its name (store/name.h) */
	bool incomplete;
	int fd;             /* to read it from its beginning */
	int64_t size_bytes;
	char sha256[RECORD_SHA256_SIZE];
};

/* Where it is then. */
struct store_place {
	char link[RECORD_LINK_SIZE];
	char name[RECORD_LINK_SIZE];
};

/* The folders that the configured stores write to: texts of the configuration, at most `maximum`. BROKEN,
 * config_invalid, where one is not named. */
int stores_writable(const struct config *config, const char **ret_paths, size_t maximum, struct error *error);

/* BROKEN, config_invalid: a store that this release does not have, or settings that cannot be. */
struct stores *stores_open(const struct config *config, struct error *error);
void stores_free(struct stores *stores);
MEMORY_DEFINE_FREEP(struct stores, stores_free)

size_t stores_count(const struct stores *stores);
const char *stores_name(const struct stores *stores, size_t index);

/* Whether something can be put there now. */
int stores_check(struct stores *stores, size_t index, struct error *error);

/* Puts the file there, durably; waits for it. Putting the same file again leaves one. INPUT: the store refuses this
 * file for good; every other error: later may work. */
int stores_put(struct stores *stores, size_t index, const struct store_file *file, struct store_place *ret_place,
	       struct error *error);

#endif
