/* Asks for captures and waits for them. Its one idea: both commands become the same struct command, so that what one
 * can do the other can, and only the way of saying it differs. */
#include "commands/capture.h"

#include "admission/command.h"
#include "core/clock.h"
#include "core/text.h"
#include "talk/asking.h"
#include "talk/feed.h"
#include "talk/finder.h"
#include "talk/target_list.h"
#include "talk/watch.h"
#include "view/line.h"
#include "view/verdict.h"

MEMORY_DEFINE_FREEP(struct command, command_free)
MEMORY_DEFINE_FREEP(struct targets, targets_free)

static const char header_gap[] = "   ";

/* "k7f3qa  port 179 on slx1, slx2   30 s or 20 packets each   queued in 14 ms" */
static void print_header(const struct cli *cli, const struct asking *asking, int64_t took_ms)
{
	struct line line;
	line_clear(&line);
	line_add(&line, "%s  ", asking->shown_id);
	verdict_add_filter(&line, asking->targets[0].judged.filter);
	line_add(&line, " on ");
	for (size_t i = 0; i < asking->count; i++)
		line_add(&line, "%s%s", i == 0 ? "" : ", ", asking->targets[i].judged.target);
	line_add(&line, "%s", header_gap);
	verdict_add_limits(&line, &asking->targets[0].judged);
	line_add(&line, "%s%squeued in %jd ms", asking->count > 1 ? " each" : "", header_gap, (intmax_t)took_ms);
	fprintf(cli->out, "%s\n", line.text);
	fflush(cli->out);
}

static void print_requests(const struct cli *cli, const struct asking *asking)
{
	for (size_t i = 0; i < asking->count; i++) {
		struct request request = asking->targets[i].judged;
		if (asking->targets[i].sent != ASKING_QUEUED)
			continue;
		TEXT_COPY(request.capture_id, asking->targets[i].capture_id);
		cli_print_json(cli, "request", &request_record, &request);
	}
}

/* What was not confirmed, in words; counts of what was. */
static void say_not_sent(const struct cli *cli, const struct asking *asking, size_t *ret_not_sent,
			 size_t *ret_unknown)
{
	for (size_t i = 0; i < asking->count; i++) {
		const struct asking_target *target = &asking->targets[i];
		struct error error = target->error;
		if (target->sent == ASKING_QUEUED)
			continue;
		*ret_not_sent += target->sent == ASKING_NOT_SENT;
		*ret_unknown += target->sent == ASKING_UNKNOWN;
		error_context(&error, "%s: %s", target->asked.target,
			      target->sent == ASKING_NOT_SENT ? "not asked" : "may have been asked, or not");
		cli_fail(cli, &error);
	}
}

static int wait_for(struct cli *cli, const struct asking *asking, struct feed *feed, bool empty_fails)
{
	CLEANUP(finder_freep) struct finder *finder = finder_new_of_request(asking->request_id);
	for (size_t i = 0; i < asking->count; i++)
		if (asking->targets[i].sent == ASKING_QUEUED)
			fold_expect(finder_fold(finder), &asking->targets[i].judged, asking->targets[i].capture_id,
				    clock_wall_ms());
	return watch_run(cli, feed, finder, asking->shown_id, empty_fails);
}

/* Sends what was judged, and waits for what becomes of it unless `feed` is NULL. */
static int ask(struct cli *cli, struct asking *asking, struct producer *producer, struct feed *feed, bool empty_fails)
{
	size_t not_sent = 0;
	size_t unknown = 0;
	int64_t began_ms = clock_boot_ms();
	asking_send(cli, asking, producer);
	int64_t took_ms = clock_boot_ms() - began_ms;
	say_not_sent(cli, asking, &not_sent, &unknown);
	if (not_sent == asking->count) {
		cli_say(cli, "Nothing was asked");
		return CLI_FAILED;
	}
	if (cli->json)
		print_requests(cli, asking);
	else if (not_sent + unknown < asking->count)
		print_header(cli, asking, took_ms);
	if (unknown > 0) {
		fprintf(cli->err, "What became of it: capbus follow %s\n", asking->shown_id);
		return CLI_UNKNOWN;
	}
	int code = feed ? wait_for(cli, asking, feed, empty_fails) : CLI_OK;
	if (!feed && !cli->json)
		fprintf(cli->out, "What becomes of it: capbus follow %s\n", asking->shown_id);
	return code == CLI_OK && not_sent > 0 ? CLI_FAILED : code;
}

