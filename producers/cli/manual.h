/* --help, and what to say to a word that is no command. */
#ifndef MANUAL_H
#define MANUAL_H

#include <stddef.h>
#include <stdio.h>

#include "cli.h"

/* `commands` are those of main.c. */
void manual_print(const struct cli_command *const *commands, size_t count, FILE *to);
void manual_print_command(const struct cli_command *command, FILE *to);

/* NULL where there is no such command; then *error says so, with the nearest. */
const struct cli_command *manual_find(const struct cli_command *const *commands, size_t count, const char *name,
				      struct error *error);

#endif
