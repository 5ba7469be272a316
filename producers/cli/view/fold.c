/* Folds events and results into what is known of each capture. Its one idea: a record counts only if it is newer
 * than what is known, by the version and number that its writer gave it, so that the order in which two topics are
 * read, and what is told twice, do not matter. */
#include "view/fold.h"

#include <string.h>

#include "cli.h"
#include "core/text.h"

const char *const fold_phases[FOLD_PHASE_COUNT] = { "asked",	  "queued",  "starting", "capturing",
						    "reclaiming", "storing", "done" };

struct fold {
	struct fold_capture **captures; /* some dozens: found by looking at each */
	size_t count;
	struct fold_observer observer;
};

struct fold *fold_new(void)
{
	return memory_new(sizeof(struct fold));
}

void fold_free(struct fold *fold)
{
	if (!fold)
		return;
	for (size_t i = 0; i < fold->count; i++)
		free(fold->captures[i]);
	free(fold->captures);
	free(fold);
}

static struct fold_capture *find(const struct fold *fold, const char *capture_id)
{
	for (size_t i = 0; i < fold->count; i++)
		if (text_equal(fold->captures[i]->capture_id, capture_id))
			return fold->captures[i];
	return NULL;
}

static struct fold_capture *find_or_add(struct fold *fold, const char *capture_id, const char *request_id,
					const char *target)
{
	struct fold_capture *capture = find(fold, capture_id);
	if (capture)
		return capture;
	capture = memory_new(sizeof *capture);
	TEXT_COPY(capture->capture_id, capture_id);
	TEXT_COPY(capture->request_id, request_id);
	TEXT_COPY(capture->target, target);
	capture->armed_at_ms = RECORD_UNSET;
	fold->captures = memory_resize(fold->captures, fold->count + 1, sizeof fold->captures[0]);
	fold->captures[fold->count++] = capture;
	return capture;
}

void fold_observe(struct fold *fold, const struct fold_observer *observer)
{
	fold->observer = *observer;
}

void fold_expect(struct fold *fold, const struct request *request, const char *capture_id, int64_t now_ms)
{
	struct fold_capture *capture = find_or_add(fold, capture_id, request->request_id, request->target);
	capture->request = *request;
	capture->has_request = true;
	capture->heard_at_ms = now_ms;
}

static enum fold_phase phase_of_event(const struct event *event, enum fold_phase now)
{
	switch (event->kind) {
	case EVENT_QUEUED:
		return FOLD_QUEUED;
	case EVENT_STARTING:
		return FOLD_STARTING;
	case EVENT_CAPTURING:
	case EVENT_PROGRESS:
		return FOLD_CAPTURING;
	case EVENT_RECLAIMING:
		return FOLD_RECLAIMING;
	case EVENT_ENDED:
		return FOLD_STORING;
	case EVENT_REFUSED: /* it never became a capture: no result follows */
		return FOLD_DONE;
	case EVENT_CHECKED:
	case EVENT_COUNT:
		break;
	}
	return now;
}

static bool is_newer(const struct event *event, const struct event *than)
{
	if (event->version != than->version)
		return event->version > than->version;
	return event->number > than->number;
}

bool fold_event(struct fold *fold, const struct event *event, int64_t now_ms)
{
	if (!event->capture_id[0])
		return false; /* about a record that could not become a capture */
	struct fold_capture *capture = find(fold, event->capture_id);
	if (capture && (capture->has_result || (capture->has_event && !is_newer(event, &capture->event))))
		return false;
	capture = find_or_add(fold, event->capture_id, event->request_id, event->target);
	capture->event = *event;
	capture->has_event = true;
	capture->heard_at_ms = now_ms;
	capture->phase = phase_of_event(event, capture->phase);
	if (event->armed_at_ns != RECORD_UNSET)
		capture->armed_at_ms = event->armed_at_ns / 1000000;
	if (event->has_request) {
		capture->request = event->request;
		capture->has_request = true;
	}
	if (fold->observer.event)
		fold->observer.event(fold->observer.context, event);
	return true;
}

