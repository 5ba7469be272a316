/* Standard output as a teller. Its one idea: what a telling says goes out whole before the next, so that a reader who
 * follows the file sees blocks, and what could not be written was not told. */
#include "console.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "due.h"

static int not_writable(struct error *error)
{
	return error_errno(error, WORD_file_failed, errno, "standard output, where requesters are told");
}

static void *console_open(const struct config *config, struct error *error)
{
	(void)config;
	if (fcntl(STDOUT_FILENO, F_GETFL) >= 0)
		return stdout;
	not_writable(error);
	return NULL;
}

static int console_tell(void *self, const struct telling *telling, struct error *error)
{
	FILE *to = self;
	errno = 0;
	if (telling->what & (DUE_CHANGE | DUE_PROGRESS))
		fprintf(to, "%s\n", telling->text);
	if (telling->last_word)
		fprintf(to, "%s\n", telling->last_word);
	if (fflush(to) == 0 && !ferror(to))
		return 0;
	return not_writable(error);
}

static void console_close(void *self)
{
	(void)self; /* standard output is the process' own */
}

const struct teller console_teller = {
	.name = "console",
	.style = &thread_style_plain,
	.open = console_open,
	.tell = console_tell,
	.close = console_close,
};
