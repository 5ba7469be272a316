/* The options that all programs share. A table says which there are; what follows from them is the configuration. */
#include "config/options.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/memory.h"
#include "core/text.h"

enum option_id { OPTION_CONFIG, OPTION_SET, OPTION_BROKERS, OPTION_CHECK, OPTION_HELP, OPTION_VERSION };

static const unsigned stages = CONFIG_GATEWAY | CONFIG_CAPTURE | CONFIG_UPLOAD | CONFIG_REPORT;

static const struct option_row {
	enum option_id id;
	const char *name;
	const char *brief;      /* one letter, or NULL */
	const char *value;      /* what follows it, or NULL */
	const char *about;
	bool stages_alone;
	bool capbus_alone;
} rows[] = {
	{ OPTION_CONFIG, "--config", NULL, "FILE", "the configuration (default: " OPTIONS_CONFIG_FILE ")", false,
	  false },
	{ OPTION_SET, "--set", NULL, "SECTION.KEY=VALUE", "wins over file and environment; may be given again", false,
	  false },
	{ OPTION_BROKERS, "--brokers", "-b", "HOST:PORT", "Kafka, as --set kafka.bootstrap.servers=…", false, true },
	{ OPTION_CHECK, "--check", NULL, NULL, "read and try everything, say what is wrong, exit", true, false },
	{ OPTION_HELP, "--help", "-h", NULL, "this", false, false },
	{ OPTION_VERSION, "--version", NULL, NULL, "the version", false, false },
};
static const size_t rows_count = sizeof(rows) / sizeof(rows[0]);

static const struct {
	enum config_program program;
	const char *about;
} abouts[] = {
	{ CONFIG_GATEWAY, "takes commands from Slack and puts requests into Kafka" },
	{ CONFIG_CAPTURE, "captures packets on targets and sends them into Kafka" },
	{ CONFIG_UPLOAD, "puts captures together from Kafka, proves them complete and stores them" },
	{ CONFIG_REPORT, "tells who asked what became of it, and keeps the catalog" },
};

static bool serves(const struct option_row *row, enum config_program program)
{
	bool stage = program & stages;
	return !(row->stages_alone && !stage) && !(row->capbus_alone && stage);
}

void options_init(struct options *options, enum config_program program)
{
	*options = (struct options){ .program = program };
}

/* The row of argv's word, and its `=VALUE` if it has one there. */
static const struct option_row *find_row(const struct options *options, const char *word, const char **ret_value)
{
	size_t length = strcspn(word, "=");
	for (size_t i = 0; i < rows_count; i++) {
		const struct option_row *row = &rows[i];
		if (!serves(row, options->program))
			continue;
		bool by_name = strlen(row->name) == length && memcmp(row->name, word, length) == 0;
		if (by_name || text_equal(row->brief, word)) {
			*ret_value = word[length] ? word + length + 1 : NULL;
			return row;
		}
	}
	return NULL;
}

static int take_set(struct options *options, const char *value, struct error *error)
{
	if (options->set_count == OPTIONS_SET_MAX)
		return error_set(error, ERROR_INPUT, WORD_argument_invalid, "--set is given more than %d times",
				 OPTIONS_SET_MAX);
	options->set[options->set_count++] = value;
	return 0;
}

static int take_row(struct options *options, const struct option_row *row, const char *value, struct error *error)
{
	switch (row->id) {
	case OPTION_CONFIG:
		options->config_file = value;
		return 0;
	case OPTION_SET:
		return take_set(options, value, error);
	case OPTION_BROKERS:
		if (!value[0])
			return error_set(error, ERROR_INPUT, WORD_argument_invalid,
					 "%s is empty: write HOST:PORT, such as kafka.example.net:9092", row->name);
		options->brokers = value;
		return 0;
	case OPTION_CHECK:
		options->check = true;
		return 0;
	case OPTION_HELP:
		options->help = true;
		return 0;
	case OPTION_VERSION:
		options->version = true;
		return 0;
	}
	return -1;
}

