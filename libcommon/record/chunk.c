/* PcapChunk's fields. */
#include "record/chunk.h"

#include "record/codec/known.h"

static const struct field begin_fields[] = {
	ROW_RECORD(struct chunk_begin, "request", request, &request_record, FIELD_REQUIRED),
	ROW_TEXT(struct chunk_begin, "worker", worker, 0),
	ROW_TEXT(struct chunk_begin, "target_kind", target_kind, 0),
	ROW_TEXT(struct chunk_begin, "interface", interface, FIELD_NULLABLE),
	ROW_TEXTS(struct chunk_begin, "ports", ports, 0),
	ROW_INTEGER_OR_NULL(struct chunk_begin, "link_type", link_type, 0, 65535),
	ROW_ENUM(struct chunk_begin, "resolution", resolution, names_resolution, RESOLUTION_COUNT, RESOLUTION_MICRO,
		 NULL),
	ROW_INTEGER(struct chunk_begin, "snaplen", snaplen, 0, INT32_MAX),
	ROW_TIME(struct chunk_begin, "armed_at", FIELD_TIME_NS, armed_at_ns),
	ROW_TIME(struct chunk_begin, "asked_at", FIELD_TIME_MS, asked_at_ms),
};
static const struct record_type begin_record = RECORD_TYPE("ChunkBegin", struct chunk_begin, begin_fields, NULL);

static const struct field end_fields[] = {
	ROW_ENUM(struct chunk_end, "outcome", outcome, names_outcome, OUTCOME_COUNT, OUTCOME_NONE, "partial"),
	ROW_ENUM(struct chunk_end, "stopped_by", stopped_by, names_stopped_by, STOPPED_BY_COUNT_, STOPPED_BY_NOTHING,
		 "failure"),
	ROW_TEXT(struct chunk_end, "reason", reason, FIELD_NULLABLE),
	ROW_TEXT(struct chunk_end, "detail", detail, FIELD_NULLABLE),
	ROW_INTEGER_OR_NULL(struct chunk_end, "chunks", chunks, 0, RECORD_NUMBER_MAX),
	ROW_INTEGER_OR_NULL(struct chunk_end, "packets", packets, 0, RECORD_NUMBER_MAX),
	ROW_INTEGER_OR_NULL(struct chunk_end, "bytes", bytes, 0, RECORD_NUMBER_MAX),
	ROW_INTEGER_OR_NULL(struct chunk_end, "received_kernel", received_kernel, 0, RECORD_NUMBER_MAX),
	ROW_INTEGER_OR_NULL(struct chunk_end, "dropped_kernel", dropped_kernel, 0, RECORD_NUMBER_MAX),
	ROW_INTEGER_OR_NULL(struct chunk_end, "dropped_mirror", dropped_mirror, 0, RECORD_NUMBER_MAX),
	ROW_INTEGER_OR_NULL(struct chunk_end, "seen_total", seen_total, 0, RECORD_NUMBER_MAX),
	ROW_TIME(struct chunk_end, "disarmed_at", FIELD_TIME_NS, disarmed_at_ns),
	ROW_TEXT(struct chunk_end, "data_sha256", data_sha256, FIELD_NULLABLE),
	ROW_TEXTS(struct chunk_end, "standing", standing, 0),
};
static const struct record_type end_record = RECORD_TYPE("ChunkEnd", struct chunk_end, end_fields, NULL);

static const struct field fields[] = {
	ROW_TEXT(struct chunk, "capture_id", capture_id, FIELD_IS_ID | FIELD_REQUIRED),
	ROW_TEXT(struct chunk, "request_id", request_id, FIELD_IS_ID | FIELD_MAY_BE_EMPTY),
	ROW_INTEGER_OR_NULL(struct chunk, "seq", seq, 0, RECORD_NUMBER_MAX),
	ROW_INTEGER(struct chunk, "byte_offset", byte_offset, 0, RECORD_NUMBER_MAX),
	ROW_INTEGER(struct chunk, "packets", packets, 0, INT32_MAX),
	ROW_TIME(struct chunk, "first_packet_at", FIELD_TIME_NS, first_packet_at_ns),
	ROW_TIME(struct chunk, "last_packet_at", FIELD_TIME_NS, last_packet_at_ns),
	ROW_INTEGER(struct chunk, "crc32c", crc32c, 0, UINT32_MAX),
	ROW_BYTES(struct chunk, "data", data, CHUNK_ENCODED_MAX),
	ROW_RECORD(struct chunk, "begin", begin, &begin_record, FIELD_REQUIRED),
	ROW_RECORD_IF(struct chunk, "end", end, &end_record, has_end),
};
const struct record_type chunk_record = RECORD_TYPE("PcapChunk", struct chunk, fields, known_pcap_chunk);
