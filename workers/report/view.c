/* Folds events and results into what is known of each request. Its one idea: a record counts only if it is newer than
 * what is known, by the numbers its writer gave it, so the order in which topics and consumers bring it does not
 * matter. */
#include "view.h"

#include <string.h>
#include <uthash.h>

#include "core/text.h"

enum { SHOWN_SHORTEST = 6 };

/* What the hash holds; the request is first, so that one's address is the other's. */
struct entry {
	struct view_request request;
	UT_hash_handle hh;
};

struct view {
	struct entry *all;
};

struct view *view_new(void)
{
	return memory_new(sizeof(struct view));
}

static void capture_free(struct view_capture *capture)
{
	free(capture->event);
	free(capture->result);
	free(capture);
}

static void entry_free(struct entry *entry)
{
	for (size_t i = 0; i < entry->request.captures_count; i++)
		capture_free(entry->request.captures[i]);
	free(entry->request.captures);
	free(entry);
}

void view_free(struct view *view)
{
	struct entry *entry, *next;
	if (!view)
		return;
	HASH_ITER(hh, view->all, entry, next) {
		HASH_DEL(view->all, entry);
		entry_free(entry);
	}
	free(view);
}

struct view_request *view_find(const struct view *view, const char *request_id)
{
	struct entry *entry;
	HASH_FIND_STR(view->all, request_id, entry);
	return entry ? &entry->request : NULL;
}

static struct view_request *find_or_add(struct view *view, const char *request_id, int32_t partition)
{
	struct view_request *request = view_find(view, request_id);
	if (request)
		return request;
	struct entry *entry = memory_new(sizeof *entry);
	TEXT_COPY(entry->request.request_id, request_id);
	entry->request.partition = partition;
	entry->request.untold_offset = RECORD_UNSET;
	HASH_ADD_STR(view->all, request.request_id, entry);
	return &entry->request;
}

/* Those without an id are refused requests: one for each target. */
static struct view_capture *find_capture(const struct view_request *request, const char *capture_id,
					 const char *target)
{
	for (size_t i = 0; i < request->captures_count; i++) {
		struct view_capture *capture = request->captures[i];
		if (text_equal(capture->capture_id, capture_id) &&
		    (capture_id[0] || text_equal(capture->target, target)))
			return capture;
	}
	return NULL;
}

static struct view_capture *add_capture(struct view_request *request, const char *capture_id, const char *target)
{
	struct view_capture *capture = memory_new(sizeof *capture);
	TEXT_COPY(capture->capture_id, capture_id);
	TEXT_COPY(capture->target, target);
	capture->version = -1;
	capture->held_offset = RECORD_UNSET;
	request->captures = memory_resize(request->captures, request->captures_count + 1, sizeof *request->captures);
	request->captures[request->captures_count++] = capture;
	return capture;
}

static enum view_phase phase_of(const struct event *event, enum view_phase now)
{
	switch (event->kind) {
	case EVENT_QUEUED:
		return VIEW_QUEUED;
	case EVENT_STARTING:
		return VIEW_STARTING;
	case EVENT_CAPTURING:
	case EVENT_PROGRESS:
		return VIEW_CAPTURING;
	case EVENT_RECLAIMING:
		return VIEW_RECLAIMING;
	case EVENT_ENDED:
		return VIEW_ENDED;
	case EVENT_REFUSED: /* it never became a capture: no result follows */
		return VIEW_DONE;
	case EVENT_CHECKED:
	case EVENT_COUNT:
		break;
	}
	return now;
}

static bool is_newer(const struct event *event, const struct view_capture *than)
{
	if (event->version != than->version)
		return event->version > than->version;
	return event->number > than->number;
}

static void take_request(struct view_request *request, const struct event *event)
{
	if (!event->has_request || request->has_request)
		return;
	request->request = event->request;
	request->has_request = true;
}

static void take_event(struct view_capture *capture, const struct event *event)
{
	capture->version = event->version;
	capture->number = event->number;
	if (capture->result)
		return;
	if (!capture->event)
		capture->event = memory_new(sizeof *capture->event);
	*capture->event = *event;
	capture->phase = phase_of(event, capture->phase);
}

