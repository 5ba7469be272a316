/* AuditRecord's fields. */
#include "record/audit.h"

#include "record/codec/known.h"

static const struct field fields[] = {
	ROW_TEXT(struct audit, "request_id", request_id, FIELD_IS_ID | FIELD_REQUIRED),
	ROW_TEXT(struct audit, "capture_id", capture_id, FIELD_IS_ID | FIELD_MAY_BE_EMPTY | FIELD_NULLABLE),
	ROW_ENUM(struct audit, "action", action, names_audit_action, AUDIT_ACTION_COUNT, AUDIT_ASKED, NULL),
	ROW_TIME(struct audit, "at", FIELD_TIME_MS, at_ms),
	ROW_TEXT(struct audit, "by", by, FIELD_NULLABLE),
	ROW_TEXT(struct audit, "via", via, FIELD_NULLABLE),
	ROW_BOOLEAN(struct audit, "verified", verified, false),
	ROW_TEXT(struct audit, "writer", writer, 0),
	ROW_TEXTS(struct audit, "targets", targets, FIELD_IS_ID),
	ROW_TEXT(struct audit, "filter", filter, FIELD_NULLABLE),
	ROW_TEXT(struct audit, "store", store, FIELD_NULLABLE),
	ROW_TEXT(struct audit, "reason", reason, FIELD_NULLABLE),
	ROW_TEXT(struct audit, "detail", detail, FIELD_NULLABLE),
};
const struct record_type audit_record = RECORD_TYPE("AuditRecord", struct audit, fields, known_audit_record);
