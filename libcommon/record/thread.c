/* RequestThread's fields. */
#include "record/thread.h"

#include "record/codec/known.h"

static const struct field fields[] = {
	ROW_TEXT(struct thread, "request_id", request_id, FIELD_IS_ID | FIELD_REQUIRED),
	ROW_INTEGER(struct thread, "version", version, 0, INT64_MAX),
	ROW_ENUM(struct thread, "change", change, names_thread_change, THREAD_CHANGE_COUNT, THREAD_OPENED, NULL),
	ROW_TEXT(struct thread, "writer", writer, 0),
	ROW_TEXT(struct thread, "incarnation", incarnation, 0),
	ROW_INTEGER(struct thread, "nonce", nonce, 0, INT64_MAX),
	ROW_TEXT(struct thread, "via", via, 0),
	ROW_TEXT(struct thread, "channel", channel, FIELD_NULLABLE),
	ROW_TEXT(struct thread, "thread_ts", thread_ts, FIELD_NULLABLE),
	ROW_TEXT(struct thread, "message_ts", message_ts, FIELD_NULLABLE),
	ROW_TEXT(struct thread, "user", user, FIELD_NULLABLE),
	ROW_TEXT(struct thread, "said_sha256", said_sha256, FIELD_NULLABLE),
	ROW_TEXTS(struct thread, "said", said, 0),
	ROW_BOOLEAN(struct thread, "last_word", last_word, false),
	ROW_BOOLEAN(struct thread, "may_be_again", may_be_again, false),
	ROW_TIME(struct thread, "said_at", FIELD_TIME_MS, said_at_ms),
};
const struct record_type thread_record = RECORD_TYPE("RequestThread", struct thread, fields, known_request_thread);
