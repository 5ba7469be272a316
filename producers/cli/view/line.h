/* A line of text that grows from the left and knows how many columns it takes on a screen. */
#ifndef VIEW_LINE_H
#define VIEW_LINE_H

#include <stddef.h>

enum { LINE_SIZE = 4096 };

struct line {
	size_t size;
	char text[LINE_SIZE]; /* ends in a NUL; what is too much is left out */
};

void line_clear(struct line *line);
/* Our own words. */
void line_add(struct line *line, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A text from elsewhere: made printable (core/text.h). */
void line_add_text(struct line *line, const char *text);
/* Blanks up to `column`; none where the line is there already. */
void line_pad(struct line *line, size_t column);
/* Leaves out what would not fit in so many columns; then the last one is an ellipsis, or `~` without `utf8`. */
void line_cut(struct line *line, size_t columns, int utf8);

/* Of a printable UTF-8 text: East Asian wide characters take two, combining marks none. */
size_t line_columns(const char *text);

#endif
