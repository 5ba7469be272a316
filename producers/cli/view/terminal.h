/* What the screen can do. */
#ifndef VIEW_TERMINAL_H
#define VIEW_TERMINAL_H

#include <stdbool.h>

struct terminal {
	int fd;          /* -1: of a test; then columns and rows are as they stand here */
	bool redraws;    /* a terminal whose cursor moves: neither a file nor TERM=dumb */
	bool colours;    /* redraws, and no NO_COLOR (no-color.org) */
	bool utf8;       /* the locale's characters; setlocale must have been called */
	int columns;
	int rows;
};

void terminal_open(struct terminal *terminal, int fd);

/* Asks for columns and rows again: a window changes its size at any time. 80 × 24 where it does not say. */
void terminal_measure(struct terminal *terminal);

#endif
