/* A row for each store, with at most one job of transfers.h under way. A store that fails is tried again, each time
 * after twice the time, from the file's beginning. */
#include "store/storing.h"

#include "core/log.h"
#include "core/metrics.h"
#include "core/text.h"
#include "ledger/results.h"

static const int64_t RETRY_FIRST_MS = 1000;
static const int64_t RETRY_MOST_MS = 60000;

static struct metric stored_total = { .name = "capbus_upload_stored_total", .type = METRIC_COUNTER,
				      .help = "Files that a store has" };
static struct metric store_failures_total = { .name = "capbus_upload_store_failures_total", .type = METRIC_COUNTER,
					      .help = "Times that a store could not take a file" };
static struct metric yielded_total = { .name = "capbus_upload_yielded_total", .type = METRIC_COUNTER,
				       .help = "Files removed again because another upload's is in results" };

struct row {
	enum store_state state; /* waiting, stored or failed; deleted: stored here, and removed again */
	uint64_t job;           /* 0: nothing is under way */
	bool is_told_whole;     /* that job knows that the file is whole */
	int64_t told_bytes;     /* and how much of it there is */
	int64_t wait_ms;        /* before the next try; 0: none failed yet */
	int64_t due_boot_ms;
	struct store_place place;
	struct error error;     /* of the last try */
};

struct storing {
	struct storing_parts parts;
	char request_id[RECORD_ID_SIZE];
	struct store_file file;
	bool is_whole;
	struct store_whole whole;
	size_t count;
	struct row rows[RECORD_STORES_MAX];
};

void storing_register_metrics(void)
{
	metrics_register(&stored_total);
	metrics_register(&store_failures_total);
	metrics_register(&yielded_total);
}

struct storing *storing_new(const struct storing_parts *parts, const struct store_file *file, const char *request_id)
{
	struct storing *storing = memory_new(sizeof *storing);
	storing->parts = *parts;
	storing->file = *file;
	storing->file.fd = -1;
	TEXT_COPY(storing->request_id, request_id);
	storing->count = stores_count(parts->stores);
	return storing;
}

static void abort_jobs(struct storing *storing)
{
	for (size_t i = 0; i < storing->count; i++) {
		struct row *row = &storing->rows[i];
		if (row->job && row->state == STORE_WAITING)
			transfers_abort(storing->parts.transfers, row->job);
		row->job = 0;
	}
}

void storing_free(struct storing *storing)
{
	if (!storing)
		return;
	abort_jobs(storing);
	free(storing);
}

static struct log_about about(const struct storing *storing)
{
	return (struct log_about){ storing->request_id, storing->file.capture_id, storing->file.target };
}

static const char *name_of(const struct storing *storing, const struct row *row)
{
	return stores_name(storing->parts.stores, (size_t)(row - storing->rows));
}

static void put_off(struct row *row, int64_t now_boot_ms)
{
	row->wait_ms = row->wait_ms ? 2 * row->wait_ms : RETRY_FIRST_MS;
	if (row->wait_ms > RETRY_MOST_MS)
		row->wait_ms = RETRY_MOST_MS;
	row->due_boot_ms = now_boot_ms + row->wait_ms;
}

static void put_failed(struct storing *storing, struct row *row, int64_t now_boot_ms)
{
	const struct log_about what = about(storing);
	bool for_good = row->error.kind == ERROR_INPUT;
	metrics_add(&store_failures_total, 1);
	row->state = for_good ? STORE_FAILED : STORE_WAITING;
	put_off(row, now_boot_ms);
	log_warning(&what, "store %s %s: %s", name_of(storing, row), for_good ? "refuses the file" :
		    "is tried again", row->error.text);
}

/* ---- putting ---- */

static void begin(struct storing *storing, struct row *row, const struct spool *spool, int64_t now_boot_ms)
{
	struct store_file file = storing->file;
	row->is_told_whole = false;
	row->told_bytes = 0;
	if (spool_open_to_read(spool, &file.fd, &row->error) < 0)
		put_failed(storing, row, now_boot_ms);
	else
		row->job = transfers_begin(storing->parts.transfers, (size_t)(row - storing->rows), &file);
}

static void go_on(struct storing *storing, struct row *row, const struct spool *spool, int64_t now_boot_ms)
{
	if (row->state != STORE_WAITING)
		return;
	if (!row->job && row->due_boot_ms <= now_boot_ms)
		begin(storing, row, spool, now_boot_ms);
	if (!row->job || row->is_told_whole)
		return;
	if (storing->is_whole)
		transfers_finish(storing->parts.transfers, row->job, &storing->whole);
	else if (spool_size(spool) > row->told_bytes)
		transfers_append(storing->parts.transfers, row->job, spool_size(spool));
	row->is_told_whole = storing->is_whole;
	row->told_bytes = spool_size(spool);
}

void storing_grow(struct storing *storing, const struct spool *spool, int64_t now_boot_ms)
{
	for (size_t i = 0; i < storing->count; i++)
		go_on(storing, &storing->rows[i], spool, now_boot_ms);
}

