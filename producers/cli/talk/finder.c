/* Finds a request or a capture by what somebody typed. Its one idea: everything that is read is compared with what
 * was typed, and only what matches is kept, so that the length of the catalog costs time but no memory. */
#include "talk/finder.h"

#include <string.h>

#include "core/clock.h"
#include "core/text.h"
#include "view/ids.h"
#include "view/line.h"

struct finder {
	const char *typed;
	bool settled;
	bool one_capture;                 /* what was typed names a target too */
	char request_id[RECORD_ID_SIZE];  /* settled */
	char capture_id[RECORD_ID_SIZE];  /* settled, with one_capture */
	bool too_many;
	struct fold *fold;
	struct feed_sink sink;
};

static size_t requests_kept(const struct finder *finder)
{
	size_t count = 0;
	for (size_t i = 0; i < fold_count(finder->fold); i++) {
		bool seen = false;
		for (size_t j = 0; j < i && !seen; j++)
			seen = text_equal(fold_at(finder->fold, i)->request_id, fold_at(finder->fold, j)->request_id);
		count += !seen;
	}
	return count;
}

static bool request_is_kept(const struct finder *finder, const char *request_id)
{
	for (size_t i = 0; i < fold_count(finder->fold); i++)
		if (text_equal(fold_at(finder->fold, i)->request_id, request_id))
			return true;
	return false;
}

static bool is_whole(enum ids_match match)
{
	return match == IDS_REQUEST_WHOLE || match == IDS_CAPTURE_WHOLE;
}

static bool is_wanted(struct finder *finder, const char *request_id, const char *capture_id)
{
	if (finder->settled)
		return finder->one_capture ? text_equal(capture_id, finder->capture_id) :
					     text_equal(request_id, finder->request_id);
	enum ids_match match = ids_match(finder->typed, request_id, capture_id);
	if (match == IDS_NOTHING)
		return false;
	if (is_whole(match) || request_is_kept(finder, request_id) || requests_kept(finder) < FINDER_REQUESTS_MAX)
		return true;
	finder->too_many = true;
	return false;
}

/* Asked, and perhaps nobody has answered yet. */
static void take_request(void *context, const struct request *request)
{
	struct finder *finder = context;
	char capture_id[RECORD_ID_SIZE];
	request_capture_id(request, "", capture_id);
	if (is_wanted(finder, request->request_id, capture_id) && !fold_find(finder->fold, capture_id))
		fold_expect(finder->fold, request, capture_id, clock_wall_ms());
}

static void take_event(void *context, const struct event *event)
{
	struct finder *finder = context;
	if (is_wanted(finder, event->request_id, event->capture_id))
		fold_event(finder->fold, event, clock_wall_ms());
}

static void take_result(void *context, const struct result *result)
{
	struct finder *finder = context;
	if (is_wanted(finder, result->request_id, result->capture_id))
		fold_result(finder->fold, result, clock_wall_ms());
}

static void take_deleted(void *context, const char *capture_id)
{
	struct finder *finder = context;
	if (!finder->settled)
		fold_forget(finder->fold, capture_id);
}

static struct finder *new_finder(const char *typed)
{
	struct finder *finder = memory_new(sizeof *finder);
	finder->typed = typed;
	finder->fold = fold_new();
	finder->sink = (struct feed_sink){ finder, take_request, take_event, take_result, take_deleted };
	return finder;
}

struct finder *finder_new_of_request(const char *request_id)
{
	struct finder *finder = new_finder(request_id);
	TEXT_COPY(finder->request_id, request_id);
	finder->settled = true;
	return finder;
}

struct finder *finder_new(const char *typed, struct error *error)
{
	if (!text_is_id(typed)) {
		error_set(error, ERROR_INPUT, WORD_argument_invalid,
			  "`%s` is no id: ids are letters, digits, `.`, `_` and `-`, such as k7f3qa-slx1", typed);
		return NULL;
	}
	return new_finder(typed);
}

void finder_free(struct finder *finder)
{
	if (!finder)
		return;
	fold_free(finder->fold);
	free(finder);
}

const struct feed_sink *finder_sink(struct finder *finder)
{
	return &finder->sink;
}

bool finder_is_one_capture(const struct finder *finder)
{
	return finder->one_capture;
}

struct fold *finder_fold(struct finder *finder)
{
	return finder->fold;
}

static int not_found(const struct finder *finder, struct error *error)
{
	if (strlen(finder->typed) < IDS_SHORTEST)
		return error_set(error, ERROR_INPUT, WORD_argument_invalid,
				 "nothing is called `%s`: the first %d characters of an id are needed", finder->typed,
				 IDS_SHORTEST);
	return error_set(error, ERROR_INPUT, WORD_argument_invalid,
			 "I know no capture `%s`; what there is: capbus list --since 30d", finder->typed);
}

static int ambiguous(const struct finder *finder, struct error *error)
{
	struct line line;
	line_clear(&line);
	for (size_t i = 0; i < fold_count(finder->fold); i++)
		line_add(&line, "%s%s", i == 0 ? "" : ", ", fold_at(finder->fold, i)->capture_id);
	return error_set(error, ERROR_INPUT, WORD_argument_invalid, "`%s` may be more than one: %s%s", finder->typed,
			 line.text, finder->too_many ? " and more" : "");
}

/* A whole id means itself, whatever else begins like it. */
static void forget_all_but_whole(struct finder *finder)
{
	bool any = false;
	for (size_t i = 0; i < fold_count(finder->fold); i++) {
		const struct fold_capture *capture = fold_at(finder->fold, i);
		any = any || is_whole(ids_match(finder->typed, capture->request_id, capture->capture_id));
	}
	for (size_t i = fold_count(finder->fold); any && i-- > 0;) {
		const struct fold_capture *capture = fold_at(finder->fold, i);
		if (!is_whole(ids_match(finder->typed, capture->request_id, capture->capture_id)))
			fold_forget(finder->fold, capture->capture_id);
	}
	if (any)
		finder->too_many = false;
}

int finder_settle(struct finder *finder, struct error *error)
{
	forget_all_but_whole(finder);
	if (fold_count(finder->fold) == 0)
		return not_found(finder, error);
	if (requests_kept(finder) > 1 || finder->too_many)
		return ambiguous(finder, error);
	const struct fold_capture *capture = fold_at(finder->fold, 0);
	enum ids_match match = ids_match(finder->typed, capture->request_id, capture->capture_id);
	finder->one_capture = match == IDS_CAPTURE || match == IDS_CAPTURE_WHOLE;
	TEXT_COPY(finder->request_id, capture->request_id);
	TEXT_COPY(finder->capture_id, capture->capture_id);
	finder->settled = true;
	return 0;
}

int finder_read(struct finder *finder, const struct cli *cli, struct feed **ret_feed, struct error *error)
{
	int64_t since_ms = clock_wall_ms() - FINDER_EVENTS_BACK_MS;
	CLEANUP(feed_freep) struct feed *feed = feed_new_since(cli, since_ms, 0, error);
	if (!feed || feed_read_to_end(feed, cli, &finder->sink, error) != 0 || finder_settle(finder, error) != 0)
		return -1;
	*ret_feed = feed;
	feed = NULL; /* now the caller's */
	return 0;
}
