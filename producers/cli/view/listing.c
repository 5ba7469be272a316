/* Lists captures. Its one idea: a record becomes the text of its row at once, and only rows that are wanted are kept,
 * so that a catalog of any length costs no more memory than what is printed. */
#include "view/listing.h"

#include <inttypes.h>
#include <string.h>
#include <uthash.h>

#include "core/clock.h"
#include "core/text.h"
#include "view/fold.h"
#include "view/ids.h"
#include "view/json_line.h"
#include "view/line.h"
#include "view/table.h"

enum { CELL_STATE, CELL_TARGET, CELL_PACKETS, CELL_DROPPED, CELL_WHEN, CELL_BY, CELL_FILTER, CELL_LINK, CELLS };
enum { CELL_COLUMNS = 40 };

struct row {
	char capture_id[RECORD_ID_SIZE];
	bool is_result;
	bool is_wanted;      /* else only its version is kept, against older records of the same capture */
	int64_t version;
	int64_t number;
	int64_t at_ms;
	char *json;          /* with as_json; else the cells */
	char *cells[CELLS];
	UT_hash_handle hh;
};

struct listing {
	struct listing_wanted wanted;
	struct row *rows;
};

struct listing *listing_new(const struct listing_wanted *wanted)
{
	struct listing *listing = memory_new(sizeof *listing);
	listing->wanted = *wanted;
	return listing;
}

static void empty_row(struct row *row)
{
	free(row->json);
	row->json = NULL;
	for (size_t i = 0; i < CELLS; i++) {
		free(row->cells[i]);
		row->cells[i] = NULL;
	}
}

static void remove_row(struct listing *listing, struct row *row)
{
	HASH_DEL(listing->rows, row);
	empty_row(row);
	free(row);
}

void listing_free(struct listing *listing)
{
	if (!listing)
		return;
	struct row *row;
	struct row *next;
	HASH_ITER(hh, listing->rows, row, next)
		remove_row(listing, row);
	free(listing);
}

static struct row *find(struct listing *listing, const char *capture_id)
{
	struct row *row;
	HASH_FIND_STR(listing->rows, capture_id, row);
	return row;
}

/* The place of a record that is newer than what is known; NULL where it is not. */
static struct row *make_place(struct listing *listing, const char *capture_id, bool is_result, int64_t version,
			      int64_t number)
{
	struct row *row = find(listing, capture_id);
	if (!row) {
		row = memory_new(sizeof *row);
		TEXT_COPY(row->capture_id, capture_id);
		HASH_ADD_STR(listing->rows, capture_id, row);
	} else if (row->is_result != is_result) {
		if (row->is_result)
			return NULL;
	} else if (version < row->version || (version == row->version && number <= row->number)) {
		return NULL;
	}
	if (is_result)
		empty_row(row); /* an event tells only what changed: who asks for what stays */
	row->is_result = is_result;
	row->version = version;
	row->number = number;
	return row;
}

static bool is_wanted(const struct listing *listing, const char *state, const char *target, int64_t at_ms)
{
	const struct listing_wanted *wanted = &listing->wanted;
	return (!wanted->state || text_equal(wanted->state, state)) &&
	       (!wanted->target || text_equal(wanted->target, target)) && at_ms >= wanted->since_ms;
}

static void set_cell(struct row *row, int cell, const char *text)
{
	free(row->cells[cell]);
	row->cells[cell] = memory_text(text);
}

/* What others wrote, and at most so much of it that one row does not spread the whole table. */
static void set_short(struct row *row, int cell, const char *text)
{
	struct line line;
	line_clear(&line);
	line_add_text(&line, text);
	line_cut(&line, CELL_COLUMNS, true);
	set_cell(row, cell, line.text);
}

static void set_number(struct row *row, int cell, int64_t number)
{
	char text[48];
	set_cell(row, cell, number == RECORD_UNSET ? "" : text_count(text, sizeof text, number));
}

static void set_when(struct row *row, int64_t at_ms)
{
	char text[CLOCK_TEXT_SIZE];
	set_cell(row, CELL_WHEN, clock_format(text, "%Y-%m-%d %H:%M:%SZ", at_ms));
}

static void set_asked(struct row *row, const char *requested_by, const char *filter)
{
	set_short(row, CELL_BY, requested_by);
	set_short(row, CELL_FILTER, filter[0] ? filter : "all");
}

static enum fold_phase phase_of(const struct event *event)
{
	static const enum fold_phase phases[RUN_STATE_COUNT] = { FOLD_QUEUED, FOLD_STARTING, FOLD_CAPTURING,
								 FOLD_RECLAIMING, FOLD_STORING };
	return event->state < RUN_STATE_COUNT ? phases[event->state] : FOLD_ASKED;
}

static const char *state_of(const struct event *event)
{
	return event->kind == EVENT_REFUSED ? names_outcome[OUTCOME_REJECTED] : fold_phases[phase_of(event)];
}

void listing_event(struct listing *listing, const struct event *event)
{
	if (event->kind == EVENT_CHECKED || !event->capture_id[0])
		return;
	struct row *row = make_place(listing, event->capture_id, false, event->version, event->number);
	if (!row)
		return;
	row->is_wanted = is_wanted(listing, state_of(event), event->target, event->at_ms);
	row->at_ms = event->armed_at_ns != RECORD_UNSET ? event->armed_at_ns / 1000000 : event->at_ms;
	if (event->has_request && !listing->wanted.as_json)
		set_asked(row, event->request.requested_by, event->request.filter);
	if (!row->is_wanted)
		return;
	if (listing->wanted.as_json) {
		free(row->json);
		row->json = json_line("event", &event_record, event);
		return;
	}
	set_cell(row, CELL_STATE, state_of(event));
	set_cell(row, CELL_TARGET, event->target);
	set_number(row, CELL_PACKETS, event->packets);
	set_number(row, CELL_DROPPED, event->dropped_kernel);
	set_when(row, row->at_ms);
	set_cell(row, CELL_LINK, event->kind == EVENT_REFUSED ? event->detail : "");
}

