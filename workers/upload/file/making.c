/* One spool and one storing, and which of the four states the two are in. */
#include "file/making.h"

#include "core/log.h"
#include "core/metrics.h"
#include "core/text.h"
#include "file/verdict.h"

static const int64_t WAIT_FIRST_MS = 1000; /* after the spool could not be written */
static const int64_t WAIT_MOST_MS = 60000;

static struct metric dropped_total = { .name = "capbus_upload_spool_dropped_total", .type = METRIC_COUNTER,
				       .help = "Files dropped from the spool, to be read again from Kafka" };

struct making {
	struct making_parts parts;
	char capture_id[RECORD_ID_SIZE];
	char request_id[RECORD_ID_SIZE];
	int64_t first_timestamp_ms;
	enum making_state state;
	struct spool *spool;     /* NULL: no file */
	struct storing *storing; /* from the file's beginning on; stays when the file is dropped */
	int64_t wait_ms;         /* 0: the spool never failed */
	int64_t due_boot_ms;
	struct error error;      /* of the spool */
};

void making_register_metrics(void)
{
	metrics_register(&dropped_total);
	storing_register_metrics();
}

struct making *making_new(const struct making_parts *parts, const char *capture_id, const char *request_id,
			  int64_t first_timestamp_ms)
{
	struct making *making = memory_new(sizeof *making);
	making->parts = *parts;
	making->first_timestamp_ms = first_timestamp_ms;
	TEXT_COPY(making->capture_id, capture_id);
	TEXT_COPY(making->request_id, request_id);
	return making;
}

void making_free(struct making *making)
{
	if (!making)
		return;
	storing_free(making->storing);
	spool_free(making->spool);
	free(making);
}

enum making_state making_state(const struct making *making)
{
	return making->state;
}

/* ---- no room ---- */

void making_drop(struct making *making, int64_t now_boot_ms)
{
	metrics_add(&dropped_total, 1);
	if (making->storing)
		storing_lose_file(making->storing);
	spool_free(making->spool);
	making->spool = NULL;
	making->state = MAKING_DROPPED;
	making->due_boot_ms = now_boot_ms + making->wait_ms;
}

/* The disk is full, or worse. */
static void lose(struct making *making, const struct chunk_begin *begin, int64_t now_boot_ms)
{
	const struct log_about about = { making->request_id, making->capture_id, begin->request.target };
	making->wait_ms = making->wait_ms ? 2 * making->wait_ms : WAIT_FIRST_MS;
	if (making->wait_ms > WAIT_MOST_MS)
		making->wait_ms = WAIT_MOST_MS;
	log_warning(&about, "its file is dropped and its chunks will be read again: %s", making->error.text);
	making_drop(making, now_boot_ms);
}

bool making_is_due(const struct making *making, int64_t now_boot_ms)
{
	return making->state == MAKING_DROPPED && making->due_boot_ms <= now_boot_ms;
}

void making_begin_again(struct making *making)
{
	making->state = MAKING_AGAIN;
}

/* ---- writing ---- */

static int64_t file_time_ms(const struct making *making, const struct chunk_begin *begin)
{
	if (begin->armed_at_ns != RECORD_UNSET)
		return begin->armed_at_ns / 1000000;
	if (begin->asked_at_ms != RECORD_UNSET)
		return begin->asked_at_ms;
	return making->first_timestamp_ms > 0 ? making->first_timestamp_ms : 0;
}

static void begin_storing(struct making *making, const struct chunk_begin *begin)
{
	struct store_file file = { .at_ms = file_time_ms(making, begin), .fd = -1 };
	if (making->storing)
		return;
	TEXT_COPY(file.capture_id, making->capture_id);
	TEXT_COPY(file.target, begin->request.target);
	making->storing = storing_new(&making->parts.storing, &file, making->request_id);
}

static int write_data(struct making *making, const struct chunk *chunk, struct error *error)
{
	if (!making->spool)
		making->spool = spool_new(making->parts.spools, making->capture_id, &chunk->begin, error);
	if (!making->spool)
		return -1;
	return chunk->data.size == 0 ? spool_keep_alive(making->spool, error) :
				       spool_packets(making->spool, chunk->data.data, chunk->data.size, error);
}

/* A file begins with the first chunk of a source that was opened, unless it is the last and empty. It goes to the
 * stores when it is known when the capture was armed: its name needs that. */
void making_write(struct making *making, const struct chunk *chunk, const struct chunk_begin *begin,
		  int64_t now_boot_ms)
{
	bool says_nothing = chunk->data.size == 0 && (chunk->has_end || chunk->begin.link_type == RECORD_UNSET);
	if (making->state == MAKING_DROPPED || says_nothing)
		return;
	if (write_data(making, chunk, &making->error) < 0) {
		lose(making, begin, now_boot_ms);
		return;
	}
	if (begin->armed_at_ns != RECORD_UNSET)
		begin_storing(making, begin);
	making_turn(making, now_boot_ms);
}

static int finish_spool(struct making *making, const struct result *result)
{
	char sentence[VERDICT_SENTENCE_SIZE];
	struct pcapng_write_statistics statistics;
	verdict_statistics(result, sentence, &statistics);
	return spool_finish(making->spool, &statistics, &making->error);
}

static void discard(struct making *making)
{
	storing_free(making->storing);
	spool_free(making->spool);
	making->storing = NULL;
	making->spool = NULL;
}

void making_finish(struct making *making, const struct result *result, const struct chunk_begin *begin,
		   int64_t now_boot_ms)
{
	if (result->packets == 0) {
		discard(making);
	} else if (making->state == MAKING_DROPPED) {
		return;
	} else if (finish_spool(making, result) < 0) {
		lose(making, begin, now_boot_ms);
		return;
	} else {
		begin_storing(making, begin);
		storing_finish(making->storing, making->spool, result->state != OUTCOME_COMPLETE, now_boot_ms);
	}
	making->state = MAKING_WHOLE;
	making->error = (struct error){ .kind = ERROR_NONE };
}

void making_turn(struct making *making, int64_t now_boot_ms)
{
	if (making->spool && making->storing)
		storing_grow(making->storing, making->spool, now_boot_ms);
}

/* ---- what it is ---- */

int64_t making_bytes(const struct making *making)
{
	return making->spool ? spool_size(making->spool) : 0;
}

const char *making_sha256(const struct making *making)
{
	return making->state == MAKING_WHOLE && making->spool ? spool_sha256(making->spool) : "";
}

struct storing *making_storing(const struct making *making)
{
	return making->storing;
}

const char *making_trouble(const struct making *making)
{
	return making->error.kind != ERROR_NONE ? making->error.text : NULL;
}
