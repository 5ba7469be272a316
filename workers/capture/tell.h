/* What requesters hear of their captures: events, and a begin-and-end chunk for what never captured, so that there is a
 * result of everything. All from the fold, so that it can be told again. The loop's thread; never waits. */
#ifndef TELL_H
#define TELL_H

#include "core/error.h"
#include "inventory.h"
#include "ledger/runs.h"
#include "record/chunk.h"
#include "record/event.h"
#include "record/request.h"

struct producer;

struct tell {
	struct producer *producer;
	const char *worker;
	const struct inventory *inventory;
};

/* An event about `entry` as it stands, version and all; the caller adds what only he knows, then tell_send. */
void tell_begin(const struct tell *tell, enum event_kind kind, const struct runs_entry *entry, struct event *ret_event);
void tell_send(const struct tell *tell, const struct event *event);

/* QUEUED, with place and holder. */
void tell_queued(const struct tell *tell, const struct runs *runs, const struct runs_entry *entry);

/* ENDED, as the ledger has it; and the verdict as a chunk where no session sends one: the capture never captured, or its
 * worker was lost. */
void tell_ended(const struct tell *tell, const struct runs_entry *entry);

/* QUEUED or ENDED where that is what `record`, which counted, made of its capture; of all else nothing. */
void tell_counted(const struct tell *tell, const struct runs *runs, const struct runs_entry *entry,
		  const struct run *record);

/* REFUSED: the record was readable and could not become a run. */
void tell_refused(const struct tell *tell, const struct request *request, const struct error *error);

#endif
