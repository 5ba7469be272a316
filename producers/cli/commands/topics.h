/* `capbus topics`: creates and checks the topics of an installation. */
#ifndef COMMANDS_TOPICS_H
#define COMMANDS_TOPICS_H

#include "cli.h"

extern const struct cli_command topics_command;

#endif
