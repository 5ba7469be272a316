/* `capbus list`: what was captured, and what is being captured. */
#ifndef COMMANDS_LIST_H
#define COMMANDS_LIST_H

#include "cli.h"

extern const struct cli_command list_command;

#endif
