/* The ways of telling, as a table: a row each. Standard output is the first.
 *
 * A teller acts when it is told to and answers later, by `take`: what takes a while (a request to a server) does not
 * hold up the loop. Before each telling the threads ledger holds a claim with the place and the text's SHA-256; where
 * a process ends before it can say what became of its claim, `look_up` is asked, maybe in another process. */
#ifndef TELLER_H
#define TELLER_H

#include <stdbool.h>

#include "config/config.h"
#include "core/error.h"
#include "record/thread.h"
#include "thread_view.h"
#include "view.h"

struct telling {
	const struct thread *claim; /* the place, who claimed (for the message's metadata), the text's SHA-256 */
	const char *block;          /* the request as it stands, in the teller's style */
	const char *last_word;      /* a line; NULL: it is not over, or was said before */
	const char *text;           /* both, an empty line behind each: what the SHA-256 is of */
};

enum teller_word {
	TELLER_DONE,    /* it was told, or was found */
	TELLER_NOT,     /* for certain not, or was not found; with an error: BROKEN ends the stage, else later again */
	TELLER_UNKNOWN, /* of tell: look it up. Of look_up: it cannot be known */
};

struct teller_answer {
	void *token;
	enum teller_word word;
	struct error error;   /* ERROR_NONE where there is nothing to say */
	char message_ts[THREAD_MESSAGE_SIZE]; /* DONE: the message that is edited next time; "" as the claim says */
};

struct teller {
	const char *name;     /* `via` of its records */
	const struct thread_style *style;

	/* The configuration lives longer. NULL: it cannot tell, and the stage ends. */
	void *(*open)(const struct config *config, struct error *error);
	void (*close)(void *self);

	/* Sets channel, thread_ts and message_ts of a claim that is about to be made, where they hold what was told
	 * last or what the gateway opened. `text` is as in struct telling. */
	void (*aim)(void *self, const char *text, struct thread *claim);

	/* Both borrow until they return; their answer bears the token. */
	void (*tell)(void *self, const struct telling *telling, void *token);
	void (*look_up)(void *self, const struct thread *claim, void *token);
	/* An answer, if there is one. */
	bool (*take)(void *self, struct teller_answer *ret_answer);
	/* For poll(2): readable when an answer waits. -1: it waits when tell and look_up return. */
	int (*fd)(const void *self);

	/* Somebody else's claim came first, although this was told: takes it back, where that can be done. */
	void (*withdraw)(void *self, const struct thread *told);
};

extern const struct teller *const teller_rows[];
extern const size_t teller_count;

#endif
