/* Turns a command into requests. Its one idea: all or nothing. Every target is judged before the first record is
 * produced, so that a wrong word never leaves half a command behind. */
#include "talk/asking.h"

#include <limits.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "admission/admit.h"
#include "core/clock.h"
#include "core/signals.h"
#include "core/text.h"
#include "record/frame.h"
#include "view/ids.h"

enum { SEND_MS = 30000, SEND_SLOW_MS = 3000, SEND_TURN_MS = 200 };

void asking_free(struct asking *asking)
{
	if (!asking)
		return;
	free(asking->targets);
	free(asking);
}

/* "anna@host": by the machine's word, so report shows it as not verified by anything else. */
static void who_asks(char to[static RECORD_WHO_SIZE])
{
	char room[1024];
	char host[HOST_NAME_MAX + 1] = "";
	char who[2 * RECORD_WHO_SIZE];
	struct passwd user;
	struct passwd *found = NULL;
	gethostname(host, sizeof host - 1);
	if (getpwuid_r(getuid(), &user, room, sizeof room, &found) == 0 && found)
		TEXT_FORMAT(who, "%s@%s", user.pw_name, host);
	else
		TEXT_FORMAT(who, "%ju@%s", (uintmax_t)getuid(), host);
	text_printable(to, RECORD_WHO_SIZE, who, strlen(who));
}

/* `@bgp` is [filter bgp] expr of the configuration. */
static int named_filter(const struct cli *cli, struct command *command, struct error *error)
{
	const char *names[64] = { NULL };
	size_t count = 0;
	const char *name;
	if (!command->filter_name[0])
		return 0;
	for (size_t i = 0; (name = config_name(cli->config, "filter", i)); i++) {
		if (count < sizeof names / sizeof names[0])
			names[count++] = name;
		if (!text_equal(name, command->filter_name))
			continue;
		CLEANUP_FREE char *section = memory_format("filter %s", name);
		command->request.has_filter = true;
		if (TEXT_COPY(command->request.filter, config_text(cli->config, section, "expr")))
			return 0;
		return error_set(error, ERROR_INPUT, WORD_filter_invalid,
				 "the filter `@%s` is longer than %d bytes", name, RECORD_FILTER_SIZE - 1);
	}
	const char *near = text_nearest(command->filter_name, names, count);
	return error_set(error, ERROR_INPUT, WORD_filter_invalid,
			 "I know no filter `@%s`%s%s%s: the configuration names filters in [filter NAME]",
			 command->filter_name, near ? ", did you mean `@" : "", near ? near : "", near ? "`?" : "");
}

/* What is the same for all targets. */
static void fill_in(const struct limits *limits, struct command *command, const struct asking *asking)
{
	struct request *request = &command->request;
	request->asked_at_ms = clock_wall_ms();
	if (command->expires_in_ms != RECORD_UNSET)
		request->expires_at_ms = request->asked_at_ms + command->expires_in_ms;
	request->expires_at_ms = limits_expires_at_ms(limits, request, request->asked_at_ms);
	TEXT_COPY(request->request_id, asking->request_id);
	TEXT_COPY(request->requested_via, "capbus");
	who_asks(request->requested_by);
}

/* Says each refusal once: a wrong filter is wrong for every target. */
static size_t judge_all(const struct cli *cli, const struct targets *known, const struct limits *limits,
			const struct command *command, const struct command_target *list, struct asking *asking,
			struct error *error)
{
	char said_last[sizeof error->text] = "";
	size_t refused = 0;
	for (size_t i = 0; i < asking->count; i++) {
		struct asking_target *target = &asking->targets[i];
		target->asked = command->request;
		TEXT_COPY(target->asked.target, list[i].name);
		if (list[i].ports.count > 0)
			target->asked.ports = list[i].ports;
		target->judged = target->asked;
		request_capture_id(&target->asked, "", target->capture_id);
		if (admit_request(known, limits, &target->judged, error) == 0)
			continue;
		if (!text_equal(said_last, error->text))
			cli_say(cli, error->text);
		TEXT_COPY(said_last, error->text);
		refused++;
	}
	return refused;
}

