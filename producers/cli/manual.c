/* Prints help from the commands' own tables: what is not in them cannot be promised. */
#include "manual.h"

#include "config/options.h"
#include "core/memory.h"
#include "core/text.h"
#include "view/line.h"

static const struct arguments_option shared_options[] = {
	{ "-b, --brokers", "HOST:PORT", "Kafka, instead of a configuration", false },
	{ "--config", "FILE", "the configuration (" OPTIONS_CONFIG_FILE ")", false },
	{ "--set", "S.K=V", "a key of the configuration; may be given again", true },
	{ "--help", NULL, "of a command: capbus help COMMAND", false },
	{ "--version", NULL, "which release this is", false },
};

static void print_options(const struct arguments_option *options, size_t count, FILE *to)
{
	struct line line;
	for (size_t i = 0; i < count; i++) {
		line_clear(&line);
		line_add(&line, "  %s%s%s", options[i].name, options[i].value ? " " : "",
			 options[i].value ? options[i].value : "");
		line_pad(&line, 28);
		fprintf(to, "%s  %s\n", line.text, options[i].about);
	}
}

void manual_print(const struct cli_command *const *commands, size_t count, FILE *to)
{
	fprintf(to, "capbus captures packets on demand, on many targets at once, carried by Kafka.\n\n");
	for (size_t i = 0; i < count; i++)
		fprintf(to, "  capbus %-14s %s\n", commands[i]->name, commands[i]->about);
	fprintf(to, "\nTry:\n"
		    "  capbus targets\n"
		    "  capbus capture 'port 179' --on slx1,slx2 --timeout 30 --count 20\n"
		    "\nOptions of all commands:\n");
	print_options(shared_options, sizeof shared_options / sizeof shared_options[0], to);
}

void manual_print_command(const struct cli_command *command, FILE *to)
{
	fprintf(to, "capbus %s\n%s\n\n%s", command->usage, command->about, command->examples);
	if (command->options_count > 0)
		fprintf(to, "\n");
	print_options(command->options, command->options_count, to);
	fprintf(to, "Those of all commands: capbus help\n");
}

const struct cli_command *manual_find(const struct cli_command *const *commands, size_t count, const char *name,
				      struct error *error)
{
	CLEANUP_FREE const char **names = memory_array(count, sizeof names[0]);
	for (size_t i = 0; i < count; i++) {
		names[i] = commands[i]->name;
		if (text_equal(names[i], name))
			return commands[i];
	}
	const char *near = text_nearest(name, names, count);
	error_set(error, ERROR_INPUT, WORD_argument_invalid, "`%s` is not a command of capbus %s, %s%s%s", name,
		  options_version(), near ? "did you mean `" : "", near ? near : "capbus help lists them",
		  near ? "`?" : "");
	return NULL;
}
