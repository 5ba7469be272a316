/* Draws the progress of a request. Its one idea: what is on the screen is drawn anew from the fold each time, in
 * the place of what was drawn before; nothing else is remembered than how much there is to overwrite. */
#include "view/progress.h"

#include <string.h>

#include "core/clock.h"
#include "core/text.h"
#include "view/verdict.h"

/* What was shown last of a capture, where lines are not redrawn. */
struct told {
	char capture_id[RECORD_ID_SIZE];
	enum fold_phase phase;
	int64_t packets;
	int64_t at_ms;
};

struct progress {
	FILE *to;
	struct terminal *terminal;
	size_t *drawn;      /* columns of each line on the screen */
	size_t drawn_count;
	struct told *told;
	size_t told_count;
};

struct progress *progress_new(FILE *to, struct terminal *terminal)
{
	struct progress *progress = memory_new(sizeof *progress);
	progress->to = to;
	progress->terminal = terminal;
	return progress;
}

void progress_free(struct progress *progress)
{
	if (!progress)
		return;
	free(progress->drawn);
	free(progress->told);
	free(progress);
}

size_t progress_name_columns(const struct fold *fold)
{
	size_t widest = 0;
	for (size_t i = 0; i < fold_count(fold); i++) {
		size_t length = strlen(fold_at(fold, i)->target);
		widest = length > widest ? length : widest;
	}
	return widest;
}

static int64_t packets_of(const struct fold_capture *capture)
{
	int64_t packets = capture->has_result ? capture->result.packets :
			  capture->has_event  ? capture->event.packets :
						RECORD_UNSET;
	return packets == RECORD_UNSET ? 0 : packets;
}

/* RECORD_UNSET where it was never armed. */
static int64_t elapsed_ms(const struct fold_capture *capture, int64_t now_ms)
{
	const struct result *result = &capture->result;
	if (capture->has_result && result->armed_at_ns != RECORD_UNSET && result->disarmed_at_ns != RECORD_UNSET)
		return (result->disarmed_at_ns - result->armed_at_ns) / 1000000;
	if (capture->armed_at_ms == RECORD_UNSET)
		return RECORD_UNSET;
	/* An ended one without its result stands still at its last event. The worker's clock may differ from ours. */
	int64_t ms = (capture->phase == FOLD_CAPTURING ? now_ms : capture->event.at_ms) - capture->armed_at_ms;
	int64_t most = capture->has_request && capture->request.timeout_s != RECORD_UNSET ?
			       capture->request.timeout_s * 1000 :
			       INT64_MAX;
	return ms < 0 ? 0 : ms > most ? most : ms;
}

static int64_t per_mille(int64_t value, int64_t limit)
{
	if (value == RECORD_UNSET || limit == RECORD_UNSET || limit <= 0 || value <= 0)
		return 0;
	return value >= limit ? 1000 : (int64_t)((double)value * 1000.0 / (double)limit);
}

/* Of the limit that is nearest; an ended capture is full. */
static int64_t how_far_per_mille(const struct fold_capture *capture, int64_t elapsed)
{
	if (fold_outcome(capture) != OUTCOME_NONE)
		return fold_outcome(capture) == OUTCOME_COMPLETE || packets_of(capture) > 0 ? 1000 : 0;
	if (!capture->has_request)
		return 0;
	const struct request *request = &capture->request;
	int64_t limits[] = {
		per_mille(packets_of(capture), request->count),
		per_mille(capture->has_event ? capture->event.bytes : 0, request->bytes),
		per_mille(elapsed, request->timeout_s == RECORD_UNSET ? RECORD_UNSET : request->timeout_s * 1000),
	};
	int64_t most = limits[0];
	for (size_t i = 1; i < sizeof limits / sizeof limits[0]; i++)
		most = limits[i] > most ? limits[i] : most;
	return most;
}

static void add_bar(struct line *line, int64_t filled_per_mille, bool utf8)
{
	int64_t filled = filled_per_mille * PROGRESS_BAR_COLUMNS / 1000;
	for (int i = 0; i < PROGRESS_BAR_COLUMNS; i++)
		line_add(line, "%s", i < filled ? (utf8 ? "\u2588" : "#") : (utf8 ? "\u2591" : "."));
}

