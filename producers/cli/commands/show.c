/* Shows all that is known of a request, capture by capture: the verdict, the numbers, where the file is. */
#include "commands/show.h"

#include <inttypes.h>

#include "core/clock.h"
#include "core/text.h"
#include "talk/feed.h"
#include "talk/finder.h"
#include "view/ids.h"
#include "view/line.h"
#include "view/verdict.h"

enum { NAME_COLUMNS = 12 };

static const struct arguments_option options[] = {
	{ "--json", NULL, "a JSON object per line: results, and events of what runs", false },
};

/* "  name        value", a line to add the value to. */
static void begin(struct line *line, const char *name)
{
	line_clear(line);
	line_add(line, "  %s", name);
	line_pad(line, NAME_COLUMNS);
}

static void end(struct line *line, FILE *to)
{
	fprintf(to, "%s\n", line->text);
}

static void print_text(const char *name, const char *text, FILE *to)
{
	struct line line;
	if (!text[0])
		return;
	begin(&line, name);
	line_add_text(&line, text);
	end(&line, to);
}

static void print_time_ns(const char *name, int64_t time_ns, FILE *to)
{
	char text[CLOCK_TEXT_SIZE];
	if (time_ns != RECORD_UNSET)
		print_text(name, clock_rfc3339_ns(text, time_ns), to);
}

static void print_time_ms(const char *name, int64_t time_ms, FILE *to)
{
	char text[CLOCK_TEXT_SIZE];
	if (time_ms != RECORD_UNSET)
		print_text(name, clock_rfc3339_ms(text, time_ms), to);
}

static void print_asked(const struct fold_capture *capture, FILE *to)
{
	const struct result *result = &capture->result;
	const struct request *request = &capture->request;
	bool is_result = capture->has_result;
	struct line line;
	if (!is_result && !capture->has_request)
		return;
	begin(&line, "filter");
	verdict_add_filter(&line, is_result ? result->filter : request->filter);
	end(&line, to);
	begin(&line, "limits");
	struct request limits = { .timeout_s = is_result ? result->timeout_s : request->timeout_s,
				  .count = is_result ? result->count : request->count,
				  .bytes = is_result ? result->bytes_limit : request->bytes };
	size_t empty = line.size;
	verdict_add_limits(&line, &limits);
	line_add(&line, "%s", line.size > empty ? "" : "not known");
	end(&line, to);
	const char *by = is_result ? result->requested_by : request->requested_by;
	const char *via = is_result ? result->requested_via : request->requested_via;
	begin(&line, "asked by");
	line_add_text(&line, by[0] ? by : "somebody");
	line_add(&line, "%s", via[0] ? " via " : "");
	line_add_text(&line, via);
	end(&line, to);
}

static void print_labels(const struct record_labels *labels, FILE *to)
{
	struct line line;
	for (size_t i = 0; i < labels->count; i++) {
		begin(&line, i == 0 ? "labels" : "");
		line_add_text(&line, labels->items[i].name);
		line_add(&line, "=");
		line_add_text(&line, labels->items[i].value);
		end(&line, to);
	}
}

static void print_ports(const struct record_ports *ports, enum direction direction, FILE *to)
{
	struct line line;
	begin(&line, "ports");
	for (size_t i = 0; i < ports->count; i++) {
		line_add(&line, "%s", i == 0 ? "" : ", ");
		line_add_text(&line, ports->items[i]);
	}
	line_add(&line, " %s", names_direction[direction]);
	if (ports->count > 0)
		end(&line, to);
}

static void add_number(struct line *line, const char *before, int64_t number, const char *behind)
{
	char text[48];
	if (number != RECORD_UNSET)
		line_add(line, "%s%s%s", before, text_count(text, sizeof text, number), behind);
}

static void print_numbers(const struct result *result, FILE *to)
{
	char bytes[48];
	struct line line;
	begin(&line, "packets");
	add_number(&line, "", result->packets, "");
	if (result->bytes != RECORD_UNSET)
		line_add(&line, " (%s captured)", text_bytes(bytes, sizeof bytes, result->bytes));
	add_number(&line, ", ", result->seen_total, " of any kind came by");
	end(&line, to);
	begin(&line, "dropped");
	size_t empty = line.size;
	add_number(&line, "", result->dropped_kernel, " by the kernel");
	add_number(&line, line.size > empty ? ", " : "", result->dropped_mirror, " at the mirror");
	line_add(&line, "%s", line.size > empty ? "" : "not known");
	end(&line, to);
	begin(&line, "missing");
	add_number(&line, "", result->missing_chunks, " chunks");
	add_number(&line, ", ", result->missing_packets, " packets");
	if (result->missing_chunks > 0)
		end(&line, to);
	begin(&line, "late");
	add_number(&line, "", result->late_packets, " packets came after the end");
	if (result->late_packets > 0)
		end(&line, to);
}

