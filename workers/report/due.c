/* Decides what is told and when. Its one idea: a block is told when what it says is not what was said, never because
 * a record came, so that what is delivered again is not told again. */
#include "due.h"

/* A bit for each store that has the file, or will never have it (again). */
static unsigned stores_of(const struct view_capture *capture)
{
	unsigned stores = 0;
	for (size_t i = 0; capture->result && i < capture->result->stores_count; i++) {
		enum store_state state = capture->result->stores[i].state;
		if (state == STORE_STORED)
			stores |= 1U << (2 * i);
		else if (state == STORE_FAILED || state == STORE_DELETED)
			stores |= 2U << (2 * i);
	}
	return stores;
}

static int64_t packets_of(const struct view_capture *capture)
{
	return capture->result ? capture->result->packets : capture->event ? capture->event->packets : 0;
}

static struct view_said as_it_stands(const struct view_capture *capture)
{
	return (struct view_said){
		.phase = capture->phase,
		.outcome = view_outcome(capture),
		.stores = stores_of(capture),
		.late_packets = capture->result ? capture->result->late_packets : 0,
		.packets = packets_of(capture),
	};
}

static bool says_the_same(const struct view_said *a, const struct view_said *b)
{
	return a->phase == b->phase && a->outcome == b->outcome && a->stores == b->stores &&
	       a->late_packets == b->late_packets;
}

void due_settle(struct view_request *request)
{
	for (size_t i = 0; i < request->captures_count; i++) {
		struct view_capture *capture = request->captures[i];
		capture->said = as_it_stands(capture);
		capture->said.by_others = true;
		capture->handed_offset = capture->change_offset;
	}
	request->last_word_said = view_is_finished(request);
}

void due_heard(struct view_request *request, struct view_capture *capture, const struct event *event,
	       struct view_place place)
{
	/* Behind the newest event that counted lies only what was told again by whoever wrote it. */
	bool again = place.partition != capture->place.partition || place.offset > capture->place.offset;
	if (place.offset > capture->handed_offset)
		capture->handed_offset = place.offset;
	if (!capture->said.by_others || event->kind == EVENT_PROGRESS || again)
		return;
	capture->said = (struct view_said){ .phase = VIEW_UNHEARD };
	request->last_word_said = false;
}

/* Every change that the view knows was handed out by the group. */
static bool is_handed_out(const struct view_request *request)
{
	for (size_t i = 0; i < request->captures_count; i++)
		if (request->captures[i]->change_offset > request->captures[i]->handed_offset)
			return false;
	return true;
}

unsigned due_now(const struct view_request *request, int64_t now_boot_ms)
{
	unsigned due = 0;
	bool progress = false;
	if (!is_handed_out(request))
		return 0;
	for (size_t i = 0; i < request->captures_count; i++) {
		const struct view_capture *capture = request->captures[i];
		struct view_said now = as_it_stands(capture);
		if (!says_the_same(&now, &capture->said))
			due |= DUE_CHANGE;
		progress = progress || (capture->phase == VIEW_CAPTURING && now.packets != capture->said.packets);
	}
	if (!due && progress && now_boot_ms - request->told_boot_ms >= DUE_PROGRESS_MS)
		due |= DUE_PROGRESS;
	if (!request->last_word_said && view_is_finished(request))
		due |= DUE_LAST_WORD;
	return due;
}

void due_told(struct view_request *request, unsigned what, int64_t now_boot_ms)
{
	for (size_t i = 0; i < request->captures_count; i++)
		request->captures[i]->said = as_it_stands(request->captures[i]);
	request->told_boot_ms = now_boot_ms;
	if (what & DUE_LAST_WORD)
		request->last_word_said = true;
}
