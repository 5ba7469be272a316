/* A capture becomes a file and a result. What goes into the file is decided by the chunks alone, so whoever reads
 * them again writes the same file; what the stores say goes only into the result. */
#include "gathering.h"

#include <inttypes.h>
#include <string.h>

#include "core/log.h"
#include "core/metrics.h"
#include "core/text.h"
#include "file/piece.h"
#include "file/verdict.h"

static const int64_t PACKETS_KEPT_MS = 24 * 3600 * 1000; /* in chunks: its retention */
static const int64_t URGENT_MS = 2 * 3600 * 1000;        /* before that is over */

enum { PACKET_OVERHEAD_BYTES = 32, FILE_OVERHEAD_BYTES = 16384 }; /* of a pcapng beside the packets' data */

static struct metric captures_total[OUTCOME_COUNT]; /* by outcome */
struct gathering {
	struct gathering_parts parts;
	char capture_id[RECORD_ID_SIZE];
	char request_id[RECORD_ID_SIZE];
	int32_t partition;
	int64_t first_offset;
	int64_t last_offset;
	int64_t first_timestamp_ms; /* -1 where the broker gave none */
	int64_t last_timestamp_ms;
	int64_t heard_ms;
	int64_t closes_at;          /* the offset of its last chunk, where it is closed for want of an end */
	int64_t expected_bytes;
	struct making *making;      /* its file */
	bool ended;                 /* by an end, or for want of one */
	bool begun;                 /* a chunk was taken, and `begin` is of one */
	struct chunk_begin begin;
	bool has_end;
	struct chunk_end end;
	struct assembly *assembly;
	bool changed;               /* since the result was compared with what stands */
	bool yields;                /* something stored here has to go */
	int64_t seen_version;       /* of what stands */
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
	making_register_metrics();
}

static struct log_about about(const struct gathering *gathering)
{
	return (struct log_about){ gathering->request_id, gathering->capture_id, gathering->begin.request.target };
}

struct gathering *gathering_new(const struct gathering_parts *parts, const struct bus_record *record,
				const struct chunk *chunk, const struct result *known)
{
	struct gathering *gathering = memory_new(sizeof *gathering);
	gathering->parts = *parts;
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
	gathering->making = making_new(&parts->making, gathering->capture_id, gathering->request_id,
				       record->timestamp_ms);
	return gathering;
}

void gathering_free(struct gathering *gathering)
{
	if (!gathering)
		return;
	making_free(gathering->making);
	assembly_free(gathering->assembly);
	free(gathering);
}

const char *gathering_id(const struct gathering *gathering)
{
	return gathering->capture_id;
}

int32_t gathering_partition(const struct gathering *gathering)
{
	return gathering->partition;
}

int64_t gathering_first_offset(const struct gathering *gathering)
{
	return gathering->first_offset;
}

int64_t gathering_last_offset(const struct gathering *gathering)
{
	return gathering->last_offset;
}

int64_t gathering_heard_ms(const struct gathering *gathering)
{
	return gathering->heard_ms;
}

bool gathering_is_open(const struct gathering *gathering)
{
	return !gathering->ended;
}

/* ---- room in the spool ---- */

int64_t gathering_spool_bytes(const struct gathering *gathering)
{
	return making_bytes(gathering->making);
}

int64_t gathering_expected_bytes(const struct gathering *gathering)
{
	return gathering->expected_bytes + FILE_OVERHEAD_BYTES;
}

bool gathering_is_urgent(const struct gathering *gathering, int64_t now_wall_ms)
{
	return gathering->first_timestamp_ms + PACKETS_KEPT_MS - now_wall_ms < URGENT_MS;
}

static bool is_storing(const struct gathering *gathering)
{
	const struct storing *storing = making_storing(gathering->making);
	return storing && storing_is_busy(storing);
}

bool gathering_may_drop(const struct gathering *gathering, int64_t now_wall_ms)
{
	enum making_state state = making_state(gathering->making);
	if (making_bytes(gathering->making) == 0 || state == MAKING_AGAIN)
		return false;
	return state == MAKING_GROWS || (!is_storing(gathering) && !gathering_is_urgent(gathering, now_wall_ms));
}

void gathering_drop_file(struct gathering *gathering, int64_t now_boot_ms)
{
	making_drop(gathering->making, now_boot_ms);
}

/* ---- chunks ---- */

