/* What there is to tell of a request: the view as it is against what was said of it last. Pure.
 *
 * What a process finds when it gets a partition was told before: by itself before a restart, or by another reporter.
 * due_settle says so. The group's consumer then hands out exactly what was not, and due_heard takes that back for the
 * capture it is about. */
#ifndef DUE_H
#define DUE_H

#include <stdbool.h>
#include <stdint.h>

#include "view.h"

enum { DUE_PROGRESS_MS = 10000 };

enum due {
	DUE_CHANGE = 1,    /* a capture is somewhere else on its way, or has a new link */
	DUE_PROGRESS = 2,  /* nothing but numbers changed, and they were told DUE_PROGRESS_MS ago */
	DUE_LAST_WORD = 4, /* all captures are done, for the first time */
};

/* As it stands, it was told. */
void due_settle(struct view_request *request);

/* The group handed out `event`, which lies at `place` and was folded: nobody has told it. */
void due_heard(struct view_request *request, struct view_capture *capture, const struct event *event,
	       struct view_place place);

/* The enum due that apply; 0 is nothing. Where the view is ahead of the group it is nothing too: what were told now
 * would be told again if the process ended before the group has handed it out. */
unsigned due_now(const struct view_request *request, int64_t now_boot_ms);

/* It was told as it stands. */
void due_told(struct view_request *request, unsigned what, int64_t now_boot_ms);

#endif
