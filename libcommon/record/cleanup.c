/* CleanupRequest's fields. */
#include "record/cleanup.h"

#include "record/codec/known.h"

static const struct field fields[] = {
	ROW_TEXT(struct cleanup, "id", id, FIELD_IS_ID | FIELD_MAY_BE_EMPTY | FIELD_NULLABLE),
	ROW_ENUM(struct cleanup, "ask", ask, names_cleanup_ask, CLEANUP_ASK_COUNT, CLEANUP_CLEAN, NULL),
	ROW_TEXT(struct cleanup, "older_than", older_than, FIELD_NULLABLE),
	ROW_TEXT(struct cleanup, "store", store, FIELD_NULLABLE),
	ROW_BOOLEAN(struct cleanup, "dry_run", dry_run, true),
	ROW_INTEGER_OR_NULL(struct cleanup, "max_delete", max_delete, 0, INT32_MAX),
	ROW_TEXTS(struct cleanup, "captures", captures, FIELD_IS_ID),
	ROW_TIME(struct cleanup, "asked_at", FIELD_TIME_MS, asked_at_ms),
	ROW_TEXT(struct cleanup, "requested_by", requested_by, FIELD_NULLABLE),
	ROW_TEXT(struct cleanup, "requested_via", requested_via, FIELD_NULLABLE),
	ROW_RECORD_IF(struct cleanup, "reply_to", reply_to, &request_reply_to_record, has_reply_to),
};
const struct record_type cleanup_record =
	RECORD_TYPE("CleanupRequest", struct cleanup, fields, known_cleanup_request);
