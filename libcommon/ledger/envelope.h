/* The frozen part of a run's record, in Kafka's record headers: enough to fold it without its body, so that an older
 * release follows what a newer one wrote, and an unreadable body still counts. Pure; any thread. */
#ifndef LEDGER_ENVELOPE_H
#define LEDGER_ENVELOPE_H

#include <stdbool.h>

#include "bus/bus_record.h"
#include "record/run.h"

enum { ENVELOPE_HEADERS = 8, ENVELOPE_TEXT_SIZE = 96 };

/* Headers with the texts that they point to; stays where it is while they are used. */
struct envelope {
	struct bus_header headers[ENVELOPE_HEADERS];
	char texts[ENVELOPE_HEADERS][ENVELOPE_TEXT_SIZE];
};

void envelope_put(struct envelope *envelope, const struct run *run);

/* Fills the envelope's members of *ret_run, the rest with its defaults; the capture id is the record's key. False
 * where one is missing or makes no sense: then the record can be no part of a ledger. A change that this release does
 * not know is CHANGE_RENEW: it keeps version and state, and changes nothing else. */
bool envelope_get(const struct bus_record *record, struct run *ret_run);

#endif
