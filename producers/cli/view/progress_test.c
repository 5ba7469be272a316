#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/text.h"
#include "view/progress.h"
#include "view/verdict.h"

/* 2026-11-23T14:02:11Z */
static const int64_t armed_ms = 1795442531000;

static struct terminal a_terminal(bool redraws, int columns, int rows)
{
	return (struct terminal){ .fd = -1, .redraws = redraws, .columns = columns, .rows = rows };
}

static void expect_capture(struct fold *fold, const char *target)
{
	struct request request;
	char capture_id[RECORD_ID_SIZE];
	record_init(&request_record, &request);
	TEXT_COPY(request.request_id, "k7f3qa");
	TEXT_COPY(request.target, target);
	TEXT_COPY(request.filter, "port 179");
	request.timeout_s = 30;
	request.count = 20;
	request.bytes = 100000000;
	request.expires_at_ms = armed_ms + 600000;
	TEXT_FORMAT(capture_id, "k7f3qa-%s", target);
	fold_expect(fold, &request, capture_id, armed_ms);
}

static struct event an_event(const char *target, int64_t number, enum event_kind kind, int64_t packets)
{
	struct event event;
	record_init(&event_record, &event);
	TEXT_COPY(event.request_id, "k7f3qa");
	TEXT_FORMAT(event.capture_id, "k7f3qa-%s", target);
	TEXT_COPY(event.target, target);
	event.version = 1;
	event.number = number;
	event.kind = kind;
	event.packets = packets;
	event.armed_at_ns = armed_ms * 1000000;
	event.at_ms = armed_ms;
	return event;
}

static void tell(struct fold *fold, const struct event *event)
{
	assert_true(fold_event(fold, event, armed_ms));
}

static void end(struct fold *fold, const char *target, enum outcome_state outcome, int64_t packets)
{
	struct result result;
	record_init(&result_record, &result);
	TEXT_COPY(result.request_id, "k7f3qa");
	TEXT_FORMAT(result.capture_id, "k7f3qa-%s", target);
	TEXT_COPY(result.target, target);
	TEXT_COPY(result.filter, "port 179");
	result.version = 1;
	result.state = outcome;
	result.packets = packets;
	result.count = 20;
	result.timeout_s = 30;
	result.armed_at_ns = armed_ms * 1000000;
	result.disarmed_at_ns = result.armed_at_ns + 11200000000;
	result.dropped_kernel = 0;
	result.seen_total = 48211;
	result.stopped_by = outcome == OUTCOME_COMPLETE ? STOPPED_BY_COUNT : STOPPED_BY_TIMEOUT;
	if (packets > 0) {
		result.stores_count = 1;
		result.stores[0].state = STORE_STORED;
		TEXT_FORMAT(result.stores[0].link, "/srv/%s.pcapng", target);
	}
	assert_true(fold_result(fold, &result, armed_ms));
}

static void lines_with_bars(void **state)
{
	(void)state;
	struct terminal terminal = a_terminal(true, 100, 24);
	CLEANUP(fold_freep) struct fold *fold = fold_new();
	struct line line;
	expect_capture(fold, "slx1");
	progress_line(fold_at(fold, 0), &terminal, 5, armed_ms, &line);
	assert_string_equal(line.text, "slx1   ....................     0/20            asked");
	struct event event = an_event("slx1", 1, EVENT_PROGRESS, 13);
	TEXT_COPY(event.ports.items[0], "0/1");
	event.ports.count = 1;
	event.direction = DIRECTION_BOTH;
	tell(fold, &event);
	progress_line(fold_at(fold, 0), &terminal, 5, armed_ms + 9400, &line);
	assert_string_equal(line.text, "slx1   #############.......    13/20    9.4 s   capturing   0/1 both");
	/* The nearer limit fills the bar. */
	progress_line(fold_at(fold, 0), &terminal, 5, armed_ms + 27000, &line);
	assert_string_equal(line.text, "slx1   ##################..    13/20   27.0 s   capturing   0/1 both");
	terminal.utf8 = true;
	end(fold, "slx1", OUTCOME_COMPLETE, 20);
	progress_line(fold_at(fold, 0), &terminal, 5, armed_ms + 30000, &line);
	assert_string_equal(line.text,
			    "slx1   \u2588\u2588\u2588\u2588\u2588\u2588\u2588\u2588"
			    "\u2588\u2588\u2588\u2588\u2588\u2588\u2588\u2588\u2588\u2588\u2588\u2588"
			    "    20/20   11.2 s   complete    dropped 0  stopped at count=20");
}

static void text_of_others_is_escaped(void **state)
{
	(void)state;
	struct terminal terminal = a_terminal(true, 100, 24);
	CLEANUP(fold_freep) struct fold *fold = fold_new();
	struct line line;
	struct event event = an_event("slx1", 1, EVENT_STARTING, 0);
	TEXT_COPY(event.detail, "\x1b[2Jboo");
	tell(fold, &event);
	progress_line(fold_at(fold, 0), &terminal, 4, armed_ms, &line);
	assert_null(strchr(line.text, '\x1b'));
	assert_non_null(strstr(line.text, "\\x1b[2Jboo"));
}

/* What `draw` writes; the caller's. */
static char *drawn(struct progress *progress, FILE *memory, char **text, const struct fold *fold, int64_t now_ms)
{
	size_t from = (size_t)ftell(memory);
	progress_draw(progress, fold, now_ms);
	fflush(memory);
	return memory_text(*text + from);
}

