/* The fold of the threads ledger: what was told of each request, and what somebody is about to tell.
 *
 * A record counts if its version is greater than the request's; `opened`, which only a gateway writes, only as the
 * first of its request. Nobody writes a version that is more than one above what he read: so of two that want to tell
 * the same, the one whose claim stands first in the log may. A claim does not change what was told. It stands until a
 * record says that it was done, or until the next claim, which is made once it is known what became of the first.
 *
 * Pure: the same records make the same state everywhere. Records are kept as they came, some hundred bytes each, and
 * decoded when asked for. One thread. */
#ifndef LEDGER_THREADS_H
#define LEDGER_THREADS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/bus_record.h"
#include "core/error.h"
#include "core/memory.h"
#include "record/thread.h"

struct threads;
struct threads_entry;

struct threads *threads_new(void);
void threads_free(struct threads *threads);
MEMORY_DEFINE_FREEP(struct threads, threads_free)

/* Folds one record of threads and decodes it into *ret_record, also where it does not count. `now_boot_ms` is when it
 * was read: a claim's age, to its reader, counts from there. INPUT record_invalid or schema_unknown: it is unreadable,
 * and nothing changed. A null changes nothing and does not count. */
int threads_apply(struct threads *threads, const struct bus_record *record, int64_t now_boot_ms,
		  struct thread *ret_record, bool *ret_counted, struct error *error);

/* NULL where nothing was read of the request. Borrowed until the next threads_apply or threads_forget. */
const struct threads_entry *threads_find(const struct threads *threads, const char *request_id);
/* 0 for NULL: what comes next has one more. */
int64_t threads_version(const struct threads_entry *entry);
/* When its newest record that counted was read. */
int64_t threads_heard_boot_ms(const struct threads_entry *entry);

/* What was told last, or the gateway's `opened`. False where there is none, and *ret is set to its defaults. */
bool threads_told(const struct threads_entry *entry, struct thread *ret_told);
bool threads_has_claim(const struct threads_entry *entry);
/* The claim that stands. False where there is none, and *ret is untouched. */
bool threads_claim(const struct threads_entry *entry, struct thread *ret_claim);

size_t threads_count(const struct threads *threads);
/* Forgets the requests whose newest record is older, by its timestamp. */
void threads_forget(struct threads *threads, int64_t before_ms);

#endif
