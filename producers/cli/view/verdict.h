/* How a capture stands or ended, in words: the verdict first, then the numbers, then what to do. Pure. */
#ifndef VIEW_VERDICT_H
#define VIEW_VERDICT_H

#include <stdint.h>
#include <stdio.h>

#include "view/fold.h"
#include "view/line.h"

/* "20 packets", "1 packet". */
void verdict_add_packets(struct line *line, int64_t packets);
/* "dropped 0", "dropped 12", "dropped ?" where nobody could say: by the kernel and at the mirror together. */
void verdict_add_dropped(struct line *line, const struct fold_capture *capture);
/* "stopped at count=20", "stopped by shutdown"; nothing where nothing stopped it. */
void verdict_add_stopped(struct line *line, const struct fold_capture *capture);
/* "port 179", or "all packets". */
void verdict_add_filter(struct line *line, const char *filter);
/* "30 s or 20 packets" */
void verdict_add_limits(struct line *line, const struct request *request);

/* One word for the state: the outcome, or the phase. */
const char *verdict_word(const struct fold_capture *capture);

/* Where the file is: the first store that has it; NULL for none. Borrowed. */
const char *verdict_link(const struct fold_capture *capture);

/* The last word about a capture: one line, and beneath it, indented, what a person needs to know and can do unless
 * all went well. `name_columns` is the width of the widest target name. */
void verdict_print(const struct fold_capture *capture, size_t name_columns, int64_t now_ms, FILE *to);

/* The last word about all: "complete: 2 of 2.  Details: capbus show k7f3qa" */
void verdict_print_all(const struct fold *fold, const char *shown_id, int64_t now_ms, FILE *to);

#endif