/* What is known of a capture grows at most once: when it is armed. */
static void learn(struct gathering *gathering, const struct chunk_begin *begin)
{
	if (!gathering->begun || gathering->begin.armed_at_ns == RECORD_UNSET)
		gathering->begin = *begin;
	gathering->begun = true;
}

static void judge(const struct gathering *gathering, struct result *ret_result)
{
	struct assembly_report report;
	assembly_report(gathering->assembly, &report);
	record_init(&result_record, ret_result);
	verdict_judge(&gathering->begin, gathering->has_end ? &gathering->end : NULL, &report, ret_result);
}

/* Everything came that counts. Where the file was dropped it is read again first, unless none is needed. */
static void finish(struct gathering *gathering, int64_t now_boot_ms)
{
	struct result result;
	const struct log_about what = about(gathering);
	judge(gathering, &result);
	if (!gathering->ended)
		log_info(&what, "ended %s: %" PRId64 " packets%s%s", names_outcome[result.state], result.packets,
			 result.detail[0] ? "; " : "", result.detail);
	if (!gathering->ended && !gathering->has_end)
		gathering->closes_at = gathering->last_offset;
	gathering->ended = true;
	gathering->changed = true;
	making_finish(gathering->making, &result, &gathering->begin, now_boot_ms);
}

void gathering_close(struct gathering *gathering, int64_t now_boot_ms)
{
	assembly_close(gathering->assembly);
	finish(gathering, now_boot_ms);
}

/* `chunk` counts only where the capture is still open, or to be told as late. */
static enum assembly_verdict add(struct gathering *gathering, const struct bus_record *record,
				 const struct chunk *chunk, int64_t now_boot_ms, struct error *ret_why)
{
	struct assembly_piece piece;
	struct assembly_answer answer;
	bool was_closed = assembly_is_closed(gathering->assembly);
	piece_of_chunk(chunk, &piece);
	assembly_add(gathering->assembly, &piece, &answer, ret_why);
	if (answer.verdict == ASSEMBLY_TAKE) {
		learn(gathering, &chunk->begin);
		making_write(gathering->making, chunk, &gathering->begin, now_boot_ms);
	}
	gathering->changed |= answer.verdict == ASSEMBLY_LATE;
	if (answer.closes) {
		gathering->has_end = true;
		gathering->end = chunk->end;
		finish(gathering, now_boot_ms);
	} else if (!was_closed && record->offset >= gathering->closes_at) {
		gathering_close(gathering, now_boot_ms);
	}
	return answer.verdict;
}

/* While the chunks are read again nothing new is added beside them: the reader will come to it. */
enum assembly_verdict gathering_take(struct gathering *gathering, const struct bus_record *record,
				     const struct chunk *chunk, int64_t heard_ms, int64_t now_boot_ms,
				     struct error *ret_why)
{
	bool is_data = gathering_is_open(gathering);
	bool is_read_again = making_state(gathering->making) == MAKING_AGAIN;
	enum assembly_verdict verdict = ASSEMBLY_DUPLICATE;
	if (is_data) {
		gathering->last_timestamp_ms = record->timestamp_ms;
		gathering->heard_ms = heard_ms;
		gathering->last_offset = record->offset;
		gathering->expected_bytes += (int64_t)chunk->data.size + chunk->packets * PACKET_OVERHEAD_BYTES;
	}
	if (!is_read_again)
		verdict = add(gathering, record, chunk, now_boot_ms, ret_why);
	if (!is_data && chunk->packets > 0 && (verdict == ASSEMBLY_LATE || is_read_again))
		gathering->last_offset = record->offset;
	return verdict;
}

/* ---- read again ---- */

bool gathering_wants_again(const struct gathering *gathering, int64_t now_boot_ms)
{
	return gathering->ended && making_is_due(gathering->making, now_boot_ms);
}

void gathering_begin_again(struct gathering *gathering)
{
	assembly_free(gathering->assembly);
	gathering->assembly = assembly_new();
	gathering->begun = false;
	making_begin_again(gathering->making);
}

bool gathering_is_dropped(const struct gathering *gathering)
{
	return making_state(gathering->making) == MAKING_DROPPED;
}

/* What was wrong with a chunk was said when it was read first. */
void gathering_take_again(struct gathering *gathering, const struct bus_record *record, const struct chunk *chunk,
			  int64_t now_boot_ms)
{
	struct error why;
	add(gathering, record, chunk, now_boot_ms, &why);
}

