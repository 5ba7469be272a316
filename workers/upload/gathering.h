/* One capture on its way from chunks to a result: its assembly, its file in the spool, the stores that get it, its
 * record in results. It is open until its end came (or never will), then its file is stored, then its result is
 * written, and when that was read back it is done. Main thread.
 *
 * The spool may have no room for its file: then the file is dropped, the chunks are counted and checked as before,
 * and once the capture ended they are read again from Kafka (intake.h), by which the file comes back. */
#ifndef GATHERING_H
#define GATHERING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/bus_record.h"
#include "core/error.h"
#include "core/memory.h"
#include "file/making.h"
#include "ledger/results_log.h"
#include "packets/assembly.h"
#include "record/chunk.h"

struct gathering;

/* What all gatherings share; all of it outlives them. */
struct gathering_parts {
	struct making_parts making;
	struct results_log *results;
};

void gathering_register_metrics(void);

/* Begins with the capture's first chunk that was read; `record` is where it lies. It is not taken yet: gathering_take
 * follows. `known` (may be NULL) is a result that was written before all was stored, by whoever had the capture
 * before: where he had closed it for want of an end, it is closed there again. */
struct gathering *gathering_new(const struct gathering_parts *parts, const struct bus_record *record,
				const struct chunk *chunk, const struct result *known);
/* Its file in the spool goes; what is under way to a store is aborted. */
void gathering_free(struct gathering *gathering);
MEMORY_DEFINE_FREEP(struct gathering, gathering_free)

const char *gathering_id(const struct gathering *gathering);
int32_t gathering_partition(const struct gathering *gathering);
int64_t gathering_first_offset(const struct gathering *gathering); /* needed until it is done */

/* The capture's next chunk. `heard_ms` is the partition's time (silence.h). `ret_why` is set with
 * ASSEMBLY_CORRUPT. */
enum assembly_verdict gathering_take(struct gathering *gathering, const struct bus_record *record,
				     const struct chunk *chunk, int64_t heard_ms, int64_t now_boot_ms,
				     struct error *ret_why);

/* No end will come. */
void gathering_close(struct gathering *gathering, int64_t now_boot_ms);

bool gathering_is_open(const struct gathering *gathering);
int64_t gathering_heard_ms(const struct gathering *gathering);

/* The answer to a job of its stores; false where it is none of them. */
bool gathering_answered(struct gathering *gathering, uint64_t number, const struct store_answer *answer,
			int64_t now_boot_ms);

/* Does what can be done now. True once it is done: its result was read back, or that of another who did the same, and
 * what was stored here and is not in it is removed. */
bool gathering_turn(struct gathering *gathering, int64_t now_boot_ms);

/* Something of it is under way and will be over soon: worth waiting for at the end of the process. */
bool gathering_is_busy(const struct gathering *gathering);
/* A store could not take its file, and is tried again: why. Else NULL. */
const char *gathering_trouble(const struct gathering *gathering);
/* The spool could not be written: why. Else NULL. */
const char *gathering_spool_trouble(const struct gathering *gathering);

/* ---- its file and the room in the spool ---- */

/* What its file takes; 0 where there is none. */
int64_t gathering_spool_bytes(const struct gathering *gathering);
/* What the file would take, about, were it there. */
int64_t gathering_expected_bytes(const struct gathering *gathering);

/* The file can be dropped: it will be read again in time. Not while it is read again, or being stored, and not once
 * its chunks may soon be gone. */
bool gathering_may_drop(const struct gathering *gathering, int64_t now_wall_ms);
void gathering_drop_file(struct gathering *gathering, int64_t now_boot_ms);

/* Its chunks are to be read again, and whether that cannot wait for room. */
bool gathering_wants_again(const struct gathering *gathering, int64_t now_boot_ms);
bool gathering_is_urgent(const struct gathering *gathering, int64_t now_wall_ms);

/* It has no file, for want of room or because the spool could not be written. */
bool gathering_is_dropped(const struct gathering *gathering);

/* Begins anew; its chunks from the first to the last offset follow with gathering_take_again, then _end_again,
 * whether they were all still there or not. */
void gathering_begin_again(struct gathering *gathering);
int64_t gathering_last_offset(const struct gathering *gathering);
void gathering_take_again(struct gathering *gathering, const struct bus_record *record, const struct chunk *chunk,
			  int64_t now_boot_ms);
void gathering_end_again(struct gathering *gathering, int64_t now_boot_ms);

#endif
