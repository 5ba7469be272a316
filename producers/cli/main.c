/* capbus, the program for people and scripts. A command is a row of this table and a file in commands/. */
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "arguments.h"
#include "cli.h"
#include "commands/capture.h"
#include "commands/follow.h"
#include "commands/list.h"
#include "commands/show.h"
#include "commands/targets.h"
#include "commands/topics.h"
#include "config/options.h"
#include "core/text.h"
#include "manual.h"

static const struct cli_command *const commands[] = {
	&capture_multi_command, &capture_command, &follow_command, &list_command,
	&show_command,          &targets_command, &topics_command,
};
enum { COMMANDS_COUNT = sizeof commands / sizeof commands[0] };

static int complain(const struct error *error)
{
	size_t length = strlen(error->text);
	fprintf(stderr, "%s%s\n", error->text, length > 0 && error->text[length - 1] == '?' ? "" : ".");
	return CLI_USAGE;
}

static int run(const struct cli_command *command, const struct options *options, const struct arguments *arguments)
{
	struct cli cli;
	cli_open(&cli, options);
	int code = command->run(&cli, arguments);
	cli_close(&cli);
	if (fflush(stdout) != 0) {
		fprintf(stderr, "standard output cannot be written.\n");
		return code == CLI_OK ? CLI_FAILED : code;
	}
	return code;
}

/* `capbus help [COMMAND]`, and --help and --version wherever they stand. */
static int help(const struct cli_command *command)
{
	if (command)
		manual_print_command(command, stdout);
	else
		manual_print(commands, COMMANDS_COUNT, stdout);
	return CLI_OK;
}

int main(int argc, char **argv)
{
	struct options options;
	struct error error;
	int at = 1;
	setlocale(LC_CTYPE, "");
	options_init(&options, CONFIG_CAPBUS);
	for (int taken = 1; at < argc && taken == 1;) {
		taken = options_take(&options, argc, argv, &at, &error);
		if (taken < 0)
			return complain(&error);
	}
	if (at < argc && argv[at][0] == '-') {
		options_unknown(&options, argv[at], NULL, 0, &error);
		return complain(&error);
	}
	const struct cli_command *command = NULL;
	bool asks_help = at < argc && text_equal(argv[at], "help");
	at += asks_help;
	if (at < argc && !(command = manual_find(commands, COMMANDS_COUNT, argv[at++], &error)))
		return complain(&error);
	if (asks_help || (options.help && !command) || (!command && !options.version))
		return help(command) + (asks_help || options.help ? CLI_OK : CLI_USAGE);
	CLEANUP(arguments_freep) struct arguments *arguments = NULL;
	if (command)
		arguments = arguments_read(command->options, command->options_count, &options, argc, argv, at,
					   &error);
	if (command && !arguments)
		return complain(&error);
	if (options.help)
		return help(command);
	if (options.version) {
		options_print_version(CONFIG_CAPBUS, stdout);
		return CLI_OK;
	}
	return run(command, &options, arguments);
}
