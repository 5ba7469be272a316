/* A ledger for tests: proposals lie in a list until the test has them read back, folded by the real rules. It stands in
 * for the one of ledger/ledger.h, which the linker then leaves out. */
#ifndef LEDGER_TESTING_H
#define LEDGER_TESTING_H

#include <stddef.h>

#include "ledger/ledger.h"

#define TESTING_INCARNATION "this-process"

/* One that refuses what is proposed, with `refuses` (kind NONE: takes it). */
struct ledger *testing_ledger_new(int32_t partitions);
void testing_ledger_refuses(struct ledger *ledger, struct error refuses);

/* How many were proposed and not read back yet, and the oldest of them. */
size_t testing_proposed(const struct ledger *ledger);
const struct run *testing_oldest(const struct ledger *ledger);

/* Reads the oldest proposal back; or a record that somebody else wrote. News are valid until the next call. */
const struct ledger_news *testing_read_back(struct ledger *ledger);
const struct ledger_news *testing_read(struct ledger *ledger, int32_t partition, const struct run *record);

/* The oldest is given up: it never was in the log. Returns its nonce. */
int64_t testing_give_up(struct ledger *ledger);

#endif