static void set_link(struct row *row, const struct result *result)
{
	const char *link = "";
	for (size_t i = 0; i < result->stores_count && !link[0]; i++)
		link = result->stores[i].state == STORE_STORED ? result->stores[i].link : "";
	set_cell(row, CELL_LINK, link);
}

static int64_t dropped(const struct result *result)
{
	if (result->dropped_kernel == RECORD_UNSET || result->dropped_mirror == RECORD_UNSET)
		return result->dropped_kernel;
	return result->dropped_kernel + result->dropped_mirror;
}

void listing_result(struct listing *listing, const struct result *result)
{
	struct row *row = make_place(listing, result->capture_id, true, result->version, 0);
	if (!row)
		return;
	int64_t ended_at_ms = result->ended_at_ms == RECORD_UNSET ? 0 : result->ended_at_ms;
	row->is_wanted = is_wanted(listing, names_outcome[result->state], result->target, ended_at_ms);
	row->at_ms = result->armed_at_ns != RECORD_UNSET ? result->armed_at_ns / 1000000 : ended_at_ms;
	if (!row->is_wanted)
		return;
	if (listing->wanted.as_json) {
		row->json = json_line("result", &result_record, result);
		return;
	}
	set_cell(row, CELL_STATE, names_outcome[result->state]);
	set_cell(row, CELL_TARGET, result->target);
	set_number(row, CELL_PACKETS, result->packets);
	set_number(row, CELL_DROPPED, dropped(result));
	set_when(row, row->at_ms);
	set_asked(row, result->requested_by, result->filter);
	set_link(row, result);
}

void listing_deleted(struct listing *listing, const char *capture_id)
{
	struct row *row = find(listing, capture_id);
	if (row)
		remove_row(listing, row);
}

/* Those that are wanted, sorted; the caller's. */
static struct row **sorted(const struct listing *listing, int (*compare)(const void *, const void *),
			   size_t *ret_count)
{
	struct row **rows = memory_array(HASH_COUNT(listing->rows) + 1, sizeof rows[0]);
	size_t count = 0;
	for (struct row *row = listing->rows; row; row = row->hh.next)
		if (row->is_wanted)
			rows[count++] = row;
	qsort(rows, count, sizeof rows[0], compare);
	*ret_count = count;
	return rows;
}

static int by_id(const void *a, const void *b)
{
	const struct row *const *left = a;
	const struct row *const *right = b;
	return strcmp((*left)->capture_id, (*right)->capture_id);
}

static int by_time(const void *a, const void *b)
{
	const struct row *const *left = a;
	const struct row *const *right = b;
	if ((*left)->at_ms != (*right)->at_ms)
		return (*left)->at_ms < (*right)->at_ms ? -1 : 1;
	return by_id(a, b);
}

size_t listing_count(const struct listing *listing)
{
	size_t count = 0;
	for (struct row *row = listing->rows; row; row = row->hh.next)
		count += row->is_wanted;
	return count;
}

/* How much of its id each row needs, by its place in the order of ids. */
static void show_id(const char *const *ids, size_t count, const char *capture_id, char to[static RECORD_ID_SIZE])
{
	size_t low = 0;
	size_t high = count;
	while (low + 1 < high) {
		size_t middle = (low + high) / 2;
		if (strcmp(ids[middle], capture_id) <= 0)
			low = middle;
		else
			high = middle;
	}
	ids_show(capture_id, ids_length(ids, count, low), true, to);
}

static void print_table(struct listing *listing, struct row *const *rows, size_t count, FILE *to)
{
	static const struct table_column columns[] = {
		{ "ID", false },       { "STATE", false },   { "TARGET", false },
		{ "PACKETS", true },   { "DROPPED", true },  { "WHEN", false },
		{ "BY", false },       { "FILTER", false },  { "LINK", false },
	};
	size_t id_count;
	CLEANUP_FREE struct row **in_order = sorted(listing, by_id, &id_count);
	CLEANUP_FREE const char **ids = memory_array(id_count + 1, sizeof ids[0]);
	for (size_t i = 0; i < id_count; i++)
		ids[i] = in_order[i]->capture_id;
	CLEANUP(table_freep) struct table *table = table_new(columns, sizeof columns / sizeof columns[0]);
	for (size_t i = 0; i < count; i++) {
		char shown[RECORD_ID_SIZE];
		show_id(ids, id_count, rows[i]->capture_id, shown);
		table_add(table, shown);
		for (size_t cell = 0; cell < CELLS; cell++)
			table_add(table, rows[i]->cells[cell] ? rows[i]->cells[cell] : "");
	}
	table_print(table, to);
}

void listing_print(struct listing *listing, FILE *to)
{
	size_t count;
	CLEANUP_FREE struct row **rows = sorted(listing, by_time, &count);
	if (!listing->wanted.as_json) {
		print_table(listing, rows, count, to);
		return;
	}
	for (size_t i = 0; i < count; i++)
		if (rows[i]->json)
			fputs(rows[i]->json, to);
}

const char *listing_state(size_t index)
{
	static const char *const running[] = { "queued", "starting", "capturing", "reclaiming", "storing" };
	size_t outcomes = OUTCOME_COUNT - 1;
	if (index < outcomes)
		return names_outcome[index + 1];
	index -= outcomes;
	return index < sizeof running / sizeof running[0] ? running[index] : NULL;
}
