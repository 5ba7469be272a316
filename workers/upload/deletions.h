/* Files that results say are `deleting`: removes them from their stores, then writes `deleted`. Who decides it is
 * report; who does it is the upload that reads the capture's partition of chunks. If two do it, it is done twice,
 * which does no harm, and results say it once. What is pinned by then is not touched. Main thread. */
#ifndef DELETIONS_H
#define DELETIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/memory.h"
#include "ledger/results_log.h"
#include "store/store.h"
#include "store/transfers.h"

struct deletions;

/* All of it outlives the deletions. */
struct deletions_parts {
	const struct stores *stores;
	struct transfers *transfers;
};

struct deletions *deletions_new(const struct deletions_parts *parts);
void deletions_free(struct deletions *deletions);
MEMORY_DEFINE_FREEP(struct deletions, deletions_free)

/* A result that counted: whether there is something to delete. */
void deletions_heard(struct deletions *deletions, const struct result *result);

/* False where the job is none of them. */
bool deletions_answered(struct deletions *deletions, struct results_log *results, uint64_t number,
			const struct store_answer *answer, int64_t now_boot_ms);

/* Begins what is due of the partitions for which `is_ours` answers true. */
void deletions_turn(struct deletions *deletions, struct results_log *results,
		    bool (*is_ours)(void *context, int32_t partition), void *context, int64_t now_boot_ms);

#endif
