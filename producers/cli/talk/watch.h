/* Waits until some captures are over and shows how they do: what capture, multicapture and follow end with. */
#ifndef TALK_WATCH_H
#define TALK_WATCH_H

#include <stdbool.h>

#include "cli.h"
#include "talk/feed.h"
#include "talk/finder.h"

enum { WATCH_AWAY_MS = 60000 };

/* Returns an enum cli_exit. Ends early, with CLI_UNKNOWN, on INT and TERM (cli_catch_signals), where Kafka is away
 * for WATCH_AWAY_MS, and where nobody answers in time (fold_give_up_at_ms). With cli->json: every record that
 * counts on a line, and nothing else on cli->out. */
int watch_run(struct cli *cli, struct feed *feed, struct finder *finder, const char *shown_id, bool empty_fails);

#endif
