/* The grammar: words in, a struct command out.
 *
 * Every verb is a row with its parse function; every `name=value` is a row with its set function (option.c). What
 * remains in multicapture is to find two borders: the last `on` ends the filter, the first number or `name=` ends the
 * targets. */
#include "admission/command.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admission/option.h"
#include "admission/words.h"
#include "core/memory.h"
#include "core/text.h"

struct parser {
	const struct words *words;
	size_t next;              /* the word that is looked at */
	struct command *command;
	struct error *error;
};

const char *const command_verbs[COMMAND_COUNT] = {
	[COMMAND_MULTICAPTURE] = "multicapture",
	[COMMAND_HELP] = "help",
	[COMMAND_CAPTURES] = "captures",
	[COMMAND_SHOW] = "show",
	[COMMAND_STOP] = "stop",
	[COMMAND_CANCEL] = "cancel",
	[COMMAND_AGAIN] = "again",
	[COMMAND_PIN] = "pin",
	[COMMAND_UNPIN] = "unpin",
	[COMMAND_CLEANUP] = "cleanup",
	[COMMAND_TARGETS] = "targets",
};

__attribute__((format(printf, 2, 3))) static int refuse(struct error *error, const char *format, ...)
{
	char text[512];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	return error_set(error, ERROR_INPUT, WORD_argument_invalid, "%s", text);
}

struct command *command_new(enum command_verb verb)
{
	struct command *command = memory_new(sizeof(*command));
	command->verb = verb;
	record_init(&request_record, &command->request);
	command->expires_in_ms = RECORD_UNSET;
	command->since_ms = RECORD_UNSET;
	command->max_delete = RECORD_UNSET;
	command->dry_run = true;
	return command;
}

void command_free(struct command *command)
{
	free(command);
}

MEMORY_DEFINE_FREEP(struct command, command_free)

/* The word `ahead` of the next one; NULL past the last. */
static const struct word *peek(const struct parser *parser, size_t ahead)
{
	size_t index = parser->next + ahead;
	return index < parser->words->count ? &parser->words->items[index] : NULL;
}

static bool is_keyword(const struct word *word, const char *keyword)
{
	return word && !word->quoted && text_equal_nocase(word->text, keyword);
}

static bool take_keyword(struct parser *parser, const char *keyword)
{
	if (!is_keyword(peek(parser, 0), keyword))
		return false;
	parser->next++;
	return true;
}

static bool is_number(const struct word *word)
{
	return word && word->text[0] && word->text[strspn(word->text, "0123456789")] == 0;
}

/* `name=…`, or `name =…` in two words. */
static bool is_option(const struct word *word, const struct word *after)
{
	if (!word || word->quoted)
		return false;
	const char *equals = strchr(word->text, '=');
	return (equals && !memchr(word->text, '(', (size_t)(equals - word->text))) ||
	       (after && !after->quoted && after->text[0] == '=');
}

static bool ends_with(const char *text, char last)
{
	size_t size = strlen(text);
	return size && text[size - 1] == last;
}

/* One `name=value`, put together from as many words as the blanks around `=` and after commas have made of it. */
static int take_option(struct parser *parser)
{
	CLEANUP_FREE char *text = memory_text(peek(parser, 0)->text);
	parser->next++;
	for (const struct word *word; (word = peek(parser, 0)); parser->next++) {
		bool open = !strchr(text, '=') || (ends_with(text, '=') && !strchr(word->text, '=')) ||
			    (ends_with(text, ',') && !is_option(word, peek(parser, 1)));
		if (!open)
			break;
		char *longer = memory_format("%s%s", text, word->text);
		free(text);
		text = longer;
	}
	char *equals = strchr(text, '=');
	*equals = 0;
	return option_set(parser->command, text, equals + 1, parser->error);
}

static int take_options(struct parser *parser)
{
	for (const struct word *word; (word = peek(parser, 0));) {
		if (!is_option(word, peek(parser, 1)))
			return refuse(parser->error, "`%.100s` is one word too many, or lacks its `=`", word->text);
		if (take_option(parser) < 0)
			return -1;
	}
	return 0;
}

int command_set_option(struct command *command, const char *name, const char *value, struct error *error)
{
	return option_set(command, name, value, error);
}

/* `name` or `name(port,port)` at *text, which moves behind it and its comma. */
static int take_target(struct command *command, const char **text, struct error *error)
{
	size_t size = strcspn(*text, ",(");
	const char *rest = *text + size;
	char name[RECORD_NAME_SIZE];
	if (!text_copy_bytes(name, sizeof(name), *text, size) || !text_is_id(name))
		return size ? refuse(error, "`%.*s` cannot be the name of a target", (int)(size < 100 ? size : 100),
				     *text)
			    : refuse(error, "a target is missing before `%.20s`", rest);
	if (command->targets_count == COMMAND_TARGETS_MAX)
		return refuse(error, "more than %d targets in one command; use a group", COMMAND_TARGETS_MAX);
	struct command_target *target = &command->targets[command->targets_count];
	*target = (struct command_target){ 0 };
	TEXT_COPY(target->name, name);
	if (*rest == '(') {
		const char *close = strchr(rest, ')');
		if (!close)
			return refuse(error, "the `)` of `%.60s` is missing", *text);
		CLEANUP_FREE char *ports = memory_format("%.*s", (int)(close - rest - 1), rest + 1);
		if (option_ports(&target->ports, ports, error) < 0)
			return -1;
		rest = close + 1;
	}
	if (*rest && *rest != ',')
		return refuse(error, "`%.60s`: a comma is missing before `%.20s`", *text, rest);
	command->targets_count++;
	*text = *rest ? rest + 1 : rest;
	return 0;
}

