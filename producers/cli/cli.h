/* What the commands of capbus share: the configuration, the way to Kafka, where to print, and the exit codes. */
#ifndef CLI_H
#define CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "arguments.h"
#include "bus/client.h"
#include "config/config.h"
#include "core/error.h"
#include "record/record.h"
#include "view/terminal.h"

enum cli_exit {
	CLI_OK = 0,
	CLI_FAILED = 1,  /* not all is well with the captures, Kafka was never reached, something was not done */
	CLI_USAGE = 2,   /* the command line or the configuration is wrong */
	CLI_REFUSED = 3, /* nothing was asked, or everything was rejected */
	CLI_UNKNOWN = 4, /* asked, and what became of it is not known */
};

struct cli {
	const struct options *options;
	struct config *config; /* these two: from cli_connect on */
	struct client *client; /* reaches out in the background, when something is made from it */
	FILE *out;             /* results */
	FILE *err;             /* what went wrong */
	struct terminal terminal;
	int signals_fd;        /* INT and TERM, where the command asked for them (cli_catch_signals); else -1 */
	bool json;
};

struct cli_command {
	const char *name;
	const char *usage;    /* behind `capbus `: "list [--state S] [--on T]" */
	const char *about;    /* a line in the list of commands */
	const char *examples; /* lines for its --help */
	const struct arguments_option *options;
	size_t options_count;
	/* Returns an enum cli_exit. */
	int (*run)(struct cli *cli, const struct arguments *arguments);
};

/* `options` is kept. Reads nothing: a command judges its own words first. */
void cli_open(struct cli *cli, const struct options *options);
void cli_close(struct cli *cli);

/* Reads the configuration. CLI_OK, or an exit code with everything said. */
int cli_connect(struct cli *cli);

/* From now on INT and TERM come by signals_fd. Before anything of Kafka is made. */
int cli_catch_signals(struct cli *cli, struct error *error);

/* The time until which a question to Kafka waits for its answer (clock_boot_ms). */
int64_t cli_deadline_ms(void);

/* A line on cli->err, with a full stop where it has none. */
void cli_say(const struct cli *cli, const char *sentence);

/* Prints the error to cli->err and returns the exit code that goes with it: BROKEN config_invalid and INPUT are
 * CLI_USAGE, all others CLI_FAILED. A Kafka that is away is called by its address. */
int cli_fail(const struct cli *cli, const struct error *error);

/* The configured brokers, or "localhost:9092". Borrowed. */
const char *cli_brokers(const struct cli *cli);

/* For --json: the record on one line, with "record":"KIND" as its first member. */
void cli_print_json(const struct cli *cli, const char *kind, const struct record_type *type, const void *record);

#endif
