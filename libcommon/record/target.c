/* CaptureTarget's fields. */
#include "record/target.h"

#include "record/codec/known.h"

static const struct field fields[] = {
	ROW_TEXT(struct target, "target", target, FIELD_IS_ID | FIELD_REQUIRED),
	ROW_TEXT(struct target, "kind", kind, 0),
	ROW_TEXT(struct target, "worker", worker, FIELD_NULLABLE),
	ROW_TEXT(struct target, "published_by", published_by, 0),
	ROW_TEXT(struct target, "address", address, FIELD_NULLABLE),
	ROW_TEXT(struct target, "interface", interface, FIELD_NULLABLE),
	ROW_TEXTS(struct target, "groups", groups, 0),
	ROW_TEXTS(struct target, "ports", ports, 0),
	ROW_INTEGER_OR_NULL(struct target, "link_type", link_type, 0, 65535),
	{ .name = "parallel", .type = FIELD_INTEGER, .offset = offsetof(struct target, parallel),
	  .maximum_value = INT32_MAX, .default_integer = 1, .present_offset = FIELD_ALWAYS },
	ROW_TEXT(struct target, "disabled", disabled, FIELD_NULLABLE),
	ROW_TIME(struct target, "checked_at", FIELD_TIME_MS, checked_at_ms),
	ROW_BOOLEAN(struct target, "check_ok", check_ok, false),
	ROW_TEXT(struct target, "check_detail", check_detail, FIELD_NULLABLE),
};
const struct record_type target_record = RECORD_TYPE("CaptureTarget", struct target, fields, known_capture_target);