static void add_numbers(struct line *line, const struct fold_capture *capture)
{
	char number[48];
	line_add(line, "%s", text_count(number, sizeof number, packets_of(capture)));
	int64_t count = capture->has_result  ? capture->result.count :
			capture->has_request ? capture->request.count :
					       RECORD_UNSET;
	if (count != RECORD_UNSET && count > 0)
		line_add(line, "/%s", text_count(number, sizeof number, count));
}

static void add_queue(struct line *line, const struct event *event)
{
	char at[CLOCK_TEXT_SIZE];
	char shown[RECORD_ID_SIZE] = "";
	text_copy_bytes(shown, sizeof shown, event->holder, strcspn(event->holder, "-"));
	if (event->position == 1)
		line_add(line, "  next in line");
	else if (event->position != RECORD_UNSET)
		line_add(line, "  place %jd in line", (intmax_t)event->position);
	if (shown[0])
		line_add(line, ", behind %.6s", shown);
	if (event->holder_by[0]) {
		line_add(line, " of ");
		line_add_text(line, event->holder_by);
	}
	if (event->holder_until_ms != RECORD_UNSET)
		line_add(line, ", which ends by %s at the latest",
			 clock_format(at, "%H:%M:%SZ", event->holder_until_ms));
}

/* What is worth knowing besides the numbers. */
static void add_remarks(struct line *line, const struct fold_capture *capture)
{
	const struct event *event = &capture->event;
	if (fold_outcome(capture) != OUTCOME_NONE) {
		if (elapsed_ms(capture, event->at_ms) == RECORD_UNSET)
			return; /* it never captured: nothing was dropped, and nothing is stored */
		line_add(line, "  ");
		verdict_add_dropped(line, capture);
		line_add(line, "  ");
		verdict_add_stopped(line, capture);
		if (capture->phase == FOLD_STORING)
			line_add(line, "  storing");
	} else if (capture->phase == FOLD_QUEUED) {
		add_queue(line, event);
	} else if (capture->phase == FOLD_CAPTURING) {
		for (size_t i = 0; i < event->ports.count; i++) {
			line_add(line, "%s", i == 0 ? "  " : ", ");
			line_add_text(line, event->ports.items[i]);
		}
		if (event->ports.count > 0)
			line_add(line, " %s", names_direction[event->direction]);
	} else if (capture->has_event && event->detail[0]) {
		line_add(line, "  ");
		line_add_text(line, event->detail);
	}
}

void progress_line(const struct fold_capture *capture, const struct terminal *terminal, size_t name_columns,
		   int64_t now_ms, struct line *ret_line)
{
	char text[48];
	int64_t elapsed = elapsed_ms(capture, now_ms);
	line_clear(ret_line);
	line_add(ret_line, "%s", capture->target);
	line_pad(ret_line, name_columns + 2);
	add_bar(ret_line, how_far_per_mille(capture, elapsed), terminal->utf8);
	line_add(ret_line, "  ");
	struct line numbers;
	line_clear(&numbers);
	add_numbers(&numbers, capture);
	line_add(ret_line, "%7s", numbers.text);
	line_add(ret_line, "%9s", elapsed == RECORD_UNSET ? "" : text_duration(text, sizeof text, elapsed));
	line_add(ret_line, "   %-10s", verdict_word(capture));
	add_remarks(ret_line, capture);
	while (ret_line->size > 0 && ret_line->text[ret_line->size - 1] == ' ')
		ret_line->text[--ret_line->size] = '\0';
}

/* Back to the first line of what was drawn: a terminal that became narrower has broken lines in two. */
static void go_back(struct progress *progress)
{
	size_t columns = progress->terminal->columns > 0 ? (size_t)progress->terminal->columns : 80;
	size_t rows = 0;
	for (size_t i = 0; i < progress->drawn_count; i++)
		rows += progress->drawn[i] > columns ? (progress->drawn[i] + columns - 1) / columns : 1;
	if (rows > 0)
		fprintf(progress->to, "\x1b[%zuA\r", rows);
	fprintf(progress->to, "\x1b[J");
	progress->drawn_count = 0;
}

static const char *colour(const struct fold_capture *capture)
{
	switch (fold_outcome(capture)) {
	case OUTCOME_NONE:
		return "";
	case OUTCOME_COMPLETE:
		return "\x1b[32m";
	case OUTCOME_EMPTY:
	case OUTCOME_PARTIAL:
	case OUTCOME_CANCELLED:
		return "\x1b[33m";
	default:
		return "\x1b[31m";
	}
}