int options_take(struct options *options, int argc, char **argv, int *index, struct error *error)
{
	const char *value = NULL;
	const struct option_row *row = find_row(options, argv[*index], &value);
	if (!row)
		return 0;
	if (value && !row->value)
		return error_set(error, ERROR_INPUT, WORD_argument_invalid, "%s takes no value", row->name);
	int used = 1;
	if (row->value && !value) {
		if (*index + 1 >= argc)
			return error_set(error, ERROR_INPUT, WORD_argument_invalid, "%s needs a value: %s %s",
					 argv[*index], argv[*index], row->value);
		value = argv[*index + 1];
		used = 2;
	}
	if (take_row(options, row, value, error) < 0)
		return -1;
	*index += used;
	return 1;
}

int options_unknown(const struct options *options, const char *word, const char *const *more, size_t more_count,
		    struct error *error)
{
	char name[64];
	text_copy_bytes(name, sizeof(name), word, strcspn(word, "="));
	const char *known[sizeof(rows) / sizeof(rows[0])];
	for (size_t i = 0; i < rows_count; i++)
		known[i] = serves(&rows[i], options->program) ? rows[i].name : NULL;
	const char *near = more ? text_nearest(name, more, more_count) : NULL;
	if (!near)
		near = text_nearest(name, known, rows_count);
	if (near)
		return error_set(error, ERROR_INPUT, WORD_argument_invalid, "unknown option `%s`, did you mean `%s`?",
				 name, near);
	return error_set(error, ERROR_INPUT, WORD_argument_invalid, "unknown option `%s`; --help lists all", name);
}

int options_read(struct options *options, int argc, char **argv, struct error *error)
{
	for (int index = 1; index < argc;) {
		int taken = options_take(options, argc, argv, &index, error);
		if (taken < 0)
			return -1;
		if (taken == 0 && argv[index][0] != '-')
			return error_set(error, ERROR_INPUT, WORD_argument_invalid,
					 "`%.200s` is not an option: %s takes nothing else", argv[index],
					 config_program_name(options->program));
		if (taken == 0)
			return options_unknown(options, argv[index], NULL, 0, error);
	}
	return 0;
}

struct config *options_config(const struct options *options)
{
	struct config *config = config_new(options->program);
	if (options->config_file)
		config_read_file(config, options->config_file);
	else if (access(OPTIONS_CONFIG_FILE, F_OK) == 0)
		config_read_file(config, OPTIONS_CONFIG_FILE);
	config_read_environment(config, environ);
	for (size_t i = 0; i < options->set_count; i++)
		config_set(config, options->set[i]);
	if (options->brokers) {
		CLEANUP_FREE char *assignment = memory_format("kafka.bootstrap.servers=%s", options->brokers);
		config_set(config, assignment);
	}
	config_judge(config);
	return config;
}

const char *options_version(void)
{
	return CAPBUS_COMMIT[0] ? CAPBUS_VERSION " (" CAPBUS_COMMIT ")" : CAPBUS_VERSION;
}

void options_print_version(enum config_program program, FILE *to)
{
	fprintf(to, "%s %s\n", config_program_name(program), options_version());
}

void options_print_help(enum config_program program, FILE *to)
{
	fprintf(to, "usage: %s [option]…\n", config_program_name(program));
	for (size_t i = 0; i < sizeof(abouts) / sizeof(abouts[0]); i++)
		if (abouts[i].program == program)
			fprintf(to, "%s %s.\n", config_program_name(program), abouts[i].about);
	fputc('\n', to);
	for (size_t i = 0; i < rows_count; i++) {
		char left[64];
		TEXT_FORMAT(left, "%s %s", rows[i].name, rows[i].value ? rows[i].value : "");
		if (serves(&rows[i], program))
			fprintf(to, "  %-27s %s\n", left, rows[i].about);
	}
	fprintf(to,
		"\nExit: 0 ended as asked, 1 failed at run time, 2 the configuration or the command line is wrong.\n"
		"Keys of the configuration, also CAPBUS__SECTION__KEY in the environment:\n");
	config_print_keys(program, to);
}
