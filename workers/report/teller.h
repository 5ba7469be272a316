/* The ways of telling, as a table: a row each. Standard output is the first. */
#ifndef TELLER_H
#define TELLER_H

#include "config/config.h"
#include "core/error.h"
#include "thread_view.h"
#include "view.h"

struct telling {
	const struct view_request *request;
	const char *text;      /* the block, in the teller's style */
	const char *last_word; /* a line; NULL: it is not over, or was said before */
	unsigned what;         /* enum due: why it is told */
};

struct teller {
	const char *name;
	const struct thread_style *style;
	/* The configuration lives longer. NULL: it cannot tell, and the stage ends. */
	void *(*open)(const struct config *config, struct error *error);
	/* 0: it was told, and is not told again. -1 ends the stage, and it is told after a restart. */
	int (*tell)(void *self, const struct telling *telling, struct error *error);
	void (*close)(void *self);
};

extern const struct teller *const teller_rows[];
extern const size_t teller_count;

#endif
