/* A capture's file on its way into every store: for each what became of it, when it is tried again, and whether what
 * this process stored has to go because results name another's. Main thread. */
#ifndef STORE_STORING_H
#define STORE_STORING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/memory.h"
#include "file/spool.h"
#include "record/result.h"
#include "store/store.h"
#include "store/transfers.h"

struct storing;

/* All of it outlives the storings. */
struct storing_parts {
	const struct stores *stores;
	struct transfers *transfers;
};

void storing_register_metrics(void);

/* `file` is copied; its fd is not looked at. */
struct storing *storing_new(const struct storing_parts *parts, const struct store_file *file, const char *request_id);
/* What is under way is aborted. */
void storing_free(struct storing *storing);
MEMORY_DEFINE_FREEP(struct storing, storing_free)

/* The file in the spool is larger now: what is under way is told, what is due begins. */
void storing_grow(struct storing *storing, const struct spool *spool, int64_t now_boot_ms);
/* It is whole now. `incomplete`: the capture is. */
void storing_finish(struct storing *storing, const struct spool *spool, bool incomplete, int64_t now_boot_ms);
/* It is not there any more, and comes again later. What is stored already stays so. */
void storing_lose_file(struct storing *storing);

/* False where the job is not of this storing. */
bool storing_answered(struct storing *storing, uint64_t number, const struct store_answer *answer,
		      int64_t now_boot_ms);

/* Fills in stores; `detail` says behind what it says already what keeps one waiting. */
void storing_fill(const struct storing *storing, struct result *result);

/* `standing` is settled. What was stored here and is not what stands there is removed again; true once nothing is
 * left to be done. */
bool storing_yield(struct storing *storing, const struct result *standing, int64_t now_boot_ms);

/* Something is under way, or will be at once. */
bool storing_is_busy(const struct storing *storing);
/* Why a store does not take the file and is tried again; NULL where none is. */
const char *storing_trouble(const struct storing *storing);

#endif
