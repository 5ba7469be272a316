/* A capture becomes a file and a result. What goes into the file is decided by the chunks alone, so whoever reads
 * them again writes the same file; what the stores say goes only into the result. */
#include "gathering.h"

#include <inttypes.h>
#include <string.h>

#include "core/log.h"
#include "core/metrics.h"
#include "core/text.h"
#include "verdict.h"

static const int64_t RETRY_FIRST_MS = 1000;
static const int64_t RETRY_MOST_MS = 60000;
static const int64_t PACKETS_KEPT_MS = 24 * 3600 * 1000; /* in chunks: its retention */

static struct metric captures_total[OUTCOME_COUNT]; /* by outcome */
static struct metric stored_total = { .name = "capbus_upload_stored_total", .type = METRIC_COUNTER,
				      .help = "Files that a store has" };
static struct metric store_failures_total = { .name = "capbus_upload_store_failures_total", .type = METRIC_COUNTER,
					      .help = "Times that a store could not take a file" };

/* The file in one store. */
struct storing {
	enum store_state state; /* waiting, stored or failed */
	bool under_way;
	int64_t wait_ms;        /* before the next try; 0: none failed yet */
	int64_t due_boot_ms;
	struct store_place place;
	struct error error;     /* of the last try */
};

struct gathering {
	struct gathering_parts parts;
	uint64_t number;
	char capture_id[RECORD_ID_SIZE];
	char request_id[RECORD_ID_SIZE];
	int32_t partition;
	int64_t first_offset;
	int64_t last_offset;
	int64_t first_timestamp_ms; /* -1 where the broker gave none */
	int64_t last_timestamp_ms;
	int64_t heard_ms;
	int64_t closes_at;          /* the offset of its last chunk, where another closed it before; else INT64_MAX */
	bool begun;                 /* a chunk was taken, and `begin` is of one */
	struct chunk_begin begin;
	bool has_end;
	struct chunk_end end;
	struct assembly *assembly;
	struct spool *spool;        /* NULL: no file */
	size_t storings_count;      /* 0 where there is no file */
	struct storing storings[RECORD_STORES_MAX];
	bool changed;               /* since the result was compared with the catalog */
};

void gathering_register_metrics(void)
{
	static char labels[OUTCOME_COUNT][RECORD_WORD_SIZE];
	for (size_t i = OUTCOME_NONE + 1; i < OUTCOME_COUNT; i++) {
		TEXT_FORMAT(labels[i], "outcome=\"%s\"", names_outcome[i]);
		captures_total[i].name = "capbus_upload_captures_total";
		captures_total[i].help = "Captures that ended, by how";
		captures_total[i].type = METRIC_COUNTER;
		captures_total[i].labels = labels[i];
		metrics_register(&captures_total[i]);
	}
	metrics_register(&stored_total);
	metrics_register(&store_failures_total);
}

static struct log_about about(const struct gathering *gathering)
{
	return (struct log_about){ gathering->request_id, gathering->capture_id, gathering->begin.request.target };
}

struct gathering *gathering_new(const struct gathering_parts *parts, uint64_t number, const struct bus_record *record,
				const struct chunk *chunk, const struct result *known)
{
	struct gathering *gathering = memory_new(sizeof *gathering);
	gathering->parts = *parts;
	gathering->number = number;
	TEXT_COPY(gathering->capture_id, chunk->capture_id);
	TEXT_COPY(gathering->request_id, chunk->request_id);
	gathering->partition = record->partition;
	gathering->first_offset = gathering->last_offset = record->offset;
	gathering->first_timestamp_ms = gathering->last_timestamp_ms = record->timestamp_ms;
	gathering->closes_at = INT64_MAX;
	if (known && text_equal(known->reason, error_word_name(WORD_end_missing)))
		gathering->closes_at = known->last_offset;
	gathering->begin = chunk->begin;
	gathering->assembly = assembly_new();
	return gathering;
}

void gathering_free(struct gathering *gathering)
{
	if (!gathering)
		return;
	spool_free(gathering->spool);
	assembly_free(gathering->assembly);
	free(gathering);
}

const char *gathering_id(const struct gathering *gathering)
{
	return gathering->capture_id;
}

uint64_t gathering_number(const struct gathering *gathering)
{
	return gathering->number;
}

int32_t gathering_partition(const struct gathering *gathering)
{
	return gathering->partition;
}

int64_t gathering_first_offset(const struct gathering *gathering)
{
	return gathering->first_offset;
}

