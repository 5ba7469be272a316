/* Tells on standard output: a block of lines for each change, an empty line behind it, each in one write.
 *
 * Where standard output is a file, `message_ts` of a claim is DEVICE:INODE:SIZE:LENGTH, in hexadecimal: the file as it
 * was before, and the length of what is told. Who looks it up reads on from there, in the same file: so a reporter
 * that was killed finds out, after its restart, whether it had told. A pipe, a terminal or the journal cannot be looked
 * up. */
#ifndef CONSOLE_H
#define CONSOLE_H

#include "telling/teller.h"

extern const struct teller console_teller;

#endif
