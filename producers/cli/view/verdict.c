/* Says how captures ended. Its one idea: a table row for each outcome writes the sentences beneath the line, so that
 * each outcome has its own advice, and a new one cannot be forgotten. */
#include "view/verdict.h"

#include "core/clock.h"
#include "core/error.h"
#include "core/text.h"

enum { NUMBER_SIZE = 48, TEXT_INDENT = 6 };

static int64_t known_packets(const struct fold_capture *capture)
{
	if (capture->has_result)
		return capture->result.packets;
	return capture->has_event ? capture->event.packets : RECORD_UNSET;
}

static int64_t dropped(const struct fold_capture *capture)
{
	int64_t kernel = capture->has_result ? capture->result.dropped_kernel :
			 capture->has_event  ? capture->event.dropped_kernel :
					       RECORD_UNSET;
	int64_t mirror = capture->has_result ? capture->result.dropped_mirror :
			 capture->has_event  ? capture->event.dropped_mirror :
					       RECORD_UNSET;
	if (kernel == RECORD_UNSET)
		return RECORD_UNSET;
	return kernel + (mirror == RECORD_UNSET ? 0 : mirror);
}

static const char *detail(const struct fold_capture *capture)
{
	return capture->has_result ? capture->result.detail : capture->has_event ? capture->event.detail : "";
}

static const char *reason(const struct fold_capture *capture)
{
	return capture->has_result ? capture->result.reason : capture->has_event ? capture->event.reason : "";
}

static const char *filter(const struct fold_capture *capture)
{
	return capture->has_result ? capture->result.filter : capture->request.filter;
}

static void add_count(struct line *line, int64_t count)
{
	char number[NUMBER_SIZE];
	line_add(line, "%s", text_count(number, sizeof number, count));
}

void verdict_add_packets(struct line *line, int64_t packets)
{
	add_count(line, packets);
	line_add(line, packets == 1 ? " packet" : " packets");
}

void verdict_add_dropped(struct line *line, const struct fold_capture *capture)
{
	int64_t count = dropped(capture);
	line_add(line, "dropped ");
	if (count == RECORD_UNSET)
		line_add(line, "?");
	else
		add_count(line, count);
}

static void add_limit(struct line *line, const char *name, int64_t value)
{
	line_add(line, "stopped at %s", name);
	if (value != RECORD_UNSET)
		line_add(line, "=%jd", (intmax_t)value);
}

void verdict_add_stopped(struct line *line, const struct fold_capture *capture)
{
	const struct result *result = &capture->result;
	const struct request *request = &capture->request;
	bool is_result = capture->has_result;
	enum stopped_by by = is_result ? result->stopped_by : capture->event.stopped_by;
	if (by == STOPPED_BY_COUNT)
		add_limit(line, "count", is_result ? result->count : request->count);
	else if (by == STOPPED_BY_TIMEOUT)
		add_limit(line, "timeout", is_result ? result->timeout_s : request->timeout_s);
	else if (by == STOPPED_BY_BYTES)
		add_limit(line, "bytes", is_result ? result->bytes_limit : request->bytes);
	else if (by != STOPPED_BY_NOTHING)
		line_add(line, "stopped by %s", names_stopped_by[by]);
}

void verdict_add_filter(struct line *line, const char *text)
{
	line_add_text(line, text[0] ? text : "all packets");
}

void verdict_add_limits(struct line *line, const struct request *request)
{
	char text[NUMBER_SIZE];
	const char *or = request->timeout_s == RECORD_UNSET ? "" : " or ";
	if (request->timeout_s != RECORD_UNSET)
		line_add(line, "%jd s", (intmax_t)request->timeout_s);
	if (request->count != RECORD_UNSET && request->count > 0) {
		line_add(line, "%s", or);
		verdict_add_packets(line, request->count);
	} else if (request->bytes != RECORD_UNSET) {
		line_add(line, "%s%s", or, text_bytes(text, sizeof text, request->bytes));
	}
}

const char *verdict_word(const struct fold_capture *capture)
{
	enum outcome_state outcome = fold_outcome(capture);
	return outcome == OUTCOME_NONE ? fold_phases[capture->phase] : names_outcome[outcome];
}

const char *verdict_link(const struct fold_capture *capture)
{
	for (size_t i = 0; capture->has_result && i < capture->result.stores_count; i++)
		if (capture->result.stores[i].state == STORE_STORED && capture->result.stores[i].link[0])
			return capture->result.stores[i].link;
	return NULL;
}

/* " in 30 s", from the times it was armed; nothing where that is not known. */
static void add_how_long(struct line *line, const struct fold_capture *capture)
{
	const struct result *result = &capture->result;
	char text[NUMBER_SIZE];
	if (!capture->has_result || result->armed_at_ns == RECORD_UNSET || result->disarmed_at_ns == RECORD_UNSET)
		return;
	int64_t ms = (result->disarmed_at_ns - result->armed_at_ns) / 1000000;
	line_add(line, " in %s", text_duration(text, sizeof text, ms));
}

