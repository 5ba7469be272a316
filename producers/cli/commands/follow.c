/* Watches what was asked before. Its one idea: the past and what comes now are read by the same reader, so nothing
 * falls in between. */
#include "commands/follow.h"

#include "talk/feed.h"
#include "talk/finder.h"
#include "talk/watch.h"
#include "view/ids.h"
#include "view/line.h"
#include "view/verdict.h"

static const struct arguments_option options[] = {
	{ "--fail-empty", NULL, "exit 1 also where nothing matched", false },
	{ "--json", NULL, "a JSON object per line: events and results", false },
};

static void print_header(const struct cli *cli, const struct fold *fold, const char *shown_id)
{
	const struct fold_capture *first = fold_at(fold, 0);
	struct line line;
	line_clear(&line);
	line_add(&line, "%s  ", shown_id);
	verdict_add_filter(&line, first->has_result ? first->result.filter : first->request.filter);
	line_add(&line, " on ");
	for (size_t i = 0; i < fold_count(fold); i++)
		line_add(&line, "%s%s", i == 0 ? "" : ", ", fold_at(fold, i)->target);
	fprintf(cli->out, "%s\n", line.text);
	fflush(cli->out);
}

static int run(struct cli *cli, const struct arguments *arguments)
{
	struct error error;
	char shown[RECORD_ID_SIZE];
	cli->json = arguments_has(arguments, "--json");
	if (arguments_want_words(arguments, 1, 1, "one id", &error) != 0 || cli_catch_signals(cli, &error) != 0)
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
	ids_show(fold_at(fold, 0)->capture_id, IDS_SHORTEST, finder_is_one_capture(finder), shown);
	if (!cli->json)
		print_header(cli, fold, shown);
	return watch_run(cli, feed, finder, shown, arguments_has(arguments, "--fail-empty"));
}

const struct cli_command follow_command = {
	.name = "follow",
	.usage = "follow ID",
	.about = "watches a request, or one capture of it, until it is over",
	.examples = "  capbus follow k7f3qa            the whole request: its id, or the first 6 or more characters\n"
		    "  capbus follow k7f3qa-slx1       one target of it\n"
		    "Exits as `capbus capture` does. Ctrl-C leaves; the captures go on.\n",
	.options = options,
	.options_count = sizeof options / sizeof options[0],
	.run = run,
};
