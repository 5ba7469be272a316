/* `capbus follow ID`: watches a request, or one capture of it, until it is over. */
#ifndef COMMANDS_FOLLOW_H
#define COMMANDS_FOLLOW_H

#include "cli.h"

extern const struct cli_command follow_command;

#endif
