/* The loop of whoever waits for captures: one poll(2) over Kafka and the signals. Its one idea: it only watches, so
 * leaving it at any time costs nothing but the view. */
#include "talk/watch.h"

#include <poll.h>

#include "core/clock.h"
#include "core/signals.h"
#include "view/progress.h"
#include "view/verdict.h"

enum { DRAW_EVERY_MS = 250, LOOK_EVERY_MS = 1000 };

struct watch {
	struct cli *cli;
	struct feed *feed;
	struct finder *finder;
	const char *shown_id;
	struct progress *progress; /* NULL with --json */
	int64_t away_since_ms;     /* clock_boot_ms; 0: Kafka is there */
};

static void print_event(void *context, const struct event *event)
{
	cli_print_json(context, "event", &event_record, event);
}

static void print_result(void *context, const struct result *result)
{
	cli_print_json(context, "result", &result_record, result);
}

/* What is known already, and from now on each record that counts. */
static void print_as_json(struct cli *cli, struct fold *fold)
{
	for (size_t i = 0; i < fold_count(fold); i++) {
		const struct fold_capture *capture = fold_at(fold, i);
		if (capture->has_result)
			print_result(cli, &capture->result);
		else if (capture->has_event)
			print_event(cli, &capture->event);
	}
	fold_observe(fold, &(struct fold_observer){ cli, print_event, print_result });
}

static int leave(const struct watch *watch, const char *why)
{
	if (watch->progress)
		progress_end(watch->progress);
	fprintf(watch->cli->err, "%s The captures go on: capbus follow %s\n", why, watch->shown_id);
	return CLI_UNKNOWN;
}

static void wait_for_news(const struct watch *watch)
{
	bool draws = watch->progress && watch->cli->terminal.redraws;
	struct pollfd fds[] = { { .fd = feed_fd(watch->feed), .events = POLLIN },
				{ .fd = watch->cli->signals_fd, .events = POLLIN } };
	poll(fds, sizeof fds / sizeof fds[0], draws ? DRAW_EVERY_MS : LOOK_EVERY_MS);
}

/* True once Kafka was away for too long; says when it goes. */
static bool lost_kafka(struct watch *watch)
{
	int64_t now_ms = clock_boot_ms();
	if (!feed_is_away(watch->feed)) {
		watch->away_since_ms = 0;
		return false;
	}
	if (watch->away_since_ms == 0) {
		watch->away_since_ms = now_ms;
		if (watch->progress)
			progress_say(watch->progress, "Kafka does not answer. I keep trying.");
	}
	return now_ms - watch->away_since_ms >= WATCH_AWAY_MS;
}

static int finish(const struct watch *watch, bool empty_fails)
{
	const struct fold *fold = finder_fold(watch->finder);
	int64_t now_ms = clock_wall_ms();
	if (watch->progress) {
		progress_end(watch->progress);
		for (size_t i = 0; i < fold_count(fold); i++)
			verdict_print(fold_at(fold, i), progress_name_columns(fold), now_ms, watch->cli->out);
		verdict_print_all(fold, watch->shown_id, now_ms, watch->cli->out);
	}
	return fold_exit(fold, now_ms, empty_fails);
}

static int loop(struct watch *watch, bool empty_fails)
{
	struct fold *fold = finder_fold(watch->finder);
	struct error error;
	while (!fold_is_finished(fold, clock_wall_ms())) {
		if (watch->progress)
			progress_draw(watch->progress, fold, clock_wall_ms());
		wait_for_news(watch);
		if (watch->cli->signals_fd >= 0 && signals_take(watch->cli->signals_fd) != 0)
			return leave(watch, "Left.");
		if (feed_take(watch->feed, finder_sink(watch->finder), &error) != 0 && error.kind != ERROR_AWAY) {
			cli_fail(watch->cli, &error);
			return leave(watch, "What became of it is not known.");
		}
		if (lost_kafka(watch))
			return leave(watch, "Kafka does not answer for a minute; what became of it is not known.");
	}
	return finish(watch, empty_fails);
}

int watch_run(struct cli *cli, struct feed *feed, struct finder *finder, const char *shown_id, bool empty_fails)
{
	CLEANUP(progress_freep) struct progress *progress = cli->json ? NULL : progress_new(cli->out, &cli->terminal);
	struct watch watch = { cli, feed, finder, shown_id, progress, 0 };
	if (cli->json)
		print_as_json(cli, finder_fold(finder));
	int code = loop(&watch, empty_fails);
	fold_observe(finder_fold(finder), &(struct fold_observer){ NULL, NULL, NULL });
	return code;
}
