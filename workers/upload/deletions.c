/* A list of captures with something to delete, one store after the other. Results are read anew before each step. */
#include "deletions.h"

#include <uthash.h>

#include "core/log.h"
#include "core/metrics.h"
#include "core/text.h"

static const int64_t RETRY_FIRST_MS = 1000;
static const int64_t RETRY_MOST_MS = 60000;

static struct metric deleted_total = { .name = "capbus_upload_deleted_total", .type = METRIC_COUNTER,
				       .help = "Files removed from a store because results said so" };

struct deletion {
	UT_hash_handle hh;
	char capture_id[RECORD_ID_SIZE];
	int32_t partition;
	char store[RECORD_WORD_SIZE]; /* that the job is about */
	uint64_t job;                 /* 0: nothing is under way */
	int64_t wait_ms;
	int64_t due_boot_ms;
};

struct deletions {
	struct deletions_parts parts;
	struct deletion *all;
};

struct deletions *deletions_new(const struct deletions_parts *parts)
{
	struct deletions *deletions = memory_new(sizeof *deletions);
	metrics_register(&deleted_total);
	deletions->parts = *parts;
	return deletions;
}

static void forget(struct deletions *deletions, struct deletion *deletion)
{
	HASH_DEL(deletions->all, deletion);
	free(deletion);
}

void deletions_free(struct deletions *deletions)
{
	struct deletion *deletion, *next;
	if (!deletions)
		return;
	HASH_ITER(hh, deletions->all, deletion, next)
		forget(deletions, deletion);
	free(deletions);
}

/* NULL: nothing is to be deleted, or it is pinned. `configured`: only in stores that this process has. */
static struct result_store *find_deleting(const struct deletions *deletions, struct result *result, bool configured)
{
	size_t index;
	for (size_t i = 0; i < result->stores_count && !result->pinned; i++)
		if (result->stores[i].state == STORE_DELETING &&
		    (!configured || stores_find(deletions->parts.stores, result->stores[i].store, &index)))
			return &result->stores[i];
	return NULL;
}

/* The partition decides who does it; of what has none, whoever has the first. */
void deletions_heard(struct deletions *deletions, const struct result *result)
{
	struct deletion *deletion;
	struct result copy = *result;
	HASH_FIND_STR(deletions->all, result->capture_id, deletion);
	if (deletion || !find_deleting(deletions, &copy, false))
		return;
	deletion = memory_new(sizeof *deletion);
	TEXT_COPY(deletion->capture_id, result->capture_id);
	deletion->partition = result->chunks_partition == RECORD_UNSET ? 0 : (int32_t)result->chunks_partition;
	HASH_ADD_STR(deletions->all, capture_id, deletion);
}

static void put_off(struct deletion *deletion, int64_t now_boot_ms)
{
	deletion->wait_ms = deletion->wait_ms ? 2 * deletion->wait_ms : RETRY_FIRST_MS;
	if (deletion->wait_ms > RETRY_MOST_MS)
		deletion->wait_ms = RETRY_MOST_MS;
	deletion->due_boot_ms = now_boot_ms + deletion->wait_ms;
}

static struct deletion *find_job(struct deletions *deletions, uint64_t number)
{
	for (struct deletion *deletion = deletions->all; deletion; deletion = deletion->hh.next)
		if (deletion->job == number)
			return deletion;
	return NULL;
}

/* Results may say something else by now: then that holds. */
static void tell(const struct deletion *deletion, struct results_log *results, const struct store_answer *answer)
{
	struct result result;
	if (!results_find(results_log_results(results), deletion->capture_id, &result) ||
	    results_log_is_under_way(results, deletion->capture_id))
		return;
	for (size_t i = 0; i < result.stores_count; i++) {
		struct result_store *store = &result.stores[i];
		if (store->state != STORE_DELETING || !text_equal(store->store, deletion->store))
			continue;
		store->state = answer->ok ? STORE_DELETED : STORE_FAILED;
		if (!answer->ok)
			TEXT_COPY(result.detail, answer->error.text);
		results_log_write(results, &result, true);
		return;
	}
}

bool deletions_answered(struct deletions *deletions, struct results_log *results, uint64_t number,
			const struct store_answer *answer, int64_t now_boot_ms)
{
	struct deletion *deletion = find_job(deletions, number);
	if (!deletion)
		return false;
	const struct log_about about = { .capture_id = deletion->capture_id };
	deletion->job = 0;
	if (answer->ok)
		log_info(&about, "deleted from store %s", deletion->store);
	else
		log_warning(&about, "store %s: %s", deletion->store, answer->error.text);
	metrics_add(&deleted_total, answer->ok);
	if (answer->ok || answer->error.kind == ERROR_INPUT)
		tell(deletion, results, answer);
	else
		put_off(deletion, now_boot_ms);
	return true;
}

/* False: there is nothing to be done for it any more. */
static bool go_on(struct deletions *deletions, struct deletion *deletion, const struct results *results,
		  int64_t now_boot_ms)
{
	struct result result;
	size_t index;
	if (!results_find(results, deletion->capture_id, &result) || !find_deleting(deletions, &result, false))
		return false;
	const struct result_store *store = find_deleting(deletions, &result, true);
	if (!store) {
		put_off(deletion, now_boot_ms); /* another upload has that store */
		return true;
	}
	struct store_removal removal = { .name = "" };
	TEXT_COPY(removal.capture_id, result.capture_id);
	TEXT_COPY(removal.target, result.target);
	TEXT_COPY(removal.name, store->name);
	TEXT_COPY(deletion->store, store->store);
	stores_find(deletions->parts.stores, store->store, &index);
	deletion->job = transfers_remove(deletions->parts.transfers, index, &removal);
	return true;
}

void deletions_turn(struct deletions *deletions, struct results_log *results,
		    bool (*is_ours)(void *context, int32_t partition), void *context, int64_t now_boot_ms)
{
	struct deletion *deletion, *next;
	HASH_ITER(hh, deletions->all, deletion, next) {
		if (deletion->job || deletion->due_boot_ms > now_boot_ms || !is_ours(context, deletion->partition) ||
		    results_log_is_under_way(results, deletion->capture_id))
			continue;
		if (!go_on(deletions, deletion, results_log_results(results), now_boot_ms))
			forget(deletions, deletion);
	}
}
