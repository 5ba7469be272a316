/* Creates the topics of an installation and says whether they are as they should be. */
#include "commands/topics.h"

#include "bus/topics.h"
#include "core/clock.h"
#include "view/table.h"

enum { CREATE_MS = 60000 };

static const struct arguments_option options[] = {
	{ "--create", NULL, "create what is missing; what exists is never changed", false },
	{ "--partitions", "N", "of requests, runs, events, threads, chunks and results (12)", false },
	{ "--replication-factor", "N", "copies of each partition (the broker's default)", false },
	{ "--chunks-bytes", "N", "of packets kept per partition of chunks (4G)", false },
};

struct told {
	struct table *table;
	size_t missing;
	size_t created;
};

static const char *const findings[] = {
	[TOPICS_OK] = "ok",	      [TOPICS_CREATED] = "created", [TOPICS_MISSING] = "missing",
	[TOPICS_WRONG] = "wrong",     [TOPICS_DIFFERS] = "differs", [TOPICS_FAILED] = "failed",
};

static void tell(void *context, enum topics_finding finding, const char *topic, const char *text)
{
	struct told *told = context;
	told->missing += finding == TOPICS_MISSING;
	told->created += finding == TOPICS_CREATED;
	table_add(told->table, topic);
	table_add(told->table, findings[finding]);
	table_add(told->table, text ? text : "");
}

static int read_options(const struct arguments *arguments, struct topics_options *ret_options, struct error *error)
{
	int64_t partitions = 0;
	int64_t factor = 0;
	static const char *const only_create[] = { "--partitions", "--replication-factor", "--chunks-bytes" };
	for (size_t i = 0; i < sizeof only_create / sizeof only_create[0]; i++)
		if (arguments_has(arguments, only_create[i]) && !arguments_has(arguments, "--create"))
			return error_set(error, ERROR_INPUT, WORD_argument_invalid,
					 "`%s` is for new topics and goes with --create", only_create[i]);
	*ret_options = (struct topics_options){ 0 };
	if (arguments_want_words(arguments, 0, 0, "no word", error) != 0 ||
	    arguments_integer(arguments, "--partitions", 1, 10000, &partitions, error) != 0 ||
	    arguments_integer(arguments, "--replication-factor", 1, 100, &factor, error) != 0 ||
	    arguments_bytes(arguments, "--chunks-bytes", &ret_options->chunks_bytes, error) != 0)
		return -1;
	ret_options->partitions = (int32_t)partitions;
	ret_options->replication_factor = (int32_t)factor;
	return 0;
}

static void print_what_next(const struct cli *cli, const struct told *told, size_t faults)
{
	if (told->missing > 0)
		fprintf(cli->out, "%zu missing.  Create them: capbus topics --create\n", told->missing);
	else if (faults > 0)
		fprintf(cli->out, "%zu to be put right; capbus never changes a topic that exists.\n", faults);
	else
		fprintf(cli->out, "All %d topics are there.%s\n", TOPIC_ROWS,
			told->created > 0 ? "  Next: start the stages, then capbus targets" : "");
}

static int run(struct cli *cli, const struct arguments *arguments)
{
	static const struct table_column columns[] = { { "TOPIC", false }, { "STATE", false }, { "WHAT", false } };
	struct error error;
	struct topics_options wanted;
	size_t faults = 0;
	if (read_options(arguments, &wanted, &error) != 0)
		return cli_fail(cli, &error);
	int code = cli_connect(cli);
	if (code != CLI_OK)
		return code;
	CLEANUP(admin_freep) struct admin *admin = admin_new(cli->client, &error);
	CLEANUP(table_freep) struct table *table = table_new(columns, sizeof columns / sizeof columns[0]);
	struct told told = { .table = table };
	if (!admin || admin_wait(admin, cli_deadline_ms(), &error) != 0)
		return cli_fail(cli, &error);
	int64_t deadline_ms = clock_boot_ms() + CREATE_MS;
	int asked = arguments_has(arguments, "--create") ?
			    topics_create(admin, &wanted, deadline_ms, tell, &told, &faults, &error) :
			    topics_check(admin, deadline_ms, tell, &told, &faults, &error);
	if (asked != 0)
		return cli_fail(cli, &error);
	table_print(table, cli->out);
	print_what_next(cli, &told, faults);
	return faults > 0 ? CLI_FAILED : CLI_OK;
}

const struct cli_command topics_command = {
	.name = "topics",
	.usage = "topics [--create] [--partitions N] [--replication-factor N] [--chunks-bytes 4G]",
	.about = "creates and checks the topics of an installation",
	.examples = "  capbus topics                   what there is; exit 1 where something is not right\n"
		    "  capbus topics --create --replication-factor 3\n",
	.options = options,
	.options_count = sizeof options / sizeof options[0],
	.run = run,
};
