/* Finds out what a record of chunks is. The order of the questions: can it be read, is its capture open, is it
 * finished, or does a new one begin? And looks after the spool: who has to leave, who may come back. */
#include "intake.h"

#include <inttypes.h>
#include <string.h>
#include <uthash.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/metrics.h"
#include "file/piece.h"
#include "record/frame.h"
#include "silence.h"

enum { ALL_PARTITIONS = -1, AGAIN_RETRY_MS = 5000 };

/* A hash by capture id. */
struct entry {
	UT_hash_handle hh;
	struct gathering *gathering;
};

struct intake {
	struct intake_parts parts;
	struct silence *silence;
	struct entry *gatherings;
	struct entry *again;  /* the one that is read again */
	struct chunk chunk;   /* large */
	struct result known;  /* large */
	int64_t again_due_boot_ms;
};

static struct metric chunks_total = { .name = "capbus_upload_chunks_total", .type = METRIC_COUNTER,
				      .help = "Records read from chunks" };
static struct metric bytes_total = { .name = "capbus_upload_chunk_bytes_total", .type = METRIC_COUNTER,
				     .help = "Bytes of them" };
static struct metric packets_total = { .name = "capbus_upload_packets_total", .type = METRIC_COUNTER,
				       .help = "Packets written to files in the making" };
static struct metric open_captures = { .name = "capbus_upload_open_captures", .type = METRIC_GAUGE,
				       .help = "Captures that are being gathered, stored, or wait for a store" };

struct intake *intake_new(const struct intake_parts *parts)
{
	struct intake *intake = memory_new(sizeof *intake);
	metrics_register(&chunks_total);
	metrics_register(&bytes_total);
	metrics_register(&packets_total);
	metrics_register(&open_captures);
	gathering_register_metrics();
	intake->parts = *parts;
	intake->silence = silence_new();
	return intake;
}

/* ---- the gatherings ---- */

static struct entry *find(struct intake *intake, const char *capture_id)
{
	struct entry *entry;
	HASH_FIND_STR(intake->gatherings, capture_id, entry);
	return entry;
}

static struct entry *add(struct intake *intake, struct gathering *gathering)
{
	struct entry *entry = memory_new(sizeof *entry);
	const char *id = gathering_id(gathering);
	entry->gathering = gathering;
	HASH_ADD_KEYPTR(hh, intake->gatherings, id, strlen(id), entry);
	offsets_hold(intake->parts.offsets, gathering_partition(gathering), gathering_first_offset(gathering));
	metrics_set(&open_captures, HASH_COUNT(intake->gatherings));
	return entry;
}

static void stop_again(struct intake *intake)
{
	reread_end(intake->parts.reread);
	intake->again = NULL;
}

static void drop(struct intake *intake, struct entry *entry)
{
	struct gathering *gathering = entry->gathering;
	if (intake->again == entry)
		stop_again(intake);
	offsets_release(intake->parts.offsets, gathering_partition(gathering), gathering_first_offset(gathering));
	HASH_DEL(intake->gatherings, entry);
	metrics_set(&open_captures, HASH_COUNT(intake->gatherings));
	gathering_free(gathering);
	free(entry);
}

void intake_free(struct intake *intake)
{
	if (!intake)
		return;
	while (intake->gatherings)
		drop(intake, intake->gatherings);
	silence_free(intake->silence);
	free(intake);
}

void intake_forget(struct intake *intake, int32_t partition)
{
	struct entry *entry, *next;
	HASH_ITER(hh, intake->gatherings, entry, next)
		if (gathering_partition(entry->gathering) == partition)
			drop(intake, entry);
	late_forget(intake->parts.late, partition);
	silence_forget(intake->silence, partition);
	offsets_forget(intake->parts.offsets, partition);
}

/* ---- chunks ---- */

static int read_chunk(struct intake *intake, const struct bus_record *record, struct error *error)
{
	struct chunk *chunk = &intake->chunk;
	if (!record->value)
		return error_set(error, ERROR_INPUT, WORD_record_invalid, "it is empty");
	if (frame_decode(&chunk_record, record->value, record->value_size, NULL, chunk, error) < 0)
		return -1;
	if (!record->key || strlen(chunk->capture_id) != record->key_size ||
	    memcmp(chunk->capture_id, record->key, record->key_size) != 0)
		return error_set(error, ERROR_INPUT, WORD_record_invalid, "its key is not its capture_id, %s",
				 chunk->capture_id);
	return 0;
}

/* Order is kept within one partition, so a capture has only one. */
static int wrong_partition(const struct chunk *chunk, int64_t partition, struct error *error)
{
	return error_set(error, ERROR_INPUT, WORD_record_invalid, "the chunks of %s are in partition %" PRId64,
			 chunk->capture_id, partition);
}

/* All packets of a complete capture are in its file, so a chunk that lies within its data, by the byte offset, is in
 * it too: somebody sent it again. */
static bool is_in_file(const struct result *known, const struct chunk *chunk)
{
	return known->state == OUTCOME_COMPLETE &&
	       chunk->byte_offset <= known->bytes + known->packets * PACKET_HEADER_SIZE - (int64_t)chunk->data.size;
}

