/* The catalog: what exists of every capture, as the results topic says. A fold: for each capture the record with the
 * greatest version counts, the first of two; a tombstone forgets it. Records are kept as they came, some hundred bytes
 * each, and packed, and decoded when asked for, so that a hundred thousand captures fit. One thread. */
#ifndef LEDGER_CATALOG_H
#define LEDGER_CATALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/bus_record.h"
#include "core/error.h"
#include "core/memory.h"
#include "record/result.h"

struct catalog;
struct catalog_entry;

struct catalog *catalog_new(void);
void catalog_free(struct catalog *catalog);
MEMORY_DEFINE_FREEP(struct catalog, catalog_free)

/* Folds one record of results. `ret_result` (may be NULL) gets it decoded, also where it did not count; a tombstone
 * leaves it alone. INPUT record_invalid: the record is unreadable, and nothing changed. */
int catalog_apply(struct catalog *catalog, const struct bus_record *record, struct result *ret_result,
		  bool *ret_counted, struct error *error);

/* NULL where the capture is not known. Borrowed until the next catalog_apply. */
const struct catalog_entry *catalog_find(const struct catalog *catalog, const char *capture_id);
const char *catalog_id(const struct catalog_entry *entry);
int64_t catalog_version(const struct catalog_entry *entry);
void catalog_read(const struct catalog_entry *entry, struct result *ret_result);

/* All entries, in the order in which their records counted. */
const struct catalog_entry *catalog_first(const struct catalog *catalog);
const struct catalog_entry *catalog_next(const struct catalog_entry *entry);
size_t catalog_count(const struct catalog *catalog);

#endif
