/* The table of tellers. */
#include "telling/teller.h"

#include "telling/console.h"

const struct teller *const teller_rows[] = { &console_teller };
const size_t teller_count = sizeof teller_rows / sizeof *teller_rows;
