/* `capbus targets`: what can be captured on. */
#ifndef COMMANDS_TARGETS_H
#define COMMANDS_TARGETS_H

#include "cli.h"

extern const struct cli_command targets_command;

#endif
