/* Where files go: the stores that [upload] store names, each a row of a table (store.c).
 *
 * A file goes there while it grows: begin, append as often as more of it is in the spool, finish when it is whole.
 * None of these waits for a network; how it ends is told once, at any time from begin on. So a row can carry a PUT
 * over the whole life of a capture, and all rows together need one thread.
 *
 * Opened and checked by the main thread; everything behind stores_check runs in the thread of transfers.h alone. */
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

/* A capture's file, as far as it is known when it begins. */
struct store_file {
	char capture_id[RECORD_ID_SIZE];
	char target[RECORD_TARGET_SIZE];
	int64_t at_ms;      /* for its name (store/name.h) */
	int fd;             /* to read it from its beginning, by offsets; the store's from begin on */
};

/* And when it is whole. */
struct store_whole {
	bool incomplete;
	int64_t size_bytes;
	char sha256[RECORD_SHA256_SIZE];
};

/* Where it is then. */
struct store_place {
	char link[RECORD_LINK_SIZE];
	char name[RECORD_LINK_SIZE]; /* what the store knows it by */
};

/* What is to be removed: the name is a record's word, so a store believes it only where it can be this capture's. */
struct store_removal {
	char capture_id[RECORD_ID_SIZE];
	char target[RECORD_TARGET_SIZE];
	char name[RECORD_LINK_SIZE];
};

struct store_answer {
	bool ok;
	struct store_place place; /* of a file that was stored */
	struct error error;       /* with !ok. INPUT: for good; every other: later may work */
};

/* A transfer or a removal: its number, and who is told how it ended. Told exactly once, in the thread that called,
 * perhaps before begin or remove return; then it is over. After an abort nothing is told. */
struct store_job {
	uint64_t number;
	void (*told)(void *context, uint64_t number, const struct store_answer *answer);
	void *context;
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
bool stores_find(const struct stores *stores, const char *name, size_t *ret_index);

/* Whether something can be put there now. */
int stores_check(struct stores *stores, size_t index, struct error *error);

/* Begins to put a file; the transfer is the store's until it is told how it ended. NULL: that was told already. */
void *stores_begin(struct stores *stores, size_t index, const struct store_job *job, const struct store_file *file);
/* The first `size_bytes` of it are written. */
void stores_append(struct stores *stores, size_t index, void *transfer, int64_t size_bytes);
/* It is whole. Told is where it is, durably. Putting the same file again leaves one. */
void stores_finish(struct stores *stores, size_t index, void *transfer, const struct store_whole *whole);
/* Nothing of it is wanted any more; the transfer is gone. */
void stores_abort(struct stores *stores, size_t index, void *transfer);

/* Removes a stored file. One that is not there (any more) is removed already. */
void stores_remove(struct stores *stores, size_t index, const struct store_job *job,
		   const struct store_removal *removal);

#endif