static void a_line_per_change(void **state)
{
	(void)state;
	char *text = NULL;
	size_t size = 0;
	FILE *memory = open_memstream(&text, &size);
	struct terminal terminal = a_terminal(false, 80, 24);
	CLEANUP(fold_freep) struct fold *fold = fold_new();
	CLEANUP(progress_freep) struct progress *progress = progress_new(memory, &terminal);
	expect_capture(fold, "slx1");
	char *nothing = drawn(progress, memory, &text, fold, armed_ms);
	struct event event = an_event("slx1", 1, EVENT_CAPTURING, 0);
	tell(fold, &event);
	char *began = drawn(progress, memory, &text, fold, armed_ms);
	char *same = drawn(progress, memory, &text, fold, armed_ms + 1);
	event = an_event("slx1", 2, EVENT_PROGRESS, 1);
	tell(fold, &event);
	char *soon = drawn(progress, memory, &text, fold, armed_ms + 4999);
	char *later = drawn(progress, memory, &text, fold, armed_ms + 5000);
	assert_string_equal(nothing, "");
	assert_string_equal(began, "14:02:11Z  slx1  capturing  0 packets\n");
	assert_string_equal(same, "");
	assert_string_equal(soon, "");
	assert_string_equal(later, "14:02:16Z  slx1  capturing  1 packet\n");
	char *all[] = { nothing, began, same, soon, later };
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		free(all[i]);
	fclose(memory);
	free(text);
}

/* What never captured dropped nothing, and nothing of it is stored. */
static void a_rejected_one_has_no_numbers(void **state)
{
	(void)state;
	char *text = NULL;
	size_t size = 0;
	FILE *memory = open_memstream(&text, &size);
	struct terminal terminal = a_terminal(false, 80, 24);
	CLEANUP(fold_freep) struct fold *fold = fold_new();
	CLEANUP(progress_freep) struct progress *progress = progress_new(memory, &terminal);
	expect_capture(fold, "slx1");
	struct event event = an_event("slx1", 1, EVENT_ENDED, 0);
	event.armed_at_ns = RECORD_UNSET;
	event.state = RUN_ENDED;
	event.outcome = OUTCOME_REJECTED;
	tell(fold, &event);
	char *rejected = drawn(progress, memory, &text, fold, armed_ms);
	assert_string_equal(rejected, "14:02:11Z  slx1  rejected\n");
	free(rejected);
	fclose(memory);
	free(text);
}

static void bars_are_drawn_in_place(void **state)
{
	(void)state;
	char *text = NULL;
	size_t size = 0;
	FILE *memory = open_memstream(&text, &size);
	struct terminal terminal = a_terminal(true, 30, 24);
	CLEANUP(fold_freep) struct fold *fold = fold_new();
	CLEANUP(progress_freep) struct progress *progress = progress_new(memory, &terminal);
	expect_capture(fold, "a");
	expect_capture(fold, "b");
	char *first = drawn(progress, memory, &text, fold, armed_ms);
	assert_string_equal(first, "\x1b[Ja  ....................     ~\nb  ....................     ~\n");
	char *second = drawn(progress, memory, &text, fold, armed_ms);
	assert_true(text_starts(second, "\x1b[2A\r\x1b[J"));
	terminal.columns = 20; /* narrower: each line of 29 columns takes two rows now */
	char *third = drawn(progress, memory, &text, fold, armed_ms);
	assert_true(text_starts(third, "\x1b[4A\r\x1b[J"));
	terminal.rows = 3; /* too low for two */
	char *fourth = drawn(progress, memory, &text, fold, armed_ms);
	assert_non_null(strstr(fourth, "and 2 more"));
	char *all[] = { first, second, third, fourth };
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		free(all[i]);
	fclose(memory);
	free(text);
}

static void last_words(void **state)
{
	(void)state;
	char *text = NULL;
	size_t size = 0;
	FILE *memory = open_memstream(&text, &size);
	CLEANUP(fold_freep) struct fold *fold = fold_new();
	end(fold, "slx1", OUTCOME_COMPLETE, 20);
	end(fold, "slx10", OUTCOME_EMPTY, 0);
	expect_capture(fold, "slx2");
	for (size_t i = 0; i < fold_count(fold); i++)
		verdict_print(fold_at(fold, i), progress_name_columns(fold), armed_ms, memory);
	verdict_print_all(fold, "k7f3qa", armed_ms, memory);
	fflush(memory);
	assert_string_equal(text,
			    "slx1   complete  20 packets  dropped 0  /srv/slx1.pcapng\n"
			    "slx10  empty  0 packets  dropped 0\n"
			    "      The filter `port 179` did not match any packet on slx10 in 11.2 s. "
			    "The capture worked: 48,211 other packets came by.\n"
			    "      See what there is: capbus capture '' --on slx10 --count 20\n"
			    "slx2   not known\n"
			    "      No worker answered. Is the capture stage up, and does it serve slx2?\n"
			    "complete: 1 of 3 (1 not known, 1 empty).  Go on waiting: capbus follow k7f3qa\n");
	fclose(memory);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_with_bars),
		cmocka_unit_test(text_of_others_is_escaped),
		cmocka_unit_test(a_line_per_change),
		cmocka_unit_test(a_rejected_one_has_no_numbers),
		cmocka_unit_test(bars_are_drawn_in_place),
		cmocka_unit_test(last_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