static void draw_line(struct progress *progress, struct line *line, const char *colour_on)
{
	bool coloured = progress->terminal->colours && colour_on[0];
	line_cut(line, (size_t)progress->terminal->columns - 1, progress->terminal->utf8);
	fprintf(progress->to, "%s%s%s\n", coloured ? colour_on : "", line->text, coloured ? "\x1b[0m" : "");
	progress->drawn[progress->drawn_count++] = line_columns(line->text);
}

/* Those that still run come first where not all fit. */
static void redraw(struct progress *progress, const struct fold *fold, int64_t now_ms)
{
	size_t count = fold_count(fold);
	size_t room = progress->terminal->rows > 3 ? (size_t)progress->terminal->rows - 2 : 1;
	size_t names = progress_name_columns(fold);
	size_t left = count > room ? room - 1 : count;
	struct line line;
	go_back(progress);
	progress->drawn = memory_resize(progress->drawn, count + 1, sizeof progress->drawn[0]);
	for (int ended = 0; ended < 2; ended++) {
		for (size_t i = 0; i < count && left > 0; i++) {
			const struct fold_capture *capture = fold_at(fold, i);
			if (count > room && (fold_outcome(capture) != OUTCOME_NONE) != ended)
				continue;
			progress_line(capture, progress->terminal, names, now_ms, &line);
			draw_line(progress, &line, colour(capture));
			left--;
		}
	}
	if (count > room) {
		line_clear(&line);
		line_add(&line, "and %zu more", count - (room - 1));
		draw_line(progress, &line, "");
	}
	fflush(progress->to);
}

static struct told *told_of(struct progress *progress, const struct fold_capture *capture)
{
	for (size_t i = 0; i < progress->told_count; i++)
		if (text_equal(progress->told[i].capture_id, capture->capture_id))
			return &progress->told[i];
	progress->told = memory_resize(progress->told, progress->told_count + 1, sizeof progress->told[0]);
	struct told *told = &progress->told[progress->told_count++];
	*told = (struct told){ .phase = FOLD_ASKED };
	TEXT_COPY(told->capture_id, capture->capture_id);
	return told;
}

/* Without a bar: time, target, state, numbers. */
static void print_change(struct progress *progress, const struct fold_capture *capture, size_t names, int64_t now_ms)
{
	char at[CLOCK_TEXT_SIZE];
	struct line line;
	line_clear(&line);
	line_add(&line, "%s  %s", clock_format(at, "%H:%M:%SZ", now_ms), capture->target);
	line_pad(&line, strlen(at) + 2 + names);
	line_add(&line, "  %s", verdict_word(capture));
	if (elapsed_ms(capture, now_ms) != RECORD_UNSET) {
		line_add(&line, "  ");
		verdict_add_packets(&line, packets_of(capture));
	}
	add_remarks(&line, capture);
	fprintf(progress->to, "%s\n", line.text);
}

static void print_changes(struct progress *progress, const struct fold *fold, int64_t now_ms)
{
	size_t names = progress_name_columns(fold);
	for (size_t i = 0; i < fold_count(fold); i++) {
		const struct fold_capture *capture = fold_at(fold, i);
		struct told *told = told_of(progress, capture);
		bool counts = packets_of(capture) != told->packets && now_ms - told->at_ms >= PROGRESS_LINE_EVERY_MS;
		if (capture->phase == FOLD_DONE || (capture->phase == told->phase && !counts))
			continue; /* the last word comes with the verdict */
		told->phase = capture->phase;
		told->packets = packets_of(capture);
		told->at_ms = now_ms;
		print_change(progress, capture, names, now_ms);
	}
	fflush(progress->to);
}

void progress_draw(struct progress *progress, const struct fold *fold, int64_t now_ms)
{
	terminal_measure(progress->terminal);
	if (progress->terminal->redraws)
		redraw(progress, fold, now_ms);
	else
		print_changes(progress, fold, now_ms);
}

void progress_say(struct progress *progress, const char *text)
{
	if (progress->drawn_count > 0)
		go_back(progress);
	fprintf(progress->to, "%s\n", text);
	fflush(progress->to);
}

void progress_end(struct progress *progress)
{
	if (progress->drawn_count > 0)
		go_back(progress);
	fflush(progress->to);
}
