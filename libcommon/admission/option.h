/* The `name=value` of the grammar: one row each. Pure; refusals are INPUT argument_invalid. */
#ifndef ADMISSION_OPTION_H
#define ADMISSION_OPTION_H

#include <stdbool.h>

#include "admission/command.h"
#include "core/error.h"
#include "record/names.h"

/* Sets the option of `command`'s verb; a second time is refused (but label's). */
int option_set(struct command *command, const char *name, const char *value, struct error *error);

/* Some verb has an option of that name. */
bool option_is_known(const char *name);

/* "0/1,0/2": adds to `ports`. */
int option_ports(struct record_ports *ports, const char *list, struct error *error);

/* What can be a port of a switch: "0/49:1", "po10". */
bool option_is_port(const char *text);

#endif