void storing_finish(struct storing *storing, const struct spool *spool, bool incomplete, int64_t now_boot_ms)
{
	storing->is_whole = true;
	storing->whole = (struct store_whole){ .incomplete = incomplete, .size_bytes = spool_size(spool) };
	TEXT_COPY(storing->whole.sha256, spool_sha256(spool));
	storing_grow(storing, spool, now_boot_ms);
}

void storing_lose_file(struct storing *storing)
{
	abort_jobs(storing);
	storing->is_whole = false;
}

static void was_put(struct storing *storing, struct row *row, const struct store_answer *answer, int64_t now_boot_ms)
{
	const struct log_about what = about(storing);
	if (!answer->ok) {
		row->error = answer->error;
		put_failed(storing, row, now_boot_ms);
		return;
	}
	metrics_add(&stored_total, 1);
	row->state = STORE_STORED;
	row->place = answer->place;
	row->wait_ms = row->due_boot_ms = 0;
	log_info(&what, "stored: %s", answer->place.link);
}

/* ---- giving way ---- */

static void was_removed(struct storing *storing, struct row *row, const struct store_answer *answer,
			int64_t now_boot_ms)
{
	const struct log_about what = about(storing);
	bool for_good = answer->ok || answer->error.kind == ERROR_INPUT;
	if (for_good)
		row->state = STORE_DELETED;
	else
		put_off(row, now_boot_ms);
	if (answer->ok)
		metrics_add(&yielded_total, 1);
	log_info(&what, "%s was stored twice; %s: %s", row->place.link, answer->ok ? "it is removed again" :
		 for_good ? "it cannot be removed" : "removing it is tried again", answer->ok ?
		 "results name another upload's" : answer->error.text);
}

static void remove_mine(struct storing *storing, struct row *row)
{
	struct store_removal removal = { .name = "" };
	TEXT_COPY(removal.capture_id, storing->file.capture_id);
	TEXT_COPY(removal.target, storing->file.target);
	TEXT_COPY(removal.name, row->place.name);
	row->job = transfers_remove(storing->parts.transfers, (size_t)(row - storing->rows), &removal);
}

/* What is not stored yet need not be; what may be stored by now must be waited for, to know. */
static bool yield(struct storing *storing, struct row *row, const struct result *standing, int64_t now_boot_ms)
{
	struct result_store mine = { .state = row->state };
	if (row->job && row->state == STORE_WAITING && !row->is_told_whole) {
		transfers_abort(storing->parts.transfers, row->job);
		row->job = 0;
	}
	if (row->job)
		return false;
	TEXT_COPY(mine.store, name_of(storing, row));
	TEXT_COPY(mine.name, row->place.name);
	if (row->state != STORE_STORED || results_slot(standing, &mine) != RESULTS_SLOT_TAKEN)
		return true;
	if (row->due_boot_ms <= now_boot_ms)
		remove_mine(storing, row);
	return false;
}

bool storing_yield(struct storing *storing, const struct result *standing, int64_t now_boot_ms)
{
	bool is_done = true;
	for (size_t i = 0; i < storing->count; i++)
		is_done &= yield(storing, &storing->rows[i], standing, now_boot_ms);
	return is_done;
}

/* ---- what became of it ---- */

bool storing_answered(struct storing *storing, uint64_t number, const struct store_answer *answer,
		      int64_t now_boot_ms)
{
	for (size_t i = 0; i < storing->count; i++) {
		struct row *row = &storing->rows[i];
		if (row->job != number)
			continue;
		row->job = 0;
		if (row->state == STORE_STORED)
			was_removed(storing, row, answer, now_boot_ms);
		else
			was_put(storing, row, answer, now_boot_ms);
		return true;
	}
	return false;
}

static void add_trouble(struct result *result, const char *store, const char *text)
{
	char whole[RECORD_DETAIL_SIZE];
	TEXT_FORMAT(whole, "%s%s%s: %s", result->detail, result->detail[0] ? "; " : "", store, text);
	TEXT_COPY(result->detail, whole);
}

/* A store that failed before is said to wait, also while it is tried again. */
static enum store_state told_state(const struct row *row)
{
	return row->state == STORE_WAITING && row->job && row->wait_ms == 0 ? STORE_STORING : row->state;
}

void storing_fill(const struct storing *storing, struct result *result)
{
	for (size_t i = 0; i < storing->count; i++) {
		const struct row *row = &storing->rows[i];
		struct result_store *store = &result->stores[i];
		TEXT_COPY(store->store, name_of(storing, row));
		TEXT_COPY(store->link, row->place.link);
		TEXT_COPY(store->name, row->place.name);
		store->state = told_state(row);
		store->size = storing->whole.size_bytes;
		if (row->state != STORE_STORED && row->error.kind != ERROR_NONE)
			add_trouble(result, store->store, row->error.text);
	}
	result->stores_count = storing->count;
}

const char *storing_trouble(const struct storing *storing)
{
	for (size_t i = 0; i < storing->count; i++)
		if (storing->rows[i].state == STORE_WAITING && storing->rows[i].error.kind != ERROR_NONE)
			return storing->rows[i].error.text;
	return NULL;
}

bool storing_is_busy(const struct storing *storing)
{
	for (size_t i = 0; i < storing->count; i++)
		if (storing->rows[i].job)
			return true;
	return false;
}
