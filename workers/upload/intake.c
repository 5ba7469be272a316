/* Finds out what a record of chunks is. The order of the questions: can it be read, is its capture open, is it
 * finished, or does a new one begin? */
#include "intake.h"

#include <inttypes.h>
#include <string.h>
#include <uthash.h>

#include "core/metrics.h"
#include "record/frame.h"
#include "silence.h"

enum { ALL_PARTITIONS = -1 };

/* A hash by capture id. */
struct entry {
	UT_hash_handle hh;
	struct gathering *gathering;
};

struct intake {
	struct intake_parts parts;
	struct silence *silence;
	struct entry *gatherings;
	struct chunk chunk;   /* large */
	struct result known;  /* large */
	uint64_t numbers;
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

static void drop(struct intake *intake, struct entry *entry)
{
	struct gathering *gathering = entry->gathering;
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

/* A chunk of a capture that is finished: read again after a restart, or really late. An end that is said again says
 * nothing new. */
static int take_finished(struct intake *intake, const struct bus_record *record, struct error *why)
{
	const struct chunk *chunk = &intake->chunk;
	const struct result *known = &intake->known;
	CLEANUP(assembly_freep) struct assembly *assembly = NULL;
	struct assembly_piece piece;
	struct assembly_answer answer;
	if (known->chunks_partition != RECORD_UNSET && known->chunks_partition != record->partition)
		return wrong_partition(chunk, known->chunks_partition, why);
	if (record->offset <= known->last_offset || chunk->packets == 0)
		return 0;
	assembly = assembly_new(); /* to see whether the chunk is sound */
	gathering_piece(chunk, &piece);
	assembly_add(assembly, &piece, &answer, why);
	if (answer.verdict == ASSEMBLY_CORRUPT)
		return -1;
	late_add(intake->parts.late, chunk->capture_id, record->partition, record->offset, chunk->packets);
	return 0;
}

/* 1: the record was taken. 0: it cannot be handled, `why` says why. -1: the process has to end. */
static int take_chunk(struct intake *intake, const struct bus_record *record, int64_t heard_ms, struct error *why,
		      struct error *error)
{
	const struct chunk *chunk = &intake->chunk;
	enum assembly_verdict verdict;
	if (read_chunk(intake, record, why) < 0)
		return 0;
	struct entry *entry = find(intake, chunk->capture_id);
	if (entry && gathering_partition(entry->gathering) != record->partition)
		return wrong_partition(chunk, gathering_partition(entry->gathering), why), 0;
	if (!entry) {
		bool is_known = results_find(intake->parts.gathering.results, chunk->capture_id, &intake->known);
		if (is_known && results_is_settled(&intake->known))
			return take_finished(intake, record, why) == 0;
		entry = add(intake, gathering_new(&intake->parts.gathering, ++intake->numbers, record, chunk,
						  is_known ? &intake->known : NULL));
	}
	if (gathering_take(entry->gathering, record, chunk, heard_ms, &verdict, why, error) < 0)
		return -1;
	if (verdict == ASSEMBLY_TAKE)
		metrics_add(&packets_total, chunk->packets);
	return verdict != ASSEMBLY_CORRUPT;
}

static int close_if_silent(struct intake *intake, struct gathering *gathering, int64_t now_boot_ms,
			   struct error *error)
{
	if (!gathering_is_open(gathering) || !silence_is_over(intake->silence, gathering_partition(gathering),
							      gathering_heard_ms(gathering), now_boot_ms))
		return 0;
	return gathering_close(gathering, error);
}

/* Of one partition, or of all. */
static int close_silent(struct intake *intake, int32_t partition, int64_t now_boot_ms, struct error *error)
{
	for (struct entry *entry = intake->gatherings; entry; entry = entry->hh.next)
		if ((partition == ALL_PARTITIONS || partition == gathering_partition(entry->gathering)) &&
		    close_if_silent(intake, entry->gathering, now_boot_ms, error) < 0)
			return -1;
	return 0;
}

/* What a record's timestamp shows to be over is over before the record is looked at, whoever reads it. */
int intake_take(struct intake *intake, const struct bus_record *record, int64_t now_boot_ms, struct error *error)
{
	struct error why = { 0 };
	int64_t heard_ms = silence_read(intake->silence, record->partition, record->timestamp_ms, now_boot_ms);
	metrics_add(&chunks_total, 1);
	metrics_add(&bytes_total, (int64_t)record->value_size);
	if (close_silent(intake, record->partition, now_boot_ms, error) < 0)
		return -1;
	int answer = take_chunk(intake, record, heard_ms, &why, error);
	if (answer < 0)
		return -1;
	if (answer == 0)
		rejects_add(intake->parts.rejects, record, &why);
	offsets_read(intake->parts.offsets, record->partition, record->offset);
	return 0;
}

int intake_close_silent(struct intake *intake, int64_t now_boot_ms, struct error *error)
{
	return close_silent(intake, ALL_PARTITIONS, now_boot_ms, error);
}

void intake_excuse(struct intake *intake, int64_t now_boot_ms)
{
	silence_excuse(intake->silence, now_boot_ms);
}

/* ---- what became of them ---- */

void intake_answered(struct intake *intake, const struct storer_answer *answer, int64_t now_boot_ms)
{
	for (struct entry *entry = intake->gatherings; entry; entry = entry->hh.next)
		if (gathering_number(entry->gathering) == answer->number)
			gathering_answered(entry->gathering, answer, now_boot_ms);
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
