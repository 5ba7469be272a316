/* CaptureEvent's fields. */
#include "record/event.h"

#include "record/codec/known.h"

static const struct field fields[] = {
	ROW_TEXT(struct event, "request_id", request_id, FIELD_IS_ID | FIELD_REQUIRED),
	ROW_TEXT(struct event, "capture_id", capture_id, FIELD_IS_ID | FIELD_MAY_BE_EMPTY | FIELD_NULLABLE),
	ROW_TEXT(struct event, "target", target, FIELD_IS_ID | FIELD_MAY_BE_EMPTY | FIELD_NULLABLE),
	ROW_INTEGER(struct event, "version", version, 0, RECORD_NUMBER_MAX),
	ROW_INTEGER(struct event, "number", number, 0, RECORD_NUMBER_MAX),
	ROW_ENUM(struct event, "kind", kind, names_event_kind, EVENT_COUNT, EVENT_PROGRESS, "progress"),
	ROW_TIME(struct event, "at", FIELD_TIME_MS, at_ms),
	ROW_TEXT(struct event, "worker", worker, FIELD_NULLABLE),
	ROW_ENUM(struct event, "state", state, names_run_state, RUN_STATE_COUNT, RUN_QUEUED, NULL),
	ROW_INTEGER(struct event, "packets", packets, 0, RECORD_NUMBER_MAX),
	ROW_INTEGER(struct event, "bytes", bytes, 0, RECORD_NUMBER_MAX),
	ROW_TIME(struct event, "armed_at", FIELD_TIME_NS, armed_at_ns),
	ROW_TEXTS(struct event, "ports", ports, 0),
	ROW_ENUM(struct event, "direction", direction, names_direction, DIRECTION_COUNT, DIRECTION_UNSET, "both"),
	ROW_INTEGER_OR_NULL(struct event, "position", position, 0, INT32_MAX),
	ROW_TEXT(struct event, "holder", holder, FIELD_IS_ID | FIELD_MAY_BE_EMPTY | FIELD_NULLABLE),
	ROW_TEXT(struct event, "holder_by", holder_by, FIELD_NULLABLE),
	ROW_TEXT(struct event, "holder_filter", holder_filter, FIELD_NULLABLE),
	ROW_TIME(struct event, "holder_until", FIELD_TIME_MS, holder_until_ms),
	ROW_TIME(struct event, "expires_at", FIELD_TIME_MS, expires_at_ms),
	ROW_ENUM(struct event, "outcome", outcome, names_outcome, OUTCOME_COUNT, OUTCOME_NONE, "partial"),
	ROW_ENUM(struct event, "stopped_by", stopped_by, names_stopped_by, STOPPED_BY_COUNT_, STOPPED_BY_NOTHING,
		 "failure"),
	ROW_TEXT(struct event, "reason", reason, FIELD_NULLABLE),
	ROW_TEXT(struct event, "detail", detail, FIELD_NULLABLE),
	ROW_INTEGER_OR_NULL(struct event, "dropped_kernel", dropped_kernel, 0, RECORD_NUMBER_MAX),
	ROW_INTEGER_OR_NULL(struct event, "dropped_mirror", dropped_mirror, 0, RECORD_NUMBER_MAX),
	ROW_INTEGER_OR_NULL(struct event, "seen_total", seen_total, 0, RECORD_NUMBER_MAX),
	ROW_RECORD_IF(struct event, "request", request, &request_record, has_request),
};
const struct record_type event_record = RECORD_TYPE("CaptureEvent", struct event, fields, known_capture_event);
