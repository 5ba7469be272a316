/* One capture on its way from chunks to a result: its assembly, its file in the spool, its jobs at the storer, its
 * record in results. It is open until its end came (or never will), then its file is stored, then its result is
 * written, and when that was read back it is done. Main thread. */
#ifndef GATHERING_H
#define GATHERING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/bus_record.h"
#include "core/error.h"
#include "core/memory.h"
#include "packets/assembly.h"
#include "record/chunk.h"
#include "results.h"
#include "spool.h"
#include "storer.h"

struct gathering;

/* What all gatherings share; all of it outlives them. */
struct gathering_parts {
	struct spool_folder *spools;
	const struct stores *stores;
	struct storer *storer;
	struct results *results;
};

void gathering_register_metrics(void);

/* Begins with the capture's first chunk that was read; `record` is where it lies. It is not taken yet: gathering_take
 * follows. `number` is what the storer knows it by. `known` (may be NULL) is a result that was written before all was
 * stored, by whoever had the capture before: where he had closed it for want of an end, it is closed there again. */
struct gathering *gathering_new(const struct gathering_parts *parts, uint64_t number, const struct bus_record *record,
				const struct chunk *chunk, const struct result *known);
/* Its file in the spool goes; a copy under way ends by itself. */
void gathering_free(struct gathering *gathering);
MEMORY_DEFINE_FREEP(struct gathering, gathering_free)

const char *gathering_id(const struct gathering *gathering);
uint64_t gathering_number(const struct gathering *gathering);
int32_t gathering_partition(const struct gathering *gathering);
int64_t gathering_first_offset(const struct gathering *gathering); /* needed until it is done */

/* The capture's next chunk. `heard_ms` is the partition's time (silence.h). `ret_why` is set with ASSEMBLY_CORRUPT.
 * -1: the spool cannot be written, and the process should end: Kafka has everything. */
int gathering_take(struct gathering *gathering, const struct bus_record *record, const struct chunk *chunk,
		   int64_t heard_ms, enum assembly_verdict *ret_verdict, struct error *ret_why, struct error *error);

/* No end will come. -1 as gathering_take. */
int gathering_close(struct gathering *gathering, struct error *error);

bool gathering_is_open(const struct gathering *gathering);
int64_t gathering_heard_ms(const struct gathering *gathering);

/* The storer's answer to a job of this gathering. */
void gathering_answered(struct gathering *gathering, const struct storer_answer *answer, int64_t now_boot_ms);

/* Does what can be done now. True once it is done: its result was read back, or that of another who did the same. */
bool gathering_turn(struct gathering *gathering, int64_t now_boot_ms);

/* Something of it is under way and will be over soon: worth waiting for at the end of the process. */
bool gathering_is_busy(const struct gathering *gathering);
/* A store could not take its file, and is tried again: why. Else NULL. */
const char *gathering_trouble(const struct gathering *gathering);

/* A piece of a chunk, for the assembly. */
void gathering_piece(const struct chunk *chunk, struct assembly_piece *ret_piece);

#endif