/* A line of its own, indented. */
static void print_text(struct line *line, FILE *to)
{
	if (line->size > 0)
		fprintf(to, "%*s%s\n", TEXT_INDENT, "", line->text);
	line_clear(line);
}

/* What whoever wrote the record says: its sentence, or else what its machine word means. */
static void print_reason(const struct fold_capture *capture, FILE *to)
{
	struct line line;
	line_clear(&line);
	enum error_word word = error_word_from_name(reason(capture));
	if (detail(capture)[0])
		line_add_text(&line, detail(capture));
	else if (word != WORD_none)
		line_add(&line, "%s", error_word_meaning(word));
	else
		line_add_text(&line, reason(capture));
	print_text(&line, to);
}

static void print_partial(const struct fold_capture *capture, struct line *line, FILE *to)
{
	const struct result *result = &capture->result;
	char from[CLOCK_TEXT_SIZE];
	char until[CLOCK_TEXT_SIZE];
	print_reason(capture, to);
	if (!capture->has_result)
		return;
	if (result->first_packet_at_ns != RECORD_UNSET && result->last_packet_at_ns != RECORD_UNSET)
		line_add(line, "What is kept is of %s to %s. ",
			 clock_format(from, "%H:%M:%SZ", result->first_packet_at_ns / 1000000),
			 clock_format(until, "%H:%M:%SZ", result->last_packet_at_ns / 1000000));
	if (result->missing_chunks > 0 && result->missing_packets == RECORD_UNSET) {
		add_count(line, result->missing_chunks);
		line_add(line, " chunks are missing in it; how many packets were in them is not known.");
	} else if (result->missing_packets > 0) {
		verdict_add_packets(line, result->missing_packets);
		line_add(line, " of it %s missing.", result->missing_packets == 1 ? "is" : "are");
	} else {
		line_add(line, "No chunk of it is missing.");
	}
	print_text(line, to);
}

static void print_empty(const struct fold_capture *capture, struct line *line, FILE *to)
{
	line_add(line, "The filter `");
	line_add_text(line, filter(capture));
	line_add(line, "` did not match any packet on %s", capture->target);
	add_how_long(line, capture);
	line_add(line, ".");
	if (capture->has_result && capture->result.seen_total != RECORD_UNSET) {
		line_add(line, " The capture worked: ");
		add_count(line, capture->result.seen_total);
		line_add(line, " other packet%s came by.", capture->result.seen_total == 1 ? "" : "s");
	}
	print_text(line, to);
	line_add(line, "See what there is: capbus capture '' --on %s --count 20", capture->target);
	print_text(line, to);
}

static void print_blind(const struct fold_capture *capture, struct line *line, FILE *to)
{
	line_add(line, "Saw nothing at all: no packet of any kind came by on %s", capture->target);
	add_how_long(line, capture);
	line_add(line, ", so this says nothing about `");
	verdict_add_filter(line, filter(capture));
	line_add(line, "`.");
	print_text(line, to);
	line_add(line, "Is it the right place, and is there traffic? capbus targets %s", capture->target);
	print_text(line, to);
}

static void print_cancelled(const struct fold_capture *capture, struct line *line, FILE *to)
{
	print_reason(capture, to);
	line_add(line, "Nothing of it is kept.");
	print_text(line, to);
}

static void print_failed(const struct fold_capture *capture, struct line *line, FILE *to)
{
	print_reason(capture, to);
	line_add(line, "Nothing was captured. What is known of %s: capbus targets %s", capture->target,
		 capture->target);
	print_text(line, to);
}

static void print_rejected(const struct fold_capture *capture, struct line *line, FILE *to)
{
	print_reason(capture, to);
	line_add(line, "Nothing was captured.");
	if (error_word_from_name(reason(capture)) == WORD_busy)
		line_add(line, " To wait for the turn: --if-busy queue");
	print_text(line, to);
}

static void print_expired(const struct fold_capture *capture, struct line *line, FILE *to)
{
	print_reason(capture, to);
	line_add(line, "Nothing was captured. Ask again, and let it wait longer with --expires-in 1h");
	print_text(line, to);
}

static void print_lost(const struct fold_capture *capture, struct line *line, FILE *to)
{
	print_reason(capture, to);
	line_add(line, "No packet was kept. Ask again.");
	print_text(line, to);
}

/* Not ended yet, as far as is known. */
static void print_unknown(const struct fold_capture *capture, struct line *line, FILE *to)
{
	char at[CLOCK_TEXT_SIZE];
	if (capture->phase == FOLD_ASKED)
		line_add(line, "No worker answered. Is the capture stage up, and does it serve %s?", capture->target);
	else
		line_add(line, "Nothing was heard of it since %s.",
			 clock_format(at, "%H:%M:%SZ", capture->heard_at_ms));
	print_text(line, to);
}

