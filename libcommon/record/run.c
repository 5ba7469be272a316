/* CaptureRun's fields. */
#include "record/run.h"

#include "record/codec/known.h"

static const struct field fields[] = {
	ROW_TEXT(struct run, "capture_id", capture_id, FIELD_IS_ID | FIELD_REQUIRED),
	ROW_INTEGER(struct run, "version", version, 0, RECORD_NUMBER_MAX),
	ROW_ENUM(struct run, "change", change, names_run_change, CHANGE_COUNT, CHANGE_QUEUED, NULL),
	ROW_ENUM(struct run, "state", state, names_run_state, RUN_STATE_COUNT, RUN_QUEUED, NULL),
	ROW_TEXT(struct run, "target", target, FIELD_IS_ID | FIELD_REQUIRED),
	ROW_TEXT(struct run, "writer", writer, 0),
	ROW_TEXT(struct run, "incarnation", incarnation, 0),
	ROW_INTEGER(struct run, "nonce", nonce, 0, INT64_MAX),
	ROW_INTEGER(struct run, "parallel", parallel, 0, INT32_MAX),
	ROW_TEXT(struct run, "request_id", request_id, FIELD_IS_ID | FIELD_MAY_BE_EMPTY),
	ROW_TEXT(struct run, "runner", runner, FIELD_NULLABLE),
	ROW_TEXT(struct run, "not_me", not_me, FIELD_NULLABLE),
	ROW_INTEGER_OR_NULL(struct run, "inbox_offset", inbox_offset, 0, INT64_MAX),
	ROW_TIME(struct run, "inbox_timestamp", FIELD_TIME_MS, inbox_timestamp_ms),
	ROW_TIME(struct run, "expires_at", FIELD_TIME_MS, expires_at_ms),
	ROW_INTEGER(struct run, "first_in_line", first_in_line, 0, 1),
	ROW_INTEGER(struct run, "packets", packets, 0, RECORD_NUMBER_MAX),
	ROW_INTEGER(struct run, "bytes", bytes, 0, RECORD_NUMBER_MAX),
	ROW_TIME(struct run, "armed_at", FIELD_TIME_NS, armed_at_ns),
	ROW_ENUM(struct run, "outcome", outcome, names_outcome, OUTCOME_COUNT, OUTCOME_NONE, "partial"),
	ROW_TEXT(struct run, "reason", reason, FIELD_NULLABLE),
	ROW_TEXT(struct run, "detail", detail, FIELD_NULLABLE),
	ROW_TEXT(struct run, "asked_by", asked_by, FIELD_NULLABLE),
	ROW_TEXTS(struct run, "setup", setup, 0),
	ROW_RECORD_IF(struct run, "request", request, &request_record, has_request),
};
const struct record_type run_record = RECORD_TYPE("CaptureRun", struct run, fields, known_capture_run);
