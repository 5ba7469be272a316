/* Lists captures: results, and from the events what has none yet. */
#include "commands/list.h"

#include "core/clock.h"
#include "core/text.h"
#include "talk/feed.h"
#include "talk/finder.h"
#include "view/listing.h"

static const int64_t since_default_ms = 86400000;

static const struct arguments_option options[] = {
	{ "--state", "S", "only those: complete, partial, empty, blind, failed … queued, capturing …", false },
	{ "--on", "T", "only those on this target", false },
	{ "--since", "T", "how far back: 12h, 30d (1d)", false },
	{ "--json", NULL, "a JSON object per line: results, and events of what runs", false },
};

static void take_event(void *context, const struct event *event)
{
	listing_event(context, event);
}

static void take_result(void *context, const struct result *result)
{
	listing_result(context, result);
}

static void take_deleted(void *context, const char *capture_id)
{
	listing_deleted(context, capture_id);
}

static int check_state(const char *state, struct error *error)
{
	const char *names[32] = { NULL };
	size_t count = 0;
	for (; count < sizeof names / sizeof names[0] && (names[count] = listing_state(count)); count++)
		if (text_equal(names[count], state))
			return 0;
	const char *near = text_nearest(state, names, count);
	return error_set(error, ERROR_INPUT, WORD_argument_invalid, "`--state %s` is no state, %s%s%s", state,
			 near ? "did you mean `" : "", near ? near : "capbus help list names them", near ? "`?" : "");
}

/* A result is never older than the end of its capture, so what ended since then is found by the broker's time. */
static int read_all(const struct cli *cli, struct listing *listing, int64_t since_ms, struct error *error)
{
	const struct feed_sink sink = { listing, NULL, take_event, take_result, take_deleted };
	int64_t events_ms = clock_wall_ms() - FINDER_EVENTS_BACK_MS;
	CLEANUP(feed_freep) struct feed *feed = feed_new_since(cli, events_ms, since_ms, error);
	if (!feed || feed_read_to_end(feed, cli, &sink, error) != 0)
		return -1;
	if (feed_unreadable(feed) > 0)
		fprintf(cli->err, "%zu records could not be read: is a newer release in use?\n",
			feed_unreadable(feed));
	return 0;
}

static void print_what_next(const struct cli *cli, size_t count, const char *since)
{
	if (count == 0)
		fprintf(cli->out, "No captures since %s.  Further back: capbus list --since 30d\n", since);
	else
		fprintf(cli->out, "%zu capture%s since %s.  All about one: capbus show ID\n", count,
			count == 1 ? "" : "s", since);
}

static int run(struct cli *cli, const struct arguments *arguments)
{
	struct error error;
	char since[CLOCK_TEXT_SIZE];
	int64_t back_ms = since_default_ms;
	const char *state = arguments_value(arguments, "--state");
	cli->json = arguments_has(arguments, "--json");
	if (arguments_want_words(arguments, 0, 0, "no word", &error) != 0 ||
	    arguments_duration_ms(arguments, "--since", &back_ms, &error) != 0 ||
	    (state && check_state(state, &error) != 0))
		return cli_fail(cli, &error);
	int code = cli_connect(cli);
	if (code != CLI_OK)
		return code;
	int64_t now_ms = clock_wall_ms();
	const struct listing_wanted wanted = { .state = state,
					       .target = arguments_value(arguments, "--on"),
					       .since_ms = back_ms < now_ms ? now_ms - back_ms : 0,
					       .as_json = cli->json };
	CLEANUP(listing_freep) struct listing *listing = listing_new(&wanted);
	if (read_all(cli, listing, wanted.since_ms, &error) != 0)
		return cli_fail(cli, &error);
	if (cli->json || listing_count(listing) > 0)
		listing_print(listing, cli->out);
	if (!cli->json)
		print_what_next(cli, listing_count(listing),
				clock_format(since, "%Y-%m-%d %H:%M:%SZ", wanted.since_ms));
	return CLI_OK;
}

const struct cli_command list_command = {
	.name = "list",
	.usage = "list [--state S] [--on T] [--since 1d]",
	.about = "what was captured, and what is being captured",
	.examples = "  capbus list                             the last day\n"
		    "  capbus list --state partial --since 30d\n"
		    "  capbus list --on slx1 --json | jq -r '.stores[].link'\n"
		    "States: complete partial empty blind cancelled failed rejected expired lost,\n"
		    "and of what has not ended: queued starting capturing reclaiming storing.\n",
	.options = options,
	.options_count = sizeof options / sizeof options[0],
	.run = run,
};
