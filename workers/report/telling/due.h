/* What there is to tell of a request: the view as it is against what was told of it last, which the threads ledger
 * says. Pure.
 *
 * What was told is a line for each target: its name, how it stands, and, behind that, the versions of the event and
 * the result that say so, and the packets. A target that the view does not know (any more) has nothing to tell, one that
 * the lines do not have was never told, and while the view is older than a line nothing is told at all. */
#ifndef DUE_H
#define DUE_H

#include <stdbool.h>
#include <stdint.h>

#include "record/thread.h"
#include "view.h"

enum { DUE_PROGRESS_MS = 10000 };

enum due {
	DUE_CHANGE = 1,    /* a capture is somewhere else on its way, or in its line, or has a new link */
	DUE_PROGRESS = 2,  /* nothing but numbers changed, and they were told DUE_PROGRESS_MS ago */
	DUE_LAST_WORD = 4, /* all captures are done, and that was not said of all of them */
};

/* The view is older than a line: another process knew more. */
bool due_is_behind(const struct view_request *request, const struct thread *told);

/* The enum due that apply; 0 is nothing. `told_boot_ms` is when `told` was told, or read. */
unsigned due_now(const struct view_request *request, const struct thread *told, int64_t told_boot_ms,
		 int64_t now_boot_ms);

/* Makes `ret_claim` say what telling `what` says: its lines, those of `told` that the view does not know among them,
 * and its last_word. */
void due_claim(const struct view_request *request, const struct thread *told, unsigned what,
	       struct thread *ret_claim);

#endif
