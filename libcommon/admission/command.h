/* The grammar that people type, in chat and behind `capbus multicapture`: text in, a struct out.
 *
 *   multicapture FILTER on [switch|switches|target|targets] T,T,… [TIMEOUT [COUNT]] [name=value …]
 *     FILTER   'quoted', "quoted", `quoted` (curly quotes too), or plain words up to the last ` on `;
 *              all or '' is every packet; @NAME is a filter of the configuration
 *     T        a target or a group, each with ports of its own if wanted: slx1(0/1,0/2)
 *     names    timeout count snaplen bytes ports direction if-busy expires-in label=K=V chunk-ms
 *   help [WORD]      captures [on T] [state=S] [since=1d]      show ID        stop ID       cancel ID
 *   again ID [on T]  targets [NAME] [check]                    pin ID         unpin ID
 *   cleanup [older-than=30d] [store=S] [max-delete=N] [dry-run=no]
 * Keywords, options and their words are taken in any case (and with `_` for `-`); filters and names keep theirs.
 * Blanks around `=` and after commas are taken.
 *
 * Pure: knows no clock, no target and no limit; whether a filter compiles is filter.h's matter, the rest admit.h's.
 * Refusals are INPUT argument_invalid, name the word and what would be right. Any thread. */
#ifndef ADMISSION_COMMAND_H
#define ADMISSION_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"
#include "record/names.h"
#include "record/request.h"

enum command_verb {
	COMMAND_MULTICAPTURE,
	COMMAND_HELP,
	COMMAND_CAPTURES,
	COMMAND_SHOW,
	COMMAND_STOP,
	COMMAND_CANCEL,
	COMMAND_AGAIN,
	COMMAND_PIN,
	COMMAND_UNPIN,
	COMMAND_CLEANUP,
	COMMAND_TARGETS,
	COMMAND_COUNT
};
extern const char *const command_verbs[COMMAND_COUNT];

enum { COMMAND_TEXT_MAX = 4096, COMMAND_TARGETS_MAX = 64 };

struct command_target {
	char name[RECORD_NAME_SIZE]; /* of a target or a group; an id, not known to exist */
	struct record_ports ports;   /* of this one alone; none: those of the request */
};

struct command {
	enum command_verb verb;

	/* multicapture: all but the target; what was not said is as record_init leaves it (RECORD_UNSET). */
	struct request request;
	char filter_name[RECORD_NAME_SIZE]; /* `@bgp`: "bgp", and request.has_filter is false; else "" */
	int64_t expires_in_ms;              /* RECORD_UNSET: not said */

	/* multicapture, again, captures, targets (at most one there) */
	size_t targets_count;
	struct command_target targets[COMMAND_TARGETS_MAX];

	char id[RECORD_ID_SIZE];            /* show, stop, cancel, again, pin, unpin: as typed, may be a prefix */
	char word[RECORD_WORD_SIZE];        /* help: about what; captures: the state; "" where none */
	int64_t since_ms;                   /* captures: how far back; RECORD_UNSET: not said */
	bool check;                         /* targets */

	char older_than[RECORD_WORD_SIZE];  /* cleanup: "30d", a valid duration; "" where not said */
	char store[RECORD_WORD_SIZE];       /* cleanup; "" is every one */
	int64_t max_delete;                 /* cleanup; RECORD_UNSET: not said */
	bool dry_run;                       /* cleanup; true unless said otherwise */

	unsigned given;                     /* the parser's own: options that were there */
};

/* The result is the caller's: command_free. */
int command_parse(const char *text, struct command **ret_command, struct error *error);
/* The same from a command line that a shell has cut already: words[0] is the verb. A word is never cut again, so
 * the filter may be one word or several. */
int command_parse_words(const char *const *words, size_t count, struct command **ret_command, struct error *error);
void command_free(struct command *command);

/* The parts, for a command line that has them one by one (`capbus capture FILTER --on slx1,slx2 --count 20`). The
 * filter as in the grammar, without quotes. */
struct command *command_new(enum command_verb verb);
int command_set_filter(struct command *command, const char *filter, struct error *error);
int command_set_targets(struct command *command, const char *list, struct error *error);
/* `name` is an option of the grammar ("timeout", "if-busy", "label" …). */
int command_set_option(struct command *command, const char *name, const char *value, struct error *error);

#endif
