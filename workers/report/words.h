/* The small words that every line is made of, written to a stream. Texts from records go out through words_text
 * alone. */
#ifndef WORDS_H
#define WORDS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "record/names.h"
#include "thread_view.h"

/* Made printable (core/text.h). */
void words_text(FILE *to, const char *text);
/* The same with a full stop, unless it has its end. */
void words_sentence(FILE *to, const char *text);
void words_strong(FILE *to, const struct thread_style *style, const char *text);
/* "48,211" */
void words_count(FILE *to, int64_t count);
/* "1 packet", "48,211 packets" */
void words_packets(FILE *to, int64_t packets);
/* "1st", "2nd", "11th" */
void words_ordinal(FILE *to, int64_t number);
/* "`port 179`", or "all packets". */
void words_filter(FILE *to, const struct thread_style *style, const char *filter);
/* "ports 0/4, 0/40", "port 0/1 rx": nothing where there are none. `before` goes in front of something. */
void words_ports(FILE *to, const char *before, const struct record_ports *ports, enum direction direction);
/* "14:02:11Z" */
void words_time(FILE *to, int64_t wall_ms);
/* The same, of what is to come, told at `told_ms`: "2026-11-24 14:02:11Z" where that is another day. */
void words_time_to_come(FILE *to, int64_t wall_ms, int64_t told_ms);
/* "11.2 s" */
void words_duration(FILE *to, int64_t ms);

#endif