/* A chunk of a capture that is finished: read again after a restart, or really late. An end that is said again says
 * nothing new. */
static int take_finished(struct intake *intake, const struct bus_record *record, struct error *why)
{
	const struct chunk *chunk = &intake->chunk;
	const struct result *known = &intake->known;
	CLEANUP(assembly_freep) struct assembly *assembly = NULL;
	struct assembly_piece piece;
	struct assembly_answer answer;
	if (chunk->packets == 0 || is_in_file(known, chunk))
		return 0;
	if (known->chunks_partition != RECORD_UNSET && known->chunks_partition != record->partition)
		return wrong_partition(chunk, known->chunks_partition, why);
	if (record->offset <= known->last_offset)
		return 0;
	assembly = assembly_new(); /* to see whether the chunk is sound */
	piece_of_chunk(chunk, &piece);
	assembly_add(assembly, &piece, &answer, why);
	if (answer.verdict == ASSEMBLY_CORRUPT)
		return -1;
	late_add(intake->parts.late, chunk->capture_id, record->partition, record->offset, chunk->packets);
	return 0;
}

/* -1: it cannot be handled, `why` says why. */
static int take_chunk(struct intake *intake, const struct bus_record *record, int64_t heard_ms, int64_t now_boot_ms,
		      struct error *why)
{
	const struct chunk *chunk = &intake->chunk;
	const struct results *results = results_log_results(intake->parts.gathering.results);
	if (read_chunk(intake, record, why) < 0)
		return -1;
	struct entry *entry = find(intake, chunk->capture_id);
	if (entry && gathering_partition(entry->gathering) != record->partition)
		return wrong_partition(chunk, gathering_partition(entry->gathering), why);
	if (!entry) {
		bool is_known = results_find(results, chunk->capture_id, &intake->known);
		if (is_known && results_is_settled(&intake->known))
			return take_finished(intake, record, why);
		entry = add(intake, gathering_new(&intake->parts.gathering, record, chunk,
						  is_known ? &intake->known : NULL));
	}
	enum assembly_verdict verdict =
		gathering_take(entry->gathering, record, chunk, heard_ms, now_boot_ms, why);
	if (verdict == ASSEMBLY_TAKE)
		metrics_add(&packets_total, chunk->packets);
	return verdict == ASSEMBLY_CORRUPT ? -1 : 0;
}

/* Of one partition, or of all. */
static void close_silent(struct intake *intake, int32_t partition, int64_t now_boot_ms)
{
	for (struct entry *entry = intake->gatherings; entry; entry = entry->hh.next) {
		struct gathering *gathering = entry->gathering;
		int32_t its = gathering_partition(gathering);
		if ((partition == ALL_PARTITIONS || partition == its) && gathering_is_open(gathering) &&
		    silence_is_over(intake->silence, its, gathering_heard_ms(gathering), now_boot_ms))
			gathering_close(gathering, now_boot_ms);
	}
}

/* ---- room in the spool ---- */

/* Of all that may go: an open one before one that waits for its stores, and of those the largest. */
static struct gathering *find_victim(const struct intake *intake)
{
	struct gathering *victim = NULL;
	int64_t now_wall_ms = clock_wall_ms();
	for (const struct entry *entry = intake->gatherings; entry; entry = entry->hh.next) {
		struct gathering *it = entry->gathering;
		if (!gathering_may_drop(it, now_wall_ms))
			continue;
		if (!victim || gathering_is_open(it) > gathering_is_open(victim) ||
		    (gathering_is_open(it) == gathering_is_open(victim) &&
		     gathering_spool_bytes(it) > gathering_spool_bytes(victim)))
			victim = it;
	}
	return victim;
}

/* One that ended may be larger than the whole spool: it stays where it is alone. */
static void make_room(struct intake *intake, int64_t now_boot_ms)
{
	const struct spool_folder *spools = intake->parts.gathering.making.spools;
	struct gathering *victim;
	while (spool_folder_bytes(spools) > intake->parts.spool_bytes_max && (victim = find_victim(intake)) &&
	       (gathering_is_open(victim) || gathering_spool_bytes(victim) < spool_folder_bytes(spools))) {
		log_info(&(struct log_about){ .capture_id = gathering_id(victim) },
			 "the spool is full (spool_bytes_max): its file is dropped, its chunks will be read again");
		gathering_drop_file(victim, now_boot_ms);
	}
}

/* What is open can be dropped for it, so only what ended takes room. */
static bool has_room(const struct intake *intake, const struct gathering *wanted)
{
	int64_t bytes = 0;
	for (const struct entry *entry = intake->gatherings; entry; entry = entry->hh.next)
		bytes += gathering_is_open(entry->gathering) ? 0 : gathering_spool_bytes(entry->gathering);
	return bytes == 0 || bytes + gathering_expected_bytes(wanted) <= intake->parts.spool_bytes_max;
}