/* Each name for itself, so that all wrong ones are told at once. */
static size_t judge_names(const struct cli *cli, const struct targets *known, const struct limits *limits,
			  const struct command *command)
{
	CLEANUP_FREE struct command *one = memory_copy(command, sizeof *command);
	size_t refused = 0;
	for (size_t i = 0; i < command->targets_count; i++) {
		CLEANUP_FREE struct command_target *list = NULL;
		size_t count;
		struct error error;
		one->targets[0] = command->targets[i];
		one->targets_count = 1;
		if (admit_targets(known, limits, one, &list, &count, &error) == 0)
			continue;
		cli_say(cli, error.text);
		refused++;
	}
	return refused;
}

static int refuse(const struct cli *cli, const struct error *error)
{
	if (error->kind != ERROR_INPUT)
		return cli_fail(cli, error);
	cli_say(cli, error->text);
	cli_say(cli, "Nothing was asked");
	return CLI_REFUSED;
}

int asking_judge(const struct cli *cli, const struct targets *known, struct command *command,
		 struct asking **ret_asking)
{
	struct error error;
	struct limits limits;
	CLEANUP_FREE struct command_target *list = NULL;
	CLEANUP(asking_freep) struct asking *asking = memory_new(sizeof *asking);
	if (limits_from_config(cli->config, &limits, &error) != 0)
		return cli_fail(cli, &error);
	if (judge_names(cli, known, &limits, command) > 0) {
		cli_say(cli, "Nothing was asked");
		return CLI_REFUSED;
	}
	if (named_filter(cli, command, &error) != 0 ||
	    admit_targets(known, &limits, command, &list, &asking->count, &error) != 0)
		return refuse(cli, &error);
	request_new_id(asking->request_id);
	ids_show(asking->request_id, IDS_SHORTEST, false, asking->shown_id);
	asking->targets = memory_array(asking->count, sizeof asking->targets[0]);
	fill_in(&limits, command, asking);
	if (judge_all(cli, known, &limits, command, list, asking, &error) > 0) {
		cli_say(cli, "Nothing was asked");
		return error.kind == ERROR_INPUT ? CLI_REFUSED : CLI_FAILED;
	}
	*ret_asking = asking;
	asking = NULL; /* now the caller's */
	return CLI_OK;
}

/* In the producer's thread; nobody reads the target before the flush is over. */
static void delivered(void *context, void *token, const struct producer_receipt *receipt)
{
	struct asking_target *target = token;
	(void)context;
	target->sent = receipt->ok ? ASKING_QUEUED : receipt->definitely_not ? ASKING_NOT_SENT : ASKING_UNKNOWN;
	if (!receipt->ok)
		target->error = *receipt->error;
}

static int send_one(struct asking_target *target, struct producer *producer, struct error *error)
{
	struct producer_message message = {
		.topic = "requests",
		.partition = PRODUCER_BY_KEY,
		.key = target->asked.target,
		.key_size = strlen(target->asked.target),
		.value_is_given = true,
		.delivered = delivered,
		.token = target,
	};
	if (frame_encode_new(&request_record, &target->asked, &message.value, &message.value_size, error) != 0)
		return -1;
	if (producer_send(producer, &message, error) == 0)
		return 0;
	free(message.value);
	return -1;
}

void asking_send(const struct cli *cli, struct asking *asking, struct producer *producer)
{
	int64_t began_ms = clock_boot_ms();
	bool told = false;
	for (size_t i = 0; i < asking->count; i++) {
		struct asking_target *target = &asking->targets[i];
		struct error error;
		target->sent = ASKING_UNKNOWN; /* until its receipt comes */
		error_set(&target->error, ERROR_UNKNOWN, WORD_kafka_away, "Kafka did not confirm it");
		if (send_one(target, producer, &error) != 0) {
			target->sent = ASKING_NOT_SENT;
			target->error = error;
		}
	}
	while (producer_flush(producer, clock_boot_ms() + SEND_TURN_MS, NULL) != 0) {
		int64_t waited_ms = clock_boot_ms() - began_ms;
		if (waited_ms >= SEND_MS || (cli->signals_fd >= 0 && signals_take(cli->signals_fd) != 0))
			break;
		if (!told && waited_ms >= SEND_SLOW_MS)
			cli_say(cli, "Kafka did not confirm within 3 s. I keep trying; don't ask again");
		told = told || waited_ms >= SEND_SLOW_MS;
	}
}
