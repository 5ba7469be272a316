/* Keeps the catalog: follows results, and writes there what only a keeper may.
 *
 *   again       results is compacted, and compaction keeps the last record of a key. Where that one did not count
 *               (ledger/results.h: shadowed), what stands is written again, one version greater
 *   tombstones  what has been deleted in every store for KEEPER_DELETED_MS is forgotten: its chunks are long gone, so
 *               nothing brings it back
 *
 * Every reporter follows, and the one whose turn it is writes; two that both believe so do no harm. One thread. */
#ifndef KEEPER_H
#define KEEPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"
#include "record/result.h"

#define KEEPER_DELETED_MS (INT64_C(30) * 24 * 3600 * 1000)

struct bus_record;
struct client;
struct keeper;
struct producer;

struct keeper_parts {
	struct client *client;
	struct producer *producer;
	const char *incarnation;
	void *context;
	/* A result stands that is newer than what stood before. */
	void (*changed)(void *context, const struct result *result);
	/* It is this process' turn to write. */
	bool (*keeps)(void *context);
};

/* All pointers outlive it. Waits for Kafka until the deadline (clock_boot_ms); errors as consumer_new_follower. */
struct keeper *keeper_new(const struct keeper_parts *parts, int64_t deadline_boot_ms, struct error *error);
/* The producer must have been freed. NULL does nothing. */
void keeper_free(struct keeper *keeper);

/* For poll(2): returns how many were filled in, at most 2. */
size_t keeper_fds(const struct keeper *keeper, int to[static 2]);

/* Takes at most `maximum` records. 1: more wait. 0: no more. -1 as consumer_take. */
int keeper_turn(struct keeper *keeper, size_t maximum, struct error *error);
/* Every result that there was at the start was read. */
bool keeper_is_read(const struct keeper *keeper);

/* Writes what is to be written, where it is this process' turn. */
void keeper_tidy(struct keeper *keeper, int64_t now_wall_ms);

/* A record of a topic that every reporter follows makes no sense: a dead letter, where it is this process' turn. */
void keeper_bury(struct keeper *keeper, const struct bus_record *record, const struct error *why);

/* False where nothing is known of the capture. */
bool keeper_find(const struct keeper *keeper, const char *capture_id, struct result *ret_result);
size_t keeper_count(const struct keeper *keeper);

#endif
