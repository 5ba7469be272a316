/* A capture's file in the making: it grows in the spool with the chunks, goes to the stores meanwhile, is whole at
 * the end. The spool may have no room for it: then it is dropped, and written anew when the chunks are read again.
 * Main thread. */
#ifndef FILE_MAKING_H
#define FILE_MAKING_H

#include <stdbool.h>
#include <stdint.h>

#include "core/memory.h"
#include "file/spool.h"
#include "record/chunk.h"
#include "record/result.h"
#include "store/storing.h"

struct making;

/* All of it outlives the makings. */
struct making_parts {
	struct spool_folder *spools;
	struct storing_parts storing;
};

enum making_state {
	MAKING_GROWS,   /* with the chunks as they come; there is no file yet where no packet came */
	MAKING_DROPPED, /* no file: what comes is not written */
	MAKING_AGAIN,   /* it grows once more, with chunks that are read again */
	MAKING_WHOLE,   /* it is whole, or none is needed: now only the stores matter */
};

void making_register_metrics(void);

/* `first_timestamp_ms` names a capture of which nobody says when it was armed or asked for. */
struct making *making_new(const struct making_parts *parts, const char *capture_id, const char *request_id,
			  int64_t first_timestamp_ms);
/* The file in the spool goes; what is under way to a store is aborted. */
void making_free(struct making *making);
MEMORY_DEFINE_FREEP(struct making, making_free)

enum making_state making_state(const struct making *making);

/* Writes a chunk that the assembly took, unless dropped. `begin` is the best that is known of the capture. Where the
 * spool cannot be written the file is dropped: Kafka has everything. */
void making_write(struct making *making, const struct chunk *chunk, const struct chunk_begin *begin,
		  int64_t now_boot_ms);

/* The capture ended so. A dropped file stays dropped, unless none is needed. */
void making_finish(struct making *making, const struct result *result, const struct chunk_begin *begin,
		   int64_t now_boot_ms);

void making_drop(struct making *making, int64_t now_boot_ms);
/* A dropped file may be made again now: a while after the spool could not be written. */
bool making_is_due(const struct making *making, int64_t now_boot_ms);
void making_begin_again(struct making *making);

/* Lets stores that are due try again. */
void making_turn(struct making *making, int64_t now_boot_ms);

/* What the file takes in the spool; 0 where there is none. */
int64_t making_bytes(const struct making *making);
/* Of a whole file; else "". */
const char *making_sha256(const struct making *making);
/* Its stores; NULL where it never began to go there. Borrowed. */
struct storing *making_storing(const struct making *making);
/* Why the spool could not be written; NULL where it could, or can again. */
const char *making_trouble(const struct making *making);

#endif