int64_t gathering_heard_ms(const struct gathering *gathering)
{
	return gathering->heard_ms;
}

bool gathering_is_open(const struct gathering *gathering)
{
	return !assembly_is_closed(gathering->assembly);
}

/* ---- chunks ---- */

/* An end without a number comes from somebody who ends a capture for a lost worker, and counted nothing. */
void gathering_piece(const struct chunk *chunk, struct assembly_piece *ret_piece)
{
	bool counted = chunk->seq != RECORD_UNSET;
	*ret_piece = (struct assembly_piece){
		.seq = counted ? chunk->seq : PACKET_UNSET,
		.byte_offset = chunk->byte_offset,
		.packets = chunk->packets,
		.crc32c = chunk->crc32c,
		.link_type = chunk->begin.link_type == RECORD_UNSET ? PACKET_UNSET : chunk->begin.link_type,
		.resolution = chunk->begin.resolution == RESOLUTION_NANO ? PACKET_NANO : PACKET_MICRO,
		.data = chunk->data.data,
		.size = chunk->data.size,
		.has_end = chunk->has_end,
		.end = { PACKET_UNSET, PACKET_UNSET, PACKET_UNSET, "" },
	};
	if (chunk->has_end && counted) {
		ret_piece->end.chunks = chunk->end.chunks;
		ret_piece->end.packets = chunk->end.packets;
		ret_piece->end.bytes = chunk->end.bytes;
		TEXT_COPY(ret_piece->end.data_sha256, chunk->end.data_sha256);
	}
}

/* What is known of a capture grows at most once: when it is armed. */
static void learn(struct gathering *gathering, const struct chunk_begin *begin)
{
	if (!gathering->begun || gathering->begin.armed_at_ns == RECORD_UNSET)
		gathering->begin = *begin;
	gathering->begun = true;
}

/* A file begins with the first chunk of a source that was opened, unless it is the last and empty. */
static int write_chunk(struct gathering *gathering, const struct chunk *chunk, struct error *error)
{
	bool is_empty = chunk->data.size == 0;
	if (is_empty && (chunk->has_end || chunk->begin.link_type == RECORD_UNSET))
		return 0;
	if (!gathering->spool)
		gathering->spool = spool_new(gathering->parts.spools, gathering->capture_id, &chunk->begin, error);
	if (!gathering->spool)
		return -1;
	return is_empty ? spool_keep_alive(gathering->spool, error) :
			  spool_packets(gathering->spool, chunk->data.data, chunk->data.size, error);
}

static void judge(const struct gathering *gathering, struct result *ret_result)
{
	struct assembly_report report;
	assembly_report(gathering->assembly, &report);
	record_init(&result_record, ret_result);
	verdict_judge(&gathering->begin, gathering->has_end ? &gathering->end : NULL, &report, ret_result);
}

static int64_t dropped(const struct result *result)
{
	if (result->dropped_kernel == RECORD_UNSET || result->dropped_mirror == RECORD_UNSET)
		return result->dropped_kernel;
	return result->dropped_kernel + result->dropped_mirror;
}

static int finish_file(struct gathering *gathering, const struct result *result, struct error *error)
{
	char sentence[VERDICT_SENTENCE_SIZE];
	verdict_sentence(result, sentence);
	return spool_finish(gathering->spool, &(struct pcapng_write_statistics){
		.at_ns = result->disarmed_at_ns != RECORD_UNSET ? result->disarmed_at_ns : result->last_packet_at_ns,
		.start_ns = result->armed_at_ns,
		.end_ns = result->disarmed_at_ns,
		.received = result->received_kernel,
		.dropped = dropped(result),
		.filter_accepted = PACKET_UNSET,
		.delivered = result->packets,
		.comment = sentence,
	}, error);
}

/* Everything came that counts: from here on only stores and Kafka matter. */
static int finish(struct gathering *gathering, struct error *error)
{
	struct result result;
	const struct log_about what = about(gathering);
	judge(gathering, &result);
	log_info(&what, "ended %s: %" PRId64 " packets%s%s", names_outcome[result.state], result.packets,
		 result.detail[0] ? "; " : "", result.detail);
	if (result.packets == 0) {
		spool_free(gathering->spool);
		gathering->spool = NULL;
		return 0;
	}
	gathering->storings_count = stores_count(gathering->parts.stores);
	return finish_file(gathering, &result, error);
}