static bool store_waits(const struct result *result)
{
	for (size_t i = 0; i < result->stores_count; i++)
		if (result->stores[i].state == STORE_WAITING || result->stores[i].state == STORE_STORING)
			return true;
	return false;
}

bool fold_result(struct fold *fold, const struct result *result, int64_t now_ms)
{
	struct fold_capture *capture = find(fold, result->capture_id);
	if (capture && capture->has_result && result->version <= capture->result.version)
		return false;
	capture = find_or_add(fold, result->capture_id, result->request_id, result->target);
	if (!capture->has_result)
		capture->heard_at_ms = now_ms;
	capture->result = *result;
	capture->has_result = true;
	capture->phase = store_waits(result) || result->state == OUTCOME_NONE ? FOLD_STORING : FOLD_DONE;
	if (fold->observer.result)
		fold->observer.result(fold->observer.context, result);
	return true;
}

void fold_forget(struct fold *fold, const char *capture_id)
{
	for (size_t i = 0; i < fold->count; i++) {
		if (!text_equal(fold->captures[i]->capture_id, capture_id))
			continue;
		free(fold->captures[i]);
		fold->count--;
		memmove(fold->captures + i, fold->captures + i + 1, (fold->count - i) * sizeof fold->captures[0]);
		return;
	}
}

size_t fold_count(const struct fold *fold)
{
	return fold->count;
}

const struct fold_capture *fold_at(const struct fold *fold, size_t index)
{
	return index < fold->count ? fold->captures[index] : NULL;
}

const struct fold_capture *fold_find(const struct fold *fold, const char *capture_id)
{
	return find(fold, capture_id);
}

enum outcome_state fold_outcome(const struct fold_capture *capture)
{
	if (capture->has_result)
		return capture->result.state;
	if (capture->has_event && capture->event.kind == EVENT_REFUSED)
		return OUTCOME_REJECTED;
	if (capture->has_event && capture->event.kind == EVENT_ENDED)
		return capture->event.outcome;
	return OUTCOME_NONE;
}

bool fold_is_over(const struct fold_capture *capture, int64_t now_ms)
{
	if (capture->phase == FOLD_DONE)
		return true;
	bool ended = capture->has_result && capture->result.state != OUTCOME_NONE;
	return ended && now_ms - capture->heard_at_ms >= FOLD_STORE_WAITS_MS;
}

static int64_t expires_at_ms(const struct fold_capture *capture)
{
	if (capture->has_event && capture->event.expires_at_ms != RECORD_UNSET)
		return capture->event.expires_at_ms;
	if (capture->has_request && capture->request.expires_at_ms != RECORD_UNSET)
		return capture->request.expires_at_ms;
	return capture->heard_at_ms + FOLD_NEVER_RUN_MS;
}

int64_t fold_give_up_at_ms(const struct fold_capture *capture)
{
	if (capture->phase == FOLD_ASKED || capture->phase == FOLD_QUEUED)
		return expires_at_ms(capture) + FOLD_NO_WORKER_MS;
	bool may_run = capture->phase != FOLD_STORING && capture->has_request &&
		       capture->request.timeout_s != RECORD_UNSET;
	return capture->heard_at_ms + FOLD_SILENT_MS + (may_run ? capture->request.timeout_s * 1000 : 0);
}

bool fold_is_finished(const struct fold *fold, int64_t now_ms)
{
	for (size_t i = 0; i < fold->count; i++)
		if (!fold_is_over(fold->captures[i], now_ms) && now_ms < fold_give_up_at_ms(fold->captures[i]))
			return false;
	return true;
}

int fold_exit(const struct fold *fold, int64_t now_ms, bool empty_fails)
{
	size_t good = 0;
	size_t rejected = 0;
	for (size_t i = 0; i < fold->count; i++) {
		if (!fold_is_over(fold->captures[i], now_ms))
			return CLI_UNKNOWN;
		enum outcome_state outcome = fold_outcome(fold->captures[i]);
		good += outcome == OUTCOME_COMPLETE || (outcome == OUTCOME_EMPTY && !empty_fails);
		rejected += outcome == OUTCOME_REJECTED;
	}
	if (good == fold->count)
		return CLI_OK;
	return rejected == fold->count ? CLI_REFUSED : CLI_FAILED;
}