typedef void print_advice(const struct fold_capture *capture, struct line *line, FILE *to);

static print_advice *const advice[OUTCOME_COUNT] = {
	[OUTCOME_NONE] = NULL, /* only where nobody waits any longer: print_unknown */
	[OUTCOME_COMPLETE] = NULL,
	[OUTCOME_PARTIAL] = print_partial,
	[OUTCOME_EMPTY] = print_empty,
	[OUTCOME_BLIND] = print_blind,
	[OUTCOME_CANCELLED] = print_cancelled,
	[OUTCOME_FAILED] = print_failed,
	[OUTCOME_REJECTED] = print_rejected,
	[OUTCOME_EXPIRED] = print_expired,
	[OUTCOME_LOST] = print_lost,
};

/* A store that has not got the file, or could not take it. */
static void print_stores(const struct fold_capture *capture, struct line *line, FILE *to)
{
	for (size_t i = 0; capture->has_result && i < capture->result.stores_count; i++) {
		const struct result_store *store = &capture->result.stores[i];
		if (store->state == STORE_STORED || store->state == STORE_DELETED)
			continue;
		line_add(line, "store ");
		line_add_text(line, store->store);
		line_add(line, ": %s", names_store_state[store->state]);
		if (detail(capture)[0]) {
			line_add(line, ", ");
			line_add_text(line, detail(capture));
		}
		print_text(line, to);
	}
	if (!capture->has_result && capture->phase == FOLD_STORING) {
		line_add(line, "There is no file yet. Is the upload stage up?");
		print_text(line, to);
	}
}

static bool captured_packets(const struct fold_capture *capture)
{
	return known_packets(capture) != RECORD_UNSET &&
	       (capture->armed_at_ms != RECORD_UNSET ||
		(capture->has_result && capture->result.armed_at_ns != RECORD_UNSET));
}

void verdict_print(const struct fold_capture *capture, size_t name_columns, int64_t now_ms, FILE *to)
{
	struct line line;
	enum outcome_state outcome = fold_outcome(capture);
	bool over = fold_is_over(capture, now_ms);
	line_clear(&line);
	line_add(&line, "%s", capture->target);
	line_pad(&line, name_columns);
	line_add(&line, "  %s", over ? verdict_word(capture) : "not known");
	if (!over && outcome != OUTCOME_NONE)
		line_add(&line, "  ended %s", names_outcome[outcome]);
	if (captured_packets(capture)) {
		line_add(&line, "  ");
		verdict_add_packets(&line, known_packets(capture));
		line_add(&line, "  ");
		verdict_add_dropped(&line, capture);
	}
	if (verdict_link(capture)) {
		line_add(&line, "  ");
		line_add_text(&line, verdict_link(capture));
	}
	fprintf(to, "%s\n", line.text);
	line_clear(&line);
	if (over && advice[outcome])
		advice[outcome](capture, &line, to);
	else if (!over && outcome == OUTCOME_NONE)
		print_unknown(capture, &line, to);
	print_stores(capture, &line, to);
}

/* "complete: 2 of 3 (1 failed)" counts the outcomes that the captures have. */
static void add_counts(struct line *line, const struct fold *fold, int64_t now_ms)
{
	size_t counts[OUTCOME_COUNT] = { 0 };
	for (size_t i = 0; i < fold_count(fold); i++) {
		const struct fold_capture *capture = fold_at(fold, i);
		counts[fold_is_over(capture, now_ms) ? fold_outcome(capture) : OUTCOME_NONE]++;
	}
	line_add(line, "complete: %zu of %zu", counts[OUTCOME_COMPLETE], fold_count(fold));
	const char *before = " (";
	for (int i = 0; i < OUTCOME_COUNT; i++) {
		if (counts[i] == 0 || i == OUTCOME_COMPLETE)
			continue;
		line_add(line, "%s%zu %s", before, counts[i], i == OUTCOME_NONE ? "not known" : names_outcome[i]);
		before = ", ";
	}
	line_add(line, "%s.", before[0] == ',' ? ")" : "");
}

void verdict_print_all(const struct fold *fold, const char *shown_id, int64_t now_ms, FILE *to)
{
	struct line line;
	bool all_over = true;
	line_clear(&line);
	add_counts(&line, fold, now_ms);
	for (size_t i = 0; i < fold_count(fold); i++)
		all_over = all_over && fold_is_over(fold_at(fold, i), now_ms);
	line_add(&line, "  %s: capbus %s %s", all_over ? "Details" : "Go on waiting", all_over ? "show" : "follow",
		 shown_id);
	fprintf(to, "%s\n", line.text);
}
