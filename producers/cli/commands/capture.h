/* `capbus multicapture` and `capbus capture`: asks for captures and waits for them. */
#ifndef COMMANDS_CAPTURE_H
#define COMMANDS_CAPTURE_H

#include "cli.h"

extern const struct cli_command capture_command;      /* options, for scripts */
extern const struct cli_command capture_multi_command; /* the chat grammar, word for word */

#endif
