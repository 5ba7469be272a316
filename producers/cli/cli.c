/* What every command begins with and how it fails. Its one idea: an error's kind and word decide the exit code, in
 * one place, so that scripts can rely on it. */
#include "cli.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/signals.h"
#include "core/text.h"
#include "view/json_line.h"

enum { QUESTION_MS = 10000 };

static struct client *open_client(const struct config *config, struct error *error)
{
	CLEANUP_FREE struct client_property *properties = NULL;
	struct client_property next;
	size_t count = 0;
	while (config_kafka(config, count, &next.name, &next.value, &next.where)) {
		properties = memory_resize(properties, count + 1, sizeof properties[0]);
		properties[count++] = next;
	}
	return client_new(properties, count, config_program_name(CONFIG_CAPBUS),
			  config_text(config, "capbus", "topic_prefix"), error);
}

/* Kafka's library logs what is said in a command's own words: only what is asked for is shown. */
static void quiet_log(const struct config *config)
{
	static const char *const levels[] = { "debug", "info", "warning", "error" };
	for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++)
		if (config_is_set(config, "capbus", "log_level") &&
		    text_equal(config_text(config, "capbus", "log_level"), levels[i])) {
			log_open("capbus", (enum log_level)i, LOG_TEXT);
			return;
		}
	log_open("capbus", LOG_ERROR, LOG_TEXT);
}

void cli_open(struct cli *cli, const struct options *options)
{
	*cli = (struct cli){ .options = options, .out = stdout, .err = stderr, .signals_fd = -1 };
	terminal_open(&cli->terminal, STDOUT_FILENO);
}

int cli_connect(struct cli *cli)
{
	struct error error;
	cli->config = options_config(cli->options);
	const char *problem;
	for (size_t i = 0; (problem = config_problem(cli->config, i)); i++)
		cli_say(cli, problem);
	if (config_ok(cli->config, &error) != 0)
		return CLI_USAGE;
	quiet_log(cli->config);
	cli->client = open_client(cli->config, &error);
	return cli->client ? CLI_OK : cli_fail(cli, &error);
}

void cli_close(struct cli *cli)
{
	client_free(cli->client);
	config_free(cli->config);
	if (cli->signals_fd >= 0)
		close(cli->signals_fd);
}

int cli_catch_signals(struct cli *cli, struct error *error)
{
	cli->signals_fd = signals_open();
	return cli->signals_fd >= 0 ? 0 : error_errno(error, WORD_system_failed, errno, "signalfd");
}

int64_t cli_deadline_ms(void)
{
	return clock_boot_ms() + QUESTION_MS;
}

void cli_say(const struct cli *cli, const char *sentence)
{
	size_t length = strlen(sentence);
	bool ends = length > 0 && strchr(".?!:", sentence[length - 1]);
	fprintf(cli->err, "%s%s\n", sentence, ends ? "" : ".");
}

int cli_fail(const struct cli *cli, const struct error *error)
{
	char text[sizeof error->text + 300];
	if (error->word == WORD_kafka_away && cli->config)
		TEXT_FORMAT(text, "Kafka at %s does not answer: %s", cli_brokers(cli), error->text);
	else
		TEXT_COPY(text, error->text);
	cli_say(cli, text);
	return error->kind == ERROR_INPUT || error->word == WORD_config_invalid ? CLI_USAGE : CLI_FAILED;
}

const char *cli_brokers(const struct cli *cli)
{
	const char *name;
	const char *value;
	const char *where;
	for (size_t i = 0; config_kafka(cli->config, i, &name, &value, &where); i++)
		if (text_equal(name, "bootstrap.servers") || text_equal(name, "metadata.broker.list"))
			return value;
	return "localhost:9092";
}

void cli_print_json(const struct cli *cli, const char *kind, const struct record_type *type, const void *record)
{
	CLEANUP_FREE char *line = json_line(kind, type, record);
	if (!line)
		return;
	fputs(line, cli->out);
	fflush(cli->out);
}
