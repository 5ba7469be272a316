/* Reads a command's options and words. Its one idea: the table that --help prints is the one that is read by, so
 * that neither can know an option that the other does not. */
#include "arguments.h"

#include <string.h>

#include "core/text.h"

struct given {
	const struct arguments_option *option;
	const char *value;
};

struct arguments {
	const struct arguments_option *table;
	size_t table_count;
	struct given *given; /* room for argc of each */
	size_t given_count;
	const char **words;
	size_t words_count;
};

/* The row whose name is `word`, or `word` up to its `=`; *ret_inline is then what stands behind that. */
static const struct arguments_option *find(const struct arguments *arguments, const char *word,
					   const char **ret_inline)
{
	for (size_t i = 0; i < arguments->table_count; i++) {
		const struct arguments_option *option = &arguments->table[i];
		size_t length = strlen(option->name);
		if (strncmp(word, option->name, length) != 0 || (word[length] != '\0' && word[length] != '='))
			continue;
		*ret_inline = word[length] == '=' ? word + length + 1 : NULL;
		return option;
	}
	return NULL;
}

static int unknown(const struct arguments *arguments, const struct options *shared, const char *word,
		   struct error *error)
{
	CLEANUP_FREE const char **names = memory_array(arguments->table_count + 1, sizeof names[0]);
	for (size_t i = 0; i < arguments->table_count; i++)
		names[i] = arguments->table[i].name;
	return options_unknown(shared, word, names, arguments->table_count, error);
}

static bool given_already(const struct arguments *arguments, const struct arguments_option *option)
{
	for (size_t i = 0; i < arguments->given_count; i++)
		if (arguments->given[i].option == option)
			return true;
	return false;
}

/* One option of the command at argv[*index], which moves behind it and its value. */
static int take_option(struct arguments *arguments, const struct options *shared, int argc, char **argv, int *index,
		       struct error *error)
{
	const char *value;
	const char *word = argv[*index];
	const struct arguments_option *option = find(arguments, word, &value);
	if (!option)
		return unknown(arguments, shared, word, error);
	if (!option->repeats && given_already(arguments, option))
		return error_set(error, ERROR_INPUT, WORD_argument_invalid, "`%s` is given twice", option->name);
	if (!option->value && value)
		return error_set(error, ERROR_INPUT, WORD_argument_invalid, "`%s` takes no value", option->name);
	(*index)++;
	if (option->value && !value) {
		if (*index >= argc)
			return error_set(error, ERROR_INPUT, WORD_argument_invalid, "`%s` needs a value: %s %s",
					 option->name, option->name, option->value);
		value = argv[(*index)++];
	}
	arguments->given[arguments->given_count++] = (struct given){ option, value };
	return 0;
}

static int take_all(struct arguments *arguments, struct options *shared, int argc, char **argv, int first,
		    struct error *error)
{
	bool only_words = false;
	for (int i = first; i < argc;) {
		if (only_words || argv[i][0] != '-' || argv[i][1] == '\0') {
			arguments->words[arguments->words_count++] = argv[i++];
			continue;
		}
		if (text_equal(argv[i], "--")) {
			only_words = true;
			i++;
			continue;
		}
		int taken = options_take(shared, argc, argv, &i, error);
		if (taken < 0)
			return -1;
		if (taken == 0 && take_option(arguments, shared, argc, argv, &i, error) != 0)
			return -1;
	}
	return 0;
}

struct arguments *arguments_read(const struct arguments_option *table, size_t count, struct options *shared, int argc,
				 char **argv, int first, struct error *error)
{
	CLEANUP(arguments_freep) struct arguments *arguments = memory_new(sizeof *arguments);
	size_t room = argc > first ? (size_t)(argc - first) : 0;
	arguments->table = table;
	arguments->table_count = count;
	arguments->given = memory_array(room + 1, sizeof arguments->given[0]);
	arguments->words = memory_array(room + 1, sizeof arguments->words[0]);
	if (take_all(arguments, shared, argc, argv, first, error) != 0)
		return NULL;
	struct arguments *read = arguments;
	arguments = NULL; /* now the caller's */
	return read;
}

void arguments_free(struct arguments *arguments)
{
	if (!arguments)
		return;
	free(arguments->given);
	free(arguments->words);
	free(arguments);
}

size_t arguments_words_count(const struct arguments *arguments)
{
	return arguments->words_count;
}

const char *const *arguments_words(const struct arguments *arguments)
{
	return arguments->words;
}

/* The `index`th time that the option was given. */
static const struct given *given_at(const struct arguments *arguments, const char *name, size_t index)
{
	const char *unused;
	const struct arguments_option *option = find(arguments, name, &unused);
	if (!option)
		abort(); /* the command asks for what its own table does not have */
	for (size_t i = 0; i < arguments->given_count; i++)
		if (arguments->given[i].option == option && index-- == 0)
			return &arguments->given[i];
	return NULL;
}

bool arguments_has(const struct arguments *arguments, const char *name)
{
	return given_at(arguments, name, 0) != NULL;
}

const char *arguments_value(const struct arguments *arguments, const char *name)
{
	return arguments_value_at(arguments, name, 0);
}

const char *arguments_value_at(const struct arguments *arguments, const char *name, size_t index)
{
	const struct given *given = given_at(arguments, name, index);
	return given ? given->value : NULL;
}

int arguments_integer(const struct arguments *arguments, const char *name, int64_t minimum, int64_t maximum,
		      int64_t *ret_value, struct error *error)
{
	const char *value = arguments_value(arguments, name);
	if (!value || text_to_integer(value, minimum, maximum, ret_value) == 0)
		return 0;
	return error_set(error, ERROR_INPUT, WORD_argument_invalid,
			 "`%s %s`: a whole number from %jd to %jd is needed", name, value, (intmax_t)minimum,
			 (intmax_t)maximum);
}

int arguments_duration_ms(const struct arguments *arguments, const char *name, int64_t *ret_ms, struct error *error)
{
	const char *value = arguments_value(arguments, name);
	if (!value || text_to_duration_ms(value, ret_ms) == 0)
		return 0;
	return error_set(error, ERROR_INPUT, WORD_argument_invalid,
			 "`%s %s`: a duration is needed, such as 30s, 10m, 2h or 30d", name, value);
}

int arguments_bytes(const struct arguments *arguments, const char *name, int64_t *ret_bytes, struct error *error)
{
	const char *value = arguments_value(arguments, name);
	if (!value || text_to_bytes(value, ret_bytes) == 0)
		return 0;
	return error_set(error, ERROR_INPUT, WORD_argument_invalid,
			 "`%s %s`: a number of bytes is needed, such as 900000, 100M or 4G", name, value);
}

int arguments_want_words(const struct arguments *arguments, size_t minimum, size_t maximum, const char *what,
			 struct error *error)
{
	if (arguments->words_count >= minimum && arguments->words_count <= maximum)
		return 0;
	if (arguments->words_count < minimum)
		return error_set(error, ERROR_INPUT, WORD_argument_invalid, "%s is missing", what);
	return error_set(error, ERROR_INPUT, WORD_argument_invalid, "`%s` is one word too many: %s is all it takes",
			 arguments->words[maximum], maximum == 0 ? "no word" : what);
}
