/* Tells on standard output: a block of lines for each change, an empty line behind it. */
#ifndef CONSOLE_H
#define CONSOLE_H

#include "teller.h"

extern const struct teller console_teller;

#endif