int command_set_targets(struct command *command, const char *list, struct error *error)
{
	/* Blanks mean nothing here: what they could separate was refused before. */
	CLEANUP_FREE char *tight = memory_new(strlen(list) + 1);
	size_t used = 0;
	for (const char *from = list; *from; from++)
		if (*from != ' ')
			tight[used++] = *from;
	if (!used)
		return refuse(error, "the target is missing, such as `on slx1,slx2`");
	if (tight[used - 1] == ',')
		return refuse(error, "a target is missing behind the last comma of `%.100s`", list);
	command->targets_count = 0;
	for (const char *at = tight; *at;)
		if (take_target(command, &at, error) < 0)
			return -1;
	return 0;
}

/* More of the list of targets must follow: a comma or a parenthesis is open. */
static bool list_is_open(const char *list, const struct word *word)
{
	const char *open = strrchr(list, '(');
	return !list[0] || ends_with(list, ',') || (open && !strchr(open, ')')) || word->text[0] == ',' ||
	       word->text[0] == '(';
}

/* The words of `on …` up to the first number or option. */
static int take_targets(struct parser *parser)
{
	static const char *const fillers[] = { "switch", "switches", "target", "targets" };
	for (size_t i = 0; i < sizeof(fillers) / sizeof(fillers[0]); i++)
		if (peek(parser, 1) && !is_option(peek(parser, 1), NULL) && take_keyword(parser, fillers[i]))
			break;
	CLEANUP_FREE char *list = memory_text("");
	for (const struct word *word; (word = peek(parser, 0)); parser->next++) {
		if (!list_is_open(list, word)) {
			if (is_number(word) || is_option(word, peek(parser, 1)))
				break;
			if (is_number(peek(parser, 1)) && option_is_known(word->text))
				return refuse(parser->error, "`%s %s`: write `%s=%s`", word->text,
					      peek(parser, 1)->text, word->text, peek(parser, 1)->text);
			return refuse(parser->error,
				      "`%.60s %.60s`: targets are separated by commas, options have an `=`", list,
				      word->text);
		} else if (is_option(word, peek(parser, 1))) {
			break;
		}
		char *longer = memory_format("%s%s", list, word->text);
		free(list);
		list = longer;
	}
	return command_set_targets(parser->command, list, parser->error);
}

int command_set_filter(struct command *command, const char *filter, struct error *error)
{
	struct request *request = &command->request;
	if (filter[0] == '@') {
		if (!text_is_id(filter + 1))
			return refuse(error, "`%.80s` cannot be the name of a filter", filter);
		TEXT_COPY(command->filter_name, filter + 1);
		return 0;
	}
	const char *text = text_equal_nocase(filter, "all") ? "" : filter;
	if (!TEXT_COPY(request->filter, text))
		return refuse(error, "the filter is longer than %zu bytes", sizeof(request->filter) - 1);
	request->has_filter = true;
	return 0;
}

/* The index of the `on` that ends the filter; 0 where there is none. */
static size_t find_on(const struct parser *parser)
{
	const struct words *words = parser->words;
	if (words->count > 1 && words->items[1].quoted)
		return is_keyword(peek(parser, 1), "on") ? 2 : 0;
	for (size_t i = words->count; i-- > 1;)
		if (is_keyword(&words->items[i], "on"))
			return i;
	return 0;
}

static int parse_multicapture(struct parser *parser)
{
	const struct words *words = parser->words;
	size_t on = find_on(parser);
	if (words->count < 2)
		return refuse(parser->error, "`multicapture` needs a filter and targets, such as "
					     "`multicapture 'port 179' on slx1,slx2 timeout=30 count=20`");
	if (!on)
		return words->items[1].quoted && words->count > 2
			       ? refuse(parser->error, "behind the filter comes `on` and the targets, not `%.60s`",
					words->items[2].text)
			       : refuse(parser->error,
					"`on` is missing, such as `multicapture 'port 179' on slx1,slx2`");
	if (on == 1)
		return refuse(parser->error, "the filter is missing; every packet is `multicapture all on …`");
	CLEANUP_FREE char *filter = words_join(words, 1, on);
	if (command_set_filter(parser->command, filter, parser->error) < 0)
		return -1;
	parser->next = on + 1;
	if (take_targets(parser) < 0)
		return -1;
	static const char *const positional[] = { "timeout", "count" };
	for (size_t i = 0; is_number(peek(parser, 0)) && !is_option(peek(parser, 0), peek(parser, 1)); i++) {
		const char *number = peek(parser, 0)->text;
		if (i == 2)
			return refuse(parser->error,
				      "`%.60s` is one number too many: first comes the timeout, then the count",
				      number);
		if (option_set(parser->command, positional[i], number, parser->error) < 0)
			return -1;
		parser->next++;
	}
	return take_options(parser);
}

