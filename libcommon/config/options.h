/* The options that all programs share, and the configuration that follows from them. Main thread.
 *
 *   --config FILE            the configuration; without it /etc/capbus/capbus.ini, which may be missing
 *   --set SECTION.KEY=VALUE  wins over file and environment; may be given again
 *   -b, --brokers HOST:PORT  the same as --set kafka.bootstrap.servers=… (capbus alone)
 *   --check                  read and try everything, say what is wrong, exit (stages alone)
 *   --help, --version
 * `--name=VALUE` is taken as well as `--name VALUE`. */
#ifndef CONFIG_OPTIONS_H
#define CONFIG_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "config/config.h"
#include "core/error.h"

#define OPTIONS_CONFIG_FILE "/etc/capbus/capbus.ini"
enum { OPTIONS_SET_MAX = 64 };

struct options {
	enum config_program program;
	const char *config_file;     /* NULL: not named, so the default file if it is there */
	const char *brokers;         /* NULL: not given */
	bool check;
	bool help;
	bool version;
	size_t set_count;
	const char *set[OPTIONS_SET_MAX];
};

void options_init(struct options *options, enum config_program program);

/* A stage's command line, all of it. INPUT argument_invalid names the word and the nearest option. Texts are borrowed
 * from argv. */
int options_read(struct options *options, int argc, char **argv, struct error *error);

/* One shared option, for a program that has options of its own: looks at argv[*index]; 1 where it was one (*index is
 * then behind it and its value), 0 where it is not, -1 where it is and is wrong. */
int options_take(struct options *options, int argc, char **argv, int *index, struct error *error);

/* "unknown option `--chek`, did you mean `--check`?": INPUT argument_invalid, returns -1. `more` are the program's
 * own options (may be NULL). */
int options_unknown(const struct options *options, const char *word, const char *const *more, size_t more_count,
		    struct error *error);

/* Default, file, environment and --set, judged. Never NULL; ask config_ok whether it is good. */
struct config *options_config(const struct options *options);

/* "0.1.0", or "0.1.0 (COMMIT)". */
const char *options_version(void);
void options_print_version(enum config_program program, FILE *to);
/* The help of a stage: what it does, the options, the keys that it reads. */
void options_print_help(enum config_program program, FILE *to);

#endif