static int nothing_asked(const struct cli *cli, const struct error *error)
{
	int code = cli_fail(cli, error);
	cli_say(cli, "Nothing was asked");
	return code;
}

static int run_command(struct cli *cli, const struct arguments *arguments, struct command *command)
{
	struct error error;
	bool waits = !arguments_has(arguments, "--no-wait");
	int code = cli_connect(cli);
	if (code != CLI_OK)
		return code;
	cli->json = arguments_has(arguments, "--json");
	if (cli_catch_signals(cli, &error) != 0)
		return cli_fail(cli, &error);
	/* Made first: it finds the brokers while the targets are read. */
	CLEANUP(producer_freep) struct producer *producer = producer_new(cli->client, &error);
	if (!producer)
		return cli_fail(cli, &error);
	CLEANUP(targets_freep) struct targets *known = target_list_read(cli, &error);
	if (!known)
		return nothing_asked(cli, &error);
	CLEANUP(asking_freep) struct asking *asking = NULL;
	code = asking_judge(cli, known, command, &asking);
	if (code != CLI_OK)
		return code;
	CLEANUP(feed_freep) struct feed *feed = waits ? feed_new_of_request(cli, asking->request_id, &error) : NULL;
	if (waits && !feed)
		return nothing_asked(cli, &error);
	static const char *const topics[] = { "requests" };
	if (producer_learn(producer, topics, 1, cli_deadline_ms(), &error) != 0)
		return nothing_asked(cli, &error);
	code = ask(cli, asking, producer, feed, arguments_has(arguments, "--fail-empty"));
	producer_free(producer); /* before `asking`, which its callbacks write to */
	producer = NULL;
	return code;
}

/* The rows that both commands have. */
#define WAITING_OPTIONS \
	{ "--no-wait", NULL, "ask, print the id, and leave", false }, \
	{ "--fail-empty", NULL, "exit 1 also where nothing matched", false }, \
	{ "--json", NULL, "a JSON object per line: what was asked, events, results", false }

static const struct arguments_option multi_options[] = { WAITING_OPTIONS };

/* Options of the grammar have the same names with `--` in front; their values are its own. */
static const struct arguments_option capture_options[] = {
	{ "--on", "T,T…", "targets and groups, with ports if wanted: slx1(0/1,0/2)", true },
	{ "--timeout", "SECONDS", "how long at most", false },
	{ "--count", "N", "how many packets at most; none: as many as come", false },
	{ "--bytes", "N", "how many captured bytes at most: 100M", false },
	{ "--snaplen", "N", "bytes of each packet; headers: 128", false },
	{ "--ports", "P,P…", "ports of a switch: 0/1,po10", false },
	{ "--direction", "D", "both, rx or tx", false },
	{ "--if-busy", "WHAT", "queue, reject or replace", false },
	{ "--expires-in", "T", "how long it may wait for its turn: 10m", false },
	{ "--label", "K=V", "a label that the result bears", true },
	{ "--chunk-ms", "N", "how often packets are sent on", false },
	WAITING_OPTIONS,
};