static struct entry *find_wanting(const struct intake *intake, int64_t now_boot_ms)
{
	int64_t now_wall_ms = clock_wall_ms();
	for (struct entry *entry = intake->gatherings; entry; entry = entry->hh.next)
		if (gathering_wants_again(entry->gathering, now_boot_ms) &&
		    (gathering_is_urgent(entry->gathering, now_wall_ms) || has_room(intake, entry->gathering)))
			return entry;
	return NULL;
}

static void begin_again(struct intake *intake, int64_t now_boot_ms)
{
	struct error error = { 0 };
	struct entry *entry = now_boot_ms < intake->again_due_boot_ms ? NULL : find_wanting(intake, now_boot_ms);
	if (!entry)
		return;
	struct gathering *gathering = entry->gathering;
	const struct log_about about = { .capture_id = gathering_id(gathering) };
	if (reread_begin(intake->parts.reread, gathering_partition(gathering), gathering_first_offset(gathering),
			 &error) < 0) {
		log_warning(&about, "its chunks cannot be read again now: %s", error.text);
		intake->again_due_boot_ms = now_boot_ms + AGAIN_RETRY_MS;
		return;
	}
	log_info(&about, "its chunks are read again");
	gathering_begin_again(gathering);
	intake->again = entry;
}

static void take_again(struct intake *intake, const struct bus_record *record, int64_t now_boot_ms)
{
	struct gathering *gathering = intake->again->gathering;
	const char *id = gathering_id(gathering);
	struct error why;
	if (!record->key || record->key_size != strlen(id) || memcmp(record->key, id, record->key_size) != 0 ||
	    read_chunk(intake, record, &why) < 0)
		return;
	gathering_take_again(gathering, record, &intake->chunk, now_boot_ms);
	make_room(intake, now_boot_ms);
}

bool intake_read_again(struct intake *intake, size_t maximum, int64_t now_boot_ms)
{
	struct bus_record record;
	if (!intake->again)
		begin_again(intake, now_boot_ms);
	for (size_t i = 0; i < maximum && intake->again; i++) {
		struct gathering *gathering = intake->again->gathering;
		enum reread_answer answer =
			reread_take(intake->parts.reread, gathering_last_offset(gathering), &record);
		if (answer == REREAD_WAITS)
			return false;
		if (answer == REREAD_RECORD)
			take_again(intake, &record, now_boot_ms);
		else
			gathering_end_again(gathering, now_boot_ms);
		if (answer == REREAD_PAST || gathering_is_dropped(gathering))
			stop_again(intake);
	}
	return intake->again != NULL;
}

/* ---- the records ---- */

/* What a record's timestamp shows to be over is over before the record is looked at, whoever reads it. */
void intake_take(struct intake *intake, const struct bus_record *record, int64_t now_boot_ms)
{
	struct error why = { 0 };
	int64_t heard_ms = silence_read(intake->silence, record->partition, record->timestamp_ms, now_boot_ms);
	metrics_add(&chunks_total, 1);
	metrics_add(&bytes_total, (int64_t)record->value_size);
	close_silent(intake, record->partition, now_boot_ms);
	if (take_chunk(intake, record, heard_ms, now_boot_ms, &why) < 0)
		rejects_add(intake->parts.rejects, record, &why);
	make_room(intake, now_boot_ms);
	offsets_read(intake->parts.offsets, record->partition, record->offset);
}

void intake_close_silent(struct intake *intake, int64_t now_boot_ms)
{
	close_silent(intake, ALL_PARTITIONS, now_boot_ms);
}

void intake_excuse(struct intake *intake, int64_t now_boot_ms)
{
	silence_excuse(intake->silence, now_boot_ms);
}

/* ---- what became of them ---- */

bool intake_answered(struct intake *intake, uint64_t number, const struct store_answer *answer, int64_t now_boot_ms)
{
	for (struct entry *entry = intake->gatherings; entry; entry = entry->hh.next)
		if (gathering_answered(entry->gathering, number, answer, now_boot_ms))
			return true;
	return false;
}

void intake_go_on(struct intake *intake, int64_t now_boot_ms)
{
	struct entry *entry, *next;
	HASH_ITER(hh, intake->gatherings, entry, next)
		if (gathering_turn(entry->gathering, now_boot_ms))
			drop(intake, entry);
}

size_t intake_busy(const struct intake *intake)
{
	size_t busy = 0;
	for (const struct entry *entry = intake->gatherings; entry; entry = entry->hh.next)
		busy += gathering_is_busy(entry->gathering);
	return busy;
}

const char *intake_trouble(const struct intake *intake)
{
	const char *trouble = NULL;
	for (const struct entry *entry = intake->gatherings; entry && !trouble; entry = entry->hh.next)
		trouble = gathering_trouble(entry->gathering);
	return trouble;
}

const char *intake_spool_trouble(const struct intake *intake)
{
	const char *trouble = NULL;
	for (const struct entry *entry = intake->gatherings; entry && !trouble; entry = entry->hh.next)
		trouble = gathering_spool_trouble(entry->gathering);
	return trouble;
}
