/* The fold of results, which is a ledger: of each capture the record with the greatest version counts, the first of
 * two. The catalog (catalog.h) keeps what counts.
 *
 * results is kept for ever, so it is compacted, and compaction keeps the last record of a key, which may be one that
 * did not count. Such a record shadows what stands: whoever keeps the catalog (report) writes what stands again, one
 * version greater, until nothing is shadowed. Pure. One thread. */
#ifndef LEDGER_RESULTS_H
#define LEDGER_RESULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/bus_record.h"
#include "core/error.h"
#include "core/memory.h"
#include "ledger/catalog.h"
#include "record/result.h"

struct results;

enum { RESULTS_HEADERS = 6, RESULTS_HEADER_SIZE = 96, RESULTS_INCARNATION_SIZE = 33 };

/* What a record says beside its body, in Kafka's record headers: who wrote it (incarnation of the process, and a
 * number that it uses once), and enough to fold a record whose body this release cannot read. */
struct results_stamp {
	int64_t version;
	char incarnation[RESULTS_INCARNATION_SIZE];
	int64_t nonce;
};

/* Headers with the texts that they point to; stays where it is while they are used. */
struct results_headers {
	struct bus_header headers[RESULTS_HEADERS];
	char texts[RESULTS_HEADERS][RESULTS_HEADER_SIZE];
};

/* `stage` is who writes ("upload"), for people. `result` needs version, state and target. */
void results_stamp(struct results_headers *headers, const struct result *result, const char *stage,
		   const char *incarnation, int64_t nonce);

enum results_verdict {
	RESULTS_COUNTED, /* it is what stands now */
	RESULTS_IGNORED, /* something as new or newer stands */
};

/* One record of the log, as the fold judged it. */
struct results_news {
	char capture_id[RECORD_ID_SIZE];
	enum results_verdict verdict;
	bool is_stamped;
	struct results_stamp stamp; /* of a stamped one */
	bool has_body;              /* false: a tombstone, or a body that only a newer release can read */
	struct result result;       /* with has_body */
};

struct results *results_new(void);
void results_free(struct results *results);
MEMORY_DEFINE_FREEP(struct results, results_free)

/* Folds one record.
 *
 * Without a stamp (others than capbus may have written it) the body's version counts. A body that cannot be read
 * counts by its stamp: the version is taken, the catalog goes on saying what it said. A tombstone counts by its stamp
 * too, so that one that was decided upon something old deletes nothing; without a stamp it is nobody's.
 *
 * INPUT record_invalid: neither stamp nor body can be read; it counts for nothing, and may shadow. */
int results_apply(struct results *results, const struct bus_record *record, struct results_news *ret_news,
		  struct error *error);

const struct catalog *results_catalog(const struct results *results);

/* What stands of the capture; false where nothing does that this release can read. */
bool results_find(const struct results *results, const char *capture_id, struct result *ret_result);

/* The version that stands, 0 where none does: who writes, writes one more. */
int64_t results_version(const struct results *results, const char *capture_id);

/* A capture whose last record in the log did not count, while something stands that this release can read: that is
 * to be written again. NULL: none. What was written again is not shadowed any more once it was folded. */
const char *results_shadowed(const struct results *results);
size_t results_shadowed_count(const struct results *results);

/* Nothing is left to be done for it: each store has the file, or never will, or gave it back. */
bool results_is_settled(const struct result *result);

/* Of two uploads of a capture to one store, whose is it? */
enum results_slot {
	RESULTS_SLOT_FREE,  /* no file is named there yet: mine can be proposed, again if it was before */
	RESULTS_SLOT_SAME,  /* my very file: names are made of the capture, so two uploads may make one file */
	RESULTS_SLOT_TAKEN, /* another file is named there, or it was deleted since: mine has to go */
};
enum results_slot results_slot(const struct result *standing, const struct result_store *mine);

/* Puts what stands into the slots of `result` that are taken, or the same, and adds those that it does not have. */
void results_keep_slots(const struct result *standing, struct result *result);

/* Each store of `wanted` is named in `standing`; with `same_states` each is there in the same state. */
bool results_covers(const struct result *standing, const struct result *wanted, bool same_states);

#endif