static void print_stores(const struct result *result, FILE *to)
{
	char size[48];
	struct line line;
	for (size_t i = 0; i < result->stores_count; i++) {
		const struct result_store *store = &result->stores[i];
		begin(&line, i == 0 ? "stored" : "");
		line_add_text(&line, store->store);
		line_add(&line, ": %s", names_store_state[store->state]);
		if (store->size != RECORD_UNSET)
			line_add(&line, ", %s", text_bytes(size, sizeof size, store->size));
		line_add(&line, "%s", store->link[0] ? "  " : "");
		line_add_text(&line, store->link);
		end(&line, to);
	}
}

static void print_result(const struct result *result, FILE *to)
{
	print_numbers(result, to);
	print_ports(&result->ports, result->direction, to);
	print_labels(&result->labels, to);
	print_text("worker", result->worker, to);
	print_time_ns("armed", result->armed_at_ns, to);
	print_time_ns("disarmed", result->disarmed_at_ns, to);
	print_time_ns("first", result->first_packet_at_ns, to);
	print_time_ns("last", result->last_packet_at_ns, to);
	print_time_ms("ended", result->ended_at_ms, to);
	print_stores(result, to);
	print_text("sha256", result->sha256, to);
	print_time_ms("in Kafka", result->packets > 0 ? result->packets_until_ms : RECORD_UNSET, to);
}

/* The sentence of whoever wrote the record, or what its machine word means. */
static void print_why(const struct fold_capture *capture, FILE *to)
{
	const char *detail = capture->has_result ? capture->result.detail : capture->event.detail;
	const char *reason = capture->has_result ? capture->result.reason : capture->event.reason;
	enum error_word word = error_word_from_name(reason);
	print_text("why", detail[0] ? detail : word != WORD_none ? error_word_meaning(word) : reason, to);
}

static void print_capture(const struct cli *cli, const struct fold_capture *capture)
{
	fprintf(cli->out, "%s\n", capture->capture_id);
	struct line line;
	begin(&line, "state");
	line_add(&line, "%s", verdict_word(capture));
	size_t before = line.size;
	line_add(&line, ", ");
	verdict_add_stopped(&line, capture);
	if (line.size == before + 2) {
		line.size = before;
		line.text[before] = '\0';
	}
	end(&line, cli->out);
	print_why(capture, cli->out);
	print_asked(capture, cli->out);
	if (capture->has_result)
		print_result(&capture->result, cli->out);
	else if (capture->has_event)
		print_text("worker", capture->event.worker, cli->out);
}

static void print_what_next(const struct cli *cli, const struct fold *fold, const char *shown_id)
{
	const char *link = NULL;
	bool all_ended = true;
	for (size_t i = 0; i < fold_count(fold); i++) {
		all_ended = all_ended && fold_at(fold, i)->phase == FOLD_DONE;
		const char *stored = verdict_link(fold_at(fold, i));
		if (!link && stored && stored[0] == '/')
			link = stored;
	}
	if (!all_ended)
		fprintf(cli->out, "It still runs: capbus follow %s\n", shown_id);
	else if (link)
		fprintf(cli->out, "Look at it: tshark -r %s\n", link);
}

static void print_json(const struct cli *cli, const struct fold_capture *capture)
{
	if (capture->has_result)
		cli_print_json(cli, "result", &result_record, &capture->result);
	else if (!capture->has_event)
		cli_print_json(cli, "request", &request_record, &capture->request);
	else
		cli_print_json(cli, "event", &event_record, &capture->event);
}

static int run(struct cli *cli, const struct arguments *arguments)
{
	struct error error;
	char shown[RECORD_ID_SIZE];
	cli->json = arguments_has(arguments, "--json");
	if (arguments_want_words(arguments, 1, 1, "one id", &error) != 0)
		return cli_fail(cli, &error);
	CLEANUP(finder_freep) struct finder *finder = finder_new(arguments_words(arguments)[0], &error);
	CLEANUP(feed_freep) struct feed *feed = NULL;
	if (!finder)
		return cli_fail(cli, &error);
	int code = cli_connect(cli);
	if (code != CLI_OK)
		return code;
	if (finder_read(finder, cli, &feed, &error) != 0) {
		cli_fail(cli, &error);
		return CLI_FAILED;
	}
	const struct fold *fold = finder_fold(finder);
	for (size_t i = 0; i < fold_count(fold); i++) {
		if (cli->json)
			print_json(cli, fold_at(fold, i));
		else
			print_capture(cli, fold_at(fold, i));
	}
	ids_show(fold_at(fold, 0)->capture_id, IDS_SHORTEST, finder_is_one_capture(finder), shown);
	if (!cli->json)
		print_what_next(cli, fold, shown);
	return CLI_OK;
}

const struct cli_command show_command = {
	.name = "show",
	.usage = "show ID",
	.about = "all that is known of a request or a capture",
	.examples = "  capbus show k7f3qa              all captures of the request\n"
		    "  capbus show k7f3qa-slx1         one of them\n",
	.options = options,
	.options_count = sizeof options / sizeof options[0],
	.run = run,
};
