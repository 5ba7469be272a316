/* How one target stands or ended: its line, and beneath it, indented, what a person needs to know and can do. */
#ifndef TARGET_TEXT_H
#define TARGET_TEXT_H

#include <stdio.h>

#include "thread_view.h"
#include "view.h"

/* "▶", "✅" …; of a header too. */
const char *target_text_sign(const struct view_capture *capture);
/* The verdict in a word or two for a header: "no match", "not captured". */
const char *target_text_verdict(const struct view_capture *capture);

void target_text_write(FILE *to, const struct thread_style *style, const struct view_request *request,
		       const struct view_capture *capture);

#endif