static int run_multi(struct cli *cli, const struct arguments *arguments)
{
	CLEANUP(command_freep) struct command *command = NULL;
	struct error error;
	size_t count = arguments_words_count(arguments) + 1;
	CLEANUP_FREE const char **words = memory_array(count, sizeof words[0]);
	words[0] = command_verbs[COMMAND_MULTICAPTURE];
	for (size_t i = 1; i < count; i++)
		words[i] = arguments_words(arguments)[i - 1];
	if (command_parse_words(words, count, &command, &error) != 0)
		return cli_fail(cli, &error);
	return run_command(cli, arguments, command);
}

static int set_options(const struct arguments *arguments, struct command *command, struct error *error)
{
	static const char *const not_of_grammar[] = { "--on", "--no-wait", "--fail-empty", "--json" };
	for (size_t i = 0; i < sizeof capture_options / sizeof capture_options[0]; i++) {
		const char *name = capture_options[i].name;
		bool skip = false;
		for (size_t j = 0; j < sizeof not_of_grammar / sizeof not_of_grammar[0]; j++)
			skip = skip || text_equal(name, not_of_grammar[j]);
		const char *value;
		for (size_t j = 0; !skip && (value = arguments_value_at(arguments, name, j)); j++)
			if (command_set_option(command, name + 2, value, error) != 0)
				return -1;
	}
	return 0;
}

/* `--on A,B --on C` is `--on A,B,C`. */
static int set_targets(const struct arguments *arguments, struct command *command, struct error *error)
{
	CLEANUP_FREE char *list = NULL;
	const char *value;
	for (size_t i = 0; (value = arguments_value_at(arguments, "--on", i)); i++) {
		char *longer = memory_format("%s%s%s", list ? list : "", list ? "," : "", value);
		free(list);
		list = longer;
	}
	if (!list)
		return error_set(error, ERROR_INPUT, WORD_argument_invalid,
				 "on which target? Say --on TARGET; capbus targets lists them");
	return command_set_targets(command, list, error);
}

static int run_capture(struct cli *cli, const struct arguments *arguments)
{
	CLEANUP(command_freep) struct command *command = command_new(COMMAND_MULTICAPTURE);
	struct error error;
	if (arguments_want_words(arguments, 1, 1, "one filter, in quotes ('' is every packet)", &error) != 0 ||
	    command_set_filter(command, arguments_words(arguments)[0], &error) != 0 ||
	    set_targets(arguments, command, &error) != 0 || set_options(arguments, command, &error) != 0)
		return cli_fail(cli, &error);
	return run_command(cli, arguments, command);
}

const struct cli_command capture_multi_command = {
	.name = "multicapture",
	.usage = "multicapture FILTER on TARGETS [TIMEOUT [COUNT]] [name=value …]",
	.about = "captures on several targets, in the words of the chat",
	.examples = "  capbus multicapture 'port 179' on switches slx1,slx2 timeout=30 count=20\n"
		    "  capbus multicapture all on slx1 10        every packet, for 10 s\n"
		    "  capbus multicapture @bgp on leafs         a filter and a group by name\n"
		    "  capbus multicapture 'icmp' on 'slx1(0/1,0/2)' direction=rx count=none bytes=10M\n"
		    "Names: timeout count snaplen bytes ports direction if-busy expires-in label chunk-ms\n"
		    "Ctrl-C leaves; the captures go on.\n",
	.options = multi_options,
	.options_count = sizeof multi_options / sizeof multi_options[0],
	.run = run_multi,
};

const struct cli_command capture_command = {
	.name = "capture",
	.usage = "capture FILTER --on TARGETS [--timeout S] [--count N] …",
	.about = "the same for scripts, with options",
	.examples = "  capbus capture 'port 179' --on slx1,slx2 --timeout 30 --count 20\n"
		    "  capbus capture '' --on slx1 --count none --timeout 10 --json\n"
		    "Exit: 0 complete or empty, 1 not all is well, 2 wrong command line, 3 refused, 4 not known.\n",
	.options = capture_options,
	.options_count = sizeof capture_options / sizeof capture_options[0],
	.run = run_capture,
};