int gathering_take(struct gathering *gathering, const struct bus_record *record, const struct chunk *chunk,
		   int64_t heard_ms, enum assembly_verdict *ret_verdict, struct error *ret_why, struct error *error)
{
	struct assembly_piece piece;
	struct assembly_answer answer;
	bool was_open = gathering_is_open(gathering);
	gathering_piece(chunk, &piece);
	assembly_add(gathering->assembly, &piece, &answer, ret_why);
	*ret_verdict = answer.verdict;
	if (was_open) {
		gathering->last_timestamp_ms = record->timestamp_ms;
		gathering->heard_ms = heard_ms;
	}
	if (was_open || (answer.verdict == ASSEMBLY_LATE && chunk->packets > 0)) {
		gathering->last_offset = record->offset;
		gathering->changed = true;
	}
	if (answer.verdict == ASSEMBLY_TAKE) {
		learn(gathering, &chunk->begin);
		if (write_chunk(gathering, chunk, error) < 0)
			return -1;
	}
	if (answer.closes) {
		gathering->has_end = true;
		gathering->end = chunk->end;
		return finish(gathering, error);
	}
	return was_open && record->offset >= gathering->closes_at ? gathering_close(gathering, error) : 0;
}

int gathering_close(struct gathering *gathering, struct error *error)
{
	assembly_close(gathering->assembly);
	return finish(gathering, error);
}

/* ---- stores ---- */

static int64_t file_time_ms(const struct gathering *gathering)
{
	if (gathering->begin.armed_at_ns != RECORD_UNSET)
		return gathering->begin.armed_at_ns / 1000000;
	if (gathering->begin.asked_at_ms != RECORD_UNSET)
		return gathering->begin.asked_at_ms;
	return gathering->first_timestamp_ms > 0 ? gathering->first_timestamp_ms : 0;
}

static void store_failed(struct gathering *gathering, struct storing *storing, const char *name, int64_t now_boot_ms)
{
	const struct log_about what = about(gathering);
	bool for_good = storing->error.kind == ERROR_INPUT;
	metrics_add(&store_failures_total, 1);
	storing->state = for_good ? STORE_FAILED : STORE_WAITING;
	storing->wait_ms = storing->wait_ms ? 2 * storing->wait_ms : RETRY_FIRST_MS;
	if (storing->wait_ms > RETRY_MOST_MS)
		storing->wait_ms = RETRY_MOST_MS;
	storing->due_boot_ms = now_boot_ms + storing->wait_ms;
	log_warning(&what, "store %s %s: %s", name, for_good ? "refuses the file" : "is tried again",
		    storing->error.text);
}

static void start_storing(struct gathering *gathering, size_t store, const struct result *result, int64_t now_boot_ms)
{
	struct storing *storing = &gathering->storings[store];
	struct store_file file = {
		.at_ms = file_time_ms(gathering),
		.incomplete = result->state != OUTCOME_COMPLETE,
		.size_bytes = spool_size(gathering->spool),
	};
	TEXT_COPY(file.capture_id, gathering->capture_id);
	TEXT_COPY(file.target, gathering->begin.request.target);
	TEXT_COPY(file.sha256, spool_sha256(gathering->spool));
	if (spool_open_to_read(gathering->spool, &file.fd, &storing->error) < 0) {
		store_failed(gathering, storing, stores_name(gathering->parts.stores, store), now_boot_ms);
		return;
	}
	storer_put(gathering->parts.storer, gathering->number, store, &file); /* the fd is now the storer's */
	storing->under_way = true;
}

void gathering_answered(struct gathering *gathering, const struct storer_answer *answer, int64_t now_boot_ms)
{
	struct storing *storing = &gathering->storings[answer->store];
	const struct log_about what = about(gathering);
	storing->under_way = false;
	gathering->changed = true;
	if (!answer->ok) {
		storing->error = answer->error;
		store_failed(gathering, storing, stores_name(gathering->parts.stores, answer->store), now_boot_ms);
		return;
	}
	metrics_add(&stored_total, 1);
	storing->state = STORE_STORED;
	storing->place = answer->place;
	log_info(&what, "stored: %s", answer->place.link);
}

/* ---- the result ---- */

static void add_trouble(struct result *result, const char *store, const char *text)
{
	char whole[RECORD_DETAIL_SIZE];
	TEXT_FORMAT(whole, "%s%s%s: %s", result->detail, result->detail[0] ? "; " : "", store, text);
	TEXT_COPY(result->detail, whole);
}

