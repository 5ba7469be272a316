/* Lists what can be captured on, as the capture stage has published it. */
#include "commands/targets.h"

#include "admission/targets.h"
#include "core/clock.h"
#include "core/text.h"
#include "talk/target_list.h"
#include "view/line.h"
#include "view/table.h"

MEMORY_DEFINE_FREEP(struct targets, targets_free)

static const struct arguments_option options[] = {
	{ "--json", NULL, "a JSON object per line", false },
};

static void add_texts(struct table *table, size_t count, const char *items, size_t item_size)
{
	struct line line;
	line_clear(&line);
	for (size_t i = 0; i < count; i++) {
		line_add(&line, "%s", i == 0 ? "" : ",");
		line_add_text(&line, items + i * item_size);
	}
	table_add(table, line.text);
}

static void add_state(struct table *table, const struct target *target)
{
	struct line line;
	line_clear(&line);
	if (target->disabled[0]) {
		line_add(&line, "closed: ");
		line_add_text(&line, target->disabled);
	} else if (target->checked_at_ms != RECORD_UNSET && !target->check_ok) {
		line_add(&line, "cannot capture: ");
		line_add_text(&line, target->check_detail);
	} else {
		line_add(&line, "open");
	}
	table_add(table, line.text);
}

static void add_row(struct table *table, const struct target *target)
{
	char parallel[32] = "";
	if (target->parallel != RECORD_UNSET)
		TEXT_FORMAT(parallel, "%jd", (intmax_t)target->parallel);
	table_add(table, target->target);
	table_add(table, target->kind);
	table_add(table, target->published_by);
	table_add(table, target->address[0] ? target->address : target->interface);
	add_texts(table, target->ports.count, target->ports.items[0], sizeof target->ports.items[0]);
	add_texts(table, target->groups.count, target->groups.items[0], sizeof target->groups.items[0]);
	table_add(table, parallel);
	add_state(table, target);
}

/* Named itself, or by a group. */
static bool is_wanted(const struct targets *targets, const struct target *target, const char *name)
{
	const struct target *member;
	if (!name || text_equal(target->target, name))
		return true;
	if (targets_find(targets, name))
		return false;
	for (size_t i = 0; (member = targets_member(targets, name, i)); i++)
		if (member == target)
			return true;
	return false;
}

static void print_table(const struct cli *cli, const struct targets *targets, const char *name)
{
	static const struct table_column columns[] = {
		{ "NAME", false },  { "KIND", false },   { "BY", false },      { "WHERE", false },
		{ "PORTS", false }, { "GROUPS", false }, { "PARALLEL", true }, { "STATE", false },
	};
	CLEANUP(table_freep) struct table *table = table_new(columns, sizeof columns / sizeof columns[0]);
	const struct target *first_open = NULL;
	for (size_t i = 0; i < targets_count(targets); i++) {
		const struct target *target = targets_at(targets, i);
		if (!is_wanted(targets, target, name))
			continue;
		add_row(table, target);
		if (!first_open && !target->disabled[0])
			first_open = target;
	}
	table_print(table, cli->out);
	if (first_open)
		fprintf(cli->out, "%zu target%s.  Capture: capbus capture 'port 179' --on %s --count 20\n",
			table_rows(table), table_rows(table) == 1 ? "" : "s", first_open->target);
}

static int unknown(const struct cli *cli, const struct targets *targets, const char *name)
{
	char text[256];
	const char *near = targets_nearest(targets, name);
	if (near)
		TEXT_FORMAT(text, "`%s` is not a target I know. Did you mean `%s`? capbus targets lists all %zu",
			    name, near, targets_count(targets));
	else
		TEXT_FORMAT(text, "`%s` is not a target I know. capbus targets lists all %zu", name,
			    targets_count(targets));
	cli_say(cli, text);
	return CLI_FAILED;
}

static int run(struct cli *cli, const struct arguments *arguments)
{
	struct error error;
	cli->json = arguments_has(arguments, "--json");
	if (arguments_want_words(arguments, 0, 1, "one target or group", &error) != 0)
		return cli_fail(cli, &error);
	const char *name = arguments_words_count(arguments) > 0 ? arguments_words(arguments)[0] : NULL;
	int code = cli_connect(cli);
	if (code != CLI_OK)
		return code;
	CLEANUP(targets_freep) struct targets *targets = target_list_read(cli, &error);
	if (!targets)
		return cli_fail(cli, &error);
	if (targets_count(targets) == 0) {
		cli_say(cli, "No capture worker has published a target: is one up, and has it an inventory?");
		return CLI_FAILED;
	}
	if (name && !targets_find(targets, name) && !targets_is_group(targets, name))
		return unknown(cli, targets, name);
	if (!cli->json) {
		print_table(cli, targets, name);
		return CLI_OK;
	}
	for (size_t i = 0; i < targets_count(targets); i++)
		if (is_wanted(targets, targets_at(targets, i), name))
			cli_print_json(cli, "target", &target_record, targets_at(targets, i));
	return CLI_OK;
}

const struct cli_command targets_command = {
	.name = "targets",
	.usage = "targets [NAME]",
	.about = "what can be captured on",
	.examples = "  capbus targets\n"
		    "  capbus targets leafs            the members of a group\n",
	.options = options,
	.options_count = sizeof options / sizeof options[0],
	.run = run,
};
