/* Asks the terminal and the environment what may be written to the screen. */
#include "view/terminal.h"

#include <langinfo.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/text.h"

void terminal_open(struct terminal *terminal, int fd)
{
	const char *kind = getenv("TERM");
	const char *no_color = getenv("NO_COLOR");
	terminal->fd = fd;
	terminal->redraws = isatty(fd) == 1 && kind && kind[0] != '\0' && !text_equal(kind, "dumb");
	terminal->colours = terminal->redraws && !(no_color && no_color[0] != '\0');
	terminal->utf8 = text_equal(nl_langinfo(CODESET), "UTF-8");
	terminal_measure(terminal);
}

void terminal_measure(struct terminal *terminal)
{
	struct winsize size = { 0 };
	if (terminal->fd == -1)
		return;
	bool said = ioctl(terminal->fd, TIOCGWINSZ, &size) == 0;
	terminal->columns = said && size.ws_col > 0 ? size.ws_col : 80;
	terminal->rows = said && size.ws_row > 0 ? size.ws_row : 24;
}