static void fill_stores(const struct gathering *gathering, struct result *result)
{
	for (size_t i = 0; i < gathering->storings_count; i++) {
		const struct storing *storing = &gathering->storings[i];
		struct result_store *store = &result->stores[i];
		TEXT_COPY(store->store, stores_name(gathering->parts.stores, i));
		TEXT_COPY(store->link, storing->place.link);
		TEXT_COPY(store->name, storing->place.name);
		store->state = storing->state;
		store->size = spool_size(gathering->spool);
		if (storing->state != STORE_STORED && storing->error.kind != ERROR_NONE)
			add_trouble(result, store->store, storing->error.text);
	}
	result->stores_count = gathering->storings_count;
}

/* What the catalog should say now. */
static void fill(const struct gathering *gathering, struct result *ret_result)
{
	judge(gathering, ret_result);
	TEXT_COPY(ret_result->capture_id, gathering->capture_id);
	TEXT_COPY(ret_result->request_id, gathering->request_id);
	ret_result->chunks_partition = gathering->partition;
	ret_result->first_offset = gathering->first_offset;
	ret_result->last_offset = gathering->last_offset;
	if (gathering->last_timestamp_ms >= 0)
		ret_result->ended_at_ms = gathering->last_timestamp_ms;
	if (gathering->first_timestamp_ms >= 0)
		ret_result->packets_until_ms = gathering->first_timestamp_ms + PACKETS_KEPT_MS;
	if (gathering->spool)
		TEXT_COPY(ret_result->sha256, spool_sha256(gathering->spool));
	fill_stores(gathering, ret_result);
}

static bool same_stores(const struct result *a, const struct result *b)
{
	if (a->stores_count != b->stores_count)
		return false;
	for (size_t i = 0; i < a->stores_count; i++)
		if (a->stores[i].state != b->stores[i].state)
			return false;
	return true;
}

/* `known` tells all that `wanted` does: it is the same, or the work of another who read the same chunks. */
static bool tells(const struct result *known, const struct result *wanted)
{
	if (known->last_offset < wanted->last_offset || known->stores_count < wanted->stores_count)
		return false;
	return results_is_settled(known) || same_stores(known, wanted);
}

/* Somebody has done all of it. */
static bool is_done(const struct result *known, const struct result *wanted)
{
	return results_is_settled(known) && tells(known, wanted);
}

static bool is_due(const struct storing *storing, int64_t now_boot_ms)
{
	return storing->state == STORE_WAITING && !storing->under_way && storing->due_boot_ms <= now_boot_ms;
}

static bool has_due(const struct gathering *gathering, int64_t now_boot_ms)
{
	for (size_t i = 0; i < gathering->storings_count; i++)
		if (is_due(&gathering->storings[i], now_boot_ms))
			return true;
	return false;
}

/* A result is written when nothing is left to do, and before that when a store keeps it waiting. */
bool gathering_turn(struct gathering *gathering, int64_t now_boot_ms)
{
	struct results *results = gathering->parts.results;
	struct result wanted, known;
	if (gathering_is_open(gathering) || results_is_under_way(results, gathering->capture_id) ||
	    !(gathering->changed || has_due(gathering, now_boot_ms)))
		return false;
	gathering->changed = false;
	fill(gathering, &wanted);
	bool is_known = results_find(results, gathering->capture_id, &known);
	if (is_known && is_done(&known, &wanted)) {
		metrics_add(&captures_total[known.state], 1);
		return true;
	}
	for (size_t i = 0; i < gathering->storings_count; i++)
		if (is_due(&gathering->storings[i], now_boot_ms))
			start_storing(gathering, i, &wanted, now_boot_ms);
	if ((results_is_settled(&wanted) || gathering_trouble(gathering)) && !(is_known && tells(&known, &wanted))) {
		results_write(results, &wanted);
		gathering->changed = true; /* to be compared once it was read back */
	}
	return false;
}

const char *gathering_trouble(const struct gathering *gathering)
{
	for (size_t i = 0; i < gathering->storings_count; i++)
		if (gathering->storings[i].state == STORE_WAITING && gathering->storings[i].error.kind != ERROR_NONE)
			return gathering->storings[i].error.text;
	return NULL;
}

bool gathering_is_busy(const struct gathering *gathering)
{
	bool is_storing = false;
	for (size_t i = 0; i < gathering->storings_count; i++)
		is_storing |= gathering->storings[i].under_way;
	return !gathering_is_open(gathering) &&
	       (is_storing || !gathering_trouble(gathering) ||
		results_is_under_way(gathering->parts.results, gathering->capture_id));
}
