/* Shortens ids for people and recognises what they type. Its one idea: the front of a capture id, up to its first
 * `-`, is what is shortened; the target behind it is a word that people know, and stays whole. */
#include "view/ids.h"

#include <string.h>

#include "core/text.h"

static size_t front_length(const char *capture_id)
{
	return strcspn(capture_id, "-");
}

/* FRONT-TARGET: the target must be all there, the front may be its beginning. */
static enum ids_match match_capture(const char *typed, const char *capture_id)
{
	size_t typed_front = front_length(typed);
	size_t front = front_length(capture_id);
	if (typed[typed_front] == '\0' || !text_equal(typed + typed_front, capture_id + front))
		return IDS_NOTHING;
	if (typed_front < IDS_SHORTEST || typed_front > front || strncmp(typed, capture_id, typed_front) != 0)
		return IDS_NOTHING;
	return IDS_CAPTURE;
}

enum ids_match ids_match(const char *typed, const char *request_id, const char *capture_id)
{
	size_t length = strlen(typed);
	size_t front = front_length(capture_id);
	if (text_equal(typed, capture_id))
		return IDS_CAPTURE_WHOLE;
	if (text_equal(typed, request_id) || (length == front && strncmp(typed, capture_id, front) == 0))
		return IDS_REQUEST_WHOLE;
	if (match_capture(typed, capture_id) != IDS_NOTHING)
		return IDS_CAPTURE;
	if (length < IDS_SHORTEST)
		return IDS_NOTHING;
	bool begins = text_starts(request_id, typed) || (length < front && text_starts(capture_id, typed));
	return begins ? IDS_REQUEST : IDS_NOTHING;
}

void ids_show(const char *capture_id, size_t length, bool with_target, char to[static RECORD_ID_SIZE])
{
	size_t front = front_length(capture_id);
	text_format(to, RECORD_ID_SIZE, "%.*s%s", (int)(length < front ? length : front), capture_id,
		    with_target ? capture_id + front : "");
}

/* How many characters the fronts have in common; SIZE_MAX where they are the same. */
static size_t in_common(const char *a, const char *b)
{
	size_t a_front = front_length(a);
	size_t b_front = front_length(b);
	if (a_front == b_front && strncmp(a, b, a_front) == 0)
		return SIZE_MAX;
	size_t same = 0;
	while (same < a_front && same < b_front && a[same] == b[same])
		same++;
	return same;
}

/* Walks over those of the same front, whose order among themselves does not matter, to the next other one. */
static size_t in_common_with_next(const char *const *sorted, size_t count, size_t index, bool downwards)
{
	for (size_t i = index; downwards ? i-- > 0 : ++i < count;) {
		size_t same = in_common(sorted[index], sorted[i]);
		if (same != SIZE_MAX)
			return same;
	}
	return 0;
}

size_t ids_length(const char *const *sorted, size_t count, size_t index)
{
	size_t before = in_common_with_next(sorted, count, index, true);
	size_t after = in_common_with_next(sorted, count, index, false);
	size_t length = (before > after ? before : after) + 1;
	return length < IDS_SHORTEST ? IDS_SHORTEST : length;
}
