/* CaptureResult's fields. */
#include "record/result.h"

#include "record/codec/known.h"

static const struct field store_fields[] = {
	ROW_TEXT(struct result_store, "store", store, 0),
	ROW_ENUM(struct result_store, "state", state, names_store_state, STORE_STATE_COUNT, STORE_WAITING, NULL),
	ROW_TEXT(struct result_store, "link", link, FIELD_NULLABLE),
	ROW_TEXT(struct result_store, "name", name, FIELD_NULLABLE),
	ROW_INTEGER_OR_NULL(struct result_store, "size", size, 0, RECORD_NUMBER_MAX),
};
static const struct record_type store_record = RECORD_TYPE("ResultStore", struct result_store, store_fields, NULL);

static const struct field fields[] = {
	ROW_TEXT(struct result, "capture_id", capture_id, FIELD_IS_ID | FIELD_REQUIRED),
	ROW_TEXT(struct result, "request_id", request_id, FIELD_IS_ID | FIELD_MAY_BE_EMPTY),
	ROW_INTEGER(struct result, "version", version, 0, RECORD_NUMBER_MAX),
	ROW_TEXT(struct result, "writer", writer, 0),
	ROW_TEXT(struct result, "target", target, FIELD_IS_ID | FIELD_REQUIRED),
	ROW_ENUM(struct result, "state", state, names_outcome, OUTCOME_COUNT, OUTCOME_NONE, "partial"),
	ROW_TEXT(struct result, "reason", reason, FIELD_NULLABLE),
	ROW_TEXT(struct result, "detail", detail, FIELD_NULLABLE),
	ROW_TEXT(struct result, "filter", filter, FIELD_NULLABLE),
	ROW_TEXT(struct result, "requested_by", requested_by, FIELD_NULLABLE),
	ROW_TEXT(struct result, "requested_via", requested_via, FIELD_NULLABLE),
	ROW_INTEGER_OR_NULL(struct result, "timeout_s", timeout_s, 0, RECORD_NUMBER_MAX),
	ROW_INTEGER_OR_NULL(struct result, "count", count, 0, RECORD_NUMBER_MAX),
	ROW_INTEGER_OR_NULL(struct result, "bytes_limit", bytes_limit, 0, RECORD_NUMBER_MAX),
	ROW_INTEGER_OR_NULL(struct result, "snaplen", snaplen, 0, INT32_MAX),
	ROW_ENUM(struct result, "direction", direction, names_direction, DIRECTION_COUNT, DIRECTION_UNSET, "both"),
	ROW_TEXTS(struct result, "ports", ports, 0),
	ROW_LABELS(struct result, "labels", labels),
	ROW_INTEGER_OR_NULL(struct result, "link_type", link_type, 0, 65535),
	ROW_TEXT(struct result, "worker", worker, FIELD_NULLABLE),
	ROW_TIME(struct result, "armed_at", FIELD_TIME_NS, armed_at_ns),
	ROW_TIME(struct result, "disarmed_at", FIELD_TIME_NS, disarmed_at_ns),
	ROW_TIME(struct result, "ended_at", FIELD_TIME_MS, ended_at_ms),
	ROW_INTEGER(struct result, "packets", packets, 0, RECORD_NUMBER_MAX),
	ROW_INTEGER(struct result, "bytes", bytes, 0, RECORD_NUMBER_MAX),
	ROW_ENUM(struct result, "stopped_by", stopped_by, names_stopped_by, STOPPED_BY_COUNT_, STOPPED_BY_NOTHING,
		 "failure"),
	ROW_INTEGER_OR_NULL(struct result, "seen_total", seen_total, 0, RECORD_NUMBER_MAX),
	ROW_INTEGER_OR_NULL(struct result, "received_kernel", received_kernel, 0, RECORD_NUMBER_MAX),
	ROW_INTEGER_OR_NULL(struct result, "dropped_kernel", dropped_kernel, 0, RECORD_NUMBER_MAX),
	ROW_INTEGER_OR_NULL(struct result, "dropped_mirror", dropped_mirror, 0, RECORD_NUMBER_MAX),
	ROW_INTEGER(struct result, "missing_chunks", missing_chunks, 0, RECORD_NUMBER_MAX),
	ROW_INTEGER_OR_NULL(struct result, "missing_packets", missing_packets, 0, RECORD_NUMBER_MAX),
	ROW_INTEGER(struct result, "late_packets", late_packets, 0, RECORD_NUMBER_MAX),
	ROW_INTEGER_OR_NULL(struct result, "clock_offset", clock_offset_ns, 0, 0),
	ROW_TIME(struct result, "first_packet_at", FIELD_TIME_NS, first_packet_at_ns),
	ROW_TIME(struct result, "last_packet_at", FIELD_TIME_NS, last_packet_at_ns),
	ROW_TEXT(struct result, "sha256", sha256, FIELD_NULLABLE),
	ROW_RECORDS(struct result, "stores", stores, &store_record, stores_count),
	ROW_BOOLEAN(struct result, "pinned", pinned, false),
	ROW_INTEGER_OR_NULL(struct result, "chunks_partition", chunks_partition, 0, INT32_MAX),
	ROW_INTEGER_OR_NULL(struct result, "first_offset", first_offset, 0, INT64_MAX),
	ROW_INTEGER_OR_NULL(struct result, "last_offset", last_offset, 0, INT64_MAX),
	ROW_TIME(struct result, "packets_until", FIELD_TIME_MS, packets_until_ms),
};
const struct record_type result_record = RECORD_TYPE("CaptureResult", struct result, fields, known_capture_result);
