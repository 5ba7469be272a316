/* Decides what is told and when. Its one idea: a request is told when how it stands is not what was told, never
 * because a record came, so that what is delivered or read again is not told again. */
#include "telling/due.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"

/* In the lines, so a word once written stays. */
static const char *const phases[] = {
	[VIEW_UNHEARD] = "unheard", [VIEW_QUEUED] = "queued",         [VIEW_STARTING] = "starting",
	[VIEW_CAPTURING] = "capturing", [VIEW_RECLAIMING] = "reclaiming", [VIEW_ENDED] = "ended",
	[VIEW_DONE] = "done",
};

/* For each store a letter: has the file, will never have it (again), or neither yet. */
static void write_stores(const struct view_capture *capture, char to[static RECORD_STORES_MAX + 1])
{
	size_t count = capture->result ? capture->result->stores_count : 0;
	for (size_t i = 0; i < count; i++) {
		enum store_state state = capture->result->stores[i].state;
		to[i] = state == STORE_STORED ? 's' : state == STORE_FAILED || state == STORE_DELETED ? 'n' : 'w';
	}
	to[count] = '\0';
}

static int64_t packets_of(const struct view_capture *capture)
{
	return capture->result ? capture->result->packets : capture->event ? capture->event->packets : 0;
}

static int64_t position_of(const struct view_capture *capture)
{
	bool waits = capture->phase == VIEW_QUEUED && capture->event && capture->event->position > 0;
	return waits ? capture->event->position : 0;
}

/* "slx1 queued - - 2 0 1.3.0 0": name, phase, outcome, stores, position, late packets, versions, packets. */
static void write_line(const struct view_capture *capture, char to[static THREAD_SAID_SIZE])
{
	char stores[RECORD_STORES_MAX + 1];
	const struct result *result = capture->result;
	enum outcome_state outcome = view_outcome(capture);
	write_stores(capture, stores);
	text_format(to, THREAD_SAID_SIZE,
		    "%s %s %s %s %" PRId64 " %" PRId64 " %" PRId64 ".%" PRId64 ".%" PRId64 " %" PRId64,
		    capture->target[0] ? capture->target : "?", phases[capture->phase],
		    outcome == OUTCOME_NONE ? "-" : names_outcome[outcome], stores[0] ? stores : "-",
		    position_of(capture), result ? result->late_packets : 0, capture->version, capture->number,
		    result ? result->version : 0, packets_of(capture));
}

/* Where the versions begin: what is before says how the target stands. NULL: it is no line. */
static const char *versions_of(const char *line)
{
	const char *packets = strrchr(line, ' ');
	return packets ? memrchr(line, ' ', (size_t)(packets - line)) : NULL;
}

/* By the result's version, then by the event's. */
static bool is_older(const char *line, const char *than)
{
	const char *versions[] = { versions_of(line), versions_of(than) };
	int64_t at[2][3] = { { 0 }, { 0 } };
	for (int i = 0; i < 2; i++)
		if (!versions[i] || sscanf(versions[i], " %" SCNd64 ".%" SCNd64 ".%" SCNd64, &at[i][1], &at[i][2],
					   &at[i][0]) != 3)
			return false;
	for (int i = 0; i < 3; i++)
		if (at[0][i] != at[1][i])
			return at[0][i] < at[1][i];
	return false;
}

/* Up to the blank. */
static bool has_same_name(const char *a, const char *b)
{
	size_t length = strcspn(a, " ");
	return length == strcspn(b, " ") && memcmp(a, b, length) == 0;
}

static const char *find(const struct thread_said *said, const char *line)
{
	for (size_t i = 0; i < said->count; i++)
		if (has_same_name(said->items[i], line))
			return said->items[i];
	return NULL;
}

static bool stands_the_same(const char *a, const char *b)
{
	const char *a_end = versions_of(a), *b_end = versions_of(b);
	return a_end && b_end && a_end - a == b_end - b && memcmp(a, b, (size_t)(a_end - a)) == 0;
}

static bool has_same_packets(const char *a, const char *b)
{
	return text_equal(strrchr(a, ' '), strrchr(b, ' '));
}

bool due_is_behind(const struct view_request *request, const struct thread *told)
{
	for (size_t i = 0; i < request->captures_count && i < THREAD_SAID_MAX; i++) {
		char now[THREAD_SAID_SIZE];
		write_line(request->captures[i], now);
		const char *before = find(&told->said, now);
		if (before && is_older(now, before))
			return true;
	}
	return false;
}

unsigned due_now(const struct view_request *request, const struct thread *told, int64_t told_boot_ms,
		 int64_t now_boot_ms)
{
	unsigned due = 0;
	bool progress = false, all_known = true;
	if (due_is_behind(request, told))
		return 0;
	/* More targets than lines: the rest is told along, and with the last word. */
	for (size_t i = 0; i < request->captures_count && i < THREAD_SAID_MAX; i++) {
		char now[THREAD_SAID_SIZE];
		write_line(request->captures[i], now);
		const char *before = find(&told->said, now);
		all_known = all_known && before;
		if (!before || !stands_the_same(now, before))
			due |= DUE_CHANGE;
		else if (request->captures[i]->phase == VIEW_CAPTURING && !has_same_packets(now, before))
			progress = true;
	}
	if (!due && progress && now_boot_ms - told_boot_ms >= DUE_PROGRESS_MS)
		due |= DUE_PROGRESS;
	if (view_is_finished(request) && !(told->last_word && all_known))
		due |= DUE_LAST_WORD;
	return due;
}

void due_claim(const struct view_request *request, const struct thread *told, unsigned what,
	       struct thread *ret_claim)
{
	struct thread_said *said = &ret_claim->said;
	bool all_known = true;
	said->count = 0;
	for (size_t i = 0; i < request->captures_count && i < THREAD_SAID_MAX; i++) {
		write_line(request->captures[i], said->items[said->count]);
		all_known = all_known && find(&told->said, said->items[said->count]);
		said->count++;
	}
	for (size_t i = 0; i < told->said.count && said->count < THREAD_SAID_MAX; i++)
		if (!find(said, told->said.items[i]))
			TEXT_COPY(said->items[said->count++], told->said.items[i]);
	ret_claim->last_word = (what & DUE_LAST_WORD) || (told->last_word && all_known);
}