static int parse_id(struct parser *parser)
{
	const char *verb = command_verbs[parser->command->verb];
	const struct word *word = peek(parser, 0);
	if (!word)
		return refuse(parser->error, "`%s` needs the id of a request or a capture, such as `%s k7f3qa`", verb,
			      verb);
	if (!text_is_id(word->text))
		return refuse(parser->error, "`%.80s` cannot be an id; one looks like k7f3qa or k7f3qa-slx1",
			      word->text);
	TEXT_COPY(parser->command->id, word->text);
	parser->next++;
	if (parser->command->verb == COMMAND_AGAIN && take_keyword(parser, "on") && take_targets(parser) < 0)
		return -1;
	if (peek(parser, 0))
		return refuse(parser->error, "`%.80s` is one word too many: `%s` takes one id", peek(parser, 0)->text,
			      verb);
	return 0;
}

static int parse_help(struct parser *parser)
{
	const struct word *word = peek(parser, 0);
	if (word && !TEXT_COPY(parser->command->word, word->text))
		return refuse(parser->error, "there is no help about `%.40s…`", word->text);
	return 0;
}

static int parse_captures(struct parser *parser)
{
	if (take_keyword(parser, "on") && take_targets(parser) < 0)
		return -1;
	return take_options(parser);
}

static int parse_targets(struct parser *parser)
{
	struct command *command = parser->command;
	for (const struct word *word; (word = peek(parser, 0)); parser->next++) {
		if (is_keyword(word, "check"))
			command->check = true;
		else if (command->targets_count)
			return refuse(parser->error, "`%.80s` is one word too many: `targets [NAME] [check]`",
				      word->text);
		else if (command_set_targets(command, word->text, parser->error) < 0)
			return -1;
	}
	return 0;
}

static int parse_cleanup(struct parser *parser)
{
	/* `older than 30d` and `older-than 30d`, as people say it. */
	bool apart = take_keyword(parser, "older") && take_keyword(parser, "than");
	bool joined = !apart && !is_option(peek(parser, 0), peek(parser, 1)) && take_keyword(parser, "older-than");
	const struct word *word = apart || joined ? peek(parser, 0) : NULL;
	if (word) {
		if (option_set(parser->command, "older-than", word->text, parser->error) < 0)
			return -1;
		parser->next++;
	}
	return take_options(parser);
}

static int (*const parsers[COMMAND_COUNT])(struct parser *parser) = {
	[COMMAND_MULTICAPTURE] = parse_multicapture,
	[COMMAND_HELP] = parse_help,
	[COMMAND_CAPTURES] = parse_captures,
	[COMMAND_SHOW] = parse_id,
	[COMMAND_STOP] = parse_id,
	[COMMAND_CANCEL] = parse_id,
	[COMMAND_AGAIN] = parse_id,
	[COMMAND_PIN] = parse_id,
	[COMMAND_UNPIN] = parse_id,
	[COMMAND_CLEANUP] = parse_cleanup,
	[COMMAND_TARGETS] = parse_targets,
};

static int find_verb(const struct words *words, enum command_verb *ret_verb, struct error *error)
{
	if (!words->count)
		return refuse(error, "there is no command; `help` lists them");
	const char *word = words->items[0].text;
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (text_equal_nocase(word, command_verbs[i])) {
			*ret_verb = (enum command_verb)i;
			return 0;
		}
	const char *near = text_nearest(word, command_verbs, COMMAND_COUNT);
	if (near)
		return refuse(error, "there is no command `%.60s`, did you mean `%s`?", word, near);
	return refuse(error, "there is no command `%.60s`; `help` lists them", word);
}

static int parse(const struct words *words, struct command **ret_command, struct error *error)
{
	enum command_verb verb = COMMAND_COUNT;
	if (find_verb(words, &verb, error) < 0)
		return -1;
	CLEANUP(command_freep) struct command *command = command_new(verb);
	struct parser parser = { .words = words, .next = 1, .command = command, .error = error };
	if (parsers[verb](&parser) < 0)
		return -1;
	*ret_command = command;
	command = NULL;
	return 0;
}

int command_parse(const char *text, struct command **ret_command, struct error *error)
{
	if (strnlen(text, COMMAND_TEXT_MAX + 1) > COMMAND_TEXT_MAX)
		return refuse(error, "the command is longer than %d bytes", COMMAND_TEXT_MAX);
	CLEANUP(words_freep) struct words *words = NULL;
	if (words_cut(text, &words, error) < 0)
		return -1;
	return parse(words, ret_command, error);
}

int command_parse_words(const char *const *texts, size_t count, struct command **ret_command, struct error *error)
{
	CLEANUP(words_freep) struct words *words = NULL;
	if (words_take(texts, count, &words, error) < 0)
		return -1;
	return parse(words, ret_command, error);
}