struct view_request *view_event(struct view *view, const struct event *event, int32_t partition, int64_t now_boot_ms,
				struct view_capture **ret_capture, bool *ret_counted)
{
	if (event->kind == EVENT_CHECKED)
		return NULL;
	struct view_request *request = find_or_add(view, event->request_id, partition);
	struct view_capture *capture = find_capture(request, event->capture_id, event->target);
	if (!capture)
		capture = add_capture(request, event->capture_id, event->target);
	take_request(request, event);
	*ret_counted = is_newer(event, capture);
	if (*ret_counted) {
		take_event(capture, event);
		request->heard_boot_ms = now_boot_ms;
	}
	*ret_capture = capture;
	return request;
}

/* Where no event brought the request, its result says what it was. */
static void take_request_of_result(struct view_request *request, const struct result *result)
{
	struct request *as = &request->request;
	if (request->has_request)
		return;
	record_init(&request_record, as);
	as->has_filter = true;
	TEXT_COPY(as->filter, result->filter);
	TEXT_COPY(as->requested_by, result->requested_by);
	TEXT_COPY(as->requested_via, result->requested_via);
	as->timeout_s = result->timeout_s;
	as->count = result->count;
	as->bytes = result->bytes_limit;
	request->has_request = true;
}

struct view_request *view_result(struct view *view, const struct result *result, int64_t now_boot_ms,
				 bool *ret_counted)
{
	struct view_request *request = view_find(view, result->request_id);
	struct view_capture *capture = request ? find_capture(request, result->capture_id, result->target) : NULL;
	if (!capture)
		return NULL;
	*ret_counted = !capture->result || result->version > capture->result->version;
	if (!*ret_counted)
		return request;
	if (!capture->result)
		capture->result = memory_new(sizeof *capture->result);
	*capture->result = *result;
	capture->phase = VIEW_DONE;
	free(capture->event);
	capture->event = NULL;
	take_request_of_result(request, result);
	request->heard_boot_ms = now_boot_ms;
	return request;
}

struct view_request *view_first(const struct view *view)
{
	return view->all ? &view->all->request : NULL;
}

struct view_request *view_next(const struct view_request *request)
{
	const struct entry *next = ((const struct entry *)(const void *)request)->hh.next;
	return next ? (struct view_request *)&next->request : NULL;
}

size_t view_count(const struct view *view)
{
	return HASH_COUNT(view->all);
}

void view_forget(struct view *view, struct view_request *request)
{
	struct entry *entry = (struct entry *)(void *)request;
	HASH_DEL(view->all, entry);
	entry_free(entry);
}

enum outcome_state view_outcome(const struct view_capture *capture)
{
	if (capture->result)
		return capture->result->state;
	if (!capture->event)
		return OUTCOME_NONE;
	if (capture->event->kind == EVENT_REFUSED)
		return OUTCOME_REJECTED;
	return capture->event->kind == EVENT_ENDED ? capture->event->outcome : OUTCOME_NONE;
}

bool view_is_finished(const struct view_request *request)
{
	for (size_t i = 0; i < request->captures_count; i++)
		if (request->captures[i]->phase != VIEW_DONE)
			return false;
	return request->captures_count > 0;
}

bool view_is_settled(const struct view_request *request)
{
	for (size_t i = 0; i < request->captures_count; i++) {
		const struct result *result = request->captures[i]->result;
		for (size_t j = 0; result && j < result->stores_count; j++)
			if (result->stores[j].state == STORE_WAITING || result->stores[j].state == STORE_STORING)
				return false;
	}
	return view_is_finished(request);
}

/* What of its ids is shortened: the front of a capture's id, which is all that its captures have in common. */
static const char *front_of(const struct view_request *request, size_t *ret_length)
{
	for (size_t i = 0; i < request->captures_count; i++) {
		const char *capture_id = request->captures[i]->capture_id;
		if (!capture_id[0])
			continue;
		*ret_length = strcspn(capture_id, "-");
		return capture_id;
	}
	*ret_length = strlen(request->request_id);
	return request->request_id;
}

static size_t in_common(const char *a, size_t a_length, const char *b, size_t b_length)
{
	size_t same = 0;
	while (same < a_length && same < b_length && a[same] == b[same])
		same++;
	return same;
}

void view_shown_id(const struct view *view, const struct view_request *request, char to[static RECORD_ID_SIZE])
{
	size_t length, needed = SHOWN_SHORTEST;
	const char *front = front_of(request, &length);
	for (const struct view_request *other = view_first(view); other; other = view_next(other)) {
		size_t other_length;
		const char *other_front = front_of(other, &other_length);
		size_t same = other == request ? 0 : in_common(front, length, other_front, other_length);
		if (same + 1 > needed)
			needed = same + 1;
	}
	text_copy_bytes(to, RECORD_ID_SIZE, front, length < needed ? length : needed);
}
