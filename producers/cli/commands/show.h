/* `capbus show ID`: all that is known of a request or a capture. */
#ifndef COMMANDS_SHOW_H
#define COMMANDS_SHOW_H

#include "cli.h"

extern const struct cli_command show_command;

#endif