/* Where the end is no longer in Kafka, what it said still holds: how much is missing. */
void gathering_end_again(struct gathering *gathering, int64_t now_boot_ms)
{
	struct assembly_piece piece;
	struct assembly_answer answer;
	struct error why;
	if (making_state(gathering->making) != MAKING_AGAIN)
		return;
	if (!gathering->has_end) {
		gathering_close(gathering, now_boot_ms);
		return;
	}
	piece_of_end(&gathering->end, &piece);
	assembly_add(gathering->assembly, &piece, &answer, &why);
	finish(gathering, now_boot_ms);
}

/* ---- the result ---- */

bool gathering_answered(struct gathering *gathering, uint64_t number, const struct store_answer *answer,
			int64_t now_boot_ms)
{
	struct storing *storing = making_storing(gathering->making);
	if (!storing || !storing_answered(storing, number, answer, now_boot_ms))
		return false;
	gathering->changed = true;
	return true;
}

/* What results should say now. */
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
	TEXT_COPY(ret_result->sha256, making_sha256(gathering->making));
	if (making_storing(gathering->making))
		storing_fill(making_storing(gathering->making), ret_result);
}

/* Everything that is to be done was done, by whomever. */
static bool is_finished(const struct result *known, const struct result *wanted)
{
	return results_is_settled(known) && results_covers(known, wanted, false);
}

static bool is_told(const struct result *known, const struct result *wanted)
{
	return known->last_offset >= wanted->last_offset && results_covers(known, wanted, true);
}

/* To be compared again once it was read back, or was not. */
static void write_result(struct gathering *gathering, struct result *result)
{
	results_log_write(gathering->parts.results, result, true);
	gathering->changed = true;
}

/* Another closed it earlier, so what was gathered here beyond that is late: in no file, but counted. */
static void add_late(struct gathering *gathering, struct result *known, const struct result *wanted)
{
	int64_t more = wanted->packets + wanted->late_packets - known->packets - known->late_packets;
	known->late_packets += more > 0 ? more : 0;
	known->last_offset = wanted->last_offset;
	write_result(gathering, known);
}

/* True once nothing is left to be done. */
static bool agree(struct gathering *gathering, struct result *known, const struct result *wanted, int64_t now_boot_ms)
{
	struct storing *storing = making_storing(gathering->making);
	gathering->yields = storing && !storing_yield(storing, known, now_boot_ms);
	if (gathering->yields)
		return false;
	if (known->last_offset < wanted->last_offset) {
		add_late(gathering, known, wanted);
		return false;
	}
	metrics_add(&captures_total[known->state], 1);
	return true;
}

static bool has_news(struct gathering *gathering)
{
	int64_t version = results_version(results_log_results(gathering->parts.results), gathering->capture_id);
	bool has = gathering->changed || gathering->yields || version != gathering->seen_version;
	gathering->changed = false;
	gathering->seen_version = version;
	return has;
}

/* A result is written when nothing is left to do, and before that when a store keeps it waiting. */
bool gathering_turn(struct gathering *gathering, int64_t now_boot_ms)
{
	struct results_log *results = gathering->parts.results;
	struct result wanted, known;
	making_turn(gathering->making, now_boot_ms);
	if (gathering_is_open(gathering) || results_log_is_under_way(results, gathering->capture_id) ||
	    !has_news(gathering))
		return false;
	fill(gathering, &wanted);
	bool is_known = results_find(results_log_results(results), gathering->capture_id, &known);
	if (is_known && is_finished(&known, &wanted))
		return agree(gathering, &known, &wanted, now_boot_ms);
	if (making_state(gathering->making) != MAKING_WHOLE)
		return false;
	if (is_known)
		results_keep_slots(&known, &wanted);
	if ((results_is_settled(&wanted) || gathering_trouble(gathering)) && !(is_known && is_told(&known, &wanted)))
		write_result(gathering, &wanted);
	return false;
}

const char *gathering_trouble(const struct gathering *gathering)
{
	const struct storing *storing = making_storing(gathering->making);
	return storing ? storing_trouble(storing) : NULL;
}

const char *gathering_spool_trouble(const struct gathering *gathering)
{
	return making_trouble(gathering->making);
}

bool gathering_is_busy(const struct gathering *gathering)
{
	if (gathering_is_open(gathering) || gathering_is_dropped(gathering))
		return false;
	return !gathering_trouble(gathering) || is_storing(gathering) ||
	       results_log_is_under_way(gathering->parts.results, gathering->capture_id);
}
