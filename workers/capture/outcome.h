/* How a capture ended, in the words of its end chunk: the one place where that is decided. Pure. */
#ifndef OUTCOME_H
#define OUTCOME_H

#include <stdbool.h>
#include <stdint.h>

#include "control.h"
#include "core/error.h"
#include "record/chunk.h"

struct outcome_facts {
	bool armed;
	enum session_stop told;        /* the loop's last word */
	enum session_stop stopped_how; /* the word that ended the capturing; SESSION_GO_ON: none did */
	enum stopped_by stopped_by;    /* what ended the capturing; a limit that was reached while the last packets
	                                  were read takes the place of the loop's word */
	const struct error *failure;   /* kind ERROR_NONE: none */
	int64_t chunks_lost;           /* that Kafka did not take */
};

/* Reads `packets` and `seen_total` of `end`; fills in outcome, stopped_by, reason and detail. */
void outcome_judge(const struct outcome_facts *facts, struct chunk_end *end);

/* How the end calls that word of the loop. */
enum stopped_by outcome_stopped_by(enum session_stop how);

#endif
