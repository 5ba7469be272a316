/* A request while it runs: on a terminal a bar per target, redrawn in place; elsewhere a line per change. One thread.
 * `fold` is given each time; the progress keeps only what it has shown. */
#ifndef VIEW_PROGRESS_H
#define VIEW_PROGRESS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/memory.h"
#include "view/fold.h"
#include "view/line.h"
#include "view/terminal.h"

enum { PROGRESS_BAR_COLUMNS = 20, PROGRESS_LINE_EVERY_MS = 5000 };

struct progress;

/* Both are kept, the terminal is measured at each drawing. */
struct progress *progress_new(FILE *to, struct terminal *terminal);
void progress_free(struct progress *progress);
MEMORY_DEFINE_FREEP(struct progress, progress_free)

/* Shows how things stand at `now_ms`. Elsewhere than on a terminal only what has changed since, and packets at most
 * every PROGRESS_LINE_EVERY_MS for each target. */
void progress_draw(struct progress *progress, const struct fold *fold, int64_t now_ms);
/* A line that stays, above the bars. */
void progress_say(struct progress *progress, const char *text);
/* Takes the bars away: what is printed next stands in their place. */
void progress_end(struct progress *progress);

/* One capture's line, with its bar. */
void progress_line(const struct fold_capture *capture, const struct terminal *terminal, size_t name_columns,
		   int64_t now_ms, struct line *ret_line);

/* The width of the widest target name. */
size_t progress_name_columns(const struct fold *fold);

#endif
