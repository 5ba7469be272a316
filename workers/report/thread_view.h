/* A request as people read it: a header, for each target how it stands or ended and what can be done, and the last
 * word. Pure text. Every text that comes from a record is made printable. */
#ifndef THREAD_VIEW_H
#define THREAD_VIEW_H

#include "view.h"

/* What stands around a name that matters, and around a filter. */
struct thread_style {
	const char *strong;
	const char *code;
};
extern const struct thread_style thread_style_plain;

/* Several lines, each with its newline; the caller's, to free. `shown_id` as view_shown_id made it. */
char *thread_view_block(const struct view_request *request, const char *shown_id, const struct thread_style *style);

/* One line: "k7f3qa (alice): 2 of 2 complete, 40 packets." The same ownership. */
char *thread_view_last_word(const struct view_request *request, const char *shown_id,
			    const struct thread_style *style);

#endif
