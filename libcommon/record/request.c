/* CaptureRequest's fields, and the ids that requests and captures go by. An id is made from what cannot change: so a
 * redelivery, or the same request sent again, is the same capture. */
#include "record/request.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "core/text.h"
#include "packets/digest.h"
#include "record/codec/known.h"

enum {
	ID_CHARACTERS = 12,   /* of base32: 60 bits */
	CAPTURE_ID_LONGEST = 40,
};

static const struct field reply_to_fields[] = {
	ROW_TEXT(struct request_reply_to, "channel", channel, FIELD_NULLABLE),
	ROW_TEXT(struct request_reply_to, "thread_ts", thread_ts, FIELD_NULLABLE),
};
const struct record_type request_reply_to_record =
	RECORD_TYPE("ReplyTo", struct request_reply_to, reply_to_fields, NULL);

/* Above what any limit allows, below what arithmetic on them could overflow. */
static const struct field fields[] = {
	ROW_TEXT(struct request, "target", target, FIELD_IS_ID | FIELD_REQUIRED),
	ROW_ENUM(struct request, "ask", ask, names_ask, ASK_COUNT, ASK_CAPTURE, NULL),
	ROW_TEXT_IF(struct request, "filter", filter, has_filter),
	ROW_TEXT(struct request, "request_id", request_id, FIELD_IS_ID | FIELD_MAY_BE_EMPTY | FIELD_NULLABLE),
	ROW_TEXT(struct request, "capture_id", capture_id, FIELD_IS_ID | FIELD_MAY_BE_EMPTY | FIELD_NULLABLE),
	ROW_INTEGER_OR_NULL(struct request, "timeout_s", timeout_s, 0, 1000000000),
	ROW_INTEGER_OR_NULL(struct request, "count", count, 0, RECORD_NUMBER_MAX),
	ROW_INTEGER_OR_NULL(struct request, "snaplen", snaplen, 0, INT32_MAX),
	ROW_INTEGER_OR_NULL(struct request, "bytes", bytes, 0, RECORD_NUMBER_MAX),
	ROW_INTEGER_OR_NULL(struct request, "chunk_ms", chunk_ms, 0, 1000000000),
	ROW_TIME(struct request, "expires_at", FIELD_TIME_MS, expires_at_ms),
	ROW_TIME(struct request, "asked_at", FIELD_TIME_MS, asked_at_ms),
	ROW_TEXTS(struct request, "ports", ports, 0),
	ROW_ENUM(struct request, "direction", direction, names_direction, DIRECTION_COUNT, DIRECTION_UNSET, "both"),
	ROW_ENUM(struct request, "if_busy", if_busy, names_if_busy, IF_BUSY_COUNT, IF_BUSY_QUEUE, NULL),
	ROW_TEXT(struct request, "requested_by", requested_by, FIELD_NULLABLE),
	ROW_TEXT(struct request, "requested_via", requested_via, FIELD_NULLABLE),
	ROW_RECORD_IF(struct request, "reply_to", reply_to, &request_reply_to_record, has_reply_to),
	ROW_LABELS(struct request, "labels", labels),
};
const struct record_type request_record =
	RECORD_TYPE("CaptureRequest", struct request, fields, known_capture_request);

/* The first 60 bits, as 12 characters of Crockford's base32 (no i, l, o, u) in lower case. */
static void base32(const uint8_t bits[static 8], char to[static ID_CHARACTERS + 1])
{
	static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";
	uint64_t value = 0;
	for (int i = 0; i < 8; i++)
		value = value << 8 | bits[i];
	for (int i = 0; i < ID_CHARACTERS; i++)
		to[i] = alphabet[value >> (59 - 5 * i) & 31];
	to[ID_CHARACTERS] = '\0';
}

void request_capture_id(const struct request *request, const char *place, char to[static RECORD_ID_SIZE])
{
	const char *id = request->request_id;
	if (id[0] && !strchr(id, '-') && strlen(id) + 1 + strlen(request->target) <= CAPTURE_ID_LONGEST) {
		text_format(to, RECORD_ID_SIZE, "%s-%s", id, request->target);
		return;
	}
	const char *from = id[0] ? id : place;
	uint8_t hash[32];
	char short_id[ID_CHARACTERS + 1];
	digest_sha256(from, strlen(from), hash);
	base32(hash, short_id);
	text_format(to, RECORD_ID_SIZE, "%s-%s", short_id, request->target);
}

void request_new_id(char to[static RECORD_ID_SIZE])
{
	uint8_t bits[8];
	ssize_t got;
	do
		got = getrandom(bits, sizeof bits, 0); /* so few bytes come whole or not at all */
	while (got < 0 && errno == EINTR);
	if (got != (ssize_t)sizeof bits)
		abort();
	base32(bits, to);
}
